"""One page of the platform's reply becomes a page of ours; nothing of the reply is believed unseen."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from mistral_rag.api._formats.json_text import load_json
from mistral_rag.ocr._pages.block_positions import Finder, Named, plain_content, with_names
from mistral_rag.ocr._pages.markdown import MARKDOWN, MarkdownPage, write_markdown
from mistral_rag.ocr._result import OcrImage, OcrPage, OcrTable, WordScores
from mistral_rag.schema import UNCITED_KINDS, Block, BlockKind, Box, Locator, Table, clean_text

KINDS: Mapping[str, BlockKind] = {
    "text": "text",
    "title": "title",
    "list": "list",
    "table": "table",
    "equation": "equation",
    "caption": "caption",
    "code": "code",
    "references": "references",
    "aside_text": "aside",
    "header": "header",
    "footer": "footer",
    "signature": "text",
}
POINTS = 72.0
NEAR = 200
Raw = Mapping[str, Any]


class BadPageError(ValueError):
    """A page of the reply that is none; the message is one line."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The picture that was read: its size in pixels and points, 0 where unknown."""

    pixels: tuple[float, float]
    points: tuple[float, float]

    @classmethod
    def of(cls, raw: Raw) -> "Frame":
        """The frame of a page of the reply."""
        given = raw.get("dimensions")
        sides = given if isinstance(given, dict) else {}
        width, height, dpi = (max(_number(sides.get(name)) or 0.0, 0.0) for name in ("width", "height", "dpi"))
        scale = POINTS / dpi if dpi else 0.0
        return cls((width, height), (width * scale, height * scale))

    def box(self, raw: Raw) -> Box | None:
        """The box of something on the page, what hangs over cut off; None when it has none on the page."""
        names = ("top_left_x", "top_left_y", "bottom_right_x", "bottom_right_y")
        sides = [_number(raw.get(name)) for name in names]
        if None in sides or not all(self.pixels):
            return None
        left, top, right, bottom = (
            min(max((side or 0.0) / self.pixels[at % 2], 0.0), 1.0) for at, side in enumerate(sides)
        )
        if left >= right or top >= bottom:
            return None
        return Box(left=left, top=top, right=right, bottom=bottom)


def read_page(
    raw: Any, locator: Locator, *, doubtful_below: float = 0.0, annotation: type[BaseModel] | None = None
) -> OcrPage:
    """The page that a page of the reply is; raises BadPageError when it holds no text at all."""
    if not isinstance(raw, dict) or not isinstance(raw.get("markdown"), str):
        raise BadPageError("the reply holds no text for this page")
    frame = Frame.of(raw)
    markdown, header, footer = (_cleaned(raw.get(name)) for name in (MARKDOWN, "header", "footer"))
    sheet = MarkdownPage()
    tables = {str(table["id"]): table for table in _objects(raw, "tables") if table.get("id")}
    contents = {name: _cleaned(table.get("content")) for name, table in tables.items()}
    sheet.paragraph("header", "header", header)
    write_markdown(sheet, markdown, contents)
    sheet.paragraph("footer", "footer", footer)
    blocks = with_names(sheet.blocks, list(_named(raw, sheet, markdown, frame)))
    scores = _scores(raw, sheet, {MARKDOWN: markdown, **contents})
    mean, lowest = _confidence(raw, scores)
    return OcrPage(
        locator=locator,
        text=sheet.writer.text,
        width=frame.points[0],
        height=frame.points[1],
        blocks=blocks,
        confidence=mean,
        markdown=markdown,
        header=header.strip(),
        footer=footer.strip(),
        tables=tuple(_tables(sheet, blocks)),
        images=tuple(_images(raw, sheet, frame, annotation)),
        hyperlinks=tuple(link for link in _list(raw, "hyperlinks") if isinstance(link, str)),
        scores=scores,
        lowest_confidence=lowest,
        doubtful=mean is not None and mean < doubtful_below,
        problems=tuple(sheet.problems),
    )


def _cleaned(text: Any) -> str:
    """Clean text of the same length, so that the platform's offsets hold."""
    if not isinstance(text, str):
        return ""
    return text if text.isprintable() else clean_text(text.replace("\r\n", " \n"))


def _list(raw: Raw, name: str) -> list[Any]:
    found = raw.get(name)
    return found if isinstance(found, list) else []


def _objects(raw: Raw, name: str) -> list[dict[str, Any]]:
    return [found for found in _list(raw, name) if isinstance(found, dict)]


