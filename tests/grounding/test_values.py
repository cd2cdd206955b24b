"""The value that a question asks for, not the line that repeats its words."""

from typing import TYPE_CHECKING

import pytest
from langchain_core.documents import Document

from mistral_rag.grounding._evidence.evidence import EvidenceUnit, gather
from mistral_rag.grounding._evidence.extractive import extract
from mistral_rag.grounding._evidence.pages import passages

if TYPE_CHECKING:
    from tests.grounding.conftest import Shelf

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


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("What was Ines Okafor's blood pressure?", "Vitals: BP 142/88, pulse 80", "Vitals: BP 142/88, pulse 80"),
        ("What is Ines Okafor's date of birth?", "DOB: 1971-03-04", "DOB: 1971-03-04"),
        ("What is Ines Okafor's body mass index?", "Exam: BMI 24.1", "Exam: BMI 24.1"),
        ("How fast was Ines Okafor's heart rate?", "Vitals: HR 72", "Vitals: HR 72"),
    ],
)
def test_initials_stand_for_the_words_of_a_question(question: str, text: str, quote: str) -> None:
    assert first(question, f"# Medical report\n\nPatient Name: Ines Okafor\n\nWard: 4\n\n{text}\n") == quote


SLIDE = "# Results\n\n1,284\n\nInstruments delivered\n\n37\n\nNew hires\n\n€ 18.4 m\n\nOrder intake\n"
FACTS = "# Results\n\nInstruments delivered\n\n1,284\n\nNew hires\n\n37\n\nOrder intake\n\n€ 18.4 m\n"


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("How many instruments were delivered?", SLIDE, "1,284\n\nInstruments delivered"),
        ("How many people were hired?", SLIDE, "37\n\nNew hires"),
        ("What was the order intake?", SLIDE, "€ 18.4 m\n\nOrder intake"),
        ("How many instruments were delivered?", FACTS, "Instruments delivered\n\n1,284"),
        ("What was the order intake?", FACTS, "Order intake\n\n€ 18.4 m"),
    ],
)
def test_names_below_or_above_their_figures_are_told_by_which_comes_first(question: str, text: str, quote: str) -> None:
    assert first(question, text) == quote


LEASE = (
    "# Lease of Harbour Street\n\nThe monthly rent is 6,840 euros, payable in advance.\n\nRent rises by 2.5 % every "
    "January.\n\nThe deposit lies at Nordbank.\n\nPets are not allowed.\n\nThe premises may be used as "
    "a workshop.\n\nThe meeting ended at 16:40. The next meeting is on 18 March.\n"
)
PAY_SLIP = "Pay slip March 2025\n\nBasic salary 3,920.00\n\nIncome tax -612.30\n\nNet pay 2,885.35\n"


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("By how much does the rent go up each year?", LEASE, "Rent rises by 2.5 % every January."),
        ("Which bank holds the deposit?", LEASE, "The deposit lies at Nordbank."),
        ("When did the meeting finish?", LEASE, "The meeting ended at 16:40."),
        ("How much tax was paid in March 2025?", PAY_SLIP, "Income tax -612.30"),
        ("What was the take-home pay in March 2025?", PAY_SLIP, "Net pay 2,885.35"),
        ("May we keep a dog at Harbour Street?", LEASE, "Pets are not allowed."),
    ],
)
def test_the_value_comes_before_the_words_and_the_time_of_the_question(question: str, text: str, quote: str) -> None:
    assert first(question, text) == quote


@pytest.mark.parametrize("asked", ["2 TB", "2TB", "2 tb"])
@pytest.mark.parametrize("printed", ["2TB", "2 TB", "2-TB"])
def test_a_number_and_its_unit_are_one_word_or_two(asked: str, printed: str) -> None:
    other = printed.replace("2", "4")
    text = f"# Norrland Audio\n\nThe drive, {other}, costs $400.00. The drive, {printed}, costs $260.00.\n"
    assert first(f"What does the {asked} drive cost?", text) == f"The drive, {printed}, costs $260.00."


BILL = (
    "Northwind Lagoon  $2.22\nCharges  $2.22\nNorthwind Meadow  $1.87\nCharges  $1.87\n"
    "Northwind Harbour  $0.07\nCharges  $0.07"
)
ITEMS = "Item  Qty  Price\nLAMP FJORD\n62483  1  55.90\nGIFT CARD\n88888  1  10.00\nTEA TOWEL\n70011  2  7.80"


