"""Prices of what a build may buy, by the model catalogue."""

from typing import Final

from mistral_rag.catalogue import load_catalogue
from mistral_rag.defaults import NO_EMBEDDINGS
from mistral_rag.usage import UsageCounts, cost_of

OCR_MODEL: Final = "mistral-ocr-latest"
"""The model whose price a page has at a reader that the catalogue does not know."""


def prices_of() -> str:
    """The month in which the prices were looked up; the platform may have changed them since."""
    checked = load_catalogue().checked
    return f"{checked:%Y-%m}" if checked else ""


def price_of_tokens(model: str, tokens: int, *, batch: bool = False) -> float | None:
    """US dollars for so many tokens, by batch jobs or at once; None where the price of the model is not known."""
    if not tokens or model == NO_EMBEDDINGS or model.startswith("local-"):
        return 0.0
    cost = cost_of(model, UsageCounts(input_tokens=tokens), batch=batch)
    return None if cost is None else cost.dollars


def price_of_pages(reader: str, pages: int) -> float:
    """US dollars for so many pages read by the OCR reader of this name."""
    if not reader or reader.startswith("local-"):
        return 0.0
    counts = UsageCounts(pages=pages)
    cost = cost_of(reader.partition("/")[0], counts) or cost_of(OCR_MODEL, counts)
    return 0.0 if cost is None else cost.dollars
