"""Search for a quote in the text of a page.

A quote is compared on four levels of normalisation (see `mistral_rag.text`), the strictest first. A match never cuts a
word, a number or a minus sign, and order counts. Text that only resembles a quote is never a match
(`docs/adr/0031-quotes-are-found-on-four-levels.md`); `nearest` suggests what may have been meant.
"""

import difflib
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mistral_rag.text import BAR, LEVELS, Form, Level, normal_form

MIN_FRAGMENT_WORDS = 4
"""For each side of an ellipsis: fewer words stand somewhere on most pages."""

_ELLIPSIS = re.compile(r"\s*(?:[\[(]\s*(?:…|\.{3})\s*[\])]|…|(?<!\.)\.{3}(?!\.))\s*")
_AROUND = re.compile(r"^[\s\"“”„«»]+|[\s\"“”„«»]+$")

_HYPHEN_BEFORE = re.compile(r"[^\W\d_][-‐‑](?:\s*\n\s*)?\Z")
_HYPHEN_AFTER = re.compile(r"[-‐‑](?:\s*\n\s*)?[^\W\d_]")

TextRange = tuple[int, int]


@dataclass(frozen=True, slots=True)
class QuoteMatch:
    """Result of a search: the ranges of the page's text that hold the quote, and the level of the comparison."""

    location: Literal["exact", "normalised", "ambiguous", "not_found"]
    ranges: tuple[TextRange, ...] = ()
    level: Level | None = None


NO_MATCH = QuoteMatch("not_found")


def find(text: str, quote: str) -> QuoteMatch:
    """Find `quote` in `text`; a quote with an ellipsis has several ranges."""
    trimmed = _AROUND.sub("", quote)
    fragments = [fragment for fragment in _ELLIPSIS.split(trimmed) if fragment]
    candidates = dict.fromkeys([quote, trimmed, *(fragments if len(fragments) == 1 else ())])
    matches = (_find_on(level, text, candidate) for level in LEVELS for candidate in candidates)
    match = next((match for match in matches if match.ranges), NO_MATCH)
    return match if match.ranges or len(fragments) < 2 else _find_fragments(text, fragments)


def nearest(text: str, quote: str) -> TextRange | None:
    """Range of `text` that shares most words with `quote`, for "did you mean"; None below a quarter of them."""
    words = [match.span() for match in re.finditer(r"\w+", text)]
    sought = re.findall(r"\w+", quote.lower())
    matcher = difflib.SequenceMatcher(None, [text[a:b].lower() for a, b in words], sought, autojunk=False)
    best = matcher.find_longest_match()
    if not sought or best.size < max(2, len(sought) // 4):
        return None
    first = max(best.a - best.b, 0)
    last = min(first + len(sought), len(words)) - 1
    return words[first][0], words[last][1]


def _find_on(level: Level, text: str, quote: str) -> QuoteMatch:
    ranges = tuple(_ranges(text, quote, level))
    if len(ranges) > 1:
        return QuoteMatch("ambiguous", ranges, level)
    return QuoteMatch("exact" if level == "raw" else "normalised", ranges, level) if ranges else NO_MATCH


def _find_fragments(text: str, fragments: list[str]) -> QuoteMatch:
    """Find the fragments of a quote in order, each behind the one before."""
    ranges: list[TextRange] = []
    levels: list[Level] = []
    for fragment in fragments:
        match = next((hit for level in LEVELS if (hit := _find_on(level, text, fragment)).ranges), NO_MATCH)
        behind = [(start, end) for start, end in match.ranges if not ranges or start >= ranges[-1][1]]
        if len(fragment.split()) < MIN_FRAGMENT_WORDS or not behind or match.level is None:
            return NO_MATCH
        if len(behind) > 1:
            return QuoteMatch("ambiguous", tuple(behind), match.level)
        ranges += behind
        levels.append(match.level)
    level = max(levels, key=LEVELS.index)
    return QuoteMatch("exact" if level == "raw" else "normalised", tuple(ranges), level)


def _ranges(text: str, quote: str, level: Level) -> Iterator[TextRange]:
    """Ranges of a quote on one level that cut no word and no number."""
    page_form, sought = normal_form(text, level), normal_form(quote, level).text.strip()
    if not any(map(str.isalnum, sought)):
        return
    at = page_form.text.find(sought)
    while at >= 0:
        start, end = page_form.starts[at], page_form.ends[at + len(sought) - 1]
        if not _cuts(text, start, end):
            yield start, end
        at = page_form.text.find(sought, at + 1)


def _cuts(text: str, start: int, end: int) -> bool:
    """True when a range begins or ends inside of a word or number, or leaves a minus sign outside."""
    return (
        _is_inside_word(text, start)
        or _is_inside_word(text, end)
        or _cuts_number(normal_form(text, "squeezed"), start, end)
    )


def _is_inside_word(text: str, at: int) -> bool:
    """True when the characters around an offset belong to one word, or to two that a hyphen joins."""
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
