"""Fit of evidence to a question, by words and by the kind of value that is asked for.

The fit of a unit is a sum of features; their weights were fitted by the likelihood of the units that hold the printed
answer (a softmax over the units of a question; `python -m benchmarks.values` asks the questions).
"""

import math
import re
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from mistral_rag.grounding._asked.languages import language_of
from mistral_rag.grounding._asked.nouns import nouns_in
from mistral_rag.grounding._asked.times import weekdays_in
from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.grounding._support.columns import AskedColumns
from mistral_rag.grounding._support.forms import OtherForms
from mistral_rag.grounding._support.labels import Runs
from mistral_rag.grounding._support.page_names import names_of_pages
from mistral_rag.grounding._support.question_words import asks_number, content_of, plain_words, without_how
from mistral_rag.grounding._support.spans import are_of_other_spans
from mistral_rag.grounding._support.synonyms import Synonyms
from mistral_rag.grounding._support.wanted import MAYBE, WantedValue
from mistral_rag.retrieval._questions import without_instructions
from mistral_rag.text import MONTHS, content_words, coverage, evenly, near, numbers, rarity, window, words

SHORT_QUESTION_WORDS = 6
LENGTH_POWER = 0.7
"""Coverage of longer questions is raised by their length to this power: no passage has all of their words."""
WINDOW = 30
"""Words of a page within which those of an answer are counted: about two sentences."""
PAGE_HEAD = 160
"""Characters at the start of a page that count as context: its running header and title."""
CONTEXT_SHARE = 0.3
"""Weight of words that stand only in the context of a page, in its coverage of the question."""
MIN_LABEL = 3
"""Words that a run counts at least: one word of the question is no precise answer."""
STRANGE = 0.1
"""Of a word, what each word beyond the question's costs a short label: "TOTAL ASSETS" before "Total current assets"."""
MAX_ROW_LABEL = 8
"""Words of a row that are its label, and not its text cells."""
WEIGHTS = {
    "own": 1.6,
    "meant": 1.9,
    "neighbours": 2.7,
    "context": 2.8,
    "page": 3.6,
    "named": 2.7,
    "precision": 3.9,
    "value": 2.6,
    "missing": -1.8,
    "rank": -1.3,
    "row": 1.3,
    "heads": -0.7,
    "announces": -0.7,
    "head": 1.0,
}
"""Fitted to 460 questions of OHR-Bench, XQuAD (en, de), FinanceBench and the tuning half of `benchmarks.questions`, and
72 more about everyday documents, cross-validated by document; what did not pay there went (ADR 115)."""

OTHER_SPAN = 2.0
"""Subtracted where a row's columns are of other spans of time than the question: nearly as much as a value brings."""

BARE_HEADING = 2.0
"""Subtracted from a heading without the value that is asked for, or anything below: it names it and does not answer."""

OTHER_YEAR = 2.0
"""Subtracted where a row's columns or a sentence are of other years or dates than the question, and others are not."""

_CELL_GAP = "  "
"""Between the cells of a row in the text of a page."""
FIGURES: Final = frozenset({"amount", "money", "percentage"})
"""Kinds of values that stand in columns by time."""

_NAME = re.compile(r"(?<!^)(?<![.?!:¿] )\b[A-ZÀ-Þ][\w'’-]+")


@dataclass(frozen=True, slots=True)
class _Run:
    """The run of units that is quoted for a unit: its text, words, and the question's words that these mean."""

    first: int
    last: int
    text: str
    terms: list[str]
    meant: set[str]


