"""A text layer that says something else than is printed is read by OCR, or has no text at all."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from ingest._pipeline import Build
from ingest._planning.estimate import estimate
from ingest._report import BuildReport
from ingest.parsing._pdf import parse
from ingest.parsing._samples import doubts_of
from mistral_rag import cli
from mistral_rag.index import UnrestrictedReader
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.pdf import PdfFile
from mistral_rag.schema import Block, Locator, Page

RIGHT = "Quarterly revenue grew by 17 percent to 4238 million euros and costs fell"
WRONG = "Rvbsufsmz sfwfovf hsfx cz 17 qfsdfou up 4238 njmmjpo fvspt boe dptut gfmm"
REASON = (
    "needs OCR: the text says something else than is printed: "
    "the font Times-Roman draws Q where the text says R, a where the text says b, b where the text says c"
)


def pdf(path: Path, contents: Sequence[str], *, objects: Sequence[bytes] = (), resources: str = "") -> Path:
    """A PDF whose font F1 is right, and whose font F2 has a map that gives each letter's successor."""
    letters = "".join(
        f"<{code:02X}> <{code + (chr(code).isalpha() and chr(code) not in 'zZ'):04X}>\n" for code in range(33, 127)
    )
    to_unicode = (
        "/CIDInit /ProcSet findresource begin begincmap\n1 begincodespacerange <00> <FF> endcodespacerange\n"
        f"94 beginbfchar\n{letters}endbfchar\nendcmap end"
    )
    kids = " ".join(f"{5 + 2 * at} 0 R" for at in range(len(contents)))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        (
            "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding >> "
            f"/F2 << /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /ToUnicode 4 0 R >> >> {resources} >>"
        ).encode(),
        stream(to_unicode.encode()),
    ]
    for at, content in enumerate(contents):
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources 3 0 R /Contents {6 + 2 * at} 0 R >>"
        bodies += [page.encode(), stream(content.encode())]
    data = b"%PDF-1.7\n"
    for number, body in enumerate([*bodies, *objects], 1):
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    path.write_bytes(data + b"trailer << /Root 1 0 R >>\n%%EOF\n")
    return path


def stream(content: bytes, entries: str = "") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), entries.encode(), content)


def lines(font: str, text: str = RIGHT, mode: int = 0) -> str:
    rows = "".join(f"1 0 0 1 50 {750 - 20 * at} Tm ({text}) Tj " for at in range(6))
    return f"BT /{font} 12 Tf {mode} Tr {rows}ET\n"


class Clerk:
    """Reads every page as what is right, or fails."""

    name = "local-clerk"

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.asked: list[int] = []

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
        self.asked += numbers
        for number in numbers:
            if self.fault:
                yield PageFailure(number, self.fault)
                continue
            blocks = (Block(start=0, end=len(RIGHT), kind="text", origin="local-ocr"),)
            place = Locator(kind="page", number=number)
            yield Page(locator=place, text=RIGHT, blocks=blocks, confidence=0.9)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    root.mkdir()
    pdf(root / "report.pdf", [lines("F1"), lines("F2")])
    return root


def built(folder: Path, index: Path, reader: Clerk | None = None) -> BuildReport:
    build = Build([folder], index, embeddings="none", ocr="auto" if reader else "never", ocr_with=reader or "auto")
    list(build)
    return build.report


def page_text(index: Path, folder: Path, number: int) -> str:
    with UnrestrictedReader.open(index) as reader:
        return reader.page((folder / "report.pdf").as_uri(), number).text


def test_the_parser_says_which_page_and_why(folder: Path) -> None:
    parsed = parse(folder / "report.pdf")
    assert WRONG in parsed.pages[1].text
    assert [(problem.page, problem.reason) for problem in parsed.unread] == [(2, REASON)]
    assert [page.doubts for page in parsed.pages] == [(), (REASON,)]


def test_a_page_of_wrong_text_is_read_by_ocr(folder: Path, tmp_path: Path) -> None:
    clerk = Clerk()
    report = built(folder, tmp_path / "index", clerk)
    assert clerk.asked == [2]
    assert (report.text_pages, report.ocr_pages, report.failed_pages) == (1, 1, 0)
    assert report.files[0].doubts == {2: REASON}
    assert page_text(tmp_path / "index", folder, 2) == RIGHT


def test_wrong_text_that_nobody_reads_is_not_found(folder: Path, tmp_path: Path) -> None:
    report = built(folder, tmp_path / "index")
    assert (report.failed_pages, report.files[0].reason) == (1, f"page 2: {REASON}")
    assert page_text(tmp_path / "index", folder, 2) == ""


