"""Pages that are pictures, through a whole build: who reads them, what is kept, what the report says."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from pypdf import PdfWriter

from ingest._pipeline import Build
from ingest._planning.problems import may_be_read_now
from ingest._reading.ocr import better
from ingest._report import BuildReport, PageRead
from mistral_rag.errors import ApiConnectionError, ConfigurationError, ParseError
from mistral_rag.index import IndexReader, verify
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.schema import Block, Box, Locator, Page, WordBoxes
from mistral_rag.testing import FakeMistral, ScriptedPage


class Clerk:
    """Reads every page as the text it was told; notes what it was asked for."""

    def __init__(self, *texts: str, name: str = "local-clerk", broken: int = 0) -> None:
        self.texts = texts
        self.name = name
        self.broken = broken
        self.asked: list[tuple[str, int]] = []

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
        for number in numbers:
            self.asked.append((path.name, number))
            if number == self.broken:
                yield PageFailure(number, "too dark")
                continue
            yield page(self.texts[number - 1], number)


class Unplugged(Clerk):
    """Reads one page, then nobody answers any more."""

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
        yield from super().read(path, numbers[:1])
        raise ApiConnectionError("no answer")


def page(text: str, number: int = 1, confidence: float = 0.93) -> Page:
    box = Box(left=0.1, top=0.1, right=0.9, bottom=0.2)
    return Page(
        locator=Locator(kind="page", number=number),
        text=text,
        words=WordBoxes.pack([(0, len(text.split(" ")[0]), 0.1, 0.1, 0.2, 0.2)]) if text else WordBoxes(),
        blocks=(Block(start=0, end=len(text), kind="text", box=box, origin="local-ocr"),) if text else (),
        confidence=confidence if text else None,
    )


def scan(path: Path, *pages: str) -> Path:
    """A TIFF or PDF with a page for each word; an empty one is white."""
    frames = []
    for number, word in enumerate(pages):
        frame = Image.new("L", (200, 100), 255)
        if word:
            ImageDraw.Draw(frame).rectangle((20, 20, 120 + number, 60), fill=0)
        frames.append(frame)
    frames[0].save(path, save_all=True, append_images=frames[1:])
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    root.mkdir()
    scan(root / "lease.tif", "one", "two", "")
    return root


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


class Picky(Clerk):
    """Takes no files of this kind."""

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
        yield from super().read(path, numbers[:1])
        raise ParseError("this kind of file is not taken")


RENT = "The rent is 950 euros a month, due on the first."
NOTICE = "Either party may give three months' notice."


def build(folder: Path, index: Path, clerk: Clerk | None = None, **options: object) -> BuildReport:
    options = {"ocr_with": clerk, **options} if clerk else {"ocr": "never", **options}
    work = Build([folder], index, embeddings="none", workers=1, **options)  # type: ignore[arg-type]
    for _ in work:
        pass
    return work.report


def pages(report: BuildReport) -> dict[str, int]:
    names = ("pages", "text_pages", "ocr_pages", "blank_pages", "failed_pages", "ocr_fresh")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def texts(index: Path, name: str = "lease.tif") -> list[str]:
    with IndexReader.open(index) as reader, reader.view() as view:
        [source] = [source for source in view.sources() if source.name == name]
        return [page.text for page in view.pages(source.uri)]


def test_pictures_are_read_and_white_pages_are_not_sent(folder: Path, index: Path) -> None:
    clerk = Clerk(RENT, NOTICE)
    report = build(folder, index, clerk)
    assert pages(report) == {"pages": 3, "ocr_pages": 2, "blank_pages": 1, "ocr_fresh": 2}
    assert clerk.asked == [("lease.tif", 1), ("lease.tif", 2)]
    assert texts(index) == [RENT, NOTICE, ""]
    assert (report.undone, verify(index)) == (False, [])


def test_what_was_read_keeps_its_boxes_its_origin_and_its_confidence(folder: Path, index: Path) -> None:
    build(folder, index, Clerk(RENT, NOTICE))
    with IndexReader.open(index) as reader, reader.view() as view:
        [source] = view.sources()
        first = view.page(source.uri, 1)
    assert (first.origin_at(0, 4), first.confidence, len(first.words)) == ("local-ocr", 0.93, 1)


def test_a_page_is_read_once_whatever_becomes_of_its_file(folder: Path, index: Path) -> None:
    build(folder, index, Clerk(RENT, NOTICE))
    (folder / "lease.tif").rename(folder / "old.tif")
    (folder / "copy.tif").write_bytes((folder / "old.tif").read_bytes())
    clerk = Clerk("never", "asked")
    report = build(folder, index, clerk, rebuild=True)
    assert clerk.asked == []
    assert pages(report) == {"pages": 6, "ocr_pages": 4, "blank_pages": 2}
    assert texts(index, "copy.tif") == [RENT, NOTICE, ""]


def test_another_reader_is_asked_anew(folder: Path, index: Path) -> None:
    build(folder, index, Clerk(RENT, NOTICE))
    clerk = Clerk(RENT, NOTICE, name="mistral-ocr-next")
    build(folder, index, clerk, rebuild=True)
    assert len(clerk.asked) == 2


def test_a_build_that_breaks_off_keeps_the_pages_that_were_read(folder: Path, index: Path) -> None:
    with pytest.raises(ApiConnectionError):
        build(folder, index, Unplugged(RENT, NOTICE, name="mistral-ocr"))
    clerk = Clerk("not again", NOTICE, name="mistral-ocr")
    report = build(folder, index, clerk)
    assert ("lease.tif", 1) not in clerk.asked
    assert texts(index) == [RENT, NOTICE, ""]
    assert report.ocr_fresh == 1


def test_a_build_that_is_stopped_keeps_the_pages_that_were_read(folder: Path, index: Path) -> None:
    for progress in Build([folder], index, embeddings="none", ocr_with=Clerk(RENT, NOTICE)):
        if isinstance(progress.event, PageRead):
            assert (progress.event.source, progress.event.done, progress.event.total) == ("lease.tif", 1, 2)
            break
    clerk = Clerk("not again", NOTICE)
    build(folder, index, clerk)
    assert ("lease.tif", 1) not in clerk.asked


def test_a_page_that_can_t_be_read_is_named_and_the_others_go_in(folder: Path, index: Path) -> None:
    report = build(folder, index, Clerk(RENT, NOTICE, broken=2))
    assert pages(report) == {"pages": 3, "ocr_pages": 1, "blank_pages": 1, "failed_pages": 1, "ocr_fresh": 1}
    [file] = report.files
    assert (file.status, file.reason) == ("added", "page 2: needs OCR, and local-clerk failed: too dark")
    assert report.undone


def test_a_file_that_the_reader_does_not_take_is_no_end_of_the_build(folder: Path, index: Path) -> None:
    report = build(folder, index, Picky(RENT, NOTICE))
    [file] = report.files
    assert file.reason == "page 2: needs OCR, and local-clerk failed: this kind of file is not taken"
    assert texts(index) == [RENT, "", ""]


class Confused(Clerk):
    """Gives other pages than it was asked for."""

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
        yield from (page("something else", number + 40) for number in numbers)


def test_pages_that_nobody_asked_for_are_not_taken(folder: Path, index: Path) -> None:
    [file] = build(folder, index, Confused()).files
    assert (file.status, file.reason) == (
        "failed",
        "pages 1, 2: needs OCR, and local-clerk failed: gave no page",
    )


class Meddler(Clerk):
    """While it reads, somebody writes another file in the place of the one it reads."""

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
        for read in super().read(path, numbers):
            scan(path, "another", "picture", "and", "more")
            yield read


def test_what_was_read_of_a_file_that_changed_meanwhile_is_not_kept(folder: Path, index: Path) -> None:
    [file] = build(folder, index, Meddler(RENT, NOTICE)).files
    assert (file.status, file.reason) == ("failed", "changed while it was being read; build again")
    scan(folder / "lease.tif", "one", "two", "")
    clerk = Clerk(RENT, NOTICE)
    build(folder, index, clerk)
    assert len(clerk.asked) == 2
    assert texts(index) == [RENT, NOTICE, ""]


def test_the_language_of_scans_counts_when_a_new_index_is_given_its_model(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    german = "Die Miete ist am ersten Tag des Monats fällig und wird auf das Konto der Firma überwiesen. " * 4
    seen: list[set[str]] = []

    def choose(languages: Mapping[str, int]) -> str:
        seen.append(set(languages))
        return ""

    monkeypatch.setattr("ingest._vectors.embedding.choose_embeddings", choose)
    for _ in Build([folder], index, workers=1, ocr_with=Clerk(german, german)):
        pass
    assert seen == [{"de"}]


def test_what_this_machine_could_not_read_is_left_to_another_reader(folder: Path, index: Path) -> None:
    build(folder, index, Clerk(RENT, NOTICE, broken=2))
    again = Clerk(RENT, NOTICE)
    assert pages(build(folder, index, again)) == {"failed_pages": 1}
    assert again.asked == []
    assert pages(build(folder, index, Clerk(RENT, NOTICE, name="mistral-ocr"))) == {
        "pages": 3,
        "ocr_pages": 2,
        "blank_pages": 1,
        "ocr_fresh": 2,
    }


def test_pages_that_waited_for_ocr_are_read_when_there_is_one(folder: Path, index: Path) -> None:
    without = build(folder, index)
    assert pages(without) == {"pages": 3, "blank_pages": 1, "failed_pages": 2}
    [file] = without.files
    assert (file.status, file.reason) == ("failed", "pages 1, 2: needs OCR: a picture")
    report = build(folder, index, Clerk(RENT, NOTICE))
    assert [file.status for file in report.files] == ["changed"]
    assert (report.undone, texts(index)) == (False, [RENT, NOTICE, ""])
    assert build(folder, index, Clerk("", "")).count("unchanged") == 1


def test_without_any_reader_the_build_says_how_to_get_one(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mistral_rag.local.ocr.is_installed", lambda: False)
    report = build(folder, index, ocr="auto")
    assert report.warnings == ['for OCR set MISTRAL_API_KEY, or on this machine run: pip install "mistral-rag[local]"']


def test_with_a_key_the_platform_reads_what_has_no_text_and_nothing_else(
    checkout: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "documents"
    root.mkdir()
    writer = PdfWriter()
    writer.append(checkout / "data" / "2022 Q3 AAPL.pdf", pages=(0, 2))
    writer.append(scan(tmp_path / "scan.pdf", "one"))
    writer.write(root / "report.pdf")
    with FakeMistral() as fake:
        monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
        monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
        fake.script_pages(ScriptedPage(RENT, confidence=0.87))
        report = build(root, index, ocr="auto")
        build(root, index, ocr="auto", rebuild=True)
        sent = [request for request in fake.requests if request.path.endswith("/ocr")]
    assert pages(report) == {"pages": 3, "text_pages": 2, "ocr_pages": 1, "ocr_fresh": 1}
    assert len(sent) == 1
    assert texts(index, "report.pdf")[2] == RENT
    with IndexReader.open(index) as reader, reader.view() as view:
        [source] = view.sources()
        third = view.page(source.uri, 3)
    assert third.origin_at(0, 4) == "mistral-ocr"
    assert third.confidence == pytest.approx(0.87, abs=0.01)


def test_a_reader_that_can_t_work_is_refused_before_anything_is_done(folder: Path, index: Path) -> None:
    with pytest.raises(ConfigurationError, match="Mistral OCR needs a key"):
        build(folder, index, ocr="auto", ocr_with="mistral")
    with pytest.raises(ConfigurationError, match="no OCR by the name of 'tesseract'"):
        build(folder, index, ocr="auto", ocr_with="tesseract")
    assert not index.exists()


def test_a_picture_without_words_is_a_blank_page(folder: Path, index: Path) -> None:
    report = build(folder, index, Clerk("", NOTICE))
    assert pages(report) == {"pages": 3, "ocr_pages": 1, "blank_pages": 2, "ocr_fresh": 2}
    assert not report.undone


def test_always_reads_pages_with_text_too_and_keeps_the_better_text(
    checkout: Path, index: Path, tmp_path: Path
) -> None:
    (tmp_path / "documents").mkdir()
    report = (checkout / "data" / "2022 Q3 AAPL.pdf").read_bytes()
    (tmp_path / "documents" / "report.pdf").write_bytes(report)
    clerk = Clerk(*["Apple Inc."] * 27, "words that no text layer has")
    made = build(tmp_path / "documents", index, clerk, ocr="always")
    assert pages(made) == {"pages": 28, "text_pages": 27, "ocr_pages": 1, "ocr_fresh": 28}


@pytest.mark.parametrize(
    ("layer", "reading", "kept"),
    [
        ("Total 81,797", "Total 81,797 approved", "Total 81,797"),
        ("Total", "Total 81,797 million dollars", "Total 81,797 million dollars"),
        ("", "Signed", "Signed"),
    ],
)
def test_a_reading_must_bring_three_new_words_to_replace_a_text(layer: str, reading: str, kept: str) -> None:
    assert better(Page(locator=Locator(kind="page", number=1), text=layer), page(reading)).text == kept


@pytest.mark.parametrize(
    ("layer", "reading", "kept"),
    [
        # Hebrew, Thai and Cyrillic as a recogniser of Latin letters takes them
        ("דוח שנתי לשנת 2024", "n1T 'n1w nw7 2024", "דוח שנתי לשנת 2024"),
        ("พนักงานลาได้ 15 วัน", "wunorua 1a1a 15 5u ui", "พนักงานลาได้ 15 วัน"),
        ("Годовой отчёт за 2024 год", "Toaoson otuet 3a 2024 roa", "Годовой отчёт за 2024 год"),
        # a reader that has learnt the script
        ("דוח שנתי", "דוח שנתי לשנת 2024 שכר דירה", "דוח שנתי לשנת 2024 שכר דירה"),
        # a scan with a stamp
        ("עמוד 3", "This agreement was made in London", "This agreement was made in London"),
    ],
)
def test_a_layer_in_a_script_that_its_reader_has_not_learnt_stays(layer: str, reading: str, kept: str) -> None:
    assert better(Page(locator=Locator(kind="page", number=1), text=layer), page(reading)).text == kept


@pytest.mark.parametrize(
    ("reason", "reader", "answer"),
    [
        ("needs OCR: a picture", "", False),
        ("needs OCR: a picture", "local-ocr/2", True),
        ("needs OCR, and local-ocr/2 failed: too dark", "local-ocr/2", False),
        ("needs OCR, and local-ocr/2 failed: too dark", "local-ocr/3", True),
        ("needs OCR, and mistral-ocr failed: timeout", "mistral-ocr", True),
        ("the page is damaged and can't be read", "mistral-ocr", False),
    ],
)
def test_which_failures_are_worth_another_try(reason: str, reader: str, answer: bool) -> None:
    assert may_be_read_now(reason, reader) is answer


@pytest.mark.parametrize("name", ["local-clerk", "mistral-clerk"])
def test_progress_counts_the_pages_that_wait_for_ocr(folder: Path, index: Path, name: str) -> None:
    (folder / "note.txt").write_text("Shelf 4 holds 4 boxes.")
    scan(folder / "plan.tif", "three")
    size = sum((folder / name).stat().st_size for name in ("lease.tif", "plan.tif"))
    clerk = Clerk(RENT, NOTICE, name=name)
    steps = list(Build([folder], index, embeddings="none", workers=1, ocr_with=clerk))
    waiting = [step.scans for step in steps if isinstance(step.event, PageRead)]
    assert (waiting[-1], steps[-1].scans, steps[-1].scanned, steps[-1].scan_bytes) == (0, 0, 3, 0)
    assert max(step.scan_bytes for step in steps) == size
    assert {step.pending for step in steps} == {0}
    steps = list(Build([folder], index, embeddings="none", workers=1, ocr_with=clerk, rebuild=True))
    assert (steps[-1].scans, steps[-1].scanned, steps[-1].scan_bytes) == (0, 0, 0)
