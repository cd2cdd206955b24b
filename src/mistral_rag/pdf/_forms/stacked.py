"""Fields whose values stand below or above their labels: each is read with its value, not with what is beside it."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.pdf._forms.captioned import captioned, may_have_captions
from mistral_rag.pdf._forms.defined import definitions
from mistral_rag.pdf._forms.fields import FieldLines, Located, StackedField, StackedForm
from mistral_rag.pdf._forms.labels import MAX_VALUE_WORDS, may_be_label
from mistral_rag.pdf._layout import CELL_JOINT, LineLayout
from mistral_rag.pdf._sheet import PrintedLine, Sheet
from mistral_rag.pdf._tables.pieces import Piece, Row, rows_of
from mistral_rag.schema import WordBoxes

_MAX_GAP = 4.0
"""White between two lines of fields, times the height of the second one's labels: an empty box has more than three."""
_MIN_LINES = 2
"""Lines of labels with values, below each other: one alone may be the head of a table."""
_MIN_LONE = 3
"""The same where no label stands beside another: two may be headings."""
SMALL = 0.87
"""Height of a label against that of its value: 7.5 points over 9; letters of one size differ less, by rounding."""
_MAX_LARGE = 1.05
"""A bold line that is higher than the one below is its heading."""
_MAX_VALUE_GAP = 0.9
"""White between a label and its value below it, times the height of the value."""
_MIN_ROOM = 1.2
"""White in which a value may stand, times the height of its label."""
_ALIGNED = 4.0
"""Points by which a value may begin left of its label."""
_MAX_VALUE_LINES = 4
_MAX_SHORT = 60
"""Characters of a line that may be a label or a value alone; lines of text are longer."""


class Restacked(NamedTuple):
    """The lines of a page in which each label is followed by its value, and which lines are those of a field."""

    lines: list[LineLayout]
    fields: tuple[FieldLines, ...]


def may_stack(lines: Sequence[PrintedLine]) -> bool:
    """True when short lines in small or bold letters stand above short ones, so that a page may be such a form."""
    if len(lines) < 2 * _MIN_LINES:
        return False
    pairs = ((a, b) for a, b in pairwise(lines) if a.upright and (a.cells > 1 or a.end - a.start < _MAX_SHORT))
    return sum(a.height < SMALL * b.height or (a.bold and not b.bold) for a, b in pairs) >= _MIN_LINES


def may_define(lines: Sequence[PrintedLine]) -> bool:
    """True when two lines may have a term and what it means beside it."""
    return sum(line.upright and line.cells == 2 for line in lines) >= _MIN_LINES


def restacked(sheet: Sheet, lines: Sequence[LineLayout]) -> Restacked | None:
    """The `lines` of a sheet with each label before its value; None where a page has no such fields."""
    stacks, has_captions = may_stack(sheet.lines), may_have_captions(sheet.lines, sheet.text)
    defines = may_define(sheet.lines)
    if not (stacks or has_captions or defines):
        return None
    rows = rows_of(sheet, running=frozenset())
    # a row is as high as its words: those of a picture have the height of their ink
    rows = [row.of_height(sheet.lines[row.line].height) for row in rows]
    found_forms = (
        captioned(rows, sheet.text) if has_captions else (),
        _forms(rows, sheet.text) if stacks else (),
        definitions(rows, sheet.bold, sheet.rulings, sheet.text) if defines else (),
    )
    forms: list[StackedForm] = []
    for of_kind in found_forms:
        taken = {at for form in forms for at in form.lines}
        forms += [form for form in of_kind if taken.isdisjoint(form.lines)]
    if not forms:
        return None
    starts = [record[0] for record in WordBoxes.RECORD.iter_unpack(sheet.words.data)]
    words = [word for line in lines for word in line.words]
    joints = [joint for line in lines for joint in line.joints]
    region = max(line.region for line in lines)
    begins = {form.lines[0]: form for form in forms}
    taken = {at for form in forms for at in form.lines}
    found: list[LineLayout] = []
    fields: list[FieldLines] = []
    for at, line in enumerate(lines):
        for field in begins[at].fields if at in begins else ():
            region += 1
            first = len(found)
            # a label is one line, however it wraps
            for pieces in (field.label, *((own,) for own in field.value)):
                places = [[bisect_left(starts, word[0]) for word in piece.words] for piece, _ in pieces]
                found.append(
                    _line_of(
                        lines[pieces[0][1].line],
                        [words[p] for own in places for p in own],
                        [joint for own in places for joint in (" ", *(joints[p] for p in own[1:]))],
                        region,
                    )
                )
            fields.append((first, len(found)))
        if at not in taken:
            found.append(line)
    return Restacked(found, tuple(fields))


