"""Vectors for a build: bought once, kept as they come, never Python lists."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from ingest import FileReport
from ingest._pipeline import Build
from mistral_rag import HybridRetriever, MistralEmbeddings
from mistral_rag.embeddings import NamedEmbeddings
from mistral_rag.errors import ConfigurationError, IndexMismatchError, InvalidRequestError
from mistral_rag.index import verify
from mistral_rag.testing import FakeMistral
from mistral_rag.testing._server import faults


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMistral]:
    with FakeMistral() as fake:
        monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
        monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
        yield fake


@pytest.fixture
def handbook(tmp_path: Path) -> Path:
    """A document of 700 sections, each a page with one chunk."""
    path = tmp_path / "handbook.md"
    path.write_text("\n\n".join(f"# Rule {number}\n\nShelf {number} holds {number} boxes." for number in range(700)))
    return path


def build(path: Path, index: Path) -> int:
    work = Build([path], index, embeddings="mistral-embed", workers=1)
    for _ in work:
        pass
    return work.report.embedded


def parsing_children() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [
        child
        for child in children
        if child.status() != psutil.STATUS_ZOMBIE and "ingest.parsing" in str(child.cmdline())
    ]


def texts(platform: FakeMistral) -> list[str]:
    return [text for request in platform.requests for text in json.loads(request.body)["input"]]


def test_a_large_document_is_embedded_in_full_batches(platform: FakeMistral, handbook: Path, tmp_path: Path) -> None:
    assert build(handbook, tmp_path / "index") == 700
    assert sorted(len(request.json["input"]) for request in platform.requests)[1:] == [188, 256, 256]
    assert verify(tmp_path / "index") == []


def test_small_documents_share_requests(platform: FakeMistral, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(40):
        (folder / f"note-{number}.txt").write_text(f"Shelf {number} holds {number} boxes.")
    assert build(folder, tmp_path / "index") == 40
    assert len(platform.requests) <= 10
    assert verify(tmp_path / "index") == []


def test_what_was_bought_before_a_failure_is_kept(platform: FakeMistral, handbook: Path, tmp_path: Path) -> None:
    platform.faults.add(faults.error(422, {"detail": "not now"}), times=1, skip=2)
    with pytest.raises(InvalidRequestError, match="not now") as raised:
        build(handbook, tmp_path / "index")
    assert raised.traceback  # which holds all that was under way
    assert parsing_children() == []
    before = texts(platform)
    assert build(handbook, tmp_path / "index") in {188, 256}
    again = texts(platform)[len(before) :]
    assert len(again) in {188, 256}
    assert set(again) < set(before)


def test_a_build_makes_no_lists_of_floats(
    platform: FakeMistral, handbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lists(_self: MistralEmbeddings, _texts: list[str]) -> Any:
        raise AssertionError("lists of floats")

    monkeypatch.setattr(MistralEmbeddings, "embed_documents", lists)
    assert build(handbook, tmp_path / "index") == 700
    assert platform.requests


class Given(DeterministicFakeEmbedding):
    """Embeddings of somebody's own, called "given", with vectors of any length."""

    model: str = "given"


def test_embeddings_can_be_passed_as_an_object(tmp_path: Path) -> None:
    path = tmp_path / "travel.md"
    path.write_text("# Travel\n\nTrains are booked in second class.\n")
    model = Given(size=8)
    for embeddings in (model, NamedEmbeddings(DeterministicFakeEmbedding(size=8), "given")):
        work = Build([path], tmp_path / "index", embeddings=embeddings, workers=1)
        assert [progress.event.source for progress in work if isinstance(progress.event, FileReport)] == ["travel.md"]
        assert work.report.embedding == "given"
    assert verify(tmp_path / "index") == []
    retriever = HybridRetriever.from_index(tmp_path / "index", embeddings=model)
    assert [document.metadata["title"] for document in retriever.invoke("second class")] == ["Travel"]
    with pytest.raises(IndexMismatchError, match="was built with given; this is another") as caught:
        list(Build([path], tmp_path / "index", embeddings=Given(size=8, model="another")))
    assert str(caught.value).endswith(f". Run: ingest build PATH --index {tmp_path / 'index'} --rebuild")


def test_embeddings_without_a_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "travel.md"
    path.write_text("# Travel\n")
    with pytest.raises(ConfigurationError, match=r"has no attribute `model`.* Pass NamedEmbeddings"):
        list(Build([path], tmp_path / "index", embeddings=DeterministicFakeEmbedding(size=8)))
