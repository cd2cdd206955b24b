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

from mistral_rag.text import BAR, LEVELS, Form, Level, normal_form

MIN_PART_WORDS = 4
"""Each part of a quote with an ellipsis needs so many words."""

_ELLIPSIS = re.compile(r"\s*(?:[\[(]\s*(?:…|\.{3})\s*[\])]|…|(?<!\.)\.{3}(?!\.))\s*")
_AROUND = re.compile(r"^[\s\"“”„«»]+|[\s\"“”„«»]+$")

_HYPHEN_BEFORE = re.compile(r"[^\W\d_][-‐‑](?:\s*\n\s*)?\Z")
_HYPHEN_AFTER = re.compile(r"[-‐‑](?:\s*\n\s*)?[^\W\d_]")

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
    parts = [part for part in _ELLIPSIS.split(trimmed) if part]
    wholes = dict.fromkeys([quote, trimmed, *(parts if len(parts) == 1 else ())])
    hits = (_find_on(level, text, whole) for level in LEVELS for whole in wholes)
    hit = next((hit for hit in hits if hit.runs), NOT_FOUND)
    return hit if hit.runs or len(parts) < 2 else _find_parts(text, parts)


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


def _find_on(level: Level, text: str, quote: str) -> Found:
    runs = tuple(_runs(text, quote, level))
    if len(runs) > 1:
        return Found("ambiguous", runs, level)
    return Found("exact" if level == "raw" else "normalised", runs, level) if runs else NOT_FOUND


def _find_parts(text: str, parts: list[str]) -> Found:
    """The parts in order, each behind the one before."""
    runs: list[Run] = []
    levels: list[Level] = []
    for part in parts:
        found = next((hit for level in LEVELS if (hit := _find_on(level, text, part)).runs), NOT_FOUND)
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
    there, sought = normal_form(text, level), normal_form(quote, level).text.strip()
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
    return _joined(text, start) or _joined(text, end) or _cuts_number(normal_form(text, "squeezed"), start, end)


def _joined(text: str, at: int) -> bool:
    """Whether the characters around an offset are of one word, or of two that a hyphen joins."""
    if not 0 < at < len(text):
        return False
    if text[at - 1].isalnum() and text[at].isalnum():
        return True
    if text[at].isalnum():
        return _HYPHEN_BEFORE.search(text, max(0, at - 20), at) is not None
    return text[at - 1].isalnum() and _HYPHEN_AFTER.match(text, at) is not None


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
