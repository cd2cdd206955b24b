"""Texts from Python: Documents, loaders, metadata and rules."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

from ingest import BuildReport, build
from mistral_rag import HybridRetriever
from mistral_rag.errors import ConfigurationError
from mistral_rag.index import IndexReader

PAGES = [
    Document("Trains are booked in second class.", metadata={"source": "wiki/travel", "title": "Travel", "page": 0}),
    Document("Flights need approval.", metadata={"source": "wiki/travel", "title": "Travel", "page": 1}),
]


class Wiki(BaseLoader):
    def lazy_load(self) -> Iterator[Document]:
        yield from PAGES


def built(sources: Any, index: Path, **options: Any) -> BuildReport:
    work = build(sources, index, embeddings="none", workers=1, **options)
    for _ in work:
        pass
    return work.report


def outcomes(report: BuildReport) -> list[tuple[str, str, int]]:
    return [(file.source, file.status, file.pages) for file in report.files]


@pytest.mark.parametrize("sources", [PAGES, [Wiki()]])
def test_documents_of_one_source_are_its_pages(sources: Any, tmp_path: Path) -> None:
    assert outcomes(built(sources, tmp_path / "index")) == [("wiki/travel", "added", 2)]
    assert outcomes(built(PAGES, tmp_path / "index")) == [("wiki/travel", "unchanged", 2)]


def test_other_texts_and_other_metadata_are_a_change(tmp_path: Path) -> None:
    one = Document("Leave is thirty days.", metadata={"source": "leave"})
    assert outcomes(built(one, tmp_path / "index")) == [("leave", "added", 1)]
    one.metadata["status"] = "superseded"
    assert outcomes(built(one, tmp_path / "index")) == [("leave", "changed", 1)]


def test_metadata_can_be_filtered_by_and_the_title_is_the_one_given(tmp_path: Path) -> None:
    documents = [
        Document("Leave is thirty days.", metadata={"source": "a", "title": "Leave", "since": date(2024, 1, 2)}),
        Document("Leave is twenty days.", metadata={"source": "b", "title": "Old leave", "since": date(2020, 1, 2)}),
    ]
    built(documents, tmp_path / "index")
    retriever = HybridRetriever(index=IndexReader.open(tmp_path / "index"), filter={"since": "2024-01-02"})
    [found] = retriever.invoke("How many days of leave?")
    assert (found.metadata["source"], found.metadata["title"]) == ("a", "Leave")


def test_a_document_takes_no_file_s_place_whatever_it_calls_its_source(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("# Travel\n\nTrains are booked.\n")
    built(file, tmp_path / "index")
    built([Document("Planes are booked.", metadata={"source": file.as_uri()})], tmp_path / "index")
    with IndexReader.open(tmp_path / "index") as reader, reader.view() as view:
        assert sorted(source.uri for source in view.sources()) == [f"document:{file.as_uri()}", file.as_uri()]


def test_what_is_not_given_again_is_not_gone(tmp_path: Path) -> None:
    built(PAGES, tmp_path / "index")
    assert outcomes(built(Document("Other.", id="7"), tmp_path / "index", prune=True)) == [("7", "added", 1)]


def test_hostile_texts_and_metadata_are_kept_within_bounds(tmp_path: Path) -> None:
    hostile = Document(
        "a \ud800 lone surrogate\fand a form feed",
        metadata={"source": "../../etc/passwd\0\u202e", "x" * 500: 1, "deep": [[[[[[1]]]]]], "groups": ["*"]},
    )
    [(_, status, pages)] = outcomes(built(hostile, tmp_path / "index"))
    assert (status, pages) == ("added", 1)
    with IndexReader.open(tmp_path / "index") as reader, reader.view() as view:
        [source] = view.sources()
    assert (source.groups, dict(source.metadata)) == ((), {})


RULES = """
[[rules]]
path = "hr/**"
metadata = { department = "HR", since = 2024-01-02 }
groups = ["hr"]

[[rules]]
path = ["*old*"]
metadata = { status = "superseded" }
"""


def test_rules_give_metadata_and_groups_by_path(tmp_path: Path) -> None:
    root, rules = tmp_path / "root", tmp_path / "rules.toml"
    (root / "hr").mkdir(parents=True)
    (root / "hr" / "pay-old.md").write_text("# Pay\n\nPay comes on the 25th.\n")
    (root / "travel.md").write_text("# Travel\n\nTrains are booked.\n")
    rules.write_text(RULES)
    built(root, tmp_path / "index", rules=rules)
    with IndexReader.open(tmp_path / "index", groups=["hr"]) as reader, reader.view() as view:
        found = {source.name: (dict(source.metadata), source.groups) for source in view.sources()}
    stated = {"department": "HR", "since": "2024-01-02", "status": "superseded"}
    assert found == {"hr/pay-old.md": (stated, ("hr",))}


def test_changed_rules_reach_files_that_have_not_changed(tmp_path: Path) -> None:
    root, rules = tmp_path / "root", tmp_path / "rules.toml"
    root.mkdir()
    (root / "a.md").write_text("# Travel\n\nTrains are booked.\n")
    built(root, tmp_path / "index")
    rules.write_text('[[rules]]\npath = "*.md"\nmetadata = { status = "superseded" }\n')
    assert outcomes(built(root, tmp_path / "index", rules=rules)) == [("a.md", "changed", 1)]
    assert outcomes(built(root, tmp_path / "index", rules=rules)) == [("a.md", "unchanged", 1)]
    rules.write_text('[[rules]]\npath = "*.md"\ngroups = ["staff"]\n')
    assert outcomes(built(root, tmp_path / "index", rules=rules)) == [("a.md", "regrouped", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "rules = 1",
        "[[rules]]\npath = 1",
        '[[rules]]\npath = "a"\ngroup = ["x"]',
        '[[rules]]\npath = "a"\ngroups = "hr"',
        '[[rules]]\npath = "a*b*c*d*e*"',
        "[[rules",
    ],
)
def test_rules_that_are_none_are_refused_before_anything_is_done(text: str, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"rules\.toml"):
        build(tmp_path, tmp_path / "index", rules=tmp_path / "rules.toml")
    assert not (tmp_path / "index").exists()


def test_a_file_of_rules_beside_documents_does_nothing(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.md").write_text("# Travel\n\nTrains are booked.\n")
    (root / "mistral-rag.toml").write_text('[[rules]]\npath = "*"\ngroups = ["*"]\n')
    built(root, tmp_path / "index")
    with IndexReader.open(tmp_path / "index") as reader, reader.view() as view:
        [source] = view.sources()
    assert source.groups == ()
