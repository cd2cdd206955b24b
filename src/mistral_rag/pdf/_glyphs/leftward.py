"""Lines with Hebrew or Arabic: from the places of their letters to the order in which they are read.

PDFium turns some words round and others not. What is printed is certain, so the order is made from it, by the rules of
Unicode's bidirectional algorithm (UAX 9) backwards: a line reads from right to left, its numbers and Latin words from
left to right.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mistral_rag.pdf._geometry import Booleans, Floats
from mistral_rag.pdf._glyphs.page import BREAKS, Glyphs, runs_leftward
from mistral_rag.pdf._glyphs.pieces import runs_in_pieces

_MIN_BLANK = 0.1
"""Of a line's height; letters of a word stand closer, and blanks have twice as much."""
_MAX_BLANK = 0.5
"""Of a line's height; wider are the gaps between cells, and the blanks of lines with even edges."""
_MIN_UNJOINED_BLANK = 0.6
"""Of the line's usual blank, behind an Arabic letter that is not joined to the next one, or beside a sign: the white at
their sides takes up to half of one (Noto Naskh and DejaVu), a blank and that white at least .7."""
_USUAL_BLANK = 0.55
"""Of the usual width of a page's letters, where no blank of it is certain: behind a letter that is not joined to the
next there are up to .3 in a word, and .37 at least with a blank. Boxes say less: some are 1.2 times as high as the
font's size, some 2 times."""
_MIN_HEIGHT = 0.01
"""Points; a box without a height says nothing."""
_UNJOINED = re.compile(
    "[\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0673\u0675-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06d2\u06d3]"
)
"""Letters that are not joined to the next one (Joining_Type R and U of the Unicode file ArabicShaping.txt)."""
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
_OPENING, _CLOSING = "([{", ")]}"
_BEHIND_WORDS = " .,:;!?\u060c\u061b\u061f"
_LAM, _ALEFS, _PAIR = "\u0644", "\u0622\u0623\u0625\u0627", 2
_ARABIC = re.compile("[\u0600-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")
_NUMBER = re.compile(r"(?:(?<!\S)[-−–])?\d+(?:[.,:/\u066b\u066c]\d+)*")
_SIGNED_NUMBER = re.compile(r"(?:(?<!\S)[-−–])?[#$%€£¥₪°]?\d+(?:[.,:/+-]\d+)*[#$%€£¥₪°]?")
"""A minus left of a number belongs to it where nothing stands before: between a word and a number it joins them.
Other signs beside a number go with it, but for one in Arabic (UAX 9, rules W2, W4 and W5)."""
_LATIN = re.compile(r"[A-Za-z\u00c0-\u058f](?:[^\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]*[A-Za-z0-9\u00c0-\u058f])?")
_HEBREW_RUN = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc](?:[^A-Za-z\u00c0-\u058f]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc])?"
)


def in_reading_order(glyphs: Glyphs) -> Glyphs:
    """Glyphs with the letters of leftward lines in the order in which they are read."""
    if not runs_leftward(glyphs.text):
        return glyphs
    runs = list(runs_in_pieces(glyphs))
    lines = [piece for run in runs for piece in run.pieces or () if piece]
    usual = _usual_blank(glyphs, lines)
    text = list(glyphs.text)
    places: list[int] = []
    breaks: list[int] = []
    for run in runs:
        span = range(run.start, run.end)
        if run.pieces is None:
            places += [*breaks, *span]
            breaks = []
            continue
        breaks += [at for at in span[:2] if ord(glyphs.text[at]) in BREAKS]
        for number, line in enumerate(filter(None, run.pieces)):
            order, mirrored = _read(glyphs, line, usual)
            places += [-1, *order] if number else [*breaks, *order]
            breaks = []
            for at in mirrored:
                text[at] = text[at].translate(_MIRRORED)
    return glyphs._replace(text="".join(text)).take(np.array([*places, *breaks], dtype=np.int64))


