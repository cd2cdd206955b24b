"""Geometry of text lines on a picture: four corners a line, (4, 2): x, y in pixels.

The corners of a line are in reading order: from its top left one, clockwise.
"""

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from mistral_rag.pictures import Grey

Floats = npt.NDArray[np.floating[Any]]

SIDEWAYS_RATIO: Final = 1.5
"""A box that is so many times higher than wide holds a line that runs up or down; single digits stay below."""
MIN_SKEW: Final = np.radians(0.2)
"""Less is within the error of the boxes: 3 pixels over a line of 1,000."""
MAX_SKEW: Final = np.radians(15)
"""More is no page that was scanned askew, but slanted print."""


def ordered(corners: Floats) -> Floats:
    """Corners clockwise from the top left one of the picture, which is that of the line unless it is turned."""
    centre = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - centre[1], corners[:, 0] - centre[0])
    clockwise = corners[np.argsort(angles)]
    return np.roll(clockwise, -int(np.argmin(clockwise.sum(axis=1))), axis=0)


def cut_out(picture: Grey, corners: Floats) -> Grey:
    """Cut the picture of a line out of that of the page; it is upright when its corners are in reading order."""
    width = max(1, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(1, round(float(np.linalg.norm(corners[3] - corners[0]))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    return np.asarray(
        cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        dtype=np.uint8,
    )


def _side_lengths(corners: Floats) -> tuple[float, float]:
    return float(np.linalg.norm(corners[1] - corners[0])), float(np.linalg.norm(corners[3] - corners[0]))


def is_sideways(corners: Floats) -> bool:
    """True when a line runs up or down the page."""
    width, height = _side_lengths(corners)
    return height >= SIDEWAYS_RATIO * width


def in_reading_order(corners: Floats) -> Floats:
    """Turn the corners of a sideways line so that it is read upwards; those of others stay."""
    return np.roll(corners, 1, axis=0) if is_sideways(corners) else corners


def is_page_sideways(lines: Floats) -> bool:
    """True when the lines (n, 4, 2) that run up or down are longer in sum than those that clearly run across."""
    sideways = sum(_side_lengths(line)[1] for line in lines if is_sideways(line))
    across = sum(width for width, height in map(_side_lengths, lines) if width >= SIDEWAYS_RATIO * height)
    return sideways > across


def skew(lines: Floats) -> float:
    """Angle of the page in radians, positive when lines (n, 4, 2) fall to the right; 0 when it is not measurable.

    The median over the lines that are at least half as long as the longest, of which three are needed.
    """
    along = np.array([line[1] - line[0] for line in lines if not is_sideways(line)], dtype=np.float64).reshape(-1, 2)
    lengths = np.linalg.norm(along, axis=1)
    long = lengths > 0.5 * lengths.max(initial=0.0)
    if long.sum() < 3:
        return 0.0
    angle = float(np.median(np.arctan2(along[long, 1], along[long, 0])))
    return angle if MIN_SKEW < abs(angle) < MAX_SKEW else 0.0


def section(corners: Floats, left: float, right: float) -> npt.NDArray[np.float64]:
    """Corners of the section of a line between two fractions of its width."""
    a, b, c, d = corners.astype(np.float64)
    return np.stack([a + (b - a) * left, a + (b - a) * right, d + (c - d) * right, d + (c - d) * left])


def bounding_boxes(sections: npt.NDArray[np.float64]) -> Floats:
    """Boxes (n, 4: left, top, right, bottom) around corners (n, 4, 2)."""
    return np.asarray(np.concatenate([sections.min(axis=1), sections.max(axis=1)], axis=1))
