"""Values of fields as words of a page: the states of check boxes, and combs, which are drawn letter by letter."""

from collections.abc import Sequence

import numpy as np

from mistral_rag.pdf._annotations.printed import FieldValue
from mistral_rag.pdf._characters import NO_SPAN, PageWords, select
from mistral_rag.pdf._geometry import Floats, PageTransform

_MIN_INSIDE = 0.5
"""Share of a word's box that lies in its field: a font's height may reach beyond, and no label reaches in so far."""


def with_values(words: PageWords, values: Sequence[FieldValue], transform: PageTransform) -> PageWords:
    """Words of a page with one word in the place of each value; the mark of a box may be a letter of a symbol font."""
    if not values:
        return words
    places = transform.boxes(np.array([[value.bounds, value.bounds] for value in values], dtype=np.float64))
    shares = _shares(words.boxes, places)
    inside = shares >= _MIN_INSIDE
    marks = np.array([not value.is_comb for value in values])
    # PDFium may take the marks of two boxes for one word
    dropped = set(np.flatnonzero((shares * marks).sum(axis=1) >= _MIN_INSIDE).tolist())
    added: list[tuple[str, Floats]] = []
    for at, value in enumerate(values):
        mine = np.flatnonzero(inside[:, at])
        if not value.is_comb:
            added.append((value.text, places[at]))
            continue
        if len(mine) > 1 and "".join(words.texts[word] for word in mine) == value.text:
            low, high = words.boxes[mine, :2].min(axis=0), words.boxes[mine, 2:].max(axis=0)
            added.append((value.text, np.concatenate([low, high])))
            dropped.update(mine.tolist())
    return _replaced(words, dropped, added)


def _shares(boxes: Floats, places: Floats) -> Floats:
    """Share of each box that lies in each place, (boxes, places)."""
    low = np.maximum(boxes[:, None, :2], places[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], places[None, :, 2:])
    size = np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 1e-9)
    shares: Floats = np.maximum(high - low, 0).prod(axis=2) / size[:, None]
    return shares


def _replaced(words: PageWords, dropped: set[int], added: Sequence[tuple[str, Floats]]) -> PageWords:
    if not added:
        return words
    kept = select(words, np.array([at for at in range(len(words.texts)) if at not in dropped], dtype=np.int64))
    lost = sum(len(words.texts[at]) for at in dropped)
    return kept._replace(
        texts=[*kept.texts, *(text for text, _ in added)],
        boxes=np.concatenate([kept.boxes, np.stack([box for _, box in added])]),
        runs=np.concatenate([kept.runs, kept.runs.max(initial=0) + 1 + np.arange(len(added))]),
        angles=np.concatenate([kept.angles, np.zeros(len(added), dtype=np.int64)]),
        spans=[*kept.spans, *([NO_SPAN] * len(added))],
        visible=kept.visible - lost + sum(len(text) for text, _ in added),
    )
