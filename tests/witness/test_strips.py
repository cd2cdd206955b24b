"""Strips: where a quote's words are to be read, and how far beside them."""

import pytest

from mistral_rag.schema import Page
from mistral_rag.witness._gutters import is_woven
from mistral_rag.witness._strips import Strip, strips_of
from tests.witness.conftest import HEIGHT, WIDTH, Placed, page_of


def word(text: str, left: float, *, top: float = 100, height: float = 10) -> Placed:
    return (text, left, top, left + 6 * len(text), top + height)


def strips(page: Page, quote: str) -> list[Strip]:
    at = page.text.index(quote)
    return strips_of(page, at, at + len(quote))


def points(strip: Strip) -> list[float]:
    return [round(side * size, 1) for side, size in zip(strip.box, (WIDTH, HEIGHT) * 2, strict=True)]


def margins(strip: Strip) -> list[float]:
    return [round(margin * WIDTH, 1) for margin in strip.margins]


def test_a_line_is_one_strip() -> None:
    [strip] = strips(page_of([word("Net", 50), word("sales", 71)]), "Net sales")
    assert strip.text == "Net sales"
    assert points(strip) == [50, 100, 101, 110]


def test_lines_and_wide_gaps_part_a_quote() -> None:
    page = page_of([word("Net", 50), word("81,797", 200)], [word("of", 50, top=115), word("all", 66, top=115)])
    found = strips(page, "Net 81,797\nof all")
    assert [strip.text for strip in found] == ["Net", "", "81,797", "of all"]
    assert points(found[1]) == [68.8, 100, 199.2, 110]


def test_a_gap_that_holds_a_known_word_is_not_looked_at() -> None:
    page = page_of([word("Net", 50), word("81,797", 200)], [word("of", 100, top=101)])
    assert [strip.text for strip in strips(page, "Net 81,797")] == ["Net", "81,797"]


@pytest.mark.parametrize("accent", ["´", "ˆ", "¨"])
def test_an_accent_over_a_letter_parts_no_line(accent: str) -> None:
    page = page_of([word("Antonio", 50), (accent, 70, 98, 74, 106), word("Farinhas", 100)])
    [strip] = strips(page, f"Antonio {accent} Farinhas")
    assert strip.text == f"Antonio {accent} Farinhas"


def test_a_sign_over_another_word_parts_the_line() -> None:
    page = page_of([word("Total", 50), ("-", 60, 98, 64, 106), word("81", 100)])
    assert [strip.text for strip in strips(page, "Total - 81")] == ["Total", "-", "81"]


@pytest.mark.parametrize(
    ("first", "left", "is_mark"),
    [("o", 62, True), ("Ø", 62, True), ("o", 58, False), ("5", 62, False), ("I", 62, False)],
)
def test_a_letter_that_stands_for_a_bullet_may_be_missed(first: str, left: float, *, is_mark: bool) -> None:
    [strip] = strips(page_of([word(first, 50), word("Team", left)]), f"{first} Team")
    assert strip.words[0].mark is is_mark


def test_a_letter_within_a_line_is_no_bullet() -> None:
    found = strips(page_of([word("Sección", 20), word("o", 74), word("Team", 86)]), "o Team")
    assert [each.mark for each in found[0].words] == [False, False]


def test_a_little_more_is_read_on_each_side() -> None:
    [strip] = strips(page_of([word("Net", 50)]), "Net")
    assert margins(strip) == [10, 10]
    assert strip.blanks == (0.35, 0.35)


def test_a_word_that_is_known_to_stand_beside_is_left_out() -> None:
    [strip] = strips(page_of([word("Net", 50), word("sales", 71), word("rose", 104)]), "sales")
    assert margins(strip) == [2.2, 2.2]


def test_a_digit_of_ours_that_touches_the_number_is_read_with_it() -> None:
    [strip] = strips(page_of([("1", 50, 100, 56, 110), ("30", 56.2, 100, 68, 110)]), "30")
    assert margins(strip)[0] == 6.2


def test_a_footnote_mark_that_touches_the_number_is_left_out() -> None:
    [strip] = strips(page_of([("30", 50, 100, 62, 110), ("1", 62.2, 99, 65, 105)]), "30")
    assert margins(strip)[1] == 0


def test_the_end_of_a_line_within_a_quote_is_read_further() -> None:
    page = page_of([word("Net", 50), word("sales", 71)], [word("rose", 50, top=115)])
    first, second = strips(page, "Net sales\nrose")
    assert (margins(first), margins(second)) == ([10, 40], [40, 10])
    assert (first.blanks, second.blanks) == ((0.35, 0.9), (0.9, 0.35))


def test_a_quote_that_cuts_a_number_expects_its_part() -> None:
    assert strips(page_of([word("130", 50)]), "30")[0].text == "30"


def test_a_quote_that_cuts_a_run_of_letters_without_blanks_expects_all_of_it() -> None:
    assert strips(page_of([word("二十日の有給休暇", 50)]), "有給休暇")[0].text == "二十日の有給休暇"


def test_a_low_short_word_is_a_mark() -> None:
    [strip] = strips(page_of([word("Revenue", 50), word("fell", 95), ("3", 120, 98, 124, 104)]), "Revenue fell 3")
    assert [each.mark for each in strip.words] == [False, False, True]


def test_a_page_without_boxes_has_no_strips() -> None:
    page = Page(locator=page_of([word("x", 1)]).locator, text="Net sales", width=WIDTH, height=HEIGHT)
    assert strips_of(page, 0, 9) == []


LEFT = ("the", "sentence", "of", "the", "left")
RIGHT = ("words", "of", "the", "right", "column")


def columns(gap: float, *, lines: int = 2) -> Page:
    rows = []
    for line in range(lines):
        top, left, row = 100 + 14 * line, 50.0, []
        for text in (*LEFT, *RIGHT):
            left += gap if text == RIGHT[0] else 0
            row.append(word(text, left, top=top))
            left += 6 * len(text) + 4
        rows.append(row)
    return page_of(*rows)


@pytest.mark.parametrize(("gap", "lines", "woven"), [(15, 2, True), (15, 1, False), (3, 2, False)])
def test_prose_that_goes_on_over_a_gutter_is_woven(gap: float, lines: int, *, woven: bool) -> None:
    page = columns(gap, lines=lines)
    assert is_woven(page, 0, len(page.text)) is woven


def test_rows_of_a_table_are_not_woven() -> None:
    page = columns(15)
    unit = {"start": 0, "end": len(page.text), "kind": "row"}
    table = Page.model_validate({**{name: getattr(page, name) for name in Page.model_fields}, "units": (unit,)})
    assert not is_woven(table, 0, len(table.text))


def test_labels_beside_values_are_not_woven() -> None:
    page = page_of(
        [word("Net", 50), word("sales", 72), word("1,234", 150), word("5,678", 200)],
        [word("Gross", 50, top=114), word("profit", 84, top=114), word("234", 150, top=114), word("678", 200, top=114)],
    )
    assert not is_woven(page, 0, len(page.text))
