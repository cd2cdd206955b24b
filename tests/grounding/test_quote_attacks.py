"""Wrong quotes made of real pages are refused, true ones in other typography verified."""

import random
import runpy
from pathlib import Path
from typing import Any

import pytest

from ingest.chunking import units
from mistral_rag.grounding._quotes.quotes import find
from mistral_rag.pdf import PdfFile, read_page
from mistral_rag.text import sentences


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


PROSE = {
    "de": "Die Gebühr beträgt 1.250 Euro und wird nicht erstattet. Reisen sind innerhalb von 3 Monaten abzurechnen, "
    "sonst verfällt der Anspruch. Der Umsatz stieg um 12,5 % auf 48 Millionen Euro. Kein Mitarbeiter darf "
    "Kosten ohne Beleg einreichen, die 50 Euro übersteigen.",
    "fr": "Le contrat ne peut pas être résilié avant 12 mois. Les frais sont de 1 250 euros par an et ne sont jamais "
    "remboursés. Le chiffre d'affaires a augmenté de 12,5 % en 2021. Aucun salarié ne doit payer plus de 50 euros.",
    "es": "El plazo es de 30 días y no puede ampliarse. Los gastos de 1.250 euros nunca se reembolsan sin factura. "
    "Las ventas fueron de 48 millones de euros en 2021, un 12,5 % más. Ningún empleado debe pagar más de 50 euros.",
}  # fmt: skip


@pytest.mark.parametrize("language", PROSE)
def test_altered_quotes_of_prose_are_refused(checkout: Path, language: str) -> None:
    altered: dict[str, Any] = runpy.run_path(str(checkout / "benchmarks" / "quote_alterations.py"))
    text = PROSE[language]
    quotes = [text[start:end] for start, end in sentences(text)]
    assert [find(text, quote).location for quote in quotes] == ["exact"] * len(quotes)
    rng = random.Random(0)  # noqa: S311
    cases = [case for quote in quotes for _ in range(5) for case in altered["alterations"](quote, rng, language)]
    cases += altered["joins"](quotes, rng)
    assert [case for case in cases if find(text, case[1]).location != "not_found" and case[1] not in text] == []
    kinds = {kind.partition(":")[0] for kind, _ in cases}
    assert kinds == {"digits", "sign", "negation", "order", "join", "place"}


def test_altered_quotes_of_a_filing_are_refused(checkout: Path) -> None:
    altered: dict[str, Any] = runpy.run_path(str(checkout / "benchmarks" / "quote_alterations.py"))
    accepted, kinds = [], set()
    with PdfFile(checkout / "data" / "2023 Q3 AAPL.pdf") as pdf:
        for number in (4, 16, 20):
            page = read_page(pdf, number)
            there = " ".join(page.text.split())
            rng = random.Random(number)  # noqa: S311
            texts = [(unit.kind, page.text[unit.start : unit.end]) for unit in units(page)]
            rows = [text for kind, text in texts if kind == "row"]
            cases = [case for _, text in texts for case in altered["alterations"](text, rng)]
            cases += altered["places"](rows, ["A sentence of another page that stands nowhere here at all."], rng)
            for kind, quote in cases:
                kinds.add(kind)
                if find(page.text, quote).location != "not_found" and " ".join(quote.split()) not in there:
                    accepted.append((kind, quote))
    assert accepted == []
    assert len(kinds) >= 25
