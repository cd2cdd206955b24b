"""Printed lines of a page as pieces: words that stand together, with wide gaps or rules between the pieces."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence, Set
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.pdf._sheet import Sheet
from mistral_rag.pdf._tables.rulings import Ruling
from mistral_rag.pdf._tables.values import CellKind, kind_of
from mistral_rag.schema import WordBoxes

_JOINT = 2
"""Blanks that the layout writes between two cells."""

_MIN_GAP = 0.4
"""A gap wider than this times the height of a line may separate cells; a blank takes a quarter of the height."""
_MAX_BLANK = 0.75
"""Width of a blank against that of a gap between cells."""
_MIN_BLANKS = 3
"""Blanks in a line whose width says something."""
_FIGURES = frozenset({"number", "year", "range"})
_MIN_NUMBERS = 2
"""Figures in a row that are cells where no more than a wide blank parts them; prose seldom has two."""
_MIN_INTERLOCK = 0.3
"""Share of a line's height that it has in common with the next one beside it; boxes of tight lines share a tenth."""
_EDGE = 0.5
"""Points by which a letter may reach over a rule beside it."""

Word = tuple[int, int, float, float]
"""Start and end in the page's text, left and right in points."""


class Piece(NamedTuple):
    """Words of one printed line that belong together: offsets in the page's text, left and right in points."""

    start: int
    end: int
    left: float
    right: float
    kind: CellKind
    words: tuple[Word, ...] = ()

    @property
    def middle(self) -> float:
        """Middle between left and right."""
        return (self.left + self.right) / 2


class Row(NamedTuple):
    """A printed line as pieces; top and bottom are in points, `line` is its index in `Sheet.lines`."""

    line: int
    pieces: tuple[Piece, ...]
    top: float
    bottom: float
    bold: bool

    @property
    def left(self) -> float:
        """Left edge."""
        return min(piece.left for piece in self.pieces)

    @property
    def right(self) -> float:
        """Right edge."""
        return max(piece.right for piece in self.pieces)

    @property
    def height(self) -> float:
        """Height of the line."""
        return self.bottom - self.top

    @property
    def is_words(self) -> bool:
        """True when no piece is a number."""
        return all(piece.kind != "number" for piece in self.pieces)

    @property
    def has_values(self) -> bool:
        """True when a piece behind the first is a number."""
        return any(piece.kind == "number" for piece in self.pieces[1:])

    def of_height(self, height: float) -> "Row":
        """The row with another height, around its middle."""
        middle = (self.top + self.bottom) / 2
        return self._replace(top=middle - height / 2, bottom=middle + height / 2)

    def as_one(self, text: str) -> Piece:
        """All of its words as one piece."""
        return piece_of(text, [word for piece in self.pieces for word in piece.words])

    def interlocks(self, below: "Row") -> bool:
        """True when the next line begins before this one ends, as beside cells that are set to the middle."""
        return self.bottom - below.top > _MIN_INTERLOCK * min(self.height, below.height)


def rows_of(sheet: Sheet, *, running: Set[int]) -> list[Row]:
    """The upright lines of a page but for running headers and footers."""
    across, down = sheet.width / WordBoxes.SCALE, sheet.height
    words = [
        (start, end, left * across, right * across)
        for start, end, left, _, right, _ in WordBoxes.RECORD.iter_unpack(sheet.words.data)
    ]
    starts = [word[0] for word in words]
    rows: list[Row] = []
    for at, line in enumerate(sheet.lines):
        if at in running or not line.upright:
            continue
        of_line = words[bisect_left(starts, line.start) : bisect_right(starts, line.end)]
        top, bottom = line.box.top * down, line.box.bottom * down
        rules = _between(sheet.rulings.down, top, bottom)
        pieces = tuple(_pieces(sheet.text, of_line, rules, bottom - top))
        if len(pieces) > 1 and not rules and _is_justified(pieces):
            pieces = (piece_of(sheet.text, of_line),)
        if pieces:
            rows.append(Row(at, pieces, top, bottom, line.bold))
    return rows


def _is_justified(pieces: Sequence[Piece]) -> bool:
    """True when the blanks in a line are as wide as the gaps in it: prose that is set to both edges."""
    # a sign may stand far from its number
    prose = [piece for piece in pieces if piece.kind == "text"]
    blanks = sorted(b[2] - a[3] for piece in prose for a, b in pairwise(piece.words))
    gaps = [b.left - a.right for a, b in pairwise(pieces)]
    return len(blanks) >= _MIN_BLANKS and blanks[len(blanks) // 2] > _MAX_BLANK * min(gaps) > 0


def _between(rules: Sequence[Ruling], top: float, bottom: float) -> list[float]:
    """Places of the rules that run down beside a line."""
    middle = (top + bottom) / 2
    return [rule.place for rule in rules if rule.low <= middle <= rule.high]


def _pieces(text: str, words: Sequence[Word], rules: Sequence[float], height: float) -> Iterator[Piece]:
    first = 0
    for at in range(1, len(words) + 1):
        if at < len(words) and not _parts(words[at - 1], words[at], rules):
            continue
        if run := words[first:at]:
            yield from _numbers_apart(text, run, height)
        first = at


def _parts(before: Word, after: Word, rules: Sequence[float]) -> bool:
    """True when a wide gap or a rule stands between two words."""
    if after[0] - before[1] >= _JOINT:
        return True
    return bool(rules) and any(before[3] <= place + _EDGE and place - _EDGE <= after[2] for place in rules)


def _numbers_apart(text: str, words: Sequence[Word], height: float) -> Iterator[Piece]:
    """The pieces of some words: numbers at the end of them that are set apart by more than blanks are cells."""
    first = len(words)
    if first < _MIN_NUMBERS:
        yield piece_of(text, words)
        return
    while first > 0 and kind_of(text[words[first - 1][0] : words[first - 1][1]]) in _FIGURES:
        first -= 1
        if first and words[first][2] - words[first - 1][3] <= _MIN_GAP * height:
            break
    if len(words) - first < _MIN_NUMBERS or (first and words[first][2] - words[first - 1][3] <= _MIN_GAP * height):
        yield piece_of(text, words)
        return
    if first:
        yield piece_of(text, words[:first])
    yield from (piece_of(text, [word]) for word in words[first:])


def piece_of(text: str, words: Sequence[Word]) -> Piece:
    """Words that follow each other, as a piece."""
    start, end = words[0][0], words[-1][1]
    left, right = words[0][2], words[-1][3]
    if right < words[0][3]:
        # text that runs to the left
        left, right = min([word[2] for word in words]), max([word[3] for word in words])
    return Piece(start, end, left, right, kind_of(text[start:end]), tuple(words))


def split_at_gaps(row: Row, piece: Piece, text: str) -> list[Piece]:
    """The parts of a piece between the gaps in it that are wider than blanks."""
    parts: list[list[Word]] = [[]]
    for before, word in zip((None, *piece.words), piece.words, strict=False):
        if before and word[2] - before[3] > _MIN_GAP * row.height:
            parts.append([])
        parts[-1].append(word)
    return [piece] if len(parts) == 1 else [piece_of(text, part) for part in parts]
