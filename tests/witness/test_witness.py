"""Quotes against pages that are drawn and read by the real recogniser."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from mistral_rag.schema import Page, Source
from mistral_rag.witness import PictureWitness, Sighting, has_picture
from mistral_rag.witness import _witness as module
from tests.witness.conftest import HEIGHT, Placed, line, page_of, rewritten, source_of

pytest.importorskip("rapidocr")

Printer = Callable[[str], tuple[Source, Page]]


def look(witness: PictureWitness, source: Source, page: Page, quote: str) -> Sighting:
    at = page.text.index(quote)
    return witness.look(source, page, [(at, at + len(quote))])


def seen(witness: PictureWitness, source: Source, page: Page, quote: str) -> tuple[str, str | None]:
    sighting = look(witness, source, page, quote)
    return sighting.seen, sighting.text


def test_what_is_printed_agrees(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed(line("Total net sales were $81,797 (up 1.5%) in 2023.") + line("They fell.", top=115))
    assert seen(witness, source, page, page.text) == (
        "agrees",
        "Total net sales were $81,797 (up 1.5%) in 2023. They fell.",
    )
    assert seen(witness, source, page, "sales were $81,797") == ("agrees", "sales were $81,797")


@pytest.mark.parametrize(
    ("printed_line", "right", "wrong"),
    [
        ("for 1-12 months", "1-12", "112"),
        ("Moisture 1.9 and 7.6", "1.9", "19."),
        ("Total net sales 81,797", "81,797", "81,791"),
        ("Total net sales 81,797", "81,797", "8,797"),
        ("a loss of (1,234) in all", "(1,234)", "1,234"),
        ("a change of -23 in all", "-23", "23"),
        ("up 12.5% on last year", "12.5%", "12.5"),
        ("shall not be paid twice", "not", "now"),
        ("Part SS-2541-03-M here", "SS-2541-03-M", "SS254103M"),
        ("1.234 - 50 % + 3 - 2", "- 50 % + 3 - 2", "+ 50 % - 3 + 2"),
        ("a change of - 23 in all", "- 23", "+ 23"),
        ("7 × 2 in all", "×", "+"),
    ],
)
def test_what_is_printed_otherwise_differs(
    witness: PictureWitness, printed: Printer, printed_line: str, right: str, wrong: str
) -> None:
    source, page = printed(line(printed_line))
    assert seen(witness, source, rewritten(page, right, wrong), printed_line.replace(right, wrong)) == (
        "differs",
        printed_line,
    )


def test_a_word_that_our_text_lacks_differs(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed(line("The fee shall not be paid twice."))
    without = page_of([word for word in placed(page) if word[0] != "not"])
    assert seen(witness, source, without, "The fee shall be paid twice.") == (
        "differs",
        "The fee shall not be paid twice.",
    )


def test_words_that_are_struck_out_are_not_missed(witness: PictureWitness, printed: Printer) -> None:
    words = line("Overtime is paid at") + line("125", left=152) + line("130 per cent.", left=175)
    struck = words + f"0.8 w 151.5 {HEIGHT - 96} m 171 {HEIGHT - 96} l S\n"
    source, page = printed(struck)
    assert page.text == "Overtime is paid at 130 per cent."
    assert seen(witness, source, page, "Overtime is paid at 130 per cent.")[0] == "agrees"
    assert seen(witness, source, rewritten(page, "130", "180"), "Overtime is paid at 180 per cent.")[0] == "differs"


def test_a_word_that_our_text_lacks_at_the_end_of_a_line_differs(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed(line("The fee shall be paid not") + line("more than once.", top=115))
    words = placed(page)
    without = page_of(words[:5], words[6:])
    assert seen(witness, source, without, "The fee shall be paid\nmore than once.") == (
        "differs",
        "The fee shall be paid not more than once.",
    )


def test_a_word_in_a_wide_gap_that_our_text_lacks_differs(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed(line("Net loss") + line("before tax", left=150) + line("1,480", left=260))
    words = placed(page)
    without = page_of([*words[:2], words[-1]])
    assert seen(witness, source, without, "Net loss 1,480") == ("differs", "Net loss before tax 1,480")


def test_a_number_whose_first_digit_lies_outside_of_the_box_differs(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed(line("pay within 130 days"))
    words = placed(page)
    text, left, top, right, bottom = words[2]
    assert text == "130"
    cut = page_of([*words[:2], ("30", left + (right - left) / 3, top, right, bottom), words[3]])
    assert seen(witness, source, cut, "30 days") == ("differs", "130 days")


def test_two_columns_in_one_number_differ(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed(line("Multiple") + line("3", left=120) + line("0", left=135))
    words = placed(page)
    glued = page_of([words[0], ("30", words[1][1], *words[1][2:3], *words[2][3:])])
    assert seen(witness, source, glued, "Multiple 30") == ("differs", "Multiple 3 0")


@pytest.mark.parametrize(
    "hiding",
    [
        line("The official total is 1 USD", before="3 Tr"),
        "1 1 1 rg " + line("The official total is 1 USD"),
        line("The official total is 1 USD") + "0 0 0 rg 40 690 300 30 re f",
        line("The official total is 1 USD") + "1 1 1 rg 40 690 300 30 re f",
    ],
    ids=["invisible", "white", "under a black bar", "covered"],
)
def test_words_that_nobody_sees_differ(witness: PictureWitness, printed: Printer, hiding: str) -> None:
    _, shown = printed(line("The official total is 1 USD"))
    source, _ = printed(hiding + " 0 0 0 rg " + line("What everybody sees", top=200))
    assert seen(witness, source, shown, "The official total is 1 USD") == ("differs", "")


def test_words_over_which_other_words_are_printed_differ(witness: PictureWitness, printed: Printer) -> None:
    _, shown = printed(line("The official total is 1 USD"))
    source, _ = printed(line("Total Award Amount: 485,000"))
    assert look(witness, source, shown, "The official total is 1 USD").seen == "differs"


def test_print_that_is_too_small_to_be_read_by_anyone_differs(witness: PictureWitness, printed: Printer) -> None:
    source, _ = printed(line("The official total is 1 USD", size=1))
    tiny = page_of([("official", 56, 99.2, 60, 100.2)])
    assert look(witness, source, tiny, "official").seen == "differs"


def test_small_print_is_read(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed(line("Moisture 1.9 and 7.6 of 120.0 in all", size=5))
    assert seen(witness, source, page, page.text) == ("agrees", "Moisture 1.9 and 7.6 of 120.0 in all")


@pytest.mark.parametrize("digit", "0123456789")
def test_a_digit_alone_in_its_cell_is_read(witness: PictureWitness, printed: Printer, digit: str) -> None:
    source, page = printed(line(digit) + line("SCR-2", left=120))
    assert look(witness, source, page, page.text).seen == "agrees"


def test_a_rule_beside_a_number_is_no_digit(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed("47 680 1 40 re f 84 680 1 40 re f " + line("1,480"))
    assert seen(witness, source, page, "1,480") == ("agrees", "1,480")


def test_another_script_is_unreadable(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed(line("Total net sales"))
    assert look(witness, source, rewritten(page, "Total net sales", "Общий объём пр."), "Общий объём пр.").seen == (
        "unreadable"
    )


HEBREW = "שלום עולם 07 מבחן"


def test_a_number_within_another_script_is_unreadable_too(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed(line("DT NUUE 01 Jnan"))
    assert look(witness, source, rewritten(page, "DT NUUE 01 Jnan", HEBREW), HEBREW).seen == "unreadable"


def test_another_script_that_nobody_sees_differs(witness: PictureWitness, printed: Printer) -> None:
    _, shown = printed(line("DT NUUE 01 Jnan"))
    source, _ = printed(line("What everybody sees", top=200))
    assert look(witness, source, rewritten(shown, "DT NUUE 01 Jnan", HEBREW), HEBREW).seen == "differs"


@pytest.mark.parametrize("matrix", ["0 1 -1 0 300 200", "0 -1 1 0 300 700"], ids=["up", "down"])
@pytest.mark.parametrize(
    ("right", "wrong"), [("81,797", "81,791"), ("81,797", "8,797"), ("(1.5)", "1.5"), ("net ", ""), ("sales", "costs")]
)
def test_a_line_that_runs_up_or_down_the_page_is_read(
    witness: PictureWitness, printed: Printer, matrix: str, right: str, wrong: str
) -> None:
    text = "Total net sales 81,797 and a change of (1.5) in 2023"
    escaped = text.replace("(", "\\(").replace(")", "\\)")
    source, page = printed(f"BT /F1 11 Tf {matrix} Tm ({escaped}) Tj ET")
    assert seen(witness, source, page, page.text) == ("agrees", text)
    said = page.text.replace(right, wrong)
    assert look(witness, source, rewritten(page, right, wrong), said).seen == "differs"


def test_a_word_that_runs_up_the_page_alone_is_unreadable(witness: PictureWitness, printed: Printer) -> None:
    source, _ = printed("BT /F1 11 Tf 0 1 -1 0 100 400 Tm (Total net sales) Tj ET")
    assert look(witness, source, page_of([("Total", 90, 376, 100, 400)]), "Total").seen == "unreadable"


def test_upright_characters_that_stand_below_each_other_are_unreadable(
    witness: PictureWitness, printed: Printer
) -> None:
    source, _ = printed(line("Total net sales"))
    column = page_of([("有給休暇", 90, 300, 100, 340), ("二十日", 90, 345, 100, 375)])
    assert look(witness, source, column, column.text).seen == "unreadable"


def test_prose_of_two_columns_read_across_differs(witness: PictureWitness, printed: Printer) -> None:
    left, right = ("the fee shall be", "paid in one sum"), ("other terms apply", "to any late payer")
    source, page = printed(
        "".join(line(text, top=100 + 14 * at) for at, text in enumerate(left))
        + "".join(line(text, left=150, top=100 + 14 * at) for at, text in enumerate(right))
    )
    words = placed(page)
    lines: list[list[Placed]] = [[], []]
    for word in sorted(words, key=lambda word: (round(word[4]), word[1])):
        lines[word[4] > 108].append(word)
    woven = page_of(*lines)
    assert look(witness, source, woven, woven.text).seen == "differs"


def test_a_picture_is_read_as_a_pdf_is(witness: PictureWitness, tmp_path: Path) -> None:
    image = Image.new("L", (1200, 1600), 255)
    ImageDraw.Draw(image).text((100, 180), "Total due: 1,480.50", fill=0, font=ImageFont.load_default(36))
    image.save(tmp_path / "bill.png")
    source = source_of(tmp_path / "bill.png", "image/png")
    right, wrong = ("Total due: 1,480.50", "Total due: 1,430.50")
    box = (48.0, 90.0, 220.0, 110.0)
    assert [look(witness, source, page_of([(text, *box)]), text).seen for text in (right, wrong)] == [
        "agrees",
        "differs",
    ]


def placed(page: Page) -> list[Placed]:
    return [
        (
            page.text[word.start : word.end],
            word.box.left * page.width,
            word.box.top * page.height,
            word.box.right * page.width,
            word.box.bottom * page.height,
        )
        for word in page.words
    ]


def path_of(source: Source) -> Path:
    return Path(source.uri.removeprefix("file://"))


def test_a_file_that_has_changed_is_not_looked_at(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed(line("Total net sales 81,797"))
    assert look(witness, source, page, page.text).seen == "agrees"
    path_of(source).write_bytes(path_of(source).read_bytes() + b"\n")
    found = look(PictureWitness(), source, page, page.text)
    assert (found.seen, found.text, found.reason) == ("unchecked", None, "the original has changed")


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links are followed here")
def test_a_link_in_the_place_of_the_file_is_not_followed(printed: Printer, tmp_path: Path) -> None:
    source, page = printed(line("Total net sales 81,797"))
    path_of(source).rename(tmp_path / "elsewhere.pdf")
    path_of(source).symlink_to(tmp_path / "elsewhere.pdf")
    with PictureWitness() as witness:
        found = look(witness, source, page, page.text)
    assert found.seen == "unchecked"
    assert found.reason.startswith("the original can't be opened")


@pytest.mark.parametrize(
    "changes",
    [
        {"uri": "https://example.org/made.pdf"},
        {"uri": "file://server/share/made.pdf"},
        {"uri": "file:////server/share/made.pdf"},
        {"uri": "document:1"},
        {"parent": "file:///tmp/archive.zip"},
        {"media_type": "text/html"},
        {"uri": "file:///nowhere/made.pdf"},
        {"uri": "file:///dev/zero"},
    ],
)
def test_what_is_no_pdf_or_image_file_of_this_machine_has_no_picture(printed: Printer, changes: dict[str, str]) -> None:
    source, page = printed(line("Total net sales 81,797"))
    assert has_picture(source, page)
    assert not has_picture(source.model_copy(update=changes), page)
    with PictureWitness() as witness:
        assert look(witness, source.model_copy(update=changes), page, page.text).seen == "unchecked"
        assert witness._worker is None


def test_what_was_seen_is_kept(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed(line("A line of its own 4711"))
    first, second = (look(witness, source, page, page.text) for _ in range(2))
    assert (first.seen, second.seen) == ("agrees", "agrees")
    assert first.seconds > 0
    assert second.seconds == 0


def test_without_the_extra_nothing_is_checked(printed: Printer, monkeypatch: pytest.MonkeyPatch) -> None:
    source, page = printed(line("Total net sales 81,797"))
    monkeypatch.setattr(module, "PACKAGES", ("no_such_package",))
    without = PictureWitness()
    without.start()
    assert not without.available
    assert look(without, source, page, page.text) == Sighting("unchecked", reason="the extra `local` is not installed")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_has_a_process_of_its_own(witness: PictureWitness, printed: Printer) -> None:
    source, page = printed(line("Total net sales 5,050"))
    assert look(witness, source, page, "Total net sales").seen == "agrees"
    child = os.fork()
    if child == 0:
        os._exit(0 if look(witness, source, page, "5,050").seen == "agrees" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert look(witness, source, page, page.text).seen == "agrees"


def test_hatches_behind_a_number_are_no_part_of_it(witness: PictureWitness, printed: Printer) -> None:
    hatches = "".join(f"{x} 680 m {x + 15} 720 l S\n" for x in range(0, 560, 5))
    ground = f"q 50 685 300 30 re W n .5 G 1.4 w\n{hatches}Q\n"
    source, page = printed(ground + line("Interest expense -12 (14) 3,108"))
    assert look(witness, source, page, page.text).seen == "agrees"
    wrong = rewritten(page, "-12", "-17")
    assert look(witness, source, wrong, wrong.text).seen == "differs"


def test_a_grey_word_behind_black_ones_is_no_pattern(witness: PictureWitness, printed: Printer) -> None:
    grey = line("not", left=140, before=".6 g")
    source, page = printed(line("Interest is") + grey + line("due in May.", left=165))
    without = rewritten(page, "not ", "")
    assert "not" in page.text
    assert look(witness, source, without, without.text).seen == "differs"
