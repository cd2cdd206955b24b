"""Spans of a page with the boxes that show them."""

import numpy as np
import numpy.typing as npt

from mistral_rag.schema import Box, BoxPrecision, Page, Span, SpanRole, WordBoxes

_WORD = np.dtype([("start", "<u4"), ("end", "<u4"), ("box", "<u2", 4)])
_LEFT, _TOP, _RIGHT, _BOTTOM = range(4)
Rows = npt.NDArray[np.int64]


def span_of(page: Page, start: int, end: int, *, number: int, role: SpanRole = "quote") -> Span:
    """The span of `page` (at position `number` in its source) from `start` to `end`, with boxes."""
    boxes, precision = boxes_of(page, start, end)
    return Span(
        page=number,
        locator=page.locator,
        start=start,
        end=end,
        quote=page.text[start:end],
        boxes=boxes,
        box_precision=precision,
        text_sha256=page.text_sha256,
        role=role,
    )


def boxes_of(page: Page, start: int, end: int) -> tuple[tuple[Box, ...], BoxPrecision]:
    """Boxes of the text from `start` to `end`: one a line where words have boxes, else the block's, else the page."""
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


def _lines(boxes: Rows, first: int, last: int) -> list[Rows]:
    """The words `first` to `last` merged along their lines, as long as no other word gets inside."""
    others = np.delete(boxes, np.s_[first:last], axis=0)
    centres = (others[:, [_LEFT, _TOP]] + others[:, [_RIGHT, _BOTTOM]]) / 2
    merged = [boxes[first]]
    for word in boxes[first + 1 : last]:
        joint = _union(merged[-1], word)
        if _same_line(merged[-1], word) and not _covers(joint, centres):
            merged[-1] = joint
        else:
            merged.append(word)
    return merged


def _union(one: Rows, other: Rows) -> Rows:
    return np.concatenate([np.minimum(one[:2], other[:2]), np.maximum(one[2:], other[2:])])


def _same_line(line: Rows, word: Rows) -> bool:
    overlap = min(line[_BOTTOM], word[_BOTTOM]) - max(line[_TOP], word[_TOP])
    lower = min(line[_BOTTOM] - line[_TOP], word[_BOTTOM] - word[_TOP])
    return bool(2 * overlap > lower and word[_RIGHT] > line[_LEFT])


def _covers(box: Rows, centres: npt.NDArray[np.float64]) -> bool:
    inside = (centres > box[:2]).all(axis=1) & (centres < box[2:]).all(axis=1)
    return bool(inside.any())


def _box(row: Rows) -> Box:
    left, top, right, bottom = (float(side) / WordBoxes.SCALE for side in row)
    return Box(left=left, top=top, right=max(left, right), bottom=max(top, bottom))
