"""Tables taken out of markdown, as the platform does when a table format is asked for."""

import html
import re
from typing import Literal

TABLE = re.compile(r"(?:^\|.*\|[ \t]*(?:\n|\Z)){2,}", re.MULTILINE)
RULE = re.compile(r"^\|(?:\s*:?-+:?\s*\|)+\s*$")


def without_tables(markdown: str, wanted: Literal["markdown", "html"] | None) -> tuple[str, dict[str, str]]:
    """The text with a placeholder for each table, and the tables by their ids; unchanged where none is wanted."""
    if wanted is None:
        return markdown, {}
    tables: dict[str, str] = {}

    def placeholder(match: re.Match[str]) -> str:
        name = f"tbl-{len(tables)}.{'md' if wanted == 'markdown' else 'html'}"
        tables[name] = match[0].strip() if wanted == "markdown" else as_html(match[0].strip())
        return f"[{name}]({name})" + "\n" * match[0].endswith("\n")

    return TABLE.sub(placeholder, markdown), tables


def as_html(table: str) -> str:
    """A pipe table as HTML; the row above the rule is the head."""
    lines = table.splitlines()
    has_head = len(lines) > 1 and RULE.match(lines[1]) is not None
    rows = [
        _row(line, "th" if has_head and place == 0 else "td")
        for place, line in enumerate(lines)
        if not RULE.match(line)
    ]
    return f"<table>{''.join(rows)}</table>"


def _row(line: str, tag: str) -> str:
    cells = line.strip().strip("|").split("|")
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell.strip())}</{tag}>' for cell in cells)}</tr>"
