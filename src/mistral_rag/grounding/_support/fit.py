"""Fit of evidence to a question, by words.

The fit of a unit is the share of the question's content words in it, weighted by rarity, plus smaller shares for words
of its neighbours, its heading, its title and the head of its page; for word pairs of the question that stand near each
other; and a bonus for a number where the question asks for one. Headings get a malus: they answer nothing.
"""

import math
import re
from collections.abc import Sequence
from itertools import groupby, pairwise

from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.text import asked_words, content_words, coverage, evenly, near, numbers, rarity, window, words

SHORT_QUESTION_WORDS = 6
LENGTH_POWER = 0.7
"""Coverage of longer questions is raised by their length to this power: no passage has all of their words."""
WINDOW = 30
"""Words of a page within which those of an answer are counted: about two sentences."""
PAGE_HEAD = 160
"""Characters at the start of a page that count as context: its running header and title."""
CONTEXT_SHARE = 0.3
NEIGHBOUR_SHARE = 0.3
SECTION_SHARE = 0.5
NEAR_SHARE = 0.5
PLAIN_SHARE = 0.3
NUMBER_BONUS = 0.3
HEADING_MALUS = 0.5
"""Weights of `Fit.of` against the share of the unit's own words; ADR 34 gives the figures they reach together."""
MIN_WORDS = 3
"""A unit with fewer content words is a label or a fragment, and gets the malus of headings."""

_HOW = re.compile(r"\bhow (?:many|much|long|often|high|large|big|old|far|quickly|soon)\b", re.IGNORECASE)
_ASKS_NUMBER = re.compile(
    rf"{_HOW.pattern}|\b(?:percent(?:age)?|amount|number of|total|ratio|rate|margin|revenues?|costs?|expenses?|income|"
    r"sales|price|usd|in (?:millions|thousands|dollars)|wie (?:viele?|hoch|lange|oft)|combien|cuánt[oa]s?)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")


class Fit:
    """Fit of each unit of `evidence` to `question`; words are stemmed in the language of the first unit's source."""

    def __init__(self, question: str, evidence: Sequence[EvidenceUnit]) -> None:
        self._evidence = evidence
        self._language = evidence[0].passage.source.language or "en"
        self._question_words = asked_words(question, self._language)
        plain = _HOW.sub(" ", question)
        self._plain_words = asked_words(plain, self._language)
        self._pairs = {(a, b) for a, b in pairwise(words(plain, self._language)) if a != b}
        self._asks_number = _ASKS_NUMBER.search(question) is not None
        self._unit_words = [words(f"{unit.text} {unit.header}", self._language) for unit in evidence]
        self._pages = [list(page) for _, page in groupby(range(len(evidence)), key=lambda at: evidence[at].page_key)]
        self._context = {evidence[page[0]].page_key: self._page_words(evidence[page[0]]) for page in self._pages}
        self._weigh = rarity(self._unit_words)

    @property
    def coverage(self) -> float:
        """Coverage of the question by the best page, 0 to 1: the mean of its best window, best unit, and nearness."""
        covered = max(self._page_coverage(page) for page in self._pages)
        return min(covered * math.pow(max(len(self._question_words) / SHORT_QUESTION_WORDS, 1.0), LENGTH_POWER), 1.0)

    def of(self, at: int) -> float:
        """Fit of the unit at this index of the evidence; higher is better, comparable within one question only."""
        unit, words_of_unit = self._evidence[at], self._unit_words[at]
        neighbours = {word for other in self._neighbours(at) for word in self._unit_words[other]}
        # figures would count against a unit that answers with many
        terms = [word for word in words_of_unit if not word[0].isdigit()]
        fit = self._share(words_of_unit)
        fit += NEIGHBOUR_SHARE * self._share({*words_of_unit, *neighbours})
        fit += CONTEXT_SHARE * self._share({*words_of_unit, *self._context[unit.page_key]})
        fit += SECTION_SHARE * self._share({*words_of_unit, *self._section(unit)})
        fit += NEAR_SHARE * near(self._pairs, words_of_unit)
        fit += PLAIN_SHARE * sum(word in self._plain_words for word in terms) / max(len(terms), 1)
        fit += NUMBER_BONUS if self._asks_number and _has_number(unit) else 0.0
        return fit - (HEADING_MALUS if unit.kind == "heading" or len(words_of_unit) < MIN_WORDS else 0.0)

    def _share(self, terms: Sequence[str] | set[str]) -> float:
        return coverage(self._plain_words, terms, self._weigh)

    def _page_coverage(self, page: Sequence[int]) -> float:
        flat = [word for at in page for word in self._unit_words[at]]
        context_words = self._context[self._evidence[page[0]].page_key]
        best = max(self._with_context(self._unit_words[at], context_words) for at in page)
        best_window = window(set(self._question_words), flat, WINDOW)
        best_window += self._with_context(flat, context_words) - coverage(self._question_words, flat, evenly)
        return (best_window + best + near(self._pairs, flat)) / 3

    def _with_context(self, terms: Sequence[str], context_words: set[str]) -> float:
        """Share of the question's words in a text; those found only in its context count less."""
        context = coverage(self._question_words, context_words - set(terms), evenly)
        return coverage(self._question_words, terms, evenly) + CONTEXT_SHARE * context

    def _page_words(self, unit: EvidenceUnit) -> set[str]:
        """Words of a page's context: title, headings, its first characters."""
        passage = unit.passage
        texts = [passage.source.title, *passage.chunk.headings, passage.page.text[:PAGE_HEAD]]
        return set(content_words(" ".join(texts), self._language))

    def _section(self, unit: EvidenceUnit) -> list[str]:
        """Words of the last heading before a unit on its page."""
        page = unit.passage.page
        heading = next((u for u in reversed(page.units[: unit.index]) if u.kind == "heading"), None)
        return words(page.text[heading.start : heading.end], self._language) if heading else []

    def _neighbours(self, at: int) -> list[int]:
        """Indices of up to two units before and one behind on the same page."""
        page_key = self._evidence[at].page_key
        indices = (at - 2, at - 1, at + 1)
        return [i for i in indices if 0 <= i < len(self._evidence) and self._evidence[i].page_key == page_key]


def _has_number(unit: EvidenceUnit) -> bool:
    return any(not _YEAR.fullmatch(number.text) for number in numbers(unit.text))
