import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ingest.parsing._html.reader import parse as parse_html
from ingest.parsing._texts.markdown import parse as parse_markdown
from mistral_rag.local.ocr import LocalOCR, is_installed
from mistral_rag.pdf import read_pages
from mistral_rag.schema import Page

DATA = Path(__file__).parents[1] / "data"
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (DATA / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
ANSWERABLE = [question for question in QUESTIONS if question["answerable"]]
DOCUMENTS = sorted(
    path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.suffix in {".pdf", ".md", ".html"}
)


@cache
def page_texts(source: str) -> list[str]:
    path = DATA / source
    if path.suffix == ".pdf":
        pages = tuple(read_pages(path))
        if not any(page.text for page in pages):
            return scanned_texts(path, len(pages))
    else:
        pages = (parse_html if path.suffix == ".html" else parse_markdown)(path).pages
    return [" ".join(page.text.split()) for page in pages]


def scanned_texts(path: Path, count: int) -> list[str]:
    if not is_installed():
        pytest.skip("needs the extra [local]")
    with LocalOCR(threads=1) as reader:
        read = list(reader.read(path, range(1, count + 1)))
    return [" ".join(page.text.split()) for page in read if isinstance(page, Page)]


def test_the_folder_is_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 15_000_000


@pytest.mark.parametrize("name", [*DOCUMENTS, "questions.jsonl"])
def test_every_file_is_named_with_its_licence(name: str) -> None:
    lines = [line for line in (DATA / "README.md").read_text(encoding="utf-8").splitlines() if f"`{name}`" in line]
    assert name == "README.md" or any("MIT" in line for line in lines)


def test_the_licence_of_foreign_files_is_there_in_full() -> None:
    licences = (DATA / "LICENSES").read_text(encoding="utf-8")
    assert "Copyright (c) 2023 docugami" in licences
    assert "The above copyright notice and this permission notice shall be included in all" in licences
    assert all(path.name in licences for path in DATA.glob("*.pdf"))


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question["id"])
def test_the_evidence_stands_on_the_gold_page(question: dict[str, Any]) -> None:
    for gold in (question, *question.get("also", ()), *filter(None, [question.get("outdated")])):
        texts = page_texts(gold["source"])
        assert max(gold["pages"]) <= len(texts)
        assert gold["evidence"] in texts[gold["pages"][0] - 1]


@pytest.mark.parametrize(
    ("identity", "words"),
    [("q01", "81,797"), ("q02", "39,669"), ("q13", "12% of total revenue for the third quarter of fiscal year 2024")],
)
def test_further_gold_pages_say_the_same(identity: str, words: str) -> None:
    question = next(question for question in QUESTIONS if question["id"] == identity)
    texts = page_texts(question["source"])
    assert [number for number in question["pages"] if words not in texts[number - 1]] == []


def test_only_the_questions_checked_above_have_several_gold_pages() -> None:
    assert [question["id"] for question in QUESTIONS if len(question["pages"]) > 1] == ["q01", "q02", "q13"]


def test_there_are_questions_of_every_kind() -> None:
    kinds = [question["kind"] for question in QUESTIONS]
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "cross-reference": 2,
        "history": 1,
        "prose": 10,
        "scan": 4,
        "superseded": 8,
        "table": 8,
        "unanswerable": 6,
    }


def test_an_unanswerable_question_has_no_gold() -> None:
    unanswerable = [question for question in QUESTIONS if not question["answerable"]]
    assert all(question["pages"] == [] and question["why"] for question in unanswerable)
    assert {(question["answer"], question["source"], question["evidence"]) for question in unanswerable} == {
        (None,) * 3
    }


def test_the_new_handbook_contradicts_the_old_one() -> None:
    contradicted = [question["id"] for question in ANSWERABLE if "outdated" in question]
    assert len(contradicted) == 11
