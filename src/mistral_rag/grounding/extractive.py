"""Answers without a model: the units of the retrieved passages that fit the question best, quoted.

A unit's fit is how many of the question's content words it holds, rare ones counting more, with a little for
words of its neighbours, its title and page head; for words that are neighbours in the question and stand near each
other; for a number where one is asked for; and for the rank of its passage. Headings answer nothing.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mistral_rag.grounding.citations import cite
from mistral_rag.grounding.evidence import EvidenceUnit, defused
from mistral_rag.grounding.numbers import numbers
from mistral_rag.grounding.retrieved import Retrieved
from mistral_rag.grounding.stretch import near, window
from mistral_rag.grounding.words import asked_words, content_words, coverage, evenly, rarity, words
from mistral_rag.schema import Answer, Citation, Claim

LEAD = "Passages from the documents that fit the question best (quoted, no model was asked):"
MIN_COVERAGE = 0.35
"""What is needed for an answer (`python -m benchmarks.grounding` shows what that costs)."""
SHORT_QUESTION = 6
"""Of questions with more content words than this a smaller share is needed."""
LENGTH_POWER = 0.7
WEAK = 0.45
"""A quote must fit at least this share of what the best one fits."""
STRETCH = 30
"""Words of a page within which those of an answer are looked for."""
PAGE_HEAD = 160
CONTEXT_SHARE = 0.3
NEIGHBOUR_SHARE = 0.3
NEAR_SHARE = 0.5
SECTION_SHARE = 0.5
NUMBER_BONUS = 0.3
PLAIN_SHARE = 0.3
HEADING_MALUS = 0.5
RANK_MALUS = 0.05
FEWEST_WORDS = 3

_ASKS_NUMBER = re.compile(
    r"\b(how (?:much|many|long|often|high|large|big|old|far)|percent(?:age)?|amount|number of|total|ratio|rate|margin|"
    r"revenues?|costs?|expenses?|income|sales|price|usd|in (?:millions|thousands|dollars)|"
    r"wie (?:viele?|hoch|lange|oft)|combien|cuánt[oa]s?)\b",
    re.IGNORECASE,
)
_HOW = re.compile(r"\bhow (?:many|much|long|often|high|large|big|old|far|quickly|soon)\b", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Extract:
    """The chosen units, best first, and how well they cover the question (0 to 1); `reason` when there are none."""

    units: tuple[EvidenceUnit, ...]
    coverage: float
    reason: str | None = None


def extract(question: str, evidence: Sequence[EvidenceUnit], *, quotes: int = 5) -> Extract:
    """The best units, at most `quotes` and from as many pages as there are, or the reason why there is no answer."""
    if not evidence:
        return Extract((), 0.0, "nothing was found for this question")
    asked = _Asked(question, evidence)
    covered = max(asked.covered(page) for page in _by_page(evidence))
    if covered < asked.needed:
        reason = f"what was found covers too little of the question ({covered:.0%}, {asked.needed:.0%} is needed)"
        return Extract((), covered, reason)
    return Extract(tuple(asked.chosen(quotes)), covered)


class _Asked:
    """A question with the evidence it is asked of."""

    def __init__(self, question: str, evidence: Sequence[EvidenceUnit]) -> None:
        self._evidence = evidence
        self._language = language = evidence[0].passage.source.language or "en"
        self._number = _ASKS_NUMBER.search(question) is not None
        self._all = asked_words(question, language)
        question = _HOW.sub(" ", question)
        self._words = asked_words(question, language)
        self._asked = frozenset(self._words)
        self._pairs = {(a, b) for a, b in pairwise(words(question, language)) if a != b}
        self._held = [words(f"{unit.text} {unit.header}", language) for unit in evidence]
        self._around = {id(page[0].passage.page): _around(page[0], language) for page in _by_page(evidence)}
        self._rarity = rarity(self._held)

    @property
    def needed(self) -> float:
        """The coverage that an answer needs: long questions hold many words that no passage has."""
        length = max(len(self._all) / SHORT_QUESTION, 1.0)
        return MIN_COVERAGE / math.pow(length, LENGTH_POWER)

    def chosen(self, quotes: int) -> list[EvidenceUnit]:
        """The best unit of each page, then the next best of any, best first; none that is weak."""
        fits = [self._fit(at) for at in range(len(self._evidence))]
        order = sorted(range(len(fits)), key=lambda at: (RANK_MALUS * self._evidence[at].rank - fits[at], at))
        pages: dict[int, int] = {}
        for at in order:
            pages.setdefault(id(self._evidence[at].passage.page), at)
        first = list(pages.values())[:quotes]
        picked = (first + [at for at in order if at not in first])[:quotes]
        strong = [at for at in picked if fits[at] >= WEAK * max(fits)]
        return [self._evidence[at] for at in sorted(strong, key=order.index)]

    def covered(self, page: Sequence[EvidenceUnit]) -> float:
        """How well the best stretch and the best unit of a page cover the question."""
        held = [self._held[unit.number - 1] for unit in page]
        flat = [word for unit in held for word in unit]
        around = self._around[id(page[0].passage.page)]
        told = CONTEXT_SHARE * coverage(self._all, around - set(flat), evenly)
        best = max(
            coverage(self._all, unit, evenly) + CONTEXT_SHARE * coverage(self._all, around - set(unit), evenly)
            for unit in held
        )
        return (window(set(self._all), flat, STRETCH) + told + best + near(self._pairs, flat)) / 3

    def _fit(self, at: int) -> float:
        unit, held = self._evidence[at], self._held[at]
        beside = {word for other in self._beside(at) for word in self._held[other]}
        around = self._around[id(unit.passage.page)]
        fit = coverage(self._words, held, self._rarity) + NEAR_SHARE * near(self._pairs, held)
        fit += NEIGHBOUR_SHARE * coverage(self._words, {*held, *beside}, self._rarity)
        fit += CONTEXT_SHARE * coverage(self._words, {*held, *around}, self._rarity)
        fit += SECTION_SHARE * coverage(self._words, {*held, *self._section(unit)}, self._rarity)
        told = [word for word in held if not word[0].isdigit()]
        fit += PLAIN_SHARE * sum(word in self._asked for word in told) / max(len(told), 1)
        if self._number and _tells_number(unit):
            fit += NUMBER_BONUS
        if unit.kind == "heading" or len(held) < FEWEST_WORDS:
            fit -= HEADING_MALUS
        return fit

    def _section(self, unit: EvidenceUnit) -> list[str]:
        """Words of the heading that stands last before a unit on its page."""
        page = unit.passage.page
        heading = next((u for u in reversed(page.units[: unit.index]) if u.kind == "heading"), None)
        return words(page.text[heading.start : heading.end], self._language) if heading else []

    def _beside(self, at: int) -> list[int]:
        """The units before and behind one on its page."""
        page = self._evidence[at].passage.page
        near_by = (at - 2, at - 1, at + 1)
        return [i for i in near_by if 0 <= i < len(self._evidence) and self._evidence[i].passage.page is page]


def _by_page(evidence: Sequence[EvidenceUnit]) -> list[list[EvidenceUnit]]:
    pages: dict[int, list[EvidenceUnit]] = {}
    for unit in evidence:
        pages.setdefault(id(unit.passage.page), []).append(unit)
    return list(pages.values())


def _around(unit: EvidenceUnit, language: str) -> set[str]:
    """Words that say what a page is about: title, headings, its first characters."""
    passage = unit.passage
    told = [passage.source.title, *passage.chunk.headings, passage.page.text[:PAGE_HEAD]]
    return set(content_words(" ".join(told), language))


def _tells_number(unit: EvidenceUnit) -> bool:
    return any(not _YEAR.fullmatch(number.text) for number in numbers(unit.text))


def compose(units: Sequence[EvidenceUnit]) -> tuple[str, tuple[Citation, ...], tuple[Claim, ...]]:
    """The answer's text, one quote a line behind a line that says so, with its citations and claims."""
    text = LEAD
    citations: list[Citation] = []
    claims = [Claim(start=0, end=len(LEAD), kind="connective")]
    for marker, unit in enumerate(units, start=1):
        quote = _shown(unit)
        start = len(text) + len("\n- ")
        end = start + len(quote)
        text = f"{text}\n- {quote} [{marker}]"
        citations.append(cite(unit.passage, [unit.index], marker=str(marker), start=start, end=end))
        claims.append(Claim(start=start, end=end, support="supported", citations=(str(marker),), reasons=("quoted",)))
    return text, tuple(citations), tuple(claims)


def _shown(unit: EvidenceUnit) -> str:
    quote = f"“{defused(unit.text)}”"
    return f"{quote} (columns: {defused(unit.header)})" if unit.header else quote


def extractive_answer(retrieved: Retrieved, *, quotes: int = 5) -> Answer:
    """The answer that quotes the best units of what was retrieved, or says why there is none."""
    found = extract(retrieved.question, retrieved.evidence, quotes=quotes)
    if found.reason is not None:
        return retrieved.answer(text="", status="abstained", reason=found.reason)
    text, citations, claims = compose(found.units)
    return retrieved.answer(text=text, status="answered", citations=citations, claims=claims)
