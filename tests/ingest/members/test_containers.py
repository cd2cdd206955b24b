"""Books, notebooks, and the files that a PDF carries."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfWriter

from ingest.parsing import Parsed, media_type_of, parse
from mistral_rag.errors import ParseError

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
)
BOOK = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata><dc:title>Field Guide</dc:title><dc:creator>Ann Fox</dc:creator><dc:language>en</dc:language></metadata>
<manifest><item id="b" href="two.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="one%20first.xhtml" media-type="application/xhtml+xml"/>
<item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="x" href="gone.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="n"/><itemref idref="a"/><itemref idref="b"/><itemref idref="x"/></spine></package>"""


def read(path: Path) -> Parsed:
    media_type = media_type_of(path)
    assert media_type is not None
    return parse(path, media_type)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "guide"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("OEBPS/book.opf", BOOK)
        archive.writestr("OEBPS/nav.xhtml", "<p>Contents</p>")
        archive.writestr("OEBPS/one first.xhtml", "<html><body><h1>Owls</h1><p>Owls hunt at night.</p></body></html>")
        archive.writestr("OEBPS/two.xhtml", "<html><body><h1>Foxes</h1><p>Foxes hunt at dusk.</p></body></html>")
    return path


def test_chapters_of_a_book_come_in_reading_order(book: Path) -> None:
    parsed = read(book)
    assert (parsed.title, parsed.metadata) == ("Field Guide", {"author": "Ann Fox", "language": "en"})
    assert [(page.locator.label, page.text) for page in parsed.pages] == [
        ("Owls", "Owls\n\nOwls hunt at night."),
        ("Foxes", "Foxes\n\nFoxes hunt at dusk."),
    ]
    assert [problem.reason for problem in parsed.problems] == [
        "chapters that are missing or protected: OEBPS/gone.xhtml"
    ]


def test_an_archive_named_as_a_book(tmp_path: Path) -> None:
    path = tmp_path / "no.epub"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(ParseError, match="no electronic book"):
        read(path)


def test_a_notebook_is_its_texts_its_code_and_what_it_printed(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Sales\n", "\n", "By region."]},
        {
            "cell_type": "code",
            "source": "print(total)",
            "outputs": [
                {"output_type": "stream", "text": ["total 42\n"]},
                {"output_type": "display_data", "data": {"image/png": "iVBOR", "text/plain": "<Figure>"}},
                {"output_type": "error", "ename": "ValueError", "traceback": ["long"]},
            ],
        },
        {"cell_type": "markdown", "source": "## Costs\n\nNone."},
    ]
    path = tmp_path / "sales.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {"kernelspec": {"language": "python"}}, "nbformat": 4}))
    parsed = read(path)
    assert (parsed.title, parsed.metadata) == ("Sales", {"programming_language": "python"})
    assert [(page.locator.label, page.text) for page in parsed.pages] == [
        ("Sales", "Sales\n\nBy region.\n\nprint(total)\n\ntotal 42\n\n<Figure>"),
        ("Costs", "Costs\n\nNone."),
    ]
    assert [block.kind for block in parsed.pages[0].blocks] == ["title", "text", "code", "code", "code"]


@pytest.mark.parametrize("content", ["[1, 2]", "{", "[" * 100_000])
def test_what_is_no_notebook(tmp_path: Path, content: str) -> None:
    path = tmp_path / "no.ipynb"
    path.write_text(content)
    with pytest.raises(ParseError, match="is no notebook"):
        read(path)


def test_files_that_a_pdf_carries_are_its_members(tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_attachment("prices.csv", b"item,price\npen,2\n")
    writer.add_attachment("Übersicht.txt", "Alles im Überblick.".encode())
    buffer = io.BytesIO()
    writer.write(buffer)
    path = tmp_path / "portfolio.pdf"
    path.write_bytes(buffer.getvalue())
    contents = {}
    for member in read(path).members:
        assert member.open is not None
        with member.open() as stream:
            contents[member.name] = stream.read().decode()
    assert contents == {"prices.csv": "item,price\npen,2\n", "Übersicht.txt": "Alles im Überblick."}
