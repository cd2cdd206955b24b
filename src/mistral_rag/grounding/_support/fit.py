"""Fit of evidence to a question, by words and by the kind of value that is asked for.

The fit of a unit is a sum of features; their weights were fitted by the likelihood of the units that hold the printed
answer (a softmax over the units of a question; `python -m benchmarks.values` asks the questions).
"""

import math
import re
from collections.abc import Sequence
from itertools import groupby, pairwise

from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.grounding._support.columns import AskedColumns
from mistral_rag.grounding._support.forms import OtherForms
from mistral_rag.grounding._support.spans import are_of_other_spans
from mistral_rag.grounding._support.wanted import WantedValue
from mistral_rag.text import asked_words, content_words, coverage, evenly, near, numbers, rarity, window, words

SHORT_QUESTION_WORDS = 6
LENGTH_POWER = 0.7
"""Coverage of longer questions is raised by their length to this power: no passage has all of their words."""
WINDOW = 30
"""Words of a page within which those of an answer are counted: about two sentences."""
PAGE_HEAD = 160
"""Characters at the start of a page that count as context: its running header and title."""
CONTEXT_SHARE = 0.3
"""Weight of words that stand only in the context of a page, in its coverage of the question."""
SHORT = 5
"""Content words below which a unit is a label, but for rows: a word or two of the question are no precise answer."""
LONG = 30
"""Content words from which on a unit is long: more than a sentence of contracts."""
WEIGHTS = {
    "own": 2.0,
    "neighbours": 1.8,
    "context": 2.1,
    "section": 1.8,
    "near": 0.2,
    "precision": 2.5,
    "value": 2.5,
    "number": 1.5,
    "echo": -3.0,
    "question": -0.7,
    "rank": -1.3,
    "introduction": -1.6,
    "row": 0.4,
    "length": 0.7,
}
"""Fitted to 1,900 questions of OHR-Bench, XQuAD (en, de, es) and FinanceBench, "own" at least 2 and "row" at most .4:
beyond, neighbours of the answer bring the same likelihood. On the halves that were not fitted to, the first unit holds
the answer for .58 and .69 (OHR-Bench; .54 and .66 by shares of words alone), one of the first three for .74 and .81."""

OTHER_SPAN = 2.0
"""Subtracted where a row's columns are of other spans of time than the question: nearly as much as a value brings."""

OTHER_YEAR = 2.0
"""Subtracted where a row's columns are of other years or dates than the question, and those of another row are not."""

_HOW = re.compile(
    r"\b(?:how (?:many|much|long|often|high|large|big|old|far|quickly|soon)|hoeveel|combien|cuánt[oa]s?|quant[oiae]"
    r"|wie ?viele?|ile|kolik)\b",
    re.IGNORECASE,
)
_ASKS_NUMBER = re.compile(
    rf"{_HOW.pattern}|\b(?:percent(?:age)?|amount|number of|total|ratio|rate|margin|revenues?|costs?|expenses?|income|"
    r"sales|price|usd|in (?:millions|thousands|dollars)|wie (?:viele?|hoch|lange|oft)|combien|cuánt[oa]s?)\b",
    re.IGNORECASE,
)


