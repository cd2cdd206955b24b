"""Texts that a shape, a picture or a note lies over or behind."""

from collections.abc import Sequence

import numpy as np

from mistral_rag.pdf._geometry import Booleans, Integers
from mistral_rag.pdf._hidden.doubts import Doubt
from mistral_rag.pdf._hidden.drawing import Drawing, Singles
from mistral_rag.pdf._hidden.fields import Field

_MIN_OVERLAP = 0.3
"""Share of a text's height that a shape has to reach over: a rule below or through a line covers a tenth."""
_MIN_LETTER = 0.4
"""Area that a shape has to reach over, times the square of the text's height: about a letter."""
_MIN_COVERED = 0.8
"""Share of a text that many small shapes cover together: a hatching is a cover as well."""
MAX_PAIRS = 4_000_000
"""Texts times shapes that are compared, 32 MB a matrix; on a page with more every text is looked at."""


def doubts_by_place(drawing: Drawing, fields: Sequence[Field]) -> Integers:
    """Doubts that shapes over or behind each text raise."""
    doubts = np.zeros(len(drawing.texts), dtype=np.int64)
    first = drawing.texts[0] if drawing.texts else 0
    # a light field below all texts, as behind a table, hides no dark one
    fields = [field for field in fields if not (field.is_light and field.is_opaque and field.order < first)]
    if not fields or not drawing.texts:
        return doubts
    if len(drawing.texts) * len(fields) > MAX_PAIRS:
        return doubts | int(Doubt.COVERED)
    boxes = drawing.text_boxes(drawing.texts)
    # blanks have no box
    inked = np.flatnonzero((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
    covered, on_field = _reached(boxes[inked], np.array(drawing.texts)[inked], fields)
    doubts[inked[covered]] |= Doubt.COVERED
    doubts[inked[on_field]] |= Doubt.ON_FIELD
    return doubts


def _reached(boxes: Singles, order: Integers, fields: Sequence[Field]) -> tuple[Booleans, Booleans]:
    """Masks of the texts that a field lies over, and of those on a field that may be as dark as they are."""
    areas = np.array([field.box for field in fields], dtype=np.float32)
    text, field = near(boxes, areas)
    over = np.array([field.order for field in fields])[field] > order[text]
    dark = np.array([not (field.is_light and field.is_opaque) for field in fields])[field]
    wide = np.minimum(boxes[text, 2], areas[field, 2]) - np.maximum(boxes[text, 0], areas[field, 0])
    high = np.minimum(boxes[text, 3], areas[field, 3]) - np.maximum(boxes[text, 1], areas[field, 1])
    meets = (wide > 0) & (high > 0) & (over | dark)
    covered = np.zeros(len(boxes), dtype=bool)
    on_field = np.zeros(len(boxes), dtype=bool)
    text, wide, high, above = text[meets], wide[meets], high[meets], over[meets]
    if not len(text):
        return covered, on_field
    sides = (boxes[:, 2:] - boxes[:, :2])[text]
    size = sides.min(axis=1)
    reaches = (np.minimum(wide, high) >= _MIN_OVERLAP * size) & (wide * high >= _MIN_LETTER * size**2)
    covered[text[reaches & above]] = True
    on_field[text[reaches & ~above]] = True
    share = np.bincount(text, weights=above * wide * high / sides.prod(axis=1), minlength=len(boxes))
    return covered | (share >= _MIN_COVERED), on_field


def near(boxes: Singles, areas: Singles) -> tuple[Integers, Integers]:
    """Pairs of a box and an area that may share some height; a page of rows has few of all pairs."""
    from_below = np.argsort(boxes[:, 1])
    bottoms = boxes[from_below, 1]
    # a point more than the highest box, since single floats round
    reach = (boxes[:, 3] - boxes[:, 1]).max(initial=0.0) + 1.0
    low = np.searchsorted(bottoms, areas[:, 1] - reach)
    counts = np.maximum(np.searchsorted(bottoms, areas[:, 3], side="right") - low, 0)
    starts = np.cumsum(counts) - counts
    area = np.repeat(np.arange(len(areas)), counts)
    return from_below[np.arange(counts.sum()) - np.repeat(starts - low, counts)], area
