"""Replacement text and squeezed letters: what is read is what is printed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mistral_rag.pdf import PdfFile, read_pages

Put = Callable[..., str]
WritePdf = Callable[..., Path]


def read(path: Path) -> tuple[str, int]:
    with PdfFile(path) as pdf:
        return read_pages(path)[0].text, pdf.sheet(1).hidden


@pytest.mark.parametrize(
    ("given", "printed", "read_as"),
    [
        ("9000", "500", "500"),
        ("the fee is waived for all", "500", "500"),
        ("5000", "500", "500"),
        ("-", "exam-", "exam-"),
        ("", "500", "500"),
        ("five hundred", " ", ""),
        ("NASA", "nasa", "NASA"),
        ("fi", "fi", "fi"),
    ],
)
def test_a_replacement_is_believed_only_where_it_has_the_letters_that_are_printed(
    write_pdf: WritePdf, put: Put, given: str, printed: str, read_as: str
) -> None:
    body = f"/Span << /ActualText ({given}) >> BDC\n{put(60, 700, printed)}EMC\n" + put(120, 700, "euros")
    assert read(write_pdf(body))[0].split() == [*read_as.split(), "euros"]


def test_a_replacement_in_utf_16_and_one_in_an_outer_mark_are_looked_at(write_pdf: WritePdf, put: Put) -> None:
    true = f"/Span << /ActualText <FEFF0035003000300020> >> BDC\n{put(60, 700, '500')}EMC\n"
    assert read(write_pdf(true))[0] == "500"
    wrong = f"/Span << /ActualText <FEFF0039> >> BDC /P << /MCID 0 >> BDC\n{put(60, 700, '500')}EMC EMC\n"
    assert read(write_pdf(wrong))[0] == "500"


def test_letters_without_characters_keep_their_replacement(write_pdf: WritePdf, put: Put) -> None:
    body = f"/Span << /ActualText (ff) >> BDC\n{put(60, 700, 'A', font='F3')}EMC\n"
    assert read(write_pdf(body))[0] == "ff"


@pytest.mark.parametrize("squeeze", ["1 Tz", "5 Tz", "10 Tz"])
def test_squeezed_words_are_hidden(write_pdf: WritePdf, put: Put, squeeze: str) -> None:
    body = f"{squeeze} {put(60, 700, 'secret')}100 Tz {put(120, 700, 'euros')}"
    assert read(write_pdf(body)) == ("euros", 6)


def test_words_squeezed_by_a_matrix_are_hidden(write_pdf: WritePdf, put: Put) -> None:
    body = put(60, 700, "secret", turn="0.02 0 0 1") + put(120, 700, "euros") + put(300, 400, "up", turn="0 1 -1 0")
    assert read(write_pdf(body)) == ("euros\nup", 6)


@pytest.mark.parametrize("word", ["condensed", "illicit", "l", "1", "..."])
def test_condensed_words_are_read(write_pdf: WritePdf, put: Put, word: str) -> None:
    assert read(write_pdf(f"50 Tz {put(60, 700, word)}")) == (word, 0)
