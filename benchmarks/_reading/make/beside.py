"""Pages with two matters beside each other: tables, addresses, languages, forms, lists and boxes; and tables like them.

What looks alike and is one table ("besides-one-…") is here too, so that a rule that parts the ones does not part the
others.
"""

from collections.abc import Sequence

from benchmarks._reading.make.grids import Grid
from benchmarks._reading.make.layouts import Scene, column, heading
from benchmarks._reading.make.prose import Prose, wrap
from benchmarks._reading.make.sheets import Sheet
from benchmarks._reading.make.tables import CITIES, figures
from benchmarks._reading.truth import Region

_BOLD = "font-weight:bold"
_SANS = "font-family:'Liberation Sans'"


def tables(name: str, look: str, *, heads: Sequence[Sequence[str]], rows: Sequence[int], titled: bool = True) -> Scene:
    """Two tables beside each other with heads of their own."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = heading(sheet, 54, 44, prose.title())
        top = column(sheet, prose, 54, top, 504, [2])
        names = iter([*CITIES, "Nice", "Odense", "Pisa", "Quito", "Rouen", "Sofia", "Tours", "Ulm", "Vigo", "Wels"])
        for left, own, count in zip((54, 320), heads, rows, strict=True):
            if titled:
                sheet.put(left, top, [prose.title()], kind="title", style=_BOLD)
            body = [[next(names), *figures(prose, len(own) - 1)] for _ in range(count)]
            sheet.table(left, top + 18, Grid([list(own)], body), width=230, look=look)
        column(sheet, prose, 54, top + 30 + 20 * max(rows), 504, [2])
        return [sheet]

    return build


def statement(name: str) -> Scene:
    """Assets at the left, debts at the right, both below years."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        heading(sheet, 54, 54, "Position of the works at the end of the year")
        sides = (
            ("Cash", "Receivables", "Stocks", "Plant", "Total assets"),
            ("Payables", "Accruals", "Loans", "Equity", "Total debts"),
        )
        for left, labels in zip((54, 330), sides, strict=True):
            rows = [[label, *figures(prose, 2)] for label in labels]
            sheet.table(left, 90, Grid([["", "2025", "2024"]], rows), width=225, look="bare")
        return [sheet]

    return build


_ADDRESSES = (
    ("Elbe Works Ltd", "Accounts department", "17 Dock Road", "Hull HU1 3DZ", "United Kingdom"),
    ("Marta Lindqvist", "Nordhamn Marin AB", "Skeppsbron 44", "211 20 Malmö", "Sweden"),
    ("Oak & Pine LLC", "Attn: Receiving", "920 Mill Street, Suite 4", "Dayton, OH 45402"),
)


