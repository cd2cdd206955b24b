"""Pages of fields: labels with their values beside or below them, empty ones, receipts, and tables that are turned.

The truth of a field is a table of one row that its label names, be it beside the value or above it.
"""

from collections.abc import Sequence

from benchmarks._reading.make.grids import Grid
from benchmarks._reading.make.layouts import Scene, column, heading
from benchmarks._reading.make.prose import Prose
from benchmarks._reading.make.sheets import Sheet
from benchmarks._reading.truth import Cell, Region, Table

_SANS = "font-family:'Liberation Sans'"
_BOLD = "<b>{}</b>"
_INVOICE = (
    ("Invoice date", "12 May 2024"), ("Due date", "11 June 2024"), ("Customer number", "40877"),
    ("Order", "PO 7781"), ("Contact", "Marta Lindqvist"), ("Payment", "30 days net"),
)  # fmt: skip
_PERSON = (
    ("Surname", "Lindqvist"), ("First name", "Marta"), ("Date of birth", "4 May 1987"), ("Nationality", "Swedish"),
    ("Street", "Skeppsbron 44"), ("Town", "Malmö"), ("Telephone", "040 555 0173"), ("Employer", "Nordhamn Marin AB"),
)  # fmt: skip
_SHIPMENT = (
    ("Consignee", "Oak & Pine LLC"), ("Port of loading", "Hamburg"), ("Port of discharge", "Baltimore"),
    ("Vessel", "Elbe Trader"), ("Voyage", "118W"), ("Gross weight", "12,480 kg"), ("Containers", "3"),
    ("Freight", "prepaid"), ("Date of issue", "2 March 2025"),
)  # fmt: skip
Fields = Sequence[tuple[str, str]]


def _field(sheet: Sheet, label: str, value: str) -> None:
    """The truth of one field."""
    cells = (Cell(0, 0, label, "row"), *((Cell(0, 1, value),) if value else ()))
    sheet.tables.append(Table(cells, len(sheet.regions)))
    sheet.regions.append(Region("table", f"{label}\n{value}".strip(), ordered=False))


