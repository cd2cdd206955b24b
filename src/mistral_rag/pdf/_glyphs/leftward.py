"""Lines with Hebrew or Arabic: from the places of their letters to the order in which they are read.

PDFium turns some words round and others not. What is printed is certain, so the order is made from it, by the rules of
Unicode's bidirectional algorithm (UAX 9) backwards: a line reads from right to left, its numbers and Latin words from
left to right.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from mistral_rag.pdf._geometry import Floats
from mistral_rag.pdf._glyphs.page import BREAKS, Glyphs, codes_of, inked, is_leftward, runs_leftward, runs_of

_MIN_BLANK = 0.1
"""Of a line's height; letters of a word stand closer, and blanks have twice as much."""
_MAX_BLANK = 0.5
"""Of a line's height; wider are the gaps between cells, and the blanks of lines with even edges."""
_MIN_UNJOINED_BLANK = 0.6
"""Of the line's usual blank, behind an Arabic letter that is not joined to the next one, or beside a sign: the white at
their sides takes up to half of one (Noto Naskh and DejaVu), a blank and that white at least .7."""
_USUAL_BLANK = 0.22
"""Of a line's height, where no blank of a line is certain: Noto Sans Arabic, whose lines are high, has the least."""
_UNJOINED = re.compile(
    "[\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0673\u0675-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06d2\u06d3]"
)
"""Letters that are not joined to the next one (Joining_Type R and U of the Unicode file ArabicShaping.txt)."""
_MIN_LINE_STEP = 0.7
"""Of a letter's height, from one line to the next: raised and lowered letters are off by a third."""
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
_OPENING, _CLOSING = "([{", ")]}"
_LAM, _ALEFS, _PAIR = "\u0644", "\u0622\u0623\u0625\u0627", 2
_MAX_SHAPE = 4
"""Letters of one shape (the word Allah); a file that gives one box to more says nothing of their places."""
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
    codes = codes_of(glyphs.text)
    runs = runs_of(codes)
    ink = inked(codes)
    text = list(glyphs.text)
    places: list[int] = []
    done = 0
    for run in np.unique(runs[is_leftward(codes)]).tolist():
        start, end = np.searchsorted(runs, [run, run + 1]).tolist()
        letters = (np.flatnonzero(ink[start:end]) + start).tolist()
        if glyphs.aslant[letters].any() or max(map(len, _shapes(glyphs, letters).values())) > _MAX_SHAPE:
            continue
        places += range(done, start)
        places += [at for at in range(start, min(start + 2, end)) if codes[at] in BREAKS]
        for number, line in enumerate(_lines(glyphs, letters)):
            order, mirrored = _read(glyphs, line)
            places += [-1, *order] if number else order
            for at in mirrored:
                text[at] = text[at].translate(_MIRRORED)
        done = end
    places += range(done, len(text))
    return glyphs._replace(text="".join(text)).take(np.array(places, dtype=np.int64))


def _lines(glyphs: Glyphs, letters: Sequence[int]) -> list[list[int]]:
    """The letters of each printed line of a run, from the top: PDFium takes the rows of a table for one."""
    boxes = glyphs.upright[letters]
    middles, height = (boxes[:, 1] + boxes[:, 3]) / 2, float(np.median(boxes[:, 3] - boxes[:, 1]))
    order = np.argsort(middles, kind="stable")
    line = np.empty(len(letters), dtype=np.int64)
    line[order] = np.cumsum(np.diff(middles[order], prepend=middles[order[:1]]) > _MIN_LINE_STEP * height)
    return [[at for at, own in zip(letters, line.tolist(), strict=True) if own == n] for n in range(line.max() + 1)]


def _read(glyphs: Glyphs, letters: Sequence[int]) -> tuple[list[int], list[int]]:
    """Places of a line's letters in reading order, -1 for blanks, and of those to be mirrored."""
    seen = _as_seen(glyphs, letters)
    line = "".join(" " if at < 0 else glyphs.text[at] for at, _ in seen)
    leftward = sum(map(runs_leftward, line))
    rightward = len(re.findall(r"[A-Za-z\u00c0-\u058f]", line))
    back = list(_backward(line, base_leftward=leftward >= rightward))
    order = [seen[at] for at in back]
    places = [place for at, marks in order for place in (at, *marks)]
    turned = set(_turned(line, base_leftward=leftward >= rightward))
    brackets = [seen[at][0] for at in back if at in turned and line[at].translate(_MIRRORED) != line[at]]
    kept = "".join(glyphs.text[at] for at in brackets)
    return places, brackets if _nesting(kept.translate(_MIRRORED)) >= _nesting(kept) else []


def _as_seen(glyphs: Glyphs, letters: Sequence[int]) -> list[tuple[int, list[int]]]:
    """Letters from left to right, each with its marks, with -1 for each gap that is a blank."""
    shapes = _shapes(glyphs, letters)
    bases = [at for at in shapes if not unicodedata.combining(glyphs.text[at])] or list(shapes)
    marks = sorted(shapes.keys() - set(bases))
    boxes = glyphs.upright[bases]
    order = np.argsort(boxes[:, 0] + boxes[:, 2], kind="stable")
    middles = (boxes[order, 0] + boxes[order, 2]) / 2
    owned: dict[int, list[int]] = {}
    for mark in marks:
        left, _, right, _ = glyphs.upright[mark].tolist()
        owned.setdefault(_nearest(middles, (left + right) / 2), []).append(mark)
    parts = _parts(boxes[order], [glyphs.text[shapes[bases[at]][-1]] for at in order.tolist()])
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


def _parts(boxes: Floats, letters: Sequence[str]) -> list[bool]:
    """True for each gap between neighbours from left to right that is as wide as a blank; `letters` are theirs."""
    reached = np.maximum.accumulate(boxes[:, 2])
    height = float(np.median(boxes[:, 3] - boxes[:, 1]))
    gaps = boxes[1:, 0] - reached[:-1]
    least = np.full(len(gaps), _MIN_BLANK * height)
    apart = np.array([_may_stand_apart(after, before) for after, before in pairwise(letters)], dtype=bool)
    if apart.any():
        # letters that are joined stand apart only at a blank
        certain = gaps[~apart & (gaps > least) & (gaps < _MAX_BLANK * height)]
        least[apart] = _MIN_UNJOINED_BLANK * (float(np.median(certain)) if len(certain) else _USUAL_BLANK * height)
    parts: list[bool] = (gaps > least).tolist()
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
