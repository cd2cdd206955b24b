from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.chunking import units
from mistral_rag.pdf import read_pages
from mistral_rag.schema import Page

WIDTHS = {
    **dict.fromkeys("ijl", 0.222),
    **dict.fromkeys("ft,. ", 0.278),
    **dict.fromkeys("r-()", 0.333),
    **dict.fromkeys("cksvxyz", 0.5),
    **dict.fromkeys("w", 0.722),
    **dict.fromkeys("m", 0.833),
}
"""Widths of Helvetica's letters; those that are not here take 0.556."""

Put = Callable[..., str]
WritePdf = Callable[..., Path]

AUDIT = (
    "The committee met four times in the course of the year and looked at the accounts of every division, which it "
    "found to be in good order and drawn up with care by those who keep them and by those who have to check them. "
    "It heard the auditors without the directors in March and in October, and it has no reason to doubt what they said."
)
BUILDING = (
    "On the other side of the ledger the costs of the new building were more than had been thought, because steel was "
    "dear and the ground was far too wet to be built upon before the end of the summer, as everybody knows. "
    "The roof was closed in November, and nobody was hurt while the work went on."
)
STAFF = (
    "Staff numbers went up by a tenth, mostly in the workshops of the south, where two lines run at night as well. "
    "Those who left did so for family reasons, and most of them have said that they would like to come back one day."
)


def page_of(path: Path) -> Page:
    return read_pages(path)[0]


def flat(text: str) -> str:
    return " ".join(text.split())


def wrap(text: str, width: float, size: float = 10) -> list[str]:
    """Lines of at most `width` points, broken where the next word would not fit."""
    found = [""]
    for word in text.split():
        longer = f"{found[-1]} {word}".strip()
        if sum(WIDTHS.get(letter, 0.556) for letter in longer) * size > width:
            found.append(word)
        else:
            found[-1] = longer
    return found


def lines(
    put: Put, x: float, top: float, text: str, *, width: float = 200, leading: float = 12, size: float = 10
) -> str:
    """A paragraph of lines of at most `width` points from `top` (points from the foot of the page) downwards."""
    return "".join(put(x, top - leading * at, line, size=size) for at, line in enumerate(wrap(text, width, size)))


def test_columns_are_read_one_after_the_other(write_pdf: WritePdf, put: Put) -> None:
    title = put(60, 740, "Report of the committee that stands over both of the columns", size=14)
    page = page_of(write_pdf(title + lines(put, 60, 700, AUDIT) + lines(put, 320, 700, BUILDING)))
    assert flat(page.text).endswith(f"{AUDIT} {BUILDING}")


def test_columns_of_unequal_length_are_read_one_after_the_other(write_pdf: WritePdf, put: Put) -> None:
    right = lines(put, 320, 700, AUDIT) + lines(put, 320, 560, STAFF)
    page = page_of(write_pdf(right + lines(put, 60, 664, BUILDING)))
    assert flat(page.text) == f"{BUILDING} {AUDIT} {STAFF}"


def test_columns_may_have_lines_of_different_distance(write_pdf: WritePdf, put: Put) -> None:
    left = lines(put, 60, 700, AUDIT, leading=13.3)
    page = page_of(write_pdf(left + lines(put, 320, 697, BUILDING, leading=11.7)))
    assert flat(page.text) == f"{AUDIT} {BUILDING}"


def test_three_columns_are_read_one_after_the_other(write_pdf: WritePdf, put: Put) -> None:
    columns = [lines(put, 40 + 180 * at, 700, text, width=150) for at, text in enumerate([AUDIT, BUILDING, STAFF])]
    assert flat(page_of(write_pdf("".join(columns))).text) == f"{AUDIT} {BUILDING} {STAFF}"


def test_a_heading_over_both_columns_ends_them(write_pdf: WritePdf, put: Put) -> None:
    above = lines(put, 60, 740, AUDIT) + lines(put, 320, 740, BUILDING)
    heading = put(60, 590, "What was built, what was sold and who came to work for us in the second half", size=13)
    below = lines(put, 60, 560, STAFF) + lines(put, 320, 560, AUDIT.replace("committee", "board"))
    found = flat(page_of(write_pdf(above + heading + below)).text)
    assert found.startswith(f"{AUDIT} {BUILDING} What was built, what was sold")
    assert found.index(STAFF) < found.index("The board met four times")