def beside(name: str, fields: Fields, *, columns: int = 1, gap: float = 0, size: float = 9.5) -> Scene:
    """Bold labels without a colon, their values behind them: a blank apart, or at a place of their own."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = heading(sheet, 54, 54, prose.title())
        for at, (label, value) in enumerate(fields):
            left, y = 54 + at % columns * (504 / columns), top + 16 * (at // columns)
            if gap:
                sheet.draw(left, y, _BOLD.format(label), style=f"{_SANS};font-size:{size}pt")
                sheet.draw(left + gap, y, value, style=f"{_SANS};font-size:{size}pt")
            else:
                both = f"{_BOLD.format(label)} {value}"
                sheet.draw(left, y, both, style=f"{_SANS};font-size:{size}pt;white-space:pre")
            _field(sheet, label, value)
        column(sheet, prose, 54, top + 16 * (len(fields) // columns) + 24, 504, [3])
        return [sheet]

    return build


def above(
    name: str, fields: Fields, *, columns: int, boxed: bool = True, empty: Sequence[int] = (), bold: bool = False
) -> Scene:
    """Small labels, each with its value below it, in boxes side by side or in bare columns."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = heading(sheet, 54, 54, prose.title())
        wide = 504 / columns
        for at, (label, full) in enumerate(fields):
            value = "" if at in empty else full
            left, y = 54 + at % columns * wide, top + 30 * (at // columns)
            if boxed:
                sheet.draw(left, y, "", width=wide, style="height:30pt;border:.6pt solid #000")
            small = f"{_SANS};font-size:{9 if bold else 6.5}pt;line-height:9pt{';font-weight:bold' if bold else ''}"
            sheet.draw(left + 4, y + 2, label, style=small)
            sheet.draw(left + 4, y + 13, value, style=f"{_SANS};font-size:10pt")
            _field(sheet, label, value)
        column(sheet, prose, 54, top + 30 * (-(-len(fields) // columns)) + 20, 504, [3])
        return [sheet]

    return build


def receipt(name: str, items: Sequence[tuple[str, str, str, str]], *, sums: Fields) -> Scene:
    """Items on two lines: the name, and below it quantity, price and amount."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = heading(sheet, 200, 54, prose.title(), 12)
        style = "font-family:'Liberation Mono';font-size:9pt"
        cells: list[Cell] = []
        for at, (what, quantity, price, amount) in enumerate(items):
            sheet.draw(200, top, what, style=style)
            sheet.draw(215, top + 12, f"{quantity} x {price}", style=style)
            sheet.draw(330, top + 12, amount, width=60, style=f"{style};text-align:right")
            cells += (Cell(at, 0, what, "row"), Cell(at, 1, f"{quantity} x {price}"), Cell(at, 2, amount))
            top += 25
        for at, (what, amount) in enumerate(sums, len(items)):
            sheet.draw(200, top, what, style=style)
            sheet.draw(330, top, amount, width=60, style=f"{style};text-align:right")
            cells += (Cell(at, 0, what, "row"), Cell(at, 2, amount))
            top += 13
        rows = [" ".join(cell.text for cell in cells if cell.row == at) for at in range(len(items) + len(sums))]
        sheet.tables.append(Table(tuple(cells), len(sheet.regions), hard=True))
        sheet.regions.append(Region("table", "\n".join(rows)))
        return [sheet]

    return build


def turned_heads(name: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, look: str) -> Scene:
    """A table whose columns are named by text that runs up the page."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = column(sheet, prose, 54, 54, 504, [3])
        rule = "border:.6pt solid #000;" if look == "ruled" else ""
        turn = "writing-mode:vertical-rl;transform:rotate(180deg);white-space:pre"
        names = "".join(f'<td style="{rule}height:90pt"><span style="{turn}">{head}</span></td>' for head in heads)
        body = "".join(
            "<tr>" + "".join(f'<td style="{rule}{"text-align:right" if at else ""}">{c}</td>' for at, c in enumerate(r))
            for r in rows
        )
        sheet.draw(54, top + 10, f"<table><tr>{names}</tr>{body}</table>")
        grid = Grid([list(heads)], [list(row) for row in rows])
        sheet.tables.append(grid.truth(len(sheet.regions), hard=False))
        sheet.regions.append(Region("table", grid.text()))
        column(sheet, prose, 54, top + 150 + 18 * len(rows), 504, [2])
        return [sheet]

    return build


def from_right(name: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, look: str) -> Scene:
    """A table of a script that is written to the left: its first column is the last on the page."""

    def build() -> list[Sheet]:
        sheet = Sheet()
        grid = Grid([list(heads)], [list(row) for row in rows])
        sheet.tables.append(grid.truth(0, hard=False))
        sheet.regions.append(Region("table", grid.text()))
        font = "font-family:'Noto Naskh Arabic','Noto Sans Hebrew','DejaVu Sans'"
        sheet.draw(54, 80, f'<div dir="rtl">{grid.html(look)}</div>', width=504, style=font)
        return [sheet]

    return build


_PAID = (("TOTAL", "21.40"), ("CASH", "50.00"), ("CHANGE", "28.60"))
_SHOP = (
    ("MILK 2L", "2", "3.50", "7.00"), ("BREAD WHOLEMEAL", "1", "2.20", "2.20"), ("APPLES KG", "3", "1.10", "3.30"),
    ("BATTERY AA", "1", "8.90", "8.90"),
)  # fmt: skip
_CAFE = (
    ("Flat white", "2", "4.20", "8.40"),
    ("Cheese toast", "1", "6.80", "6.80"),
    ("Still water", "3", "2.50", "7.50"),
)
_KITS = ["Site", "Inspected", "Repaired", "Replaced", "Closed"]
_SITES = [["Aarhus", "14", "3", "1", "0"], ["Bergen", "22", "7", "2", "1"], ["Cadiz", "9", "0", "4", "2"],
          ["Dover", "31", "12", "5", "3"]]  # fmt: skip
_AR = ["المدينة", "الطلبات", "المرتجعات"]
_AR_ROWS = [["القاهرة", "1204", "31"], ["عمان", "877", "12"], ["تونس", "640", "9"], ["الرباط", "512", "22"]]
_HE = ["עיר", "הזמנות", "החזרות"]
_HE_ROWS = [["חיפה", "3021", "44"], ["אילת", "410", "8"], ["נתניה", "655", "17"], ["אשדוד", "987", "25"]]
SCENES: dict[str, tuple[str, Scene]] = {
    name: ("field", scene)
    for name, scene in {
        "field-beside-blank": beside("field-beside-blank", _INVOICE),
        "field-beside-gap": beside("field-beside-gap", _PERSON, gap=110),
        "field-beside-two": beside("field-beside-two", _PERSON, columns=2),
        "field-beside-two-gap": beside("field-beside-two-gap", _SHIPMENT[:8], columns=2, gap=95),
        "field-beside-three": beside("field-beside-three", _INVOICE, columns=3, size=8.5),
        "field-above-boxes": above("field-above-boxes", _PERSON, columns=2),
        "field-above-boxes-three": above("field-above-boxes-three", _SHIPMENT, columns=3),
        "field-above-empty": above("field-above-empty", _PERSON, columns=4, empty=(1, 4, 6)),
        "field-above-empty-three": above("field-above-empty-three", _SHIPMENT, columns=3, empty=(2, 3)),
        "field-above-bare": above("field-above-bare", _PERSON, columns=2, boxed=False),
        "field-above-bold": above("field-above-bold", _SHIPMENT, columns=3, boxed=False, bold=True),
        "field-above-one": above("field-above-one", _INVOICE, columns=1),
        "field-receipt": receipt("field-receipt", _SHOP, sums=_PAID),
        "field-receipt-cafe": receipt("field-receipt-cafe", _CAFE, sums=(("Subtotal", "22.70"), ("Service", "2.27"))),
        "field-turned-ruled": turned_heads("field-turned-ruled", _KITS, _SITES, look="ruled"),
        "field-turned-bare": turned_heads("field-turned-bare", _KITS[:4], [row[:4] for row in _SITES], look="bare"),
        "field-rtl-ar": from_right("field-rtl-ar", _AR, _AR_ROWS, look="ruled"),
        "field-rtl-ar-bare": from_right("field-rtl-ar-bare", _AR, _AR_ROWS, look="bare"),
        "field-rtl-he": from_right("field-rtl-he", _HE, _HE_ROWS, look="horizontal"),
        "field-rtl-he-ruled": from_right("field-rtl-he-ruled", _HE, _HE_ROWS, look="ruled"),
    }.items()
}  # fmt: skip
