"""Fields of forms: a label and its value are one unit, whether the value stands beside it or below it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ingest.chunking import units
from mistral_rag.pdf import read_pages

Put = Callable[..., str]
WritePdf = Callable[..., Path]
Placed = tuple[float, float, str, str, float]
"""Left, bottom, text, font (F1 plain, F2 bold) and size."""


def rows_of(path: Path) -> list[tuple[str, list[str]]]:
    """The rows that can be cited, each with its named values."""
    page = read_pages(path)[0]
    return [
        (page.text[unit.start : unit.end], [str(value) for value in page.cell_values(unit.start, unit.end)])
        for unit in units(page)
        if unit.kind == "row"
    ]


def drawn(put: Put, placed: Sequence[Placed]) -> str:
    return "".join(put(x, y, text, font=font, size=size) for x, y, text, font, size in placed)


def beside(fields: Sequence[tuple[float, float, str, float, str]]) -> list[Placed]:
    """Bold labels, each with its value at a place behind it."""
    return [
        one
        for x, y, label, at, value in fields
        for one in ((x, y, label, "F2", 10), (at, y, value, "F1", 10))
        if one[2]
    ]


READING_SET = Path(__file__).parents[2] / "benchmarks" / "reading_set"
PROSE = [
    (60.0, 300.0 - 13 * at, line, "F1", 10.0)
    for at, line in enumerate(
        [
            "The carrier returned forty brackets for the first time since the spring, and the store",
            "kept them until the works had room for all of them in the hall behind the main gate.",
            "Nobody asked for the others, which were sold at a lower price than had been planned.",
        ]
    )
]


@pytest.mark.parametrize("gap", [0.0, 60.0], ids=["a blank apart", "at a place of their own"])
def test_a_bold_label_and_its_value_are_one_unit(write_pdf: WritePdf, put: Put, gap: float) -> None:
    lines = [("Invoice date", 60, "12 May 2024"), ("Due date", 43, "11 June 2024"), ("Contact", 41, "Marta Lindqvist")]
    fields = [
        (60.0, 700.0 - 16 * at, label, 60 + width + 3 + gap, value) for at, (label, width, value) in enumerate(lines)
    ]
    found = rows_of(write_pdf(drawn(put, [*beside(fields), *PROSE])))
    assert [values for _, values in found] == [
        ["12 May 2024 (row Invoice date)"],
        ["11 June 2024 (row Due date)"],
        ["Marta Lindqvist (row Contact)"],
    ]


def test_two_fields_on_one_line_are_two_units(write_pdf: WritePdf, put: Put) -> None:
    fields = [
        (60.0, 700.0, "Surname", 130.0, "Lindqvist"), (320.0, 700.0, "First name", 400.0, "Marta"),
        (60.0, 684.0, "Street", 130.0, "Skeppsbron 44"), (320.0, 684.0, "Town", 400.0, "Lund"),
        (60.0, 668.0, "Telephone", 130.0, ""), (320.0, 668.0, "Employer", 400.0, "Nordhamn AB"),
    ]  # fmt: skip
    found = rows_of(write_pdf(drawn(put, [*beside(fields), *PROSE])))
    assert found == [
        ("Surname  Lindqvist", ["Lindqvist (row Surname)"]),
        ("First name  Marta", ["Marta (row First name)"]),
        ("Street  Skeppsbron 44", ["Skeppsbron 44 (row Street)"]),
        ("Town  Lund", ["Lund (row Town)"]),
        ("Telephone", []),
        ("Employer  Nordhamn AB", ["Nordhamn AB (row Employer)"]),
    ]


def test_names_with_colons_are_labels(write_pdf: WritePdf, put: Put) -> None:
    lines = ["Order: EW-4471", "Open: 18:43", "Table : 25"]
    found = rows_of(write_pdf(drawn(put, [(60, 700 - 14 * at, line, "F1", 10) for at, line in enumerate(lines)])))
    assert [values for _, values in found] == [
        ["EW-4471 (row Order:)"],
        ["18:43 (row Open:)"],
        ["25 (row Table :)"],
    ]


STACKED: list[Placed] = [
    (60, 700, "Consignee", "F1", 6.5), (240, 700, "Port of loading", "F1", 6.5), (420, 700, "Vessel", "F1", 6.5),
    (60, 688, "Oak & Pine", "F1", 10), (420, 688, "Elbe Trader", "F1", 10),
    (60, 668, "Gross weight", "F1", 6.5), (240, 668, "Containers", "F1", 6.5), (420, 668, "Freight", "F1", 6.5),
    (60, 656, "12,480 kg", "F1", 10), (240, 656, "3", "F1", 10), (420, 656, "prepaid", "F1", 10),
]  # fmt: skip


def test_a_value_below_its_label_is_read_with_it(write_pdf: WritePdf, put: Put) -> None:
    assert rows_of(write_pdf(drawn(put, [*STACKED, *PROSE]))) == [
        ("Consignee\nOak & Pine", ["Oak & Pine (row Consignee)"]),
        ("Port of loading", []),
        ("Vessel\nElbe Trader", ["Elbe Trader (row Vessel)"]),
        ("Gross weight\n12,480 kg", ["12,480 kg (row Gross weight)"]),
        ("Containers\n3", ["3 (row Containers)"]),
        ("Freight\nprepaid", ["prepaid (row Freight)"]),
    ]


def test_an_empty_line_of_fields_takes_no_value_of_the_next(write_pdf: WritePdf, put: Put) -> None:
    middle: list[Placed] = [
        (60, 636, "Agent", "F1", 6.5),
        (240, 636, "Notify", "F1", 6.5),
        (420, 636, "Seal", "F1", 6.5),
    ]
    last: list[Placed] = [(60, 604, "Place", "F1", 6.5), (240, 604, "Copies", "F1", 6.5), (60, 592, "Hull", "F1", 10)]
    found = rows_of(write_pdf(drawn(put, [*STACKED, *middle, *last, *PROSE])))
    assert found[6:] == [
        ("Agent", []),
        ("Notify", []),
        ("Seal", []),
        ("Place\nHull", ["Hull (row Place)"]),
        ("Copies", []),
    ]


def test_an_empty_field_has_an_empty_cell(write_pdf: WritePdf, put: Put) -> None:
    page = read_pages(write_pdf(drawn(put, [*STACKED, *PROSE])))[0]
    port = page.tables[1]
    assert [(cell.role, cell.text(page.text)) for cell in port.cells] == [("row", "Port of loading"), ("value", "")]


SIGNED: list[Placed] = [
    (60, 700, "Helen Marsh", "F1", 10), (300, 700, "14 March 2025", "F1", 10),
    (60, 690, "Name", "F1", 7), (300, 690, "Date", "F1", 7),
    (60, 670, "Chief Financial Officer", "F1", 10),
    (60, 660, "Title", "F1", 7), (300, 660, "Place", "F1", 7),
]  # fmt: skip


def test_a_small_caption_names_the_value_above_it(write_pdf: WritePdf, put: Put) -> None:
    assert rows_of(write_pdf(drawn(put, [*SIGNED, *PROSE]))) == [
        ("Name\nHelen Marsh", ["Helen Marsh (row Name)"]),
        ("Date\n14 March 2025", ["14 March 2025 (row Date)"]),
        ("Title\nChief Financial Officer", ["Chief Financial Officer (row Title)"]),
        ("Place", []),
    ]


@pytest.mark.parametrize("step", [12, 20], ids=["as close to the next value", "closer to their own"])
def test_captions_of_one_column_name_the_values_above_them(write_pdf: WritePdf, put: Put, step: float) -> None:
    lines = [("Helen Marsh", "Signature of applicant"), ("14 March 2025", "Date"), ("4417-220", "Employee number")]
    placed: list[Placed] = [
        one
        for at, (value, caption) in enumerate(lines)
        for one in ((60, 700 - (10 + step) * at, value, "F1", 10), (60, 690 - (10 + step) * at, caption, "F1", 7))
    ]
    assert [unit for unit, _ in rows_of(write_pdf(drawn(put, [*placed, *PROSE])))] == [
        "Signature of applicant\nHelen Marsh",
        "Date\n14 March 2025",
        "Employee number\n4417-220",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([("Results of the year", 10), ("in millions", 7), ("Sales rose in May", 10)], id="a subtitle"),
        pytest.param(
            [("First name", 10), ("none", 7), ("Last name", 10), ("none", 7), ("Town", 10), ("none", 7)],
            id="small values below their labels",
        ),
        pytest.param(
            [("Consignee", 7), ("Oak & Pine", 10), ("Vessel", 7), ("Elbe Trader", 10)], id="labels above their values"
        ),
    ],
)
def test_small_print_that_names_nothing_above_it_is_no_caption(
    write_pdf: WritePdf, put: Put, lines: Sequence[tuple[str, float]]
) -> None:
    placed: list[Placed] = [(60, 700 - 12 * at, text, "F1", size) for at, (text, size) in enumerate(lines)]
    assert rows_of(write_pdf(drawn(put, [*placed, *PROSE]))) == []


def test_captions_in_brackets_may_be_as_large_as_their_values(write_pdf: WritePdf, put: Put) -> None:
    placed: list[Placed] = [
        (60, 700, "Delaware", "F2", 10), (250, 700, "001-22112", "F2", 10), (420, 700, "94-2404110", "F2", 10),
        (60, 688, "(State of incorporation)", "F1", 10), (250, 688, "(Commission File Number)", "F1", 10),
        (420, 688, "(Employer No.)", "F1", 10),
    ]  # fmt: skip
    assert [unit for unit, _ in rows_of(write_pdf(drawn(put, [*placed, *PROSE])))] == [
        "(State of incorporation)\nDelaware",
        "(Commission File Number)\n001-22112",
        "(Employer No.)\n94-2404110",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            [("F2", "Item 2. Properties"), ("F1", "We lease all of our stores and offices."), ("F2", "Item 3. Claims"),
             ("F1", "None of them is material to us.")],
            id="headings",
        ),
        pytest.param([("F2", "Note: this order is void.")], id="a bold sentence"),
        pytest.param([("F1", "Terms: net")], id="one label alone"),
    ],
)  # fmt: skip
def test_what_is_no_form_has_no_fields(write_pdf: WritePdf, put: Put, lines: Sequence[tuple[str, str]]) -> None:
    placed: list[Placed] = [(60, 700 - 14 * at, text, font, 10) for at, (font, text) in enumerate(lines)]
    assert read_pages(write_pdf(drawn(put, [*placed, *PROSE])))[0].tables == ()


def test_a_head_of_two_lines_is_no_form(write_pdf: WritePdf, put: Put) -> None:
    placed: list[Placed] = [
        (200, 714, "Years", "F2", 10), (60, 702, "Name", "F2", 10), (200, 702, "of service", "F2", 10),
        (320, 702, "Grade", "F2", 10),
        (60, 688, "Joly", "F1", 10), (200, 688, "5", "F1", 10), (320, 688, "12", "F1", 10),
        (60, 674, "Barry", "F1", 10), (200, 674, "18", "F1", 10), (320, 674, "9", "F1", 10),
    ]  # fmt: skip
    (table,) = read_pages(write_pdf(drawn(put, placed)))[0].tables
    assert table.columns == ("Name", "Years of service", "Grade")


def test_an_item_of_a_receipt_and_its_numbers_are_one_unit(write_pdf: WritePdf, put: Put) -> None:
    items = [("MILK 2L", "2 x 3.50", "7.00"), ("BREAD", "1 x 2.20", "2.20"), ("APPLES", "3 x 1.10", "3.30")]
    placed: list[Placed] = []
    for at, (name, count, amount) in enumerate(items):
        y = 700 - 26 * at
        placed += [(60, y, name, "F1", 9), (70, y - 12, count, "F1", 9), (220, y - 12, amount, "F1", 9)]
    placed += [(60, 622, "TOTAL", "F1", 9), (215, 622, "12.50", "F1", 9)]
    assert rows_of(write_pdf(drawn(put, placed))) == [
        ("MILK 2L\n2 x 3.50  7.00", ["7.00 (row MILK 2L 2 x 3.50)"]),
        ("BREAD\n1 x 2.20  2.20", ["2.20 (row BREAD 1 x 2.20)"]),
        ("APPLES\n3 x 1.10  3.30", ["3.30 (row APPLES 3 x 1.10)"]),
        ("TOTAL  12.50", ["12.50 (row TOTAL)"]),
    ]


def test_text_that_runs_up_the_page_names_the_columns_below_it(write_pdf: WritePdf, put: Put) -> None:
    names = "".join(
        put(x, 706, name, turn="0 1 -1 0") for x, name in ((165, "Inspected"), (225, "Repaired"), (285, "Closed"))
    )
    rows: list[Placed] = [
        (x, 690 - 14 * at, text, "F1", 10)
        for at, row in enumerate((("Aarhus", "14", "3", "1"), ("Bergen", "22", "7", "2"), ("Cadiz", "9", "5", "4")))
        for x, text in zip((60, 155, 220, 280), row, strict=True)
    ]
    found = rows_of(write_pdf(names + drawn(put, rows)))
    assert found[1][1] == ["Inspected: 22 (row Bergen)", "Repaired: 7 (row Bergen)", "Closed: 2 (row Bergen)"]


def test_numbers_beside_the_middle_of_a_label_begin_no_item() -> None:
    page = read_pages(READING_SET / "tables-many-lines-bare.pdf")[0]
    values = [str(value) for value in page.cell_values(0, len(page.text))]
    assert "First quarter: 92,586 (row Repairs of vehicles and trailers)" in values
    assert "Second quarter: 347 (row Repairs of vehicles and trailers)" in values


def test_digits_of_a_number_in_a_hebrew_table_keep_their_order() -> None:
    lines = read_pages(READING_SET / "field-rtl-he.pdf")[0].text.split("\n")
    assert [line.split() for line in lines[1:3]] == [["חיפה", "3021", "44"], ["אילת", "410", "8"]]


def test_rows_of_an_arabic_table_are_lines_of_their_own() -> None:
    lines = read_pages(READING_SET / "field-rtl-ar.pdf")[0].text.split("\n")
    assert [line.split() for line in lines[1:3]] == [["القاهرة", "1204", "31"], ["عمان", "877", "12"]]


LEVELS = [
    ("Level 1:", "Quoted market prices in active markets for identical assets."),
    ("Level 2:", "Observable inputs that are corroborated by market data."),
    ("Level 3:", "Significant unobservable inputs."),
]
SETTINGS = [
    ("On watch", "> Display, and then hold the", "screen until the gallery opens. Choose"),
    ("Settings", "> About to see the number of", "the watch."),
]
WORKS = [
    ("[49] J. Morris. 2021. Data:", "How strong can efficacy be when most of those who are in"),
    ("hospital are vaccinated? Accessed:", "27th of October 2023."),
]


@pytest.mark.parametrize(
    "lines",
    [
        [(60.0, name, "F1", text, 130.0) for name, text in LEVELS],
        [(60.0, name, "F2", text, 110.0) for name, text, _ in SETTINGS],
        [(60.0, name, "F1", text, 225.0) for name, text in WORKS],
        [
            (60.0, "Vulnerability", "F2", "has an effect on the", 130.0),
            (60.0, "Mortality", "F2", "and treatment", 110.0),
        ],
        [
            (60.0, "Figure 2:", "F1", "Steps of abstraction by", 110.0),
            (60.0, "concepts. Top:", "F1", "an example", 130.0),
        ],
    ],
    ids=["sentences behind names", "paths in bold", "a list of works", "bold words in a sentence", "a caption"],
)
def test_prose_with_names_and_colons_is_no_form(
    write_pdf: WritePdf, put: Put, lines: list[tuple[float, str, str, str, float]]
) -> None:
    placed: list[Placed] = []
    for at, (x, label, font, text, behind) in enumerate(lines):
        placed += [(x, 700.0 - 13 * at, label, font, 10.0), (behind, 700.0 - 13 * at, text, "F1", 10.0)]
    assert [values for _, values in rows_of(write_pdf(drawn(put, [*placed, *PROSE]))) if values] == []


def test_labels_that_are_all_written_small_are_a_form(write_pdf: WritePdf, put: Put) -> None:
    fields = [("name:", "Marta Lindqvist"), ("e-mail:", "marta@example.org"), ("phone:", "+46 8 555 0143")]
    placed = [
        one
        for at, (label, value) in enumerate(fields)
        for one in ((60.0, 700.0 - 13 * at, label, "F1", 10.0), (120.0, 700.0 - 13 * at, value, "F1", 10.0))
    ]
    assert [values for _, values in rows_of(write_pdf(drawn(put, [*placed, *PROSE])))] == [
        ["Marta Lindqvist (row name:)"],
        ["marta@example.org (row e-mail:)"],
        ["+46 8 555 0143 (row phone:)"],
    ]


@pytest.mark.parametrize("label", ["Passport no.", "Tel.", "Date of arr."])
def test_a_label_above_its_value_may_end_with_an_abbreviation(write_pdf: WritePdf, put: Put, label: str) -> None:
    placed = [
        (60.0, 700.0, "Family name", "F1", 7.0), (260.0, 700.0, "Given names", "F1", 7.0),
        (60.0, 690.0, "Okonkwo", "F1", 10.0), (260.0, 690.0, "Adaeze Joy", "F1", 10.0),
        (60.0, 670.0, "Born", "F1", 7.0), (260.0, 670.0, label, "F1", 7.0),
        (60.0, 660.0, "3 March 1987", "F1", 10.0), (260.0, 660.0, "K 4471", "F1", 10.0),
    ]  # fmt: skip
    assert [values for _, values in rows_of(write_pdf(drawn(put, [*placed, *PROSE])))] == [
        ["Okonkwo (row Family name)"],
        ["Adaeze Joy (row Given names)"],
        ["3 March 1987 (row Born)"],
        [f"K 4471 (row {label})"],
    ]


TERMS: list[tuple[list[str], list[str]]] = [
    (
        ["“Affiliate”"],
        ["any company that controls the seller, is controlled by it or is", "under common control with it;"],
    ),
    (["“Commencement", "Date”"], ["14 April 2026, or such later date as the parties agree upon;"]),
    (["“Fees”"], ["the sums that are set out in the order form, without tax;"]),
]


def defined(put: Put, terms: Sequence[tuple[list[str], list[str]]], font: str) -> str:
    """Terms and their meanings beside each other, lines 12 points apart, entries 20."""
    content, y = "", 700
    for term, meaning in terms:
        for at in range(max(len(term), len(meaning))):
            for x, lines, own in ((60, term, font), (160, meaning, "F1")):
                if at < len(lines):
                    written = lines[at].replace("“", "\x93").replace("”", "\x94")
                    content += put(x, y, written, font=own)
            y -= 12
        y -= 8
    return content


@pytest.mark.parametrize(
    ("terms", "font"),
    [
        (TERMS, "F1"),
        (TERMS, "F2"),
        ([([line.strip("“”") for line in term], meaning) for term, meaning in TERMS], "F2"),
        (
            [
                (
                    ["Net cash from", "operations"],
                    ["Cash that the group took in less what it paid out, as", "note 4 has it."],
                ),
                (["Net debt"], ["Loans and leases less the cash at hand."]),
                (
                    ["Return on", "capital"],
                    ["Profit before tax against the mean of the capital at", "the start and the end."],
                ),
            ],
            "F2",
        ),
    ],
    ids=["in quotes", "bold and in quotes", "bold", "both wrap"],
)
def test_a_term_is_one_row_with_all_of_its_meaning(
    write_pdf: WritePdf, put: Put, terms: list[tuple[list[str], list[str]]], font: str
) -> None:
    content = defined(put, terms, font) + put(60, 560, "1.2 References to a clause are to a clause of this deed.")
    assert rows_of(write_pdf(content)) == [
        (
            " ".join(term) + "\n" + "\n".join(meaning),
            [f"{' '.join(meaning)} (row {' '.join(term)})"],
        )
        for term, meaning in terms
    ]


def test_bold_words_at_the_side_of_a_drawn_table_are_no_definitions(write_pdf: WritePdf, put: Put) -> None:
    rules = "".join(f"60 {y} 460 0.5 re f\n" for y in (715, 675, 650, 620))
    found = rows_of(write_pdf(rules + defined(put, TERMS, "F2")))
    assert ("“Commencement Date”\n14 April 2026, or such later date as the parties agree upon;") not in dict(found)