def rows_of(shelf: "Shelf", text: str, *, header: int | None = None) -> list[EvidenceUnit]:
    last = text.count("\n")
    page = shelf.page_of(text, rows=range(last + 1), header=header)
    shelf.put("file:///bill.pdf", page, title="Northwind Invoice")
    found, _ = passages([shelf.document("file:///bill.pdf", 1, 0, last)], shelf)
    return gather(found, budget=10_000)


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("How much did we spend on Lagoon on the bill?", "Northwind Lagoon  $2.22"),
        ("What did Harbour cost?", "Northwind Harbour  $0.07"),
        ("What was paid for Meadow?", "Northwind Meadow  $1.87"),
        ("What did we pay for Lagoon altogether?", "Northwind Lagoon  $2.22"),
    ],
)
def test_a_row_that_names_the_item_comes_before_rows_that_say_charges(
    empty_shelf: "Shelf", question: str, quote: str
) -> None:
    assert extract(question, rows_of(empty_shelf, BILL)).runs[0].text == quote


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("What did the lamp cost?", "LAMP FJORD\n62483  1  55.90"),
        ("What did the gift card cost?", "GIFT CARD\n88888  1  10.00"),
        ("How much was the tea towel?", "TEA TOWEL\n70011  2  7.80"),
        ("What is the price of the lamp?", "LAMP FJORD\n62483  1  55.90"),
    ],
)
def test_a_row_of_figures_below_its_name_is_quoted_with_it(empty_shelf: "Shelf", question: str, quote: str) -> None:
    assert extract(question, rows_of(empty_shelf, ITEMS, header=0)).runs[0].text == quote


CARD = (
    "# Lab report\n\nOKAFOR, INES  12 Harbour Lane\n\nSodium 136 mmol/L\n\nHemoglobin 12.8 g/dL\n\n"
    "Vitamin D was measured at 10.7 ng/mL.\n\nReport signed off by: Tom Berg, M.D.\n"
)


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("What was Ines Okafor's hemoglobin?", "Hemoglobin 12.8 g/dL"),
        ("What was the sodium of Ines Okafor?", "Sodium 136 mmol/L"),
        ("How much vitamin D does Ines Okafor have?", "Vitamin D was measured at 10.7 ng/mL."),
        ("Which doctor signed the report about Ines Okafor?", "Report signed off by: Tom Berg, M.D."),
    ],
)
def test_a_line_need_not_repeat_the_names_of_its_page(question: str, quote: str) -> None:
    assert first(question, CARD) == quote


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("How much was the postage?", "Shelf $14.00\n\nShipping $6.00\n", "Shipping $6.00"),
        (
            "When did the patient leave the clinic?",
            "The patient was admitted to the clinic on 2 May 2024.\n\nThe patient was discharged on 9 May 2024.\n",
            "The patient was discharged on 9 May 2024.",
        ),
        ("What is the job of Ines Okafor?", "Name: Ines Okafor\n\nPosition: Engineer\n", "Position: Engineer"),
        ("What was the crate transported by?", "Crate 7\n\nShipped via: Railway\n", "Shipped via: Railway"),
        (
            "Quand le compte du client sera-t-il débité ?",
            "Facture du 2 mai 2024\n\nLe montant sera prélevé sur le compte du client le 9 mai 2024.\n",
            "Le montant sera prélevé sur le compte du client le 9 mai 2024.",
        ),
    ],
)
def test_documents_have_other_words_for_what_is_asked(question: str, text: str, quote: str) -> None:
    assert first(question, f"# Norrland Depot\n\n{text}") == quote


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        (
            "How often do badges have to be changed?",
            "Badges need a second factor when changed.\n\nBadges are changed every three years.\n",
            "Badges are changed every three years.",
        ),
        ("What is the member number?", "Member since 2019\n\nMember no: 77-1204\n", "Member no: 77-1204"),
        ("What is the order number?", "Order of 12/03/2024\n\nOrder no: 4417-B\n", "Order no: 4417-B"),
        ("What is the claim number?", "Claim of 2024-03-12\n\nClaim no: CL-00217\n", "Claim no: CL-00217"),
    ],
)
def test_ordinals_years_and_dates_are_no_spans_or_numbers(question: str, text: str, quote: str) -> None:
    assert first(question, f"# Norrland Depot\n\n{text}") == quote