def _line_of(line: LineLayout, words: list[int], joints: list[str], region: int) -> LineLayout:
    joints = ["", *joints[1:]]
    return line._replace(words=words, joints=joints, cells=1 + joints.count(CELL_JOINT), region=region)


def _forms(rows: Sequence[Row], text: str) -> Iterator[StackedForm]:
    at = 0
    while at < len(rows):
        blocks: list[tuple[Row, list[Row]]] = []
        end = at
        while (block := _block(rows, end, text)) is not None:
            if blocks and rows[end].top - rows[end - 1].bottom > _MAX_GAP * rows[end].height:
                break
            blocks.append(block)
            end += 1 + len(block[1])
        if form := _form_of(blocks):
            yield form
            at = end
        else:
            at += 1


def _block(rows: Sequence[Row], at: int, text: str) -> tuple[Row, list[Row]] | None:
    """A line of labels and the lines of their values, none where all of its fields are empty."""
    if at >= len(rows) or not _are_labels(rows[at], text):
        return None
    labels = rows[at]
    values: list[Row] = []
    for row in rows[at + 1 : at + 1 + _MAX_VALUE_LINES]:
        if not _is_value_of(row, labels, values[-1] if values else labels, text):
            break
        values.append(row)
    if not values and not (at + 1 < len(rows) and _is_empty(labels, rows[at + 1], text)):
        return None
    return labels, values


def _is_empty(labels: Row, following: Row, text: str) -> bool:
    """True for a line of labels with room for values between it and the next one, unlike two lines of one head."""
    white = following.top - labels.bottom
    return white > _MIN_ROOM * labels.height and _is_like(labels, following) and _are_labels(following, text)


def _are_labels(row: Row, text: str) -> bool:
    return all(may_be_label(piece, text) for piece in row.pieces)


def _is_like(labels: Row, other: Row) -> bool:
    return abs(labels.height - other.height) < (1 - SMALL) * labels.height and labels.bold == other.bold


def _is_value_of(row: Row, labels: Row, above: Row, text: str) -> bool:
    """True for a line right below labels, in larger or lighter letters, each of whose pieces begins below a label."""
    smaller = labels.height < SMALL * row.height
    lighter = labels.bold and not row.bold and labels.height <= _MAX_LARGE * row.height
    white = row.top - above.bottom
    if not (smaller or lighter) or white > _MAX_VALUE_GAP * row.height or row.top <= above.top:
        return False
    if any(len(text[piece.start : piece.end].split()) > MAX_VALUE_WORDS for piece in row.pieces):
        return False
    owners = [_owner(labels.pieces, piece) for piece in row.pieces]
    return None not in owners and len(set(owners)) == len(owners) and text[row.pieces[-1].end - 1] not in ":："


def _owner(labels: Sequence[Piece], piece: Piece) -> int | None:
    """Index of the label that a piece stands below: the last one that does not begin right of it."""
    left = [(label.left, at) for at, label in enumerate(labels) if label.left - _ALIGNED <= piece.left]
    return max(left)[1] if left else None


def _form_of(blocks: Sequence[tuple[Row, list[Row]]]) -> StackedForm | None:
    """The form of lines of labels below each other; None where they may be headings, or the head of a table."""
    filled = [(labels, values) for labels, values in blocks if values]
    lone = all(len(labels.pieces) == 1 for labels, _ in blocks)
    if len(filled) < (_MIN_LONE if lone else _MIN_LINES) or (lone and any(len(values) > 1 for _, values in blocks)):
        return None
    # a value stands closer to its label than to the next one
    if any(b.top - a[-1].bottom < a[0].top - label.bottom for (label, a), (b, _) in pairwise(filled)):
        return None
    fields = [field for labels, values in blocks for field in _fields(labels, values)]
    return StackedForm(fields, sorted(row.line for labels, values in blocks for row in (labels, *values)))


def _fields(labels: Row, values: Sequence[Row]) -> list[StackedField]:
    """Each label of a line with what stands below it, up to the next label."""
    names: list[Piece] = sorted(labels.pieces, key=lambda piece: piece.left)
    held: list[list[Located]] = [[] for _ in names]
    for row in values:
        for piece in row.pieces:
            if (owner := _owner(names, piece)) is not None:
                held[owner].append((piece, row))
    return [StackedField(((name, labels),), tuple(own)) for name, own in zip(names, held, strict=True)]
