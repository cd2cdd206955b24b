"""JSON and lines of JSON into pages, located by JSONPath (RFC 9535); numbers stay as they are written."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ingest.parsing._records.tree import TreePages, Value
from ingest.parsing._result import PageProblem, Parsed, with_doubt
from ingest.parsing._texts.source_code import parse as parse_code
from mistral_rag.errors import ParseError
from mistral_rag.text import read_text, readable_name

MAX_SIZE: Final = 60_000_000
"""Bytes of a file: as Python's objects it takes about ten times as much memory."""
_TITLES: Final = ("title", "name")


def parse(path: Path) -> Parsed:
    """The file's values as pages; a file of several values, one a line, is a list of them.

    Raises:
        ParseError: it is nested too deep, or too large.
    """
    if path.stat().st_size > MAX_SIZE:
        raise ParseError(f"has more than {MAX_SIZE:,} bytes of JSON; divide it")
    source = read_text(path)
    try:
        value, is_lines = _read(source.text.lstrip("\ufeff"))
        pages = TreePages(".")
        pages.add(_plain(value), ("lines",) if is_lines else ("$",))
    except _NoJsonError as error:
        parsed = parse_code(path)
        return replace(parsed, problems=(*parsed.problems, PageProblem(None, str(error))))
    except RecursionError as error:
        raise ParseError("has values inside of each other deeper than can be read") from error
    remarks = (PageProblem(None, f"values too deep in others were left out: {pages.cut}"),) if pages.cut else ()
    title = _title(value) or readable_name(path.stem)
    return with_doubt(Parsed(title, {}, pages.finish(), problems=remarks), source.doubt)


class _NoJsonError(Exception):
    """The text is no JSON, as settings with comments are."""


def _read(text: str) -> tuple[Any, bool]:
    try:
        return _decoded(text), False
    except json.JSONDecodeError as error:
        lines = list(_lines(text))
        if not lines:
            raise _NoJsonError(f"is no JSON ({error.msg} in line {error.lineno}) and read as plain text") from error
        return lines, True


def _lines(text: str) -> Iterator[Any]:
    """The values of lines of JSON; none when one of them is no JSON."""
    values = []
    for line in text.split("\n"):
        if line.strip():
            try:
                values.append(_decoded(line))
            except json.JSONDecodeError:
                return
    yield from values


def _decoded(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def _plain(value: Any) -> Value:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item not in (None, "", [], {})}
    if isinstance(value, list):
        return [_plain(item) for item in value if item is not None]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _title(value: Any) -> str:
    found = (value.get(name) for name in _TITLES) if isinstance(value, Mapping) else iter(())
    return next((" ".join(title.split()) for title in found if isinstance(title, str) and 0 < len(title) <= 150), "")
