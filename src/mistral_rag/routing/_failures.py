"""Failures of targets: their HTTP status, whether another target may answer, and how the metadata tells them."""

from collections.abc import Collection
from typing import Any, Final

from langchain_core import exceptions as core

from mistral_rag.errors import ApiError, RefusalError

TIMEOUT: Final = 408
UNREACHABLE: Final = 503
UNKNOWN: Final = 500
REFUSED: Final = 403
"""Statuses that gateways give to failures that have none."""

MAX_REASON: Final = 300
"""Characters of an error's message in the metadata, which is often stored with the answer."""

SICK: Final = frozenset({401, 402, 403, 404, 408, 425, 429})
"""Statuses below 500 that tell something about the target and not about the request."""


def status_of(error: BaseException) -> int:
    """The HTTP status of an error of any SDK; where there was no answer, the one that a gateway would give."""
    for name in ("status_code", "status", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int) and 400 <= value < 600:
            return int(value)
    if isinstance(error, RefusalError):
        return REFUSED
    if isinstance(error, core.ModelTimeoutError | TimeoutError):
        return TIMEOUT
    return UNREACHABLE if isinstance(error, core.ModelConnectionError | OSError) else UNKNOWN


def may_switch(error: BaseException, statuses: Collection[int] | None) -> bool:
    """True when the next target is asked after this error.

    Without `statuses` every failure but a refusal counts: another target must not be the way around a guardrail.
    """
    if not isinstance(error, Exception):  # cancelled, interrupted, or the caller has closed the stream
        return False
    if statuses is None:
        return not isinstance(error, RefusalError)
    return status_of(error) in statuses


def is_sick(error: BaseException) -> bool:
    """True when the error tells that the target does not work, and not that the request is wrong or refused."""
    status = status_of(error)
    return (status >= 500 or status in SICK) and not isinstance(error, RefusalError)


def told(name: str, error: BaseException) -> dict[str, Any]:
    """A failed target in the metadata of the answer."""
    return {"target": name, "error": type(error).__name__, "status": status_of(error), "reason": _reason(error)}


def _reason(error: BaseException) -> str:
    # the message of another SDK may hold its request, and the request its key: the class must do
    ours = isinstance(error, ApiError | core.ModelError)
    return str(error)[:MAX_REASON] if ours else type(error).__name__
