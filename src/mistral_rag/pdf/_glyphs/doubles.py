"""Text drawn twice, as a shadow, as bold by overprinting or in two layers; and letters drawn out of their order."""

import itertools
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

import numpy as np

from mistral_rag.pdf._geometry import Booleans, Floats, Integers
from mistral_rag.pdf._glyphs.page import (
    BREAKS,
    FIRST_WIDE,
    Glyphs,
    codes_of,
    inked,
    is_leftward,
    is_lettered,
    runs_leftward,
    runs_of,
    word_boxes,
)
from mistral_rag.pdf._native import origins

_MIN_OVERLAP = 0.25
"""Of a line's height: words of one line that share more of its length are drawn over each other."""
_MAX_STEP = 0.2
"""Of a line's height: bottoms of words on one line differ by less, those of raised marks by more."""
_MAX_TOUCHING = 0.1
"""Of a line's height, between letters of one word; blanks are wider."""
_MAX_SHIFT = 0.5
"""Of a letter's width: a copy is shifted by less, and the second of two letters (ll) by twice as much."""
_MAX_SINK = 0.25
"""Of a letter's height, by which a shadow lies lower."""
_MAX_SIZE_CHANGE = 0.15
_NEIGHBOURS = 3
"""Copies of a letter beside it in the order of place: more than a text in three layers has."""
_MIN_OFF_LINE = 0.03
"""Of a letter's height, by which a shadow lies above or below its line; two letters (ll) stand on one."""
_MAX_ADVANCE = 0.45
"""Of the way to the next letter: a shadow is shifted by less, the second of two letters by half."""
_MIN_COPIES = 2
"""Letters of a run with copies that show how far these are shifted: PDFium drops most copies of wide letters itself."""
_MAX_UNLIKE = 0.1
"""Points by which shifts of copies in one run differ: places are rounded to a hundredth."""
_MIN_GLYPH_GAP = -0.35
"""Of the narrower letter's width: letters that fit into each other's gaps share less; a text and the line of
underscores below it share more, and stay apart."""


class _PlacedWord(NamedTuple):
    """A stretch of letters without a blank: its places from `start` to `end`, and its box."""

    start: int
    end: int
    left: float
    top: float
    right: float
    bottom: float


def drop_doubles(glyphs: Glyphs, text_page: Any) -> Glyphs:
    """Glyphs without second copies, and with letters that were drawn into gaps of others in their places."""
    codes = codes_of(glyphs.text)
    ink = inked(codes) & ~glyphs.aslant
    edges = np.flatnonzero(np.diff(ink.astype(np.int8), prepend=0, append=0))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return glyphs
    falls = _falls_back(glyphs.upright, ink)
    echoes = _echoed(glyphs, codes, ink)
    words = word_boxes(glyphs.upright, np.stack([starts, ends], axis=1))
    rows = _rows(words)
    if not falls.any() and not _are_shadowed(glyphs, echoes) and not _woven(words, rows, runs_of(codes)[starts]):
        return glyphs
    copies = _copies(glyphs, codes, ink, echoes, text_page)
    if len(copies):
        glyphs = glyphs.take(np.delete(np.arange(len(glyphs.text)), copies))
    return _in_order(glyphs)


def _falls_back(boxes: Floats, ink: Booleans) -> Booleans:
    """Mask of the letters inside of words that stand left of the one before."""
    heights = boxes[1:, 3] - boxes[1:, 1]
    back: Booleans = ink[1:] & ink[:-1] & (boxes[1:, 0] < boxes[:-1, 0] - _MIN_OVERLAP / 2 * heights)
    back &= np.abs(boxes[1:, 3] - boxes[:-1, 3]) < _MAX_STEP * heights
    return back


