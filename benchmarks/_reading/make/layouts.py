"""Pages of columns, notes, figures, running heads and line numbers."""

from collections.abc import Callable, Sequence

from benchmarks._reading.make.grids import Grid
from benchmarks._reading.make.prose import Prose, wrap
from benchmarks._reading.make.sheets import Sheet
from benchmarks._reading.truth import Region

Scene = Callable[[], Sequence[Sheet]]


def heading(sheet: Sheet, left: float, top: float, text: str, size: int = 14) -> float:
    """Put a heading."""
    sheet.put(left, top, [text], kind="title", style=f"font-weight:bold;font-size:{size}pt;line-height:{size + 4}pt")
    return top + size + 10


def column(
    sheet: Sheet, prose: Prose, left: float, top: float, width: float, paragraphs: Sequence[int], **looks: bool
) -> float:
    """Put paragraphs of so many sentences below each other."""
    for sentences in paragraphs:
        lines = wrap(prose.text(sentences), int(width / 4.75), hyphens=looks.get("hyphens", False))
        top = sheet.put(left, top, lines, width=width, justify=looks.get("justify", True)) + 7
    return top


def columns(name: str, count: int, gap: float, *, title: bool = True, unequal: bool = False, **looks: bool) -> Scene:
    """Columns of one text, side by side."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = heading(sheet, 54, 54, prose.title(), 18) if title else 60
        width = (504 - gap * (count - 1)) / count
        for at in range(count):
            sentences = [4, 3, 5] if not unequal else ([5, 4, 4, 5], [2], [3, 1])[at]
            column(sheet, prose, 54 + at * (width + gap), top, width, sentences, **looks)
        return [sheet]

    return build


def flowing(name: str) -> Scene:
    """A paragraph that begins at the foot of one column and ends at the head of the next."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = column(sheet, prose, 54, 60, 243, [5, 5])
        lines = wrap(prose.text(6), 51)
        sheet.put(54, top, lines, width=243)
        sheet.parts.pop()
        half = len(lines) // 2
        sheet.show(54, top, lines[:half], width=243)
        sheet.show(315, 60, lines[half:], width=243)
        column(sheet, prose, 315, 60 + 13 * (len(lines) - half) + 7, 243, [4, 4])
        return [sheet]

    return build


def stories(name: str) -> Scene:
    """A newsletter: two columns with headings of their own at different heights, a story over both below."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        heading(sheet, 54, 40, prose.title(), 22)
        ends = []
        for left, sentences in ((54, (4, 3)), (315, (2, 5))):
            top = 90.0
            for number in sentences:
                top = heading(sheet, left, top, prose.title(), 12)
                top = column(sheet, prose, left, top, 243, [number, 2])
            ends.append(top)
        top = heading(sheet, 54, max(ends) + 10, prose.title(), 12)
        column(sheet, prose, 54, top, 504, [4])
        return [sheet]

    return build


def sidebar(name: str, *, right: bool = True, shaded: bool = True) -> Scene:
    """A box of other matters beside the text, its lines at other heights."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        main, side = (54, 420) if right else (206, 54)
        top = heading(sheet, main, 54, prose.title())
        column(sheet, prose, main, top, 350, [5, 4, 6])
        if shaded:
            sheet.draw(side - 6, 80, "", width=150, style="height:190pt;background:#dde6dd")
        lines = [line for _ in range(3) for line in wrap(prose.note(), 26)]
        sheet.put(side, 90, lines, kind="aside", ordered=False, style="font-family:'Liberation Sans';font-size:9pt")
        return [sheet]

    return build


def margin_notes(name: str, *, left: bool = False) -> Scene:
    """Notes in the margin on the baselines of the text, close to it."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        main, side = (160, 54) if left else (72, 470)
        top = 70.0
        for _ in range(3):
            lines = wrap(prose.text(4), 80)
            sheet.put(main, top, lines, width=386, justify=True)
            note = wrap(prose.note(), 20)[: len(lines)]
            sheet.put(side, top, note, kind="aside", ordered=False, style="font-size:8.5pt;font-style:italic")
            top += 13 * len(lines) + 16
        return [sheet]

    return build


def footnotes(name: str, *, two: bool = False) -> Scene:
    """Marks in the text, notes below a short rule."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        width, lefts = (243, (54, 315)) if two else (504, (54,))
        for at, left in enumerate(lefts):
            text = f"{prose.sentence()[:-1]}.^{{{at + 1}}} {prose.text(2)}"
            top = sheet.put(left, 70, wrap(text, int(width / 4.75)), width=width)
            column(sheet, prose, left, top + 7, width, [4, 3])
        for at, left in enumerate(lefts):
            sheet.draw(left, 668, "", width=100, style="border-top:.5pt solid #000")
            note = wrap(f"^{{{at + 1}}} {prose.text(1)}", int(width / 3.9))
            sheet.put(left, 672, note, kind="footnote", style="font-size:8pt")
        return [sheet]

    return build


