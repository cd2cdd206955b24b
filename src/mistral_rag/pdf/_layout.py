"""Words become lines in reading order: table rows stay whole, columns of prose are read one after the other."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np

from mistral_rag.pdf._characters import Floats, Integers, PageWords, Quad

CELL_GAP = 0.9
"""A gap wider than this times the height of a line parts two cells."""
CELL_JOINT = "  "
"""What stands between two cells of a line."""
_OPENERS = frozenset({"$", "€", "£", "¥", "(", "$(", "($"})
_CURRENCIES = frozenset({"$", "€", "£", "¥"})
_SUM_ENDS = "0123456789)%—–-"
_CLOSERS = frozenset({")", "%", ")%", "%)"})
_LEADER = "...."
_GLUE_GAP = 0.012
_ORDINAL_GAP = 0.15
_SAME_ROW = 0.5
_MOST_PIECES = 10_000
"""A page in more pieces than this is no text, or made to keep us busy: it is left in the file's order."""
_MOST_ROWS = 500
_MOST_CELLS = 15
_MOST_COLUMNS = 5
_MIN_GUTTER = 0.5
_MIN_COLUMN_LINES = 5
_MIN_PIECE_WORDS = 3
_MIN_LINE_LETTERS = 15
_MAX_DIGITS = 0.12
_FULL = 0.8
_MIN_FULL_LINES = 0.6
_MIN_GOING_ON = 0.35


class Piece(NamedTuple):
    """Words that follow each other on one line without a gap, and the box around them where they stand upright."""

    words: list[int]
    box: Quad


class Line(NamedTuple):
    """One line as printed: its words in order with what stands before each, and how it looks.

    `cells` counts the parts that wide gaps leave. `height` is that of its letters, in points.
    """

    words: list[int]
    joints: list[str]
    height: float
    cells: int
    upright: bool


def around(boxes: Collection[Quad]) -> Quad:
    """The smallest box that holds all of `boxes`."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return Quad(min(left), min(top), max(right), max(bottom))


def lines_of(page: PageWords) -> list[Line]:
    """The lines of a page in reading order; text that stands on its side comes after the rest."""
    lines: list[Line] = []
    angles, counts = np.unique(page.angles, return_counts=True)
    for angle in angles[np.argsort(-counts, kind="stable")].tolist():
        chosen = np.flatnonzero(page.angles == angle)
        boxes = _upright(page.boxes[chosen], angle)
        pieces = _pieces(page, chosen, boxes)
        rows = [[piece] for piece in pieces] if angle == -1 or len(pieces) > _MOST_PIECES else _rows(pieces)
        typesetter = _Typesetter(
            page.texts, page.runs.tolist(), dict(zip(chosen.tolist(), boxes.tolist(), strict=True))
        )
        ordered = _in_reading_order(rows, page.texts) if _may_have_columns(rows) else rows
        lines.extend(typesetter.line(row, upright=angle == 0) for row in ordered)
    return lines


def _upright(boxes: Floats, angle: int) -> Floats:
    """Boxes in a page turned so that words at `angle` run to the right."""
    left, top, right, bottom = boxes.T
    turned = {90: (top, -right, bottom, -left), 180: (-right, -bottom, -left, -top), 270: (-bottom, left, -top, right)}
    return np.stack(turned[angle], axis=1) if angle in turned else boxes


def _pieces(page: PageWords, chosen: Integers, boxes: Floats) -> list[Piece]:
    """Words of one run that stand close to each other, in either direction, and in one cell."""
    left, top, right, bottom = boxes.T
    reach = CELL_GAP * np.maximum(bottom - top, np.roll(bottom - top, -1))[:-1]
    follows = (
        (page.runs[chosen][1:] == page.runs[chosen][:-1])
        & (left[1:] - right[:-1] <= reach)
        & (left[:-1] - right[1:] <= reach)
        & (bottom[:-1] > top[1:])
        & (bottom[1:] > top[:-1])
    )
    words = chosen.tolist()
    texts = [page.texts[at] for at in words]
    parted = np.array([_ends_cell(before, after) for before, after in pairwise(texts)], dtype=bool)
    starts = np.concatenate([[0], np.flatnonzero(~follows | parted) + 1])
    low = np.minimum.reduceat(boxes[:, :2], starts).tolist()
    high = np.maximum.reduceat(boxes[:, 2:], starts).tolist()
    ends = [*starts[1:].tolist(), len(words)]
    return [
        Piece(words[start:end], Quad(*least, *most))
        for start, end, least, most in zip(starts.tolist(), ends, low, high, strict=True)
    ]


def _ends_cell(before: str, after: str) -> bool:
    """Whether two words belong to different cells however close they are: a dot leader, a number and a new sum."""
    return before.endswith(_LEADER) or (after in _CURRENCIES and before[-1] in _SUM_ENDS)


def _rows(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces that stand side by side, from top to bottom."""
    rows: list[list[Piece]] = []
    bands: list[list[float]] = []
    active: list[int] = []
    for piece in sorted(pieces, key=lambda p: p.box.top + p.box.bottom):
        active = [at for at in active if bands[at][1] > piece.box.top]
        fitting = [(share, at) for at in active if (share := _share(piece, rows[at], bands[at])) >= _SAME_ROW]
        if not fitting:
            active.append(len(rows))
            rows.append([piece])
            bands.append([piece.box.top, piece.box.bottom])
            continue
        at = max(fitting)[1]
        rows[at].append(piece)
        band = bands[at]
        if piece.box.bottom - piece.box.top > band[1] - band[0]:
            band[:] = [piece.box.top, piece.box.bottom]
    order = sorted(range(len(rows)), key=lambda at: bands[at][0] + bands[at][1])
    return [sorted(rows[at], key=lambda p: p.box.left) for at in order]


