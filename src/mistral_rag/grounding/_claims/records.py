"""Cells of rows that are cited together: each belongs to the row it stands in, named by the row's first cell."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from mistral_rag.grounding._claims.findings import Compared, Finding

MIN_CELL: Final = 2
"""Characters of a cell that is looked for in a statement; single ones stand there by chance."""
_Row = frozenset[str]


def other_records(compared: Compared) -> Iterator[Finding]:
    """A cell of another cited row than the one that the statement names."""
    rows = _rows(compared.sources)
    if len(rows) < 2:
        return
    keys = _places(rows, compared.statement)
    cells = _places({cell for held in rows.values() for cell in held} - rows.keys(), compared.statement)
    for key, cell in _pairs(keys, cells):
        owners = [other for other, held in rows.items() if cell.lower() in held]
        if key.lower() not in owners:
            own = rows[key.lower()].intersection(other.lower() for other in cells.values())
            # what is said of the row beside its own cell may be a comparison ("B. Kern, unlike K. Weiss")
            yield Finding(
                "partial" if own and len(keys) == 1 else "contradicted", f"{cell!r} stands in another row than {key!r}"
            )
            return


def _rows(sources: Sequence[str]) -> dict[str, _Row]:
    """First cell -> the other cells of its rows, in small letters."""
    rows: dict[str, _Row] = {}
    for source in sources:
        first, *others = (cell.strip().lower() for cell in source.lstrip().split("\n", 1)[0].strip("| ").split("|"))
        if first and others:
            rows[first] = rows.get(first, frozenset()) | {cell for cell in others if len(cell) >= MIN_CELL}
    return rows


def _places(texts: Mapping[str, _Row] | set[str], statement: str) -> dict[int, str]:
    """Offset -> text, of those that a statement holds as whole words; of "Orion" and "Orion 2" the longer one."""
    any_of = "|".join(re.escape(text) for text in sorted(texts, key=lambda text: (-len(text), text)))
    pattern = rf"(?<!\w)(?<!\d[.,])(?:{any_of})(?!\w|[.,]\d)"
    return {found.start(): found[0] for found in re.finditer(pattern, statement, re.IGNORECASE)} if texts else {}


def _pairs(keys: Mapping[int, str], cells: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    """Rows with the cells that a statement gives to them: all to its only row, or by turns row, cell, row, cell."""
    if len({key.lower() for key in keys.values()}) == 1:
        key = next(iter(keys.values()))
        yield from ((key, cell) for cell in cells.values())
        return
    order = sorted({**keys, **cells})
    if len(keys) == len(cells) and all((at in keys) == (turn % 2 == 0) for turn, at in enumerate(order)):
        yield from ((keys[a], cells[b]) for a, b in zip(order[::2], order[1::2], strict=True))
