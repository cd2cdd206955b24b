import io
import zipfile

import pytest

from mistral_rag.testing._content.office import office_pages


def zipped(members: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("members", "pages"),
    [
        (
            {"word/document.xml": "<w:p><w:t>Net &amp;</w:t><w:t>sales</w:t></w:p><w:p>rose</w:p>"},
            ["Net & sales\n\nrose"],
        ),
        ({f"ppt/slides/slide{number}.xml": f"<a:p>{number}</a:p>" for number in (10, 2, 1)}, ["1", "2", "10"]),
        (
            {
                "xl/sharedStrings.xml": "<sst><si><t>name</t></si><si><t>count</t></si></sst>",
                "xl/worksheets/sheet1.xml": '<row><c t="s"><v>1</v></c><c><v>5</v></c></row>'
                '<row><c t="s"><v>0</v></c></row>',
            },
            ["count 5\n\nname"],
        ),
        ({"mimetype": "x", "content.xml": "<text:p>odt</text:p>"}, ["odt"]),
        ({"a/2.xhtml": "<p>second</p>", "a/1.xhtml": "<p>first</p>"}, ["first", "second"]),
    ],
)
def test_the_words_of_office_files(members: dict[str, str], pages: list[str]) -> None:
    assert office_pages(zipped(members), is_text=False) == pages


def test_the_words_of_plain_files() -> None:
    assert office_pages(b"{\\rtf1\\ansi Hello \\b world}", is_text=False) == ["Hello world"]
    assert office_pages(b"a,b\n", is_text=True) == ["a,b"]
    assert office_pages(b'{"cells": [{"source": ["x = 1\\n", "y"]}, {"source": "z"}]}', is_text=True) == [
        "x = 1\ny\n\nz"
    ]


@pytest.mark.parametrize("content", [b"PK broken", zipped({"other": "x"}), b"a,b\n"])
def test_what_is_no_office_file_has_no_pages(content: bytes) -> None:
    assert office_pages(content, is_text=False) is None