def addresses(name: str, lefts: Sequence[int], *, heads: Sequence[str] = (), items: bool = True) -> Scene:
    """An invoice: blocks of addresses beside each other, a table of items below."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        heading(sheet, 54, 44, f"Invoice {prose.number()}", 18)
        for at, left in enumerate(lefts):
            lines = [*heads[at : at + 1], *_ADDRESSES[at]]
            sheet.put(left, 100, lines, kind="address", style=_SANS)
        if items:
            rows = [[what, *figures(prose, 2)] for what in ("Valve", "Gasket", "Bracket", "Sensor")]
            sheet.table(54, 210, Grid([["Item", "Quantity", "Amount"]], rows), width=504, look="horizontal")
        column(sheet, prose, 54, 360, 504, [2])
        return [sheet]

    return build


_CLAUSES = (
    (
        "1. Definitions",
        "1. Begriffe",
        "In this agreement the words set out in annex A have the meaning given there.",
        "In diesem Vertrag haben die Wörter in Anlage A die dort genannte Bedeutung.",
    ),
    (
        "2. Term",
        "2. Laufzeit",
        "The agreement runs for 24 months and ends on 31 March without further notice to the other side.",
        "Der Vertrag läuft 24 Monate und endet am 31. März, ohne dass es einer Kündigung bedarf.",
    ),
    (
        "3. Price",
        "3. Preis",
        "The buyer pays 4,812 euros a month. Payment is due within thirty days of the invoice.",
        "Der Käufer zahlt 4.812 Euro im Monat. Zahlung ist binnen dreißig Tagen nach Rechnung fällig.",
    ),
    (
        "4. Law",
        "4. Recht",
        "The law of Austria applies. The courts of Graz decide all disputes.",
        "Es gilt das Recht Österreichs. Über Streit entscheiden die Gerichte in Graz.",
    ),
)


def languages(name: str, *, ruled: bool = False, rows: bool = True) -> Scene:
    """A contract in two languages; with `rows` each clause begins at the height of the other's."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = heading(sheet, 54, 54, prose.title())
        tops = [top, top]
        sides: tuple[list[str], list[str]] = ([], [])
        for clause in _CLAUSES:
            start = tops[0], tops[1]
            for at, left in enumerate((58, 312)):
                sheet.show(left, tops[at], [clause[at]], style=_BOLD)
                lines = wrap(clause[2 + at], 48)
                sheet.show(left, tops[at] + 13, lines)
                tops[at] += 13 * len(lines) + 21
                sides[at].append("\n".join([clause[at], *lines]))
            if rows:
                tops = [max(tops)] * 2
            if ruled:
                box = f"height:{max(tops) - start[0]}pt;border:.6pt solid #000"
                for left in (54, 308):
                    sheet.draw(left, start[0] - 4, "", width=254, style=box)
        for at in (0, 1):
            sheet.regions.append(Region("text", "\n".join(sides[at]), ordered=not ruled))
        return [sheet]

    return build


_FIELDS = (
    ("First name", "Ottilie"), ("Date of birth", "4 May 1987"), ("Street", "Am Kai 12"), ("Telephone", "040 555 0173"),
    ("Town", "Hamburg"), ("Employer", "Elbe Works"), ("Nationality", "Swedish"), ("Department", "Shipping"),
)  # fmt: skip


def pairs(name: str, *, colon: bool, shaded: bool = False) -> Scene:
    """A form: names and values in two columns, a blank or a wide gap apart."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = heading(sheet, 54, 54, prose.title())
        for at, (label, value) in enumerate(_FIELDS):
            left, y = (54, 320)[at % 2], top + 19 * (at // 2)
            mark = ":" if colon else ""
            if shaded:
                sheet.draw(left - 3, y - 2, "", width=90, style="height:17pt;background:#dfe5ee")
            sheet.show(left, y, [f"{label}{mark}"], style=f"{_SANS};{'' if colon else _BOLD};font-size:9pt")
            sheet.show(left + 95, y, [value], style=f"{_SANS};font-size:9pt")
            sheet.regions.append(Region("text", f"{label}{mark} {value}", ordered=False))
        column(sheet, prose, 54, top + 110, 504, [3])
        return [sheet]

    return build


def lists(name: str, *, marks: Sequence[str], lines: int = 1, rows: bool = False) -> Scene:
    """Items in two columns; with `rows` the second stands beside the first."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = heading(sheet, 54, 54, prose.title())
        top = column(sheet, prose, 54, top, 504, [2])
        half = len(marks) // 2
        tops = [top, top]
        for at, mark in enumerate(marks):
            side = at % 2 if rows else at // half
            text = wrap(prose.sentence() if lines > 1 else prose.note(), 46)[:lines]
            sheet.show((54, 315)[side], tops[side], [mark])
            sheet.show((54, 315)[side] + 14, tops[side], text)
            sheet.regions.append(Region("list", " ".join([mark, *text]), ordered=not rows))
            tops[side] += 13 * (len(text) if not rows else lines) + 4
        column(sheet, prose, 54, max(tops) + 10, 504, [3])
        return [sheet]

    return build