def _share(piece: Piece, row: list[Piece], band: list[float]) -> float:
    """How much of the lower of the two a piece and a row have in common; 0 where they would overprint."""
    left, top, right, bottom = piece.box
    for other in row:
        common = min(right, other.box.right) - max(left, other.box.left)
        if common > 0.3 * min(right - left, other.box.right - other.box.left):
            return 0.0
    height = min(bottom - top, band[1] - band[0])
    return (min(bottom, band[1]) - max(top, band[0])) / height if height > 0 else 1.0


def _may_have_columns(rows: list[list[Piece]]) -> bool:
    """Whether enough rows hold two long pieces for it to be worth while to look closer."""
    long = sum(len([p for p in row if len(p.words) >= _MIN_PIECE_WORDS]) > 1 for row in rows)
    return long >= _MIN_COLUMN_LINES // 2 and len(rows) < _MOST_ROWS


def _in_reading_order(rows: list[list[Piece]], texts: Sequence[str]) -> Iterator[list[Piece]]:
    """The rows, with those that columns of prose share taken apart."""
    at = 0
    while at < len(rows):
        if band := _columns(rows, at, texts):
            end, middle = band
            yield from _by_column(rows[at:end], middle, texts)
            at = end
        else:
            yield rows[at]
            at += 1


def _columns(rows: list[list[Piece]], at: int, texts: Sequence[str]) -> tuple[int, float] | None:
    """The end of the longest run of rows from `at` on that are two columns of prose, and what parts them."""
    gaps = [(a.box.right, b.box.left) for a, b in pairwise(rows[at])]
    least = _MIN_GUTTER * max(piece.box.bottom - piece.box.top for piece in rows[at])
    gaps = sorted((gap for gap in gaps if gap[1] - gap[0] >= least), key=lambda gap: gap[0] - gap[1])
    found: tuple[int, float] | None = None
    for gap in gaps[:_MOST_COLUMNS] if len(gaps) < _MOST_CELLS else ():
        end, gutter = _gutter(rows, at, gap, least)
        if end - at < _MIN_COLUMN_LINES:
            continue
        middle = sum(gutter) / 2
        sides = _sides(rows[at:end], middle)
        if (found is None or end > found[0]) and all(_is_prose(side, texts) for side in sides):
            found = end, middle
    return found


def _gutter(
    rows: list[list[Piece]], at: int, gap: tuple[float, float], least: float
) -> tuple[int, tuple[float, float]]:
    """How far down a gap goes, and how wide it stays."""
    left, right = gap
    end = at
    for row in rows[at:]:
        middle = (left + right) / 2
        lefts = [p.box.right for p in row if p.box.left + p.box.right < 2 * middle]
        rights = [p.box.left for p in row if p.box.left + p.box.right >= 2 * middle]
        narrowed = max([left, *lefts]), min([right, *rights])
        if narrowed[1] - narrowed[0] < least:
            break
        left, right = narrowed
        end += 1
    return end, (left, right)


