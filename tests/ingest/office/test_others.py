import contextlib
import shutil
import zipfile
from pathlib import Path

import pytest

from ingest.parsing import media_type_of
from mistral_rag.errors import ParseError
from tests.ingest.office.packages import blocks, p, read, shape, sheet, slides, texts, word, write_package

OPEN = "urn:oasis:names:tc:opendocument:xmlns:"
NAMES = " ".join(
    f'xmlns:{prefix}="{OPEN}{name}:1.0"'
    for prefix, name in [
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("draw", "drawing"),
        ("svg", "svg-compatible"),
        ("presentation", "presentation"),
        ("fo", "xsl-fo-compatible"),
    ]
)


def open_document(path: Path, kind: str, body: str, styles: str = "", manifest: str = "") -> Path:
    content = (
        f'<office:document-content {NAMES} xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:{kind}>{body}"
        f"</office:{kind}></office:body></office:document-content>"
    )
    parts = {"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content}
    if manifest:
        parts["META-INF/manifest.xml"] = manifest
    return write_package(path, parts)


def test_an_odt_has_sections_numbers_notes_and_comments(tmp_path: Path) -> None:
    styles = (
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="a" '
        'style:num-suffix=")"/></text:list-style><style:style style:name="H" style:family="text">'
        '<style:text-properties text:display="none"/></style:style>'
    )
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>old words</text:p></text:deletion>"
        '</text:changed-region></text:tracked-changes><text:h text:outline-level="1">Leave</text:h>'
        '<text:p>27<text:s text:c="2"/>days<text:note><text:note-citation>1</text:note-citation><text:note-body>'
        "<text:p>Since 2024.</text:p></text:note-body></text:note><office:annotation><dc:creator>Ann</dc:creator>"
        '<text:p>Really?</text:p></office:annotation>.<text:span text:style-name="H">hidden</text:span></text:p>'
        '<text:list text:style-name="L"><text:list-item><text:p>one'
        "</text:p></text:list-item><text:list-item><text:p>two</text:p>"
        '</text:list-item></text:list><text:h text:outline-level="1">Pay</text:h><text:p>Monthly.</text:p>'
    )
    parsed = read(open_document(tmp_path / "a.odt", "text", body, styles))
    assert [page.locator.label for page in parsed.pages] == ["Leave", "Pay"]
    assert blocks(parsed) == [
        ("title", "Leave"),
        ("text", "27  days[1]."),
        ("note", "[1] Since 2024."),
        ("comment", "Comment (Ann): Really?"),
        ("list", "a) one"),
        ("list", "b) two"),
        ("title", "Pay"),
        ("text", "Monthly."),
    ]
    assert parsed.hidden == {0: 6}
    assert "8 deleted characters" in parsed.problems[0].reason


def test_the_title_of_an_odt_is_the_paragraph_that_is_set_as_one_and_struck_words_are_out(tmp_path: Path) -> None:
    styles = (
        '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>'
        '<style:style style:name="S" style:family="text">'
        '<style:text-properties style:text-line-through-style="solid"/></style:style>'
    )
    body = (
        '<text:p text:style-name="P1">Supply Agreement</text:p><text:h text:outline-level="1">Price</text:h>'
        '<text:p>The price is <text:span text:style-name="S">5</text:span>6 euros.</text:p>'
    )
    parsed = read(open_document(tmp_path / "a.odt", "text", body, styles))
    assert parsed.title == "Supply Agreement"
    assert blocks(parsed) == [("title", "Supply Agreement"), ("title", "Price"), ("text", "The price is 6 euros.")]
    assert parsed.hidden == {0: 1}


