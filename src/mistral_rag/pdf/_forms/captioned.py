"""Fields whose names are printed small below their values, as under the rules of a signature block."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mistral_rag.pdf._forms.fields import StackedField, StackedForm
from mistral_rag.pdf._forms.labels import MAX_VALUE_WORDS, may_be_label
from mistral_rag.pdf._sheet import PrintedLine
from mistral_rag.pdf._tables.pieces import Piece, Row

_SMALL = 0.87
"""Height of a caption against that of its value: 7.5 points over 9; letters of one size differ less, by rounding."""
_MAX_GAP = 0.9
"""White between a value and its caption, with a rule in it, times the height of the value."""
_MAX_APART = 4.0
"""White between two lines of fields, times the height of a value."""
_MIN_LINES = 2
"""Lines of captioned values below each other: one alone may be a title and its subtitle."""
_MIN_SAME = 3
"""Lines whose captions are all the same words: these are values below their labels, which differ."""
_MIN_WHITE = 1.0
"""White around a single line of several values, times their height: closer lines are the head of a table."""
_ALIGNED = 4.0
"""Points by which a caption may begin left of its value."""
_SENTENCE_END = re.compile(r"[.!?]$")
_IN_BRACKETS = re.compile(r"\([^()]+\)")
"""A caption in letters of any size: "(State of incorporation)"."""

Block = tuple[Row, Row]
"""A line of values and the line of their captions."""


def may_have_captions(lines: Sequence[PrintedLine], text: str) -> bool:
    """True when a line in smaller letters or in brackets stands below another."""
    return any(
        below.height < _SMALL * above.height or text[below.start] == "("
        for above, below in pairwise(lines)
        if above.upright
    )


def captioned(rows: Sequence[Row], text: str) -> Iterator[StackedForm]:
    """The forms among printed lines whose fields have captions below their values."""
    at = 0
    while at < len(rows):
        blocks: list[Block] = []
        end = at
        while (block := _block(rows, end, text)) is not None:
            if blocks and block[0].top - blocks[-1][1].bottom > _MAX_APART * block[0].height:
                break
            blocks.append(block)
            end += 2
        if (
            blocks
            and _is_apart(blocks, rows[at - 1 : at], rows[end : end + 1])
            and _is_form(blocks, rows[end : end + 1], text)
        ):
            lines = sorted(row.line for block in blocks for row in block)
            yield StackedForm([field for block in blocks for field in _fields(*block)], lines)
            at = end
        else:
            at += 1


def _block(rows: Sequence[Row], at: int, text: str) -> Block | None:
    """A line of values with that of their captions right below it."""
    if at + 1 >= len(rows):
        return None
    values, captions = rows[at], rows[at + 1]
    white = captions.top - values.bottom
    if captions.top <= values.top or white > _MAX_GAP * values.height or not _are_captions(captions, values, text):
        return None
    if not all(_may_be_value(piece, text) for piece in values.pieces):
        return None
    owners = [_owner(values.pieces, caption) for caption in captions.pieces]
    named = [owner for owner in owners if owner is not None]
    return (values, captions) if sorted(named) == list(range(len(values.pieces))) else None


def _are_captions(row: Row, values: Row, text: str) -> bool:
    words = [text[piece.start : piece.end] for piece in row.pieces]
    is_small = row.height < _SMALL * values.height or all(map(_IN_BRACKETS.fullmatch, words))
    return is_small and all(may_be_label(piece, text) for piece in row.pieces)


def _may_be_value(piece: Piece, text: str) -> bool:
    words = text[piece.start : piece.end]
    return len(words.split()) <= MAX_VALUE_WORDS and words[-1] not in ":：" and _SENTENCE_END.search(words) is None


def _owner(values: Sequence[Piece], caption: Piece) -> int | None:
    """Index of the value that a caption stands below; None for one below an empty place."""
    below = [at for at, value in enumerate(values) if _is_below(caption, value)]
    return below[0] if len(below) == 1 else None


def _is_below(caption: Piece, value: Piece) -> bool:
    return value.left - _ALIGNED <= caption.left <= value.right or caption.left <= value.middle <= caption.right


def _is_apart(blocks: Sequence[Block], above: Sequence[Row], below: Sequence[Row]) -> bool:
    """True when the first value and the last caption stand further from other lines than from each other.

    So the first line is no paragraph's end and no label's value, and the last one no label of what follows.
    """
    (first, _), (value, last) = blocks[0], blocks[-1]
    white = max(captions.top - values.bottom for values, captions in blocks)
    beside = [first.top - row.bottom for row in above] + [row.top - last.bottom for row in below]
    # what stands higher is in another column
    return not any(-value.height < gap <= max(white, 0.0) for gap in beside)


def _is_form(blocks: Sequence[Block], below: Sequence[Row], text: str) -> bool:
    if len(blocks) >= _MIN_LINES:
        names = {text[piece.start : piece.end] for _, captions in blocks for piece in captions.pieces}
        return len(names) > 1 or len(blocks) < _MIN_SAME
    values, captions = blocks[0]
    room = _MIN_WHITE * values.height
    return len(values.pieces) > 1 and all(row.top - captions.bottom > room for row in below)


def _fields(values: Row, captions: Row) -> list[StackedField]:
    """Each caption of a line with the value above it."""
    fields: list[StackedField] = []
    for caption in sorted(captions.pieces, key=lambda piece: piece.left):
        owner = _owner(values.pieces, caption)
        fields.append(StackedField(((caption, captions),), () if owner is None else ((values.pieces[owner], values),)))
    return fields
