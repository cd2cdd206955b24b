"""Files of HTML that are read as they are: tables of many shapes, tags that are wrong, what is hidden or struck out."""

import html
from collections.abc import Callable
from pathlib import Path

from benchmarks._reading.make.grids import Grid
from benchmarks._reading.make.prose import Prose
from benchmarks._reading.make.tables import SHAPES
from benchmarks._reading.truth import PageTruth, Region

Maker = Callable[[Path], tuple[PageTruth, ...]]


def write(out: Path, body: str, title: str) -> None:
    """Write a file of HTML."""
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title>'
    out.write_text(f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n', "utf-8")


def table(shape: str, *, wrong: bool = False, head_cells: bool = True) -> Maker:
    """A table between two paragraphs; with `wrong` end tags are left out or stand elsewhere.

    Without `head_cells` its heads are bold text in ordinary cells.
    """

    def make(out: Path) -> tuple[PageTruth, ...]:
        prose = Prose(f"html-{shape}-{wrong}-{head_cells}")
        grid = SHAPES[shape](prose)
        title, before, caption, after = prose.title(), prose.text(2), prose.title(), prose.text(2)
        shown = _table(grid, head_cells=head_cells)
        if wrong:
            shown = shown.replace("</td>", "").replace("</tr>", "</p></tr>").replace("<tr>", "<tr></span>", 2)
        body = (
            f"<h1>{title}</h1>\n<p>{before}</p>\n<table>\n<caption>{caption}</caption>\n{shown}</table>\n<p>{after}</p>"
        )
        write(out, body, title)
        regions = (
            Region("title", title), Region("text", before), Region("caption", caption), Region("table", grid.text()),
            Region("text", after),
        )  # fmt: skip
        return (PageTruth(regions, (grid.truth(3, hard=False),), number=1),)

    return make


def _table(grid: Grid, *, head_cells: bool) -> str:
    rows = ""
    for row in grid.truth(0, hard=False).rows():
        cells = ""
        for cell in row:
            tag = "th" if cell.role == "column" and head_cells else "td"
            text = html.escape(cell.text, quote=False).replace("\n", "<br>")
            text = f"<b>{text}</b>" if cell.role == "column" and not head_cells and text else text
            spans = f' colspan="{cell.column_span}"' * (cell.column_span > 1)
            spans += f' rowspan="{cell.row_span}"' * (cell.row_span > 1)
            cells += f"<{tag}{spans}>{text}</{tag}>"
        rows += f"<tr>{cells}</tr>\n"
    return rows


def layout_table(out: Path) -> tuple[PageTruth, ...]:
    """A page laid out by a table: a menu at the left, paragraphs at the right."""
    prose = Prose("html-layout")
    title, first, second = prose.title(), prose.text(3), prose.text(4)
    menu = ("Home", "Products", "Contact")
    links = "".join(f'<a href="#">{name}</a><br>' for name in menu)
    body = (
        f'<table width="100%"><tr><td colspan="2"><h1>{title}</h1></td></tr><tr><td width="20%">{links}</td>'
        f"<td><p>{first}</p><p>{second}</p></td></tr></table>"
    )
    write(out, body, title)
    regions = (Region("title", title), Region("text", first), Region("text", second))
    return (PageTruth((*regions, Region("aside", "\n".join(menu), ordered=False)), number=1),)


def struck_out(out: Path) -> tuple[PageTruth, ...]:
    """Prices that were struck out, and text that styles and attributes hide."""
    prose = Prose("html-struck")
    title, price, now = prose.title(), prose.number(), prose.number()
    secrets = [f"Correction notice {prose.number()}" for _ in range(4)]
    rest = prose.text(2)
    body = (
        f"<h1>{title}</h1><p>The pump costs <del>{price} EUR</del> <ins>{now} EUR</ins> from May.</p>"
        f'<p style="display:none">{secrets[0]}</p><p hidden>{secrets[1]}</p>'
        f'<p style="visibility:hidden">{secrets[2]}</p><template><p>{secrets[3]}</p></template><p>{rest}</p>'
    )
    write(out, body, title)
    regions = (Region("title", title), Region("text", f"The pump costs {now} EUR from May."), Region("text", rest))
    return (PageTruth(regions, hidden=(*secrets, f"{price} EUR"), number=1),)


MAKERS: dict[str, tuple[str, Maker]] = {
    **{
        f"html-{shape}": ("html", table(shape))
        for shape in ("plain", "empty", "two-levels", "three-levels", "row-spans", "groups", "many-lines", "currency")
    },
    "html-plain-wrong-tags": ("html", table("plain", wrong=True)),
    "html-row-spans-wrong-tags": ("html", table("row-spans", wrong=True)),
    "html-ranges-no-th": ("html", table("ranges", head_cells=False)),
    "html-layout-table": ("html", layout_table),
    "html-struck-out": ("html", struck_out),
}
