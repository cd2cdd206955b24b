"""Sums over a ledger's entries: by day, model, kind or label, with error rates and latencies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mistral_rag.usage._entries import LedgerEntry
from mistral_rag.usage._ledgers import Totals

GROUPS: Final = ("day", "model", "kind", "document", "run", "question", "host")
PERCENTILES: Final = (50, 90, 99)


@dataclass(frozen=True, slots=True)
class CostRow:
    """One line of a report: `name` is the day, model, kind or label; latencies are seconds of calls that succeeded."""

    name: str
    totals: Totals
    latencies: tuple[float, ...] = ()

    @property
    def error_rate(self) -> float:
        """Share of the calls that failed, after their retries."""
        return self.totals.failed / self.totals.calls if self.totals.calls else 0.0

    def latency(self, percent: int) -> float | None:
        """The latency that so many percent of the calls do not exceed (nearest rank); None without a call."""
        if not self.latencies:
            return None
        rank = -(-percent * len(self.latencies) // 100)
        return self.latencies[max(1, rank) - 1]

    def to_json(self) -> dict[str, Any]:
        """The row as plain JSON."""
        totals = self.totals
        return {
            "name": self.name,
            "calls": totals.calls,
            "failed": totals.failed,
            "error_rate": round(self.error_rate, 4),
            "input_tokens": totals.counts.input_tokens,
            "cached_tokens": totals.counts.cached_tokens,
            "output_tokens": totals.counts.output_tokens,
            "pages": totals.counts.pages,
            "audio_seconds": totals.counts.audio_seconds,
            "cost": round(totals.cost, 6),
            "unpriced": totals.unpriced,
            **{f"p{percent}": self.latency(percent) for percent in PERCENTILES},
        }


def cost_rows(entries: Iterable[LedgerEntry], *, by: str = "day") -> list[CostRow]:
    """Sums for each value of `by`, one of `GROUPS`: days in their order, all else with the highest cost first."""
    groups: dict[str, list[LedgerEntry]] = {}
    for entry in entries:
        groups.setdefault(_name(entry, by), []).append(entry)
    rows = [_row(name, members) for name, members in groups.items()]
    if by == "day":
        return sorted(rows, key=lambda row: row.name)
    return sorted(rows, key=lambda row: (-row.totals.cost, row.name))


def total_row(entries: Iterable[LedgerEntry]) -> CostRow:
    """The sums over all entries."""
    return _row("total", list(entries))


def _name(entry: LedgerEntry, by: str) -> str:
    if by == "day":
        return entry.time[:10]
    if by in {"model", "kind", "host"}:
        return str(getattr(entry, by)) or "-"
    return str(entry.labels.get(by) or "-")


def _row(name: str, entries: Sequence[LedgerEntry]) -> CostRow:
    totals = Totals()
    for entry in entries:
        totals = totals.plus(entry)
    # a row of a batch waits for its job, which is no latency
    alone = (entry.seconds for entry in entries if not entry.error and not entry.batch)
    return CostRow(name, totals, tuple(sorted(alone)))