def test_raised_marks_of_an_odt_are_apart_and_struck_words_leave_one_blank(tmp_path: Path) -> None:
    styles = (
        '<style:style style:name="S" style:family="text">'
        '<style:text-properties style:text-line-through-style="solid"/></style:style>'
        '<style:style style:name="U" style:family="text">'
        '<style:text-properties style:text-position="super 58%"/></style:style>'
        '<style:style style:name="D" style:family="text">'
        '<style:text-properties style:text-position="-33% 58%"/></style:style>'
    )
    body = (
        '<text:p>Paid at <text:span text:style-name="S">125</text:span> 130 per cent.'
        '<text:span text:style-name="U">1</text:span></text:p><text:p>CO<text:span text:style-name="D">2</text:span>'
        ' in 40 m<text:span text:style-name="U">2</text:span></text:p>'
    )
    parsed = read(open_document(tmp_path / "a.odt", "text", body, styles))
    assert blocks(parsed) == [("text", "Paid at 130 per cent. 1"), ("text", "CO2 in 40 m2")]


def test_an_ods_shows_what_its_cells_show(tmp_path: Path) -> None:
    body = (
        '<table:table table:name="Plan"><table:table-row><table:table-cell><text:p>City</text:p></table:table-cell>'
        "<table:table-cell><text:p>Staff</text:p></table:table-cell></table:table-row>"
        '<table:table-row table:number-rows-repeated="3" table:visibility="collapse">'
        "<table:table-cell><text:p>gone</text:p>"
        "</table:table-cell></table:table-row><table:table-row>"
        "<table:table-cell><text:p>Lyon</text:p></table:table-cell>"
        '<table:table-cell office:value-type="float"><text:p>1.000,5</text:p></table:table-cell></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048571">'
        '<table:table-cell table:number-columns-repeated="16384"/>'
        "</table:table-row></table:table>"
    )
    parsed = read(open_document(tmp_path / "a.ods", "spreadsheet", body))
    [page] = parsed.pages
    assert (page.text, str(page.locator), parsed.hidden) == ("City | Staff\nLyon | 1.000,5", "Plan!A1:B5", {1: 12})
    at = page.text.index("1.000")
    assert page.locator_at(at, at + 7).cells == "B5"


def test_an_odp_has_a_page_a_slide(tmp_path: Path) -> None:
    def frame(text: str, y: str, kind: str = "") -> str:
        return (
            f'<draw:frame svg:x="1cm" svg:y="{y}" svg:width="5cm" svg:height="1cm" presentation:class="{kind}">'
            f"<draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"
        )

    body = (
        f"<draw:page>{frame('below', '9cm')}{frame('Title', '12cm', 'title')}{frame('above', '2in')}"
        f"<presentation:notes>{frame('Speak up.', '0cm', 'notes')}</presentation:notes></draw:page>"
    )
    parsed = read(open_document(tmp_path / "a.odp", "presentation", body))
    assert [(str(page.locator), page.text) for page in parsed.pages] == [
        ("slide 1", "Title\n\nabove\n\nbelow\n\nSpeak up.")
    ]


