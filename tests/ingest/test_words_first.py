"""Documents are found by their words as they are read; vectors follow, and a broken build loses neither."""

import json
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from pypdf import PdfWriter

from ingest import Build, BuildReport, FileReport, Redo, VectorsAdded, estimate
from ingest.__main__ import main
from mistral_rag import GroundedQA, HybridRetriever
from mistral_rag.cli import main as ask
from mistral_rag.embeddings import count_tokens
from mistral_rag.index import UnrestrictedReader, verify
from mistral_rag.ocr import PageFailure
from mistral_rag.schema import Page
from mistral_rag.testing import FakeMistral
from mistral_rag.testing._server import faults
from tests.ingest.test_ocr import Clerk, scan

DATA = Path(__file__).parents[2] / "data"
TOWER = "The tower is 90 metres high.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(6):
        (folder / f"note-{number}.txt").write_text(f"Shelf {number} holds {number} boxes.\n")
    (folder / "tower.txt").write_text(TOWER)
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMistral]:
    with FakeMistral() as fake:
        monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
        monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
        yield fake


class Vectors(Embeddings):
    """Vectors by chance; `fail_after` so many texts a person breaks in."""

    model = "by-chance"

    def __init__(self, fail_after: int = 1 << 30) -> None:
        self.asked: list[str] = []
        self._made = DeterministicFakeEmbedding(size=8)
        self._fail_after = fail_after

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if texts != ["dimension"]:
            self.asked += texts
        if len(self.asked) > self._fail_after:
            raise KeyboardInterrupt
        return self._made.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        return self._made.embed_query(text)


def status(index: Path) -> dict[str, Any]:
    with UnrestrictedReader.open(index) as reader:
        return reader.status()


def built(folder: Path, index: Path, **options: Any) -> BuildReport:
    work = Build([folder], index, workers=1, **options)
    for _ in work:
        pass
    return work.report


def texts(platform: FakeMistral) -> list[str]:
    bodies = [json.loads(request.body) for request in platform.requests if request.path.endswith("/embeddings")]
    return [text for body in bodies for text in body["input"] if text != "dimension"]


def test_all_words_are_found_before_the_first_vector_of_a_model_on_this_machine(folder: Path, index: Path) -> None:
    model = Vectors()
    for progress in Build([folder], index, embeddings=model, workers=1):
        if isinstance(progress.event, VectorsAdded):
            break
        assert model.asked == []
    assert status(index)["documents"] == 7


def test_the_smallest_file_is_found_first_and_the_others_come_in_their_order(tmp_path: Path, index: Path) -> None:
    for name, lines in (("a.txt", 50), ("b.txt", 90), ("c.txt", 1), ("d.txt", 70)):
        (tmp_path / name).write_text("The tower is 90 metres high.\n" * lines)
    paths = [tmp_path / name for name in ("a.txt", "b.txt", "c.txt", "d.txt")]
    work = Build(paths, index, embeddings="none", workers=1)
    assert [progress.event.source for progress in work] == ["c.txt", "a.txt", "b.txt", "d.txt"]


