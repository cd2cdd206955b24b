"""Ledgers: a bill with a limit, and a file of JSON lines."""

import errno
import os
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from mistral_rag._logger import logger_of
from mistral_rag.api._ledger import FinishedCall, Ledger, PlannedCall, labelled, recording
from mistral_rag.errors import ConfigurationError, CostLimitError
from mistral_rag.usage._entries import LedgerEntry, priced
from mistral_rag.usage._estimate import planned_counts
from mistral_rag.usage._prices import FREE, UsageCounts, cost_of

logger = logger_of(__name__)

OPEN_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY", "O_CLOEXEC"))
"""No link is followed, and no pipe waited for."""
INDEX_LEDGER = "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over calls. `cost` is of those whose price is known; `unpriced` counts the others that were charged."""

    calls: int = 0
    failed: int = 0
    cost: float = 0.0
    unpriced: int = 0
    counts: UsageCounts = field(default_factory=UsageCounts)

    def plus(self, entry: LedgerEntry) -> "Totals":
        """The sums with one more call."""
        return Totals(
            self.calls + 1,
            self.failed + bool(entry.error),
            self.cost + (entry.cost or 0.0),
            self.unpriced + (entry.cost is None),
            self.counts + entry.counts,
        )


class Bill:
    """Costs of calls, while they are made; safe in threads. With `max_cost` (US dollars) it stops them before.

    A call is refused when what has been spent, what is set aside for calls on their way, and the call's own estimate
    (its texts, its pages, and an answer of `max_tokens`) exceed the limit together. An answer without `max_tokens` is
    counted when it is there, so that the limit is exceeded by no more than the answers on their way.
    """

    def __init__(self, max_cost: float | None = None) -> None:
        if max_cost is not None and not (isinstance(max_cost, int | float) and max_cost >= 0):
            raise ConfigurationError("max_cost must be US dollars, 0 or more.")
        self.max_cost = max_cost
        self._lock = threading.Lock()
        self._total = Totals()
        self._groups: dict[tuple[str, str], Totals] = {}
        self._reserved = 0.0

    def __repr__(self) -> str:
        total = self.total
        unknown = f" and {total.unpriced} calls of unknown price" if total.unpriced else ""
        return f"Bill(${total.cost:.6f}{unknown}, {total.calls} calls)"

    @property
    def total(self) -> Totals:
        """The sums over all calls that have ended."""
        return self._total

    @property
    def cost(self) -> float | None:
        """US dollars so far; None when the price of a call is not known."""
        return None if self._total.unpriced else self._total.cost

    @property
    def by_model(self) -> dict[str, Totals]:
        """The sums for each model that answered."""
        return self._grouped(0)

    @property
    def by_kind(self) -> dict[str, Totals]:
        """The sums for each kind of call, such as "chat", "embedding" and "ocr"; see `FinishedCall.kind`."""
        return self._grouped(1)

    def _grouped(self, place: int) -> dict[str, Totals]:
        with self._lock:
            items = list(self._groups.items())
        found: dict[str, Totals] = {}
        for key, totals in items:
            found[key[place]] = _sum(found.get(key[place], Totals()), totals)
        return found

    def admit(self, planned: PlannedCall) -> float | None:
        """Set the estimated price of a call aside.

        Raises:
            CostLimitError: it could exceed the limit.
            ConfigurationError: there is a limit, and the price of the model is not known.
        """
        if self.max_cost is None or planned.kind in FREE:
            return None
        estimate = cost_of(planned.model, planned_counts(planned), host=planned.host, batch=planned.batch)
        if estimate is None:
            raise ConfigurationError(
                f"the price of {planned.model or 'the ' + planned.kind} is not known, so max_cost can't hold it; "
                "add it to your own entries of the model catalogue (MISTRAL_RAG_MODELS)"
            )
        with self._lock:
            spent = self._total.cost + self._reserved
            if estimate.dollars and spent + estimate.dollars > self.max_cost:
                raise CostLimitError(
                    f"not sent: {spent:.6f} of {self.max_cost:.6f} US dollars are spent or on their way, and this call "
                    f"would cost about {estimate.dollars:.6f}",
                    spent=self._total.cost,
                    limit=self.max_cost,
                )
            self._reserved += estimate.dollars
        return estimate.dollars

    def release(self, token: object) -> None:
        """Take back what was set aside for a call that was not sent."""
        with self._lock:
            self._reserved -= float(token)  # type: ignore[arg-type]

    def settle(self, token: object, call: FinishedCall) -> None:
        """Note a call in place of what was set aside; where the host did not say what it used, that is its price."""
        self.release(token)
        self._note(call, unknown=float(token))  # type: ignore[arg-type]

    def record(self, call: FinishedCall) -> None:
        """Note a call."""
        self._note(call)

    def _note(self, call: FinishedCall, *, unknown: float | None = None) -> None:
        counts, cost = priced(call)
        dollars = unknown if cost is None else cost.dollars
        one = Totals(1, int(bool(call.error)), dollars or 0.0, int(dollars is None), counts)
        key = call.model, call.kind
        with self._lock:
            self._total = _sum(self._total, one)
            known = self._groups.get(key)
            self._groups[key] = one if known is None else _sum(known, one)