@pytest.mark.parametrize(("x", "body"), [(40, 160), (480, 60)])
@pytest.mark.parametrize("drop", [24, 29])
def test_a_note_in_the_margin_is_no_part_of_a_sentence(
    write_pdf: WritePdf, put: Put, x: float, body: float, drop: float
) -> None:
    note = lines(put, x, 700 - drop, "See the minutes of the spring meeting", width=80, size=8, leading=9)
    page = page_of(write_pdf(lines(put, body, 700, f"{AUDIT} {BUILDING}", width=360) + note))
    assert f"{AUDIT} {BUILDING}" in flat(page.text)
    assert [flat(page.text[b.start : b.end]) for b in page.blocks if b.kind == "aside"] == [
        "See the minutes of the spring meeting"
    ]
    assert [flat(page.text[u.start : u.end]) for u in units(page) if "minutes" in page.text[u.start : u.end]] == [
        "See the minutes of the spring meeting"
    ]


def test_labels_of_a_drawing_beside_text_are_apart(write_pdf: WritePdf, put: Put) -> None:
    labels = "".join(put(330, 695 - 31 * at, label, size=8) for at, label in enumerate(["120", "80", "40"]))
    years = "".join(put(360 + 50 * at, 606, year, size=8) for at, year in enumerate(["north", "south", "west"]))
    page = page_of(write_pdf(lines(put, 60, 700, AUDIT) + labels + years))
    assert AUDIT in flat(page.text)
    assert [page.text[b.start : b.end] for b in page.blocks if b.kind == "image"] == ["120\n80\n40\nnorth  south  west"]


def test_a_text_that_goes_round_a_figure_stays_whole(write_pdf: WritePdf, put: Put) -> None:
    text = wrap(AUDIT, 240)
    head, rest = text[:6], wrap(" ".join(text[6:]) + " " + BUILDING, 470)
    body = "".join(put(60, 700 - 12 * at, line) for at, line in enumerate([*head, *rest]))
    labels = put(330, 694, "tons", size=8) + put(420, 671, "kilns", size=8) + put(370, 647, "ovens", size=8)
    assert f"{AUDIT} {BUILDING}" in flat(page_of(write_pdf(body + labels)).text)


@pytest.mark.parametrize("shift", [0, 5])
def test_line_numbers_in_the_margin_are_no_text(write_pdf: WritePdf, put: Put, shift: float) -> None:
    numbers = "".join(put(40, 700 + shift - 24 * at, f"{at + 1:>2}") for at in range(14))
    page = page_of(write_pdf(lines(put, 70, 700, f"{AUDIT} {BUILDING}", width=420, leading=24) + numbers))
    assert flat(" ".join(page.text[u.start : u.end] for u in units(page))) == f"{AUDIT} {BUILDING}"
    assert [(b.kind, page.text[b.start : b.end]) for b in page.blocks][-1] == (
        "footer",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14",
    )


def test_line_numbers_may_count_by_five(write_pdf: WritePdf, put: Put) -> None:
    numbers = "".join(put(520, 700 - 60 * at, str(5 * at + 5)) for at in range(5))
    page = page_of(write_pdf(lines(put, 70, 700, f"{AUDIT} {BUILDING} {STAFF}", width=190) + numbers))
    assert flat(" ".join(page.text[u.start : u.end] for u in units(page))) == f"{AUDIT} {BUILDING} {STAFF}"


def test_a_short_page_may_have_two_line_numbers(write_pdf: WritePdf, put: Put) -> None:
    text = lines(put, 70, 700, AUDIT, width=220) + lines(put, 70, 616, STAFF, width=220)
    page = page_of(write_pdf(text + put(50, 652, "5") + put(44.4, 592, "10")))
    assert flat(" ".join(page.text[u.start : u.end] for u in units(page))) == f"{AUDIT} {STAFF}"


def test_two_numbers_that_count_no_lines_stay(write_pdf: WritePdf, put: Put) -> None:
    rows = [("5", "Ash"), ("", "of the north"), ("10", "Birch"), ("", "of the south"), ("", "and the east")]
    page = "".join(
        put(60, 700 - 14 * at, number) + put(90, 700 - 14 * at, name) for at, (number, name) in enumerate(rows)
    )
    assert [line for line in page_of(write_pdf(page)).text.split("\n") if "h" in line][:1] == ["5  Ash"]


