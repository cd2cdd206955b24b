"""Prices of what a build may buy, with their date."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mistral_rag.defaults import NO_EMBEDDINGS

PRICES_OF: Final = "2026-11"
"""Month in which the prices were looked up; the platform may have changed them since."""

PRICES: Final[Mapping[str, float]] = MappingProxyType({"mistral-embed": 0.10, "codestral-embed": 0.15})
"""US dollars for a million tokens, by the platform's list of 2026; models on this machine cost nothing."""
PRICE_OF_A_PAGE: Final = 0.004
"""US dollars for a page read by Mistral OCR 4, by the price table of LiteLLM."""


def price_of_tokens(model: str, tokens: int) -> float | None:
    """US dollars for so many tokens; None where the price of the model is not known."""
    if not tokens or model == NO_EMBEDDINGS or model.startswith("local-"):
        return 0.0
    price = PRICES.get(model)
    return None if price is None else price * tokens / 1e6


def price_of_pages(reader: str, pages: int) -> float:
    """US dollars for so many pages read by the OCR reader of this name."""
    return 0.0 if not reader or reader.startswith("local-") else PRICE_OF_A_PAGE * pages
