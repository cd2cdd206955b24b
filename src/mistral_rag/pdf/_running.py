"""Running headers and footers, and printed page numbers: lines that repeat at the edge of one page after the other."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mistral_rag.pdf._sheet import PrintedLine, Sheet

_MAX_EDGE_LINES = 4
"""Lines looked at from either edge: enough for a title, a date, a notice and a page number."""
_MAX_DRIFT = 0.015
"""Share of the page's height by which a repeated line may move: about a line, as footers vary in length."""
_MAX_PAGES_APART = 4
"""Pages before and after that are compared: left and right pages differ, and a chapter's first page has none."""
_MIN_REPEATS = 2
"""One repetition may be chance: two tables that begin alike."""
_MAX_NUMBER_PAGES_APART = 2
"""Pages before and after whose numbers confirm one: with two, left and right pages confirm their own kind."""
_WHOLE_LINE_BONUS = 4
"""A number on a line of its own wins over any inside a line, which has at most four neighbours to confirm it."""
_DIGITS = re.compile(r"\d+")
_LABEL = r"(?P<prefix>[A-Z]{1,2}-)?(?P<number>\d{1,4}|[ivxlc]{1,7})"
_WHOLE = re.compile(rf"(?:page\s+)?[-–—|\s]*{_LABEL}[-–—|\s]*(?:(?:of|/)\s*\d+)?", re.IGNORECASE)
_INSIDE = (
    re.compile(r"(?P<prefix>[A-Z]{1,2}-)?(?P<number>\d{1,4})(?=\s)"),
    re.compile(r".*\s(?P<prefix>[A-Z]{1,2}-)?(?P<number>\d{1,4})"),
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


class EdgeLine(NamedTuple):
    """A line at the top or bottom edge of a page.

    `at` is its index in the sheet, `pattern` its text with a single number replaced by "#".
    """

    at: int
    text: str
    pattern: str
    top: float
    outermost: bool


class Numbering(NamedTuple):
    """A printed page number: the index of its line, its text, its value, and a kind that its neighbours must share."""

    at: int
    label: str
    value: int
    kind: str


class Running(NamedTuple):
    """Repeated lines of a page by index, and the page number among them (empty when there is none)."""

    lines: frozenset[int]
    label: str


_Edges = tuple[list[EdgeLine], list[EdgeLine]]
"""The lines at the top and at the bottom of a page."""


def running_lines(sheets: Sequence[Sheet]) -> list[Running]:
    """Find for each sheet the lines that its neighbours repeat, from the edge inwards, and its printed number.

    A line is repeated when the same words (one number may change) stand at the same height on two of the four
    pages before and the four after; the outermost line, where a page ends early, at any height. A number counts
    when the numbers of its neighbours confirm it. A line is text where it is all that its page and those that repeat it
    have, the first time that its words stand there.
    """
    edges = [(_edge(sheet, top=True), _edge(sheet, top=False)) for sheet in sheets]
    candidates = [[n for edge in both for line in edge for n in _numberings(line)] for both in edges]
    found: list[Running] = []
    for page, both in enumerate(edges):
        number = _confirmed(candidates, page)
        running: set[int] = set()
        for side, edge in enumerate(both):
            others = [edges[p][side] for p in _neighbours(page, len(edges), _MAX_PAGES_APART)]
            for line in edge:
                is_number = number is not None and number.at == line.at
                if not is_number and sum(_repeats(line, other) for other in others) < _MIN_REPEATS:
                    break
                running.add(line.at)
        found.append(Running(frozenset(running), number.label if number and number.at in running else ""))
    return _without_only_text(sheets, edges, found)


def _without_only_text(sheets: Sequence[Sheet], edges: Sequence[_Edges], found: Sequence[Running]) -> list[Running]:
    """The repeated lines without those that are the only text of all pages they stand on."""
    bare = {
        page
        for page, (sheet, running) in enumerate(zip(sheets, found, strict=True))
        if running.lines and all(at in running.lines or line.kind == "numbers" for at, line in enumerate(sheet.lines))
    }
    known: set[str] = set()
    kept = list(found)
    for page in sorted(bare):
        others = [p for p in _neighbours(page, len(edges), _MAX_PAGES_APART) if p not in bare]
        only = {
            line.at: line.text
            for line in {line.at: line for edge in edges[page] for line in edge}.values()
            if not (_WHOLE.fullmatch(line.text) or line.text in known)
        }
        for side, edge in enumerate(edges[page]):
            for line in edge:
                if any(_repeats(line, edges[p][side]) for p in others):
                    only.pop(line.at, None)
        known.update(only.values())
        label = found[page].label
        is_within = any(label in text.split() for text in only.values())
        kept[page] = Running(found[page].lines - set(only), "" if is_within else label)
    return kept


def _edge(sheet: Sheet, *, top: bool) -> list[EdgeLine]:
    """Outermost lines of a page, from the edge inwards."""
    upright = [(at, line) for at, line in enumerate(sheet.lines) if line.upright and line.kind != "numbers"]
    upright.sort(key=lambda item: item[1].box.top if top else -item[1].box.bottom)
    return [
        _edge_line(sheet, at, line, outermost=rank == 0) for rank, (at, line) in enumerate(upright[:_MAX_EDGE_LINES])
    ]


def _edge_line(sheet: Sheet, at: int, line: PrintedLine, *, outermost: bool) -> EdgeLine:
    text = " ".join(sheet.text[line.start : line.end].split())
    numbers = len(_DIGITS.findall(text))
    return EdgeLine(at, text, _DIGITS.sub("#", text) if numbers == 1 else text, line.box.top, outermost)


def _neighbours(page: int, count: int, reach: int) -> Iterator[int]:
    return (p for p in range(max(0, page - reach), min(count, page + reach + 1)) if p != page)


def _repeats(line: EdgeLine, others: Sequence[EdgeLine]) -> bool:
    return any(
        line.pattern == other.pattern
        and (abs(line.top - other.top) < _MAX_DRIFT or (line.outermost and other.outermost))
        for other in others
    )


def _numberings(edge: EdgeLine) -> Iterator[Numbering]:
    """Page numbers that a line may be, or begin or end with."""
    if whole := _WHOLE.fullmatch(edge.text):
        yield _page_number(edge.at, whole, "whole")
        return
    for kind, pattern in zip(("first", "last"), _INSIDE, strict=True):
        match = pattern.fullmatch(edge.text) if kind == "last" else pattern.match(edge.text)
        if match:
            yield _page_number(edge.at, match, kind)


def _page_number(at: int, match: re.Match[str], kind: str) -> Numbering:
    prefix, number = match["prefix"] or "", match["number"]
    if number.isdecimal():
        return Numbering(at, prefix + number, int(number), kind + prefix)
    return Numbering(at, prefix + number, _roman(number.lower()), f"{kind} roman {prefix}")


def _roman(numeral: str) -> int:
    values = [_ROMAN[letter] for letter in numeral]
    return sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))


def _confirmed(candidates: Sequence[Sequence[Numbering]], page: int) -> Numbering | None:
    """Candidate whose value counts up from page to page; a number on a line of its own wins."""
    best: tuple[int, Numbering] | None = None
    for number in candidates[page]:
        whole = number.kind.startswith("whole")
        witnesses = sum(
            any(o.kind == number.kind and o.value - number.value == other - page for o in candidates[other])
            for other in _neighbours(page, len(candidates), _MAX_NUMBER_PAGES_APART)
        )
        # the n-th page of a file that is numbered n
        witnesses += whole and number.value == page + 1
        rank = witnesses + _WHOLE_LINE_BONUS * whole
        if witnesses >= (1 if whole else 2) and (best is None or rank > best[0]):
            best = rank, number
    return best[1] if best else None
