"""The networks of PP-OCRv6 from the wheel of `rapidocr`: detection and recognition of text lines."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any, Final, NamedTuple

import cv2
import numpy as np

from mistral_rag.errors import ConfigurationError
from mistral_rag.local._onnx import onnx_session
from mistral_rag.local.ocr._corners import Floats, ordered
from mistral_rag.local.ocr._cut_network import HEIGHT, characters_of, cut_down
from mistral_rag.pictures import Grey as Grey

DETECTION: Final = ("PP-OCRv6_det_small.onnx", "090f04ab")
RECOGNITION: Final = ("PP-OCRv6_rec_small.onnx", "6f327246")
"""File name, and the first digits of its sha256."""

MIN_BLANK: Final = 0.05
MIN_BLANK_IN_DATE: Final = 0.01
NO_BLANK: Final = 2.0
"""Probabilities from which on a blank is taken: between two characters, between a day and a year, within a number.

The network gives blanks too little: .05 raised the word F1 by .014 on forms and receipts, .02 split words (ADR 52).
"""

_WIDE: Final = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_IN_NUMBERS: Final = frozenset("0123456789.,")
_DAY: Final = re.compile(r"(?<![\d.,])[0-3]?\d,$")
_YEAR: Final = re.compile(r"(?:19|20)\d\d(?!\d)")


class RecognisedLine(NamedTuple):
    """The text of a line, with the confidence (0 to 1) and the position of each character.

    `columns` are the middles of the characters, as fractions of the picture's width.
    """

    text: str
    confidences: list[float]
    columns: list[float]


class Detector:
    """Detects lines of text: `find` gives their corners.

    The network marks the core of each line. As in "Real-time Scene Text Detection with Differentiable Binarization"
    (Liao et al. 2020) the line is the core grown on each side by its area over its perimeter, times `GROWTH`.
    """

    MIN_SIDE: Final = 736
    """Smaller pictures are enlarged to this; `limit_side_len` of rapidocr."""
    MAX_PIXELS: Final = 3_200_000
    """Larger pictures are reduced: memory grows with the pixels, and an A4 page at 150 dpi has two thirds of them."""
    INK_THRESHOLD: Final = 0.3
    MIN_CORE_CONFIDENCE: Final = 0.5
    MIN_CORE_SIDE: Final = 3
    """`thresh`, `box_thresh` and `min_size` of rapidocr."""
    GROWTH: Final = 1.5
    """As in the paper; `unclip_ratio` of rapidocr is 1.6."""

    def __init__(self, *, threads: int) -> None:
        self._session = _session(_weights(*DETECTION), threads=threads)

    def find(self, picture: Grey) -> Floats:
        """Detect the corners of lines, (n, 4, 2: x, y) in pixels of the picture, clockwise from the top left one."""
        heat = self._heat(picture)
        scale = np.array([picture.shape[1] / heat.shape[1], picture.shape[0] / heat.shape[0]], dtype=np.float32)
        boxes = [box * scale for box in self._boxes(heat)]
        return np.stack(boxes) if boxes else np.empty((0, 4, 2), dtype=np.float32)

    def _heat(self, picture: Grey) -> Floats:
        """Probability of text by pixel, of the picture at a size that the network takes: multiples of 32."""
        height, width = picture.shape
        scale = max(1.0, self.MIN_SIDE / min(height, width))
        scale = min(scale, (self.MAX_PIXELS / (height * width)) ** 0.5)
        size = [max(32, round(side * scale / 32) * 32) for side in (width, height)]
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        return np.asarray(_output(self._session, [np.asarray(small, dtype=np.uint8)])[0, 0])

    def _boxes(self, heat: Floats) -> Iterator[Floats]:
        mask = cv2.dilate((heat > self.INK_THRESHOLD).astype(np.uint8), np.ones((2, 2), dtype=np.uint8))
        outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for outline in outlines:
            centre, (width, height), angle = cv2.minAreaRect(outline)
            core = np.asarray(cv2.boxPoints((centre, (width, height), angle)), dtype=np.float32)
            if min(width, height) < self.MIN_CORE_SIDE or _mean_inside(heat, core) < self.MIN_CORE_CONFIDENCE:
                continue
            # on both sides, hence half the perimeter
            grown = self.GROWTH * width * height / (width + height)
            box = cv2.boxPoints((centre, (width + grown, height + grown), angle))
            yield ordered(np.asarray(box, dtype=np.float32))


class Recogniser:
    """Recognises the text of pictures of single lines.

    Args:
        threads: of the network.
        height: of its input in pixels, 48 or 32. At 32 it takes two thirds of the time, and reads bad print worse.
        narrow: it knows no East Asian characters, for which single letters and digits are taken else. That is a tenth
            of the time less.
    """

    MAX_WIDTH: Final = 9600
    """Longer lines are squeezed: 200 times as wide as high, none is on paper."""
    MAX_BATCH_COLUMNS: Final = 2048
    """Columns of pixels in one run; the output for them, a probability for each character, takes most of the memory."""

    def __init__(self, *, threads: int, height: int = HEIGHT, narrow: bool = False) -> None:
        weights = _weights(*RECOGNITION)
        characters = ["", *characters_of(weights), " "]
        known = [at for at, char in enumerate(characters) if not (narrow and _WIDE.match(char))]
        self.height = height
        self._characters = [characters[at] for at in known]
        if narrow or height != HEIGHT:
            weights = cut_down(weights, height=height, characters=known)
        self._session = _session(weights, threads=threads)

    def read(self, pictures: Sequence[Grey], *, width: int | None = None) -> list[RecognisedLine]:
        """Recognise the pictures, scaled to `width` instead of their shape's; the lines are in their order."""
        scaled = [self._scaled(picture, width) for picture in pictures]
        lines: dict[int, RecognisedLine] = {}
        for batch in self._batches([picture.shape[1] for picture in scaled]):
            probabilities = _output(self._session, [scaled[at] for at in batch])
            widest = max(scaled[at].shape[1] for at in batch)
            for at, row in zip(batch, probabilities, strict=True):
                used = max(1, round(len(row) * scaled[at].shape[1] / widest))
                lines[at] = self._decoded(row, used)
        return [lines[at] for at in range(len(pictures))]

    def _scaled(self, picture: Grey, width: int | None) -> Grey:
        high, wide = picture.shape
        wide = min(max(8, width or round(wide * self.height / high)), self.MAX_WIDTH)
        return np.asarray(cv2.resize(picture, (wide, self.height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)

    def _batches(self, widths: Sequence[int]) -> Iterator[list[int]]:
        batch: list[int] = []
        for at in sorted(range(len(widths)), key=widths.__getitem__, reverse=True):
            if batch and (len(batch) + 1) * widths[batch[0]] > self.MAX_BATCH_COLUMNS:
                yield batch
                batch = []
            batch.append(at)
        if batch:
            yield batch

    def _decoded(self, row: Floats, used: int) -> RecognisedLine:
        """Greedy CTC decoding of `row` (columns, characters), with blanks put in where they are likely enough.

        `used` are the columns that the line fills, the others are padding.
        """
        known = self._characters
        best = row.argmax(axis=1)
        emitted = np.flatnonzero((best != 0) & (best != np.concatenate([[-1], best[:-1]]))).tolist()
        characters = "".join(known[best[at]] for at in emitted)
        line: list[tuple[str, float, float]] = []
        for now, at in enumerate(emitted):
            last = emitted[now - 1] if now else at
            blank = float(row[last + 1 : at, -1].max(initial=0.0))
            if blank > min_blank(characters, now):
                line.append((" ", blank, (last + at + 1) / 2))
            line.append((characters[now], float(row[at, best[at]]), at + 0.5))
        text, confidences, columns = zip(*line, strict=True) if line else ("", (), ())
        return RecognisedLine("".join(text), list(confidences), [column / used for column in columns])


def min_blank(text: str, at: int) -> float:
    """Probability that a blank before the character `at` needs to be put there.

    Within a number there is none, but "30,2022" is a day and a year.
    """
    before, after = text[at - 1], text[at]
    if " " in (before, after):
        return NO_BLANK
    if before not in _IN_NUMBERS or after not in _IN_NUMBERS:
        return MIN_BLANK
    return MIN_BLANK_IN_DATE if before == "," and _DAY.search(text, 0, at) and _YEAR.match(text, at) else NO_BLANK


def _mean_inside(heat: Floats, box: Floats) -> float:
    low = np.maximum(np.floor(box.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(box.max(axis=0)).astype(int), [heat.shape[1] - 1, heat.shape[0] - 1])
    window = heat[low[1] : high[1] + 1, low[0] : high[0] + 1]
    mask = np.zeros(window.shape, dtype=np.uint8)
    cv2.fillPoly(mask, [(box - low).astype(np.int32)], 1)
    return float(cv2.mean(window, mask)[0])


def _batch(pictures: Sequence[Grey]) -> Floats:
    """Stack grey pictures for a network (n, 3, height, width): equal channels, -1 to 1, padded with 0 (grey)."""
    height, widest = pictures[0].shape[0], max(picture.shape[1] for picture in pictures)
    batch = np.zeros((len(pictures), 3, height, widest), dtype=np.float32)
    for row, picture in zip(batch, pictures, strict=True):
        row[:, :, : picture.shape[1]] = picture.astype(np.float32) / 127.5 - 1
    return batch


def _output(session: Any, pictures: Sequence[Grey]) -> Floats:
    return np.asarray(session.run(None, {session.get_inputs()[0].name: _batch(pictures)})[0])


def _weights(name: str, digest: str) -> bytes:
    weights = files("rapidocr").joinpath("models", name).read_bytes()
    installed = hashlib.sha256(weights).hexdigest()
    if not installed.startswith(digest):
        raise ConfigurationError(
            f"the installed rapidocr has another {name} (sha256 {installed[:8]}…) than this release knows. "
            'Run: pip install --force-reinstall "mistral-rag[local]"'
        )
    return weights


def _session(weights: bytes, *, threads: int) -> Any:
    # pages differ in size, so an arena would grow to the largest and stay
    return onnx_session(weights, threads=threads, arena=False)