class Fit:
    """Fit of each unit of `evidence` to `question`; words are stemmed in the language of the first unit's source."""

    def __init__(self, question: str, evidence: Sequence[EvidenceUnit]) -> None:
        self._evidence = evidence
        self._language = evidence[0].passage.source.language or "en"
        self._question_words = content_of(question, self._language)
        plain = without_how(question)
        self._plain_words = plain_words(question, self._language)
        self._pairs = {(a, b) for a, b in pairwise(words(plain, self._language)) if a != b}
        self._question, self.wanted = question, WantedValue(question)
        self._asked = set(words(question, self._language))
        self._asks_number = asks_number(question)
        texts = [f"{unit.text} {unit.header}" for unit in evidence]
        held = [words(text, self._language) for text in texts]
        self._forms = OtherForms(question, self._asked, held, self._language)
        self._unit_words = [self._forms.added(terms, text) for terms, text in zip(held, texts, strict=True)]
        self._pages = [list(page) for _, page in groupby(range(len(evidence)), key=lambda at: evidence[at].page_key)]
        self._context = {evidence[page[0]].page_key: self._page_words(evidence[page[0]]) for page in self._pages}
        self._titles = names_of_pages(evidence, self._unit_words, self._language)
        self._weigh = rarity(self._unit_words)
        self._synonyms = Synonyms(question, self._plain_words, self._language)
        own = [word for word in self._plain_words if word not in self._synonyms.replaced]
        self._plain_words = [*own, *self._synonyms.phrased]
        self._total = sum(map(self._weigh, self._plain_words)) or 1.0
        self._names = self._names_in(plain)
        self._head = self._asked_for(question)
        self._runs_of = {unit.page_key: Runs(unit.passage.page) for unit in evidence}
        self.columns = AskedColumns(question)
        self._time_words = self.columns.time_words(self._language).intersection(self._plain_words)
        self._met = self._words_met()
        self._runs = [self._run_of(at) for at in range(len(evidence))]
        self._unit_meant = [self._with_meanings(set(terms)) for terms in self._unit_words]
        self._context_meant = {key: self._with_meanings(terms) for key, terms in self._context.items()}
        self._page_terms = {evidence[page[0]].page_key: self._words_of(page) for page in self._pages}
        self._items = self._names_of_items()
        of_time = [self.columns.of_unit(unit) for unit in evidence]
        # fiscal years have other names than the dates that end them: only units of the year that is asked for tell
        # which are of others
        self._of_other_years = {at for at, of in enumerate(of_time) if of is False} if True in of_time else set()

    @property
    def coverage(self) -> float:
        """Coverage of the question by the best page, 0 to 1: the mean of its best window, best unit, and nearness."""
        covered = max(self._page_coverage(page) for page in self._pages)
        return min(covered * math.pow(max(len(self._question_words) / SHORT_QUESTION_WORDS, 1.0), LENGTH_POWER), 1.0)

    def page(self, at: int) -> float:
        """Share of the question's words, or others of their meaning, in what was found of a unit's page."""
        return self._share(self._with_meanings(self._page_terms[self._evidence[at].page_key]))

    def lacks(self, word: str, at: int, *, beside: bool = False) -> bool:
        """True when a word, and any other of its meaning, stands nowhere in what was found of a unit's page.

        With `beside` it has to stand in the run of the unit, the names of its columns or the heading above.
        """
        unit, terms = self._evidence[at], words(word, self._language)
        held = {*self._runs[at].terms, *self._section(unit)} if beside else self._page_terms[unit.page_key]
        is_held = not self._with_meanings(held).isdisjoint(terms) or self._synonyms.share_meaning(terms, held)
        return bool(terms) and not is_held

    def of(self, at: int) -> float:
        """Fit of the unit at this index of the evidence; higher is better, comparable within one question only."""
        fit = sum(WEIGHTS[name] * value for name, value in self._features(at).items())
        fit -= OTHER_YEAR * (at in self._of_other_years) + BARE_HEADING * self._is_bare_heading(at)
        return fit - OTHER_SPAN * are_of_other_spans(self._evidence[at].header, self._question)

    def _is_bare_heading(self, at: int) -> bool:
        run = self._runs[at]
        page_units = self._evidence[at].passage.page.units
        return (
            self.wanted.kind is not None
            and all(unit.kind == "heading" for unit in page_units[run.first : run.last + 1])
            and not self.wanted.is_in(run.text)
        )

    def is_of_time(self, at: int) -> bool:
        """True for a row with a column of the time that the question names, whose words it need not repeat."""
        return bool(self._met[at])

    def _words_met(self) -> list[frozenset[str]]:
        """The words of the question's time that each row need not repeat; sentences answer what asks for no figure."""
        asked = self.columns.time_words(self._language) if self.wanted.kind in FIGURES else frozenset()
        return [asked if asked and self.columns.may_be_of_row(unit) else frozenset() for unit in self._evidence]

    def run(self, at: int) -> tuple[int, int]:
        """First and last unit of the run that is quoted for this unit: it holds a label and its value."""
        return self._runs[at].first, self._runs[at].last

    def _run_of(self, at: int) -> "_Run":
        unit = self._evidence[at]
        page = unit.passage.page
        runs = self._runs_of[unit.page_key]
        first, last = runs.around(unit.index, self.wanted, self.share, says_nothing_new=self.says_nothing_new(at))
        text = page.text[page.units[first].start : page.units[last].end]
        terms = self._forms.added(words(f"{text} {unit.header}", self._language), text)
        return _Run(first, last, text.rstrip(), terms, self._synonyms.of(terms))

    def _words_of(self, page: Sequence[int]) -> set[str]:
        held = {word for at in page for word in self._unit_meant[at]}
        held.update(*(self._met[at] for at in page))
        return held | self._context[self._evidence[page[0]].page_key]

    def _names_in(self, question: str) -> set[str]:
        """Words of the question that are names, by their capitals, and no months or weekdays.

        None in German, where every noun has a capital.
        """
        if self._language == "de":
            return set()
        found = [name for name in _NAME.findall(question) if name.lower() not in MONTHS and not any(weekdays_in(name))]
        named = {word for name in found for word in words(name, self._language)}
        return named.intersection(self._plain_words)

    def _asked_for(self, question: str) -> set[str]:
        """The terms of what a figure or code is asked of: the head noun of the question's first phrase, if no name.

        "Who wrote the report?" asks for no report.
        """
        if self.wanted.kind in {None, "name", "date", "time"}:
            return set()
        phrases = nouns_in(without_instructions(question), language_of(question) or "en")
        nouns = (
            [noun for noun in phrases[0] if not self._names.intersection(words(noun, self._language))]
            if phrases
            else []
        )
        return set(words(nouns[-1], self._language)).intersection(self._plain_words) if nouns else set()

    def _with_meanings(self, held: set[str]) -> set[str]:
        """Words, and those of the question that they mean."""
        return held | self._synonyms.of(held)

    def share(self, text: str) -> float:
        """Share of the question's content words in a text, weighted by rarity."""
        return self._share(words(text, self._language))

    def says_nothing_new(self, at: int) -> bool:
        """True when a unit has no word beyond those of the question."""
        return self._asked.issuperset(self._unit_words[at])

    def _features(self, at: int) -> dict[str, float]:
        """Features of the run that is quoted for a unit, 0 to 1 but for the logarithm of its rank.

        Shares are of the question's content words, weighted by rarity. Names that stand anywhere on the page are
        satisfied by the page: a receipt names its shop once, and each of its lines is about it. They count in
        ``page`` and ``named`` only. Words of a time that the columns of a row are of count as far as the row holds the
        other words.

        - ``own``: share in the run and the names of its columns; ``meant``: the same with words of the same meaning;
        - ``neighbours``, ``context``, ``page``: the same with the words of the units around it, of its page's title
          and head, of all that was found on its page;
        - ``named``: share that is names of the page, in the run itself;
        - ``precision``: share of its words that are the question's, or mean the same; figures do not count against it;
        - ``value``: how surely it holds a value of the wanted kind; without a known kind, that it holds a number where
          one is asked for; ``missing``: it holds no value of the kind;
        - ``row``: it is a row, ``heads``: one with the names of columns;
        - ``announces``: it ends with a colon or a question mark, so what it announces stands below.
        """
        unit, run = self._evidence[at], self._runs[at]
        key = unit.page_key
        value = self._value(run.text)
        subject = self._subject(key) - self._times_of(at, value)
        asked = [word for word in self._plain_words if word not in subject]
        met = self._met[at]
        held = run.meant.union(run.terms)
        around = {word for other in self._neighbours(at) for word in self._unit_meant[other]}
        return {
            "own": self._weight(asked, set(run.terms), met),
            "meant": self._weight(asked, held, met),
            "neighbours": self._weight(asked, held | around, met),
            "context": self._weight(asked, held | self._context_meant[key], met),
            "page": self._weight(self._plain_words, held | self._page_terms[key]),
            "named": self._weight(subject & self._page_terms[key], held),
            "precision": self._precision(unit, run, subject),
            "value": value,
            "missing": self._missing(value),
            "rank": math.log1p(unit.rank),
            "row": float(unit.kind == "row"),
            "heads": float(self._runs_of[key].holds_names(unit.index)),
            "announces": float(run.text.endswith((":", "?"))),
            "head": float(bool(self._head) and not held.isdisjoint(self._head)),
        }

    def _subject(self, key: tuple[str, int]) -> set[str]:
        """Names of the question that are a page's subject: all that stand on it, but for those of an item.

        So are the words of the time that it is about, in its title or its head: "Pay slip, March 2025".

        An item is named in the first cell of a row with a value of the wanted kind: "Glacier  $2.22". The title's names
        are of no item.
        """
        on_page = self._names & (self._page_terms[key] | self._titles[key])
        return on_page - (self._items.get(key, set()) - self._titles[key]) | (self._time_words & self._context[key])

    def _names_of_items(self) -> dict[tuple[str, int], set[str]]:
        found: dict[tuple[str, int], set[str]] = {}
        for unit in self._evidence:
            if unit.kind == "row" and self._names and self._value(unit.text) > MAYBE:
                first = unit.text.split(_CELL_GAP, 1)[0]
                found.setdefault(unit.page_key, set()).update(self._names.intersection(words(first, self._language)))
        return found

    def _times_of(self, at: int, value: float) -> Set[str]:
        """Words of the question's time that a run with a sure value says itself, or the columns of its row."""
        is_sure = value > MAYBE or self.wanted.kind is None
        return self._time_words & (set(self._runs[at].terms) | self._met[at]) if is_sure else frozenset()

    def _weight(self, asked: Iterable[str], held: Set[str], met: Set[str] = frozenset()) -> float:
        """Share of the question that is held; words that are `met` count as far as the others are held."""
        asked = list(asked)
        rest = [word for word in asked if word not in met]
        of_rest = self._sum(rest) or 1.0
        share = self._sum(word for word in rest if word in held) / of_rest
        told = sum(self._weigh(word) * (1.0 if word in held else share) for word in asked if word in met)
        return (share * of_rest + told) / self._total

    def _sum(self, terms: Iterable[str]) -> float:
        return sum(map(self._weigh, terms))

    def _value(self, text: str) -> float:
        if self.wanted.kind is None:
            return MAYBE * (self._asks_number and bool(numbers(text)))
        return self.wanted.strength(text)

    def _missing(self, value: float) -> float:
        """1 where a run has no value of the wanted kind; less for names, which roles ("the pharmacists") stand for."""
        return (MAYBE if self.wanted.kind == "name" else 1.0) * (self.wanted.kind is not None and value == 0)

    def _precision(self, unit: EvidenceUnit, run: "_Run", subject: Set[str]) -> float:
        """Share of a run's words that are the question's; of a row the share with its best column's name."""
        own = self._said(run.text)
        columns = [self._said(cell.column) for cell in unit.cells if cell.column] or [()]
        return max(self._precise({*own[:MAX_ROW_LABEL], *column} if column else own, subject) for column in columns)

    def _precise(self, terms: Collection[str], subject: Set[str]) -> float:
        others = [term for term in terms if term not in subject]
        known = sum(term in self._asked or bool(self._synonyms.of([term]) - subject) for term in others)
        return known / (max(len(others), MIN_LABEL) + STRANGE * (len(others) - known))

    def _said(self, text: str) -> Sequence[str]:
        """Words of a text, without its figures."""
        return [word for word in words(text, self._language) if not word[0].isdigit()]

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
