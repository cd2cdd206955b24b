"""Reads the platform's error bodies: a dozen shapes, HTML and nothing at all among them."""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 1000
"""Characters of a message that are shown; the whole stays in the error's `body`."""


@dataclass(frozen=True, slots=True)
class Details:
    """What an error body says."""

    message: str = ""
    type: str | None = None
    code: str | None = None
    status: int | None = None
    where: str = ""
    categories: tuple[str, ...] = ()
    body: Any = None

    @property
    def searchable(self) -> str:
        """Message and type, for finding words in."""
        return f"{self.message} {self.type or ''}"


def read_error(content: bytes | Any) -> Details:
    """Everything an error body tells, from bytes or from a parsed object."""
    body = _parsed(content) if isinstance(content, bytes) else content
    if isinstance(body, str):
        return Details(message=_plain(body), body=body)
    if not isinstance(body, Mapping):
        message, where = _reason(body)
        return Details(message=message, where=where, body=body)
    error = body.get("error")
    inner = error if isinstance(error, Mapping) else body
    message, where = _reason(_said(body, inner))
    return Details(
        message=message[:LONGEST],
        type=_text(inner.get("type")),
        code=_text(inner.get("code")),
        status=_status(inner),
        where=where or _text(inner.get("param")) or "",
        categories=_categories(inner),
        body=body,
    )


def _said(body: Mapping[str, Any], inner: Mapping[str, Any]) -> Any:
    for value in (inner.get("message"), inner.get("detail"), body.get("error"), body.get("errors")):
        if value:
            return value
    return ""


def _reason(value: Any) -> tuple[str, str]:
    """The sentence and the place in the body it speaks of."""
    if isinstance(value, str):
        nested = _parsed(value.encode(errors="replace")) if value[:1] in "{[" else value
        return _reason(nested) if not isinstance(nested, str) else (value, "")
    if isinstance(value, Mapping):
        if "msg" in value:
            return str(value["msg"]), ".".join(str(part) for part in value.get("loc") or ())
        said = value.get("detail") or value.get("message")
        return _reason(said) if said else (json.dumps(value) if value else "", "")
    if isinstance(value, list) and value:
        parts = [_reason(item) for item in value]
        if len(parts) == 1:
            return parts[0]
        return "; ".join(f"{reason} at {where}" if where else reason for reason, where in parts), ""
    return ("" if value is None else str(value)), ""


def _parsed(content: bytes) -> Any:
    text = content.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _plain(text: str) -> str:
    """The words of a page of HTML, or the text itself."""
    if "<" not in text:
        return text.strip()[:LONGEST]
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    words = title[1] if title else re.sub(r"<[^>]*>", " ", text)
    return " ".join(html.unescape(words).split())[:LONGEST]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


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
