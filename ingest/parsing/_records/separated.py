"""Separated values (CSV, TSV; RFC 4180) into pages like those of a sheet: rows and columns have their numbers."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingest.parsing._office.clean import one_line
from ingest.parsing._office.sheets.cells import MAX_SHEET_CELLS
from ingest.parsing._office.sheets.pages import SheetPages
from ingest.parsing._office.sheets.regions import SheetCells, ShownCell
from ingest.parsing._result import PageProblem, Parsed, with_doubt
from mistral_rag.errors import ParseError
from mistral_rag.text import read_text, readable_name

DELIMITERS: Final = ",;\t|"
SAMPLE_ROWS: Final = 200
"""Rows by which the delimiter is told."""
MAX_FIELD: Final = 130_000
"""Characters of a field, what Python's reader takes: more is a quotation mark that nobody closed."""
_SEPARATOR_LINE: Final = re.compile(r"\ufeff?sep=(.)\r?\n")
_VALUE: Final = re.compile(
    r"[^\w]*\d[\d\W]*(?:[eE][-+]?\d+)?\W*(?:%|[A-Z]{3}|€)?|true|false|\d{4}-\d\d-\d\d.*", re.IGNORECASE
)
"""Numbers, dates and truth values, in the writing of any country: what names of columns are not."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The sign between the fields of a file, and True when quotation marks surround fields."""

    delimiter: str
    quoted: bool = True


def parse(path: Path) -> Parsed:
    """The file's rows as pages; values stay as they are written.

    Raises:
        ParseError: it can't be read as text.
    """
    source = read_text(path)
    text, given = source.text, ""
    if found := _SEPARATOR_LINE.match(text):
        text, given = text[found.end() :], found[1]
    lines = text.lstrip("\ufeff").splitlines(keepends=True)
    dialect = Dialect(given) if given else told_dialect(lines)
    sheet = SheetCells()
    cut_at = 0
    for number, row in enumerate(_rows(lines, dialect), 1 + bool(given)):
        if len(sheet.cells) >= MAX_SHEET_CELLS:
            cut_at = number
            break
        for column, value in enumerate(row, 1):
            if shown := one_line(value):
                sheet.cells[number, column] = ShownCell(shown, is_text=_VALUE.fullmatch(shown) is None)
    pages = SheetPages()
    pages.add("", sheet)
    pages.finish()
    remarks = (PageProblem(None, f"read up to row {cut_at:,}, the rest is too much; divide it"),) if cut_at else ()
    written = tuple(page for page in pages.pages if page.text)
    return with_doubt(Parsed(readable_name(path.stem), {}, written, problems=remarks), source.doubt)


def told_dialect(lines: list[str]) -> Dialect:
    """The dialect that gives the most rows the same number of fields, more than one; a comma when none does."""
    best, most = Dialect(","), 0.0
    for delimiter in DELIMITERS:
        for quoted in (True, False):
            try:
                widths = Counter(
                    len(row) for row in _parsed(lines[:SAMPLE_ROWS], Dialect(delimiter, quoted)) if any(row)
                )
            except csv.Error:
                continue
            width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(0, 0))
            # of two that fit alike the one with more fields; quotation marks are the rule
            fit = (count / max(1, widths.total()) + width / 10_000 + quoted / 100_000) if width > 1 else 0.0
            if fit > most:
                best, most = Dialect(delimiter, quoted), fit
    return best


def _rows(lines: list[str], dialect: Dialect) -> Iterator[list[str]]:
    try:
        yield from _parsed(lines, dialect)
    except csv.Error as error:
        raise ParseError(
            f"has a field of more than {MAX_FIELD:,} characters, or a quotation mark that is left open"
        ) from error


def _parsed(lines: list[str], dialect: Dialect) -> Iterator[list[str]]:
    if dialect.quoted:
        return csv.reader(lines, delimiter=dialect.delimiter)
    return csv.reader(lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE)
