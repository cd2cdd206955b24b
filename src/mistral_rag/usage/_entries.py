"""Entries of a ledger: a call with its counts and price, as one line of JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from mistral_rag.api._ledger import FinishedCall
from mistral_rag.usage._prices import FREE, NOTHING, Cost, UsageCounts, cost_of, counts_of


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A call: when, at which model, what it used and cost. No text of a question, a document or an answer.

    Attributes:
        time: Its begin, ISO 8601 in UTC.
        model: The model that answered; `asked` the one that was named.
        seconds: Its duration with retries; `first_seconds` until a stream's first event.
        status: The HTTP status, 0 when nothing came; `error` is the class of the error, "" for none.
        cost: US dollars; None where the price, or what was used, is not known.
        priced: The day since which that price holds, and `price_source` where it is from.
        labels: What the call belonged to: "document", "question", "run".
    """

    time: str
    kind: str
    model: str
    asked: str
    host: str
    seconds: float
    first_seconds: float | None = None
    status: int = 200
    error: str = ""
    request_id: str | None = None
    reply_id: str | None = None
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    pages: int = 0
    audio_seconds: float = 0.0
    characters: int = 0
    cost: float | None = None
    priced: str | None = None
    price_source: str | None = None
    batch: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, call: FinishedCall) -> "LedgerEntry":
        """The entry of a call, priced by the catalogue."""
        counts, cost = priced(call)
        price = None if cost is None else cost.price
        began = datetime.fromtimestamp(call.began, UTC)
        return cls(
            time=began.isoformat(timespec="milliseconds"),
            kind=call.kind,
            model=call.model,
            asked=call.asked,
            host=call.host,
            seconds=round(call.seconds, 4),
            first_seconds=None if call.first_seconds is None else round(call.first_seconds, 4),
            status=call.status,
            error=call.error,
            request_id=call.request_id,
            reply_id=call.reply_id,
            **asdict(counts),
            cost=None if cost is None else round(cost.dollars, 9),
            priced=None if price is None else str(price.since),
            price_source=None if price is None else price.source,
            batch=call.batch,
            labels=dict(call.labels),
        )

    @classmethod
    def read(cls, line: str) -> "LedgerEntry":
        """The entry of a line of JSON; fields of later releases are passed over.

        Raises:
            ValueError: it is no entry.
        """
        data = json.loads(line)
        if not isinstance(data, dict) or not isinstance(data.get("time"), str):
            raise ValueError("no entry of a ledger")
        datetime.fromisoformat(data["time"])
        try:
            return cls(**{name: value for name, value in data.items() if name in cls.__slots__})
        except TypeError as problem:
            raise ValueError(str(problem)) from None

    def line(self) -> str:
        """The entry as a line of JSON, without what is empty."""
        return json.dumps(
            {name: value for name, value in asdict(self).items() if value not in (None, "", 0, {}, False)}
        )

    @property
    def counts(self) -> UsageCounts:
        """The amounts that it used."""
        return UsageCounts(
            self.input_tokens,
            self.cached_tokens,
            self.output_tokens,
            self.pages,
            self.audio_seconds,
            self.characters,
        )


def priced(call: FinishedCall) -> tuple[UsageCounts, Cost | None]:
    """The use of a call, and its cost by the price of its day; None where that is not known."""
    counts = counts_of(call.usage)
    if call.kind in FREE or not (call.billed or counts):
        return counts, NOTHING
    if not counts and call.kind != "moderation":
        return counts, None  # charged, and not told for what
    day = datetime.fromtimestamp(call.began, UTC).date()
    tier = str(call.usage.get("service_tier") or "")
    for name in dict.fromkeys((call.model, call.asked)):
        cost = cost_of(name, counts, day=day, host=call.host, tier=tier, batch=call.batch, annotated=call.annotated)
        if cost is not None:
            return counts, cost
    return counts, None
