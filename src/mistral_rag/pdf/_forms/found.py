"""The forms of a page: lines of labels with values beside them, and lines of labels with values below them."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mistral_rag.pdf._document import PrintedLine
from mistral_rag.pdf._forms.fields import FormFields, Located, below, beside
from mistral_rag.pdf._forms.labels import (
    MAX_VALUE_WORDS,
    LabelledLine,
    Stretches,
    labelled_line,
    may_be_label,
)
from mistral_rag.pdf._tables.grid import Layout
from mistral_rag.pdf._tables.pieces import Row
from mistral_rag.schema import Table

_MAX_GAP = 2.5
"""White between two lines of fields, times the height of a line."""
_MIN_LINES = 2
"""Lines of fields below each other: one alone may be a sentence with a word in bold."""
_SMALL = 0.87
"""Height of a label against that of its value: 7.5 points over 9, where letters of one size differ by rounding."""
_MAX_LARGE = 1.05
"""A bold line that is higher than the one below is its heading."""
_MAX_VALUE_GAP = 0.9
"""White between a label and its value below it, times the height of the value."""
_ALIGNED = 4.0
"""Points by which a value may begin left of its label, or a label left of the one above it."""
_MIN_LONE = 3
"""Labels with a value each, one below the other, where none stands beside another: two may be headings."""
_MAX_VALUE_LINES = 4
_MAX_SHORT = 60
"""Characters of a line that may be a label or a value alone; lines of text are longer."""


def may_stack(lines: Sequence[PrintedLine]) -> bool:
    """True when short lines in small or bold letters stand above short ones, so that a page may be a form."""
    pairs = ((a, b) for a, b in pairwise(lines) if max(a.end - a.start, b.end - b.start) < _MAX_SHORT)
    return sum(a.height < _SMALL * b.height or (a.bold and not b.bold) for a, b in pairs) >= _MIN_LONE


def forms_of(rows: Sequence[Row], bold: Stretches, layout: Layout) -> Iterator[FormFields]:
    """The forms among the lines of a page, from the top."""
    taken: set[int] = set()
    for form in (*_forms_below(rows, bold, layout), *_forms_beside(rows, bold, layout)):
        if not form.lines & taken:
            taken |= form.lines
            yield form


# --- values beside their labels -----------------------------------------------------------------------------------


def _forms_beside(rows: Sequence[Row], bold: Stretches, layout: Layout) -> Iterator[FormFields]:
    for run in _runs([labelled_line(row, _inside(bold, row), layout.text) for row in rows]):
        fields = sum(len(line.pairs) for line in run)
        if len(run) < _MIN_LINES and fields < _MIN_LONE:
            continue
        tables = tuple(
            beside((label, line.row), [(value, line.row) for value in values], layout)
            for line in run
            for label, values in line.pairs
        )
        certain = 2 * sum(line.is_certain for line in run) > len(run)
        yield FormFields(tables, frozenset(line.row.line for line in run), certain)


def _runs(lines: Sequence[LabelledLine | None]) -> Iterator[list[LabelledLine]]:
    """Lines of fields that follow each other closely."""
    run: list[LabelledLine] = []
    for line in lines:
        far = run and line and _white(run[-1].row, line.row) > _MAX_GAP * line.row.height
        if run and (line is None or far):
            yield run
            run = []
        if line is not None:
            run.append(line)
    if run:
        yield run


def _inside(bold: Stretches, row: Row) -> Stretches:
    start, end = min(piece.start for piece in row.pieces), max(piece.end for piece in row.pieces)
    return [stretch for stretch in bold if start <= stretch[0] < end]


# --- values below their labels ------------------------------------------------------------------------------------


def _forms_below(rows: Sequence[Row], bold: Stretches, layout: Layout) -> Iterator[FormFields]:
    at = 0
    while at < len(rows):
        blocks: list[tuple[Row, list[Row]]] = []
        end = at
        while (block := _block(rows, end, layout.text)) is not None:
            if blocks and _white(rows[end - 1], rows[end]) > _MAX_GAP * rows[end].height:
                break
            blocks.append(block)
            end += 1 + len(block[1])
        if form := _form_of(blocks, layout):
            yield form
            at = end
        else:
            at += 1


def _block(rows: Sequence[Row], at: int, text: str) -> tuple[Row, list[Row]] | None:
    """A line of labels and the lines of their values; none where all of its fields are empty."""
    if at >= len(rows) or not all(may_be_label(piece, text) for piece in rows[at].pieces):
        return None
    labels, values = rows[at], []
    for row in rows[at + 1 : at + 1 + _MAX_VALUE_LINES]:
        above = values[-1] if values else labels
        if not _is_value_of(row, labels, above, text):
            break
        values.append(row)
    following = rows[at + 1 + len(values) : at + 2 + len(values)]
    if not values and not (following and _is_like(labels, following[0]) and _may_label(following[0], text)):
        return None
    return labels, values


def _is_value_of(row: Row, labels: Row, above: Row, text: str) -> bool:
    """True for a line right below labels, in larger or lighter letters, each of whose pieces begins below a label."""
    smaller = labels.height < _SMALL * row.height
    lighter = labels.bold and not row.bold and labels.height <= _MAX_LARGE * row.height
    if not (smaller or lighter) or _white(above, row) > _MAX_VALUE_GAP * row.height:
        return False
    if any(len(text[piece.start : piece.end].split()) > MAX_VALUE_WORDS for piece in row.pieces):
        return False
    return all(any(label.left - _ALIGNED <= piece.left for label in labels.pieces) for piece in row.pieces)


def _form_of(blocks: Sequence[tuple[Row, list[Row]]], layout: Layout) -> FormFields | None:
    """The form of some lines of labels below each other; None where it may be headings, or the head of a table."""
    filled = [block for block in blocks if block[1]]
    widest = max((len(labels.pieces) for labels, _ in blocks), default=0)
    if len(filled) < (_MIN_LINES if widest > 1 else _MIN_LONE) or any(
        len(labels.pieces) == 1 and len(values) > 1 and widest == 1 for labels, values in blocks
    ):
        return None
    if any(_white(a[1][-1], b[0]) < _white(a[0], a[1][0]) for a, b in pairwise(filled)):
        return None
    tables = tuple(_below(labels, values, layout) for labels, values in blocks)
    lines = frozenset(row.line for labels, values in blocks for row in (labels, *values))
    return FormFields(tables, lines, True)


def _below(labels: Row, values: Sequence[Row], layout: Layout) -> Table:
    names = sorted(labels.pieces, key=lambda piece: piece.left)
    held: list[list[Located]] = [[] for _ in names]
    for row in values:
        for piece in row.pieces:
            owner = max((at for at, name in enumerate(names) if name.left - _ALIGNED <= piece.left), default=0)
            held[owner].append((piece, row))
    return below([(name, labels) for name in names], held, layout)


def _is_like(labels: Row, other: Row) -> bool:
    return abs(labels.height - other.height) < (1 - _SMALL) * labels.height and labels.bold == other.bold


def _may_label(row: Row, text: str) -> bool:
    return all(may_be_label(piece, text) for piece in row.pieces)


def _white(above: Row, below: Row) -> float:
    return below.top - above.bottom
