"""Calls that are put off: a chain is called to learn its requests, and again with the replies of a batch."""

from contextvars import ContextVar
from typing import Any, Final, Protocol

from mistral_rag.api._errors import ApiError
from mistral_rag.api._responses import ApiResponse


class Deferral(Protocol):
    """Replies that are known already."""

    def reply(self, client: Any, path: str, body: dict[str, Any]) -> ApiResponse | ApiError:
        """The reply to a request of `client`, or its error; raises `CallDeferred` for a request that has none yet."""


class CallDeferred(BaseException):  # no error: nothing that a chain catches or retries
    """A request was noted and not sent. No `Exception`: no fallback or retry of a chain may take it for a failure."""


DEFERRAL: Final[ContextVar[Deferral | None]] = ContextVar("mistral_rag_deferral", default=None)
"""The deferral of the running chain; None where calls are sent."""
