"""Printed lines in labels and values: what is bold, or ends with a colon, names what follows it."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mistral_rag.pdf._layout import CELL_JOINT
from mistral_rag.pdf._tables.pieces import Piece, Row, Word, piece_of
from mistral_rag.pdf._tables.values import is_enumerator

MAX_LABEL_WORDS = 6
"""Words of a label: "Total number of units in this shipment" is at the limit of what a field is called."""
MAX_VALUE_WORDS = 12
"""Words of a value on one line: more are a sentence that begins with a name."""
_SENTENCE_END = ".!?;,"
"""Signs at the end of bold words that begin a paragraph, or go on in it."""
_ABBREVIATED = re.compile(r"(?<!\S)[^\W\d_]{1,4}\.$")
"""The end of a label that is cut short: "Passport no."."""
_SIGNS = frozenset(">/|,;&+=")
"""Signs between words of a sentence or a path; none begins a value, as a dash, a bracket or a currency may."""
_SENTENCE = re.compile(r"(?:\S+\s+){2,}\S*[^\W\d_]{4,}[.!?…。！？]")
"""Three words and a stop behind a whole word: shorter ones are abbreviations ("Miller & Sons Ltd.")."""
_SENTENCE_INSIDE = re.compile(r"(?:[^\W\d_]{5,}|\d)[.!?] \S")
"""A sentence that ends within a label: what stands before its colon is prose, or an entry of a list of works."""

Stretches = Sequence[tuple[int, int]]
"""Starts and ends of the bold letters in lines of which a part is bold."""


class FormPart(NamedTuple):
    """Words of a line that are a label or none."""

    piece: Piece
    is_label: bool


class LabelledLine(NamedTuple):
    """A line of labels, each with what follows it up to the next one."""

    row: Row
    pairs: tuple[tuple[Piece, tuple[Piece, ...]], ...]

    @property
    def filled(self) -> int:
        """Number of the labels with a value."""
        return sum(bool(values) for _, values in self.pairs)

    @property
    def is_certain(self) -> bool:
        """True when labels and values take turns: a row of a table has one label."""
        return self.filled > 1


def labelled_line(row: Row, bold: Stretches, text: str) -> LabelledLine | None:
    """A line as labels and values; None for one that does not begin with a label, or has several values to one."""
    pairs: list[tuple[Piece, list[Piece]]] = []
    for part in _parts(row, bold, text):
        if part.is_label:
            pairs.append((part.piece, []))
        elif not pairs:
            return None
        else:
            pairs[-1][1].append(part.piece)
    if not pairs or any(len(values) > 1 or not _may_be_value(values, text) for _, values in pairs):
        return None
    if all(not values for _, values in pairs) or any(_goes_on(label, values, text) for label, values in pairs):
        return None
    return LabelledLine(row, tuple((label, tuple(values)) for label, values in pairs))


def may_be_label(piece: Piece, text: str) -> bool:
    """True for a few words that begin no sentence, and no number."""
    words = text[piece.start : piece.end]
    return (
        piece.kind == "text"
        and len(words.split()) <= MAX_LABEL_WORDS
        and any(map(str.isalpha, words))
        and (words[-1] not in _SENTENCE_END or _ABBREVIATED.search(words) is not None)
        and not is_enumerator(words)
        and _SENTENCE_INSIDE.search(words) is None
    )


def _may_be_value(values: Sequence[Piece], text: str) -> bool:
    """True for a few words that are no sentence: "Level 1: Quoted prices in active markets." is an item of a list."""
    words = [text[piece.start : piece.end] for piece in values]
    return all(len(own.split()) <= MAX_VALUE_WORDS and _SENTENCE.fullmatch(own) is None for own in words)


def _goes_on(label: Piece, values: Sequence[Piece], text: str) -> bool:
    """True for bold words in a sentence that goes on behind them with a small letter or a sign: "Settings > About"."""
    if not values or text[label.end - 1] in ":：" or values[0].start - label.end >= len(CELL_JOINT):
        return False
    first = text[values[0].start]
    return first.islower() or first in _SIGNS


def _parts(row: Row, bold: Stretches, text: str) -> Iterator[FormPart]:
    """The parts of a line from its start: they end where letters cease to be bold, and behind a colon."""
    for piece in sorted(row.pieces, key=lambda piece: piece.start):
        for words, is_bold in _by_weight(piece.words, row, bold):
            for own in _at_colons(words, text):
                part = piece_of(text, own)
                # a name over a colon that stands alone is a label however it is set
                ends = text[part.end - 1] in ":："
                yield FormPart(part, (is_bold or ends) and may_be_label(part, text))


def _by_weight(words: Sequence[Word], row: Row, bold: Stretches) -> Iterator[tuple[list[Word], bool]]:
    found: list[tuple[list[Word], bool]] = []
    for word in words:
        weight = is_bold([word], row, bold)
        if not found or found[-1][1] != weight:
            found.append(([], weight))
        found[-1][0].append(word)
    yield from found


def is_bold(words: Sequence[Word], row: Row, bold: Stretches) -> bool:
    """True when words of a line are bold; one without stretches is bold as a whole or not at all."""
    if not bold:
        return row.bold
    return all(any(start <= word[0] and word[1] <= end for start, end in bold) for word in words)


def inside(bold: Stretches, row: Row) -> Stretches:
    """The bold stretches of a line."""
    start, end = min(piece.start for piece in row.pieces), max(piece.end for piece in row.pieces)
    return [stretch for stretch in bold if start <= stretch[0] < end]


def _at_colons(words: Sequence[Word], text: str) -> Iterator[list[Word]]:
    """The words with those behind the first colon apart."""
    for at, (start, end, _, _) in enumerate(words[:MAX_LABEL_WORDS], 1):
        if text[end - 1] in ":：" and (at > 1 or end - start > 1) and at < len(words):
            yield list(words[:at])
            yield list(words[at:])
            return
    yield list(words)
