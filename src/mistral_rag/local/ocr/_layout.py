"""Words read from a picture become a page: in reading order, in lines and blocks, with boxes on the page as it lies."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from mistral_rag.local.ocr._models import Floats
from mistral_rag.local.ocr._reading import Reading, Words
from mistral_rag.ocr._result import OcrPage, WordScores
from mistral_rag.pdf._blocks import blocks_of, body_height
from mistral_rag.pdf._characters import PageWords
from mistral_rag.pdf._document import PrintedLine, Sheet
from mistral_rag.pdf._geometry import Rectangle
from mistral_rag.pdf._layout import LineLayout, lines_of
from mistral_rag.schema import Block, Box, Locator, WordBoxes, clean_text

SAME_SIZE: Final = 0.2
"""Lines whose height differs less than this from the usual one are set in the same size: boxes are not that exact."""
DOUBTFUL: Final = 0.85
"""Pages read with less confidence are worth a look."""
WIDE: Final = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | {0x3000: 0x20, 0x3002: 0x2E}
    | {0x2460 + digit: 0x31 + digit for digit in range(9)}
)
"""Signs as East Asian type has them, and digits in circles, which small print is taken for."""
HAN: Final = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")


def page_of(reading: Reading, number: int, *, size: tuple[float, float]) -> OcrPage:
    """The page that a reading of its picture gives; `size` is its width and height in points as it lies."""
    words = reading.words
    upright = size if reading.turn % 2 == 0 else (size[1], size[0])
    scale = np.array([upright[0] / reading.width, upright[1] / reading.height] * 2)
    texts = _narrowed(words)
    lines = lines_of(_as_page_words(words, texts, scale)) if texts else []
    text, order, starts, spans = _text(texts, lines)
    size_up = np.array([reading.width, reading.height] * 2)
    fractions = np.clip(words.boxes[order] / size_up, 0, 1) if order else np.empty((0, 4))
    sheet = _sheet(number, upright, text, lines, spans, words.level / size_up)
    boxes = _turned_back(fractions, reading.turn)
    ends = [start + len(texts[word]) for start, word in zip(starts, order, strict=True)]
    blocks = blocks_of(sheet, running=frozenset(), body=body_height([sheet]))
    sure = [min(words.confidences[word], 1.0) for word in order]
    confidence = _mean(sure, [end - start for start, end in zip(starts, ends, strict=True)])
    return OcrPage(
        locator=Locator(kind="page", number=number),
        text=text,
        width=size[0],
        height=size[1],
        words=WordBoxes.pack((s, e, *box) for s, e, box in zip(starts, ends, boxes.tolist(), strict=True)),
        blocks=tuple(_placed(block, starts, ends, boxes) for block in blocks),
        confidence=confidence,
        scores=WordScores.pack(zip(starts, ends, sure, strict=True)),
        lowest_confidence=min(sure, default=None),
        doubtful=confidence is not None and confidence < DOUBTFUL,
    )


def _as_page_words(words: Words, texts: list[str], scale: Floats) -> PageWords:
    return PageWords(
        texts=texts,
        boxes=np.asarray(words.level * scale, dtype=np.float64),
        runs=np.array(words.lines),
        angles=np.array(words.angles),
        spans=[],
        visible=0,
        garbage=0.0,
    )


def _narrowed(words: Words) -> list[str]:
    """The words' texts; signs of East Asian width are made narrow in lines that hold no such letters."""
    wide = {line for line, text in zip(words.lines, words.texts, strict=True) if HAN.search(text)}
    return [
        clean_text(text if line in wide else text.translate(WIDE))
        for line, text in zip(words.lines, words.texts, strict=True)
    ]


def _text(texts: Sequence[str], lines: Sequence[LineLayout]) -> tuple[str, list[int], list[int], list[tuple[int, int]]]:
    """The page's text, its words in order with where each starts, and where each line starts and ends."""
    parts: list[str] = []
    order: list[int] = []
    starts: list[int] = []
    spans: list[tuple[int, int]] = []
    at = 0
    for line in lines:
        begin = at + bool(parts)
        for first, (joint, word) in enumerate(zip(line.joints, line.words, strict=True)):
            before = joint if first or not parts else "\n"
            parts += [before, texts[word]]
            starts.append(at + len(before))
            order.append(word)
            at = starts[-1] + len(texts[word])
        spans.append((begin, at))
    return "".join(parts), order, starts, spans


def _sheet(
    number: int,
    size: tuple[float, float],
    text: str,
    lines: Sequence[LineLayout],
    spans: Sequence[tuple[int, int]],
    fractions: Floats,
) -> Sheet:
    heights = np.array([line.height for line in lines])
    usual = float(np.median(np.repeat(heights, [end - start for start, end in spans]))) if len(lines) else 0.0
    printed = tuple(
        PrintedLine(
            start=start,
            end=end,
            box=Rectangle(
                *fractions[line.words, :2].min(axis=0).tolist(), *fractions[line.words, 2:].max(axis=0).tolist()
            ),
            height=usual if abs(line.height - usual) < SAME_SIZE * usual else line.height,
            bold=False,
            cells=line.cells,
            upright=line.upright,
        )
        for line, (start, end) in zip(lines, spans, strict=True)
    )
    return Sheet(number, *size, text, WordBoxes(), printed, len("".join(text.split())), 0.0, 0.0)


def _turned_back(boxes: Floats, turn: int) -> Floats:
    """Boxes (fractions) on the page as it lies, from those on the page turned upright by so many quarters."""
    left, top, right, bottom = boxes.T
    ways = {
        0: (left, top, right, bottom),
        1: (1 - bottom, left, 1 - top, right),
        2: (1 - right, 1 - bottom, 1 - left, 1 - top),
        3: (top, 1 - right, bottom, 1 - left),
    }
    return np.stack(ways[turn % 4], axis=1)


def _placed(block: Block, starts: Sequence[int], ends: Sequence[int], boxes: Floats) -> Block:
    """The block with a box around its words, on the page as it lies."""
    inside = [at for at, (s, e) in enumerate(zip(starts, ends, strict=True)) if s < block.end and block.start < e]
    low, high = boxes[inside, :2].min(axis=0).tolist(), boxes[inside, 2:].max(axis=0).tolist()
    box = Box(left=low[0], top=low[1], right=high[0], bottom=high[1])
    return block.model_copy(update={"box": box, "origin": "local-ocr"})


def _mean(values: Sequence[float], weights: Sequence[int]) -> float | None:
    return float(np.average(values, weights=weights)) if values else None
