"""Spans of a page, with the bounding boxes of their lines."""

import numpy as np
import numpy.typing as npt

from mistral_rag.schema import Box, BoxPrecision, Page, Span, SpanRole, WordBoxes

_WORD = np.dtype([("start", "<u4"), ("end", "<u4"), ("box", "<u2", 4)])
_LEFT, _TOP, _RIGHT, _BOTTOM = range(4)
Rectangles = npt.NDArray[np.int64]
"""Boxes (n, 4) or one box (4), in the units of `WordBoxes`: fractions of the page times 65,535."""


def span_of(page: Page, start: int, end: int, *, number: int, role: SpanRole = "quote") -> Span:
    """Cut the span from `start` to `end` out of `page`, which is at position `number` of its source."""
    boxes, precision = boxes_of(page, start, end)
    return Span(
        page=number,
        locator=page.locator_at(start, end),
        start=start,
        end=end,
        quote=page.text[start:end],
        boxes=boxes,
        box_precision=precision,
        text_sha256=page.text_sha256,
        role=role,
    )


def boxes_of(page: Page, start: int, end: int) -> tuple[tuple[Box, ...], BoxPrecision]:
    """Boxes of the text from `start` to `end`: one a line where words have boxes, else the block's, else the page's."""
    words = np.frombuffer(page.words.data, dtype=_WORD)
    first = int(np.searchsorted(words["end"], start, side="right"))
    last = int(np.searchsorted(words["start"], end, side="left"))
    if first < last:
        return tuple(_box(row) for row in _lines(words["box"].astype(np.int64), first, last)), "word"
    block = next((b.box for b in page.blocks if b.box and b.start <= start and end <= b.end), None)
    if block is not None:
        return (block,), "block"
    if page.width and page.height:
        return (Box(left=0.0, top=0.0, right=1.0, bottom=1.0),), "page"
    return (), "none"


def _lines(boxes: Rectangles, first: int, last: int) -> list[Rectangles]:
    """Merge the boxes of the words `first` to `last` along lines, unless another word's centre would be covered."""
    others = np.delete(boxes, np.s_[first:last], axis=0)
    centres = (others[:, [_LEFT, _TOP]] + others[:, [_RIGHT, _BOTTOM]]) / 2
    merged = [boxes[first]]
    for word in boxes[first + 1 : last]:
        union = _union(merged[-1], word)
        if _same_line(merged[-1], word) and not _covers(union, centres):
            merged[-1] = union
        else:
            merged.append(word)
    return merged


def _union(one: Rectangles, other: Rectangles) -> Rectangles:
    return np.concatenate([np.minimum(one[:2], other[:2]), np.maximum(one[2:], other[2:])])


def _same_line(line: Rectangles, word: Rectangles) -> bool:
    overlap = min(line[_BOTTOM], word[_BOTTOM]) - max(line[_TOP], word[_TOP])
    lower = min(line[_BOTTOM] - line[_TOP], word[_BOTTOM] - word[_TOP])
    return bool(2 * overlap > lower and word[_RIGHT] > line[_LEFT])


def _covers(box: Rectangles, centres: npt.NDArray[np.float64]) -> bool:
    inside = (centres > box[:2]).all(axis=1) & (centres < box[2:]).all(axis=1)
    return bool(inside.any())


def _box(row: Rectangles) -> Box:
    left, top, right, bottom = (float(side) / WordBoxes.SCALE for side in row)
    return Box(left=left, top=top, right=max(left, right), bottom=max(top, bottom))
