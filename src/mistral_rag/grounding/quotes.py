"""Where a quote stands on a page.

A quote is found when it stands there on one of four levels (see `forms`), the strictest first. A match never
cuts a word, a number or a minus sign, and order counts. What only resembles a quote is never a match: `nearest`
says what may have been meant.
"""

import difflib
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mistral_rag.grounding.forms import BAR, LEVELS, Form, Level, form

MIN_PART_WORDS = 4
"""Each part of a quote with an ellipsis needs so many words."""

_ELLIPSIS = re.compile(r"\s*(?:[\[(]\s*(?:…|\.{3})\s*[\])]|…|(?<!\.)\.{3}(?!\.))\s*")
_AROUND = re.compile(r"^[\s\"“”„«»]+|[\s\"“”„«»]+$")

Run = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """What looking for a quote gave: the runs of the page's text that hold it, and on which level."""

    location: Literal["exact", "normalised", "ambiguous", "not_found"]
    runs: tuple[Run, ...] = ()
    level: Level | None = None


NOT_FOUND = Found("not_found")


def find(text: str, quote: str) -> Found:
    """Where `quote` stands in `text`; several runs for a quote with an ellipsis."""
    trimmed = _AROUND.sub("", quote)
    whole = _find_whole(text, quote if quote in text else trimmed)
    if whole.location != "not_found":
        return whole
    parts = [part for part in _ELLIPSIS.split(trimmed) if part]
    if len(parts) < 2 and parts == [trimmed]:
        return NOT_FOUND
    if len(parts) == 1:
        return _find_whole(text, parts[0])
    return _find_parts(text, parts)


def nearest(text: str, quote: str) -> Run | None:
    """The run of `text` that shares most words with `quote`, for "did you mean"; None when hardly any."""
    words = [match.span() for match in re.finditer(r"\w+", text)]
    asked = re.findall(r"\w+", quote.lower())
    matcher = difflib.SequenceMatcher(None, [text[a:b].lower() for a, b in words], asked, autojunk=False)
    best = matcher.find_longest_match()
    if not asked or best.size < max(2, len(asked) // 4):
        return None
    first = max(best.a - best.b, 0)
    last = min(first + len(asked), len(words)) - 1
    return words[first][0], words[last][1]


def _find_whole(text: str, quote: str) -> Found:
    for level in LEVELS:
        runs = list(_runs(text, quote, level))
        if runs:
            if len(runs) > 1:
                return Found("ambiguous", tuple(runs), level)
            return Found("exact" if level == "raw" else "normalised", tuple(runs), level)
    return NOT_FOUND


def _find_parts(text: str, parts: list[str]) -> Found:
    """The parts in order, each behind the one before."""
    runs: list[Run] = []
    levels: list[Level] = []
    for part in parts:
        found = _find_whole(text, part)
        behind = [run for run in found.runs if not runs or run[0] >= runs[-1][1]]
        if len(part.split()) < MIN_PART_WORDS or not behind or found.level is None:
            return NOT_FOUND
        if len(behind) > 1:
            return Found("ambiguous", tuple(behind), found.level)
        runs += behind
        levels.append(found.level)
    level = max(levels, key=LEVELS.index)
    return Found("exact" if level == "raw" else "normalised", tuple(runs), level)


def _runs(text: str, quote: str, level: Level) -> Iterator[Run]:
    """The places of a quote on one level that cut nothing."""
    there, sought = form(text, level), form(quote, level).text.strip()
    if not any(map(str.isalnum, sought)):
        return
    at = there.text.find(sought)
    while at >= 0:
        run = there.starts[at], there.ends[at + len(sought) - 1]
        if not _cuts(text, *run):
            yield run
        at = there.text.find(sought, at + 1)


def _cuts(text: str, start: int, end: int) -> bool:
    """Whether the run begins or ends inside of a word or number, or leaves a minus sign outside."""
    return _joined(text, start) or _joined(text, end) or _cuts_number(form(text, "squeezed"), start, end)


def _joined(text: str, at: int) -> bool:
    """Whether the characters around an offset are of one word, or of two that a hyphen joins."""
    before, after = text[:at][-2:], text[at : at + 2]
    if not before or not after:
        return False
    if before[-1].isalnum() and after[0].isalnum():
        return True
    if before[-1] in "-‐‑" and len(before) == 2:
        return before[0].isalpha() and after[0].isalnum()
    return after[0] in "-‐‑" and len(after) == 2 and before[-1].isalnum() and after[1].isalpha()


def _cuts_number(squeezed: Form, start: int, end: int) -> bool:
    first, behind = bisect_left(squeezed.starts, start), bisect_left(squeezed.starts, end)
    return _inside_number(squeezed.text, first) or _inside_number(squeezed.text, behind)


def _inside_number(text: str, at: int) -> bool:
    before, after = text[at - 1 : at] if at else "", text[at : at + 1]
    if BAR in (before, after):
        return False
    if before == "-" or (before.isdecimal() and after in {".", ",", "'", "’"} and after):
        return True
    return after.isdecimal() and (before.isdecimal() or before in {".", ",", "'", "’"})
