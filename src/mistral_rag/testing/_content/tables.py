"""Extraction of tables from markdown, as the platform does for a requested table format."""

import html
import re
from typing import Literal

TABLE = re.compile(r"(?:^\|.*\|[ \t]*(?:\n|\Z)){2,}", re.MULTILINE)
DELIMITER_ROW = re.compile(r"^\|(?:\s*:?-+:?\s*\|)+\s*$")


def without_tables(markdown: str, wanted: Literal["markdown", "html"] | None) -> tuple[str, dict[str, str]]:
    """The text with a placeholder for each table, and the tables by their ids; unchanged without a format."""
    if wanted is None:
        return markdown, {}
    tables: dict[str, str] = {}

    def placeholder(match: re.Match[str]) -> str:
        name = f"tbl-{len(tables)}.{'md' if wanted == 'markdown' else 'html'}"
        tables[name] = match[0].strip() if wanted == "markdown" else as_html(match[0].strip())
        return f"[{name}]({name})" + "\n" * match[0].endswith("\n")

    return TABLE.sub(placeholder, markdown), tables


def as_html(table: str) -> str:
    """A pipe table as HTML; the row above the delimiter row is the head."""
    lines = table.splitlines()
    has_head = len(lines) > 1 and DELIMITER_ROW.match(lines[1]) is not None
    rows = [
        _row(line, "th" if has_head and position == 0 else "td")
        for position, line in enumerate(lines)
        if not DELIMITER_ROW.match(line)
    ]
    return f"<table>{''.join(rows)}</table>"


def _row(line: str, tag: str) -> str:
    cells = line.strip().strip("|").split("|")
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell.strip())}</{tag}>' for cell in cells)}</tr>"