def test_a_build_that_is_broken_off_goes_on_with_the_vectors_that_are_missing(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest._vectors.embedding.BATCH", 2)
    first = Vectors(fail_after=4)
    with pytest.raises(KeyboardInterrupt):
        built(folder, index, embeddings=first)
    assert (status(index)["documents"], status(index)["pending"]) == (7, 3)
    assert verify(index) == []
    second = Vectors()
    report = built(folder, index, embeddings=second)
    assert (report.count("unchanged"), report.pages, report.embedded, report.pending) == (7, 0, 3, 0)
    assert set(first.asked[:4]) | set(second.asked) == set(first.asked) | set(second.asked)
    assert len(second.asked) == 3
    assert status(index)["pending"] == 0


def test_a_search_says_how_far_the_vectors_are_and_a_row_without_one_is_neither_ahead_nor_behind(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ingest._vectors.embedding.BATCH", 2)
    with pytest.raises(KeyboardInterrupt):
        built(folder, index, embeddings=Vectors(fail_after=2))
    retriever = HybridRetriever.from_index(index, embeddings=Vectors())
    said = "vectors for 28 %; the others are found by their words until a build is done"
    assert retriever.explain("How high is the tower?").warnings == (said,)
    assert retriever.search("How high is the tower?")[0].source.name == "tower.txt"
    answer = GroundedQA(retriever=retriever).invoke("How high is the tower?")
    assert answer.warnings[:1] == (said,)
    assert main(["status", "--index", str(index)]) == 0
    assert f"pending      {said}\n" in capsys.readouterr().out
    assert main(["verify", "--index", str(index)]) == 0
    assert "pending: 5 passages without a vector yet; the next ingest build goes on\n" in capsys.readouterr().out


def test_without_any_vector_yet_the_order_is_that_of_the_words(folder: Path, index: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        built(folder, index, embeddings=Vectors(fail_after=0))
    alone = HybridRetriever.from_index(index, embeddings=Vectors())
    words = HybridRetriever(index=alone.index, embeddings=None)
    question = "Which shelf holds 3 boxes?"
    assert [(hit.source.name, hit.score) for hit in alone.search(question)] == [
        (hit.source.name, hit.score) for hit in words.search(question)
    ]
    assert alone.explain(question).dense_weight == 0


def test_the_model_of_a_new_index_goes_by_the_languages_of_all_its_documents(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, int]] = []

    def choose(languages: dict[str, int]) -> str:
        seen.append(dict(languages))
        return ""

    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    monkeypatch.setattr("ingest._vectors.embedding.choose_embeddings", choose)
    for number in range(30):
        (folder / f"z-{number}.txt").write_text("Die Miete ist am ersten Tag des Monats fällig. " * 6)
    built(folder, index)
    assert seen[0]["de"] == 30
    assert status(index)["pending"] == 0


@pytest.fixture
def handbook(tmp_path: Path) -> Path:
    """A document of 700 sections, each a page with one chunk: three requests for vectors."""
    path = tmp_path / "handbook.md"
    path.write_text("\n\n".join(f"# Rule {number}\n\nShelf {number} holds {number} boxes." for number in range(700)))
    return path


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        pytest.param("SIGKILL", -9, marks=pytest.mark.skipif(sys.platform == "win32", reason="no such signal")),
        ("SIGINT", 130),
        ("SIGTERM", 143),
    ],
)
def test_whatever_ends_a_build_no_page_is_read_again_and_no_vector_bought_again(
    handbook: Path, index: Path, platform: FakeMistral, ending: str, code: int
) -> None:
    platform.faults.add(faults.slow(2), times=2, skip=2)
    command = [sys.executable, "-m", "ingest", "build", str(handbook), "--index", str(index), "--ocr", "never"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: (index / "index.seal").exists() and 0 < status(index)["pending"] < 700)
        kept = status(index)
        assert (kept["documents"], kept["chunks"]) == (1, 700)
    finally:
        running.send_signal(getattr(signal, ending))
        assert running.wait(60) == code
    assert verify(index) == []
    left = status(index)["pending"]
    assert left <= kept["pending"]
    before = len(texts(platform))
    platform.faults.clear()
    report = built(handbook, index)
    assert (report.count("unchanged"), report.pages, report.pending) == (1, 0, 0)
    # a signal may come when vectors are kept and not yet given to their passages: they are not bought again
    assert len(texts(platform)) - before == report.embedded <= left
    assert status(index)["pending"] == 0
    assert verify(index) == []