def _sides(rows: list[list[Piece]], middle: float) -> tuple[list[list[Piece]], list[list[Piece]]]:
    lefts = [[p for p in row if p.box.left < middle] for row in rows]
    rights = [[p for p in row if p.box.left >= middle] for row in rows]
    return [row for row in lefts if row], [row for row in rights if row]


def _is_prose(rows: list[list[Piece]], texts: Sequence[str]) -> bool:
    """Whether the rows read as running text: full lines of several words that go on in the next, few digits."""
    if len(rows) < _MIN_COLUMN_LINES:
        return False
    words = [[texts[word] for piece in row for word in piece.words] for row in rows]
    joined = "".join(map("".join, words))
    box = around([piece.box for row in rows for piece in row])
    full = sum(row[-1].box.right - row[0].box.left > _FULL * (box.right - box.left) for row in rows)
    going_on = sum(not line[0][0].isupper() and not line[0][0].isdigit() for line in words)
    return (
        len(joined) >= _MIN_LINE_LETTERS * len(rows)
        and full >= _MIN_FULL_LINES * len(rows)
        and going_on >= _MIN_GOING_ON * len(rows)
        and sum(map(str.isdigit, joined)) < _MAX_DIGITS * len(joined)
    )


def _by_column(rows: list[list[Piece]], middle: float, texts: Sequence[str]) -> Iterator[list[Piece]]:
    """Left rows, then right rows; where the file itself goes back and forth between cells, its order."""
    lefts, rights = _sides(rows, middle)
    parts = [(min(piece.words[0] for piece in row), side, row) for side in (0, 1) for row in (lefts, rights)[side]]
    parts.sort(key=lambda part: part[:2])
    cells = [[row for _, _, row in cell] for _, cell in groupby(parts, key=lambda part: part[1])]
    if not 2 < len(cells) <= len(rows) // 2:
        cells = [lefts, rights]
    for cell in cells:
        yield from _in_reading_order(sorted(cell, key=lambda row: row[0].box.top), texts)


class _Typesetter(NamedTuple):
    """Sets pieces side by side, with what stands between them; `boxes` are upright ones by word."""

    texts: Sequence[str]
    runs: Sequence[int]
    boxes: Mapping[int, Sequence[float]]

    def line(self, row: list[Piece], *, upright: bool) -> Line:
        """The pieces of a row as a line."""
        leftward = sum(map(self._is_leftward, row)) * 2 > len(row)
        words: list[int] = []
        joints: list[str] = []
        for piece in row[::-1] if leftward else row:
            joints.append(self._joint(words[-1], piece.words[0], leftward=leftward) if words else "")
            joints += [" "] * (len(piece.words) - 1)
            words += piece.words
        widest = max(row, key=lambda p: p.box.right - p.box.left).box
        return Line(words, joints, widest.bottom - widest.top, 1 + joints.count(CELL_JOINT), upright)

    def _joint(self, before: int, after: int, *, leftward: bool) -> str:
        """What stands between the last word of a piece and the first of the next."""
        ending, beginning = self.texts[before], self.texts[after]
        if _ends_cell(ending, beginning):
            return CELL_JOINT if beginning.strip(".") else " "
        a, b = Quad(*self.boxes[before]), Quad(*self.boxes[after])
        heights = a.bottom - a.top, b.bottom - b.top
        height = max(heights)
        gap = a.left - b.right if leftward else b.left - a.right
        if gap > CELL_GAP * height:
            return " " if ending in _OPENERS or beginning in _CLOSERS else CELL_JOINT
        if self.runs[before] == self.runs[after]:
            return " "
        level = abs(heights[0] - heights[1]) < 0.2 * height and abs(a.top - b.top) < 0.2 * height
        ordinal = not level and ending[-1].isdigit() and beginning[0].isalpha()
        return "" if abs(gap) < (_ORDINAL_GAP if ordinal else _GLUE_GAP if level else 0) * height else " "

    def _is_leftward(self, piece: Piece) -> bool:
        return self.boxes[piece.words[-1]][0] < self.boxes[piece.words[0]][0]