def bars(sheet: Sheet, prose: Prose, left: float, top: float) -> None:
    """Draw a bar chart with names and values, one region."""
    names = ("Kiel", "Metz", "Oslo", "Turin")
    values = [prose.number() for _ in names]
    for at, (name, value) in enumerate(zip(names, values, strict=True)):
        sheet.draw(left + 42, top + 26 * at, "", style=f"width:{value / 90}pt;height:14pt;background:#4470aa")
        sheet.show(left, top + 26 * at, [name])
        sheet.show(left + 48 + value / 90, top + 26 * at, [str(value)])
    words = "\n".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
    sheet.regions.append(_figure(words))


def _figure(words: str) -> Region:
    return Region("figure", words, ordered=False)


def chart_beside(name: str, *, table: bool = False) -> Scene:
    """A chart beside prose or beside a table, its labels at the heights of the other's lines."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = heading(sheet, 54, 54, prose.title())
        if table:
            rows = [
                [city, f"{prose.number()}", f"{prose.number()}"] for city in ("Bonn", "Lyon", "Riga", "Graz", "Bern")
            ]
            sheet.table(54, top, Grid([["Site", "Orders", "Returns"]], rows), width=230, look="horizontal")
        else:
            column(sheet, prose, 54, top, 300, [4, 3])
        left = 320 if table else 390
        bars(sheet, prose, left, top + 4)
        sheet.put(
            left,
            top + 118,
            wrap(f"Figure 1. {prose.note()}", 34),
            kind="caption",
            ordered=False,
            style="font-size:8.5pt",
        )
        column(sheet, prose, 54, 320, 504, [3, 3])
        return [sheet]

    return build


def figure_in_column(name: str) -> Scene:
    """A chart with its caption in the left one of two columns; the text goes on below it."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = column(sheet, prose, 54, 60, 243, [4])
        bars(sheet, prose, 70, top + 6)
        caption = wrap(f"Figure 2. {prose.note()}", 50)
        sheet.put(54, top + 120, caption, kind="caption", ordered=False, style="font-size:8.5pt")
        column(sheet, prose, 54, top + 165, 243, [3, 3])
        column(sheet, prose, 315, 60, 243, [4, 4, 4, 3])
        return [sheet]

    return build


def timeline(name: str) -> Scene:
    """A line of years with words above and below it, and prose at its left, on the same heights."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        column(sheet, prose, 54, 60, 230, [5, 4])
        words = []
        sheet.draw(310, 130, "", style="width:250pt;border-top:1.5pt solid #933")
        for at, (year, event) in enumerate((("1998", "Founded"), ("2007", "Rebuilt"), ("2019", "Sold"))):
            sheet.show(320 + 85 * at, 112, [year], style="font-size:9pt")
            sheet.show(320 + 85 * at, 134, [event], style="font-size:9pt")
            words.append(f"{year} {event}")
        # the words of each year stand above each other: their order is free, so each is a line
        sheet.regions.append(_figure("\n".join(" ".join(words).split())))
        return [sheet]

    return build


def line_numbers(name: str, *, every: int = 1, rule: bool = False) -> Scene:
    """Line numbers in the margin, as in a pleading."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top, count = 60.0, 0
        for sentences in (4, 5, 4):
            lines = wrap(prose.text(sentences), 84)
            sheet.put(100, top, lines, style="line-height:24pt", width=440)
            for at in range(len(lines)):
                count += 1
                if count % every == 0:
                    sheet.show(66, top + 24 * at + 5, [str(count)])
            top += 24 * len(lines)
        if rule:
            sheet.draw(
                90, 40, "", style="height:700pt;border-left:1pt solid #000;border-right:1pt solid #000;width:4pt"
            )
        numbers = "\n".join(str(number) for number in range(every, count + 1, every))
        sheet.regions.append(Region("line-number", numbers, ordered=False))
        return [sheet]

    return build


def running(name: str, *, ruled: bool = False) -> Scene:
    """Three pages with running heads and page numbers; with `ruled` close to the text and below a rule."""

    def build() -> list[Sheet]:
        prose, sheets = Prose(name), []
        for number in range(1, 4):
            sheet = Sheet()
            sheet.put(54, 30, ["Annual report of the Elbe works"], kind="header", ordered=False, style="font-size:8pt")
            sheet.put(500, 30, [f"Chapter {number}"], kind="header", ordered=False, style="font-size:8pt")
            if ruled:
                sheet.draw(54, 43, "", style="width:504pt;border-top:.5pt solid #000")
            top = 50.0 if ruled else heading(sheet, 54, 60, prose.title())
            column(sheet, prose, 54, top, 504, [5, 4, 5])
            sheet.put(296, 750, [f"– {number + 40} –"], kind="footer", ordered=False, style="font-size:8pt")
            sheets.append(sheet)
        return sheets

    return build


