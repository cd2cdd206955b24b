from pathlib import Path

import pytest

from ingest.parsing._pdf import needs_ocr, parse
from mistral_rag.errors import ParseError
from mistral_rag.pdf import Sheet
from mistral_rag.schema import WordBoxes


def sheet(*, visible: int, garbage: float = 0.0, ink: float = 0.0) -> Sheet:
    return Sheet(1, 600, 800, "", WordBoxes(), (), visible, garbage, ink)


def test_a_picture_of_a_page_needs_ocr() -> None:
    assert (
        needs_ocr(sheet(visible=0, ink=0.1)) == "needs OCR: no characters of text, but something is printed on the page"
    )
    assert (
        needs_ocr(sheet(visible=12, ink=0.1))
        == "needs OCR: 12 characters of text, but something is printed on the page"
    )


def test_characters_without_a_meaning_need_ocr() -> None:
    assert needs_ocr(sheet(visible=2000, garbage=0.35)) == "needs OCR: 35% of the characters have no meaning"


def test_an_empty_page_and_a_page_of_text_need_none() -> None:
    assert needs_ocr(sheet(visible=0, ink=0.001)) is None
    assert needs_ocr(sheet(visible=2000)) is None
    assert needs_ocr(sheet(visible=2000, garbage=0.09)) is None


def test_a_filing_becomes_pages(checkout: Path) -> None:
    parsed = parse(checkout / "data" / "2023 Q3 AAPL.pdf")
    assert parsed.title == "Apple Inc. (2023 Q3 AAPL)"
    assert len(parsed.pages) == 29
    assert parsed.problems == ()
    assert [page.locator.number for page in parsed.pages] == list(range(1, 30))
    assert "Total net sales  81,797  82,959  293,787  304,182" in parsed.pages[3].text


def test_a_file_that_is_no_pdf_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    with pytest.raises(ParseError, match="damaged"):
        parse(tmp_path / "x.pdf")
