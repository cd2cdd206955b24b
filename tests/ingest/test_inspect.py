"""`ingest inspect`: what was read of a file is said, drawn and printed as JSON; what can't be drawn is said."""

import io
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfWriter

from mistral_rag import cli as program
from mistral_rag.schema import Page
from tests.printed import line, pdf

FILLER = "Receipts are kept for ten years, and each of them names the day, the place and the purpose of the trip."
"""With fewer than 100 characters, blanks not counted, a page would be read by OCR."""
FIRST = line(60, 700, "Travel and other costs", size=18) + line(60, 600, FILLER)
SECOND = line(60, 700, "The budget is 4200 euros.") + line(60, 600, FILLER)
HIDDEN = line(60, 500, "Canary", before="3 Tr")


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf(FIRST, SECOND + HIDDEN))
    return path


def inspect(*arguments: str | Path) -> int:
    return program.ingest(["inspect", *map(str, arguments)])


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The one line that says why nothing was done."""
    assert inspect(*arguments) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    return err.removeprefix("error: ").rstrip("\n")


def test_without_a_picture_a_line_is_said_of_each_page(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect(report) == 0
    assert capsys.readouterr().out.splitlines() == [
        "report.pdf: application/pdf, Travel and other costs (report)",
        "2 pages: 4 blocks, 4 units, 0 tables, 6 hidden characters, 0 doubts",
        "p. 1: 2 blocks (1 title, 1 text), 2 units",
        "p. 2: 2 blocks (2 text), 2 units, 6 hidden characters left out",
    ]


def test_json_has_the_pages_as_an_index_keeps_them(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect(report, "--page", "2", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    (page,) = [Page.model_validate(page) for page in said["pages"]]
    assert (page.locator.number, page.text) == (2, f"The budget is 4200 euros.\n{FILLER}")
    assert {name: said[name] for name in ("source", "total_pages", "out", "hidden", "problems")} == {
        "source": "report.pdf",
        "total_pages": 2,
        "out": None,
        "hidden": {"2": 6},
        "problems": [],
    }


def test_a_png_has_the_regions_outlined(report: Path, tmp_path: Path) -> None:
    assert inspect(report, "--page", "2", "--out", tmp_path / "page.png") == 0
    image = Image.open(tmp_path / "page.png").convert("RGB")
    # two pixels a point: the region begins 1.5 points before its words, at 60 and 700 points from the lower left
    column = [image.getpixel((117, y)) for y in range(182, 206)]
    assert (0, 114, 178) in column
    assert image.getpixel((110, 300)) == (255, 255, 255)
    # the place of what is hidden is hatched
    hatched = {color for _, color in image.crop((121, 584, 180, 604)).getcolors(1 << 16) or ()}
    assert (206, 82, 0) in hatched


def test_layers_of_a_png_are_chosen(report: Path, tmp_path: Path) -> None:
    assert inspect(report, "--page", "2", "--out", tmp_path / "page.png", "--layers", "words") == 0
    colors = Image.open(tmp_path / "page.png").convert("RGB").getcolors(1 << 20) or ()
    assert (86, 180, 233) in {color for _, color in colors}
    assert (0, 114, 178) not in {color for _, color in colors}


def test_an_html_file_has_every_page_with_its_layers(report: Path, tmp_path: Path) -> None:
    assert inspect(report, "--out", tmp_path / "report.html") == 0
    source = (tmp_path / "report.html").read_text()
    assert source.count("<image href=") == 2
    assert source.count('class="layer-regions"') == 2
    assert "<title>2. sentence: Receipts are kept for ten years" in source
    unit = re.search(r'<g id="s2-unit1"><rect class="area" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', source)
    assert unit is not None
    assert [round(float(side)) for side in unit.groups()] == [60, 91, 116]


def test_words_of_hidden_text_are_shown_only_when_asked_for(report: Path, tmp_path: Path) -> None:
    assert inspect(report, "--out", tmp_path / "report.html") == 0
    source = (tmp_path / "report.html").read_text()
    assert "6 hidden characters left out: in 1 place" in source
    assert "Canary" not in source
    assert inspect(report, "--out", tmp_path / "report.html", "--show-hidden") == 0
    assert "hidden, left out: Canary" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("ocr_with", [(), ("--ocr", "never")])
def test_a_file_without_pages_is_shown_as_text(
    tmp_path: Path, ocr_with: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "leave.md").write_text("# Leave\n\nEveryone has 30 days. <i>Unused</i> days expire.\n\n- one\n- two\n")
    assert inspect(tmp_path / "leave.md", "--out", tmp_path / "leave.html", *ocr_with) == 0
    source = (tmp_path / "leave.html").read_text()
    assert '<b class="kind">1 title</b>' in source
    assert '<span class="unit unit-1" title="unit 2: sentence">Everyone has 30 days.</span>' in source
    assert "<svg" not in source


def test_pages_without_text_say_how_they_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf("0 g 50 50 400 400 re f"))
    assert inspect(path, "--ocr", "never") == 1
    assert (
        "   problem: needs OCR: no characters of text, but something is printed on the page; for OCR set "
        'MISTRAL_API_KEY, or on this machine run: pip install "mistral-rag[local]"' in capsys.readouterr().out
    )


def test_an_image_is_a_page(tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), "#FFEECC").save(tmp_path / "photo.png")
    assert inspect(tmp_path / "photo.png", "--ocr", "never", "--out", tmp_path / "page.html") == 0
    source = (tmp_path / "page.html").read_text()
    picture = re.search(r'<image href="data:image/png;base64,([^"]+)"', source)
    assert picture is not None
    import base64

    drawn = Image.open(io.BytesIO(base64.b64decode(picture[1])))
    assert (drawn.size, drawn.getpixel((150, 100))) == ((300, 200), (255, 238, 204))


def test_what_is_not_there_or_not_read_is_exit_2(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "table.xyz").write_text("x")
    assert refused(capsys, tmp_path / "no.pdf") == f"{tmp_path / 'no.pdf'} does not exist"
    assert refused(capsys, tmp_path) == f"{tmp_path} is a folder; name one file in it"
    assert refused(capsys, tmp_path / "table.xyz") == "table.xyz: files of this type are not read"
    assert refused(capsys, report, "--page", "3") == "report.pdf: it has no page 3; it has 2 pages"


def test_what_can_not_be_read_is_exit_2(report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    writer = PdfWriter(clone_from=report)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    broken = "broken.pdf: this is not a PDF, or it is damaged beyond reading"
    assert refused(capsys, tmp_path / "broken.pdf") == broken
    locked = "locked.pdf: the PDF is encrypted and needs a password; name a file of passwords with --password-file"
    assert refused(capsys, tmp_path / "locked.pdf") == locked


def test_what_can_not_be_drawn_is_exit_2(report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "leave.md").write_text("# Leave\n")
    out = tmp_path / "out.png"
    assert refused(capsys, report, "--out", out) == "a PNG shows one page, and report.pdf has 2. Add --page N"
    assert refused(capsys, tmp_path / "leave.md", "--out", out) == (
        "leave.md has no printed pages to draw; name an .html file"
    )
    assert refused(capsys, report, "--out", "x.jpg") == (
        "x.jpg: what is drawn is an .html or a .png file; give it one of these endings"
    )
    assert refused(capsys, report, "--page", "1", "--out", out, "--layers", "colours") == (
        "no layer is called colours; there are: regions, order, units, tables, hidden, words"
    )
    assert not out.exists()


def test_the_file_that_is_read_is_never_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>Everyone has 30 days.</p>")
    assert refused(capsys, page, "--out", page) == f"{page} is the file that is read; name another one to write"
    assert page.read_text() == "<p>Everyone has 30 days.</p>"


def test_a_range_of_pages_is_drawn(report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect(report, "--page", "1-2", "--out", tmp_path / "x.html") == 0
    with pytest.raises(SystemExit) as ended:
        inspect(report, "--page", "2-1")
    assert ended.value.code == 2
    assert "pages count from 1, and the first comes first" in capsys.readouterr().err


def test_names_and_texts_of_files_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "<img src=x>.pdf"
    path.write_bytes(pdf(line(60, 700, "<script>alert(1)</script> </title>") + line(60, 600, FILLER)))
    assert inspect(path, "--out", tmp_path / "x.html", "--show-hidden") == 0
    source = (tmp_path / "x.html").read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in source
    assert "<script" not in source
    assert "<img" not in source


def test_the_index_is_not_needed_and_nothing_is_left_behind(report: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(report, alone)
    assert inspect(alone / "report.pdf", "--out", alone / "x.html") == 0
    assert sorted(path.name for path in alone.iterdir()) == ["report.pdf", "x.html"]


def test_doubts_and_tables_are_said(report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from ingest import _inspection
    from mistral_rag.schema import Table, TableCell

    parsed = _inspection._parsed

    def with_table(*arguments: Any, **options: Any) -> Any:
        from dataclasses import replace

        file = parsed(*arguments, **options)
        cells = (TableCell(row=0, column=0, runs=((0, 3),), role="column"), TableCell(row=1, column=0, runs=((4, 10),)))
        table = Table(start=0, end=10, cells=cells, columns=("The",))
        second = file.pages[1].model_copy(update={"tables": (table,), "doubts": ("the map of a font looks wrong",)})
        return replace(file, pages=(file.pages[0], second))

    monkeypatch.setattr(_inspection, "_parsed", with_table)
    assert inspect(report, "--page", "2", "--out", tmp_path / "x.html") == 0
    source = (tmp_path / "x.html").read_text()
    assert "doubt: the map of a font looks wrong" in source
    assert "<title>The: budget</title>" in source
    assert inspect(report) == 0
    said = capsys.readouterr().out
    assert "table 1 of 2 cells under The" in said
    assert "   doubt: the map of a font looks wrong" in said


def test_a_locked_pdf_is_inspected_with_its_password(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lease.pdf"
    path.write_bytes(pdf(FIRST))
    writer = PdfWriter(clone_from=str(path))
    writer.encrypt("sésame", algorithm="AES-256")
    writer.write(str(path))
    before = path.read_bytes()
    assert refused(capsys, path) == (
        "lease.pdf: the PDF is encrypted and needs a password; name a file of passwords with --password-file"
    )
    (tmp_path / "passwords").write_text("wrong\nsésame\n")
    given = ("--password-file", tmp_path / "passwords")
    assert inspect(path, *given) == 0
    assert "1 page: 2 blocks" in capsys.readouterr().out
    assert inspect(path, *given, "--out", tmp_path / "lease.png") == 0
    with Image.open(tmp_path / "lease.png") as drawn:
        assert drawn.size[0] > 100
    (tmp_path / "passwords").write_text("wrong\n")
    assert refused(capsys, path, *given) == (
        "lease.pdf: the PDF is encrypted and needs a password: the password that was given does not open it"
    )
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["lease.pdf", "lease.png", "passwords"]


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are Unicode there")
def test_a_name_that_is_no_utf_8_is_shown_with_its_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_text("The cafe opens at nine.")
    assert inspect(path) == 0
    assert capsys.readouterr().out.splitlines()[0] == r"caf\xe9.txt: text/plain, caf\xe9"
    assert inspect(path, "--json") == 0
    assert json.loads(capsys.readouterr().out)["source"] == r"caf\xe9.txt"
    assert inspect(path, "--out", tmp_path / "out.html") == 0
