"""Conditions of a question that must hold together: the numbers of cases, names, times and persons."""

from typing import TYPE_CHECKING

import pytest
from langchain_core.documents import Document

from mistral_rag.grounding._asked.things import things_in
from mistral_rag.grounding._evidence.evidence import EvidenceUnit, gather
from mistral_rag.grounding._evidence.extractive import extract
from mistral_rag.grounding._evidence.pages import passages
from tests.grounding.test_asked import answered, evidence

if TYPE_CHECKING:
    from tests.grounding.conftest import Shelf

INVOICES = (
    "INVOICE\n\nInvoice number: 2024-017\n\nCustomer: Brix SA\n\nTotal amount: EUR 4,998.00\n",
    "INVOICE\n\nInvoice number: 2024-018\n\nCustomer: Kolb KG\n\nTotal amount: EUR 11,900.00\n",
)
RULES = ("Rule 10.2: Access ends after 90 days.\n\nRule 10.3: Access ends after 30 days.\n",)
SECTIONS = ("# Section 4.1\n\nBadges are worn by visitors.\n\n# Section 4.2\n\nBadges are returned by visitors.\n",)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("What is the total amount of invoice 2024-017?", "2024-017"),
        ("What does rule 10.4 say?", "10.4"),
        ("Who signed order 17/2024?", "17/2024"),
    ],
)
def test_digits_with_separators_behind_a_word_for_a_case_are_a_code(question: str, code: str) -> None:
    assert [f"{thing.kind} {thing.text}" for thing in things_in(question)] == [f"code {code}"]


@pytest.mark.parametrize(
    ("question", "things"),
    [
        ("What was the order intake in 2023-2024?", ["year 2023", "year 2024"]),
        ("What was order 2024?", ["year 2024"]),
        ("How much is 10.4 million in euros?", []),
    ],
)
def test_years_and_amounts_are_no_codes(question: str, things: list[str]) -> None:
    assert [f"{thing.kind} {thing.text}" for thing in things_in(question)] == things


@pytest.mark.parametrize(
    ("question", "texts", "reason"),
    [
        (
            "What is the total amount of invoice 2024-019?",
            INVOICES,
            "nothing that was found mentions 2024-019; nearest, about another: 2024-017",
        ),
        (
            "What is the total amount of 2024-020?",
            INVOICES,
            "nothing that was found mentions 2024-020; nearest, about another: 2024-017",
        ),
        (
            "After how many days does access end by rule 10.4?",
            RULES,
            "nothing that was found mentions 10.4; nearest, about another: 10.2",
        ),
        (
            "What does section 4.3 say of badges?",
            SECTIONS,
            "nothing that was found mentions 4.3; nearest, about another: 4.1",
        ),
    ],
)
def test_a_number_that_nothing_mentions_is_named(question: str, texts: tuple[str, ...], reason: str) -> None:
    found = extract(question, evidence(*texts))
    assert (found.runs, found.reason) == ((), reason)


@pytest.mark.parametrize(
    ("question", "texts", "quotes"),
    [
        ("What is the total amount of invoice 2024-018?", INVOICES, "Total amount: EUR 11,900.00"),
        ("What is the total amount of 2024-017?", INVOICES, "Total amount: EUR 4,998.00"),
        ("After how many days does access end by rule 10.3?", RULES, "Rule 10.3: Access ends after 30 days."),
    ],
)
def test_a_number_that_is_there_is_answered_for(question: str, texts: tuple[str, ...], quotes: str) -> None:
    answer = answered(question, evidence(*texts))
    assert (answer.status, answer.reason, answer.citations[0].quote) == ("answered", None, quotes)


ORDERS = (
    "Purchase order: 4500012345\n\nThe total of the order is EUR 310.00 with tax.",
    "Purchase order: 4500012399\n\nThe total of the order is EUR 720.00 with tax.",
)
BILLS = (
    "Invoice no. 2024-017\n\nThe total of the order is EUR 310.00 with tax.",
    "Invoice no. 2024-018\n\nThe total of the order is EUR 720.00 with tax.",
)
TICKETS = (
    "Ticket T-101\n\nThe total of the order is EUR 310.00 with tax.",
    "Ticket T-102\n\nThe total of the order is EUR 720.00 with tax.",
)