def _echoed(glyphs: Glyphs, codes: Integers, ink: Booleans) -> Booleans:
    """Mask of the letters that the next one repeats off their line, or side by side with others that are repeated."""
    places = np.flatnonzero(ink)
    same = np.zeros(len(places) + 3, dtype=bool)
    # two letters of one ligature have one box; `upright` is evened out, and so one for letters above each other
    boxes = glyphs.boxes[places]
    same[2:-2] = (codes[places[1:]] == codes[places[:-1]]) & (boxes[1:] != boxes[:-1]).any(axis=1)
    same[2:-2] &= np.diff(places) == 1
    moved = np.abs(boxes[1:, 3] - boxes[:-1, 3]) > _MIN_OFF_LINE * (boxes[1:, 3] - boxes[1:, 1])
    echoed = np.zeros(len(codes), dtype=bool)
    echoed[places[:-1]] = same[2:-2] & (same[:-4] | same[4:] | moved)
    return echoed


def _are_shadowed(glyphs: Glyphs, echoes: Booleans) -> bool:
    """True when some repeated letters stand over each other."""
    at = np.flatnonzero(echoes)
    return len(at) > 0 and bool(_stand_together(glyphs.upright[at], glyphs.upright[at + 1]).any())


def _rows(words: Floats) -> Integers:
    """Number of the line that each word stands on."""
    order = np.argsort(words[:, 3], kind="stable")
    bottoms, heights = words[order, 3], (words[:, 3] - words[:, 1])[order]
    steps = np.diff(bottoms, prepend=bottoms[:1]) > _MAX_STEP * heights
    rows = np.empty(len(words), dtype=np.int64)
    rows[order] = np.cumsum(steps)
    return rows


def _woven(words: Floats, rows: Integers, runs: Integers) -> bool:
    """True when two words of a line lie over each other, or one fills a gap between two of another run."""
    order = np.lexsort((words[:, 0], rows))
    left, top, right, bottom = words[order].T
    same = rows[order][1:] == rows[order][:-1]
    heights = (bottom - top)[1:]
    shared = np.minimum(right[:-1], right[1:]) - left[1:]
    if (same & (shared > _MIN_OVERLAP * heights)).any():
        return True
    if _words_back(words, rows, runs).any():
        return True
    runs = runs[order]
    touching = same & (left[1:] - right[:-1] < _MAX_TOUCHING * heights)
    filled = (runs[2:] == runs[:-2]) & (runs[1:-1] != runs[:-2]) & touching[1:] & touching[:-1]
    return bool(filled.any())


def _words_back(words: Floats, rows: Integers, runs: Integers) -> Booleans:
    """Mask of the words but the first that stand left of the one before, on its run and line."""
    back: Booleans = words[1:, 0] < words[:-1, 0] - _MIN_OVERLAP * (words[1:, 3] - words[1:, 1])
    back &= (runs[1:] == runs[:-1]) & (rows[1:] == rows[:-1])
    return back


def _copies(glyphs: Glyphs, codes: Integers, ink: Booleans, echoes: Booleans, text_page: Any) -> Integers:
    """Places of letters that stand where the same letter stands already."""
    # boxes of other scripts are those of the ink, and their letters are drawn together
    places = np.flatnonzero(ink & (is_lettered(codes) | (codes >= FIRST_WIDE)))
    if len(places) <= 1:
        return places[:0]
    boxes = glyphs.upright[places]
    tall = np.maximum(boxes[:, 3] - boxes[:, 1], 0.01)
    pairs: list[Integers] = []
    for half in (0.0, 0.5):
        # copies that a border of one grid parts share a band of the other
        band = np.floor(boxes[:, 3] / np.median(tall) + half)
        order = np.lexsort((places, boxes[:, 0], band, codes[places]))
        for step in range(1, _NEIGHBOURS + 1):
            pair = np.sort(np.stack([order[:-step], order[step:]]), axis=0)
            pairs.append(pair[:, codes[places[pair[0]]] == codes[places[pair[1]]]])
    one, other = np.concatenate(pairs, axis=1)
    beside = places[other] - places[one] == 1
    together = _stand_together(boxes[one], boxes[other])
    near = together | (beside & echoes[places[one]])
    one, other, beside, together = one[near], other[near], beside[near], together[near]
    # a box may be as wide as its font says and not as its letter is: the places where letters begin decide
    inks = np.flatnonzero(ink)
    following = inks[np.minimum(np.searchsorted(inks, places[other]) + 1, len(inks) - 1)]
    index = [glyphs.indices[at] for at in np.concatenate([places[one], places[other], following]).tolist()]
    first, second, third = origins(text_page, index).reshape(3, -1, 2)
    moved = second - first
    shift = np.abs(moved).max(axis=1, initial=0.0)
    same = together & (shift < np.maximum(_MAX_SHIFT * (boxes[one, 2] - boxes[one, 0]), _MAX_SINK * tall[one]))
    # the next letter stands as far behind the second of two (ff) as that behind the first
    same &= (
        ~beside | (following == places[other]) | (shift < _MAX_ADVANCE * np.abs(third - first).max(axis=1, initial=0.0))
    )
    same |= _as_others(moved, same, beside, runs_of(codes)[places[one]])
    return np.unique(places[other[same]])


