"""The value that a question asks for, not the line that repeats its words."""

import pytest
from langchain_core.documents import Document

from mistral_rag.grounding._evidence.evidence import EvidenceUnit, gather
from mistral_rag.grounding._evidence.extractive import extract
from mistral_rag.grounding._evidence.pages import passages

REPORT = "# Stock report\n\nWarehouse: Harbour Depot East\n\nReport Date: 2024-03-09\n\nPrepared By: Ines Okafor\n"
RECEIPT = (
    "# Norrland Audio\n\nCashier: Tom Berg\n\nHeadphones Arctic\nAUD-11 1 @ $80.00\nMember discount $-5.00\n$75.00\n\n"
    "Speaker Fjord\nSPK-20 2 @ $45.00\n$90.00\n\nTOTAL $165.00\n\nReturns are possible within 30 days.\n"
)
INVOICE = (
    "# Invoice\n\nThis invoice to Kestrel Ltd is for the billing period July 2024.\n\nSupport for Kestrel: $40.00\n\n"
    "TOTAL AMOUNT DUE: $44.80\n"
)


def evidence(text: str) -> list[EvidenceUnit]:
    found, _ = passages([Document(text, metadata={"source": "1.md"})], None)
    return gather(found, budget=10_000)


def first(question: str, text: str) -> str:
    return extract(question, evidence(text)).runs[0].text


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("Who wrote the stock report for Harbour Depot East?", REPORT, "Prepared By: Ines Okafor"),
        ("Who was at the till at Norrland Audio?", RECEIPT, "Cashier: Tom Berg"),
        ("How much did Kestrel have to pay for July 2024?", INVOICE, "TOTAL AMOUNT DUE: $44.80"),
        (
            "How long do I have to bring something back to Norrland Audio?",
            RECEIPT,
            "Returns are possible within 30 days.",
        ),
    ],
)
def test_the_unit_with_the_value_comes_before_the_one_that_repeats_the_names(
    question: str, text: str, quote: str
) -> None:
    assert first(question, text) == quote


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        (
            "What did the Arctic headphones cost?",
            "Headphones Arctic\nAUD-11 1 @ $80.00\nMember discount $-5.00\n$75.00",
        ),
        ("What did the Fjord speaker cost?", "Speaker Fjord\nSPK-20 2 @ $45.00\n$90.00"),
    ],
)
def test_a_price_is_quoted_with_the_lines_of_its_item(question: str, quote: str) -> None:
    assert quote in " ".join(run.text for run in extract(question, evidence(RECEIPT)).runs)


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        (
            "What did the ferry cost?",
            "The ferry was late, and full of people. The ferry left at 9. The ferry costs 18.50 euros.",
            "The ferry costs 18.50 euros.",
        ),
        (
            "At what time did the meeting end?",
            "The meeting was held by the committee in March. The session was closed at 16:05.",
            "The session was closed at 16:05.",
        ),
        (
            "What share of the visitors are women?",
            "The visitors are women and men from the town. Of the visitors, 62 % are female.",
            "Of the visitors, 62 % are female.",
        ),
        (
            "Wie hoch ist die Rechnung insgesamt?",
            "Die Rechnung ist vom 3. Mai 2024. Die Bruttosumme beträgt 34,73 EUR.",
            "Die Bruttosumme beträgt 34,73 EUR.",
        ),
        (
            "What is the phone number of the clinic?",
            "The clinic moved to a new building in spring. Tel. 030 1234567, all day.",
            "Tel. 030 1234567, all day.",
        ),
    ],
)
def test_each_kind_of_value_is_known(question: str, text: str, quote: str) -> None:
    assert first(question, text) == quote
