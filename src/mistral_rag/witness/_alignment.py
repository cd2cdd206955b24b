"""Alignment of what was read with what is quoted, at least cost, where what small print makes alike costs less."""

from typing import Final, NamedTuple

_CONFUSED: Final = ("o0", "l1i", "ce", "uv", "nh", "sz", "gq", "tf", "rf", "ij", "vy", "il", "lt", "ft", "=≠")
"""Letters that small print makes alike; digits among them only where no digit stands beside."""
ROUNDING: Final = 1e-9
"""Sums of costs that differ by less are equal."""


class Edit(NamedTuple):
    """A difference: `quoted` stands at `at` in the quote, `read` at `seen` in what was read; one of them may be empty.

    An extra character stands before `at`; a missing one was to stand before `seen`.
    """

    at: int
    seen: int
    quoted: str
    read: str


def edits_between(one: str, two: str) -> list[Edit]:
    """The edits of an alignment of least cost, in order."""
    head = 0
    while head < min(len(one), len(two)) and one[head] == two[head]:
        head += 1
    tail = 0
    while tail < min(len(one), len(two)) - head and one[-1 - tail] == two[-1 - tail]:
        tail += 1
    core = _table(one[head : len(one) - tail], two[head : len(two) - tail])
    edits: list[Edit] = []
    i, j = len(core) - 1, len(core[0]) - 1
    while i or j:
        here = core[i][j]
        a, b = one[head + i - 1] if i else "", two[head + j - 1] if j else ""
        if i and j and abs(here - core[i - 1][j - 1] - _cost(a, b)) < ROUNDING:
            i, j = i - 1, j - 1
            edits += [Edit(head + i, head + j, a, b)] if a != b else []
        elif i and abs(here - core[i - 1][j] - _cost(a, "")) < ROUNDING:
            i -= 1
            edits.append(Edit(head + i, head + j, a, ""))
        else:
            j -= 1
            edits.append(Edit(head + i, head + j, "", b))
    return edits[::-1]


def _table(one: str, two: str) -> list[list[float]]:
    """Costs of aligning the first characters of one text with the first ones of the other."""
    rows = [[0.0]]
    for b in two:
        rows[0].append(rows[0][-1] + _cost("", b))
    for a in one:
        above = rows[-1]
        row = [above[0] + _cost(a, "")]
        for at, b in enumerate(two):
            row.append(min(above[at] + _cost(a, b), above[at + 1] + _cost(a, ""), row[at] + _cost("", b)))
        rows.append(row)
    return rows


def _cost(one: str, two: str) -> float:
    """Cost of an edit: a substitution of unlike kinds costs as much as leaving out one and adding the other."""
    if one == two:
        return 0.0
    if one and two:
        if is_confused(one, two):
            return 0.4
        return 1.0 if one.isalpha() and two.isalpha() else 1.6
    return 1.0 if (one or two).isalnum() else 0.6


def is_confused(one: str, two: str) -> bool:
    return any(one in pair and two in pair for pair in _CONFUSED)