def test_rtf_is_read_with_its_characters_tables_and_without_hidden_text(tmp_path: Path) -> None:
    path = tmp_path / "a.rtf"
    path.write_bytes(
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}}"
        rb"{\stylesheet{\s1 heading 1;}}{\info{\title Leave rules}}"
        rb"\pard\s1 Scope\par\pard Gr\'fc\'dfe \u8364?5 \f1\'cf\'f0\f0 {\v hidden}{\deleted gone}"
        rb"\par{\listtext 1.\tab}First{\footnote Since 2024.}\par"
        rb"\trowd\trhdr\cellx100\cellx200\intbl City\cell Staff\cell\row"
        rb"\trowd\cellx100\cellx200\intbl Lyon\cell 30\cell\row"
        rb"\pard {\field{\*\fldinst HYPERLINK}{\fldrslt shown}}{\*\unknown not}\par}"
    )
    parsed = read(path)
    assert parsed.title == "Leave rules"
    assert blocks(parsed) == [
        ("title", "Scope"),
        ("text", "Grüße €5 Пр"),
        ("list", "1. First"),
        ("note", "Since 2024."),
        ("table", "City | Staff"),
        ("table", "Lyon | 30"),
        ("text", "shown"),
    ]
    assert parsed.hidden == {0: 6}
    assert "4 deleted characters" in parsed.problems[0].reason


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Name;Betrag\nAnn;1.234,50\nBob;2,5\n", "Name | Betrag\nAnn | 1.234,50\nBob | 2,5"),
        ('Name,Note\nAnn,"a, b\nc"\n', "Name | Note\nAnn | a, b c"),
        ("sep=|\nA|B\n1|2\n", "A | B\n1 | 2"),
        ("A\tB\n1,5\t2,5\n", "A | B\n1,5 | 2,5"),
        ('x,5" pipe,3\ny,6" pipe,4\n', 'x | 5" pipe | 3\ny | 6" pipe | 4'),
        ("only\nlines\n", "only\nlines"),
    ],
)
def test_separated_values_stay_as_they_are_written(text: str, shown: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert texts(tmp_path / "a.csv") == [shown]


def test_rows_of_separated_values_have_numbers_and_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Name;Betrag\nAnn;1.234,50\n\nBob;2,5\n")
    [page] = read(tmp_path / "a.csv").pages
    at = page.text.index("Bob")
    assert str(page.locator_at(at, len(page.text))) == "A4:B4"
    assert [str(value) for value in page.cell_values(at, len(page.text))] == ["Betrag: 2,5 (row Bob)"]


def test_json_is_located_by_paths_and_numbers_stay(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        '{"title": "Staff", "office": {"city": "Lyon", "rent": 1.50},'
        '"people": [{"name": "Ann", "pay": 12345678901234567890},'
        '{"name": "Bob", "pay": 1e3}], "tags": ["a", "b"], "none": null}'
    )
    parsed = read(tmp_path / "a.json")
    [page] = parsed.pages
    assert (parsed.title, page.locator.label) == ("Staff", "$")
    assert page.text == (
        "title: Staff\ntags: a, b\n\n$.office\n\ncity: Lyon\nrent: 1.50\n\n$.people[0:2]\n\n"
        "name | pay\nAnn | 12345678901234567890\nBob | 1e3"
    )
    assert [str(value) for value in page.cell_values(0, 999)] == [
        "pay: 12345678901234567890 (row Ann)",
        "pay: 1e3 (row Bob)",
    ]


def test_lines_of_json_are_records(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": 1, "city": "Lyon"}\n\n{"id": 2, "city": "Porto"}\n')
    assert texts(tmp_path / "a.jsonl") == ["id | city\n1 | Lyon\n2 | Porto"]


def test_json_with_comments_is_read_as_text_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{\n  // note\n  "a": 1\n}\n')
    parsed = read(tmp_path / "a.json")
    assert parsed.pages[0].text == '{\n  // note\n  "a": 1\n}'
    assert "read as plain text" in parsed.problems[0].reason


def test_xml_is_located_by_the_path_of_elements(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(
        '<?xml version="1.0"?><order id="7"><title>Order</title><item><name>Saw</name><count>3</count></item>'
        "<item><name>Nail</name><count>40</count></item><note>Call <b>first</b>, please.</note></order>"
    )
    assert texts(tmp_path / "a.xml") == [
        "@id: 7\ntitle: Order\nnote: Call first, please.\n\n/order/item[0:2]\n\nname | count\nSaw | 3\nNail | 40"
    ]


def test_restructured_text_has_sections_items_and_code(tmp_path: Path) -> None:
    (tmp_path / "a.rst").write_text(
        "=====\nGuide\n=====\n\nUse ``pip`` or :doc:`the "
        "<x>` tool_.\n\n.. a comment\n\n.. note:: Mind *this*.\n\nSteps\n-----\n\n"
        "1. First\n2. Second\n\nThen::\n\n    run()\n      more()\n\n.. image:: x.png\n"
    )
    parsed = read(tmp_path / "a.rst")
    assert parsed.title == "Guide"
    assert blocks(parsed) == [
        ("title", "Guide"),
        ("text", "Use pip or the tool_."),
        ("text", "Mind this."),
        ("title", "Steps"),
        ("list", "1. First"),
        ("list", "2. Second"),
        ("text", "Then:"),
        ("code", "run()\n  more()"),
    ]


def test_code_keeps_its_indentation_and_names_its_lines(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("\n\ndef f():\n    return 1\n")
    [page] = read(tmp_path / "a.py").pages
    assert (page.text, str(page.locator)) == ("def f():\n    return 1", "lines 3-4")
    assert [block.kind for block in page.blocks] == ["code"]


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    made = word(tmp_path / "a.docx", p("In Word."))
    for name in ("a.pdf", "a.txt", "contract", "a.xlsx", "a.bin"):
        shutil.copyfile(made, tmp_path / name)
        assert texts(tmp_path / name) == ["In Word."]
    html = tmp_path / "export.xls"
    html.write_text("<html><table><tr><td>1</td><td>2</td></tr></table>")
    assert media_type_of(html) == "text/html"
    lines = tmp_path / "lines.xls"
    lines.write_text("a\tb\n1\t2\n")
    assert texts(lines) == ["a | b\n1 | 2"]
    rich = tmp_path / "letter.doc"
    rich.write_text(r"{\rtf1 Dear all\par}")
    assert texts(rich) == ["Dear all"]


@pytest.mark.parametrize(
    ("name", "content", "read_as"),
    [
        ("letter.doc", "Dear all,\nthe office moves.", ["Dear all,\nthe office moves."]),
        ("flow.dot", "digraph G { a -> b }", ["digraph G { a -> b }"]),
        ("page.doc", "<!DOCTYPE html><p>Dear all</p>", ["Dear all"]),
        ("rates.xls", "<?xml version='1.0'?><rates><km>0.38</km></rates>", ["km: 0.38"]),
        ("key.doc", "-----BEGIN PRIVATE KEY-----", None),
    ],
)
def test_text_under_the_name_of_a_binary_file_is_read_as_what_it_is(
    tmp_path: Path, name: str, content: str, read_as: list[str] | None
) -> None:
    (tmp_path / name).write_text(content)
    if read_as is None:
        assert media_type_of(tmp_path / name) is None
    else:
        assert texts(tmp_path / name) == read_as


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.xlsx", "a.doc", "a.eml", "a.zip", "a.epub", "a.png"])
def test_a_file_of_no_bytes_is_said_to_be_empty(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ParseError, match="the file is empty"):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("declared", "written"), [("utf-16", "utf-8"), ("us-ascii", "utf-8"), ("utf-8", "cp1252"), ("unicode", "utf-8")]
)
def test_xml_that_names_another_charset_than_it_is_in_is_read(tmp_path: Path, declared: str, written: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><a><name>Jürgen Großmann</name><city>Köln</city></a>'
    (tmp_path / "a.xml").write_bytes(text.encode(written))
    assert texts(tmp_path / "a.xml") == ["name: Jürgen Großmann\ncity: Köln"]


@pytest.mark.parametrize(
    ("charset", "city"),
    [
        ("gb2312", "北京市朝阳区"),
        ("Shift_JIS", "東京都千代田区"),
        ("EUC-KR", "서울특별시 종로구"),
        ("big5", "臺北市中正區"),
    ],
)
def test_xml_in_a_charset_of_two_bytes_is_read(tmp_path: Path, charset: str, city: str) -> None:
    text = f'<?xml version="1.0" encoding="{charset}"?><a><city>{city}</city><code>4711</code></a>'
    (tmp_path / "a.xml").write_bytes(text.encode(charset))
    assert texts(tmp_path / "a.xml") == [f"city: {city}\ncode: 4711"]


def test_xml_that_is_damaged_in_another_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text('<?xml version="1.0" encoding="utf-8"?>\n<a><b></a>')
    with pytest.raises(ParseError, match="is no well-formed XML"):
        read(tmp_path / "a.xml")


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("Makefile", b"all:\n\tcc x.c\n", "text/plain"),
        ("run", b"#!/bin/sh\necho\n", "text/x-shellscript"),
        ("feed", b'<?xml version="1.0"?><a/>', "application/xml"),
        ("wide", "Grüße".encode("utf-16"), "text/plain"),
        ("server.log", b"started\n", "text/plain"),
        ("empty", b"", None),
        ("program", b"\x7fELF\x02\x01\x01\x00", None),
        ("mistral-rag.toml", b"[retrieval]\n", None),
        ("pyproject.toml", b"[project]\n", "application/toml"),
    ],
)
def test_text_without_a_telling_name_is_told_by_its_bytes(
    name: str, content: bytes, media_type: str | None, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    assert media_type_of(tmp_path / name) == media_type


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><w:document xmlns:w="w">&b;</w:document>'
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"word/document.xml": BOMB}, "declares XML entities in word/document.xml"),
        ({"word/document.xml": "<w:document"}, "word/document.xml is no well-formed XML"),
        ({"other.xml": "<a/>"}, "is an archive, and no Word, Excel, PowerPoint or OpenDocument file"),
        ({"word/document.xml": "<a xmlns='urn:x'/>"}, "holds no document, workbook or presentation but a"),
    ],
)
def test_what_can_not_be_read_is_one_clear_line(parts: dict[str, str], reason: str, tmp_path: Path) -> None:
    rels = '<Relationships><Relationship Id="rId1" Type="t/officeDocument" Target="word/document.xml"/></Relationships>'
    with pytest.raises(ParseError, match=reason):
        read(write_package(tmp_path / "a.docx", {"_rels/.rels": rels, **parts}))


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    rels = '<Relationships><Relationship Id="rId1" Type="t/officeDocument" Target="word/document.xml"/></Relationships>'
    document = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    path = write_package(tmp_path / "a.docx", {"_rels/.rels": rels})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as part:
        part.write(document.encode())
        for _ in range(101):
            part.write(b" " * 1_000_000)
    with pytest.raises(ParseError, match=r"unpacks to more than can be read: word/document.xml; divide it"):
        read(path)