@pytest.mark.parametrize("texts", [ORDERS, BILLS, TICKETS])
def test_two_cases_of_one_form_do_not_contradict_each_other(texts: tuple[str, ...]) -> None:
    answer = answered("How much is the total of the order with tax?", evidence(*texts))
    assert (answer.status, answer.reason) == ("answered", None)


def test_copies_of_one_case_that_differ_contradict_each_other_and_are_told_apart_by_their_files() -> None:
    texts = [text.replace("2024-018", "2024-017") for text in BILLS]
    answer = answered("How much is the total of the order with tax?", evidence(*texts, title="Bill"))
    assert answer.status == "partial"
    assert answer.reason == "the documents contradict each other: Bill [0.md] and Bill [1.md]"


REPORTS = (
    "Acme Corp annual report 2022\n\nNet income was $12.4 million in 2022.",
    "Apex Corp annual report 2023\n\nNet income was $77.0 million in 2023.",
)


def reports() -> list[EvidenceUnit]:
    documents = [
        Document(text, metadata={"source": f"{text[:4]}.md", "title": text.splitlines()[0]}) for text in REPORTS
    ]
    return gather(passages(documents, None)[0], budget=10_000)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (
            "What was the net income of Apex in 2022?",
            "nothing that was found mentions 2022 for Apex; nearest, about another: 2023",
        ),
        (
            "What was the net income of Acme in 2023?",
            "nothing that was found mentions 2023 for Acme; nearest, about another: 2022",
        ),
        (
            "How much did Apex earn in fiscal 2022 as net income?",
            "nothing that was found mentions 2022 for Apex; nearest, about another: 2023",
        ),
    ],
)
def test_the_year_of_another_company_is_no_answer(question: str, reason: str) -> None:
    found = extract(question, reports())
    assert (found.runs, found.reason) == ((), reason)


def test_the_year_of_the_company_itself_is_answered_for() -> None:
    found = extract("What was the net income of Apex in 2023?", reports())
    assert (found.reason, found.runs[0].text) == (None, "Net income was $77.0 million in 2023.")


OUTPUT = "Month | Site | Output\nJanuary 2025 | Oslo | 120\nFebruary 2025 | Oslo | 131\nMarch 2025 | Turku | 88"
RATES = "currency | rate | date\nUSD | 1.0832 | 2025-01-02\nGBP | 0.8431 | 2025-01-02\nUSD | 1.1021 | 2025-02-03"


def table(shelf: "Shelf", text: str) -> list[EvidenceUnit]:
    last = text.count("\n")
    shelf.put("file:///t.csv", shelf.page_of(text, rows=range(last + 1), header=0), title="Table")
    documents = [shelf.document("file:///t.csv", 1, 0, last)]
    return gather(passages(documents, shelf)[0], budget=10_000)


@pytest.mark.parametrize(
    ("question", "text", "reason"),
    [
        (
            "What was the output of Oslo in March 2025?",
            OUTPUT,
            "nothing that was found mentions March 2025; nearest, about another: February 2025",
        ),
        (
            "What was the GBP rate in February 2025?",
            RATES,
            "nothing that was found mentions February 2025; nearest, about another: January 2025",
        ),
        (
            "What was the USD rate on 3 April 2025?",
            RATES,
            "nothing that was found mentions 3 April 2025; nearest, about another: 2025-02-03",
        ),
    ],
)
def test_a_month_that_no_row_has_for_what_is_asked_is_named(
    shelf: "Shelf", question: str, text: str, reason: str
) -> None:
    found = extract(question, table(shelf, text))
    assert (found.runs, found.reason) == ((), reason)


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("What was the output of Oslo in February 2025?", OUTPUT, "February 2025 | Oslo | 131"),
        ("What was the GBP rate in January 2025?", RATES, "GBP | 0.8431 | 2025-01-02"),
        ("What was the USD rate on 3 February 2025?", RATES, "USD | 1.1021 | 2025-02-03"),
    ],
)
def test_the_row_of_the_month_is_quoted_first(shelf: "Shelf", question: str, text: str, quote: str) -> None:
    found = extract(question, table(shelf, text))
    assert (found.reason, found.runs[0].text) == (None, quote)


EXPORTS = "Exports | 2019 | 2020 | 2021\nFish | 895 | 718 | 886\nWheat | 1,249 | 1,104 | 1,310"
MINUTES = "Minutes of the annual meeting of 2022\n\nThe members spoke about the new boat house."


