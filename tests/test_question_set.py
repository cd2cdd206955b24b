"""The set of questions about real documents: what it promises, and how an answer is judged."""

from collections import Counter

import pytest

from benchmarks.questions._judging import judged, stands_in
from benchmarks.questions._set import Question, documents, questions
from mistral_rag.schema import Answer, Citation, Locator, Span, text_digest

ASKED = questions("all")


def test_a_third_of_the_150_questions_has_no_answer_and_each_half_has_75() -> None:
    assert Counter((question.half, bool(question.expected)) for question in ASKED) == {
        ("tuning", True): 50,
        ("tuning", False): 25,
        ("held-out", True): 50,
        ("held-out", False): 25,
    }


def test_no_document_is_asked_about_in_both_halves() -> None:
    tuning, held_out = ({q.document for q in questions(half)} for half in ("tuning", "held-out"))

    assert not tuning & held_out


def test_every_question_is_about_a_known_document_and_says_why_it_has_no_answer() -> None:
    known = {document.name for document in documents()}

    assert {question.document for question in ASKED} <= known
    assert all(bool(question.expected) != bool(question.why) for question in ASKED)


@pytest.mark.parametrize(
    ("expected", "quote", "stands"),
    [
        ("4.11", "Total for this invoice $4.11", True),
        ("4.11", "Total 14.11", False),
        ("4.11", "4.115", False),
        ("1,362", "operated 1,362 stores", True),
        ("362", "operated 1,362 stores", False),
        ("ten days", "Up to ten days may be carried", True),
        ("ten days", "Up to often days", False),
        ("n'est plus accepté", "Le règlement par chèque n’est plus accepté.", True),
        ("5년", "유효기간은 5년으로", True),
        ("1.38 - 1.40", "Nebraska 1.38 – 1.40", True),
    ],
)
def test_an_expected_string_stands_in_a_quote_as_a_whole(expected: str, quote: str, *, stands: bool) -> None:
    assert stands_in(expected, quote) is stands


def test_the_right_value_in_the_first_quote_is_right_and_never_wrong() -> None:
    found = judged(_asked("amount", "4.11"), _answer("Total $4.11, charges $0.01"))

    assert (found.first, found.three, found.wrong) == (True, True, False)


def test_the_right_value_behind_another_is_a_wrong_value_first() -> None:
    found = judged(_asked("amount", "4.11"), _answer("Glacier $2.22", "Total $4.11"))

    assert (found.first, found.three, found.wrong) == (False, True, True)


def test_a_quote_without_any_value_of_the_kind_is_not_a_wrong_value() -> None:
    found = judged(_asked("amount", "4.11"), _answer("Total amount due on July 2014"))

    assert (found.first, found.wrong) == (False, False)


def test_dates_streets_and_postal_codes_are_no_wrong_amounts() -> None:
    found = judged(_asked("amount", "4.11"), _answer("93B Sai Yu Chung, 29.10.2018, 75371 Paris"))

    assert (found.first, found.wrong) == (False, False)


def test_the_same_value_in_another_document_is_wrong() -> None:
    found = judged(_asked("amount", "4.11"), _answer("Total $4.11", source="other.pdf"))

    assert (found.first, found.wrong) == (False, True)


def test_a_refusal_is_good_only_where_there_is_no_answer() -> None:
    refusal = Answer(question="?", text="", status="abstained", reason="nothing was found")

    assert judged(_asked("amount"), refusal).good
    assert not judged(_asked("amount", "4.11"), refusal).good


def _asked(value: str, *expected: str) -> Question:
    text = "How much was paid to Amazon for July 2014?"
    return Question("t01", "tuning", text, "en", "invoice", value, "bill.pdf", 1, expected)


def _answer(*quotes: str, source: str = "bill.pdf") -> Answer:
    citations = tuple(_citation(f"[{number}]", quote, source) for number, quote in enumerate(quotes, 1))
    return Answer(question="?", text="", status="answered", citations=citations)


def _citation(marker: str, quote: str, source: str) -> Citation:
    digest = text_digest(quote)
    page = Locator(kind="page", number=1)
    span = Span(page=1, locator=page, start=0, end=len(quote), quote=quote, text_sha256=digest)
    return Citation(
        marker=marker,
        source=source,
        uri=f"file:///{source}",
        title="Bill",
        page=1,
        quote=quote,
        spans=(span,),
        start=0,
        end=0,
        digest=digest,
        location="exact",
    )
