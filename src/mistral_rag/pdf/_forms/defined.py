"""Lists of definitions: terms in one column, what each means beside it, on as many lines as it takes."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.pdf._forms.fields import Located, StackedField, StackedForm
from mistral_rag.pdf._forms.labels import Stretches, inside, is_bold, may_be_label
from mistral_rag.pdf._tables.pieces import Piece, Row, piece_of
from mistral_rag.pdf._tables.rulings import Rulings

_MIN_ENTRIES = 3
"""Terms below each other: two may be headings at the side of a text."""
_MIN_WORDS = 4.0
"""Mean words of a line of a definition; a column of values or of names has fewer."""
_ALIGNED = 3.0
"""Points by which the lines of one column begin at different places."""
_MAX_GAP = 2.5
"""White between two lines of a list, times the height of a line."""
_CLOSE, _APART = 1.1, 1.25
"""Distance of the next line of one entry, and that of the next entry, against that of the lines of a definition."""
_MIN_APART = 0.4
"""Share of the entries that stand apart: the others may be lines of an entry whose term wraps as its meaning does."""
_OPENERS, _CLOSERS = '"“„«‘', '"”“»’'
_MAX_RULES = 1
"""Rules across between the first term and the last: more are those of a table, which is read by them."""


class _Entry(NamedTuple):
    """A term with its meaning; `distance` is that from the top of the line above to its own."""

    term: list[Located]
    meaning: list[Located]
    distance: float

    def is_open(self, text: str) -> bool:
        """True when the term ends within its quotation marks."""
        written = " ".join(text[piece.start : piece.end] for piece, _ in self.term)
        return written[0] in _OPENERS and not any(mark in _CLOSERS for mark in written[1:])


def definitions(rows: Sequence[Row], bold: Stretches, rulings: Rulings, text: str) -> Iterator[StackedForm]:
    """The lists of definitions among the lines of a page, from the top."""
    at = 0
    while at < len(rows):
        entries = _joined(_entries(rows[at:], bold, text))
        lines = [row for entry in entries for _, row in (*entry.term, *entry.meaning)]
        if _is_list(entries, text) and not _is_ruled(lines, rulings):
            fields = [StackedField(tuple(entry.term), tuple(entry.meaning)) for entry in entries]
            yield StackedForm(fields, sorted({row.line for row in lines}))
            at += len({row.line for row in lines})
        else:
            at += 1


def _entries(rows: Sequence[Row], bold: Stretches, text: str) -> list[_Entry]:
    """The entries that begin with the first of some rows; none where it is no term with a meaning."""
    if len(rows[0].pieces) != 2 or not _is_term(rows[0].pieces[0], rows[0], bold, text):
        return []
    left, column = (piece.left for piece in rows[0].pieces)
    entries = [_Entry([(rows[0].pieces[0], rows[0])], [(rows[0].pieces[1], rows[0])], 0.0)]
    for above, row in pairwise(rows):
        pieces = _parted(row, column, text)
        terms = [piece for piece in pieces if piece.left < column - _ALIGNED]
        meanings = [piece for piece in pieces if piece.left >= column - _ALIGNED]
        near = row.top > above.top and row.top - above.bottom <= _MAX_GAP * row.height
        if not near or len(terms) > 1 or len(meanings) > 1 or any(abs(p.left - left) > _ALIGNED for p in terms):
            break
        last = entries[-1]
        if terms and not last.is_open(text):
            if not _is_term(terms[0], row, bold, text):
                break
            if meanings:
                last = _Entry([], [], row.top - above.top)
                entries.append(last)
        last.term.extend((piece, row) for piece in terms)
        last.meaning.extend((piece, row) for piece in meanings)
    return entries


def _parted(row: Row, column: float, text: str) -> Sequence[Piece]:
    """The pieces of a line; a long term ends a blank before its meaning, which begins at the `column` of others."""
    words = row.pieces[0].words
    first = next((at for at, word in enumerate(words) if at and abs(word[2] - column) <= _ALIGNED), None)
    if len(row.pieces) > 1 or first is None:
        return row.pieces
    return piece_of(text, words[:first]), piece_of(text, words[first:])


def _is_term(piece: Piece, row: Row, bold: Stretches, text: str) -> bool:
    """True for a few words that are bold, or in quotation marks."""
    quoted = text[piece.start] in _OPENERS
    return (quoted or is_bold(piece.words, row, inside(bold, row))) and may_be_label(piece, text)


def _is_list(entries: Sequence[_Entry], text: str) -> bool:
    """True when terms have meanings in words of which one takes several lines: else their lines say the same."""
    if len(entries) < _MIN_ENTRIES or not any(len(entry.term) > 1 or len(entry.meaning) > 1 for entry in entries):
        return False
    lines = [text[piece.start : piece.end] for entry in entries for piece, _ in entry.meaning]
    return len(" ".join(lines).split()) >= _MIN_WORDS * len(lines)


def _is_ruled(rows: Sequence[Row], rulings: Rulings) -> bool:
    top, bottom = min(row.top for row in rows), max(row.bottom for row in rows)
    across = sum(top <= rule.place <= bottom for rule in rulings.across)
    return across > _MAX_RULES or any(rule.low < bottom and top < rule.high for rule in rulings.down)


def _joined(entries: Sequence[_Entry]) -> list[_Entry]:
    """The entries, those put together whose term and meaning both go on: entries stand further apart than lines."""
    inner = [b.top - a.top for entry in entries for (_, a), (_, b) in pairwise(entry.meaning)]
    distances = [entry.distance for entry in entries[1:]]
    leading = min([*inner, *distances], default=0.0)
    apart = sum(distance >= _APART * leading for distance in distances) >= _MIN_APART * len(distances)
    found: list[_Entry] = []
    for entry in entries:
        if found and apart and entry.distance <= _CLOSE * leading:
            found[-1].term.extend(entry.term)
            found[-1].meaning.extend(entry.meaning)
        else:
            found.append(entry)
    return found