def exports(shelf: "Shelf") -> list[EvidenceUnit]:
    meeting = [Document(MINUTES, metadata={"source": "minutes.md", "title": "Minutes"})]
    return [*table(shelf, EXPORTS), *gather(passages(meeting, None)[0], budget=10_000)]


def test_a_year_that_only_another_document_mentions_is_none_of_the_columns(shelf: "Shelf") -> None:
    found = extract("What were the fish exports in 2022?", exports(shelf))
    reason = "the document that fits best does not mention 2022; nearest, about another: 2021"
    assert (found.runs, found.reason) == ((), reason)


def test_a_year_of_the_columns_is_answered_for(shelf: "Shelf") -> None:
    found = extract("What were the fish exports in 2021?", exports(shelf))
    assert found.runs[0].text == "Fish | 895 | 718 | 886"


PAY_SLIP = "Pay slip of Carlo Ruggeri, March\n\nNet pay: 2,885.35 euros\n"
INCIDENT = "Incident in the grinding room\n\nPiet Vermeulen was off work for six days.\n"


@pytest.mark.parametrize(
    ("question", "quotes", "reason"),
    [
        ("What is Carlo's net pay?", ["Net pay: 2,885.35 euros"], None),
        ("What is the net pay of Piet?", [], "the document that fits best does not mention Piet"),
        ("How long was Piet off work?", ["Piet Vermeulen was off work for six days."], None),
    ],
)
def test_a_document_that_does_not_name_a_person_says_nothing_of_them(
    question: str, quotes: list[str], reason: str | None
) -> None:
    documents = [
        Document(text, metadata={"source": f"{at}.md", "title": text.splitlines()[0]})
        for at, text in enumerate((PAY_SLIP, INCIDENT))
    ]
    found = extract(question, gather(passages(documents, None)[0], budget=10_000))
    assert ([run.text for run in found.runs[:1]], found.reason) == (quotes, reason)


HOURS = "# Works council\n\nIn January 412 hours of overtime were worked.\n\nThe next meeting is on 18 March.\n"


@pytest.mark.parametrize(
    ("question", "quotes", "reason"),
    [
        ("How many hours of overtime were worked in January?", ["In January 412 hours of overtime were worked."], None),
        (
            "How many hours of overtime were worked in March?",
            [],
            "what fits best is of another time than March",
        ),
    ],
)
def test_a_sentence_of_another_month_is_no_answer(question: str, quotes: list[str], reason: str | None) -> None:
    minutes = Document(HOURS, metadata={"source": "minutes.md", "title": "Works council"})
    found = extract(question, gather(passages([minutes], None)[0], budget=10_000))
    assert ([run.text for run in found.runs], found.reason) == (quotes, reason)


PEOPLE = {
    "Karin Holm": "Position: Buyer Phone: 4711 Leave days: 30",
    "Olaf Holm": "Position: Driver Leave days: 26",
    "Karin Hansen": "Phone: 4712 Leave days: 28",
}


def people(shelf: "Shelf") -> list[EvidenceUnit]:
    text = "\n".join(line for person in PEOPLE.items() for line in person)
    shelf.put("file:///people.md", shelf.page_of(text), title="Personnel")
    documents = [shelf.document("file:///people.md", 1, 2 * nth, 2 * nth + 1) for nth in range(len(PEOPLE))]
    for document, name in zip(documents, PEOPLE, strict=True):
        document.metadata["headings"] = ["Personnel", name]
    return gather(passages(documents, shelf)[0], budget=10_000)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("What is Olaf Holm's phone number?", "nothing that was found gives the phone of Olaf Holm"),
        ("What is the phone of Olaf Holm?", "nothing that was found gives the phone of Olaf Holm"),
        ("Which position has Karin Hansen?", "nothing that was found gives the position of Karin Hansen"),
    ],
)
def test_a_field_that_only_others_have_is_no_answer(shelf: "Shelf", question: str, reason: str) -> None:
    found = extract(question, people(shelf))
    assert (found.runs, found.reason) == ((), reason)


def test_a_field_that_the_person_has_is_answered_for(shelf: "Shelf") -> None:
    found = extract("What is the phone number of Karin Holm?", people(shelf))
    assert found.reason is None
    assert "Phone: 4711" in found.runs[0].text
