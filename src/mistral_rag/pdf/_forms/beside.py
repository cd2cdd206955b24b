"""Fields whose values stand beside their labels: runs of lines of labels and values."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mistral_rag.pdf._forms.fields import FormFields, field_of
from mistral_rag.pdf._forms.labels import LabelledLine, Stretches, inside, labelled_line
from mistral_rag.pdf._tables.grid import Layout
from mistral_rag.pdf._tables.pieces import Row

_NAMED = re.compile(r"^[^\n:：]{2,40}[:：] ?\S", re.MULTILINE)
_MAX_GAP = 2.5
"""White between two lines of fields, times the height of a line."""
_MIN_LINES = 2
"""Lines of fields below each other: one alone may be a sentence with a word in bold."""
_MIN_FIELDS = 3
"""Fields on one line that are a form without any other line."""
_MAX_LEADING = 0.9
"""White between two lines of one paragraph, times the height of a line."""
_ALIGNED = 3.0
"""Points by which the left edges of two lines of one paragraph differ."""


def may_have_fields(text: str, bold: Stretches) -> bool:
    """True when a page has lines that begin with a name and a colon, or of which a part is bold."""
    return len(bold) >= _MIN_LINES or len(_NAMED.findall(text)) >= _MIN_LINES


def forms_beside(rows: Sequence[Row], bold: Stretches, layout: Layout) -> Iterator[FormFields]:
    """The forms among the lines of a page, from the top."""
    prose = _prose(rows, layout.text)
    lines = [None if row.line in prose else labelled_line(row, inside(bold, row), layout.text) for row in rows]
    for run in _runs(lines):
        if len(run) < _MIN_LINES and sum(line.filled for line in run) < _MIN_FIELDS:
            continue
        tables = tuple(
            field_of((label, line.row), [(value, line.row) for value in values], layout)
            for line in run
            for label, values in line.pairs
        )
        certain = 2 * sum(line.is_certain for line in run) >= len(run)
        yield FormFields(tables, frozenset(line.row.line for line in run), certain)


def _prose(rows: Sequence[Row], text: str) -> set[int]:
    """The lines that go on into the next one with a small letter, and those that they go on into.

    A name in bold, or one with a colon, is no label there: "Open Settings > Workouts on the watch,".
    """
    found: set[int] = set()
    for above, below in pairwise(rows):
        close = 0 <= below.top - above.bottom < _MAX_LEADING * below.height
        if not close or abs(below.left - above.left) > _ALIGNED:
            continue
        first = text[below.pieces[0].start : below.pieces[0].end].split()[0]
        begins_small = text[above.pieces[0].start].islower() and above.line not in found
        # labels may all be written small ("e-mail:")
        if first[0].islower() and not first.endswith((":", "：")) and not begins_small:
            found |= {above.line, below.line}
    return found


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
