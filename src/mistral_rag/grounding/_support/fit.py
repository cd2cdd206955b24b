"""How well units of evidence fit a question, by words.

A unit's fit is how many of the question's content words it holds, rare ones counting more, with a little for
words of its neighbours, its heading, its title and the head of its page; for words that are neighbours in the
question and stand near each other; and for a number where one is asked for. Headings answer nothing.
"""

import math
import re
from collections.abc import Sequence
from itertools import groupby, pairwise

from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.text import asked_words, content_words, coverage, evenly, near, numbers, rarity, window, words

SHORT_QUESTION = 6
LENGTH_POWER = 0.7
STRETCH = 30
"""Words of a page within which those of an answer are looked for."""
PAGE_HEAD = 160
CONTEXT_SHARE = 0.3
NEIGHBOUR_SHARE = 0.3
SECTION_SHARE = 0.5
NEAR_SHARE = 0.5
PLAIN_SHARE = 0.3
NUMBER_BONUS = 0.3
HEADING_MALUS = 0.5
FEWEST_WORDS = 3

_HOW = re.compile(r"\bhow (?:many|much|long|often|high|large|big|old|far|quickly|soon)\b", re.IGNORECASE)
_ASKS_NUMBER = re.compile(
    rf"{_HOW.pattern}|\b(?:percent(?:age)?|amount|number of|total|ratio|rate|margin|revenues?|costs?|expenses?|income|"
    r"sales|price|usd|in (?:millions|thousands|dollars)|wie (?:viele?|hoch|lange|oft)|combien|cuánt[oa]s?)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")


class Fit:
    """A question and the evidence it is asked of."""

    def __init__(self, question: str, evidence: Sequence[EvidenceUnit]) -> None:
        self._evidence = evidence
        self._language = evidence[0].passage.source.language or "en"
        self._asked = asked_words(question, self._language)
        plain = _HOW.sub(" ", question)
        self._sought = asked_words(plain, self._language)
        self._pairs = {(a, b) for a, b in pairwise(words(plain, self._language)) if a != b}
        self._number = _ASKS_NUMBER.search(question) is not None
        self._held = [words(f"{unit.text} {unit.header}", self._language) for unit in evidence]
        self._pages = [list(page) for _, page in groupby(range(len(evidence)), key=lambda at: evidence[at].place)]
        self._around = {evidence[page[0]].place: self._told(evidence[page[0]]) for page in self._pages}
        self._weigh = rarity(self._held)

    @property
    def coverage(self) -> float:
        """How well the best page covers the question, 0 to 1: its best stretch, best unit, and nearness.

        For long questions it is raised: no passage holds all of their words.
        """
        covered = max(self._covered(page) for page in self._pages)
        return min(covered * math.pow(max(len(self._asked) / SHORT_QUESTION, 1.0), LENGTH_POWER), 1.0)

    def of(self, at: int) -> float:
        """How well the unit at this place of the evidence fits."""
        unit, held = self._evidence[at], self._held[at]
        beside = {word for other in self._beside(at) for word in self._held[other]}
        told = [word for word in held if not word[0].isdigit()]
        fit = self._share(held)
        fit += NEIGHBOUR_SHARE * self._share({*held, *beside})
        fit += CONTEXT_SHARE * self._share({*held, *self._around[unit.place]})
        fit += SECTION_SHARE * self._share({*held, *self._section(unit)})
        fit += NEAR_SHARE * near(self._pairs, held)
        fit += PLAIN_SHARE * sum(word in self._sought for word in told) / max(len(told), 1)
        fit += NUMBER_BONUS if self._number and _tells_number(unit) else 0.0
        return fit - (HEADING_MALUS if unit.kind == "heading" or len(held) < FEWEST_WORDS else 0.0)

    def _share(self, held: Sequence[str] | set[str]) -> float:
        return coverage(self._sought, held, self._weigh)

    def _covered(self, page: Sequence[int]) -> float:
        flat = [word for at in page for word in self._held[at]]
        around = self._around[self._evidence[page[0]].place]
        best = max(self._with_context(self._held[at], around) for at in page)
        stretch = window(set(self._asked), flat, STRETCH)
        stretch += self._with_context(flat, around) - coverage(self._asked, flat, evenly)
        return (stretch + best + near(self._pairs, flat)) / 3

    def _with_context(self, held: Sequence[str], around: set[str]) -> float:
        """The share of the question's words in a text, those of its context counting less."""
        context = coverage(self._asked, around - set(held), evenly)
        return coverage(self._asked, held, evenly) + CONTEXT_SHARE * context

    def _told(self, unit: EvidenceUnit) -> set[str]:
        """Words that say what a page is about: title, headings, its first characters."""
        passage = unit.passage
        told = [passage.source.title, *passage.chunk.headings, passage.page.text[:PAGE_HEAD]]
        return set(content_words(" ".join(told), self._language))

    def _section(self, unit: EvidenceUnit) -> list[str]:
        """Words of the heading that stands last before a unit on its page."""
        page = unit.passage.page
        heading = next((u for u in reversed(page.units[: unit.index]) if u.kind == "heading"), None)
        return words(page.text[heading.start : heading.end], self._language) if heading else []

    def _beside(self, at: int) -> list[int]:
        """The units before and behind one on its page."""
        place = self._evidence[at].place
        near_by = (at - 2, at - 1, at + 1)
        return [i for i in near_by if 0 <= i < len(self._evidence) and self._evidence[i].place == place]


def _tells_number(unit: EvidenceUnit) -> bool:
    return any(not _YEAR.fullmatch(number.text) for number in numbers(unit.text))
