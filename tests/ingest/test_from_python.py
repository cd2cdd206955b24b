"""Builds from Python: step by step, in an event loop, from scripts, into a second store."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import InMemoryVectorStore

from ingest import build
from mistral_rag.index import IndexReader


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "a.md").write_text("# Travel\n\nTrains are booked.\n")
    (folder / "b.md").write_text("# Leave\n\nLeave is thirty days.\n")
    return folder


async def test_a_build_goes_on_beside_an_event_loop(root: Path, tmp_path: Path) -> None:
    work = build(root, tmp_path / "index", embeddings="none", workers=1)
    assert sorted([step.event.source async for step in work]) == ["a.md", "b.md"]
    assert work.report.count("added") == 2


async def test_leaving_the_loop_early_frees_the_index(root: Path, tmp_path: Path) -> None:
    steps = aiter(build(root, tmp_path / "index", embeddings="none", workers=1))
    await anext(steps)
    await steps.aclose()  # type: ignore[attr-defined]
    again = build(root, tmp_path / "index", embeddings="none", workers=1)
    assert len([step async for step in again]) == 2


def test_a_script_needs_no_guard(root: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from ingest import build\n"
        f"work = build({str(root)!r}, {str(tmp_path / 'index')!r}, embeddings='none', workers=2)\n"
        "print(sorted(step.event.source for step in work))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=100)
    assert done.stdout == "['a.md', 'b.md']\n"


class Unaskable(InMemoryVectorStore):
    """A store that can't be asked for what it has."""

    def get_by_ids(self, ids: Any, /) -> list[Document]:
        raise NotImplementedError


@pytest.mark.parametrize("kind", [InMemoryVectorStore, Unaskable])
def test_a_vector_store_is_kept_in_step(root: Path, tmp_path: Path, kind: type[InMemoryVectorStore]) -> None:
    store = kind(DeterministicFakeEmbedding(size=4))

    def run(**options: Any) -> list[str]:
        for _ in build(root, tmp_path / "index", embeddings="none", workers=1, sink=store, prune=True, **options):
            pass
        return sorted(entry["text"] for entry in store.store.values())

    assert run() == ["Leave\n\nLeave is thirty days.", "Travel\n\nTrains are booked."]
    with IndexReader.open(tmp_path / "index") as reader, reader.view() as view:
        assert sorted(store.store) == sorted(
            chunk.chunk.id for chunk in view.chunks(view.rows_of(store.store).values())
        )
    (root / "a.md").write_text("# Travel\n\nPlanes are booked.\n")
    (root / "b.md").rename(root / "c.md")
    assert run() == ["Leave\n\nLeave is thirty days.", "Travel\n\nPlanes are booked."]
    assert sorted(entry["metadata"]["source"] for entry in store.store.values()) == ["a.md", "c.md"]
    (root / "c.md").unlink()
    assert run(rebuild=True) == ["Travel\n\nPlanes are booked."]


def test_a_store_that_fails_leaves_the_document_to_the_next_build(root: Path, tmp_path: Path) -> None:
    class Full(InMemoryVectorStore):
        def add_documents(self, documents: list[Document], ids: list[str] | None = None, **_: Any) -> list[str]:
            raise RuntimeError("the store is full")

    failing = build(
        root, tmp_path / "index", embeddings="none", workers=1, sink=Full(DeterministicFakeEmbedding(size=4))
    )
    with pytest.raises(RuntimeError, match="the store is full"):
        list(failing)
    again = build(root, tmp_path / "index", embeddings="none", workers=1)
    assert [step.event.source for step in again if step.event.source] != []
    assert again.report.count("added") == 2
