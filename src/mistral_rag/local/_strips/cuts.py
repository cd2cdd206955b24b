"""Strips cut out of the picture of a page: where ink is, and what of the margins belongs to the strip."""

from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mistral_rag.pictures import Grey

Mask = npt.NDArray[np.bool_]

MIN_CONTRAST: Final = 24
"""Grey values between ink and ground that an eye tells apart on paper; #E7E7E7 on white is at the limit."""
HALF_CONTRAST: Final = 0.4
"""Share of a strip's contrast from which on a pixel is ink, so that the soft edges of letters are not."""
RULE_SHARE: Final = 0.95
"""A column with so much ink from above the line to below it is a rule: a letter leaves room above or below."""
ROOM: Final = 0.12
"""Room above and below a line, in its heights: for accents, and to tell a rule from a letter."""
MIN_GAP: Final = 0.3
"""Shortest run without ink that is reported, in heights of the line; blanks between words are about as wide."""
PADDING: Final = (0.2, 0.5, 0.35)
"""Paper put beside a strip, in heights of the line, by attempt: the recogniser has learnt from lines with some."""
MIN_LETTER: Final = 0.3
"""Height of a letter without ascender, in heights of the line; leader dots and dashes are lower."""

CLEANED: Final = 1
"""The attempt that leaves the pattern of a ground out: one of two that would have to differ alike."""
MAX_PATTERN: Final = 0.6
"""Deviation of hatches and dots from the paper, against that of the print: of #999 behind black it is .4."""
MIN_PATTERN: Final = 0.03
"""Share of a piece of the strip that a pattern covers; of dots a quarter of a millimetre wide, one each, .05."""
MIN_PATTERNED: Final = 0.9
"""Share of the pieces that it covers: what is lighter in some of them only is a word in grey."""


class Window(NamedTuple):
    """A strip in pixels of a picture: its box, and how far on the left and the right it may be cut."""

    left: float
    top: float
    right: float
    bottom: float
    margin_left: float
    margin_right: float
    blank_left: float
    blank_right: float


class Cut(NamedTuple):
    """A strip cut out, with its margins as far as ink stands there.

    `ink` is the share of ink within the box itself, `letters` is True when some of it is as high as a letter; `gaps`
    are the runs without ink within the box, as fractions of its width, `box` its sides as fractions of the picture's.
    """

    picture: Grey
    box: tuple[float, float]
    ink: float
    letters: bool
    gaps: list[tuple[float, float]]


def cut(picture: Grey, window: Window, *, attempt: int = 0) -> Cut:
    """Cut a strip out of a picture. Ink of the margins beyond a blank, and rules there, are painted over."""
    height = window.bottom - window.top
    top, bottom = _clipped(window.top - ROOM * height, window.bottom + ROOM * height, picture.shape[0])
    left, right = _clipped(window.left - window.margin_left, window.right + window.margin_right, picture.shape[1])
    strip = picture[top:bottom, left:right].copy()
    inner_left, inner_right = _clipped(window.left - left, window.right - left, strip.shape[1])
    ground = _ground(strip[:, inner_left:inner_right])
    deviation = cv2.absdiff(strip, np.full_like(strip, ground))
    if attempt == CLEANED and (pattern := _pattern(np.asarray(deviation, dtype=np.uint8))) is not None:
        strip[pattern] = ground
        deviation[pattern] = 0
    inside = deviation[:, inner_left:inner_right]
    box = _rows_of_box(inside, window, top)
    ink: Mask = np.asarray(deviation > max(MIN_CONTRAST, HALF_CONTRAST * float(inside.max(initial=0))))
    core = _rows_of_box(ink[:, inner_left:inner_right], window, top)
    if int(box.max(initial=0)) < MIN_CONTRAST:
        return Cut(strip, (0.0, 1.0), 0.0, False, [])
    columns: Mask = np.asarray(ink.any(axis=0))
    rules: Mask = np.asarray(ink.mean(axis=0) >= RULE_SHARE)
    keep_left = _kept(columns[:inner_left][::-1], rules[:inner_left][::-1], window.blank_left)
    keep_right = _kept(columns[inner_right:], rules[inner_right:], window.blank_right)
    strip = strip[:, inner_left - keep_left : inner_right + keep_right]
    room_beside = round(PADDING[attempt] * height)
    width = strip.shape[1] + 2 * room_beside
    inside_at = keep_left + room_beside
    return Cut(
        _padded(strip, ground, room_beside),
        (inside_at / width, (inside_at + inner_right - inner_left) / width),
        float(core.mean()),
        _tallest(core) >= MIN_LETTER * height,
        _gaps(np.asarray(core.any(axis=0)), MIN_GAP * height),
    )


def _clipped(low: float, high: float, size: int) -> tuple[int, int]:
    first = min(max(round(low), 0), max(size - 1, 0))
    return first, min(max(round(high), first + 1), max(size, first + 1))


def _rows_of_box(rows: npt.NDArray[np.generic], window: Window, top: int) -> npt.NDArray[np.generic]:
    first, last = _clipped(window.top - top, window.bottom - top, rows.shape[0])
    return rows[first:last]


def _ground(strip: Grey) -> int:
    """The grey value of the paper: the most frequent one, in steps of eight."""
    steps = np.bincount((strip >> 3).ravel(), minlength=32)
    level = int(steps.argmax())
    return int(np.median(strip[(strip >> 3) == level])) if strip.size else 255


def _pattern(deviation: Grey) -> Mask | None:
    """The pixels of hatches or dots that are lighter than the print and cover the strip from end to end; else None."""
    limit = MAX_PATTERN * float(deviation.max(initial=0))
    light: Mask = np.asarray((deviation >= MIN_CONTRAST) & (deviation < limit))
    # soft edges of letters are as light
    print_ = cv2.dilate((deviation >= limit).astype(np.uint8), np.ones((3, 3), dtype=np.uint8)) > 0
    pieces = np.array_split(light & ~print_, max(light.shape[1] // max(light.shape[0], 1), 1), axis=1)
    covered = sum(float(piece.mean()) >= MIN_PATTERN for piece in pieces)
    return light if covered >= MIN_PATTERNED * len(pieces) else None


def _kept(columns: Mask, rules: Mask, blank: float) -> int:
    """Columns of a margin, from the box outwards, that belong to what stands at its edge."""
    blanks = kept = 0
    for at in range(len(columns)):
        if rules[at]:
            return kept
        blanks = 0 if columns[at] else blanks + 1
        if blanks > blank:
            return kept
        if columns[at]:
            kept = at + 1
    return kept


def _padded(strip: Grey, ground: int, room: int) -> Grey:
    return np.asarray(cv2.copyMakeBorder(strip, 0, 0, room, room, cv2.BORDER_CONSTANT, value=ground), dtype=np.uint8)


def _tallest(ink: npt.NDArray[np.generic]) -> int:
    if not ink.any():
        return 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    return int(stats[1:, cv2.CC_STAT_HEIGHT].max(initial=0))


def _gaps(columns: Mask, shortest: float) -> list[tuple[float, float]]:
    """Runs of columns without ink between such with ink, at least `shortest` long."""
    inked = np.flatnonzero(columns)
    wide = np.flatnonzero(np.diff(inked) > shortest)
    width = max(len(columns), 1)
    return [((int(inked[at]) + 1) / width, int(inked[at + 1]) / width) for at in wide]