def test_wrong_text_that_ocr_fails_at_is_not_found(folder: Path, tmp_path: Path) -> None:
    report = built(folder, tmp_path / "index", Clerk("too dark"))
    assert report.failed_pages == 1
    assert page_text(tmp_path / "index", folder, 2) == ""


def test_status_and_plan_name_the_page(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = estimate([folder], tmp_path / "index", embeddings="none", ocr_with=Clerk())
    named = [{"source": "report.pdf", "page": 2, "reason": REASON}]
    assert (found.wrong, found.ocr_pages) == (named, 1)
    built(folder, tmp_path / "index", Clerk())
    assert cli.ingest(["status", "--index", str(tmp_path / "index"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["doubtful"] == named
    assert cli.ingest(["status", "--index", str(tmp_path / "index")]) == 0
    assert f"doubtful     report.pdf, p. 2: {REASON}" in capsys.readouterr().out.replace("\n", "")


class Line(NamedTuple):
    text: str
    confidence: float


class Eyes:
    """Reads every line of a picture as the same text."""

    def __init__(self, text: str, confidence: float = 0.99) -> None:
        self.line = Line(text, confidence)
        self.read_lines = 0

    def read(self, pictures: Sequence[np.ndarray]) -> list[Line]:
        self.read_lines += len(pictures)
        return [self.line] * len(pictures)


def scan(path: Path, text: str, pages: int = 1) -> Path:
    """Pages of a picture of black bars with an invisible layer of text over it."""
    rows = bytes(0 if column % 4 == 0 and row % 5 < 3 else 255 for row in range(200) for column in range(150))
    image = stream(
        rows, "/Type /XObject /Subtype /Image /Width 150 /Height 200 /ColorSpace /DeviceGray /BitsPerComponent 8"
    )
    content = "q 600 0 0 800 0 0 cm /Im Do Q\n" + lines("F1", text, 3)
    resources = f"/XObject << /Im {5 + 2 * pages} 0 R >>"
    return pdf(path, [content] * pages, objects=[image], resources=resources)


def sampled(path: Path, eyes: Eyes) -> dict[int, str]:
    with PdfFile(path) as file:
        return doubts_of(file, [file.sheet(number) for number in range(1, len(file) + 1)], eyes)  # type: ignore[arg-type]


def test_the_layer_of_a_scan_that_its_picture_does_not_show_is_doubtful(tmp_path: Path) -> None:
    path = scan(tmp_path / "scan.pdf", RIGHT)
    doubt = "only 0% of the words in a sample of its lines are what the picture shows"
    assert sampled(path, Eyes("Nothing of that kind was ever printed here")) == {1: doubt}


def test_the_layer_of_a_scan_with_every_sixth_word_misread_is_doubtful(tmp_path: Path) -> None:
    path = scan(tmp_path / "scan.pdf", RIGHT.replace("revenue", "rcvenue").replace("costs", "c0sts"))
    doubt = "only 85% of the words in a sample of its lines are what the picture shows"
    assert sampled(path, Eyes(RIGHT)) == {1: doubt}


def test_the_layer_of_a_scan_that_its_picture_shows_is_trusted(tmp_path: Path) -> None:
    assert sampled(scan(tmp_path / "scan.pdf", RIGHT), Eyes(RIGHT)) == {}


def test_lines_that_can_not_be_read_say_nothing(tmp_path: Path) -> None:
    assert sampled(scan(tmp_path / "scan.pdf", RIGHT), Eyes("???", 0.3)) == {}


def test_of_a_long_scan_ten_pages_are_sampled_while_they_agree(tmp_path: Path) -> None:
    eyes = Eyes(RIGHT)
    assert sampled(scan(tmp_path / "scan.pdf", RIGHT, pages=25), eyes) == {}
    assert eyes.read_lines == 60


def test_a_long_scan_whose_layer_is_wrong_is_doubtful_to_its_end(tmp_path: Path) -> None:
    found = sampled(scan(tmp_path / "scan.pdf", RIGHT, pages=33), Eyes("Nothing of that kind was printed here"))
    assert sorted(found) == list(range(1, 34))


def test_text_that_is_drawn_in_fonts_with_known_shapes_is_not_sampled(folder: Path) -> None:
    eyes = Eyes("Nothing")
    assert sampled(folder / "report.pdf", eyes) == {}
    assert eyes.read_lines == 0
