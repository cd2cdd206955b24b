"""Pages of OCR, scripted or read, and their form in a response."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from mistral_rag.testing._content.samples import sample
from mistral_rag.testing._content.tables import without_tables
from mistral_rag.testing._rules.bodies import ResponseFormat
from mistral_rag.testing._rules.ocr_bodies import OcrRequest

DPI = 200
"""Resolution of the platform's page images: a US letter page has 1700 by 2200 pixels."""

LINK = re.compile(r"https?://[^\s)>\]]+")
TAG_OR_WORD = re.compile(r"</?[a-z][^<>]*>|[^\s<]+|<", re.IGNORECASE)
CONFIDENCE = 0.99
"""Confidence of a page or word without one of its own."""


@dataclass(frozen=True, slots=True)
class ScriptedPage:
    """A page to be read: width and height in pixels, `images` maps ids to the bytes of JPEGs.

    `doubts` maps words to a confidence of their own.
    """

    markdown: str
    header: str | None = None
    footer: str | None = None
    width: int = 1700
    height: int = 2200
    images: Mapping[str, bytes] | None = None
    confidence: float = CONFIDENCE
    doubts: Mapping[str, float] | None = None


def page_body(index: int, page: ScriptedPage, body: OcrRequest) -> dict[str, Any]:
    """The page as the request wants it: with or without header, footer, images, tables, blocks and confidence."""
    head = [] if body.extract_header or page.header is None else [page.header]
    foot = [] if body.extract_footer or page.footer is None else [page.footer]
    markdown, tables = without_tables("\n\n".join([*head, page.markdown, *foot]), body.table_format)
    return {
        "index": index,
        "markdown": markdown,
        "images": [
            _image(name, data, page, body) for name, data in list((page.images or {}).items())[: body.image_limit]
        ],
        "tables": [_table(name, table, page, body) for name, table in tables.items()],
        "hyperlinks": LINK.findall(markdown),
        "header": page.header if body.extract_header else None,
        "footer": page.footer if body.extract_footer else None,
        "dimensions": {"dpi": DPI, "height": page.height, "width": page.width},
        "confidence_scores": _confidence(markdown, page, body),
        "blocks": _blocks(markdown, page, tables) if body.include_blocks else None,
    }


def _table(name: str, content: str, page: ScriptedPage, body: OcrRequest) -> dict[str, Any]:
    scores = {"word_confidence_scores": _words(content, page)} if body.confidence_scores_granularity == "word" else {}
    return {"id": name, "content": content, "format": body.table_format, **scores}


def _image(name: str, data: bytes, page: ScriptedPage, body: OcrRequest) -> dict[str, Any]:
    encoded = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" if body.include_image_base64 else None
    box = {"top_left_x": 0, "top_left_y": 0, "bottom_right_x": page.width, "bottom_right_y": page.height}
    note = annotation(body.bbox_annotation_format, [page])
    return {"id": name, **box, "image_base64": encoded, "image_annotation": note}


def annotation(wanted: ResponseFormat | None, pages: Sequence[ScriptedPage]) -> str | None:
    """A value of the annotation's schema, as JSON, from the pages' text; None without a schema."""
    if wanted is None or wanted.json_schema is None:
        return None
    text = " ".join(page.markdown for page in pages)[:200]
    return json.dumps(sample(wanted.json_schema.schema_definition, text), ensure_ascii=False)


def _confidence(markdown: str, page: ScriptedPage, body: OcrRequest) -> dict[str, Any] | None:
    if body.confidence_scores_granularity is None:
        return None
    lowest = min([page.confidence, *(page.doubts or {}).values()])
    whole = {"average_page_confidence_score": page.confidence, "minimum_page_confidence_score": lowest}
    if body.confidence_scores_granularity == "page":
        return whole
    return {**whole, "word_confidence_scores": _words(markdown, page)}


def _words(text: str, page: ScriptedPage) -> list[dict[str, Any]]:
    doubts = page.doubts or {}
    return [
        {
            "text": found[0],
            "confidence": doubts.get(found[0].strip("*_"), page.confidence),
            "start_index": found.start(),
        }
        for found in TAG_OR_WORD.finditer(text)
        if not found[0].startswith("<")
    ]


def _blocks(markdown: str, page: ScriptedPage, tables: Mapping[str, str]) -> list[dict[str, Any]]:
    """A block for each paragraph; its height is its share of the lines."""
    paragraphs = [part for part in markdown.split("\n\n") if part.strip()]
    lines = [0, *accumulate(part.count("\n") + 1 for part in paragraphs)]
    tops = [page.height * line // max(1, lines[-1]) for line in lines]
    return [
        {
            **_kind(part, page, tables),
            "top_left_x": 0,
            "top_left_y": top,
            "bottom_right_x": page.width,
            "bottom_right_y": low,
        }
        for part, top, low in zip(paragraphs, tops, tops[1:], strict=False)
    ]


def _kind(part: str, page: ScriptedPage, tables: Mapping[str, str]) -> dict[str, Any]:
    name = part.partition("(")[2].removesuffix(")")
    if part.startswith("![") and name in (page.images or {}):
        return {"type": "image", "image_id": name, "content": part}
    if name in tables:
        return {"type": "table", "table_id": name, "content": tables[name]}
    if part.startswith("|"):
        return {"type": "table", "table_id": None, "content": part}
    if part in (page.header, page.footer):
        return {"type": "header" if part == page.header else "footer", "content": part}
    kinds = (("#", "title"), ("- ", "list"), ("```", "code"))
    return {"type": next((kind for sign, kind in kinds if part.startswith(sign)), "text"), "content": part}
