from collections.abc import Callable
from pathlib import Path

import pytest

from mistral_rag.pdf import PdfFile, Sheet
from mistral_rag.schema import Box

Put = Callable[..., str]
WritePdf = Callable[..., Path]


def sheet_of(path: Path, number: int = 1) -> Sheet:
    with PdfFile(path) as pdf:
        return pdf.sheet(number)


def words_of(sheet: Sheet) -> list[str]:
    return [sheet.text[word.start : word.end] for word in sheet.words]


def box_of(sheet: Sheet, text: str) -> Box:
    return next(word.box for word in sheet.words if sheet.text[word.start : word.end] == text)


def test_words_stand_at_their_offsets(write_pdf: WritePdf, put: Put) -> None:
    sheet = sheet_of(write_pdf(put(60, 700, "Net sales rose (by 4%).") + put(60, 680, "Costs fell.")))
    assert sheet.text == "Net sales rose (by 4%).\nCosts fell."
    assert words_of(sheet) == ["Net", "sales", "rose", "(by", "4%).", "Costs", "fell."]


def test_boxes_are_fractions_from_the_top_left_corner(write_pdf: WritePdf, put: Put) -> None:
    box = box_of(sheet_of(write_pdf(put(60, 700, "Hello"))), "Hello")
    assert box.left == pytest.approx(0.1, abs=0.001)
    assert box.right == pytest.approx((60 + 22.8) / 600, abs=0.002)
    assert box.top < (800 - 700) / 800 < box.bottom
    assert box.bottom - box.top == pytest.approx(11.7 / 800, abs=0.004)


def test_a_rotated_page_is_measured_as_it_is_read(write_pdf: WritePdf, put: Put) -> None:
    path = write_pdf(put(500, 80, "Sideways", turn="0 1 -1 0"), Rotate=90)
    sheet = sheet_of(path)
    assert (sheet.width, sheet.height) == (800, 600)
    assert sheet.text == "Sideways"
    box = box_of(sheet, "Sideways")
    assert box.left == pytest.approx(80 / 800, abs=0.002)
    assert box.top < 500 / 600 < box.bottom
    assert (box.right - box.left) * 800 > 3 * (box.bottom - box.top) * 600


def test_what_the_crop_hides_is_not_there(write_pdf: WritePdf, put: Put) -> None:
    sheet = sheet_of(write_pdf(put(20, 700, "hidden") + put(150, 600, "shown"), CropBox="[100 300 500 700]"))
    assert sheet.text == "shown"
    assert (sheet.width, sheet.height) == (400, 400)
    assert box_of(sheet, "shown").left == pytest.approx(50 / 400, abs=0.002)


def test_characters_beyond_the_basic_plane_count_once(write_pdf: WritePdf, put: Put) -> None:
    sheet = sheet_of(write_pdf(put(60, 700, "AA", font="F3") + put(76, 700, "smile")))
    assert sheet.text == "😀😀 smile"
    assert [(word.start, word.end) for word in sheet.words] == [(0, 2), (3, 8)]


def test_a_ligature_is_its_letters(write_pdf: WritePdf, put: Put) -> None:
    assert sheet_of(write_pdf(put(60, 700, "oBice", font="F3"))).text == "office"


def test_control_characters_part_words_and_leave_no_trace(write_pdf: WritePdf, put: Put) -> None:
    sheet = sheet_of(write_pdf(put(60, 700, "oneCtwo", font="F3")))
    assert sheet.text == "one two"
    assert words_of(sheet) == ["one", "two"]


def test_a_hyphen_at_the_end_of_a_line_is_a_hyphen_and_a_newline(write_pdf: WritePdf, put: Put) -> None:
    sheet = sheet_of(write_pdf(put(60, 700, "This is an exam-") + put(60, 688, "ple of a hyphen")))
    assert sheet.text == "This is an exam-\nple of a hyphen"
    assert words_of(sheet)[3:5] == ["exam-", "ple"]


def test_characters_without_a_meaning_are_counted(write_pdf: WritePdf, put: Put) -> None:
    assert sheet_of(write_pdf(put(60, 700, "plain words"))).garbage == 0
    assert sheet_of(write_pdf(put(60, 700, "D" * 10, font="F3") + put(60, 680, "x" * 10))).garbage == pytest.approx(0.5)


def test_a_letter_with_the_code_of_a_line_break_breaks_no_line(write_pdf: WritePdf, put: Put) -> None:
    sheet = sheet_of(write_pdf(put(60, 700, "oEce and eEcient", font="F3")))
    assert sheet.text == "o ce and e cient"
    # two letters of fourteen
    assert sheet.garbage == pytest.approx(2 / 14)


def test_bullets_of_symbol_fonts_are_bullets(write_pdf: WritePdf, put: Put) -> None:
    marks = put(60, 700, "@", font="F3") + put(60, 684, "#", font="F3")
    sheet = sheet_of(write_pdf(marks + put(80, 700, "Plant: 38 hours") + put(80, 684, "Office: 37 hours")))
    assert sheet.text == "• Plant: 38 hours\n▪  Office: 37 hours"


def test_words_of_real_pages_stand_at_their_offsets(checkout: Path) -> None:
    with PdfFile(checkout / "data" / "2023 Q3 AAPL.pdf") as pdf:
        for number in range(1, 9):
            sheet = pdf.sheet(number)
            words = words_of(sheet)
            assert " ".join(words).split() == words
            assert "".join(words) == "".join(sheet.text.split())
