"""Search for a quote in the text of a page.

A quote is compared on four levels of normalisation (see `mistral_rag.text`), the strictest first. What is found must
stand by the rules of `parts`, whatever the level, and order counts. Text that only resembles a quote is never a match
(`docs/adr/0031-quotes-are-found-on-four-levels.md`); `locate` suggests what may have been meant.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from mistral_rag.grounding._quotes.boundaries import same_boundaries
from mistral_rag.grounding._quotes.edges import cuts
from mistral_rag.grounding._quotes.negations import count_negations
from mistral_rag.grounding._quotes.parts import QuotedText, TextRange
from mistral_rag.schema import Unit
from mistral_rag.text import LEVELS, Level, drop_invisible, normal_form, skeleton

MIN_FRAGMENT_WORDS = 4
"""For each side of an ellipsis: fewer words stand somewhere on most pages."""
MAX_CANDIDATES = 200
"""Positions that are looked at on a level, so that a text of one repeated word takes no longer than another."""

MAX_WAYS = 16
"""Ways to place the parts of a quote that are followed, where parts stand several times."""
MAX_FRAGMENTS = 20
"""Parts of a quote between ellipses; one that leaves out more is no quote."""

_ELLIPSIS = re.compile(
    r"[\[(]\s{0,3}(?:…|\.{3}|\.\s\.\s\.)\s{0,3}[\])]|…+|(?<!\.)\.{3,4}(?!\.)|(?<!\S)\.\s\.\s\.(?!\s?\.)"
)
_UNITS = re.compile(r"(?<=\d)\s?(?:[kmgt]?(?:wh?|b|bits?|hz|pa|v|a|j|g|n)\b|[mkg](?=(?:l|m|mol)\b))", re.IGNORECASE)
"""Units in which a capital says something else."""
AROUND = ' \t\n\r\f\v\u00a0"“”„«»'
"""Characters around a quote that are no part of it."""


@dataclass(frozen=True, slots=True)
class QuoteMatch:
    """Result of a search: the ranges of the page's text that hold the quote, and the level of the comparison."""

    location: Literal["exact", "normalised", "ambiguous", "not_found"]
    ranges: tuple[TextRange, ...] = ()
    level: Level | None = None


NO_MATCH = QuoteMatch("not_found")


def find(text: str, quote: str, *, units: Sequence[Unit] = ()) -> QuoteMatch:
    """Find `quote` in `text`, the text of a page with these units; a quote with an ellipsis has several ranges."""
    if quote not in text:
        # an override of direction shows "1580" as "0851": what is read is compared
        quote = drop_invisible(quote)
    trimmed = quote.strip(AROUND)
    fragments = fragments_of(quote)
    if len(fragments) > MAX_FRAGMENTS or not all(skeleton(fragment) in skeleton(text) for fragment in fragments):
        return NO_MATCH
    page = QuotedText(text, [(unit.start, unit.end) for unit in units])
    candidates = dict.fromkeys([quote, trimmed, *(fragments if len(fragments) == 1 else ())])
    matches = (_find_on(level, page, candidate) for level in LEVELS for candidate in candidates)
    match = next((match for match in matches if match.ranges), NO_MATCH)
    return match if match.ranges or len(fragments) < 2 else _find_fragments(page, fragments)


def fragments_of(quote: str) -> list[str]:
    """The parts of a quote between its ellipses."""
    return [fragment.strip() for fragment in _ELLIPSIS.split(quote.strip(AROUND)) if fragment.strip()]


def _find_on(level: Level, page: QuotedText, quote: str) -> QuoteMatch:
    ranges = (
        found
        for found in ranges_of(page.text, quote, level)
        if page.stands([found]) and same_words(page.text, found, quote, level)
    )
    return _match(level, tuple(islice(ranges, 2)))


def _match(level: Level, ranges: tuple[TextRange, ...]) -> QuoteMatch:
    if len(ranges) > 1:
        return QuoteMatch("ambiguous", ranges, level)
    return QuoteMatch("exact" if level == "raw" else "normalised", ranges, level) if ranges else NO_MATCH


def _find_fragments(page: QuotedText, fragments: list[str]) -> QuoteMatch:
    """Find the fragments of a quote in order, each behind the one before; of several ways one at least must stand."""
    ways: list[tuple[TextRange, ...]] = [()]
    levels: list[Level] = []
    for fragment in fragments:
        found = [(way, _find_behind(page.text, fragment, way[-1][1] if way else 0)) for way in ways]
        ways = [(*way, place) for way, match in found for place in match.ranges][:MAX_WAYS]
        levels += [match.level for _, match in found if match.level is not None]
    standing = [way for way in ways if page.stands(way)]
    if not standing:
        return NO_MATCH
    level = max(levels, key=LEVELS.index)
    if len(ways) > 1:
        return QuoteMatch("ambiguous", standing[0], level)
    return QuoteMatch("exact" if level == "raw" else "normalised", standing[0], level)


def _find_behind(text: str, fragment: str, start: int) -> QuoteMatch:
    if len(fragment.split()) < MIN_FRAGMENT_WORDS:
        return NO_MATCH
    for level in LEVELS:
        ranges = (
            found
            for found in ranges_of(text, fragment, level)
            if found[0] >= start and not cuts(text, *found) and same_words(text, found, fragment, level)
        )
        if (match := _match(level, tuple(islice(ranges, 2)))).ranges:
            return match
    return NO_MATCH


def ranges_of(text: str, quote: str, level: Level) -> Iterator[TextRange]:
    """Ranges of a text whose form on a level is that of a quote."""
    page_form, sought = normal_form(text, level), normal_form(quote, level).text.strip()
    if not any(map(str.isalnum, sought)):
        return
    at = page_form.text.find(sought)
    for _ in range(MAX_CANDIDATES):
        if at < 0:
            return
        yield page_form.starts[at], page_form.ends[at + len(sought) - 1]
        at = page_form.text.find(sought, at + 1)


def same_words(text: str, found: TextRange, quote: str, level: Level) -> bool:
    """True unless a level took for the same what is not: "not able" is "notable" without blanks, a MW is no mW."""
    there = text[slice(*found)]
    if [unit.lstrip() for unit in _UNITS.findall(there)] != [unit.lstrip() for unit in _UNITS.findall(quote)]:
        return level in {"raw", "space"}
    if level != "squeezed":
        return True
    if _feet_and_inches(there) and _feet_and_inches(quote) and _feet_and_inches(there) != _feet_and_inches(quote):
        return False
    return count_negations(there) == count_negations(quote) and same_boundaries(there, quote)


def _feet_and_inches(text: str) -> list[str]:
    """Quotation marks behind digits: 5' is not 5"."""
    return re.findall(r"(?<=\d)['\"]", normal_form(text, "typography").text)
