"""Pages from the words of a picture: reading order, lines and blocks, with boxes on the page as it was scanned."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from mistral_rag.local.ocr._corners import Floats
from mistral_rag.local.ocr._reading import PictureReading, PictureWords
from mistral_rag.local.ocr._tables import certain_part
from mistral_rag.ocr._result import OcrPage, OcrTable, WordScores
from mistral_rag.pdf._blocks import blocks_of, body_height
from mistral_rag.pdf._characters import PageWords
from mistral_rag.pdf._forms.fields import FieldLines
from mistral_rag.pdf._forms.stacked import restacked
from mistral_rag.pdf._geometry import Rectangle
from mistral_rag.pdf._layout import LineLayout, lines_of
from mistral_rag.pdf._sheet import PrintedLine, Sheet
from mistral_rag.pdf._tables.pages import tables_of, with_tables
from mistral_rag.schema import Block, Box, Locator, Table, WordBoxes, clean_text

MAX_HEIGHT_CHANGE: Final = 0.2
"""Lines whose height differs by a smaller share from the usual one have its size: boxes are not exact (ADR 52)."""
MIN_CONFIDENCE: Final = 0.85
"""Pages with a lower mean confidence are marked as doubtful."""
NARROW_FORMS: Final = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | {0x3000: 0x20, 0x3002: 0x2E}
    | {0x2460 + digit: 0x31 + digit for digit in range(9)}
)
"""Full-width forms, and circled digits, which small print is recognised as."""
EAST_ASIAN: Final = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")


def page_of(reading: PictureReading, number: int, *, size: tuple[float, float]) -> OcrPage:
    """Make the page of a reading; `size` is its width and height in points as it was scanned."""
    words = reading.words
    upright = size if reading.turn % 2 == 0 else (size[1], size[0])
    scale = np.array([upright[0] / reading.width, upright[1] / reading.height] * 2)
    texts = _narrowed(words)
    lines = lines_of(_as_page_words(words, texts, scale)) if texts else []
    size_up = np.array([reading.width, reading.height] * 2)
    level = words.level / size_up
    fields: tuple[FieldLines, ...] = ()
    sheet = _sheet(number, upright, texts, lines, level)
    if (changed := restacked(sheet, lines)) is not None:
        lines, fields = changed
        sheet = _sheet(number, upright, texts, lines, level)._replace(fields=fields)
    text, order, starts, _ = _text(texts, lines)
    fractions = np.clip(words.boxes[order] / size_up, 0, 1) if order else np.empty((0, 4))
    boxes = _as_scanned(fractions, reading.turn)
    ends = [start + len(texts[word]) for start, word in zip(starts, order, strict=True)]
    (found,) = tables_of([sheet], running=[frozenset()])
    tables = tuple(certain for table in found if (certain := certain_part(table, text)) is not None)
    blocks = with_tables(blocks_of(sheet, running=frozenset(), body=body_height([sheet])), tables, text)
    confidences = [min(words.confidences[word], 1.0) for word in order]
    confidence = _mean(confidences, [end - start for start, end in zip(starts, ends, strict=True)])
    return OcrPage(
        locator=Locator(kind="page", number=number),
        text=text,
        width=size[0],
        height=size[1],
        words=WordBoxes.pack((s, e, *box) for s, e, box in zip(starts, ends, boxes.tolist(), strict=True)),
        blocks=tuple(_with_box(block, starts, ends, boxes) for block in blocks),
        tables=tuple(_as_read(at, table, text, reading.turn) for at, table in enumerate(tables, 1)),
        confidence=confidence,
        scores=WordScores.pack(zip(starts, ends, confidences, strict=True)),
        lowest_confidence=min(confidences, default=None),
        doubtful=confidence is not None and confidence < MIN_CONFIDENCE,
    )


def _as_page_words(words: PictureWords, texts: list[str], scale: Floats) -> PageWords:
    return PageWords(
        texts=texts,
        boxes=np.asarray(words.level * scale, dtype=np.float64),
        runs=np.array(words.lines),
        angles=np.array(words.angles),
        spans=[],
        visible=0,
        garbage=0.0,
    )


def _narrowed(words: PictureWords) -> list[str]:
    """Texts of the words; full-width signs are made narrow in lines without East Asian letters."""
    wide = {line for line, text in zip(words.lines, words.texts, strict=True) if EAST_ASIAN.search(text)}
    return [
        clean_text(text if line in wide else text.translate(NARROW_FORMS))
        for line, text in zip(words.lines, words.texts, strict=True)
    ]


def _text(texts: Sequence[str], lines: Sequence[LineLayout]) -> tuple[str, list[int], list[int], list[tuple[int, int]]]:
    """Text of the page; its words in order, the offset of each, and the offsets of each line."""
    strings: list[str] = []
    order: list[int] = []
    starts: list[int] = []
    spans: list[tuple[int, int]] = []
    at = 0
    for line in lines:
        begin = at + bool(strings)
        for first, (joint, word) in enumerate(zip(line.joints, line.words, strict=True)):
            before = joint if first or not strings else "\n"
            strings += [before, texts[word]]
            starts.append(at + len(before))
            order.append(word)
            at = starts[-1] + len(texts[word])
        spans.append((begin, at))
    return "".join(strings), order, starts, spans


def _sheet(
    number: int,
    size: tuple[float, float],
    texts: Sequence[str],
    lines: Sequence[LineLayout],
    fractions: Floats,
) -> Sheet:
    text, order, starts, spans = _text(texts, lines)
    level = np.clip(fractions[order], 0, 1) if order else np.empty((0, 4))
    words = WordBoxes.pack(
        (start, start + len(texts[word]), *box) for start, word, box in zip(starts, order, level.tolist(), strict=True)
    )
    heights = np.array([line.height for line in lines])
    usual = float(np.median(np.repeat(heights, [end - start for start, end in spans]))) if len(lines) else 0.0
    printed = tuple(
        PrintedLine(
            start=start,
            end=end,
            box=Rectangle(
                *fractions[line.words, :2].min(axis=0).tolist(), *fractions[line.words, 2:].max(axis=0).tolist()
            ),
            height=usual if abs(line.height - usual) < MAX_HEIGHT_CHANGE * usual else line.height,
            bold=False,
            cells=line.cells,
            upright=line.upright,
        )
        for line, (start, end) in zip(lines, spans, strict=True)
    )
    return Sheet(number, *size, text, words, printed, len("".join(text.split())), 0.0, 0.0)


def _as_read(number: int, table: Table, text: str, turn: int) -> OcrTable:
    """A table with its cells in Markdown; its boxes are those on the page as it was scanned."""
    count = max(cell.row for cell in table.cells) + 1
    rows = [tuple(cell.text(text) for cell in table.cells if cell.row == row) for row in range(count)]
    heads = sum(all(cell.role == "column" for cell in table.cells if cell.row == row) for row in range(count))
    own = {name: getattr(table, name) for name in Table.model_fields}
    own["cells"] = tuple(cell.model_copy(update={"box": _turned_box(cell.box, turn)}) for cell in table.cells)
    return OcrTable(
        **{**own, "box": _turned_box(table.box, turn)},
        id=f"table-{number}",
        format="markdown",
        content="\n".join("| " + " | ".join(row) + " |" for row in rows),
        header=tuple(rows[:heads]),
        rows=tuple(rows[heads:]),
    )


def _turned_box(box: Box | None, turn: int) -> Box | None:
    if box is None or turn % 4 == 0:
        return box
    left, top, right, bottom = _as_scanned(np.array([[box.left, box.top, box.right, box.bottom]]), turn)[0].tolist()
    return Box(left=left, top=top, right=right, bottom=bottom)


def _as_scanned(boxes: Floats, turn: int) -> Floats:
    """Boxes (fractions) on the page as it was scanned, from those on the page turned upright by `turn` quarters."""
    left, top, right, bottom = boxes.T
    turned = {
        0: (left, top, right, bottom),
        1: (1 - bottom, left, 1 - top, right),
        2: (1 - right, 1 - bottom, 1 - left, 1 - top),
        3: (top, 1 - right, bottom, 1 - left),
    }
    return np.stack(turned[turn % 4], axis=1)


def _with_box(block: Block, starts: Sequence[int], ends: Sequence[int], boxes: Floats) -> Block:
    """The block with a box around its words, on the page as it was scanned."""
    inside = [at for at, (s, e) in enumerate(zip(starts, ends, strict=True)) if s < block.end and block.start < e]
    low, high = boxes[inside, :2].min(axis=0).tolist(), boxes[inside, 2:].max(axis=0).tolist()
    box = Box(left=low[0], top=low[1], right=high[0], bottom=high[1])
    return block.model_copy(update={"box": box, "origin": "local-ocr"})


def _mean(values: Sequence[float], weights: Sequence[int]) -> float | None:
    return float(np.average(values, weights=weights)) if values else None
