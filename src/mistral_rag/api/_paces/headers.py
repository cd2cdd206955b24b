"""Limits in the headers of answers: the platform's, those of OpenAI's form, and both behind LiteLLM's prefix."""

from collections.abc import Mapping
from typing import Final

WINDOWS: Final = {"second": 1.0, "minute": 60.0}
PREFIXES: Final = ("", "llm_provider-")
REQUESTS: Final = {"req-minute": "minute", "req-second": "second", "requests": "minute"}
TOKENS: Final = {"tokens-minute": "minute", "tokens-second": "second", "tokens": "minute"}
"""Ends of the names of headers, and the window that they speak of; OpenAI's names say none, and mean a minute."""
COST: Final = "x-ratelimit-tokens-query-cost"
MAX_DIGITS: Final = 16


def told(headers: Mapping[str, str], names: Mapping[str, str]) -> tuple[float, float | None, float] | None:
    """Limit, what remains of it, and the window in seconds; None without a usable limit."""
    for prefix in PREFIXES:
        for name, unit in names.items():
            stated = headers.get(f"{prefix}x-ratelimit-limit-{name}")
            # a limit of 0 says that the key may not use the model, and would stop all calls for ever
            if stated and (limit := number(stated)):
                return limit, number(headers.get(f"{prefix}x-ratelimit-remaining-{name}")), WINDOWS[unit]
    return None


def number(text: str | None) -> float | None:
    """The count in a header; None when it is none."""
    return float(text) if text is not None and text.isdecimal() and text.isascii() and len(text) < MAX_DIGITS else None
