"""Parsing of error bodies: a dozen JSON shapes, HTML pages of gateways, plain text and empty bodies."""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mistral_rag.api._formats.json_text import load_json

MAX_SHOWN = 1000
"""Characters of the body in an error's message, so that a validation list or an HTML page does not flood a log.

The whole body stays in the error's `body`."""


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """Content of an error body; None and empty values where the body does not say.

    Attributes:
        location: Dotted path of the field that the message is about.
        categories: Moderation categories of a blocked request.
        body: The body, parsed where it is JSON.
    """

    message: str = ""
    type: str | None = None
    code: str | None = None
    status: int | None = None
    location: str = ""
    categories: tuple[str, ...] = ()
    body: Any = None

    @property
    def searchable(self) -> str:
        """Message, type and code in one text, for keyword searches."""
        return f"{self.message} {self.type or ''} {self.code or ''}"

    @property
    def names(self) -> frozenset[str]:
        """Type and code in lower case."""
        return frozenset(name.lower() for name in (self.type, self.code) if name)


def read_error(content: bytes | Any) -> ErrorDetails:
    """Parse an error body, given as bytes or as a parsed object."""
    body = parsed_body(content) if isinstance(content, bytes) else content
    if isinstance(body, str):
        return ErrorDetails(message=_plain(body), body=body)
    if not isinstance(body, Mapping):
        message, location = _reason(body)
        return ErrorDetails(message=message, location=location, body=body)
    error = body.get("error")
    inner = error if isinstance(error, Mapping) else body
    message, location = _reason(_stated(body, inner))
    return ErrorDetails(
        message=message[:MAX_SHOWN],
        type=_text(inner.get("type")),
        code=_text(inner.get("code")),
        status=_status(inner),
        location=location or _text(inner.get("param")) or "",
        categories=_categories(inner) or _violated(body.get("guardrails")),
        body=body,
    )


def _stated(body: Mapping[str, Any], inner: Mapping[str, Any]) -> Any:
    for value in (inner.get("message"), inner.get("detail"), body.get("error"), body.get("errors")):
        if value:
            return value
    return ""


def _reason(value: Any) -> tuple[str, str]:
    """The message and the dotted path of the field that it is about."""
    if isinstance(value, str):
        nested = parsed_body(value.encode(errors="replace")) if value[:1] in "{[" else value
        return _reason(nested) if not isinstance(nested, str) else (value, "")
    if isinstance(value, Mapping):
        if "msg" in value:
            return str(value["msg"]), ".".join(str(step) for step in value.get("loc") or ())
        stated = value.get("detail") or value.get("message")
        return _reason(stated) if stated else (json.dumps(value) if value else "", "")
    if isinstance(value, list) and value:
        reasons = [_reason(item) for item in value]
        if len(reasons) == 1:
            return reasons[0]
        return "; ".join(f"{reason} at {location}" if location else reason for reason, location in reasons), ""
    return ("" if value is None else str(value)), ""


def parsed_body(content: bytes) -> Any:
    """The JSON value in a body, or its text."""
    text = content.decode(errors="replace")
    try:
        return load_json(text)
    except ValueError:
        return text


def _plain(text: str) -> str:
    """The title or the text of an HTML page; other text unchanged, without surrounding blanks."""
    if "<" not in text:
        return text.strip()[:MAX_SHOWN]
    title = re.search(r"<title[^<>]*>([^<]*)</title>", text, re.IGNORECASE)
    words = title[1] if title else re.sub(r"<[^<>]*>", " ", text)
    return " ".join(html.unescape(words).split())[:MAX_SHOWN]


def _text(value: Any) -> str | None:
    # a LiteLLM proxy writes what it does not know as the text "None"
    return None if value is None or value == "None" else str(value)


def _status(body: Mapping[str, Any]) -> int | None:
    for name in ("raw_status_code", "status_code", "status", "code"):
        value = body.get(name)
        if isinstance(value, int | str) and re.fullmatch(r"[345]\d\d", str(value)):
            return int(value)
    return None


def _categories(body: Mapping[str, Any]) -> tuple[str, ...]:
    found = body.get("categories") or body.get("category") or ()
    if isinstance(found, str):
        return (found,)
    if isinstance(found, Mapping):
        return tuple(str(name) for name, hit in found.items() if hit)
    return tuple(str(name) for name in found) if isinstance(found, list) else ()


def _violated(guardrails: Any) -> tuple[str, ...]:
    """The categories that the results of guardrails call violated."""
    results = guardrails.get("results") if isinstance(guardrails, Mapping) else None
    decisions = [held.get("decisions") for held in _mappings(results)]
    names = [str(name) for held in decisions for name, one in _items(held) if _is_violated(one)]
    return tuple(dict.fromkeys(names))


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for _, one in _items(value) if isinstance(one, Mapping)]


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


def _is_violated(decision: Any) -> bool:
    return isinstance(decision, Mapping) and decision.get("violated") is True
