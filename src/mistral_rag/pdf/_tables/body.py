"""Rows below the head of a table: printed lines that are one row, and labels that stand over the rows below them."""

from collections.abc import Sequence, Set
from itertools import pairwise
from typing import Final

from mistral_rag.pdf._tables.columns import Column, place_of
from mistral_rag.pdf._tables.items import item_names
from mistral_rag.pdf._tables.lattice import Lattice
from mistral_rag.pdf._tables.pieces import Row
from mistral_rag.pdf._tables.values import CellKind, is_enumerator

_MAX_LINES = 12
"""Printed lines between two rules that may be one row; more are a section of rows."""
_MAX_LABEL_LINES = 4
"""Lines of the label beside a cell that is longer than `_MAX_LINES`."""
_CLOSER = 1.25
"""Distance of two rows against that of two lines of one row, at least, where no rule tells."""
_SAME_PITCH = 0.95
"""Distance of two lines against that of rows between rules, from which on they are rows too."""
_MAX_WRAP = 1.7
"""Distance from line to line in a cell, times the height of a line: double spacing is that of rows."""
_ALIGNED = 3.0
"""Points by which the left edges of lines in one cell differ."""
_FIGURES: Final = frozenset({"number", "date", "year", "range"})
"""Kinds of what stands in one row once; a date may go on with its year on the next line."""
_JOINING = frozenset(
    {"and", "of", "for", "from", "to", "in", "on", "by", "the", "und", "von", "et", "de", "y", "del", "e"}
)
"""Words that no label ends with."""


def logical_rows(rows: Sequence[Row], columns: Sequence[Column], lattice: Lattice, text: str) -> list[list[Row]]:
    """The printed lines of each row of a table, from top to bottom."""
    if not rows:
        return []
    if items := item_names(rows, text):
        return _groups(rows, [at not in items for at in range(len(rows) - 1)])
    parted = [lattice.part(above, below) for above, below in pairwise(rows)]
    locked = [_is_locked(above, below, columns) for above, below in pairwise(rows)]
    pitches = [below.top - above.top for above, below in pairwise(rows)]
    apart = sorted(pitch for pitch, part in zip(pitches, parted, strict=True) if part)
    typical = apart[len(apart) // 2] if apart else 0.0
    ruled = _groups(
        rows,
        [
            part or (pitch >= _SAME_PITCH * typical and _is_label_beside_row(above, below, columns, text))
            for part, pitch, (above, below) in zip(parted, pitches, pairwise(rows), strict=True)
        ],
    )
    if len(apart) > 1 and all(_may_be_one(group, columns) for group in ruled):
        return ruled
    # one rule alone may stand above a sum, but not where each part has one label and all columns are parted
    if apart and lattice.regions(rows, columns) and all(_may_be_one(group, columns, one=True) for group in ruled):
        return ruled
    if apart and all(_may_be_one(group, columns) and _wraps(group, columns, text) for group in ruled):
        return ruled
    near = min((pitch for pitch, lock in zip(pitches, locked, strict=True) if not lock), default=0.0) * _CLOSER
    ends = zip(parted, pitches, locked, strict=True)
    spaced = _groups(rows, [not lock and (part or pitch > near) for part, pitch, lock in ends])
    by_white = any(pitch > near and not part for part, pitch in zip(parted, pitches, strict=True))
    if by_white and 1 < len(spaced) < len(rows) and all(_may_be_one(group, columns, complete=True) for group in spaced):
        return spaced
    return _groups(
        rows,
        [
            not lock and (part or pitch > _MAX_WRAP * above.height or not _goes_on(above, below, columns, text))
            for part, pitch, lock, (above, below) in zip(parted, pitches, locked, pairwise(rows), strict=True)
        ],
    )


def _is_label_beside_row(above: Row, below: Row, columns: Sequence[Column], text: str) -> bool:
    """True when one of two lines is a label of its own, and the other one too, or the label and values of a row."""
    labels = [min(row.pieces, key=lambda piece: piece.left) for row in (above, below)]
    if len(above.pieces) > 1 and len(below.pieces) > 1:
        return False
    if any(place_of(columns, label)[0] for label in labels):
        return False
    upper, lower = (text[label.start : label.end] for label in labels)
    return not _label_goes_on(upper, lower)


def _is_locked(above: Row, below: Row, columns: Sequence[Column]) -> bool:
    """True when two lines stand beside each other in different columns."""
    if not above.interlocks(below):
        return False
    upper = {place_of(columns, piece)[0] for piece in above.pieces}
    return not upper & {place_of(columns, piece)[0] for piece in below.pieces}


def _groups(rows: Sequence[Row], breaks: Sequence[bool]) -> list[list[Row]]:
    groups = [[rows[0]]]
    for row, ends in zip(rows[1:], breaks, strict=True):
        if ends:
            groups.append([])
        groups[-1].append(row)
    return groups


def _may_be_one(group: Sequence[Row], columns: Sequence[Column], *, complete: bool = False, one: bool = False) -> bool:
    """True when lines may be one row: no two have a number, a date or a range in one column.

    `complete` asks besides that one of them has all columns that any of them has, and others fewer; `one` that they
    have one label.
    """
    if len(group) == 1:
        return True
    places = [{place_of(columns, piece)[0] for piece in row.pieces} for row in group]
    figures: set[tuple[int, CellKind]] = set()
    for row in group:
        mine = {(place_of(columns, piece)[0], piece.kind) for piece in row.pieces if piece.kind in _FIGURES}
        if mine & figures:
            return False
        figures |= mine
    most = max(places, key=len)
    if complete and (not set().union(*places) <= most | {0} or sum(len(p) == len(columns) for p in places) > 1):
        return False
    return (len(group) <= _MAX_LINES and not one) or _has_one_label(places)


def _has_one_label(places: Sequence[Set[int]]) -> bool:
    """True when the label of some lines stands beside the first of them and no further, as beside a long cell."""
    labelled = [0 in own for own in places]
    count = labelled.index(False) if False in labelled else len(labelled)
    return 0 < count <= _MAX_LABEL_LINES and not any(labelled[count:])


def _wraps(group: Sequence[Row], columns: Sequence[Column], text: str) -> bool:
    """True when each line below the first has no label, or a cell that begins within a sentence."""
    return all(
        all(place_of(columns, piece)[0] for piece in row.pieces)
        or any(text[piece.start].islower() for piece in row.pieces)
        for row in group[1:]
    )


def _goes_on(above: Row, below: Row, columns: Sequence[Column], text: str) -> bool:
    """True when a line is the next one of the row above: a label that wraps, or cells of words that do."""
    upper = {place_of(columns, piece)[0]: piece for piece in above.pieces}
    lower = {place_of(columns, piece)[0]: piece for piece in below.pieces}
    if any(piece.kind == "number" for piece in below.pieces):
        label, following = upper.get(0), lower.get(0)
        if len(upper) > 1 or label is None or following is None:
            return False
        return _label_goes_on(text[label.start : label.end], text[following.start : following.end])
    if 0 in lower:
        return len(lower) == 1 and len(upper) > 1 and 0 in upper and text[lower[0].start].islower()
    return any(upper) and all(
        at in upper
        # words go on from a code or a date as well
        and (upper[at].kind == "text" or (piece.kind == "text" and upper[at].kind != "number"))
        and abs(piece.left - upper[at].left) < _ALIGNED
        for at, piece in lower.items()
    )


def _label_goes_on(label: str, following: str) -> bool:
    if label[-1] in ":." or is_enumerator(following.split()[0]):
        return False
    return following.lstrip("(")[:1].islower() or label[-1] == "," or label.split()[-1] in _JOINING
