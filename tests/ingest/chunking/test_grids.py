"""Units of tables with cells."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking import units
from mistral_rag.schema import Block, CellRole, Locator, Page, Table, TableCell

TEXT = """Results of the year
(in millions)  2022  2021
Ended  Ended
Sales:
Retail  500  450
Accumulated other
loss  (12)
Notes follow."""


def cell(row: int, column: int, *texts: str, role: CellRole = "value", text: str = TEXT) -> TableCell:
    """A cell of texts that stand once on the page."""
    runs = tuple((text.index(part), text.index(part) + len(part)) for part in texts)
    return TableCell(row=row, column=column, runs=runs, role=role)


def page_of(*tables: Table, text: str = TEXT) -> Page:
    return Page(locator=Locator(kind="page", number=1), text=text, tables=tables)


RESULTS = Table(
    start=TEXT.index("(in"),
    end=TEXT.index("\nNotes"),
    cells=(
        cell(0, 0, "(in millions)", role="column"),
        cell(0, 1, "2022", role="column"),
        cell(0, 2, "2021", role="column"),
        cell(1, 1, "Ended  Ended", role="column"),
        cell(2, 0, "Sales:", role="group"),
        cell(3, 0, "Retail", role="row"),
        cell(3, 1, "500"),
        cell(3, 2, "450"),
        cell(4, 0, "Accumulated other", "loss", role="row"),
        cell(4, 1, "(12)"),
        TableCell(row=4, column=2),
    ),
    columns=("(in millions)", "2022", "2021"),
)


def read(page: Page) -> list[tuple[str, str, int | None]]:
    return [(unit.kind, page.text[unit.start : unit.end], unit.header) for unit in units(page)]


def test_a_row_is_one_unit_and_the_head_is_one() -> None:
    assert read(page_of(RESULTS)) == [
        ("heading", "Results of the year", None),
        ("row", "(in millions)  2022  2021\nEnded  Ended", None),
        ("row", "Sales:", 1),
        ("row", "Retail  500  450", 1),
        ("row", "Accumulated other\nloss  (12)", 1),
        ("sentence", "Notes follow.", None),
    ]


def test_the_table_wins_over_the_blocks() -> None:
    blocks = (
        Block(start=0, end=TEXT.index("\n"), kind="title"),
        Block(start=TEXT.index("Sales"), end=TEXT.index("\nRetail"), kind="title"),
    )
    page = page_of(RESULTS).model_copy(update={"blocks": blocks})
    assert read(page)[2] == ("row", "Sales:", 1)


def test_a_table_that_goes_on_has_no_row_of_names() -> None:
    text = "Retail  500\nOther  20"
    rows = [
        cell(0, 0, "Retail", role="row", text=text),
        cell(0, 1, "500", text=text),
        cell(1, 0, "Other", role="row", text=text),
        cell(1, 1, "20", text=text),
    ]
    page = page_of(Table(start=0, end=len(text), cells=tuple(rows), columns=("", "2022"), continued=True), text=text)
    assert read(page) == [("row", "Retail  500", None), ("row", "Other  20", None)]
    assert [str(value) for value in page.cell_values(0, 11)] == ["2022: 500 (row Retail)"]


def test_signs_between_cells_belong_to_their_row() -> None:
    text = "| Name | Age |\n|---|---|\n| Ada | 36 |\n| Bob | 41 |"
    cells = [
        cell(0, 0, "Name", role="column", text=text),
        cell(0, 1, "Age", role="column", text=text),
        cell(1, 0, "Ada", role="row", text=text),
        cell(1, 1, "36", text=text),
        cell(2, 0, "Bob", role="row", text=text),
        cell(2, 1, "41", text=text),
    ]
    page = page_of(Table(start=0, end=len(text), cells=tuple(cells), columns=("Name", "Age")), text=text)
    assert read(page) == [
        ("row", "| Name | Age |\n|---|---|", None),
        ("row", "| Ada | 36 |", 0),
        ("row", "| Bob | 41 |", 0),
    ]


def test_rows_that_are_printed_into_each_other_are_one_unit() -> None:
    text = "Fire\nDoors\nFlood\nPumps\nAlarms"
    cells = [
        cell(0, 0, "Fire", role="row", text=text),
        cell(0, 1, "Doors", "Alarms", text=text),
        cell(1, 0, "Flood", role="row", text=text),
        cell(1, 1, "Pumps", text=text),
    ]
    page = page_of(Table(start=0, end=len(text), cells=tuple(cells)), text=text)
    assert read(page) == [("row", text, None)]


def test_a_long_row_is_several_units_with_the_same_names() -> None:
    words = "word " * 900
    text = f"Name  Text\nAda  {words.strip()}"
    cells = [
        cell(0, 0, "Name", role="column", text=text),
        cell(0, 1, "Text", role="column", text=text),
        cell(1, 0, "Ada", role="row", text=text),
        TableCell(row=1, column=1, runs=((16, len(text)),)),
    ]
    found = units(page_of(Table(start=0, end=len(text), cells=tuple(cells)), text=text))
    assert [unit.header for unit in found] == [None, 0, 0, 0]


@given(st.data())
def test_units_tile_pages_with_any_tables(data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(["a", "bb", "12", "|", "\n", "\n\n", "  ", "Total:"]), max_size=40))
    text = " ".join(words)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=4)))
    tables = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        runs = [(at, at + 1) for at in range(start, end) if not text[at].isspace()]
        cells = [
            TableCell(
                row=data.draw(st.integers(0, 3)),
                column=0,
                runs=(run,),
                role=data.draw(st.sampled_from(["value", "column", "row", "group"])),
            )
            for run in runs
        ]
        tables.append(Table(start=start, end=end, cells=tuple(cells)))
    page = page_of(*tables, text=text)
    Page.model_validate(page.model_dump() | {"units": units(page)})
