"""Which row of a table names the columns of the others."""

import re
from collections.abc import Mapping, Sequence

from ingest.chunking.lines import CELL, SIGN

YEAR = re.compile(r"\(?(?:19|20)\d\d\)?[A-Z]?(?:\(\w\))?|FY\d{2,4}|Q[1-4]|[12]H\d{2,4}")
PERIOD_WORDS = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|months?|quarters?|"
    r"weeks?|years?|ended|ending|fiscal|change|variance|januar|februar|märz|juni|juli|oktober|dezember|jahr|"
    r"janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|exercice|"
    r"enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|ejercicio)\b",
    re.IGNORECASE,
)


def header_rows(text: str, rows: Sequence[tuple[int, int] | None]) -> Mapping[int, int]:
    """For each row that has one, the index of the row that names its columns.

    `rows` are the ranges of a page's units, None for what is no row: that ends a table.
    """
    found: dict[int, int] = {}
    header: int | None = None
    for at, row in enumerate(rows):
        if row is None:
            header = None
            continue
        line = text[row[0] : row[1]]
        if names_columns(line):
            if header is not None and header == at - 1:
                found[at] = header
            header = at
        elif header is not None:
            found[at] = header
    return found


def names_columns(line: str) -> bool:
    """Whether a row holds years, dates or periods and no other numbers."""
    tokens = line.split()
    years = sum(YEAR.fullmatch(token.strip(",")) is not None for token in tokens)
    numbers = sum(CELL.fullmatch(token) is not None and any(c.isdigit() for c in token) for token in tokens)
    signs = sum(SIGN.fullmatch(token) is not None for token in tokens)
    if signs or numbers > years + len(PERIOD_WORDS.findall(line)):
        return False
    return years > 0 or bool(PERIOD_WORDS.search(line))
