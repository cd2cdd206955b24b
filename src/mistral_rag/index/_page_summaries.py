"""Pages without their texts: number, label, size, and how each was read."""

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from mistral_rag.index._database.rows import unreadable
from mistral_rag.schema import Locator

Reading = Literal["text_layer", "ocr", "blank", "failed"]
"""Ways in which a page was read: from the file's own text, by OCR; it has no text; it could not be read."""

QUERY: Final = """
SELECT s.uri, p.number, p.kind, p.place, p.label, p.cells, p.width, p.height, p.confidence, length(p.text) = 8,
 EXISTS (SELECT 1 FROM json_each(s.problems) j WHERE json_extract(j.value, '$[0]') = p.number)
FROM sources s JOIN pages p USING (source) WHERE s.uri IN (SELECT value FROM json_each(?)) ORDER BY s.uri, p.number"""
"""zlib makes 8 bytes of no text, and of anything else more."""


@dataclass(frozen=True, slots=True)
class PageSummary:
    """A page as a list of pages shows it; `width` and `height` are points, 0 where there is no paper."""

    number: int
    locator: Locator
    width: float
    height: float
    confidence: float | None
    reading: Reading


def page_summaries(connection: sqlite3.Connection, uris: Collection[str]) -> dict[str, list[PageSummary]]:
    """The pages of these sources in order, by uri; sources that the connection does not show are left out."""
    found: dict[str, list[PageSummary]] = {}
    rows = connection.execute(QUERY, (json.dumps(list(uris)),))
    with unreadable("page"):
        for uri, number, kind, place, label, cells, width, height, confidence, blank, failed in rows:
            locator = Locator(kind=kind, number=place, label=label, cells=cells)
            reading: Reading = "failed" if failed else "ocr" if confidence is not None else "text_layer"
            reading = "blank" if blank and reading == "text_layer" else reading
            found.setdefault(uri, []).append(
                PageSummary(int(number), locator, float(width), float(height), confidence, reading)
            )
    return found
