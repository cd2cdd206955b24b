"""Characters as they are printed: hyphens, doubles, order, blanks, marks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mistral_rag.pdf import PdfFile, read_pages

Put = Callable[..., str]
WritePdf = Callable[..., Path]

CASES = Path("cases") / "reading"


def text_of(path: Path, number: int = 1) -> str:
    with PdfFile(path) as pdf:
        return pdf.sheet(number).text


@pytest.fixture
def printed(write_pdf: WritePdf) -> Callable[[str], str]:
    """The text of a page of some content."""
    return lambda content: text_of(write_pdf(content))


Printed = Callable[[str], str]


def letters(x: float, y: float, spaced: list[tuple[str, float]], *, size: float = 10) -> str:
    """Text of one string, with gaps in thousandths of the size behind its pieces."""
    pieces = " ".join(f"({piece}) {-gap}" for piece, gap in spaced)
    return f"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm [{pieces}] TJ ET\n"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("SS\u00ad2541\u00ad03\u00adM", "SS-2541-03-M"),
        ("within 1\u00ad12 months", "within 1-12 months"),
        ("Attribution\u00adNonCommercial", "Attribution-NonCommercial"),
        ("from \u00ad4.5 to 2018\u00ad2019", "from -4.5 to 2018-2019"),
    ],
)
def test_a_soft_hyphen_that_is_drawn_is_a_hyphen(printed: Printed, put: Put, written: str, read: str) -> None:
    assert printed(put(60, 700, written)) == read


def test_a_soft_hyphen_at_the_end_of_a_line_is_a_hyphen_and_a_newline(printed: Printed, put: Put) -> None:
    content = put(60, 700, "This is an exam\u00ad") + put(60, 688, "ple of a hyphen")
    assert printed(content) == "This is an exam-\nple of a hyphen"


def test_a_hyphen_before_a_jump_on_its_line_ends_no_line(printed: Printed, put: Put) -> None:
    content = put(60, 700, "Form 10-") + put(98, 700, "K of 2023")
    assert printed(content) == "Form 10-K of 2023"


@pytest.mark.parametrize(("across", "down"), [(0.0, 0.0), (0.3, 0.0), (0.8, -0.8), (1.0, 1.0)])
def test_a_text_drawn_twice_is_read_once(printed: Printed, put: Put, across: float, down: float) -> None:
    line = "Total assets 11,229 in the book"
    again = put(60 + across, 700 + down, line)
    assert printed(put(60, 700, line) + put(60, 650, "Between them.") + again) == f"{line}\nBetween them."


@pytest.mark.parametrize(("across", "down"), [(0.9, -1.1), (1.2, -1.2), (0.6, 1.4), (-1.0, -1.0)])
@pytest.mark.parametrize("line", ["Mat. 25.2 Moisture 4.6 Income $9427", "Balance 1,100,000", "WILL CALL 11:11"])
def test_a_text_whose_shadow_is_drawn_letter_by_letter_is_read_once(
    printed: Printed, put: Put, line: str, across: float, down: float
) -> None:
    places = [60.0 + 7 * at for at in range(len(line))]
    both = "".join(
        put(x + dx, 700 + dy, letter)
        for x, letter in zip(places, line, strict=True)
        if letter != " "
        for dx, dy in ((0.0, 0.0), (across, down))
    )
    assert printed(both).replace(" ", "") == line.replace(" ", "")


def test_letters_that_are_doubled_by_their_spelling_stay(printed: Printed, put: Put) -> None:
    line = "A committee of 11 bookkeepers will access 1,100,000 balls...."
    assert printed(put(60, 700, line)) == line


def test_a_letter_drawn_late_stands_in_its_place(printed: Printed) -> None:
    # Helvetica's digits are 5.56 wide, its full stop 2.78
    content = letters(60, 700, [("Score", 278), ("1", 278), ("9", 0)])
    assert printed(content + letters(60 + 26.12 + 2.78 + 5.56, 700, [(".", 0)])) == "Score 1.9"


def test_a_text_in_two_layers_of_which_one_lacks_signs_is_read_once(printed: Printed, put: Put) -> None:
    first = letters(60, 700, [("1", 278), ("9", 1000), ("120", 278), ("0", 0)])
    second = put(60, 700, "1.9") + put(60 + 5.56 * 2 + 2.78 + 10, 700, "120.0")
    assert printed(first + second) == "1.9 120.0"


def test_a_text_over_its_line_of_underscores_is_not_woven_into_it(printed: Printed, put: Put) -> None:
    content = put(60, 700, "____________") + put(63, 701, "Smith")
    assert "Smith" in printed(content).split()


def test_figures_of_two_columns_are_two_words(shared: Path) -> None:
    text = text_of(shared / CASES / "02-glued-single-digits.pdf")
    guam, maryland, islands = (
        next(line for line in text.splitlines() if line.startswith(name)).split("  ")
        for name in ("Guam", "Maryland", "Virgin Islands")
    )
    # the state, 21 figures and their total
    assert [len(row) for row in (guam, maryland, islands)] == [23, 23, 23]
    assert guam[2:7] == ["100", "55", "12", "3", "0"]
    assert guam[-1] == "171"
    assert maryland[4:7] == ["96", "9", "0"]
    assert islands[3:5] == ["2", "0"]


def test_a_part_number_with_soft_hyphens_of_a_real_file(shared: Path) -> None:
    assert text_of(shared / CASES / "01-soft-hyphen-part-number.pdf") == "SS-2541-03-M"


def test_a_table_of_two_layers_of_a_real_file(shared: Path) -> None:
    text = text_of(shared / "data" / "weird_pdfs" / "pdfs" / "08a12a353073.pdf")
    row = next(line for line in text.splitlines() if line.startswith("Stine"))
    assert row.split("  ")[3:] == ["1.9", "R", "CMB", "55.3", "7.6", "0", "120.0", "$830"]


@pytest.mark.parametrize("gap", [250, 900, 4000])
def test_a_gap_without_a_blank_parts_words(printed: Printed, gap: int) -> None:
    assert printed(letters(60, 700, [("3", gap), ("0", gap), ("171", 0)])).split() == ["3", "0", "171"]


def test_kerning_parts_no_words(printed: Printed) -> None:
    content = letters(60, 700, [("T", -70), ("o", 20), ("tal", -30), (" A", -60), ("V", -40), ("A", 0)])
    assert printed(content) == "Total AVA"


@pytest.mark.parametrize("spacing", [1.0, 2.0, 3.0])
def test_letters_that_are_set_wide_are_words(printed: Printed, spacing: float) -> None:
    line = f"BT /F1 10 Tf {spacing} Tc 1 0 0 1 60 700 Tm (ANNUAL REPORT 2024) Tj ET\n"
    assert printed(line) == "ANNUAL REPORT 2024"


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("C O N T E N T S", "CONTENTS"),
        ("S O L I C I T A:", "SOLICITA:"),
        ("S U M M A R Y   O F   T E R M S", "SUMMARY OF TERMS"),
        ("Grades A B C D E F", "Grades A B C D E F"),
        ("Row 1 2 3 4 5 6 7", "Row 1 2 3 4 5 6 7"),
        ("So I a m", "So I a m"),
    ],
)
def test_letters_apart_by_blanks_are_a_word_where_they_are_a_heading(
    printed: Printed, put: Put, line: str, read: str
) -> None:
    assert printed(put(60, 700, line)) == read


def raised(base: str, mark: str, behind: str = "", *, size: float = 6.5, rise: float = 4) -> str:
    return f"BT /F1 10 Tf 60 700 Td ({base}) Tj {rise} Ts /F1 {size} Tf ({mark}) Tj 0 Ts /F1 10 Tf ({behind}) Tj ET\n"


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (raised("Net sales 2018", "1"), "Net sales 2018 1"),
        (raised("Net sales 2018", "1", ", restated"), "Net sales 2018 1, restated"),
        (raised("$846", "2", size=8.3), "$846 2"),
        (raised("", "1", "2024 figures"), "1 2024 figures"),
        (raised("the 34", "th", " week"), "the 34th week"),
        (raised("angles of 140", "o", " and more"), "angles of 140° and more"),
        (raised("below 20", "o", "C"), "below 20°C"),
        (raised("the 34", "of", " them"), "the 34of them"),
        (raised("CO", "2", " of 5", rise=-1.5), "CO2 of 5"),
        (raised("log 10", "2", rise=-1.5), "log 10 2"),
        (raised("SMALL ", "CAPITALS", rise=0), "SMALL CAPITALS"),
        (raised("10", "6", " units"), "10 6 units"),
    ],
)
def test_marks_lengthen_no_number(printed: Printed, content: str, read: str) -> None:
    assert printed(content) == read


SCRIPTS = """\
السلام عليكم ورحمة الله (الأولى) في عام 2024 بلغت 1,250 لا غير.
الإجمالي: 3.5% (انظر الملحق ب)
إيرادات الشركة لا تشمل 12/31/2023 الأرباح.
סעיף (ב)(4) לחוק משנת 2019 קובע 15% מס.
החברה Apple Inc. מכרה 1,200 יחידות (ראה עמוד 7).
הרווח ב-2024 היה $1,250 לעומת 980.
ที่อยู่ของบริษัทอยู่ที่กรุงเทพฯ น้ำหนัก ๑๐ กิโลกรัม ผู้ถือหุ้น
กำไรสุทธิปีนี้ 1,250 ล้านบาท
会社の有給休暇は年間二十日です。売上高は1,234百万円。
CONTENTS
ANNUAL REPORT 2024
Letter spaced prose with some words 1234.
Shadow Heading 2023 book 11
BAFa appears, CO2 and H2O; revenue 1,234 1 and 34th, area 25 m 2, ($846) 2 $846 3
1 Includes 2 2024 figures; book keeping 11 223 committee office fluffy affine"""
"""What data/scripts.html says; a raised mark is a word of its own."""


@pytest.mark.parametrize(("at", "line"), list(enumerate(SCRIPTS.splitlines())))
def test_lines_that_a_browser_prints_are_read_as_they_were_written(at: int, line: str) -> None:
    assert text_of(Path(__file__).parent / "data" / "scripts.pdf").splitlines()[at] == line


def test_blanks_of_a_face_with_high_lines_are_kept() -> None:
    assert text_of(Path(__file__).parent / "data" / "arabic-sans.pdf").splitlines()[:3] == [
        "عقد إيجار",
        "لا يجوز للمستأجر التنازل عن العقد إلا بموافقة خطية. الإيجار",
        "الشهري 4,500 ريال.",
    ]


def test_lines_that_pdfium_cuts_to_pieces_are_whole() -> None:
    pages = read_pages(Path(__file__).parent / "data" / "short-leftward.pdf")
    assert [page.text for page in pages] == [
        "لا تقبل الإدارة الطلبات بعد 15 مايو (الساعة 12:30). الآلات الأولى سلمت إلى العملاء، والسلامة أولاً.",
        'המחיר (ללא מע"מ) הוא 2,940 ₪ ליחידה [דגם AX-15]. ההנחה היא 12.5%.',
        'דמי הביטוח הם 48.5 ש"ח לחודש (כולל מס), החל מ-1 ביוני 2027.',
        "تقرير الفحص",
        "دار النشر 4,500 ريال.",
    ]


def test_a_ligature_is_part_of_its_word() -> None:
    assert text_of(Path(__file__).parent / "data" / "short-ligatures.pdf").splitlines() == [
        "Tariff office  first floor",
        "Staff benefit  of final value",
    ]


def test_vertical_japanese_is_read_down_and_from_right_to_left() -> None:
    assert text_of(Path(__file__).parent / "data" / "vertical.pdf").splitlines() == [
        "当社の有給休暇は年間二十日とする。",
        "第二条  従業員は入社の日から六箇月を経過したとき、",
        "休暇を取得できる。二〇二四年四月一日に施行する。",
        "売上高は「一千万円」であった。",
    ]


@pytest.mark.parametrize(
    ("font", "letter", "sign"),
    [
        ("F4", "x", "☒"),
        ("F4", "\u00fd", "☒"),
        ("F4", "o", "☐"),
        ("F4", "q", "☐"),
        ("F4", "\u00a8", "☐"),
        ("F4", "\u00fe", "☑"),
        ("F1", "x", "x"),
        ("F1", "o", "o"),
    ],
)
def test_a_letter_of_a_font_of_dingbats_is_the_sign_that_it_draws(
    printed: Printed, put: Put, font: str, letter: str, sign: str
) -> None:
    lines = (
        put(60, 700, letter, font=font) + put(76, 700, "Annual report under section 13") + put(60, 680, "An x or o.")
    )
    assert printed(lines).split() == [sign, *["Annual", "report", "under", "section", "13", "An", "x", "or", "o."]]


def test_boxes_of_zapf_dingbats_are_boxes(printed: Printed, put: Put) -> None:
    assert printed(put(60, 700, "o", font="F5") + put(76, 700, "Agree")).split()[0] in {"☐", "❏"}


@pytest.mark.parametrize(
    ("letter", "drawn", "sign"),
    [
        ("x", "1 w 59 698 9 9 re S\n", "☒"),
        ("X", "59 698 m 68 698 l S 59 707 m 68 707 l S 59 698 m 59 707 l S 68 698 m 68 707 l S\n", "☒"),
        # no box, a cell, a table of small cells, another letter
        ("x", "", "x"),
        ("x", "40 690 60 30 re S\n", "x"),
        ("x", "".join(f"40 {689 + 9 * at} m 200 {689 + 9 * at} l S " for at in range(4)) + "59 650 m 59 750 l S "
         "68 650 m 68 750 l S\n", "x"),
        ("a", "59 698 9 9 re S\n", "a"),
    ],
)  # fmt: skip
def test_a_letter_in_a_small_square_ticks_it(printed: Printed, put: Put, letter: str, drawn: str, sign: str) -> None:
    content = drawn + put(61, 700, letter, size=8) + put(90, 700, "Annual report", size=10)
    assert printed(content).split() == [sign, "Annual", "report"]