def _number(value: Any) -> float | None:
    if type(value) not in (int, float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _named(raw: Raw, sheet: MarkdownPage, markdown: str, frame: Frame) -> Iterator[Named]:
    """The blocks that the reply names, as far as they are found in the text."""
    finders = {block.kind: _finder(sheet, block) for block in sheet.blocks if block.kind in UNCITED_KINDS}
    finder = Finder(sheet.writer.text)
    at = 0
    for block in _objects(raw, "blocks"):
        kind, content = KINDS.get(str(block.get("type"))), _cleaned(block.get("content")).strip()
        table = sheet.tables.get(str(block.get("table_id")))
        start = markdown.find(content, at) if content else -1
        place: tuple[int, int] | None
        if table is not None:
            place = table.start, table.end
        elif kind in finders:
            place = finders[kind].find(plain_content(content))
        elif start >= 0:
            at = start + len(content)
            place = sheet.writer.place(MARKDOWN, start, at)
        else:
            place = finder.find(plain_content(content))
        if place is not None:
            yield Named(*place, kind=kind, box=frame.box(block))


def _finder(sheet: MarkdownPage, block: Block) -> Finder:
    """A search for words in one block only."""
    return Finder(sheet.writer.text[: block.end], start=block.start)


def _tables(sheet: MarkdownPage, blocks: tuple[Block, ...]) -> Iterator[OcrTable]:
    for name, table in sheet.tables.items():
        content = sheet.sources.get(name, "")
        box = next((b.box for b in blocks if b.box and b.start < table.end and table.start < b.end), None)
        cells = table.grid.table(table.runs, table.start, table.end, box=box)
        yield OcrTable(
            **{field: getattr(cells, field) for field in Table.model_fields},
            id=name,
            format="html" if "<t" in content.lower() else "markdown",
            content=content,
            header=table.header,
            rows=table.rows,
        )


def _images(raw: Raw, sheet: MarkdownPage, frame: Frame, annotation: type[BaseModel] | None) -> Iterator[OcrImage]:
    for image in _objects(raw, "images"):
        name = str(image.get("id") or "")
        data = image.get("image_base64")
        at = sheet.writer.images.get(name)
        yield OcrImage(
            id=name,
            at=min(at if at is not None else sheet.writer.length, sheet.writer.length),
            box=frame.box(image),
            data_url=data if isinstance(data, str) and data else None,
            annotation=_annotation(image.get("image_annotation"), annotation, f"image {name}", sheet.problems),
        )


def _annotation(given: Any, target: type[BaseModel] | None, what: str, problems: list[str]) -> Any:
    if given is None:
        return None
    try:
        return parsed_annotation(given, target)
    except ValueError as error:
        problems.append(f"the annotation of {what} can't be used: {str(error).splitlines()[0]}")
        return None


def parsed_annotation(given: Any, target: type[BaseModel] | None) -> Any:
    """The annotation that came as JSON, as an instance of `target` where there is one; raises ValueError."""
    value = load_json(given) if isinstance(given, str) else given
    if target is None:
        return value
    try:
        return target.model_validate(value)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, one["loc"])) or "all" for one in error.errors())
        raise ValueError(f"it does not fit {target.__name__} at {places}") from error


def _scores(raw: Raw, sheet: MarkdownPage, sources: Mapping[str, str]) -> WordScores:
    page = raw.get("confidence_scores")
    rows = {MARKDOWN: _objects(page, "word_confidence_scores") if isinstance(page, dict) else []}
    rows |= {str(table.get("id")): _objects(table, "word_confidence_scores") for table in _objects(raw, "tables")}
    found = [row for name, words in rows.items() for row in _scored(sheet, name, sources.get(name, ""), words)]
    kept: list[tuple[int, int, float]] = []
    for start, end, sure in sorted(found):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, sure))
    return WordScores.pack(kept)


def _scored(
    sheet: MarkdownPage, name: str, source: str, words: list[dict[str, Any]]
) -> Iterator[tuple[int, int, float]]:
    """The words of a source that stand in the text; an index that is a little off is looked for nearby."""
    at = 0
    for word in words:
        text, sure, start = _score(word, at)
        if not text:
            continue
        if not source.startswith(text, start):
            start = source.find(text, at, at + NEAR)
            if start < 0:
                continue
        at = start + len(text)
        if place := sheet.writer.place(name, start, at):
            yield *place, sure


def _score(word: Raw, at: int) -> tuple[str, float, int]:
    """A scored word, its confidence and index, as far as they are what they should be; an empty word is none."""
    text, sure, index = word.get("text"), word.get("confidence"), word.get("start_index")
    start = index if type(index) is int and index >= 0 else at
    if type(text) is str and type(sure) is float and 0.0 <= sure <= 1.0 and text.isprintable() and " " not in text:
        return text, sure, start  # nearly every word: nothing to clean
    number = _number(sure)
    return ("", 0.0, at) if number is None else (_cleaned(text).strip(), number, start)


def _confidence(raw: Raw, scores: WordScores) -> tuple[float | None, float | None]:
    """The page's mean and lowest confidence, as they came or by its words."""
    given = raw.get("confidence_scores")
    page = given if isinstance(given, dict) else {}
    mean, lowest = (_share(page.get(f"{name}_page_confidence_score")) for name in ("average", "minimum"))
    if scores and (mean is None or lowest is None):
        sure = [word.confidence for word in scores]
        mean = sum(sure) / len(sure) if mean is None else mean
        lowest = min(sure) if lowest is None else lowest
    return mean, lowest


def _share(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else min(max(number, 0.0), 1.0)