def _sum(one: Totals, other: Totals) -> Totals:
    return Totals(
        one.calls + other.calls,
        one.failed + other.failed,
        one.cost + other.cost,
        one.unpriced + other.unpriced,
        one.counts + other.counts,
    )


class LedgerFile:
    """A file of JSON lines, one a call, appended to by any number of threads and processes. It holds no texts.

    Links are not followed, and what is no plain file is left alone. A file that is `optional` may be one that can't be
    written, such as that of an index in a read-only place.
    """

    def __init__(self, path: str | os.PathLike[str], *, optional: bool = False) -> None:
        self.path = Path(path)
        self._told = optional

    def record(self, call: FinishedCall) -> None:
        """Append a call. A file that can't be written is told once in the log; the call goes on."""
        line = LedgerEntry.of(call).line().encode() + b"\n"
        try:
            descriptor = self._opened(os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                os.write(descriptor, line)  # in one piece, so that lines of several processes do not mix
            finally:
                os.close(descriptor)
        except OSError as problem:
            if not self._told:
                logger.warning("The ledger %s can't be written: %s.", self.path, problem.strerror or problem)
            self._told = True

    def entries(self) -> Iterator[LedgerEntry]:
        """The entries in the order of the file; a line that is none, such as one cut by a crash, is passed over.

        Raises:
            ConfigurationError: the file can't be read.
        """
        try:
            with os.fdopen(self._opened(os.O_RDONLY), encoding="utf-8", errors="replace") as lines:
                yield from _entries(lines)
        except OSError as problem:
            raise ConfigurationError(f"the ledger {self.path} can't be read: {problem.strerror or problem}") from None

    def _opened(self, flags: int) -> int:
        descriptor = os.open(self.path, flags | OPEN_FLAGS, 0o600)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no plain file")


def index_ledger(folder: str | os.PathLike[str]) -> LedgerFile:
    """The ledger of an index: a file in its folder, which builds and questions write.

    A file and no table of the database, since those who ask hold no lock, and may ask while a build does.
    """
    return LedgerFile(Path(folder) / INDEX_LEDGER, optional=True)


@contextmanager
def question_costs(folder: str | os.PathLike[str], question: str, *, max_cost: float | None = None) -> Iterator[Bill]:
    """Count what one question to an index costs, in the ledger of that index, too, with a digest of the question.

    Args:
        folder: the folder of the index.
        question: its text, which the ledger does not keep.
        max_cost: US dollars at which calls are refused; see `costs`.
    """
    named = sha256(question.encode(errors="replace")).hexdigest()[:12]
    with costs(max_cost=max_cost, ledger=index_ledger(folder)) as bill, labelled(question=named):
        yield bill


def _entries(lines: Iterable[str]) -> Iterator[LedgerEntry]:
    for line in lines:
        try:
            yield LedgerEntry.read(line)
        except (ValueError, RecursionError):
            continue


@contextmanager
def costs(*, max_cost: float | None = None, ledger: "Ledger | str | os.PathLike[str] | None" = None) -> Iterator[Bill]:
    """Count what the calls within the block cost: chat, streams, embeddings, OCR, and every other endpoint.

    Holds in the block's own coroutines, in tasks that it starts and in LangChain's threads; a thread of your own needs
    ``contextvars.copy_context().run``. Blocks may be nested, and each counts for itself.

    Args:
        max_cost: US dollars at which calls are refused, with `CostLimitError`, before they are sent; see `Bill`.
        ledger: where each call is noted, too: a file of JSON lines, or an object with `record`.
    """
    bill = Bill(max_cost)
    with ExitStack() as stack:
        if ledger is not None:
            stack.enter_context(recording(LedgerFile(ledger) if isinstance(ledger, str | os.PathLike) else ledger))
        stack.enter_context(recording(bill))
        yield bill
