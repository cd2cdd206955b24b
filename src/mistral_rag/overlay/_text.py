"""Text of a page as HTML, with runs of it marked; whatever a document says stays text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from mistral_rag.overlay._reading import cell_title, shortened, table_label
from mistral_rag.schema import Page, Table, TableCell


@dataclass(frozen=True, slots=True)
class TextRun:
    """A run of a page's text that is marked: a class of the style sheet, what is said of it, a mark it refers to."""

    start: int
    end: int
    kind: str
    title: str = ""
    target: str = ""


def marked_text(text: str, runs: Sequence[TextRun], *, start: int = 0, end: int | None = None) -> str:
    """``text[start:end]`` as HTML; where runs lie in each other, what the last of them says is shown."""
    last = len(text) if end is None else end
    edges = sorted({start, last, *(edge for run in runs for edge in (run.start, run.end) if start < edge < last)})
    waiting = sorted(runs, key=lambda run: run.start)
    open_runs: list[TextRun] = []
    parts: list[str] = []
    at = 0
    for left, right in pairwise(edges):
        while at < len(waiting) and waiting[at].start <= left:
            open_runs.append(waiting[at])
            at += 1
        open_runs = [run for run in open_runs if run.end > left]
        parts.append(_segment(text[left:right], open_runs))
    return "".join(parts)


def _segment(text: str, runs: Sequence[TextRun]) -> str:
    if not runs or text.isspace():
        return escape(text)
    # the shortest run is the innermost
    inner = min(reversed(runs), key=lambda run: run.end - run.start)
    kinds = " ".join(dict.fromkeys(run.kind for run in runs))
    title = f' title="{escape(inner.title)}"' if inner.title else ""
    target = next((run.target for run in reversed(runs) if run.target), "")
    link = (f'<a href="#{escape(target)}" ', "</a>") if target else ("<span ", "</span>")
    return f'{link[0]}class="{escape(kinds)}"{title}>{escape(text)}{link[1]}'


def read_text(page: Page, *, prefix: str) -> str:
    """The text of a page as it was read: its blocks with their kinds, its units and cells marked."""
    runs = [*_unit_runs(page, prefix), *_cell_runs(page)]
    parts: list[str] = []
    at = 0
    for number, block in enumerate(sorted(page.blocks, key=lambda block: block.start), 1):
        if block.end <= at:
            continue
        if page.text[at : block.start].strip():
            parts.append(_block("", marked_text(page.text, runs, start=at, end=block.start)))
        first = max(at, block.start)
        parts.append(_block(f"{number} {block.kind}", marked_text(page.text, runs, start=first, end=block.end)))
        at = block.end
    if page.text[at:].strip():
        parts.append(_block("", marked_text(page.text, runs, start=at)))
    return "".join(parts)


def _block(kind: str, text: str) -> str:
    label = f'<b class="kind">{escape(kind)}</b>' if kind else ""
    return f'<div class="block">{label}<p dir="auto">{text}</p></div>'


def _unit_runs(page: Page, prefix: str) -> Iterator[TextRun]:
    boxed = bool(len(page.words))
    for at, unit in enumerate(page.units):
        target = f"{prefix}unit{at + 1}" if boxed and page.words.between(unit.start, unit.end) else ""
        yield TextRun(unit.start, unit.end, f"unit unit-{at % 2}", f"unit {at + 1}: {unit.kind}", target)


def _cell_runs(page: Page) -> Iterator[TextRun]:
    for table in page.tables:
        for cell in table.cells:
            for start, end in cell.runs:
                yield TextRun(start, end, f"cell-{cell.role}", shortened(cell_title(page, table, cell)))


def tables(page: Page) -> str:
    """The tables of a page as they were read, each as a grid of its cells."""
    return "".join(_grid(page, table, at) for at, table in enumerate(page.tables, 1))


def _grid(page: Page, table: Table, number: int) -> str:
    rows = "".join(f"<tr>{''.join(_cell(page, table, cell) for cell in row)}</tr>" for row in _rows(table.cells))
    names = [name for name in table.columns if name]
    heads = f'<p dir="auto">columns: {escape(" | ".join(names))}</p>' if names else ""
    return (
        f'<h3>{escape(table_label(table, number))}</h3>{heads}<div class="wide"><table dir="auto">{rows}</table></div>'
    )


def _rows(cells: Iterable[TableCell]) -> list[list[TableCell]]:
    rows: dict[int, list[TableCell]] = {}
    for cell in cells:
        rows.setdefault(cell.row, []).append(cell)
    return [sorted(rows[row], key=lambda cell: cell.column) for row in sorted(rows)]


def _cell(page: Page, table: Table, cell: TableCell) -> str:
    spans = "".join(
        f' {name}="{count}"' for name, count in (("rowspan", cell.row_span), ("colspan", cell.column_span)) if count > 1
    )
    kind = f"cell-{cell.role}" if cell.runs else "cell-empty"
    title = escape(shortened(cell_title(page, table, cell)))
    return f'<td class="{kind}"{spans} title="{title}">{escape(cell.text(page.text))}</td>'