def _read(glyphs: Glyphs, letters: Sequence[int], usual: float) -> tuple[list[int], list[int]]:
    """Places of a line's letters in reading order, -1 for blanks, and of those to be mirrored."""
    seen = _as_seen(glyphs, letters, usual)
    line = "".join(" " if at < 0 else glyphs.text[at] for at, _ in seen)
    leftward = sum(map(runs_leftward, line))
    rightward = len(re.findall(r"[A-Za-z\u00c0-\u058f]", line))
    back = list(_backward(line, base_leftward=leftward >= rightward))
    order = [seen[at] for at in back]
    places = [place for at, marks in order for place in (at, *marks)]
    turned = set(_turned(line, base_leftward=leftward >= rightward))
    read = "".join(line[at] for at in back)
    brackets = [number for number, at in enumerate(back) if at in turned and line[at].translate(_MIRRORED) != line[at]]
    kept = "".join(read[number] for number in brackets)
    mirrored = _nesting(kept.translate(_MIRRORED)) >= _nesting(kept)
    return places, [seen[back[number]][0] for number in brackets if _is_mirrored(read, number, otherwise=mirrored)]


def _as_seen(glyphs: Glyphs, letters: Sequence[int], usual: float) -> list[tuple[int, list[int]]]:
    """Letters from left to right, each with its marks, with -1 for each gap that is a blank."""
    shapes = _shapes(glyphs, letters)
    bases = _bases(glyphs, shapes)
    marks = sorted(shapes.keys() - set(bases))
    boxes = glyphs.upright[bases]
    order = np.argsort(boxes[:, 0] + boxes[:, 2], kind="stable")
    middles = (boxes[order, 0] + boxes[order, 2]) / 2
    owned: dict[int, list[int]] = {}
    for mark in marks:
        left, _, right, _ = glyphs.upright[mark].tolist()
        owned.setdefault(_nearest(middles, (left + right) / 2), []).append(mark)
    parts = _parts(boxes[order], [glyphs.text[shapes[bases[at]][-1]] for at in order.tolist()], usual)
    found: list[tuple[int, list[int]]] = []
    for number, at in enumerate(order.tolist()):
        if number and parts[number - 1]:
            found.append((-1, []))
        letter, *others = shapes[bases[at]]
        found.append((letter, [*others, *owned.get(number, [])]))
    return found


def _nearest(middles: Floats, middle: float) -> int:
    """Number of the middle, of sorted ones, that is nearest."""
    after = int(np.searchsorted(middles, middle))
    near = range(max(after - 1, 0), min(after + 1, len(middles)))
    return min(near, key=lambda at: abs(float(middles[at]) - middle))


def _shapes(glyphs: Glyphs, letters: Sequence[int]) -> dict[int, list[int]]:
    """Letters of each drawn shape by the first: those of one box are of one shape, as lam and alef often are."""
    shapes: dict[int, list[int]] = {}
    first = -1
    for at in letters:
        if first >= 0 and (glyphs.upright[at] == glyphs.upright[first]).all():
            shapes[first].append(at)
        else:
            first = at
            shapes[first] = [at]
    for shape in shapes.values():
        if len(shape) == _PAIR and glyphs.text[shape[1]] == _LAM and glyphs.text[shape[0]] in _ALEFS:
            shape.reverse()
    return shapes


def _bases(glyphs: Glyphs, shapes: Iterable[int]) -> list[int]:
    """The shapes that are no marks."""
    return [at for at in shapes if not unicodedata.combining(glyphs.text[at])] or list(shapes)


class _Gaps(NamedTuple):
    """White between neighbours from left to right, in shares of the line's height, as is the width of a usual `letter`.

    `apart` marks those that may be the white at the sides of two letters.
    """

    widths: Floats
    apart: Booleans
    letter: float

    @classmethod
    def of(cls, boxes: Floats, letters: Sequence[str]) -> "_Gaps":
        reached = np.maximum.accumulate(boxes[:, 2])
        height = max(float(np.median(boxes[:, 3] - boxes[:, 1])), _MIN_HEIGHT)
        apart = np.array([_may_stand_apart(after, before) for after, before in pairwise(letters)], dtype=bool)
        letter = float(np.median(boxes[:, 2] - boxes[:, 0])) / height
        return cls((boxes[1:, 0] - reached[:-1]) / height, apart, letter)

    @property
    def certain(self) -> Floats:
        """Gaps that are blanks: letters that are joined stand apart only there."""
        found: Floats = self.widths[~self.apart & (self.widths > _MIN_BLANK) & (self.widths < _MAX_BLANK)]
        return found


