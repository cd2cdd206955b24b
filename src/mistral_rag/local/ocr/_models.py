"""The networks of PP-OCRv6 as they lie in the wheel of `rapidocr`: where text stands, and what it says."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from mistral_rag.errors import ConfigurationError

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]

DETECTION: Final = ("PP-OCRv6_det_small.onnx", "090f04ab")
RECOGNITION: Final = ("PP-OCRv6_rec_small.onnx", "6f327246")
"""The files' names and how their sha256 begins."""

BLANK: Final = 0.05
BLANK_IN_DATE: Final = 0.01
NEVER: Final = 2.0
"""How likely a blank must be between two characters, between a day and a year, and within a number."""

_IN_NUMBERS: Final = frozenset("0123456789.,")
_DAY: Final = re.compile(r"(?<![\d.,])[0-3]?\d,$")
_YEAR: Final = re.compile(r"(?:19|20)\d\d(?!\d)")


class Line(NamedTuple):
    """What a picture of a line says, with how sure that is and where it stands for each character.

    `columns` are the middles of the characters, as fractions of the picture's width.
    """

    text: str
    confidences: list[float]
    columns: list[float]


class Detector:
    """Finds lines of text: `find` gives their corners.

    The network marks the core of each line, where its value is above `INK`, and is sure of it above `SURE`. The
    core's area over half its outline, times `GROWTH`, is what it left out of a line's width and height.
    """

    SHORTEST: Final = 736
    MOST: Final = 3_200_000
    """Pixels that are looked at: an A4 page of 150 dpi has two thirds of them."""
    INK: Final = 0.3
    SURE: Final = 0.5
    GROWTH: Final = 1.5
    SMALLEST: Final = 3

    def __init__(self, *, threads: int) -> None:
        self._session = _session(*DETECTION, threads=threads)

    def find(self, picture: Grey) -> Floats:
        """The corners (n, 4, 2: x, y) of the lines; from the one at the top left when the line is read, clockwise."""
        heat = self._heat(picture)
        scale = np.array([picture.shape[1] / heat.shape[1], picture.shape[0] / heat.shape[0]], dtype=np.float32)
        found = [box * scale for box in self._boxes(heat)]
        return np.stack(found) if found else np.empty((0, 4, 2), dtype=np.float32)

    def _heat(self, picture: Grey) -> Floats:
        height, width = picture.shape
        scale = max(1.0, self.SHORTEST / min(height, width))
        scale = min(scale, (self.MOST / (height * width)) ** 0.5)
        size = [max(32, round(side * scale / 32) * 32) for side in (width, height)]
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        return np.asarray(_run(self._session, [np.asarray(small, dtype=np.uint8)])[0, 0])

    def _boxes(self, heat: Floats) -> Iterator[Floats]:
        mask = cv2.dilate((heat > self.INK).astype(np.uint8), np.ones((2, 2), dtype=np.uint8))
        outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for outline in outlines:
            centre, (width, height), angle = cv2.minAreaRect(outline)
            core = np.asarray(cv2.boxPoints((centre, (width, height), angle)), dtype=np.float32)
            if min(width, height) < self.SMALLEST or _mean_inside(heat, core) < self.SURE:
                continue
            grown = self.GROWTH * width * height / (width + height)
            box = cv2.boxPoints((centre, (width + grown, height + grown), angle))
            yield _ordered(np.asarray(box, dtype=np.float32))