def test_numbers_of_rows_stay_in_their_rows(write_pdf: WritePdf, put: Put) -> None:
    names = ["Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel"]
    rows = "".join(put(60, 700 - 14 * at, str(at + 1)) + put(90, 700 - 14 * at, name) for at, name in enumerate(names))
    assert page_of(write_pdf(rows)).text.split("\n")[:2] == ["1  Ash", "2  Birch"]


def test_long_labels_stay_beside_their_numbers(write_pdf: WritePdf, put: Put) -> None:
    labels = [
        "Net change in the fair value of the contracts that hedge the cash flows of the years to come",
        "Effective portion of the hedges that was taken out of other income and put into revenue",
        "Amount excluded from the test and taken to other income at once",
    ]
    page, y = "", 700.0
    for label, amount in zip(labels, ("1,204", "(377)", "58"), strict=True):
        wrapped = wrap(label, 200)
        page += lines(put, 60, y, label) + put(400, y - 12 * (len(wrapped) - 1), amount)
        y -= 12 * len(wrapped) + 3
    text = page_of(write_pdf(page)).text
    assert "come  1,204" in text
    assert "revenue  (377)" in text
    assert "once  58" in text


def test_terms_stay_beside_what_they_mean(write_pdf: WritePdf, put: Put) -> None:
    first, second = lines(put, 200, 700, AUDIT, width=330), lines(put, 200, 600, BUILDING, width=330)
    text = page_of(write_pdf(put(60, 700, "Audit") + first + put(60, 600, "Building") + second)).text
    assert "Audit  The committee met" in text
    assert "Building  On the other side" in text


def test_the_caption_of_a_figure_is_a_block_of_its_own(write_pdf: WritePdf, put: Put) -> None:
    caption = put(60, 560, "Figure 2: Output of the workshops by month", size=8.5)
    page = page_of(write_pdf(lines(put, 60, 740, AUDIT, width=420) + caption + lines(put, 60, 540, STAFF, width=420)))
    assert [(b.kind, page.text[b.start : b.end]) for b in page.blocks if b.kind != "text"] == [
        ("caption", "Figure 2: Output of the workshops by month")
    ]


def test_a_footnote_is_no_part_of_the_paragraph_above(write_pdf: WritePdf, put: Put) -> None:
    body, note = lines(put, 60, 700, AUDIT, width=420), "1 The auditors are those of the year before, who were elected"
    page = page_of(write_pdf(body + put(60, 647, note, size=8)))
    assert [(b.kind, flat(page.text[b.start : b.end])) for b in page.blocks] == [("text", AUDIT), ("aside", note)]


def test_blanks_of_even_lines_do_not_part_cells(write_pdf: WritePdf, put: Put) -> None:
    words = ["which", "is", "why", "we", "went"]
    line = "".join(put(60 + 42 * at, 700, word) for at, word in enumerate(words))
    text = page_of(write_pdf(line + lines(put, 60, 688, AUDIT, width=200))).text
    assert text.count("\n") == len(wrap(AUDIT, 200))


ENTRIES = [
    ("a.", "Diploma in Art", "It gives teachers a frame of knowledge, and skills in art; it shows how theories have "
     "changed, and what may be done with them."),
    ("b.", "Diploma in Music", "It tells teachers of music what is thought and done elsewhere, and gives them time to "
     "look at their own lessons."),
    ("c.", "Diploma in Crafts", "It shows how wood, clay and paper are worked by small hands, and which tools are "
     "to be kept out of their reach."),
    ("d.", "Diploma in Sports", "It prepares teachers for games in the hall and in the open, for pupils with special "
     "needs as well, and for what has to be done when somebody is hurt while a game goes on, be it in the hall or far "
     "away from it in the woods, where no telephone is at hand and the next road is an hour away."),
    ("e.", "Diploma in Latin", "It is meant for teachers who have learnt the language long ago and would like to read "
     "with pupils again, be it letters, speeches or what was written on the walls of old towns by those who lived "
     "there, who had no thought of being read by us so many years later in a room with a blackboard."),
]  # fmt: skip


