"""Fields and cells that are asked for and are empty."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest import build
from mistral_rag.grounding import GroundedQA
from mistral_rag.grounding._evidence.evidence import EvidenceUnit, gather
from mistral_rag.grounding._evidence.extractive import extract
from mistral_rag.grounding._evidence.pages import passages
from mistral_rag.retrievers import HybridRetriever
from mistral_rag.schema import Table, TableCell
from tests.grounding.test_asked import evidence

if TYPE_CHECKING:
    from tests.grounding.conftest import Shelf

STOCK = (
    ("Product code", "Category", "Unit cost", "Last audit"),
    ("SKU-2234", "Electronics", "$125.00", ""),
    ("SKU-7789", "Accessories", "$8.50", "2024-11-05"),
    ("SKU-9201", "", "$11.00", "n/a"),
)
FINES = (
    ("Felony, Offense", "Felony, Max term", "Felony, Fine"),
    ("Failure to report disappearance of a minor", "3Y", ""),
    ("Failure to report death of a minor", "3Y", "$500"),
)
RAUM = (("Raum", "Größe", "Miete"), ("Saal Nord", "120 m²", ""), ("Saal Süd", "80 m²", "400 €"))


def grid(shelf: "Shelf", rows: tuple[tuple[str, ...], ...], language: str = "en") -> list[EvidenceUnit]:
    """A table with the names of its columns in the first row; empty texts are empty cells."""
    lines, cells = [], []
    at = 0
    for number, texts in enumerate(rows):
        line = "  ".join(filter(None, texts))
        lines.append(line)
        for column, text in enumerate(texts):
            start = at + line.index(text) if text else 0
            runs = ((start, start + len(text)),) if text else ()
            role = "column" if not number else "row" if not column else "value"
            cells.append(TableCell(row=number, column=column, runs=runs, role=role))
        at += len(line) + 1
    text = "\n".join(lines)
    page = shelf.page_of(text, rows=range(len(rows)), header=0)
    table = Table(start=0, end=len(text), cells=tuple(cells), columns=rows[0])
    source = shelf.put("file:///t.pdf", page.model_copy(update={"tables": (table,)}), title="Table")
    shelf.sources["file:///t.pdf"] = source.model_copy(update={"language": language})
    found, _ = passages([shelf.document("file:///t.pdf", 1, 0, len(rows) - 1)], shelf)
    return gather(found, budget=10_000)


@pytest.mark.parametrize(
    ("question", "rows", "language", "reason"),
    [
        (
            "When was SKU-2234 last audited?",
            STOCK,
            "en",
            "the field “Last audit” is empty; nearest: “SKU-2234 Electronics $125.00”",
        ),
        (
            "When was the last audit of SKU-9201?",
            STOCK,
            "en",
            "the field “Last audit” is empty; nearest: “SKU-9201 $11.00 n/a”",
        ),
        (
            "Which category does SKU-9201 have?",
            STOCK,
            "en",
            "the field “Category” is empty; nearest: “SKU-9201 $11.00 n/a”",
        ),
        (
            "How high is the fine for failure to report the disappearance of a minor?",
            FINES,
            "en",
            "the field “Fine” is empty; nearest: “Failure to report disappearance of a minor 3Y”",
        ),
        (
            "Until when is SKU-2234 delivered?",
            (("Item", "Price", "Shipping date"), ("SKU-2234", "$125.00", ""), ("SKU-7789", "$8.50", "12 May 2025")),
            "en",
            "the field “Shipping date” is empty; nearest: “SKU-2234 $125.00”",
        ),
        (
            "Wie hoch ist die Miete für den Saal Nord?",
            RAUM,
            "de",
            "the field “Miete” is empty; nearest: “Saal Nord 120 m²”",
        ),
    ],
)
def test_an_empty_cell_of_the_column_asked_for_is_no_answer(
    empty_shelf: "Shelf", question: str, rows: tuple[tuple[str, ...], ...], language: str, reason: str
) -> None:
    found = extract(question, grid(empty_shelf, rows, language))
    assert (found.runs, found.reason) == ((), reason)


def test_a_label_above_a_table_is_an_empty_field(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "order.html").write_text(
        "<h1>Purchase order PO-88213</h1><p>Supplier: Kessler AG<br>Requested by: Ines Aldana<br>Approved by:</p>"
        "<table><tr><th>Part</th><th>Qty</th></tr><tr><td>LM-204</td><td>120</td></tr></table>"
    )
    list(build(tmp_path / "docs", tmp_path / "index", embeddings="none", workers=1))
    chain = GroundedQA(retriever=HybridRetriever.from_index(tmp_path / "index"))
    assert chain.invoke("Who approved PO-88213?").reason == "the field “Approved by” is empty; nearest: “Approved by:”"
    assert chain.invoke("Who requested PO-88213?").citations[0].quote == "Requested by: Ines Aldana"


@pytest.mark.parametrize(
    ("question", "rows", "quote"),
    [
        ("When was SKU-7789 last audited?", STOCK, "SKU-7789  Accessories  $8.50  2024-11-05"),
        ("What is the unit cost of SKU-2234?", STOCK, "SKU-2234  Electronics  $125.00"),
        (
            "How high is the fine for failure to report the death of a minor?",
            FINES,
            "Failure to report death of a minor  3Y  $500",
        ),
        (
            "How long is the maximum term for failure to report the disappearance of a minor?",
            FINES,
            "Failure to report disappearance of a minor  3Y",
        ),
    ],
)
def test_a_cell_with_a_value_is_quoted(
    empty_shelf: "Shelf", question: str, rows: tuple[tuple[str, ...], ...], quote: str
) -> None:
    assert extract(question, grid(empty_shelf, rows)).runs[0].text == quote


@pytest.mark.parametrize(
    ("question", "text", "reason"),
    [
        (
            "Who is the superintendent of the hotshot crew?",
            "I certify the program of the hotshot crew. Crew superintendent: __________ Date: ________\n",
            "the field “Crew superintendent” is empty; nearest: “Crew superintendent: __________”",
        ),
        (
            "Wie lautet das Geburtsdatum von Erika Muster?",
            "Geburtsdatum: ................\n\nName: Erika Muster\n",
            "the field “Geburtsdatum” is empty; nearest: “Geburtsdatum: ................”",
        ),
        (
            "What is the phone number of the applicant?",
            "Applicant: Mary Major\n\nPhone number of the applicant:\n\nCity: Leeds\n",
            "the field “Phone number of the applicant” is empty; nearest: “Phone number of the applicant:”",
        ),
        (
            "Quel est le numéro de téléphone ?",
            "Numéro de téléphone : ________\n\nVille : Lyon\n",
            "the field “Numéro de téléphone” is empty; nearest: “Numéro de téléphone : ________”",
        ),
        (
            "When was Ada Brook admitted to the county bar?",
            "Name: Ada Brook\n\nDate admitted to county bar (counsel only): ______________\n",
            "the field “Date admitted to county bar (counsel only)” is empty; "
            "nearest: “Date admitted to county bar (counsel only): ______________”",
        ),
        (
            "What is the seal number of the shipment to Leeds?",
            "Shipment to: Leeds\n\nTrailer number:\n\nSeal number(s):\n\nPro number: 4711\n",
            "the field “Seal number(s)” is empty; nearest: “Seal number(s):”",
        ),
        (
            "What is the trailer number of the shipment to Leeds?",
            "Shipment to: Leeds\n\nTrailer number:\n\nSeal number(s):\n\nPro number: 4711\n",
            "the field “Trailer number” is empty; nearest: “Trailer number:”",
        ),
        (
            "What is the phone number of Ada Brook?",
            "Name: Ada Brook\n\nTelephone: ________\n\nCity: Leeds\n",
            "the field “Telephone” is empty; nearest: “Telephone: ________”",
        ),
    ],
)
def test_an_empty_field_of_a_form_is_no_answer(question: str, text: str, reason: str) -> None:
    language = {"Wie": "de", "Quel": "fr"}.get(question.split()[0], "en")
    found = extract(question, evidence(text, language=language))
    assert (found.runs, found.reason) == ((), reason)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the phone number?", "Phone number:\n\n0123 456789\n\nCity: Leeds\n"),
        ("What is the phone number?", "Phone number: 0123 456789\n\nSigned: ________\n"),
        ("What is the phone number of Ada Brook?", "Name: Ada Brook\n\nTelephone: ________\n\n404-815-6095\n\nFax:\n"),
        ("What did Ada Brook order?", "Name: Ada Brook\n\nOrder: a lamp\n\nOrder date: ________\n"),
        (
            "When did the argument in Major begin?",
            "MARY MAJOR,  :\n\nPetitioner  :\n\nThe argument began at 1:01 p.m.\n",
        ),
        ("When was the memory card ordered?", "Memory card 16 GB\n\nOrdered through:\n\nOrder date: 15-10-2015\n"),
    ],
)
def test_a_field_with_its_value_beside_or_below_is_not_empty(question: str, text: str) -> None:
    found = extract(question, evidence(text))
    assert found.reason is None or "is empty" not in found.reason


def test_the_blank_form_of_another_document_says_nothing() -> None:
    texts = ("Ada Brook\n\nabrook@firm.example\n", "Signature of counsel\n\nE-mail address: ________\n")
    found = extract("What is Ada Brook's e-mail address?", evidence(*texts))
    assert found.reason is None or "is empty" not in found.reason
