"""Bounds of what a parser may give: what is stored with every page or chunk is short, whoever has written the file."""

import math
from dataclasses import replace
from typing import Any, Final

from pydantic import JsonValue

from ingest.parsing._result import PageProblem, Parsed
from mistral_rag.errors import ParseError
from mistral_rag.schema import Page, clean_text

MAX_TITLE: Final = 500
"""Characters of a title: 150 of its own and a file name of 255. It is embedded and searched with every chunk."""
MAX_LABEL: Final = 200
"""Characters of a page's label: it is stored with each page, and its parts are headings of each chunk."""
MAX_REASON: Final = 300
"""Characters of a reason: it is one line of the report."""
MAX_PROBLEMS_OF_FILE: Final = 20
"""Problems of a whole file; those of pages are at most one a page."""
MAX_PAGES: Final = 20_000
"""Pages of a file, three times the largest handbook known to us; each costs the build about 3 kB beside its text."""
MAX_TEXT: Final = 20_000_000
"""Characters of all pages together, 6,500 printed pages; a build takes 7 to 24 bytes of memory for each, by the length
of the sentences."""
MAX_BLOCKS: Final = 300_000
"""Blocks of all pages together, 40 a page on the largest handbook known to us; each costs 2 kB with its unit."""
MAX_FIELDS: Final = 64
"""Fields of metadata: all of them come with every passage that is found."""
MAX_FIELD_NAME: Final = 100
"""Characters of a field's name."""
MAX_FIELD_TEXT: Final = 1_000
"""Characters of a text in metadata, six times the description that search engines show of a page."""
MAX_FIELD_ITEMS: Final = 100
"""Values within one field that holds a list or an object, at all depths together."""
MAX_FIELD_DEPTH: Final = 4
"""Lists and objects within each other in one field: filters look at the top one only."""
MAX_INTEGER: Final = 2**63
"""Numbers beyond 64 bits can't be stored, and turning them into digits takes time that grows with their square."""


def bounded(parsed: Parsed) -> Parsed:
    """A parser's result with titles, labels, reasons and metadata cut to what an index keeps.

    Raises:
        ParseError: it has more pages or blocks, or more text, than a build takes in.
    """
    if fault := oversize(parsed.pages):
        raise ParseError(fault)
    numbers = {page.locator.number for page in parsed.pages}
    metadata, left_out = bounded_metadata(parsed.metadata)
    problems = _problems([*parsed.problems, *left_out], numbers)
    return replace(
        parsed,
        title=shortened(parsed.title, MAX_TITLE),
        metadata=metadata,
        pages=tuple(map(_bounded_page, parsed.pages)),
        problems=problems,
        unread=_problems(parsed.unread, numbers),
    )


def oversize(pages: tuple[Page, ...]) -> str | None:
    """The reason why these pages are more than a build takes in; None when they are not."""
    if len(pages) > MAX_PAGES:
        return f"has {len(pages):,} pages or sections, more than {MAX_PAGES:,}; divide it"
    if sum(len(page.text) for page in pages) > MAX_TEXT:
        return f"has more than {MAX_TEXT:,} characters of text; divide it"
    if sum(len(page.blocks) + sum(len(table.cells) for table in page.tables) for page in pages) > MAX_BLOCKS:
        return f"has more than {MAX_BLOCKS:,} paragraphs, lines and cells; divide it"
    return None


def shortened(text: str, limit: int) -> str:
    """`text` clean and on one line; what is longer than `limit` characters ends in an ellipsis."""
    # a look at some more than the limit is enough: the rest may be megabytes
    line = " ".join(clean_text(text[: 4 * limit]).split())
    return line if len(line) <= limit and len(text) <= 4 * limit else line[: limit - 1].rstrip() + "…"


def _bounded_page(page: Page) -> Page:
    locator = page.locator
    label = shortened(locator.label, MAX_LABEL)
    cells = None if locator.cells is None else shortened(locator.cells, MAX_LABEL)
    if (label, cells) == (locator.label, locator.cells):
        return page
    return page.model_copy(update={"locator": locator.model_copy(update={"label": label, "cells": cells})})


def _problems(given: "list[PageProblem] | tuple[PageProblem, ...]", numbers: set[int]) -> tuple[PageProblem, ...]:
    """The problems with short reasons: one for each page that there is, and a few of the whole file."""
    of_pages: dict[int, PageProblem] = {}
    of_file: list[PageProblem] = []
    for problem in given:
        short = PageProblem(problem.page, shortened(problem.reason, MAX_REASON))
        if problem.page is not None and problem.page in numbers:
            of_pages.setdefault(problem.page, short)
        elif len(of_file) < MAX_PROBLEMS_OF_FILE:
            of_file.append(replace(short, page=None))
    return (*of_file, *of_pages.values())


def bounded_metadata(given: dict[str, JsonValue]) -> tuple[dict[str, JsonValue], list[PageProblem]]:
    """The fields that an index keeps, texts cut, and a problem where some were left out."""
    kept: dict[str, JsonValue] = {}
    left_out: list[str] = []
    for name, value in given.items():
        plain = _FieldValues().plain(value, MAX_FIELD_DEPTH)
        if len(kept) == MAX_FIELDS or not isinstance(name, str) or len(name) > MAX_FIELD_NAME or plain is _LEFT_OUT:
            left_out.append(shortened(str(name)[:MAX_FIELD_NAME], 40))
        else:
            kept[clean_text(name)] = plain
    if not left_out:
        return kept, []
    shown = ", ".join(left_out[:3]) + (f" and {len(left_out) - 3} more" if len(left_out) > 3 else "")
    return kept, [PageProblem(None, f"metadata was left out, as it is too large or no JSON: {shown}")]


_LEFT_OUT: Final[Any] = object()


class _FieldValues:
    """Takes one field's value in, up to a number of values and a depth."""

    def __init__(self) -> None:
        self._items = 0

    def plain(self, value: Any, depth: int) -> Any:
        """The value with short texts; `_LEFT_OUT` where it is too large, too deep or no JSON."""
        self._items += 1
        if self._items > MAX_FIELD_ITEMS:
            return _LEFT_OUT
        if isinstance(value, str):
            return _short_text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value if -MAX_INTEGER <= value < MAX_INTEGER else _LEFT_OUT
        if isinstance(value, float):
            return value if math.isfinite(value) else _LEFT_OUT
        return self._nested(value, depth - 1) if depth else _LEFT_OUT

    def _nested(self, value: Any, depth: int) -> Any:
        if isinstance(value, list | tuple):
            items = [self.plain(item, depth) for item in value[: MAX_FIELD_ITEMS + 1]]
            return _LEFT_OUT if any(item is _LEFT_OUT for item in items) else items
        if not isinstance(value, dict) or len(value) > MAX_FIELD_ITEMS:
            return _LEFT_OUT
        if not all(isinstance(key, str) and len(key) <= MAX_FIELD_NAME for key in value):
            return _LEFT_OUT
        inner = {clean_text(key): self.plain(item, depth) for key, item in value.items()}
        return _LEFT_OUT if any(item is _LEFT_OUT for item in inner.values()) else inner


def _short_text(text: str) -> str:
    clean = clean_text(text[: MAX_FIELD_TEXT + 1])
    return clean if len(text) <= MAX_FIELD_TEXT else clean[: MAX_FIELD_TEXT - 1] + "…"