def _as_others(moved: Floats, same: Booleans, beside: Booleans, runs: Integers) -> Booleans:
    """Mask of the neighbours that are apart as the copies of their run are: a shadow may lie beside a narrow letter."""
    found = np.zeros(len(same), dtype=bool)
    for run in np.unique(runs[same & beside]).tolist():
        mine = runs == run
        copies = moved[mine & same & beside]
        if len(copies) >= _MIN_COPIES:
            usual = np.median(copies, axis=0)
            found |= mine & beside & (np.abs(moved - usual).max(axis=1, initial=0.0) < _MAX_UNLIKE)
    return found


def _stand_together(a: Floats, b: Floats) -> Booleans:
    """Mask of the pairs of boxes (n, 4) of one size in one place, but for a shift."""
    wide = np.minimum(a[:, 2] - a[:, 0], b[:, 2] - b[:, 0])
    tall, other = a[:, 3] - a[:, 1], b[:, 3] - b[:, 1]
    near: Booleans = np.abs(a[:, 0] - b[:, 0]) < _MAX_SHIFT * wide
    near &= np.abs(a[:, 3] - b[:, 3]) < _MAX_SINK * tall
    near &= np.abs(tall - other) < _MAX_SIZE_CHANGE * tall
    return near


def _in_order(glyphs: Glyphs) -> Glyphs:
    """Glyphs with the letters that fit into gaps of others in their places, and the words of a run from left to right.

    The blanks of what is moved are ours: `mend_blanks` decides about them.
    """
    codes = codes_of(glyphs.text)
    ink = inked(codes) & ~glyphs.aslant
    edges = np.flatnonzero(np.diff(ink.astype(np.int8), prepend=0, append=0))
    if not len(edges):
        return glyphs
    boxes = word_boxes(glyphs.upright, edges)
    runs = runs_of(codes)[edges[::2]].tolist()
    falls = set(np.flatnonzero(_falls_back(glyphs.upright, ink)).tolist())
    words = [
        _PlacedWord(start, end, *box)
        for start, end, box in zip(edges[::2].tolist(), edges[1::2].tolist(), boxes.tolist(), strict=True)
    ]
    run_of = dict(zip(words, runs, strict=True))
    pieces: dict[int, list[_Piece]] = {}
    changed: set[int] = set()
    leftward = _leftward_runs(glyphs.text, codes)
    back = _words_back(boxes, _rows(boxes), np.array(runs))
    changed.update(set(np.array(runs)[1:][back].tolist()) - leftward)
    for cluster in _clusters(words, _rows(boxes), runs):
        cluster.sort()
        overlaps = len(cluster) > 1 or _falls(falls, cluster[0])
        mixed = overlaps and not leftward.isdisjoint(run_of[word] for word in cluster)
        letters = _sorted_letters(glyphs, cluster) if overlaps and not mixed else []
        if letters:
            changed.update(run_of[word] for word in cluster)
            pieces.setdefault(run_of[cluster[0]], []).append(_Piece(cluster[0], letters))
        else:
            for word in cluster:
                pieces.setdefault(run_of[word], []).append(_Piece(word, list(range(word.start, word.end))))
    return _rebuilt(glyphs, codes, pieces, changed)


