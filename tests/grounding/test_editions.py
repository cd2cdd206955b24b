"""Editions that are asked for, drafts, and years in the names of sheets."""

from typing import TYPE_CHECKING

import pytest

from mistral_rag.grounding._asked.editions import is_draft
from mistral_rag.grounding._evidence.evidence import EvidenceUnit, gather
from mistral_rag.grounding._evidence.extractive import extract
from mistral_rag.grounding._evidence.pages import passages
from mistral_rag.schema import Source
from tests.grounding.test_asked import answered

if TYPE_CHECKING:
    from tests.grounding.conftest import Shelf

NEW = "Passwords are changed every year."
OLD = "Passwords are changed every 90 days."


def documents(shelf: "Shelf", **texts: str) -> list[EvidenceUnit]:
    """Documents of one line each; an older edition is flagged as a search would."""
    found = []
    for name, text in texts.items():
        title, older, file = name.replace("__", " ").partition("_older")[0], "_older" in name, name.replace("__", "-")
        uri = f"file:///{file}.md"
        shelf.put(uri, shelf.page_of(text), title=title)
        passage = passages([shelf.document(uri, 1, 0, 0)], shelf)[0][0]
        found.append(type(passage)(passage.chunk, passage.page, passage.source, older))
    return gather(found, budget=10_000)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How often are passwords changed?", NEW),
        ("How often are passwords changed by the old handbook?", OLD),
        ("How often were passwords changed under the superseded handbook?", OLD),
        (
            "How often were passwords changed in the previous edition of the handbook?",
            "Passwords are changed every 90 days.",
        ),
    ],
)
def test_the_older_edition_answers_where_it_is_asked_for(empty_shelf: "Shelf", question: str, text: str) -> None:
    held = documents(empty_shelf, handbook__2024=NEW, handbook__2021_older=OLD)
    assert extract(question, held).runs[0].text == text


def test_a_version_is_asked_for_by_its_number(empty_shelf: "Shelf") -> None:
    held = documents(empty_shelf, rules__v2=NEW, rules__v1_older=OLD)
    assert [run.text for run in extract("How often are passwords changed by version 1 of the rules?", held).runs] == [
        OLD
    ]


def test_a_draft_comes_behind_the_valid_document_and_is_marked(empty_shelf: "Shelf") -> None:
    held = documents(empty_shelf, password__policy__draft=OLD, password__policy=NEW)
    text = answered("How often are passwords changed by the policy?", held).text
    assert text.index(NEW) < text.index("draft, password policy draft: “Passwords are changed every 90 days.”")


def test_a_draft_alone_is_marked(empty_shelf: "Shelf") -> None:
    held = documents(empty_shelf, password__policy__draft=OLD)
    assert (
        "- draft, password policy draft: “Passwords are changed every 90 days.” [1]"
        in answered("How often are passwords changed by the policy?", held).text
    )


def test_a_draft_that_is_asked_for_answers_first(empty_shelf: "Shelf") -> None:
    held = documents(empty_shelf, password__policy__draft=OLD, password__policy=NEW)
    assert [run.text for run in extract("How often are passwords changed in the draft policy?", held).runs] == [OLD]


@pytest.mark.parametrize(
    ("name", "title", "status", "draft"),
    [
        ("policy-draft.md", "Policy", "", True),
        ("policy.md", "Policy (DRAFT)", "", True),
        ("richtlinie_entwurf.docx", "Richtlinie", "", True),
        ("reglement.pdf", "Brouillon du règlement", "", True),
        ("policy-draft.md", "Policy", "approved", False),
        ("policy.md", "Policy", "draft", True),
        ("drafting-rules.md", "How to draft contracts: drafting rules", "", True),
        ("draughts.md", "Draughts", "", False),
    ],
)
def test_drafts_are_told_by_status_title_and_name(name: str, title: str, status: str, draft: bool) -> None:
    source = Source(
        uri=f"file:///{name}",
        digest="0" * 64,
        name=name,
        title=title,
        media_type="text/plain",
        language="en",
        metadata={"status": status} if status else {},
    )
    assert is_draft(source) is draft


@pytest.mark.parametrize(
    ("question", "quote", "reason"),
    [
        ("How many ducks were counted in 2022?", "Ducks  170", None),
        ("How many ducks were counted in 2021?", "Ducks  150", None),
        ("How many ducks were counted in 2019?", "", "nothing that was found mentions 2019"),
    ],
)
def test_the_year_of_a_sheet_is_that_of_its_rows(
    empty_shelf: "Shelf", question: str, quote: str, reason: str | None
) -> None:
    pages = [
        empty_shelf.page_of(f"Birds  Counted\nDucks  {count}", rows=(0, 1), header=0, number=at, label=year)
        for at, (year, count) in enumerate((("2021", 150), ("2022", 170)), 1)
    ]
    empty_shelf.put("file:///birds.xlsx", *pages, title="Birds")
    held, _ = passages([empty_shelf.document("file:///birds.xlsx", at, 0, 1) for at in (1, 2)], empty_shelf)
    found = extract(question, gather(held, budget=10_000))
    assert ([run.text for run in found.runs][:1], found.reason) == ([quote] if quote else [], reason)
