"""Files that LibreOffice converts, and flat files that need none; a small program stands in for LibreOffice."""

import struct
import sys
from pathlib import Path

import pytest

from mistral_rag.errors import ParseError
from tests.ingest.office.packages import p, read, relations, sheet, texts, word, write_package
from tests.ingest.office.test_others import COMPOUND, NAMES

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called soffice that notes how it is called and writes what lies in `made`."""
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "soffice").write_text(
        f'#!/bin/sh\nfor one; do echo "$one" >> {folder}/arguments; done\n/bin/mkdir -p made\n'
        f"for one in {folder}/made.*; do /bin/cp $one made/document.${{one##*.}}; done\n"
    )
    (folder / "soffice").chmod(0o700)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def compound(path: Path, *streams: str) -> Path:
    path.write_bytes(COMPOUND + b"".join(name.encode("utf-16-le") + bytes(4) for name in streams))
    return path


def binary_workbook(path: Path) -> Path:
    return write_package(
        path,
        {
            "[Content_Types].xml": '<Types><Default Extension="bin" ContentType="x"/></Types>',
            "_rels/.rels": relations(("officeDocument", "xl/workbook.bin")),
            "xl/workbook.bin": b"\x83\x01\x00",
        },
    )


@pytest.mark.parametrize("name", ["plan.xlsb", "plan.xlsx", "plan"])
def test_a_binary_workbook_is_read_through_libreoffice(tmp_path: Path, office: Path, name: str) -> None:
    sheet(office / "made.xlsx", '<row r="1"><c r="A1"><v>7</v></c></row>')
    parsed = read(binary_workbook(tmp_path / name))
    assert [(str(page.locator), page.text) for page in parsed.pages] == [("'Q1 Sales'!A1", "7"), ("Old", "")]
    assert parsed.title == "plan"
    assert "--infilter=Calc MS Excel 2007 Binary" in (office / "arguments").read_text().split("\n")


def test_a_binary_workbook_asks_for_libreoffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        ParseError, match="is a binary Office file; install LibreOffice to have it read, or save it as xlsx"
    ):
        read(binary_workbook(tmp_path / "plan.xlsb"))


@pytest.mark.parametrize("stream", ["WordDocument", "WORDDOCUMENT", "worddocument"])
def test_names_of_streams_have_no_case(tmp_path: Path, office: Path, stream: str) -> None:
    word(office / "made.docx", p("In Word."))
    assert texts(compound(tmp_path / "a.doc", stream)) == ["In Word."]
    assert "--infilter=MS Word 97" in (office / "arguments").read_text().split("\n")


def word_file(path: Path, text: bytes) -> Path:
    """A compound file (MS-CFB) of one stream, WordDocument, in eight sectors of 512 bytes."""
    none, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    head = struct.pack("<8s16x5H6x", COMPOUND, 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[none] * 108)
    fat = struct.pack("<128I", table, end, 3, 4, 5, 6, 7, 8, 9, end, *[none] * 118)
    entries = b"".join(
        struct.pack("<64sHBB3I36xIQ", encoded, len(encoded) + 2 if encoded else 0, kind, 1, none, none, child, at, size)
        for encoded, kind, child, at, size in (
            ("Root Entry".encode("utf-16-le"), 5, 1, end, 0),
            ("WordDocument".encode("utf-16-le"), 2, none, 2, 4096),
            (b"", 0, none, 0, 0),
            (b"", 0, none, 0, 0),
        )
    )
    path.write_bytes(head + fat + entries + text.ljust(4096, b"\0"))
    return path


@pytest.mark.parametrize(
    ("start", "read_by"), [(b"\xdc\xa5", "MS WinWord 6.0"), (b"\xec\xa5", "MS Word 97"), (b"", "MS Word 97")]
)
def test_files_of_word_95_have_a_filter_of_their_own(tmp_path: Path, office: Path, start: bytes, read_by: str) -> None:
    word(office / "made.docx", p("In Word."))
    assert texts(word_file(tmp_path / "a.doc", start)) == ["In Word."]
    assert f"--infilter={read_by}" in (office / "arguments").read_text().split("\n")


def flat(path: Path, kind: str, body: str) -> Path:
    path.write_text(
        f'<?xml version="1.0"?>\n<office:document {NAMES} xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.{kind}">'
        "<office:meta><dc:title>Rules of travel</dc:title></office:meta>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document>"
    )
    return path


def test_a_flat_text_is_read_as_its_archive_is(tmp_path: Path) -> None:
    body = (
        '<text:h text:outline-level="1">Leave</text:h><text:p>27 days<draw:frame><draw:image><office:binary-data>'
        "iVBORw0KGgo=</office:binary-data></draw:image></draw:frame> a year.</text:p>"
        '<text:h text:outline-level="1">Pay</text:h><text:p>Monthly.</text:p>'
    )
    parsed = read(flat(tmp_path / "a.fodt", "text", body))
    assert parsed.title == "Rules of travel"
    assert [(str(page.locator), page.text) for page in parsed.pages] == [
        ("Leave", "Leave\n\n27 days a year."),
        ("Pay", "Pay\n\nMonthly."),
    ]


def test_a_flat_spreadsheet_has_sheets_and_cells(tmp_path: Path) -> None:
    body = (
        '<table:table table:name="Rates"><table:table-row><table:table-cell office:value-type="string"><text:p>km'
        '</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="0.38"><text:p>0.38'
        "</text:p></table:table-cell></table:table-row></table:table>"
    )
    [page] = read(flat(tmp_path / "a.fods", "spreadsheet", body)).pages
    assert (str(page.locator), page.text) == ("Rates!A1:B1", "km | 0.38")


def test_a_flat_presentation_has_slides(tmp_path: Path) -> None:
    body = (
        '<draw:page draw:name="one"><draw:frame svg:x="1cm" svg:y="1cm" svg:width="5cm" svg:height="2cm">'
        "<draw:text-box><text:p>Welcome</text:p></draw:text-box></draw:frame></draw:page>"
    )
    [page] = read(flat(tmp_path / "a.fodp", "presentation", body)).pages
    assert (str(page.locator), page.text) == ("slide 1", "Welcome")


def test_other_files_by_the_name_of_flat_ones_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.fodt"
    path.write_text("<?xml version='1.0'?><note>no document</note>")
    with pytest.raises(ParseError, match="is XML, and no flat OpenDocument file"):
        read(path)
    path.write_text(
        "<!DOCTYPE d [<!ENTITY a 'aaaa'>]><office:document office:mimetype='application/vnd.oasis.opendocument.text'/>"
    )
    with pytest.raises(ParseError, match="declares XML entities"):
        read(path)
    path.write_text("Dear all")
    with pytest.raises(ParseError, match="is damaged"):
        read(path)


def test_an_archive_by_the_name_of_a_flat_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.fodt"
    word(path, p("In Word."))
    assert texts(path) == ["In Word."]
