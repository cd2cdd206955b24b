"""Words become lines in reading order: table rows stay whole, columns of prose are read one after the other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import NamedTuple

from mistral_rag.pdf.characters import Glyphs, Quad, Run

CELL_GAP = 0.9
"""A gap wider than this times the height of a line parts two cells."""
CELL_JOINT = "  "
"""What stands between two cells of a line."""
_OPENERS = frozenset({"$", "€", "£", "¥", "(", "$(", "($"})
_CLOSERS = frozenset({")", "%", ")%", "%)"})
_LEADER = "...."
_GLUE_GAP = 0.012
_ORDINAL_GAP = 0.15
_SAME_ROW = 0.5
_MIN_COLUMN_LINES = 5
_MIN_LINE_LETTERS = 15
_MAX_DIGITS = 0.12
_FULL = 0.8
_MIN_FULL_LINES = 0.6
_MIN_GOING_ON = 0.35


class Placed(NamedTuple):
    """A word and its box in a frame in which it stands upright."""

    word: Glyphs
    box: Quad


@dataclass(slots=True)
class Piece:
    """Words that follow each other on one line without a gap."""

    words: list[Placed]
    order: int
    bold: bool
    box: Quad = field(init=False)

    def __post_init__(self) -> None:
        boxes = [placed.box for placed in self.words]
        self.box = boxes[0] if len(boxes) == 1 else around(boxes)


class Line(NamedTuple):
    """One line as printed: its words with what stands before each, its box on the page, and how it looks.

    `cells` counts the parts that wide gaps leave. `height` is that of its letters, in points.
    """

    words: tuple[tuple[str, Glyphs], ...]
    box: Quad
    height: float
    bold: bool
    cells: int
    upright: bool


def around(boxes: Iterable[Quad]) -> Quad:
    """The smallest box that holds all of `boxes`."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return Quad(min(left), min(top), max(right), max(bottom))


def lines_of(words: Sequence[Glyphs], runs: Sequence[Run]) -> list[Line]:
    """The lines of a page in reading order; text that stands on its side comes after the rest."""
    by_angle: dict[int, list[Glyphs]] = {}
    for word in words:
        by_angle.setdefault(runs[word.run].angle, []).append(word)
    lines: list[Line] = []
    for angle in sorted(by_angle, key=lambda a: -len(by_angle[a])):
        pieces = list(_pieces(by_angle[angle], runs, angle))
        rows = [[piece] for piece in pieces] if angle == -1 else _rows(pieces)
        lines.extend(_line(row, upright=angle == 0) for row in _in_reading_order(rows))
    return lines


def _upright(box: Quad, angle: int) -> Quad:
    """The box in a frame turned by `angle`, so that its words run to the right."""
    left, top, right, bottom = box
    if angle == 90:
        return Quad(top, -right, bottom, -left)
    if angle == 180:
        return Quad(-right, -bottom, -left, -top)
    if angle == 270:
        return Quad(-bottom, left, -top, right)
    return box


def _pieces(words: list[Glyphs], runs: Sequence[Run], angle: int) -> Iterator[Piece]:
    for number, run in groupby(words, key=lambda word: word.run):
        piece: list[Placed] = []
        for word in run:
            placed = Placed(word, _upright(word.box, angle))
            if piece and not _follows(piece[-1], placed):
                yield Piece(piece, piece[0].word.run, runs[number].bold)
                piece = []
            piece.append(placed)
        yield Piece(piece, number, runs[number].bold)


def _follows(before: Placed, after: Placed) -> bool:
    """Whether a word of the same run stands close behind the other (before it, where text runs leftwards)."""
    a, b = before.box, after.box
    height = max(a.bottom - a.top, b.bottom - b.top)
    gap = max(b.left - a.right, a.left - b.right)
    return gap <= CELL_GAP * height and min(a.bottom, b.bottom) > max(a.top, b.top)


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


def _in_reading_order(rows: list[list[Piece]]) -> Iterator[list[Piece]]:
    """The rows, with those that columns of prose share taken apart."""
    at = 0
    while at < len(rows):
        if band := _columns(rows, at):
            end, middle = band
            yield from _by_column(rows[at:end], middle)
            at = end
        else:
            yield rows[at]
            at += 1


