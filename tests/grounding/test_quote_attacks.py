"""Wrong quotes made of real pages are refused, true ones in other typography verified."""

import random
import runpy
from pathlib import Path
from typing import Any

import pytest

from ingest.chunking import units
from mistral_rag.grounding._quotes.quotes import find
from mistral_rag.pdf import PdfFile, read_page


@pytest.mark.parametrize("name", ["2022 Q3 AAPL.pdf", "2023 Q1 NVDA.pdf"])
def test_quotes_made_of_a_filing_are_judged_rightly(checkout: Path, shared: Path, name: str) -> None:
    attacks: dict[str, Any] = runpy.run_path(str(checkout / "benchmarks" / "quote_attacks.py"))
    misjudged: list[tuple[str, str]] = []
    kinds: set[str] = set()
    with PdfFile(shared / "data" / "docugami_10q" / "pdfs" / name) as pdf:
        for number in (4, 9, 12, 15, 20):
            page = read_page(pdf, number)
            texts = [(unit.kind, page.text[unit.start : unit.end]) for unit in units(page)]
            for kind, quote in attacks["cases"](page.text, texts, random.Random(number)):  # noqa: S311
                kinds.add(kind)
                verified = find(page.text, quote).location in {"exact", "normalised"}
                if verified == kind.startswith("wrong"):
                    misjudged.append((kind, quote))
    assert misjudged == []
    assert {"true: ligatures", "wrong: halves joined", "wrong: ellipsis over negation", "wrong: sign dropped"} <= kinds
