"""Text layers that pictures disprove: fonts whose letters have the right shapes, and signs the wrong map."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ingest import Build
from ingest import _pictures as module
from ingest._planning.redo import Redo
from ingest._report import BuildReport
from mistral_rag.index import IndexReader
from mistral_rag.ocr import PageFailure
from mistral_rag.schema import Block, Box, Locator, Page

pytest.importorskip("rapidocr")

COMMAS_AS_DOTS = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
1 begincodespacerange <00> <ff> endcodespacerange
3 beginbfrange <20> <2b> <0020> <2d> <2d> <002d> <2f> <7e> <002f> endbfrange
2 beginbfchar <2c> <002e> <2e> <002c> endbfchar
endcmap end end"""
"""A map of a font to Unicode with comma and point exchanged; all letters and digits are right."""
PRINTED = (
    ("Net sales 81,797 and 7.6", "Cost of sales 45,384 and 1.2", "Gross profit 36,413 and 3.4"),
    ("Cash 12,345 and 5.6", "Receivables 23,456 and 7.8", "Inventories 7,351 and 9.1"),
)
REASON = "needs OCR: the text says something else than is printed: the picture shows "


class Reader:
    """Reads pages as they are printed; notes which."""

    name = "local-reader"

    def __init__(self) -> None:
        self.asked: list[int] = []

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
        for number in numbers:
            self.asked.append(number)
            text = ". ".join(PRINTED[number - 1]) + "."
            box = Box(left=0.1, top=0.1, right=0.9, bottom=0.2)
            block = Block(start=0, end=len(text), kind="text", box=box, origin="local-ocr")
            yield Page(locator=Locator(kind="page", number=number), text=text, blocks=(block,), confidence=0.9)


def pdf(*pages: Sequence[str], wrong: Sequence[int]) -> bytes:
    """A PDF with these lines a page; the font of the `wrong` pages has the map above."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>"
        % (b" ".join(b"%d 0 R" % (6 + 2 * at) for at in range(len(pages))), len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode 5 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(COMMAS_AS_DOTS), COMMAS_AS_DOTS),
    ]
    for number, lines in enumerate(pages, 1):
        shown = "".join(
            f"BT /F1 12 Tf 50 {700 - 40 * at} Td ({line}.) Tj ET\n" for at, line in enumerate(lines)
        ).encode()
        bodies += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents %d 0 R"
            b" /Resources << /Font << /F1 %d 0 R >> >> >>" % (len(bodies) + 2, 4 if number in wrong else 3),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown),
        ]
    data, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    return (
        data
        + head
        + table
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(bodies) + 1, len(data))
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder


def build(root: Path, reader: Reader | None, *, redo: Redo | None = None) -> BuildReport:
    options = {"ocr_with": reader} if reader else {"ocr": "never"}
    work = Build([root], root.parent / "index", embeddings="none", workers=1, redo=redo, **options)
    for _ in work:
        pass
    return work.report


def texts(root: Path) -> list[str]:
    with IndexReader.open(root.parent / "index") as reader, reader.view() as view:
        [source] = view.sources()
        return [view.page(source.uri, number).text for number in (1, 2)]


def test_a_page_whose_picture_disproves_its_layer_is_read_by_ocr(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SAMPLED", 1)
    (root / "report.pdf").write_bytes(pdf(*PRINTED, wrong=[2]))
    reader = Reader()
    report = build(root, reader)
    assert reader.asked == [2]
    assert texts(root)[0].splitlines()[0] == "Net sales 81,797 and 7.6."
    assert texts(root)[1] == "Cash 12,345 and 5.6. Receivables 23,456 and 7.8. Inventories 7,351 and 9.1."
    [file] = report.files
    assert (file.status, report.ocr_pages, report.failed_pages, report.warnings) == ("added", 1, 0, [])
    assert file.doubts == {2: f'{REASON}"Cash 12,345 and 5.6." where the text says "Cash 12.345 and 5,6,"'}
    assert build(root, reader).files[0].status == "unchanged"


def test_without_ocr_it_has_no_text_and_the_report_says_why(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SAMPLED", 1)
    (root / "report.pdf").write_bytes(pdf(*PRINTED, wrong=[1]))
    report = build(root, None)
    assert texts(root)[0] == ""
    assert report.failed_pages == 1
    assert (report.files[0].reason or "").startswith(f"page 1: {REASON}")
    # the next build has a reader
    reader = Reader()
    assert build(root, reader).failed_pages == 0
    assert reader.asked == [1]
    assert texts(root)[0].startswith("Net sales 81,797 and 7.6.")


def test_redo_looks_at_pages_that_no_build_has_sampled(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "to_check", lambda _: [])
    (root / "report.pdf").write_bytes(pdf(*PRINTED, wrong=[1, 2]))
    reader = Reader()
    build(root, reader)
    assert reader.asked == []
    build(root, reader, redo=Redo(frozenset({(root / "report.pdf").as_uri()})))
    assert reader.asked == [1, 2]
    assert texts(root)[1].startswith("Cash 12,345 and 5.6.")


def test_pages_that_nobody_looked_at_share_the_layer_of_those_disproved(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_DOUBTFUL", 1)
    monkeypatch.setattr(module, "to_check", lambda pages: pages[:1])
    (root / "report.pdf").write_bytes(pdf(*PRINTED, PRINTED[0], wrong=[1, 2, 3]))
    report = build(root, None)
    assert report.failed_pages == 3
    assert sorted(report.files[0].doubts or {}) == [1, 2, 3]