def _usual_blank(glyphs: Glyphs, lines: Iterable[Sequence[int]]) -> float:
    """A page's usual blank in shares of a line's height: boxes of one font are twice as high as those of another."""
    certain: list[float] = []
    widths: list[float] = []
    for line in lines:
        shapes = _shapes(glyphs, line)
        bases = sorted(_bases(glyphs, shapes), key=lambda at: float(glyphs.upright[at, 0] + glyphs.upright[at, 2]))
        letters = [glyphs.text[shapes[at][-1]] for at in bases]
        if any(map(_ARABIC.search, letters)):
            gaps = _Gaps.of(glyphs.upright[bases], letters)
            certain += gaps.certain.tolist()
            widths.append(gaps.letter)
    return float(np.median(certain)) if certain else _USUAL_BLANK * float(np.median(widths or [0.0]))


def _parts(boxes: Floats, letters: Sequence[str], usual: float) -> list[bool]:
    """True for each gap between neighbours from left to right that is as wide as a blank; `letters` are theirs."""
    gaps = _Gaps.of(boxes, letters)
    certain = gaps.certain
    blank = float(np.median(certain)) if len(certain) else usual
    parts: list[bool] = (gaps.widths > np.where(gaps.apart, _MIN_UNJOINED_BLANK * blank, _MIN_BLANK)).tolist()
    return parts


def _may_stand_apart(after: str, before: str) -> bool:
    """True for neighbours of an Arabic word that do not touch, from left to right: the right one is read first."""
    # presentation forms are letters as well
    first, second = unicodedata.normalize("NFKC", before), unicodedata.normalize("NFKC", after)
    if not (_ARABIC.search(first) or _ARABIC.search(second)):
        return False
    return not (first.isalpha() and second.isalpha()) or _UNJOINED.match(first[-1]) is not None


def _units(line: str, *, base_leftward: bool) -> Iterator[tuple[int, int]]:
    """Stretches of a line as it is seen that read against its direction."""
    if not base_leftward:
        yield from (found.span() for found in _HEBREW_RUN.finditer(line))
        return
    at = 0
    number = _NUMBER if _ARABIC.search(line) else _SIGNED_NUMBER
    while at < len(line):
        found = _LATIN.match(line, at) or number.match(line, at)
        if found:
            yield found.span()
        at = found.end() if found else at + 1


def _backward(line: str, *, base_leftward: bool) -> Iterator[int]:
    """Offsets of a line as it is seen in the order in which it is read."""
    stretches: list[Sequence[int]] = []
    done = 0
    for start, end in _units(line, base_leftward=base_leftward):
        stretches += [range(at, at + 1) for at in range(done, start)]
        inner = range(start, end) if base_leftward else list(_backward(line[start:end], base_leftward=True))
        stretches.append(inner if base_leftward else [start + at for at in inner])
        done = end
    stretches += [range(at, at + 1) for at in range(done, len(line))]
    for stretch in reversed(stretches) if base_leftward else stretches:
        yield from stretch


def _turned(line: str, *, base_leftward: bool) -> Iterator[int]:
    """Offsets of a line as it is seen that are read from right to left."""
    inside = {at for start, end in _units(line, base_leftward=base_leftward) for at in range(start, end)}
    return (at for at in range(len(line)) if (at in inside) != base_leftward)


def _is_mirrored(read: str, at: int, *, otherwise: bool) -> bool:
    """True for a bracket of a line in reading order that is printed the other way round.

    An opening one stands before a word and a closing one behind it: files name one and the same drawn sign by either.
    """
    blank_before, blank_behind = not read[:at][-1:].strip(), not read[at + 1 :][:1].strip(_BEHIND_WORDS)
    if blank_before == blank_behind:
        return otherwise
    return (read[at] in _OPENING) != blank_before if read[at] in _OPENING + _CLOSING else otherwise


def _nesting(brackets: str) -> int:
    """Brackets of a text that have their partner, less those that have none."""
    depth = matched = lone = 0
    for bracket in brackets:
        if bracket in _OPENING:
            depth += 1
        elif bracket in _CLOSING and depth:
            depth -= 1
            matched += 2
        elif bracket in _CLOSING:
            lone += 1
    return matched - lone - depth
