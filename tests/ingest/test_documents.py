"""The way of a page: cut once, learned from once, hashed once, its vector straight from the model to its row."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ingest._pipeline import Build
from ingest._vectors import embedding
from ingest.chunking import _chunks as chunks
from ingest.parsing._workers import pool, worker
from mistral_rag.errors import ParseError, WorkerError
from mistral_rag.index import IndexReader, IndexWriter, Profile, UnrestrictedReader, View, verify
from mistral_rag.ocr import PageFailure
from mistral_rag.schema import Locator, Page

RENT = "The rent is 950 euros a month, due on the first."
REPORT = "# Acme Corporation annual report 2023\n\nFor the fiscal year ended March 31, 2023, Acme Corporation grew.\n"


class Inline:
    """In place of the pool of workers: does the same in this process, where it can be counted."""

    def __init__(self, _spec: Any, _count: int, *, encode: Any, decode: Any, seconds: Any) -> None:
        self.encode, self.decode, self.seconds = encode, decode, seconds
        self.jobs: list[Any] = []

    def submit(self, job: Any) -> None:
        self.jobs.append(job)

    def result(self, seconds: float | None = None) -> tuple[Any, Any]:
        job = self.jobs.pop(0)
        try:
            [frame] = worker._answer(self.encode(job))
        except ParseError as error:
            return job, WorkerError(error.reason)
        return job, self.decode(job, frame)

    def close(self) -> None:
        self.jobs.clear()


class Clerk:
    """Reads every page as the text it was told."""

    name = "local-clerk"

    def __init__(self, text: str = RENT) -> None:
        self.text = text

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
        yield from (Page(locator=Locator(kind="page", number=number), text=self.text) for number in numbers)


class Model:
    """Vectors of four numbers; notes what it was asked for."""

    model = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed_matrix(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        drawn = np.array([list(hashlib.sha256(text.encode()).digest()[:4]) for text in texts], dtype=np.float32)
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


class BatchModel(Model):
    """The same, for several documents at once."""

    def embed_batches(self, texts: Sequence[str]) -> Iterator[Any]:
        every = list(texts)
        if every:
            yield type("Batch", (), {"indices": np.arange(len(every)), "matrix": self.embed_matrix(every)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    root.mkdir()
    return root


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> Counter[Any]:
    """Count the calls of a function by the text of its first argument."""
    calls: Counter[Any] = Counter()
    function: Callable[..., Any] = getattr(module, name)

    def count(*arguments: Any, **keywords: Any) -> Any:
        calls[arguments[0].text] += 1
        return function(*arguments, **keywords)

    monkeypatch.setattr(module, name, count)
    return calls


def scan(path: Path, pages: int) -> None:
    frame = Image.new("L", (200, 100), 255)
    ImageDraw.Draw(frame).rectangle((20, 20, 120, 60), fill=0)
    frame.save(path, save_all=True, append_images=[frame] * (pages - 1))


def build(folder: Path, index: Path, **options: Any) -> Build:
    work = Build([folder], index, **{"embeddings": "none", "workers": 1, **options})
    for _ in work:
        pass
    return work


def test_a_page_is_cut_into_units_once_whether_or_not_it_is_a_picture(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan(folder / "lease.tif", 1)
    (folder / "report.md").write_text(REPORT)
    monkeypatch.setattr(pool, "WorkerPool", Inline)
    calls = counted(monkeypatch, chunks, "typed_units")
    report = build(folder, index, ocr_with=Clerk()).report
    assert (report.pages, report.ocr_fresh) == (2, 1)
    assert sorted(calls.values()) == [1, 1]
    assert calls[RENT] == 1


def test_pages_of_a_scan_are_cut_in_the_worker(folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan(folder / "lease.tif", 3)
    calls = counted(monkeypatch, chunks, "typed_units")
    assert build(folder, index, ocr_with=Clerk()).report.ocr_fresh == 3
    assert calls == {}
    with IndexReader.open(index) as reader, reader.view() as view:
        [source] = view.sources()
        assert source.language == "en"
        assert [[(unit.start, unit.end) for unit in page.units] for page in view.pages(source.uri)] == [[(0, 48)]] * 3


def profiles(index: Path) -> dict[str, Any]:
    with IndexReader.open(index) as reader, reader.view() as view:
        return {uri.rpartition("/")[2]: profile for uri, profile in view.profiles_by_uri()}


def test_what_a_worker_learned_is_what_the_pages_say(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "Acme 2023.md").write_text(REPORT)

    def read_back(*_: object) -> Any:
        raise AssertionError("the pages are read back")

    with monkeypatch.context() as patch:
        patch.setattr(View, "page_texts", read_back)
        build(folder, index)
    [(name, fresh)] = profiles(index).items()
    assert fresh.learned["filings"]["profile"]["years"] == {"2023": 1.0}
    with IndexWriter.open(index) as writer:
        writer.set_profile((folder / "Acme 2023.md").as_uri(), Profile())
        writer.commit()
    assert profiles(index) == {name: Profile()}
    build(folder, index)
    assert profiles(index) == {name: fresh}


def test_a_scan_is_learned_from_when_it_has_been_read(folder: Path, index: Path) -> None:
    scan(folder / "lease.tif", 1)
    reader = Clerk(REPORT.removeprefix("# "))
    build(folder, index, ocr_with=reader)
    assert profiles(index)["lease.tif"].learned["filings"]["profile"]["kind"] == "annual"


def test_texts_are_made_and_hashed_once_and_vectors_are_not_read_back(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        (folder / f"{number}.txt").write_text(f"Shelf {number} holds {number} boxes.")
    model = BatchModel()
    monkeypatch.setattr(embedding, "load_embeddings", lambda _: model)
    calls = counted(monkeypatch, embedding, "embed_text")
    looked_up: list[int] = []
    cached = IndexWriter.cached_embeddings

    def look_up(self: IndexWriter, model: str, keys: Sequence[bytes]) -> Any:
        looked_up.append(len(keys))
        return cached(self, model, keys)

    monkeypatch.setattr(IndexWriter, "cached_embeddings", look_up)
    report = build(folder, index, embeddings="counting").report
    assert (report.embedded, len(model.asked)) == (4, 5)  # one more for the dimension
    assert sorted(calls.values()) == [1, 1, 1, 1]
    assert sum(looked_up) == 4
    assert verify(index) == []
    with IndexReader.open(index) as reader, reader.view() as view:
        for source in view.sources():
            [_], vectors = view.content_of(source.uri)
            [stored] = vectors or []
            [text] = [text for text in model.asked if source.name.removesuffix(".txt") in text.split()]
            expected = model.embed_matrix([text])[0].astype("<f2")
            assert np.frombuffer(stored, dtype="<f2").tolist() == expected.tolist()


def test_a_build_that_changes_groups_puts_nothing_again(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "report.md").write_text(REPORT)
    build(folder, index, groups=["board"])

    def put(*_: object, **__: object) -> None:
        raise AssertionError("put again")

    monkeypatch.setattr(IndexWriter, "put", put)
    report = build(folder, index, groups=["staff"]).report
    assert (report.count("regrouped"), report.pages, report.chunks) == (1, 0, 0)
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        assert [source.groups for source in view.sources()] == [("staff",)]
    assert verify(index) == []
