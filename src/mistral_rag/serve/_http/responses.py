"""Responses: JSON, and errors that say no more than their reader may know."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import to_json
from starlette.responses import Response

NOT_FOUND: Final = "there is no such thing here, or you may not read it"
"""Said of what is absent and of what is forbidden alike."""


class JsonReply(Response):
    """A JSON response, of plain values, dataclasses and the types of this package."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The JSON in UTF-8."""
        return as_json(content)


def as_json(content: Any) -> bytes:
    """JSON in UTF-8; NaN and infinities become null, which all readers take."""
    return to_json(content, inf_nan_mode="null")


class RequestError(Exception):
    """A request that is refused: status, code for programs, a sentence, and the way out."""

    def __init__(
        self, status: int, code: str, message: str, *, advice: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.advice = status, code, message, advice
        self.headers = dict(headers or {})

    def to_json(self) -> dict[str, str]:
        """The error as clients see it."""
        return {"code": self.code, "message": self.message, "advice": self.advice}


def not_found() -> RequestError:
    """The error for what is absent or forbidden."""
    return RequestError(404, "not_found", NOT_FOUND)


def index_unavailable() -> RequestError:
    """The error where the index is gone, damaged or of another version: the reason names its folder."""
    return RequestError(
        503,
        "index_unavailable",
        "the index can't be read at the moment",
        advice="Whoever runs the server finds the reason in its log.",
    )


def unexpected() -> RequestError:
    """The error for what nobody thought of."""
    return RequestError(500, "unexpected", "something went wrong here", advice="The server's log has the reason.")


def bad_request(message: str) -> RequestError:
    """The error for a request that says something wrong."""
    return RequestError(400, "bad_request", message)
