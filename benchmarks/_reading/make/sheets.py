"""A page under construction: what is put on it, and the truth of it."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks._reading.make.grids import LOOKS, Grid
from benchmarks._reading.truth import PageTruth, Region, Table

WIDTH, HEIGHT = 612, 792
_CSS = """@page{size:612pt 792pt;margin:0}*{margin:0;padding:0;box-sizing:border-box}
body{font-family:'Liberation Serif';font-size:10pt;line-height:13pt}.page{position:relative;width:612pt;height:791pt;
overflow:hidden;break-after:page}.at{position:absolute}.line{white-space:pre}
.justify .line{white-space:nowrap;text-align:justify;text-align-last:justify}
.justify .line:last-child{text-align-last:left}
sup,sub{font-size:60%;line-height:0}
table{border-collapse:collapse}td,th{padding:2pt 5pt;text-align:left;font-weight:normal}
.number{text-align:right}"""


def inline(text: str) -> str:
    """The text of a line as HTML."""
    escaped = html.escape(text, quote=False)
    return re.sub(r"\^\{(.*?)\}", r"<sup>\1</sup>", re.sub(r"_\{(.*?)\}", r"<sub>\1</sub>", escaped))


@dataclass(slots=True)
class Sheet:
    """One page of HTML in points, with everything at a place of its own."""

    regions: list[Region] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    fields: list[tuple[str, str]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    style: str = ""

    def draw(self, left: float, top: float, markup: str, *, width: float = 0, style: str = "") -> None:
        """Put what has no truth: a line, a bar, a shade."""
        wide = f"width:{width}pt;" if width else ""
        self.parts.append(f'<div class="at" style="left:{left}pt;top:{top}pt;{wide}{style}">{markup}</div>')

    def put(
        self,
        left: float,
        top: float,
        lines: Sequence[str],
        *,
        kind: str = "text",
        width: float = 0,
        style: str = "",
        ordered: bool = True,
        justify: bool = False,
    ) -> float:
        """Put lines as one region, and give the place below them (lines are 13 points high)."""
        self.regions.append(Region(kind, "\n".join(lines), ordered))
        self.show(left, top, lines, width=width, style=style, justify=justify)
        return top + 13 * len(lines)

    def show(
        self, left: float, top: float, lines: Sequence[str], *, width: float = 0, style: str = "", justify: bool = False
    ) -> None:
        """Put lines without a region of their own."""
        markup = "".join(f'<div class="line">{inline(line)}</div>' for line in lines)
        self.draw(left, top, f'<div class="{"justify" if justify else ""}">{markup}</div>', width=width, style=style)

    def table(
        self, left: float, top: float, grid: Grid, *, width: float = 0, look: str = "ruled", style: str = ""
    ) -> None:
        """Put a table as a region."""
        self.tables.append(grid.truth(len(self.regions), hard=grid.hard or look == "bare"))
        self.regions.append(Region("table", grid.text()))
        self.draw(left, top, grid.html(look), width=width, style=style)

    def truth(self, number: int) -> PageTruth:
        """The truth of the page."""
        return PageTruth(tuple(self.regions), tuple(self.tables), tuple(self.hidden), tuple(self.fields), number=number)


def document_html(sheets: Sequence[Sheet], *, language: str = "en") -> str:
    """A file for a browser to print."""
    pages = "".join(f'<div class="page" style="{sheet.style}">{"".join(sheet.parts)}</div>' for sheet in sheets)
    head = f'<meta charset="utf-8"><title> </title><style>{_CSS}{LOOKS}</style>'
    return f'<!doctype html><html lang="{language}">{head}{pages}'