class Fit:
    """Fit of each unit of `evidence` to `question`; words are stemmed in the language of the first unit's source."""

    def __init__(self, question: str, evidence: Sequence[EvidenceUnit]) -> None:
        self._evidence = evidence
        self._language = evidence[0].passage.source.language or "en"
        self._question_words = asked_words(question, self._language)
        plain = _HOW.sub(" ", question)
        self._plain_words = asked_words(plain, self._language)
        self._pairs = {(a, b) for a, b in pairwise(words(plain, self._language)) if a != b}
        self._question, self.wanted = question, WantedValue(question)
        self._asked = set(words(question, self._language))
        self._asks_number = _ASKS_NUMBER.search(question) is not None
        texts = [f"{unit.text} {unit.header}" for unit in evidence]
        held = [words(text, self._language) for text in texts]
        self._forms = OtherForms(question, self._asked, held, self._language)
        self._unit_words = [self._forms.added(terms, text) for terms, text in zip(held, texts, strict=True)]
        self._pages = [list(page) for _, page in groupby(range(len(evidence)), key=lambda at: evidence[at].page_key)]
        self._context = {evidence[page[0]].page_key: self._page_words(evidence[page[0]]) for page in self._pages}
        self._weigh = rarity(self._unit_words)
        self.columns = AskedColumns(question)
        of_time = [self.columns.of_row(unit) for unit in evidence]
        # fiscal years have other names than the dates that end them: only rows of the year that is asked for tell
        # which are of others
        self._of_other_years = {at for at, of in enumerate(of_time) if of is False} if True in of_time else set()

    @property
    def coverage(self) -> float:
        """Coverage of the question by the best page, 0 to 1: the mean of its best window, best unit, and nearness."""
        covered = max(self._page_coverage(page) for page in self._pages)
        return min(covered * math.pow(max(len(self._question_words) / SHORT_QUESTION_WORDS, 1.0), LENGTH_POWER), 1.0)

    @property
    def known(self) -> float:
        """Share of the question's words, weighted by rarity, that stand anywhere in the evidence or its context."""
        held = set().union(*self._unit_words, *self._context.values())
        return self._share(held)

    def best(self, at: int) -> float:
        """Share of the question's words in a unit, the units beside it, its section and its page's head."""
        unit = self._evidence[at]
        around = {word for other in self._neighbours(at) for word in self._unit_words[other]}
        return self._share({*self._unit_words[at], *around, *self._context[unit.page_key], *self._section(unit)})

    def of(self, at: int) -> float:
        """Fit of the unit at this index of the evidence; higher is better, comparable within one question only."""
        fit = sum(WEIGHTS[name] * value for name, value in self._features(at).items())
        fit -= OTHER_YEAR * (at in self._of_other_years)
        return fit - OTHER_SPAN * are_of_other_spans(self._evidence[at].header, self._question)

    def share(self, text: str) -> float:
        """Share of the question's content words in a text, weighted by rarity."""
        return self._share(words(text, self._language))

    def says_nothing_new(self, at: int) -> bool:
        """True when a unit has no word beyond those of the question."""
        return self._asked.issuperset(self._unit_words[at])

    def _features(self, at: int) -> dict[str, float]:
        """Features of a unit, 0 to 1 but for the logarithms of its rank and length.

        - ``own``: share of the question's content words in the unit, weighted by rarity;
        - ``neighbours``, ``context``, ``section``: the same with the words of the units around it, of its page's title
          and head, of the heading above it;
        - ``near``: share of the question's pairs of words that stand near each other in it;
        - ``precision``: share of its words that are the question's; figures do not count against it;
        - ``value``: it holds a value of the wanted kind; ``number``: a number, where no kind is known;
        - ``echo``: it says nothing beyond the question; ``question``: it is one itself;
        - ``introduction``: it ends with a colon, so what it announces stands below.
        """
        unit, held = self._evidence[at], self._unit_words[at]
        text = unit.text.rstrip()
        around = {word for other in self._neighbours(at) for word in self._unit_words[other]}
        terms = [word for word in held if not word[0].isdigit()]
        return {
            "own": self._share(held),
            "neighbours": self._share({*held, *around}),
            "context": self._share({*held, *self._context[unit.page_key]}),
            "section": self._share({*held, *self._section(unit)}),
            "near": near(self._pairs, held),
            "precision": sum(word in self._plain_words for word in terms)
            / max(len(terms), 1 if unit.kind == "row" else SHORT),
            "value": float(self.wanted.is_in(unit.text)),
            "number": float(self.wanted.kind is None and self._asks_number and bool(numbers(unit.text))),
            "echo": float(self.says_nothing_new(at)),
            "question": float(text.endswith("?")),
            "rank": math.log1p(unit.rank),
            "introduction": float(text.endswith(":")),
            "row": float(unit.kind == "row"),
            "length": max(math.log((1 + len(held)) / (1 + LONG)), 0.0),
        }

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
        text = " ".join(texts)
        return set(self._forms.added(content_words(text, self._language), text))

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