class _Piece(NamedTuple):
    """Letters that stay together, by place; `word` is the first of their words."""

    word: _PlacedWord
    letters: list[int]


def _leftward_runs(text: str, codes: Integers) -> Set[int]:
    """Runs with letters that are read from right to left, whose order is another matter."""
    if not runs_leftward(text):
        return frozenset()
    return frozenset(runs_of(codes)[is_leftward(codes)].tolist())


def _falls(falls: Set[int], word: _PlacedWord) -> bool:
    return not falls.isdisjoint(range(word.start, word.end))


def _rebuilt(glyphs: Glyphs, codes: Integers, pieces: Mapping[int, list[_Piece]], changed: Set[int]) -> Glyphs:
    """Glyphs with the pieces of the runs that changed from left to right, where all of the run is on one line."""
    runs = runs_of(codes)
    ink = inked(codes)
    places: list[int] = []
    done = 0
    for run in sorted(changed):
        start, end = np.searchsorted(runs, [run, run + 1]).tolist()
        mine = sorted(pieces.get(run, ()), key=lambda piece: piece.word.start)
        if _on_one_line(mine):
            mine.sort(key=lambda piece: float(glyphs.upright[piece.letters[0], 0]))
        places += range(done, start)
        # a run begins with its line break
        places += itertools.takewhile(lambda at: codes[at] in BREAKS, range(start, end))
        for piece, following in itertools.zip_longest(mine, mine[1:]):
            places += piece.letters
            places += _blanks(piece, following, ink)
        done = end
    places += range(done, len(glyphs.text))
    return glyphs.take(np.array(places, dtype=np.int64)) if changed else glyphs


def _blanks(piece: _Piece, following: _Piece | None, ink: Booleans) -> Sequence[int]:
    """Separator of two pieces: the file's blanks where they were neighbours, else one of ours."""
    end = piece.letters[-1] + 1
    if following is None or following.letters[0] < end or ink[end : following.letters[0]].any():
        return [-1]
    return range(end, following.letters[0])


def _on_one_line(pieces: Sequence[_Piece]) -> bool:
    bottoms = [piece.word.bottom for piece in pieces]
    return bool(pieces) and max(bottoms) - min(bottoms) < _MAX_STEP * (pieces[0].word.bottom - pieces[0].word.top)


def _clusters(words: Sequence[_PlacedWord], rows: Integers, runs: Sequence[int]) -> Iterator[list[_PlacedWord]]:
    """Words of one line and size that lie over each other, or touch though they are of two runs."""
    order = sorted(range(len(words)), key=lambda at: (int(rows[at]), words[at].left))
    cluster: list[_PlacedWord] = []
    last, right = -1, 0.0
    for at in order:
        word = words[at]
        height = word.bottom - word.top
        if cluster and rows[at] == rows[last] and _same_size(cluster[0], word):
            reach = _MAX_TOUCHING if runs[at] != runs[last] else -_MAX_STEP / 4
            meets = word.left < right + reach * height
        else:
            meets = False
        if meets:
            cluster.append(word)
            right = max(right, word.right)
        else:
            if cluster:
                yield cluster
            cluster, right = [word], word.right
        last = at
    if cluster:
        yield cluster


def _same_size(one: _PlacedWord, other: _PlacedWord) -> bool:
    heights = one.bottom - one.top, other.bottom - other.top
    return min(heights) > (1 - 2 * _MAX_SIZE_CHANGE) * max(heights)


def _sorted_letters(glyphs: Glyphs, cluster: Sequence[_PlacedWord]) -> list[int]:
    """Places of the letters of some words from left to right; none where they lie over each other."""
    letters = [at for word in cluster for at in range(word.start, word.end)]
    boxes = glyphs.upright[letters]
    order = np.argsort(boxes[:, 0], kind="stable")
    left, right = boxes[order, 0], boxes[order, 2]
    wide = np.minimum((right - left)[1:], (right - left)[:-1])
    if (left[1:] - right[:-1] < _MIN_GLYPH_GAP * wide).any():
        return []
    return [letters[at] for at in order.tolist()]