def _columns(rows: list[list[Piece]], at: int) -> tuple[int, float] | None:
    """The end of the longest run of rows from `at` on that are two columns of prose, and what parts them."""
    row = rows[at]
    found: tuple[int, float] | None = None
    for before, after in pairwise(row):
        height = before.box.bottom - before.box.top
        end, gutter = _gutter(rows, at, (before.box.right, after.box.left), 0.5 * height)
        if end - at < _MIN_COLUMN_LINES:
            continue
        middle = sum(gutter) / 2
        sides = _sides(rows[at:end], middle)
        if (found is None or end > found[0]) and all(_is_prose(side) for side in sides):
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


def _is_prose(rows: list[list[Piece]]) -> bool:
    """Whether the rows read as running text: full lines of several words that go on in the next, few digits."""
    if len(rows) < _MIN_COLUMN_LINES:
        return False
    words = [[placed.word.text for piece in row for placed in piece.words] for row in rows]
    joined = "".join(map("".join, words))
    box = around(piece.box for row in rows for piece in row)
    full = sum(row[-1].box.right - row[0].box.left > _FULL * (box.right - box.left) for row in rows)
    going_on = sum(not line[0][0].isupper() and not line[0][0].isdigit() for line in words)
    return (
        len(joined) >= _MIN_LINE_LETTERS * len(rows)
        and full >= _MIN_FULL_LINES * len(rows)
        and going_on >= _MIN_GOING_ON * len(rows)
        and sum(map(str.isdigit, joined)) < _MAX_DIGITS * len(joined)
    )


def _by_column(rows: list[list[Piece]], middle: float) -> Iterator[list[Piece]]:
    """Left rows, then right rows; where the file itself goes back and forth between cells, its order."""
    lefts, rights = _sides(rows, middle)
    parts = [(min(piece.order for piece in row), side, row) for side in (0, 1) for row in (lefts, rights)[side]]
    parts.sort(key=lambda part: part[:2])
    cells = [[row for _, _, row in cell] for _, cell in groupby(parts, key=lambda part: part[1])]
    if not 2 < len(cells) <= len(rows) // 2:
        cells = [lefts, rights]
    for cell in cells:
        yield from _in_reading_order(sorted(cell, key=lambda row: row[0].box.top))


def _line(row: list[Piece], *, upright: bool) -> Line:
    leftward = sum(_is_leftward(piece) for piece in row) * 2 > len(row)
    pieces = row[::-1] if leftward else row
    widest = max(pieces, key=lambda p: p.box.right - p.box.left)
    words: list[tuple[str, Glyphs]] = []
    cells = 1
    last: Placed | None = None
    for piece in pieces:
        for at, placed in enumerate(piece.words):
            joint = "" if last is None else _joint(last, placed, together=at > 0, leftward=leftward)
            cells += joint == CELL_JOINT
            words.append((joint, placed.word))
            last = placed
    box = around(word.box for _, word in words)
    return Line(tuple(words), box, widest.box.bottom - widest.box.top, widest.bold, cells, upright)


def _joint(before: Placed, after: Placed, *, together: bool, leftward: bool) -> str:
    """What stands between two words of a line; `together` when the file wrote them in one piece."""
    if before.word.text.endswith(_LEADER):
        return CELL_JOINT if after.word.text.strip(".") else " "
    if together:
        return " "
    a, b = before.box, after.box
    heights = a.bottom - a.top, b.bottom - b.top
    gap = (a.left - b.right if leftward else b.left - a.right) / max(*heights, 1e-6)
    if gap > CELL_GAP:
        belongs = before.word.text in _OPENERS or after.word.text in _CLOSERS
        return " " if belongs else CELL_JOINT
    level = abs(heights[0] - heights[1]) < 0.2 * max(heights) and abs(a.top - b.top) < 0.2 * max(heights)
    ordinal = not level and before.word.text[-1].isdigit() and after.word.text[0].isalpha()
    return "" if abs(gap) < (_ORDINAL_GAP if ordinal else _GLUE_GAP if level else 0) else " "


def _is_leftward(piece: Piece) -> bool:
    return len(piece.words) > 1 and piece.words[-1].box.left < piece.words[0].box.left
