"""Tables from a description: their cells, and how they look in HTML, LaTeX and LibreOffice."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks._reading.truth import Cell, Role, Table

Described = str | tuple[str, int, int]
"""A cell: its text, or (text, columns it covers, rows it covers)."""

LOOKS = """.ruled td,.ruled th{border:.6pt solid #000}.horizontal tr{border-bottom:.6pt solid #000}
.shaded tr:nth-child(even){background:#e4e9f2}.head-rule .last-head{border-bottom:.8pt solid #000}"""
"""How tables look; "bare" ones have no rulings at all."""
_NUMBER = re.compile(r"[-–−(]?[$€£]?\s?[\d.,]+\s?[%)x]*$|^[–—-]$")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: rows of heads, then rows; a row of one cell is the name of the group of rows below it.

    The first `labels` columns name their row. `columns` are the names where the page shows none, of a table that goes
    on from the page before.
    """

    heads: Sequence[Sequence[Described]]
    rows: Sequence[Sequence[Described]]
    labels: int = 1
    hard: bool = False
    columns: Sequence[str] = ()
    scale: str = ""
    widths: Sequence[int] = ()

    def cells(self) -> list[Cell]:
        """All cells, empty ones too, in their places."""
        taken: set[tuple[int, int]] = set()
        found: list[Cell] = []
        for at, described in enumerate((*self.heads, *self.rows)):
            column = 0
            for one in described:
                text, wide, high = one if isinstance(one, tuple) else (one, 1, 1)
                while (at, column) in taken:
                    column += 1
                group = at >= len(self.heads) and len(described) == 1
                wide = self.width() if group and wide == 1 else wide
                taken |= {(at + down, column + right) for down in range(high) for right in range(wide)}
                found.append(Cell(at, column, text, self._role(at, column, group=group), high, wide))
                column += wide
        return found

    def width(self) -> int:
        """Columns of the table."""
        return max(sum(one[1] if isinstance(one, tuple) else 1 for one in row) for row in (*self.heads, *self.rows))

    def _role(self, row: int, column: int, *, group: bool) -> Role:
        if row < len(self.heads):
            return "column"
        return "group" if group else "row" if column < self.labels else "value"

    def covered(self) -> set[tuple[int, int]]:
        """Places that a cell above or to the left covers."""
        return {
            (cell.row + down, cell.column + right)
            for cell in self.cells()
            for down in range(cell.row_span)
            for right in range(cell.column_span)
            if down or right
        }

    def truth(self, region: int, *, hard: bool) -> Table:
        """The table as the truth has it."""
        return Table(tuple(self.cells()), region, hard, tuple(self.columns), self.scale)

    def text(self) -> str:
        """Its words, a row a line; cells of several lines have theirs one after the other."""
        return "\n".join(" ".join(cell.text for cell in row if cell.text) for row in self._by_row())

    def _by_row(self) -> Iterator[list[Cell]]:
        return iter(self.truth(0, hard=False).rows())

    def html(self, look: str) -> str:
        """As a table of a page that a browser prints."""
        rows = []
        for row in self._by_row():
            last = row[0].row == len(self.heads) - 1
            cells = "".join(self._html_cell(cell) for cell in row)
            rows.append(f'<tr class="last-head">{cells}</tr>' if last else f"<tr>{cells}</tr>")
        return f'<table class="{look}" style="width:100%">{"".join(rows)}</table>'

    def _html_cell(self, cell: Cell) -> str:
        tag = "th" if cell.role == "column" else "td"
        spans = f' colspan="{cell.column_span}"' * (cell.column_span > 1) + f' rowspan="{cell.row_span}"' * (
            cell.row_span > 1
        )
        if cell.column_span > 1 and cell.role == "column":
            spans += ' style="text-align:center"'
        number = _NUMBER.match(cell.text) or (cell.role == "column" and self._of_numbers(cell.column))
        text = re.sub(r"\^\{(.*?)\}", r"<sup>\1</sup>", html.escape(cell.text, quote=False)).replace("\n", "<br>")
        return f"<{tag}{spans}{' class=number' if number else ''}>{text}</{tag}>"

    def _of_numbers(self, column: int) -> bool:
        texts = [cell.text for cell in self.cells() if cell.column == column and cell.role == "value" and cell.text]
        return column >= self.labels and all(_NUMBER.match(text.split("^")[0]) for text in texts)

    def latex(self, look: str) -> str:
        """As a tabular."""
        rule = r"\hline" if look in ("ruled", "horizontal") else ""
        edge = "|" if look == "ruled" else ""
        columns = edge + edge.join("l" if at < self.labels else "r" for at in range(self.width())) + edge
        lines = [rule]
        covered = self.covered()
        for at, row in enumerate(self._by_row()):
            parts = [""] * sum((at, column) in covered for column in range(row[0].column))
            for cell in row:
                own = escape(cell.text)
                spec = f"{edge}c{edge}" if cell.role == "column" else f"{edge}l{edge}"
                wide = cell.column_span
                parts.append(rf"\multicolumn{{{wide}}}{{{spec}}}{{{own}}}" if wide > 1 else own)
            below = r"\hline" if look == "head-rule" and at == len(self.heads) - 1 else rule
            lines.append(" & ".join(parts) + r" \\ " + below)
        return rf"\begin{{tabular}}{{{columns}}}" + "\n".join(lines) + r"\end{tabular}"

    def office(self, name: str, look: str) -> str:
        """As a table of a LibreOffice text; its cell styles are `ruled` and `bare`."""
        style = "ruled" if look == "ruled" else "bare"
        covered = self.covered()
        rows = []
        by_place = {(cell.row, cell.column): cell for cell in self.cells()}
        for at in range(len(self.heads) + len(self.rows)):
            own = []
            for column in range(self.width()):
                if (at, column) in covered:
                    own.append("<table:covered-table-cell/>")
                    continue
                cell = by_place.get((at, column), Cell(at, column, ""))
                paragraphs = "".join(f"<text:p>{html.escape(line)}</text:p>" for line in cell.text.split("\n"))
                own.append(
                    f'<table:table-cell table:style-name="{style}" table:number-columns-spanned="{cell.column_span}" '
                    f'table:number-rows-spanned="{cell.row_span}">{paragraphs}</table:table-cell>'
                )
            rows.append(f"<table:table-row>{''.join(own)}</table:table-row>")
        columns = f'<table:table-column table:number-columns-repeated="{self.width()}"/>'
        return f'<table:table table:name="{name}">{columns}{"".join(rows)}</table:table>'


def escape(text: str) -> str:
    """Text for LaTeX."""
    text = re.sub(r"([&%$#])", r"\\\1", text)
    text = re.sub(r"\^\{(.*?)\}", r"\\textsuperscript{\1}", text)
    return re.sub(r"(?<!\\text)_\{(.*?)\}", r"\\textsubscript{\1}", text).replace("–", "--").replace("—", "---")