def entries(put: Put, x: float, top: float, chosen: list[tuple[str, str, str]], hang: float) -> str:
    """Entries of a brochure: a mark and a name, then a label that stands out left of its text."""
    content = ""
    for mark, name, text in chosen:
        content += put(x, top, mark) + put(x + 14, top, name, font="F2")
        content += put(x + 14, top - 18, "For") + put(x + hang, top - 18, f"Teachers of {name.split()[-1].lower()}.")
        content += put(x + 14, top - 36, "Outline")
        content += lines(put, x + hang, top - 36, text, width=190)
        top -= 36 + 12 * len(wrap(text, 190)) + 10
    return content


@pytest.mark.parametrize("hang", [52, 60])
@pytest.mark.parametrize("shift", [0, 30, 41])
def test_short_entries_in_two_columns_are_read_one_column_after_the_other(
    write_pdf: WritePdf, put: Put, hang: float, shift: float
) -> None:
    left = entries(put, 40, 700, ENTRIES[:3], hang)
    right = entries(put, 330, 700 - shift, ENTRIES[3:], hang)
    page = page_of(write_pdf(left + right))
    words = flat(page.text)
    places = [words.index(name) for _, name, _ in ENTRIES]
    assert places == sorted(places)
    assert all(flat(text) in words for _, _, text in ENTRIES)


def test_a_file_that_begins_with_the_right_column_is_read_from_the_left(write_pdf: WritePdf, put: Put) -> None:
    right = entries(put, 330, 700, ENTRIES[3:], 52)
    page = page_of(write_pdf(right + entries(put, 40, 700, ENTRIES[:3], 52) + put(500, 40, "End of the list")))
    words = flat(page.text)
    places = [words.index(name) for _, name, _ in ENTRIES]
    assert places == sorted(places)


def test_names_beside_what_they_mean_stay_in_their_rows(write_pdf: WritePdf, put: Put) -> None:
    terms = [(name.split()[-1], text) for _, name, text in ENTRIES]
    content = ""
    for at, (term, text) in enumerate(terms):
        content += put(40, 700 - 70 * at, term, font="F2") + lines(put, 140, 700 - 70 * at, text, width=300)
    page = page_of(write_pdf(content))
    found = [flat(page.text).index(term) for term, _ in terms]
    starts = [flat(page.text).index(text[:20]) for _, text in terms]
    assert sorted([*found, *starts]) == [place for pair in zip(found, starts, strict=True) for place in pair]


FIGURES = [
    (704, "Key figures", 8),
    (684, "€ 214 m", 12),
    (673, "revenue", 7),
    (656, "1,380", 12),
    (645, "employees", 7),
]


def sidebar(put: Put, x: float) -> str:
    """Large figures, each with a line of small print below, on a ground of 110 points from `x` on."""
    return f"0.9 0.9 0.8 rg {x - 10} 560 110 160 re f 0 g\n" + "".join(
        put(x, y, text.replace("€", "\x80"), size=size) for y, text, size in FIGURES
    )


@pytest.mark.parametrize(
    ("prose", "box", "figures"),
    [
        (60, 420, "Key figures € 214 m revenue 1,380 employees"),
        # at the left of the page the captions are told, and each stands before its figure
        (200, 70, "Key figures revenue € 214 m employees 1,380"),
    ],
)
def test_figures_on_a_ground_are_no_part_of_the_prose_beside(
    write_pdf: WritePdf, put: Put, prose: float, box: float, figures: str
) -> None:
    text = lines(put, prose, 702, STAFF[:190], width=300) + lines(put, prose, 640, BUILDING[:200], width=300)
    found = flat(page_of(write_pdf(sidebar(put, box) + text)).text)
    assert STAFF[:190] in found
    assert BUILDING[:200] in found
    assert figures in found


def test_shaded_names_of_paragraphs_stay_beside_them(write_pdf: WritePdf, put: Put) -> None:
    ground = "0.9 0.9 0.8 rg 60 620 90 100 re f 0 g\n"
    names = put(65, 702, "Staff numbers") + put(65, 640, "The building")
    text = lines(put, 170, 702, STAFF[:190], width=300) + lines(put, 170, 640, BUILDING[:190], width=300)
    page = page_of(write_pdf(ground + names + text))
    assert "Staff numbers  Staff numbers went up" in page.text
    assert "The building  On the other side" in page.text
