"""Matters beside each other that are no columns of prose: no line holds words of two of them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ingest.chunking import units
from mistral_rag.pdf import read_pages

Put = Callable[..., str]
WritePdf = Callable[..., Path]


def block(put: Put, x: float, top: float, rows: Sequence[str], *, leading: float = 14) -> str:
    """Lines below each other; cells of a line are parted by a bar and stand 90 points apart."""
    return "".join(
        put(x + 90 * column, top - leading * at, cell)
        for at, row in enumerate(rows)
        for column, cell in enumerate(row.split("|"))
        if cell
    )


def read(path: Path) -> list[str]:
    return [line for line in read_pages(path)[0].text.split("\n") if line]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (
            ["1. Close the main valve by hand", "2. Drain the tank into the pit", "3. Call the shift leader"],
            ["4. Wait for the pump to stop", "5. Open the lid with the key", "6. Note the time in the book"],
        ),
        (
            ["- Fresh bread from the village", "- Butter without any salt", "- Plums of last summer"],
            ["- Coffee from the mountains", "- Honey of our own bees", "- Tea with or without milk"],
        ),
        (
            ["(a) the seller delivers on time", "(b) the goods are as agreed", "(c) the price is not raised"],
            ["(d) the buyer pays on time", "(e) the buyer takes the goods", "(f) the buyer keeps silent"],
        ),
        (
            ["Bill to:", "Elbe Works Ltd", "17 Dock Road", "Hull HU1 3DZ"],
            ["Ship to:", "Nordhamn Marin AB", "Skeppsbron 44", "211 20 Malmö"],
        ),
        (
            ["Oak & Pine LLC", "920 Mill Street", "Dayton, OH 45402"],
            ["Brandt Immobilien GmbH", "Am Kai 12", "20457 Hamburg"],
        ),
        (
            ["Works of the Elbe", "Dock Road 7", "Hull HU1 3DZ"],
            ["Customer service", "Telephone 01482 555 019", "Open on weekdays"],
        ),
        (
            ["Name: Ottilie Brandt", "Born: 4 May 1987", "Town: Hamburg"],
            ["Employer: Elbe Works", "Telephone: 040 555 0173", "Department: Shipping"],
        ),
        (
            ["Order: EW-4471", "Date: 14 May 2025"],
            ["Carrier: Nordhamn Marin", "Weight: 412 kg"],
        ),
        (
            ["The buyer pays within thirty days.", "Interest is due from then on.", "No other charge is made."],
            ["Der Käufer zahlt binnen dreißig Tagen.", "Danach sind Zinsen zu zahlen.", "Sonst fällt nichts an."],
        ),
        (
            ["1. Term", "The agreement ends on 31 March.", "2. Law", "The law of Austria applies."],
            ["1. Laufzeit", "Der Vertrag endet am 31. März.", "2. Recht", "Es gilt das Recht Österreichs."],
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("across", [False, True], ids=["written by side", "written by row"])
def test_lists_addresses_pairs_and_languages_are_read_by_themselves(
    write_pdf: WritePdf, put: Put, left: list[str], right: list[str], across: bool
) -> None:
    sides = [[put(x, 700 - 14 * at, line) for at, line in enumerate(side)] for x, side in ((60, left), (320, right))]
    written = zip(*sides, strict=True) if across else sides
    assert read(write_pdf("".join("".join(part) for part in written))) == [*left, *right]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["Site|Orders", "Bonn|7", "Lyon|41", "Riga|3"], ["Site|Orders", "Graz|12", "Bern|9", "Oslo|55"]),
        (["|2025|2024", "Cash|7|41", "Stocks|3|9"], ["|2025|2024", "Loans|12|6", "Equity|9|8"]),
        (
            ["Imports by place", "Place|Tonnes", "Bonn|7", "Lyon|41", "Riga|3"],
            ["Deaths of a year", "Cause|Number", "Falls|12", "Fire|9"],
        ),
    ],
)
def test_tables_beside_each_other_are_two(write_pdf: WritePdf, put: Put, left: list[str], right: list[str]) -> None:
    page = write_pdf(block(put, 60, 700, left) + block(put, 350, 700, right))
    assert read(page) == [row.replace("|", "  ").strip() for row in (*left, *right)]


@pytest.mark.parametrize(
    "rows",
    [
        ["Invoice number||EW-4471", "Date||14 May 2025", "Customer||Oak & Pine LLC", "Payment||30 days net"],
        ["Elbe Finance B.V.||Netherlands", "Hull 2 Holdings||England", "Nordhamn AB||Sweden"],
        ["Person|2024|2023|Office|Votes", "A. Brandt|1,204|980|Chair|77", "C. Dumas|877|845|Clerk|64"],
        ["Action|Owner|Due", "1. Repair roof|Works|May 7", "2. Order valves|Buying|June 2"],
        ["5.25% Notes due 2025||$1,000", "3.10% Notes due 2031||$750", "Loans of banks||$212"],
        ["|Three months||Nine months|", "|2025|2024|2025|2024", "Sales|7|41|9|55", "Costs|3|9|8|12"],
    ],
)
def test_rows_of_one_table_stay_whole(write_pdf: WritePdf, put: Put, rows: list[str]) -> None:
    expected = ["  ".join(filter(None, row.split("|"))) for row in rows]
    assert read(write_pdf(block(put, 60, 700, rows))) == expected


@pytest.mark.parametrize("gap", [11, 19, 27])
def test_wide_blanks_of_even_lines_part_no_column(write_pdf: WritePdf, put: Put, gap: float) -> None:
    left = [
        ("The design group sent", "138", "turbines to"), ("the north,", "because nobody", "had asked for"),
        ("them before.", "A visiting", "engineer kept"), ("the papers", "of", "all these machines"),
        ("in a drawer that", "has", "no key."),
    ]  # fmt: skip
    right = [
        "The warehouse ordered some cables while", "the main hall was being rebuilt, and the",
        "planning unit recorded how long it took", "at the border, where they were weighed",
        "twice and then sent back to the port.",
    ]  # fmt: skip
    content = ""
    for at, (parts, other) in enumerate(zip(left, right, strict=True)):
        x = 60.0
        for part in parts:
            content += put(x, 700 - 12 * at, part)
            x += 4.9 * len(part) + gap + 3 * at
        content += put(330, 700 - 12 * at, other)
    assert [" ".join(line.split()) for line in read(write_pdf(content))] == [
        *(" ".join(parts) for parts in left),
        *right,
    ]


PROSE = [
    "The committee met four times in the course of the year and looked at", "the accounts of every division, which it "
    "found to be in good order and", "drawn up with care by those who keep them and by those who have to",
    "check them. It heard the auditors without the directors in March and in", "October, and it has no reason to doubt "
    "what they said about the state", "of the works, the ships and the houses that were bought in spring.",
]  # fmt: skip
NOTE = ["Who is in it", "three women and two men", "of the board, none of", "whom works for the firm"]


@pytest.mark.parametrize(
    "frame",
    [
        "0.9 0.9 0.8 rg 415 640 150 80 re f 0 g\n",
        "415 640 150 80 re S\n",
        "415 640 m 565 640 l 565 720 l 415 720 l h S\n",
    ],
    ids=["shaded", "ruled", "drawn"],
)
def test_a_box_on_the_lines_of_prose_is_read_by_itself(write_pdf: WritePdf, put: Put, frame: str) -> None:
    page = write_pdf(frame + block(put, 60, 705, PROSE) + block(put, 420, 705, NOTE))
    found = read(page)
    assert [line for line in found if line in PROSE] == PROSE
    assert [line for line in found if line in NOTE] == NOTE


@pytest.mark.parametrize("shade", ["415 600 150 120", "60 600 350 120", "415 691 150 29"])
def test_a_shaded_column_of_a_table_stays_in_it(write_pdf: WritePdf, put: Put, shade: str) -> None:
    rows = ["Orders of the works", "Returns of the works", "Repairs of the ships", "Costs of the houses"]
    values = ["1,204", "877", "903", "612"]
    content = f"0.9 0.9 0.8 rg {shade} re f 0 g\n" + block(put, 65, 705, rows) + block(put, 500, 705, values)
    assert read(write_pdf(content)) == [f"{a}  {b}" for a, b in zip(rows, values, strict=True)]


def test_heads_in_one_margin_and_notes_in_the_other_are_no_part_of_the_text(write_pdf: WritePdf, put: Put) -> None:
    first = [
        "The harbour office inspected forty drawings after a long delay",
        "at the border. Our workshop rejected all of them although the",
        "documents were complete, and the store kept the others until",
        "the works had room for them in the hall behind the main gate.",
    ]
    second = [
        "The safety committee repaired the gaskets because the series",
        "before had failed. The purchasing desk returned some sensors in",
        "spite of heavy weather on the coast, and an auditor recorded",
        "the contracts without a single complaint from the carriers.",
    ]
    text = block(put, 150, 700, first, leading=13) + block(put, 150, 630, second, leading=13)
    heads = block(put, 50, 700, ["Plans for spring"], leading=13) + block(put, 50, 630, ["Gaskets and", "sensors"])
    notes = "".join(
        put(480, top - 10 * at, words, size=7)
        for top, note in ((683, ["Drawings of the", "north pier"]), (612, ["Seventeen in", "all of May"]))
        for at, words in enumerate(note)
    )
    found = read(write_pdf(text + heads + notes))
    assert [line for line in found if line not in {*first, *second}] == [
        "Plans for spring",
        "Drawings of the",
        "north pier",
        "Gaskets and",
        "sensors",
        "Seventeen in",
        "all of May",
    ]
    assert [line for line in found if line in {*first, *second}] == [*first, *second]


LEFT = [
    "The committee met in March and agreed on the terms",
    "– as the board had proposed – and on the costs of it.",
    "Under section seven the tenant (i) pays all of the rent",
    "(ii) keeps the hall in repair and returns all the keys",
    "in May. The others are paid on the last day of it, as",
    "they were in the year before. Nobody has asked for a",
    "later day, and the store has kept all of the receipts",
    "for the works in the hall behind the main gate.",
]
RIGHT = [
    "The harbour office inspected forty drawings after a",
    "long delay at the border. Our workshop rejected all of",
    "them although the documents were complete by then.",
    "The purchasing desk returned some sensors in spite of",
    "heavy weather on the coast, and an auditor recorded",
    "the contracts without a complaint from the carriers.",
    "The safety committee repaired the gaskets because the",
    "series before had failed.",
]


def test_a_line_in_a_sentence_that_begins_with_a_dash_or_a_number_is_no_item(write_pdf: WritePdf, put: Put) -> None:
    left, right = block(put, 50, 700, [line.replace("–", "\u0096") for line in LEFT]), block(put, 340, 700, RIGHT)
    items = block(put, 50, 560, ["It pays for", "\u0096 rent of the hall", "\u0096 heat and light"])
    page = read_pages(write_pdf(left + right + items))[0]
    found = [" ".join(page.text[unit.start : unit.end].split()) for unit in units(page)]
    assert found[:2] == [
        "The committee met in March and agreed on the terms – as the board had proposed – and on the costs of it.",
        "Under section seven the tenant (i) pays all of the rent (ii) keeps the hall in repair and returns all the "
        "keys in May.",
    ]
    assert found[-3:] == ["It pays for", "– rent of the hall", "– heat and light"]


LINE_TO_SIGN = "_" * 24


@pytest.mark.parametrize(
    ("left", "right", "first", "second"),
    [
        (
            ["ALDERTON MILLS", LINE_TO_SIGN, "Fiona Baird", "Managing Director"],
            ["KESTREL FINANCE", LINE_TO_SIGN, "Joost van Dijk", "President"],
            ["ALDERTON MILLS", LINE_TO_SIGN, "Fiona Baird", "Managing Director"],
            ["KESTREL FINANCE", LINE_TO_SIGN, "Joost van Dijk", "President"],
        ),
        (
            ["SELLER", "", "", "Name: Fiona Baird", "Title: Director", "Date: 4 May 2026"],
            ["BUYER", "", "", "Name: Joost van Dijk", "Title: President", "Date: 5 May 2026"],
            ["SELLER", "Name: Fiona Baird", "Title: Director", "Date: 4 May 2026"],
            ["BUYER", "Name: Joost van Dijk", "Title: President", "Date: 5 May 2026"],
        ),
        (
            ["Northmoor Dairy", "Accounts Payable", "Mill Lane 77", "Leeds LS1 4AP"],
            ["Our reference: NM/44", "Your reference: HP-20447", "Telephone: 0113 555 0144", "Date: 5 March 2026"],
            ["Northmoor Dairy", "Accounts Payable", "Mill Lane 77", "Leeds LS1 4AP"],
            ["Our reference: NM/44", "Your reference: HP-20447", "Telephone: 0113 555 0144", "Date: 5 March 2026"],
        ),
    ],
)
def test_each_party_keeps_what_stands_below_it(
    write_pdf: WritePdf, put: Put, left: list[str], right: list[str], first: list[str], second: list[str]
) -> None:
    content = put(60, 740, "The parties have signed on the day that stands at the head of this page, in two copies.")
    assert read(write_pdf(content + block(put, 60, 700, left) + block(put, 320, 700, right)))[1:] == [*first, *second]


def test_a_line_to_sign_on_is_no_unit(write_pdf: WritePdf, put: Put) -> None:
    path = write_pdf(block(put, 60, 700, ["Signed for the seller", LINE_TO_SIGN, "Fiona Baird"]))
    page = read_pages(path)[0]
    assert [page.text[unit.start : unit.end] for unit in units(page)] == ["Signed for the seller", "Fiona Baird"]


def test_a_letterhead_whose_sides_have_their_own_leading_is_read_side_by_side(write_pdf: WritePdf, put: Put) -> None:
    sender = ["Halvorsen Pumps Ltd", "14 Quay Street", "Hull HU1 2BN", "VAT GB 219 4471 03"]
    about = ["INVOICE", "Invoice no. HP-20447", "Invoice date 03/02/2026", "Due date 05/03/2026"]
    content = block(put, 60, 700, sender, leading=13) + block(put, 320, 700, about, leading=17)
    assert read(write_pdf(content + put(60, 560, "Payment within 30 days."))) == [
        *sender,
        *about,
        "Payment within 30 days.",
    ]


def test_the_ends_of_a_first_line_are_apart(write_pdf: WritePdf, put: Put) -> None:
    text = ["Demand for coatings grew in all of the regions that we have worked in this year.", "It will go on."] * 3
    head = put(60, 740, "Annual Report 2025", size=7) + put(390, 740, "Our markets", size=7)
    assert read(write_pdf(head + block(put, 60, 700, text)))[:3] == ["Annual Report 2025", "Our markets", text[0]]


def test_a_value_at_the_right_edge_stays_on_the_first_line(write_pdf: WritePdf, put: Put) -> None:
    text = ["Demand for coatings grew in all of the regions that we have worked in this year.", "It will go on."] * 3
    head = put(60, 740, "Annual Report 2025", size=7) + put(420, 740, "17", size=7)
    assert read(write_pdf(head + block(put, 60, 700, text)))[0] == "Annual Report 2025  17"