def box(name: str, *, framed: bool, table: bool = False, left: bool = False, grid: bool = False) -> Scene:
    """A box beside prose, framed or shaded, with notes or a small table; with `grid` on the baselines of the prose."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        main, side = (226, 54) if left else (54, 400)
        top = heading(sheet, 54, 44, prose.title())
        column(sheet, prose, main, top, 325, [5, 4, 5])
        look = "border:1pt solid #444" if framed else "background:#e6ecd8"
        sheet.draw(side, top - 4, "", width=158, style=f"height:172pt;{look}")
        y = top if grid else top + 5
        if table:
            sheet.put(side + 8, y, [prose.title()], kind="title", ordered=False, style=_BOLD)
            rows = [[city, *figures(prose, 1)] for city in CITIES[:5]]
            sheet.table(side + 4, y + 18, Grid([["Site", "Orders"]], rows), width=148, look="bare")
        else:
            for _ in range(3):
                lines = wrap(prose.note(), 28)
                y = sheet.put(side + 8, y, lines, kind="aside", ordered=False, style="font-size:9.5pt")
        return [sheet]

    return build


def boxes(name: str) -> Scene:
    """Two framed boxes of short lines beside each other, prose around them."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = column(sheet, prose, 54, 54, 504, [3])
        for left in (54, 312):
            sheet.draw(left, top, "", width=246, style="height:110pt;border:.8pt solid #555")
            sheet.put(left + 8, top + 6, [prose.title()], kind="title", style=_BOLD)
            lines = [line for _ in range(2) for line in wrap(prose.note(), 44)]
            sheet.put(left + 8, top + 24, lines, kind="box")
        column(sheet, prose, 54, top + 125, 504, [3])
        return [sheet]

    return build


def both_margins(name: str) -> Scene:
    """Headings of paragraphs in the left margin, notes in the right one."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = 70.0
        for _ in range(3):
            lines = wrap(prose.text(4), 68)
            sheet.put(150, top, lines, width=310)
            sheet.put(54, top, wrap(prose.title(), 16), kind="aside", ordered=False, style=f"{_BOLD};font-size:9pt")
            note = wrap(prose.note(), 20)
            sheet.put(480, top + 17, note, kind="aside", ordered=False, style="font-size:8pt")
            top += 13 * max(len(lines), len(note) + 1) + 14
        return [sheet]

    return build


def one_table(name: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, labels: int = 1) -> Scene:
    """One table of words without rulings, prose around it."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = column(sheet, prose, 54, 54, 504, [3])
        heads = [list(head)] if head else []
        sheet.table(54, top, Grid(heads, [list(row) for row in rows], labels=labels), width=480, look="bare")
        column(
            sheet, prose, 54, top + 40 + 17 * sum(max(cell.count("\n") + 1 for cell in row) for row in rows), 504, [3]
        )
        return [sheet]

    return build


