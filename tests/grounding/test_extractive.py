"""Answers without a model."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from langchain_core.documents import Document

from mistral_rag.grounding._evidence.evidence import EvidenceUnit, gather
from mistral_rag.grounding._evidence.extractive import LEAD, extract, extractive_answer
from mistral_rag.grounding._evidence.pages import passages
from mistral_rag.grounding._evidence.retrieved import from_documents
from mistral_rag.grounding._support.spans import are_of_other_spans

if TYPE_CHECKING:
    from tests.grounding.conftest import Shelf


def evidence(*texts: str) -> list[EvidenceUnit]:
    found, _ = passages([Document(text, metadata={"source": f"{n}.md"}) for n, text in enumerate(texts)], None)
    return gather(found, budget=10_000)


HANDBOOK = "Trains are booked in second class. Annual leave is 25 days a year. Lunch is at noon in the canteen."


def test_the_sentence_that_holds_the_question_comes_first() -> None:
    found = extract("In which class are trains booked?", evidence(HANDBOOK))
    assert found.runs[0].text == "Trains are booked in second class."
    assert found.reason is None


def test_a_number_is_preferred_where_one_is_asked_for() -> None:
    texts = ("Annual leave is granted by the team lead. Annual leave is 25 days a year.",)
    assert extract("How many days of annual leave?", evidence(*texts)).runs[0].text == "Annual leave is 25 days a year."


def test_quotes_are_in_the_order_of_their_fit_wherever_they_stand() -> None:
    pages = [
        "Trains are booked in second class. Trains are cleaned daily.",
        "Trains are booked by staff in first class.",
    ]
    found = extract("In which class are trains booked?", evidence(*pages), quotes=3)
    assert [run.text for run in found.runs][:2] == [
        "Trains are booked in second class.",
        "Trains are booked by staff in first class.",
    ]


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        (
            "How many new jobs did Acme create?",
            "# Acme in 2023\n\nNew jobs created\n\n4,310\n",
            "New jobs created\n\n4,310",
        ),
        (
            "How many new jobs did Acme create?",
            "Acme in 2023\n\n4,310\n\nNew jobs created\n",
            "4,310\n\nNew jobs created",
        ),
        (
            "When did the lease begin?",
            "The lease\n\nBegin of the lease:\n\n1 March 2019\n",
            "Begin of the lease:\n\n1 March 2019",
        ),
        (
            "Who signed the lease for the tenant?",
            "Signed for the tenant:\n\nMaria Example\n\nThe tenant keeps a signed copy of the lease in its office.",
            "Signed for the tenant:\n\nMaria Example",
        ),
        (
            "What must be done before travel?",
            "Before travel, the following must be done:\n\nA form is filed.\n",
            "Before travel, the following must be done:\n\nA form is filed.",
        ),
    ],
)
def test_a_label_is_quoted_with_its_value(question: str, text: str, quote: str) -> None:
    assert extract(question, evidence(text)).runs[0].text == quote


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        (
            "When was the plant opened?",
            "The plant was opened by the mayor of the town. The plant, opened in May 1987, makes steel.",
            "The plant, opened in May 1987, makes steel.",
        ),
        (
            "Who approved the budget?",
            "The budget was approved after long talks. The budget was approved by Jane Example.",
            "The budget was approved by Jane Example.",
        ),
        (
            "How long is the warranty for pumps?",
            "The warranty for pumps is a promise of the maker. The warranty for pumps is two years.",
            "The warranty for pumps is two years.",
        ),
        (
            "Wie lange gilt die Garantie für Pumpen?",
            "Die Garantie für Pumpen gilt auch im Ausland. Die Garantie für Pumpen gilt zwei Jahre.",
            "Die Garantie für Pumpen gilt zwei Jahre.",
        ),
        (
            "What percentage of the rooms has a balcony?",
            "A percentage of the rooms has a balcony. Of the rooms, 35 % have a balcony.",
            "Of the rooms, 35 % have a balcony.",
        ),
    ],
)
def test_the_kind_of_value_that_is_asked_for_is_preferred(question: str, text: str, quote: str) -> None:
    assert extract(question, evidence(text)).runs[0].text == quote


def test_a_row_is_quoted_without_the_rows_beside_it(shelf: "Shelf") -> None:
    documents = [shelf.document(shelf.REPORT, 2, 0, 4)]
    found = from_documents("When were net sales counted?", documents, store=shelf, budget=10_000, started=0.0)
    runs = [run for run in extract(found.question, found.evidence).runs if run.unit.kind == "row"]
    assert [(run.first, run.last) for run in runs] == [(run.unit.index, run.unit.index) for run in runs] != []


@pytest.mark.parametrize(
    ("names", "question", "other"),
    [
        ("Nine Months Ended, July 1, 2023", "What were sales in the third quarter of 2023?", True),
        ("Three Months Ended, July 1, 2023", "What were sales in the third quarter of 2023?", False),
        ("Three Months Ended Nine Months Ended", "What were quarterly sales?", False),
        ("Quartal 3 2023", "Wie hoch war der Umsatz in neun Monaten?", True),
        ("Year ended 2022", "What were sales in the first six months?", True),
        ("2023 2022", "What were sales in the third quarter?", False),
        ("Nine Months Ended", "What were sales?", False),
    ],
)
def test_columns_of_other_spans_of_time_are_told(names: str, question: str, other: bool) -> None:
    assert are_of_other_spans(names, question) is other


@pytest.mark.parametrize(
    "text",
    [
        "Sales of pumps fell in the first nine months. Sales of pumps were 1,250.",
        "Sales of pumps are shown on page 12. Sales of pumps were 1,250.",
        "Sales of pumps fell on March 3, 2023. Sales of pumps were 1,250.",
        "Sales of pumps: see section 4.2. Sales of pumps were 1,250.",
    ],
)
def test_numbers_of_dates_and_pages_are_no_amounts(text: str) -> None:
    assert extract("How much were the sales of pumps?", evidence(text)).runs[0].text == "Sales of pumps were 1,250."


def test_without_a_value_of_the_wanted_kind_more_of_the_question_must_be_covered() -> None:
    found = extract("Who is the chief executive of Pumps?", evidence("The chief of pumps is responsible for pumps."))
    assert found.runs == ()


def test_a_text_that_only_repeats_the_question_is_no_answer() -> None:
    text = "# Annual leave of new staff\n\nNew staff have annual leave from the first day on.\n"
    found = extract("What is the annual leave of new staff?", evidence(text))
    assert found.runs[0].text.endswith("New staff have annual leave from the first day on.")


def test_there_are_no_more_quotes_than_asked_for() -> None:
    assert len(extract("In which class are trains booked?", evidence(HANDBOOK), quotes=1).runs) == 1


def test_what_hardly_fits_is_not_quoted() -> None:
    found = extract("In which class are trains booked?", evidence(HANDBOOK))
    assert [run.text for run in found.runs] == ["Trains are booked in second class."]


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (
            "Who is the king of Spain?",
            "nothing that was found mentions Spain; the page that fits best does not mention king; "
            "no quote holds a name; ",
        ),
        (
            "What is the price of silver in Peru?",
            "nothing that was found mentions Peru; the page that fits best does not mention silver; "
            "no quote holds an amount; ",
        ),
        ("What is the phone number of the canteen?", "what fits best gives no phone; no quote holds a number; "),
        ("How should one dance?", "what was found covers too little of the question; "),
    ],
)
def test_a_question_that_is_not_covered_abstains_with_what_is_missing(question: str, reason: str) -> None:
    found = extract(question, evidence(HANDBOOK))
    assert (found.runs, (found.reason or "").partition("an answer is")[0]) == ((), reason)


def test_nothing_found_abstains() -> None:
    assert extract("Anything?", []).reason == "nothing was found for this question"


def test_an_answer_says_that_it_quotes_and_shows_columns(shelf: "Shelf") -> None:
    documents = [shelf.document(shelf.REPORT, 2, 0, 4)]
    found = from_documents("What were net sales in 2022?", documents, store=shelf, budget=10_000, started=0.0)
    answer = extractive_answer(found, quotes=1)
    quote = "“Net sales ........ $ 5,000 $ 4,000” (columns: (in millions) 2022 2021)"
    assert answer.text == f"{LEAD}\n- {quote} [1]"
    assert answer.text[answer.citations[0].start : answer.citations[0].end] == quote
    assert [(claim.kind, claim.support) for claim in answer.claims] == [
        ("connective", "unchecked"),
        ("fact", "supported"),
    ]


QUARTER = (
    "Results\n"
    "Sales to one customer were 12 % of total revenue for the third quarter of fiscal year 2024.\n"
    "In the third quarter of fiscal year 2023, one customer was 10 % of total revenue.\n"
    "Three Months Ended October 29, 2023 October 30, 2022\n"
    "Total revenue ........ $ 18,120 $ 5,931\n"
    "Robot revenue for the third quarter of fiscal year 2024 was $ 261 million."
)


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("What was total revenue in the third quarter of fiscal 2024?", "Total revenue ........ $ 18,120 $ 5,931"),
        ("What was total revenue in the third quarter of fiscal 2023?", "Total revenue ........ $ 18,120 $ 5,931"),
        ("What was total revenue in Q3 FY2024?", "Total revenue ........ $ 18,120 $ 5,931"),
        (
            "What was robot revenue in the third quarter of fiscal 2024?",
            "Robot revenue for the third quarter of fiscal year 2024 was $ 261 million.",
        ),
    ],
)
def test_a_row_need_not_repeat_the_period_that_its_columns_are_of(shelf: "Shelf", question: str, quote: str) -> None:
    uri = "file:///docs/quarter.pdf"
    shelf.put(uri, shelf.page_of(QUARTER, rows=(4,), header=3))
    documents = [shelf.document(uri, 1, 0, 5)]
    found = from_documents(question, documents, store=shelf, budget=10_000, started=0.0)
    assert extract(found.question, found.evidence).runs[0].text == quote


def test_marker_like_text_of_a_page_is_shown_in_other_brackets_and_quoted_as_it_is(shelf: "Shelf") -> None:
    documents = [shelf.document(shelf.REPORT, 2, 4, 4)]
    found = from_documents("Why did net sales rise?", documents, store=shelf, budget=10_000, started=0.0)
    answer = extractive_answer(found)
    assert "higher prices ［2］." in answer.text
    assert answer.citations[0].quote is not None
    assert "higher prices [2]." in answer.citations[0].quote


class Cosine:
    """Embeddings by which every text has the same cosine with the question, the first text."""

    def __init__(self, cosine: float, model: str = "local-minilm@0") -> None:
        self.cosine = cosine
        self.model = model

    def embed_matrix(self, texts: Sequence[str], /) -> Any:
        rows = np.zeros((len(texts), 2), dtype=np.float32)
        rows[:, 0], rows[:, 1] = self.cosine, (1 - self.cosine**2) ** 0.5
        rows[0] = (1, 0)
        return rows


def test_likeness_of_meaning_helps_to_tell_whether_there_is_an_answer() -> None:
    asked = "When do people eat in the middle of the day, at lunch?"
    assert extract(asked, evidence(HANDBOOK), embeddings=Cosine(0.7)).reason is None
    assert extract(asked, evidence(HANDBOOK), embeddings=Cosine(0.1)).runs == ()


def test_cosines_of_another_scale_are_not_used() -> None:
    alone = extract("In which class are trains booked?", evidence(HANDBOOK))
    assert extract("In which class are trains booked?", evidence(HANDBOOK), embeddings=Cosine(0.0, "other")) == alone


def test_a_name_that_nothing_mentions_counts_against_an_answer() -> None:
    texts = ("The canteen of Oak serves lunch at noon in the hall.",)
    assert extract("When is lunch served at Oak in the hall?", evidence(*texts)).reason is None
    reason = extract("When is lunch served in the canteen of Willow?", evidence("Lunch is at noon.")).reason
    assert (reason or "").startswith("nothing that was found mentions Willow; ")


def test_an_older_edition_is_quoted_behind_the_newer() -> None:
    old, new = evidence("Leave is 20 days for all of the staff.", "Leave of staff is 25 days.")
    older = replace(old, passage=replace(old.passage, older=True))
    found = extract("How many days of leave for all of the staff?", [older, new]).runs
    assert [run.unit.passage.older for run in found][:1] == [False]
    assert extract("How many days of leave for all of the staff?", [old, new]).runs[0].unit == old


def test_a_heading_without_its_text_is_no_further_quote(shelf: "Shelf") -> None:
    sentence = "Full-time employees have 27 days of paid leave in each calendar year."
    page = shelf.page_of(f"3.1 Annual leave of employees\n{sentence}")
    heading = page.units[0].model_copy(update={"kind": "heading"})
    shelf.put("file:///docs/leave.pdf", page.model_copy(update={"units": (heading, page.units[1])}))
    documents = [shelf.document("file:///docs/leave.pdf", 1, 0, 1)]
    question = "How many days of leave do employees have?"
    found = from_documents(question, documents, store=shelf, budget=10_000, started=0.0)
    assert [run.text for run in extract(question, found.evidence).runs] == [sentence]
