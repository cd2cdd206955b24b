"""Records of calls: what each one used, told to the ledgers that are open around it.

The client knows no prices; ledgers do. A call outside of any ledger costs a look at one context variable.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

Json = dict[str, Any]

KINDS: Final[Mapping[str, str]] = {
    "chat/completions": "chat",
    "fim/completions": "fim",
    "agents/completions": "agent",
    "embeddings": "embedding",
    "ocr": "ocr",
    "moderations": "moderation",
    "chat/moderations": "moderation",
    "classifications": "classification",
    "chat/classifications": "classification",
    "audio/transcriptions": "transcription",
    "audio/speech": "speech",
}
"""Kinds of calls by their paths; any other path is called by its first word ("files", "conversations")."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call that is about to be sent, alone or in a batch; `body` is None when it is no JSON object.

    `pages` counts those of a document, where that is known.
    """

    kind: str
    model: str
    host: str
    body: Json | None = None
    pages: int = 0
    batch: bool = False


@dataclass(frozen=True, slots=True)
class FinishedCall:
    """A call that has ended, retries included.

    Attributes:
        model: The model that answered; without an answer the one that was asked.
        began: Seconds since 1970.
        seconds: Duration; `first_seconds` until the first event of a stream, None for a whole reply.
        status: The HTTP status; 0 when nothing came. A stream that broke off has that of its error, or 0.
        error: The class of the error; "" when there is none.
        usage: Counts as the host sent them; empty when it sent none.
        billed: True when the host may charge for it: it answered, if only in part.
        labels: What the call belongs to, as `labelled` says.
    """

    kind: str
    model: str
    asked: str
    host: str
    began: float
    seconds: float
    first_seconds: float | None = None
    status: int = 200
    error: str = ""
    request_id: str | None = None
    reply_id: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    annotated: bool = False
    billed: bool = True
    batch: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


class Ledger(Protocol):
    """Listener that is told of every call that ends; called in any thread, and must not raise."""

    def record(self, call: FinishedCall) -> None:
        """Take note of a call."""
        ...


class SpendingLimit(Ledger, Protocol):
    """A ledger that may refuse a call before it is sent; every admitted call is settled or, unsent, released."""

    def admit(self, planned: PlannedCall) -> object:
        """Set the price of a call aside; returns a token for it, or None to have the call recorded as by any ledger.

        Raises:
            CostLimitError: the call could exceed the limit.
            ConfigurationError: nobody knows what it costs.
        """
        ...

    def settle(self, token: object, call: FinishedCall) -> None:
        """Take note of the call in place of what was set aside."""
        ...

    def release(self, token: object) -> None:
        """Take back what was set aside: another limit refused the call."""
        ...


_LEDGERS: ContextVar[tuple[Ledger, ...]] = ContextVar("mistral_rag_ledgers", default=())
_LABELS: ContextVar[Mapping[str, str]] = ContextVar("mistral_rag_labels", default={})  # noqa: B039  # never changed


@contextmanager
def recording(ledger: Ledger) -> Iterator[None]:
    """Tell `ledger` of every call within the block, in its coroutines and in threads that copy its context."""
    token = _LEDGERS.set((*_LEDGERS.get(), ledger))
    try:
        yield
    finally:
        _LEDGERS.reset(token)


@contextmanager
def labelled(**labels: str) -> Iterator[None]:
    """Label every call within the block, for example with its `document`, `question` or `run`."""
    token = _LABELS.set({**_LABELS.get(), **labels})
    try:
        yield
    finally:
        _LABELS.reset(token)


open_ledgers = _LEDGERS.get
"""The ledgers that are open here."""
open_labels = _LABELS.get
"""The labels of calls that are made here."""