def test_files_with_a_password_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(COMPOUND + "EncryptedPackage".encode("utf-16-le") + bytes(4))
    manifest = (
        f'<m:manifest xmlns:m="{OPEN}manifest:1.0"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    )
    for protected in (path, open_document(tmp_path / "a.odt", "text", "", manifest=manifest)):
        with pytest.raises(ParseError, match="is protected by a password; save it without one"):
            read(protected)


def test_binary_files_ask_for_libreoffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "a.doc"
    path.write_bytes(COMPOUND + "WordDocument".encode("utf-16-le") + bytes(4))
    with pytest.raises(
        ParseError, match="is a binary Office file; install LibreOffice to have it read, or save it as docx"
    ):
        read(path)
    path.write_bytes(COMPOUND + "Thumbs".encode("utf-16-le"))
    with pytest.raises(ParseError, match="is a compound file, and no Word, Excel or PowerPoint file"):
        read(path)


def test_damage_anywhere_is_one_clear_line(tmp_path: Path) -> None:
    made = [
        word(tmp_path / "a.docx", p("Text.") * 20),
        sheet(tmp_path / "a.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row>'),
        slides(tmp_path / "a.pptx", shape("Text.")),
    ]
    for path in made:
        data = path.read_bytes()
        for at in range(0, len(data), 37):
            path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
            if media_type_of(path) is not None:
                with contextlib.suppress(ParseError):
                    read(path)
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(ParseError, match="is damaged"):
            read(path)