_SITES = ["Site", "Orders", "Returns"]
SCENES: dict[str, tuple[str, Scene]] = {
    **{
        f"beside-tables-{look}": (
            "beside",
            tables(f"beside-tables-{look}", look, heads=(_SITES, ["Port", "Calls", "Delays"]), rows=(7, 5)),
        )
        for look in ("bare", "ruled", "horizontal", "shaded", "head-rule")
    },
    "beside-tables-same-heads": (
        "beside",
        tables("beside-tables-same-heads", "bare", heads=(_SITES, _SITES), rows=(6, 6), titled=False),
    ),
    "beside-tables-wide": (
        "beside",
        tables("beside-tables-wide", "bare", heads=(["Site", "Net"], ["Port", "Jan", "Feb", "Mar"]), rows=(5, 6)),
    ),
    "beside-statement": ("beside", statement("beside-statement")),
    "beside-addresses": ("beside", addresses("beside-addresses", (54, 330), heads=("Bill to:", "Ship to:"))),
    "beside-addresses-plain": ("beside", addresses("beside-addresses-plain", (54, 380), items=False)),
    "beside-addresses-three": (
        "beside",
        addresses("beside-addresses-three", (54, 225, 400), heads=("Seller", "Buyer", "Delivery")),
    ),
    "beside-languages": ("beside", languages("beside-languages")),
    "beside-languages-flowing": ("beside", languages("beside-languages-flowing", rows=False)),
    "beside-languages-ruled": ("beside", languages("beside-languages-ruled", ruled=True)),
    "beside-pairs-colon": ("beside", pairs("beside-pairs-colon", colon=True)),
    "beside-pairs-bold": ("beside", pairs("beside-pairs-bold", colon=False)),
    "beside-pairs-shaded": ("beside", pairs("beside-pairs-shaded", colon=False, shaded=True)),
    "beside-list-bullets": ("beside", lists("beside-list-bullets", marks="•" * 8)),
    "beside-list-numbers": ("beside", lists("beside-list-numbers", marks=[f"{n}." for n in range(1, 11)], lines=2)),
    "beside-list-letters": ("beside", lists("beside-list-letters", marks=[f"({c})" for c in "abcdef"], lines=2)),
    "beside-list-rows": (
        "beside",
        lists("beside-list-rows", marks=[f"{n}." for n in range(1, 9)], rows=True, lines=2),
    ),
    "beside-box-framed": ("beside", box("beside-box-framed", framed=True)),
    "beside-box-shaded-grid": ("beside", box("beside-box-shaded-grid", framed=False, grid=True)),
    "beside-box-table": ("beside", box("beside-box-table", framed=True, table=True)),
    "beside-box-table-grid": ("beside", box("beside-box-table-grid", framed=False, table=True, grid=True)),
    "beside-box-left": ("beside", box("beside-box-left", framed=False, left=True)),
    "beside-boxes": ("beside", boxes("beside-boxes")),
    "beside-both-margins": ("beside", both_margins("beside-both-margins")),
    "beside-one-subsidiaries": (
        "beside-one",
        one_table(
            "beside-one-subsidiaries",
            ["Subsidiary", "Place of incorporation"],
            [["Elbe Works Finance B.V.", "Netherlands"], ["Hull 2 Holdings Ltd", "England"],
             ["Nordhamn Marin AB", "Sweden"], ["Dayton Oak 45402 LLC", "Ohio, United States"],
             ["Kai 12 Immobilien GmbH", "Germany"]],
        ),
    ),
    "beside-one-terms": (
        "beside-one",
        one_table(
            "beside-one-terms",
            [],
            [["Invoice number", "EW-4471"], ["Date", "14 May 2025"], ["Customer", "Oak & Pine LLC"],
             ["Delivery address", "920 Mill Street, Dayton, OH 45402"], ["Payment", "30 days net"]],
        ),
    ),
    "beside-one-remedies": (
        "beside-one",
        one_table(
            "beside-one-remedies",
            ["Fault", "Remedy", "Minutes"],
            [["Pump does not\nstart", "Check the fuse and\nthe float switch", "12"],
             ["Water is cloudy", "Replace the filter;\nflush for ten minutes", "41"],
             ["Motor is loud", "Grease the bearing", "7"], ["Display is dark", "Turn the contrast\nscrew", "3"]],
        ),
    ),
    "beside-one-two-labels": (
        "beside-one",
        one_table(
            "beside-one-two-labels",
            ["Person", "2024", "2023", "Office", "Votes", "Shares"],
            [["A. Brandt", "1,204", "980", "Chair", "77", "5,100"],
             ["C. Dumas", "877", "845", "Treasurer", "64", "320"],
             ["E. Fiala", "903", "899", "Secretary", "59", "41"], ["G. Horn", "612", "588", "Member", "48", "1,006"]],
        ),
    ),
    "beside-one-items": (
        "beside-one",
        one_table(
            "beside-one-items",
            ["Action", "Owner", "Due"],
            [["1. Repair the roof", "Works", "May 7"], ["2. Order new valves", "Buying", "June 2"],
             ["3. Train the crew", "Staff", "June 19"], ["4. Paint the hall", "Works", "July 1"]],
        ),
    ),
    "beside-one-comparison": (
        "beside-one",
        one_table(
            "beside-one-comparison",
            ["Feature", "Basic plan", "Full plan"],
            [["Support", "By mail", "By telephone and mail"], ["Storage", "20 GB", "500 GB"],
             ["Users", "Up to 3 people", "Without limit"], ["Notice", "One month", "Three months"]],
        ),
    ),
}  # fmt: skip
