"""Bodies and query strings of requests, within bounds."""

import asyncio
import json
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from mistral_rag.serve._http.responses import RequestError, bad_request, not_found

MAX_JSON: Final = 1 << 20
"""Bytes of a JSON body: a question with a long conversation before it."""
BODY_SECONDS: Final = 60.0
"""Time for the whole of a JSON body; files have a time for each piece."""
MAX_DIGITS: Final = 9
"""Digits of a number in a request: numbers of pages and rows have fewer."""
NO_JSON: Final = "the body is no JSON"

Given = TypeVar("Given", bound=BaseModel)


class RequestBody(BaseModel):
    """Base of the bodies that clients send: no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


async def json_body(request: Request, kind: type[Given], *, limit: int = MAX_JSON) -> Given:
    """The JSON body of a request.

    Raises:
        RequestError: it is too large (413) or too slow (408), no JSON by its type (415), or says something else (400).
    """
    kind_of_body = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind_of_body != "application/json":
        # forms of other sites can't send this type
        raise RequestError(415, "unsupported_media_type", "send the body as application/json")
    try:
        return kind.model_validate_json(await limited_body(request, limit))
    except ValidationError as error:
        raise bad_request(_first_fault(error)) from None
    except (ValueError, RecursionError):
        raise bad_request(NO_JSON) from None


async def limited_body(request: Request, limit: int) -> bytes:
    """The body of a request. Raises RequestError for more than `limit` bytes (413), or when it does not come (408)."""
    pieces, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                size += len(piece)
                if size > limit:
                    raise RequestError(413, "too_large", f"the body has more than {limit} bytes")
                pieces.append(piece)
    except TimeoutError:
        raise RequestError(408, "too_slow", "the body did not come in time") from None
    return b"".join(pieces)


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return NO_JSON
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def whole_number(request: Request, name: str, default: int, *, most: int) -> int:
    """A number in the query string, from 0 to `most`. Raises RequestError for anything else."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not _is_number(text) or int(text) > most:
        raise bad_request(f"{name} is a whole number from 0 to {most}")
    return int(text)


def base_url(request: Request) -> str:
    """The server's URL, for links that leave it: as its own reader called it, by TLS where a proxy says so."""
    scheme = "https" if request.headers.get("x-forwarded-proto") == "https" else request.url.scheme
    return str(request.base_url.replace(scheme=scheme))


def page_number(request: Request) -> int:
    """The number of a page in the path. Raises RequestError (404) for what is the number of none."""
    text = str(request.path_params["number"])
    # no converter of the route's: it fails on 5,000 digits
    if not _is_number(text):
        raise not_found()
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS


def json_text(text: str) -> Any:
    """A JSON value in a form field. Raises RequestError where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise bad_request("a form field that should hold JSON holds none") from None
