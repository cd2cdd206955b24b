"""Prices of calls: what was counted, by the catalogue's price of that day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from mistral_rag.catalogue import ModelCatalogue, Price, load_catalogue

MILLION: Final = 1_000_000
BATCH: Final = 0.5
"""Share of the price that a batch costs (docs.mistral.ai, batch)."""
PRIORITY: Final = 1.75
"""Factor of the priority tier, after the discount of cached tokens (docs.mistral.ai, priority tier)."""
REGIONAL: Final = 1.1
"""Factor of the regional hosts (docs.mistral.ai, regional inference)."""
REGIONAL_HOSTS: Final = ("://api.eu.mistral.ai", "://api.us.mistral.ai")
FREE: Final = frozenset({"files", "models", "batch", "fine_tuning", "libraries"})
"""Kinds of calls for which nothing is charged; what a batch computes is charged by its rows."""

DETAILS: Final = ("prompt_tokens_details", "prompt_token_details", "input_token_details")


@dataclass(frozen=True, slots=True)
class UsageCounts:
    """Amounts that a call used: tokens, of `input_tokens` those from the platform's cache, pages, seconds of audio."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    pages: int = 0
    audio_seconds: float = 0.0
    characters: int = 0

    def __add__(self, other: "UsageCounts") -> "UsageCounts":
        # written out, and not over the fields: it is done for every call
        return UsageCounts(
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
            self.pages + other.pages,
            self.audio_seconds + other.audio_seconds,
            self.characters + other.characters,
        )

    def __bool__(self) -> bool:
        return bool(self.input_tokens or self.output_tokens or self.pages or self.audio_seconds or self.characters)


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars, and the price that they were computed with; None where nothing is charged."""

    dollars: float
    price: Price | None = None


NOTHING: Final = Cost(0.0)


def counts_of(usage: Mapping[str, Any]) -> UsageCounts:
    """The counts of a reply's `usage` or `usage_info`, and of LangChain's `usage_metadata`; what is no number is 0."""
    details: Mapping[str, Any] = next((usage[name] for name in DETAILS if isinstance(usage.get(name), dict)), {})
    given = _number(usage, "prompt_tokens") or _number(usage, "input_tokens")
    answered = _number(usage, "completion_tokens") or _number(usage, "output_tokens")
    if not given:
        given = max(0, _number(usage, "total_tokens") - answered)
    cached = _number(details, "cached_tokens") or _number(details, "cache_read")
    cached = cached or _number(usage, "num_cached_tokens") or _number(usage, "cached_tokens")
    return UsageCounts(
        input_tokens=given,
        cached_tokens=min(cached, given),
        output_tokens=answered,
        pages=_number(usage, "pages_processed"),
        audio_seconds=float(_number(usage, "prompt_audio_seconds")),
        characters=_number(usage, "characters"),
    )


def _number(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0


def cost_of(
    model: str,
    counts: UsageCounts,
    *,
    day: date | None = None,
    host: str = "",
    tier: str = "",
    batch: bool = False,
    annotated: bool = False,
    catalogue: ModelCatalogue | None = None,
) -> Cost | None:
    """The price of `counts` at `model` on a day, by default today (UTC); None when it is not known.

    A price that is missing for something that was counted makes the whole unknown.
    """
    price = (catalogue or load_catalogue()).price(model, day or datetime.now(UTC).date())
    if price is None:
        return None
    dollars = _dollars(price, counts, annotated)
    if dollars is None:
        return None
    factor = REGIONAL if any(regional in host for regional in REGIONAL_HOSTS) else 1.0
    factor *= (PRIORITY if tier == "priority" else 1.0) * (BATCH if batch else 1.0)
    return Cost(dollars * factor, price)


def _dollars(price: Price, counts: UsageCounts, annotated: bool) -> float | None:
    cached = price.input if price.cached_input is None else price.cached_input
    parts = (
        ((counts.input_tokens - counts.cached_tokens) / MILLION, price.input),
        (counts.cached_tokens / MILLION, cached),
        (counts.output_tokens / MILLION, price.output),
        (counts.pages, price.annotated_page if annotated else price.page),
        (counts.audio_seconds / 60, price.audio_minute),
        (counts.characters / MILLION, price.million_characters),
    )
    if any(amount and each is None for amount, each in parts):
        return None
    return sum(amount * (each or 0.0) for amount, each in parts)