def pull_quote(name: str) -> Scene:
    """A large quote between two columns, which give way to it."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        for left, inner in ((54, 54), (315, 378)):
            top = column(sheet, prose, left, 60, 243, [4, 3])
            sheet_top = max(top, 210)
            column(sheet, prose, inner, sheet_top, 180, [3])
            column(sheet, prose, left, sheet_top + 110, 243, [3, 3])
        lines = wrap(prose.note(), 15)[:4]
        sheet.put(248, 235, lines, kind="aside", ordered=False, style="font-size:15pt;font-style:italic")
        return [sheet]

    return build


def letter(name: str) -> Scene:
    """A letter: two address blocks side by side, a date at the right."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        sheet.put(54, 60, ["Elbe Works Ltd", "Dock Road 7", "Hull HU1 3DZ"], kind="address")
        sheet.put(380, 60, ["Customer service", "Telephone 01482 555 019", "Reference EW-4471"], kind="address")
        sheet.put(440, 130, ["14 May 2025"], kind="text")
        sheet.put(54, 160, ["Notice of changed delivery"], kind="title", style="font-weight:bold")
        column(sheet, prose, 54, 190, 504, [3, 4, 2])
        return [sheet]

    return build


def parallel(name: str) -> Scene:
    """Paragraphs of two languages side by side, each beginning at the height of the other."""
    french = (
        "Le dépôt du nord a livré 4021 palettes sans une seule plainte malgré le mauvais temps.",
        "Un fournisseur a réparé 318 soupapes après un long retard à la frontière du pays.",
        "Le bureau du port a refusé 7755 contrats parce que les documents étaient incomplets.",
    )

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        left, right, top = [], [], 70.0
        for text in french:
            english = wrap(prose.text(2), 50)
            left.append((top, english))
            right.append((top, wrap(f"{text} {text.replace('0', '6').replace('7', '9').replace('3', '8')}", 50)))
            top += 13 * max(len(english), len(right[-1][1])) + 14
        for x, blocks in ((54, left), (315, right)):
            for y, lines in blocks:
                sheet.put(x, y, lines, width=243, ordered=x == 54)
        return [sheet]

    return build


def lists(name: str) -> Scene:
    """Numbered items in two columns."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = heading(sheet, 54, 54, prose.title())
        for at, left in enumerate((54, 315)):
            y = top
            for number in range(1, 7):
                lines = wrap(f"{number + 6 * at}. {prose.sentence()}", 48)
                y = sheet.put(left, y, lines, kind="list", width=243) + 5
        return [sheet]

    return build


def box_across(name: str) -> Scene:
    """A framed box over both columns in the middle of the page."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        for left in (54, 315):
            column(sheet, prose, left, 60, 243, [4, 3])
        lines = wrap(prose.text(3), 96)
        sheet.draw(54, 250, "", style="width:504pt;height:60pt;border:1pt solid #333")
        sheet.put(66, 258, lines, kind="box")
        for left in (54, 315):
            column(sheet, prose, left, 330, 243, [4, 4])
        return [sheet]

    return build


SCENES: dict[str, tuple[str, Scene]] = {
    "columns-two": ("columns", columns("columns-two", 2, 18)),
    "columns-two-narrow": ("columns", columns("columns-two-narrow", 2, 9)),
    "columns-two-ragged": ("columns", columns("columns-two-ragged", 2, 18, justify=False)),
    "columns-two-hyphens": ("columns", columns("columns-two-hyphens", 2, 14, hyphens=True)),
    "columns-three": ("columns", columns("columns-three", 3, 14)),
    "columns-unequal": ("columns", columns("columns-unequal", 2, 18, unequal=True)),
    "columns-three-unequal": ("columns", columns("columns-three-unequal", 3, 12, unequal=True, title=False)),
    "columns-flowing": ("columns", flowing("columns-flowing")),
    "columns-stories": ("columns", stories("columns-stories")),
    "columns-list": ("columns", lists("columns-list")),
    "columns-box-across": ("columns", box_across("columns-box-across")),
    "columns-parallel": ("columns", parallel("columns-parallel")),
    "columns-letter": ("columns", letter("columns-letter")),
    "notes-sidebar-right": ("notes", sidebar("notes-sidebar-right")),
    "notes-sidebar-left-plain": ("notes", sidebar("notes-sidebar-left-plain", right=False, shaded=False)),
    "notes-margin-right": ("notes", margin_notes("notes-margin-right")),
    "notes-margin-left": ("notes", margin_notes("notes-margin-left", left=True)),
    "notes-foot": ("notes", footnotes("notes-foot")),
    "notes-foot-two-columns": ("notes", footnotes("notes-foot-two-columns", two=True)),
    "notes-pull-quote": ("notes", pull_quote("notes-pull-quote")),
    "figures-chart-beside-prose": ("figures", chart_beside("figures-chart-beside-prose")),
    "figures-chart-beside-table": ("figures", chart_beside("figures-chart-beside-table", table=True)),
    "figures-in-column": ("figures", figure_in_column("figures-in-column")),
    "figures-timeline": ("figures", timeline("figures-timeline")),
    "lines-numbered": ("line-numbers", line_numbers("lines-numbered")),
    "lines-numbered-rule": ("line-numbers", line_numbers("lines-numbered-rule", rule=True)),
    "lines-numbered-fifth": ("line-numbers", line_numbers("lines-numbered-fifth", every=5)),
    "running-heads": ("running", running("running-heads")),
    "running-heads-ruled": ("running", running("running-heads-ruled", ruled=True)),
}
