"""What stands at the edge of one page after the other: running headers and footers, printed page numbers."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mistral_rag.pdf._document import PrintedLine, Sheet

_DEEPEST = 4
_DRIFT = 0.015
_NEARBY = 4
_ALIKE = 2
_DIGITS = re.compile(r"\d+")
_LABEL = r"(?P<prefix>[A-Z]{1,2}-)?(?P<number>\d{1,4}|[ivxlc]{1,7})"
_WHOLE = re.compile(rf"(?:page\s+)?[-–—|\s]*{_LABEL}[-–—|\s]*(?:(?:of|/)\s*\d+)?", re.IGNORECASE)
_INSIDE = (
    re.compile(r"(?P<prefix>[A-Z]{1,2}-)?(?P<number>\d{1,4})(?=\s)"),
    re.compile(r".*\s(?P<prefix>[A-Z]{1,2}-)?(?P<number>\d{1,4})"),
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


class Edge(NamedTuple):
    """A line at the top or bottom edge of a page."""

    at: int
    text: str
    pattern: str
    top: float
    outermost: bool


class Numbering(NamedTuple):
    """A page number as printed: the line, the text of the number, its value, and what kind of number it is."""

    at: int
    label: str
    value: int
    kind: str


class Running(NamedTuple):
    """What repeats on a page: the indices of its lines, and the page number among them (empty when none)."""

    lines: frozenset[int]
    label: str


def running_lines(sheets: Sequence[Sheet]) -> list[Running]:
    """For each sheet the lines that its neighbours repeat, from the edge inwards, and its printed number.

    A line is repeated when the same words (one number may change) stand at the same height on two of the four
    pages before and the four after; the outermost line, where a page ends early, at any height. A number counts
    when a neighbour bears it out.
    """
    edges = [(_edge(sheet, top=True), _edge(sheet, top=False)) for sheet in sheets]
    candidates = [[n for edge in both for line in edge for n in _numberings(line)] for both in edges]
    found: list[Running] = []
    for page, both in enumerate(edges):
        number = _borne_out(candidates, page)
        running: set[int] = set()
        for side, edge in enumerate(both):
            others = [edges[p][side] for p in _neighbours(page, len(edges), _NEARBY)]
            for line in edge:
                is_number = number is not None and number.at == line.at
                if not is_number and sum(_repeats(line, other) for other in others) < _ALIKE:
                    break
                running.add(line.at)
        found.append(Running(frozenset(running), number.label if number and number.at in running else ""))
    return found


def _edge(sheet: Sheet, *, top: bool) -> list[Edge]:
    """The outermost lines of a page, from the edge inwards."""
    near = [(at, line) for at, line in enumerate(sheet.lines) if line.upright]
    near.sort(key=lambda found: found[1].box.top if top else -found[1].box.bottom)
    return [_as_edge(sheet, at, line, outermost=rank == 0) for rank, (at, line) in enumerate(near[:_DEEPEST])]


def _as_edge(sheet: Sheet, at: int, line: PrintedLine, *, outermost: bool) -> Edge:
    text = " ".join(sheet.text[line.start : line.end].split())
    numbers = len(_DIGITS.findall(text))
    return Edge(at, text, _DIGITS.sub("#", text) if numbers == 1 else text, line.box.top, outermost)


def _neighbours(page: int, count: int, reach: int) -> Iterator[int]:
    return (p for p in range(max(0, page - reach), min(count, page + reach + 1)) if p != page)


def _repeats(line: Edge, others: Sequence[Edge]) -> bool:
    return any(
        line.pattern == other.pattern and (abs(line.top - other.top) < _DRIFT or (line.outermost and other.outermost))
        for other in others
    )


def _numberings(edge: Edge) -> Iterator[Numbering]:
    """The page numbers that a line may be, or begin or end with."""
    if whole := _WHOLE.fullmatch(edge.text):
        yield _numbering(edge.at, whole, "whole")
        return
    for kind, pattern in zip(("first", "last"), _INSIDE, strict=True):
        found = pattern.fullmatch(edge.text) if kind == "last" else pattern.match(edge.text)
        if found:
            yield _numbering(edge.at, found, kind)


def _numbering(at: int, found: re.Match[str], kind: str) -> Numbering:
    prefix, number = found["prefix"] or "", found["number"]
    if number.isdecimal():
        return Numbering(at, prefix + number, int(number), kind + prefix)
    return Numbering(at, prefix + number, _roman(number.lower()), f"{kind} roman {prefix}")


def _roman(numeral: str) -> int:
    values = [_ROMAN[letter] for letter in numeral]
    return sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))


def _borne_out(candidates: Sequence[Sequence[Numbering]], page: int) -> Numbering | None:
    """The candidate whose value goes on from page to page; a line of its own wins."""
    best: tuple[int, Numbering] | None = None
    for number in candidates[page]:
        whole = number.kind.startswith("whole")
        witnesses = sum(
            any(o.kind == number.kind and o.value - number.value == other - page for o in candidates[other])
            for other in _neighbours(page, len(candidates), 2)
        )
        witnesses += whole and number.value == page + 1
        if witnesses >= (1 if whole else 2) and (best is None or witnesses + 4 * whole > best[0]):
            best = witnesses + 4 * whole, number
    return best[1] if best else None