def test_a_price_limit_is_kept_and_the_next_build_goes_on(
    handbook: Path, index: Path, platform: FakeMistral, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = estimate([handbook])
    assert planned.cost is not None
    assert planned.cost > 0
    limit = planned.cost / 2
    assert main(["build", str(handbook), "--index", str(index), "--max-cost", str(limit), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert 0 < report["embedded"] < 700
    assert 0 < report["cost"] <= limit
    assert report["embedded"] + report["pending"] == 700
    assert "the price limit of $" in report["warnings"][0]
    assert built(handbook, index).embedded == report["pending"]


@pytest.mark.parametrize("cost", ["-1", "nan", "much", "inf"])
def test_a_price_limit_is_a_number_of_dollars(cost: str, handbook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["build", str(handbook), f"--max-cost={cost}", "--index", "nowhere"])
    assert "must be a number of US dollars" in capsys.readouterr().err


def test_a_plan_needs_no_index_and_counts_what_comes_twice_once(
    folder: Path, platform: FakeMistral, capsys: pytest.CaptureFixture[str], index: Path
) -> None:
    (folder / "again").mkdir()
    (folder / "again" / "tower.txt").write_text(TOWER)
    assert main(["plan", str(folder), "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert (planned["files"], planned["pages"], planned["embedding"]) == (8, 8, "mistral-embed")
    assert not platform.requests
    built(folder, index)
    assert planned["tokens"] == sum(map(count_tokens, texts(platform)))
    assert main(["plan", str(folder), "--index", str(index), "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert (planned["files"], planned["tokens"], planned["cost"]) == (0, 0, 0.0)


def test_scans_wait_for_the_words_of_other_files(folder: Path, index: Path) -> None:
    for number in range(8):
        scan(folder / f"a-{number}.tif", f"Scan {number}")
    reader = Clerk(*(f"Scan {number} tells of a lease." for number in range(8)), name="local-clerk")
    seen: list[str] = []
    for progress in Build([folder], index, embeddings="none", ocr_with=reader, workers=1):
        seen.append(type(progress.event).__name__ + progress.event.source[:1])
    assert seen[:7] == ["FileReportn"] * 6 + ["FileReportt"]
    assert status(index)["documents"] == 15
    assert verify(index) == []


def test_the_text_pages_of_a_file_with_pictures_are_found_before_these_are_read(folder: Path, index: Path) -> None:
    whole = PdfWriter()
    whole.append(DATA / "2022 Q3 AAPL.pdf", pages=(0, 1))
    whole.append(DATA / "scanned/lease-addendum.pdf", pages=(0, 1))
    for file in folder.iterdir():
        file.unlink()
    whole.write(folder / "both.pdf")

    class Curious(Clerk):
        """Looks into the index before it reads."""

        def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
            found.append(HybridRetriever.from_index(index).search("quarterly report")[0].page.locator.number)
            yield from super().read(path, numbers)

    found: list[int] = []
    reader = Curious("", "The lease ends in May.")
    report = built(folder, index, embeddings="none", ocr_with=reader)
    assert (found, reader.asked) == ([1], [("both.pdf", 2)])
    assert [(file.status, file.pages) for file in report.files] == [("added", 2)]
    assert (report.pages, report.ocr_pages) == (2, 1)
    assert HybridRetriever.from_index(index).search("lease ends")[0].page.locator.number == 2
    assert built(folder, index, embeddings="none", ocr_with=reader).count("unchanged") == 1
    assert verify(index) == []


def test_a_moved_file_is_one_line_and_is_not_read_again(
    folder: Path, index: Path, platform: FakeMistral, capsys: pytest.CaptureFixture[str]
) -> None:
    built(folder, index)
    before = len(platform.requests)
    (folder / "sub").mkdir()
    (folder / "note-1.txt").rename(folder / "sub" / "note-1.txt")
    assert main(["build", str(folder), "--index", str(index), "--workers", "1"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("6 unchanged, 1 moved; 0 pages, 0 chunks, 0 embedded with mistral-embed, ")
    assert printed[1:] == ["moved: sub/note-1.txt: was note-1.txt"]
    assert len(platform.requests) == before
    assert (status(index)["documents"], status(index)["pending"]) == (7, 0)
    hit = HybridRetriever.from_index(index).search("Which shelf holds 1 boxes?")[0]
    assert hit.source.name == "sub/note-1.txt"
    assert hit.source.uri == (folder / "sub" / "note-1.txt").as_uri()
    assert verify(index) == []
    assert built(folder, index).count("unchanged") == 7


def test_a_moved_file_whose_title_is_its_name_is_read_under_the_new_one(folder: Path, index: Path) -> None:
    built(folder, index, embeddings="none")
    (folder / "tower.txt").rename(folder / "lighthouse.txt")
    report = built(folder, index, embeddings="none")
    [moved] = [file for file in report.files if file.status == "moved"]
    assert (moved.source, report.pages) == ("lighthouse.txt", 1)
    assert report.count("removed") == 0
    assert HybridRetriever.from_index(index).search("lighthouse")[0].source.title == "lighthouse"


def test_what_failed_is_read_again_when_asked(folder: Path, index: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    assert built(folder, index, embeddings="none").count("failed") == 1
    again = built(folder, index, embeddings="none")
    assert (again.count("failed"), again.count("unchanged")) == (1, 7)
    work = Build([folder], index, embeddings="none", workers=1, retry_failed=True)
    assert [progress.total_bytes for progress in work][-1] == len(b"%PDF-1.7\nnothing")
    assert work.report.count("failed") == 1


def test_what_was_not_read_is_said_by_name_in_every_place(
    tmp_path: Path, index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    for name in ("a.xyz", "b.xyz", "c.xyz", "d.xyz", "e.qqq"):
        (folder / name).write_bytes(b"\x00\x01")
    said = [
        "skipped 4: type .xyz: a.xyz, b.xyz, c.xyz and 1 more",
        "skipped 1: type .qqq: e.qqq",
        "no parser takes these types: convert such files to PDF, or install a package that reads them",
    ]
    assert main(["build", str(folder), "--index", str(index)]) == 1
    assert capsys.readouterr().out.splitlines()[1:] == ["nothing could be read", *said]
    assert main(["status", "--index", str(index)]) == 0
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "empty        nothing can be found; add documents with: ingest build PATH",
        *said,
    ]
    assert main(["plan", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[2:-1] == said
    (folder / "tower.txt").write_text(TOWER)
    (folder / "e.qqq").unlink()
    assert main(["build", str(folder), "--index", str(index)]) == 0
    assert status(index)["unread"] == [
        {"reason": "type .xyz", "count": 4, "names": ["a.xyz", "b.xyz", "c.xyz", "d.xyz"]}
    ]


def test_an_empty_folder_is_done(tmp_path: Path, index: Path) -> None:
    (tmp_path / "empty").mkdir()
    report = built(tmp_path / "empty", index)
    assert (report.undone, report.warnings) == (False, ["empty is an empty folder"])


def test_an_empty_index_says_that_it_is_empty(tmp_path: Path, index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    built(tmp_path / "empty", index)
    empty = "warning: the index holds no document that may be read here; add some with: ingest build PATH\n"
    assert ask(["search", "tower", "--index", str(index)]) == 0
    assert capsys.readouterr().err.endswith(empty)
    assert ask(["ask", "How high is the tower?", "--index", str(index)]) == 4
    assert capsys.readouterr().err.endswith(empty)


def test_a_build_that_finds_nothing_new_writes_nothing(
    folder: Path, index: Path, platform: FakeMistral, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest._reading.opened.SETTLED_NS", 0)  # time stamps show every edit at once
    (folder / "letter.xyz").write_bytes(b"\x00")
    built(folder, index)
    with UnrestrictedReader.open(index) as reader:
        before = (reader.sequence, len(platform.requests))
        built(folder, index)
        assert (reader.sequence, len(platform.requests)) == before


def test_a_document_is_read_anew_or_a_single_page_of_it(folder: Path, index: Path) -> None:
    scan(folder / "lease.tif", "one", "two")

    def redone(reader: Clerk, *pages: int) -> list[str]:
        work = Build(
            [folder],
            index,
            embeddings="none",
            ocr_with=reader,
            workers=1,
            redo=Redo(frozenset([(folder / "lease.tif").as_uri()]), frozenset(pages) if pages else None),
        )
        assert [progress.event.status for progress in work if isinstance(progress.event, FileReport)] == ["changed"]
        with UnrestrictedReader.open(index) as reader_of, reader_of.view() as view:
            return list(view.page_texts((folder / "lease.tif").as_uri()))

    built(folder, index, embeddings="none", ocr_with=Clerk("The rent is 100.", "The lease ends in May."))
    other = Clerk("The rent is 200.", "The lease ends in June.")
    assert redone(other, 2) == ["The rent is 100.", "The lease ends in June."]
    assert other.asked == [("lease.tif", 2)]
    assert redone(other) == ["The rent is 200.", "The lease ends in June."]
    assert status(index)["documents"] == 8
    assert verify(index) == []


@pytest.mark.parametrize(
    ("name", "page", "said"),
    [
        ("lease.tif", 99, "lease.tif has 2 pages, and no page 99"),
        ("lease.tif", 3, "lease.tif has 2 pages, and no page 3"),
        ("tower.txt", 2, "tower.txt has 1 page, and no page 2"),
        ("team.zip", 1, "team.zip has no pages in the index; read it anew without naming a page"),
    ],
)
def test_a_page_that_is_not_there_is_not_redone(
    name: str, page: int, said: str, folder: Path, index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan(folder / "lease.tif", "one", "two")
    with zipfile.ZipFile(folder / "team.zip", "w") as archive:
        archive.writestr("plan.txt", "The plan is checked in May.")
    built(folder, index, embeddings="none", ocr_with=Clerk("The rent is 100.", "The lease ends in May."))
    before = status(index)["generation"]
    assert main(["redo", name, "--page", "1", "--page", str(page), "--ocr", "never", "--index", str(index)]) == 2
    assert said in capsys.readouterr().err
    assert status(index)["generation"] == before


def test_redo_is_asked_for_by_name(folder: Path, index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built(folder, index, embeddings="none")
    assert main(["redo", "tower.txt", "--index", str(index)]) == 0
    assert capsys.readouterr().out.startswith("1 changed; 1 page, 1 chunk, ")
    assert main(["redo", "towers.txt", "--index", str(index)]) == 2
    assert "the index holds no document towers.txt; is it tower.txt?" in capsys.readouterr().err
    (folder / "tower.txt").unlink()
    assert main(["redo", "tower.txt", "--index", str(index)]) == 2
    assert "the file of tower.txt is not there any more. Nothing was changed" in capsys.readouterr().err
    assert status(index)["documents"] == 7
