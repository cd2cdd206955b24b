"""Fields whose values stand beside their labels: runs of lines of labels and values."""

import re
from collections.abc import Iterator, Sequence

from mistral_rag.pdf._forms.fields import FormFields, field_of
from mistral_rag.pdf._forms.labels import LabelledLine, Stretches, labelled_line
from mistral_rag.pdf._tables.grid import Layout
from mistral_rag.pdf._tables.pieces import Row

_NAMED = re.compile(r"^[^\n:：]{2,40}[:：] ?\S", re.MULTILINE)
_MAX_GAP = 2.5
"""White between two lines of fields, times the height of a line."""
_MIN_LINES = 2
"""Lines of fields below each other: one alone may be a sentence with a word in bold."""
_MIN_FIELDS = 3
"""Fields on one line that are a form without any other line."""


def may_have_fields(text: str, bold: Stretches) -> bool:
    """True when a page has lines that begin with a name and a colon, or of which a part is bold."""
    return len(bold) >= _MIN_LINES or len(_NAMED.findall(text)) >= _MIN_LINES


def forms_beside(rows: Sequence[Row], bold: Stretches, layout: Layout) -> Iterator[FormFields]:
    """The forms among the lines of a page, from the top."""
    for run in _runs([labelled_line(row, _inside(bold, row), layout.text) for row in rows]):
        if len(run) < _MIN_LINES and sum(line.filled for line in run) < _MIN_FIELDS:
            continue
        tables = tuple(
            field_of((label, line.row), [(value, line.row) for value in values], layout)
            for line in run
            for label, values in line.pairs
        )
        certain = 2 * sum(line.is_certain for line in run) >= len(run)
        yield FormFields(tables, frozenset(line.row.line for line in run), certain)


def _runs(lines: Sequence[LabelledLine | None]) -> Iterator[list[LabelledLine]]:
    """Lines of fields that follow each other closely."""
    run: list[LabelledLine] = []
    for line in lines:
        far = run and line and line.row.top - run[-1].row.bottom > _MAX_GAP * line.row.height
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