class Recogniser:
    """Reads pictures of single lines."""

    HEIGHT: Final = 48
    WIDEST: Final = 9600
    COLUMNS: Final = 2048
    """So many columns of pixels are read at once; what the network says of them takes most of the memory."""

    def __init__(self, *, threads: int) -> None:
        self._session = _session(*RECOGNITION, threads=threads)
        characters = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters = ["", *characters, " "]

    def read(self, pictures: Sequence[Grey]) -> list[Line]:
        """What the pictures say, in their order."""
        scaled = [self._scaled(picture) for picture in pictures]
        lines: dict[int, Line] = {}
        for batch in self._batches([picture.shape[1] for picture in scaled]):
            said = _run(self._session, [scaled[at] for at in batch])
            widest = max(scaled[at].shape[1] for at in batch)
            for at, row in zip(batch, said, strict=True):
                used = max(1, round(len(row) * scaled[at].shape[1] / widest))
                lines[at] = self._decoded(row, used)
        return [lines[at] for at in range(len(pictures))]

    def _scaled(self, picture: Grey) -> Grey:
        height, width = picture.shape
        wide = min(max(8, round(width * self.HEIGHT / height)), self.WIDEST)
        return np.asarray(cv2.resize(picture, (wide, self.HEIGHT), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)

    def _batches(self, widths: Sequence[int]) -> Iterator[list[int]]:
        batch: list[int] = []
        for at in sorted(range(len(widths)), key=widths.__getitem__, reverse=True):
            if batch and (len(batch) + 1) * widths[batch[0]] > self.COLUMNS:
                yield batch
                batch = []
            batch.append(at)
        if batch:
            yield batch

    def _decoded(self, row: Floats, used: int) -> Line:
        """The characters of a line: in each column the likeliest one, with repetitions and gaps left out."""
        best = row.argmax(axis=1)
        kept = np.flatnonzero((best != 0) & (best != np.concatenate([[-1], best[:-1]]))).tolist()
        said = "".join(self._characters[best[at]] for at in kept)
        line: list[tuple[str, float, float]] = []
        for now, at in enumerate(kept):
            last = kept[now - 1] if now else at
            blank = float(row[last + 1 : at, -1].max(initial=0.0))
            if blank > least_blank(said, now):
                line.append((" ", blank, (last + at + 1) / 2))
            line.append((said[now], float(row[at, best[at]]), at + 0.5))
        text, confidences, columns = zip(*line, strict=True) if line else ("", (), ())
        return Line("".join(text), list(confidences), [column / used for column in columns])


def least_blank(text: str, at: int) -> float:
    """How likely a blank before the character `at` must be for one to be put there.

    The network is shy of blanks. Within a number there is none, but "30,2022" is a day and a year.
    """
    before, after = text[at - 1], text[at]
    if " " in (before, after):
        return NEVER
    if before not in _IN_NUMBERS or after not in _IN_NUMBERS:
        return BLANK
    return BLANK_IN_DATE if before == "," and _DAY.search(text, 0, at) and _YEAR.match(text, at) else NEVER


def cut_out(picture: Grey, corners: Floats) -> Grey:
    """The picture of a line, upright when its corners are in reading order."""
    width = max(1, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(1, round(float(np.linalg.norm(corners[3] - corners[0]))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    return np.asarray(
        cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        dtype=np.uint8,
    )


def _ordered(corners: Floats) -> Floats:
    """Corners clockwise from the top left one of an upright line; for one that stands, of the page."""
    centre = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - centre[1], corners[:, 0] - centre[0])
    clockwise = corners[np.argsort(angles)]
    return np.roll(clockwise, -int(np.argmin(clockwise.sum(axis=1))), axis=0)


def _mean_inside(heat: Floats, box: Floats) -> float:
    low = np.maximum(np.floor(box.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(box.max(axis=0)).astype(int), [heat.shape[1] - 1, heat.shape[0] - 1])
    part = heat[low[1] : high[1] + 1, low[0] : high[0] + 1]
    mask = np.zeros(part.shape, dtype=np.uint8)
    cv2.fillPoly(mask, [(box - low).astype(np.int32)], 1)
    return float(cv2.mean(part, mask)[0])


def _batch(pictures: Sequence[Grey]) -> Floats:
    """Grey pictures side by side as the networks take them: three equal colours, -1 to 1, padded with 0 (grey)."""
    height, widest = pictures[0].shape[0], max(picture.shape[1] for picture in pictures)
    batch = np.zeros((len(pictures), 3, height, widest), dtype=np.float32)
    for row, picture in zip(batch, pictures, strict=True):
        row[:, :, : picture.shape[1]] = picture.astype(np.float32) / 127.5 - 1
    return batch


def _run(session: Any, pictures: Sequence[Grey]) -> Floats:
    return np.asarray(session.run(None, {session.get_inputs()[0].name: _batch(pictures)})[0])


def _session(name: str, digest: str, *, threads: int) -> Any:
    weights = files("rapidocr").joinpath("models", name).read_bytes()
    found = hashlib.sha256(weights).hexdigest()
    if not found.startswith(digest):
        raise ConfigurationError(
            f"the installed rapidocr has another {name} (sha256 {found[:8]}…) than this release knows. "
            'Run: pip install --force-reinstall "mistral-rag[local]"'
        )
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
