"""Which documents a question is about: a bonus for the company, year and period it names, never a filter."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from mistral_rag.retrieval._domains.filings.document_profile import Facts
from mistral_rag.retrieval._domains.filings.names import squeezed, words_of
from mistral_rag.retrieval._domains.filings.periods import Period, kinds_in, period_of

ENTITY_BONUS: Final = 1.0
PERIOD_BONUS: Final = 0.5
OLDER_MALUS: Final = 0.2
"""What an older edition of a document loses where the question names no time."""
FIRST_YEAR: Final = 1900
LONGEST_NAME: Final = 6
"""Words of a question that are looked up as one name."""
SHORTEST_MISSPELT: Final = 6
"""Letters of a name that is known with one letter wrong, missing, doubled or changed about."""

_LOOSER: Final = {"shout": 0, "upper": 1, "title": 2, "capital": 3, "any": 4}
_IN_ANY_CASE: Final = frozenset({"upper", "capital", "any"})
_GAP: Final = re.compile(r"[\s?!;:,/]+")
_TELLS_NO_CASE: Final = re.compile(r"\b(?:\w*\d\w*|[A-Z]{2,})\b|(?:^|[.?!])\s*\w")


class Router:
    """The names of a collection's documents, and what a question that names some of them is worth to each."""

    def __init__(self, facts: Mapping[str, Facts]) -> None:
        """Take the facts of each document, by uri."""
        self._facts = dict(facts)
        self._older = _older(self._facts)
        self._last: tuple[str, set[str]] = ("", set())
        self._names: dict[str, str] = {}
        self._spelt: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._owners: dict[str, set[str]] = defaultdict(set)
        for group in _companies(self._facts):
            for uri in group:
                for alias, shape in self._facts[uri].names.items():
                    self._names[alias] = max(shape, self._names.get(alias, shape), key=_LOOSER.__getitem__)
                    self._owners[alias] |= group
        for alias, shape in self._names.items():
            if shape == "any" and len(alias) >= SHORTEST_MISSPELT:
                self._spelt[alias[0], len(alias)].append(alias)

    def bonuses(self, question: str) -> dict[str, float]:
        """The bonus of every document that has one, by uri: 1 for its company, up to .5 for year and period.

        Where a company is named but no year, its newest documents come first. Where only a year is named, documents
        of that year get half of the bonus for it. Older editions of a document have a malus where no time is named.
        """
        if not self._facts:
            return {}
        asked, kinds = period_of(question), kinds_in(question)
        bonuses = self._bonuses_for(question, asked, kinds)
        if asked == Period():
            bonuses |= {uri: bonuses.get(uri, 0.0) - OLDER_MALUS for uri in self._older}
        return bonuses

    def _bonuses_for(self, question: str, asked: Period, kinds: frozenset[str]) -> dict[str, float]:
        entitled = self.named(question)
        if not entitled:
            return {uri: bonus / 2 for uri, bonus in self._period_bonuses(self._facts, asked, kinds).items() if bonus}
        periods = self._period_bonuses(entitled, asked, kinds) or self._newest(entitled, kinds)
        return {uri: ENTITY_BONUS + periods.get(uri, 0.0) for uri in entitled}

    def named(self, question: str) -> set[str]:
        """Documents (uris) of the companies that the question names. The longest name wins over those inside it.

        Where it names none, a capital word that is one letter off one company's name names that company.
        """
        last = self._last
        if last[0] != question:
            words = _words(question)
            spans = self._spans(words, any_case=_is_of_one_case(question))
            found = {uri for alias, _ in spans for uri in self._owners[alias]}
            last = self._last = (question, found or self._misspelt(words))
        return set(last[1])

    def unnamed(self, question: str) -> str:
        """The words of the question without the companies it names; empty where it names none."""
        words = _words(question)
        named = {at for _, span in self._spans(words, any_case=_is_of_one_case(question)) for at in span}
        return " ".join(word.written for at, word in enumerate(words) if at not in named) if named else ""

    def _spans(self, words: "list[_Word]", *, any_case: bool) -> Iterator[tuple[str, range]]:
        """Each name among these words and where it stands."""
        at = 0
        while at < len(words):
            for count in range(min(LONGEST_NAME, len(words) - at), 0, -1):
                if alias := self._alias(words[at : at + count], any_case):
                    yield alias, range(at, at + count)
                    break
            else:
                count = 1
            at += count

    def _alias(self, span: "list[_Word]", any_case: bool) -> str:
        for alias in ("".join([word.squeezed for word in span]), "".join([word.bare for word in span])):
            shape = self._names.get(alias)
            if shape and (
                (any_case and shape in _IN_ANY_CASE) or _is_written(shape, [p for w in span for p in w.parts])
            ):
                return alias
        return ""

    def _misspelt(self, words: "Iterable[_Word]") -> set[str]:
        meant = {alias for word in words if word.written[0].isupper() for alias in self._nearly(word.bare)}
        owners = {frozenset(self._owners[alias]) for alias in meant}
        return set(owners.pop()) if len(owners) == 1 else set()

    def _nearly(self, word: str) -> Iterator[str]:
        if len(word) >= SHORTEST_MISSPELT - 1:
            for length in (len(word) - 1, len(word), len(word) + 1):
                yield from (alias for alias in self._spelt.get((word[0], length), ()) if _is_one_off(word, alias))

    def _period_bonuses(self, uris: Iterable[str], asked: Period, kinds: frozenset[str]) -> dict[str, float]:
        if not (asked.years or asked.quarters or kinds):
            return {}
        if not asked.years:
            return self._newest(uris, kinds, asked.quarters)
        return {uri: PERIOD_BONUS * _period_match(self._facts[uri], asked, kinds) for uri in uris}

    def _newest(
        self, uris: Iterable[str], kinds: frozenset[str], quarters: frozenset[int] = frozenset()
    ) -> dict[str, float]:
        known = [uri for uri in uris if self._facts[uri].years]
        ages = sorted({_day(self._facts[uri]) for uri in known}, reverse=True)
        return {
            uri: PERIOD_BONUS
            * (0.65 * 0.8 ** ages.index(_day(self._facts[uri])) + 0.35 * _kind_match(self._facts[uri], quarters, kinds))
            for uri in known
        }


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a question: as written, its letters and digits, and these without a possessive ending."""

    written: str
    squeezed: str
    bare: str
    parts: tuple[str, ...]

    @classmethod
    def of(cls, written: str) -> "_Word":
        parts = tuple(words_of(written))
        return cls(written, squeezed([written]), squeezed(parts), parts)


def _companies(facts: Mapping[str, Facts]) -> list[set[str]]:
    """Documents that share a name of their own, directly or through others, belong together."""
    group_of: dict[str, set[str]] = {}
    by_name: dict[str, str] = {}
    for uri, known in facts.items():
        group_of[uri] = {uri}
        for alias in known.own:
            other = group_of[by_name.setdefault(alias, uri)]
            if other is not group_of[uri]:
                other |= group_of[uri]
                for member in group_of[uri]:
                    group_of[member] = other
    return list({id(group): group for group in group_of.values()}.values())


def _older(facts: Mapping[str, Facts]) -> set[str]:
    """Documents of which there is a newer edition."""
    newest: dict[tuple[str, bool], tuple[int, ...]] = {}
    for known in facts.values():
        newest[_work(known)] = max(known.edition, newest.get(_work(known), ()))
    return {uri for uri, known in facts.items() if known.work and known.edition < newest[_work(known)]}


def _work(facts: Facts) -> tuple[str, bool]:
    """Editions are compared among those of one work that are numbered alike: by years, or by versions."""
    return facts.work, bool(facts.edition) and facts.edition[0] >= FIRST_YEAR


def _words(question: str) -> list[_Word]:
    return [_Word.of(word) for word in _GAP.split(question) if word]


def _is_of_one_case(question: str) -> bool:
    """Whether its capitals tell nothing: those of sentences and of codes ("EBITDA", "FY2021") never do."""
    told = _TELLS_NO_CASE.sub("", question)
    return told == told.lower() or question == question.upper()


def _is_one_off(word: str, name: str) -> bool:
    """Whether one letter was left out, added, changed, or changed about with its neighbour."""
    start = next((at for at, (one, other) in enumerate(zip(word, name, strict=False)) if one != other), -1)
    if start < 0:
        return len(word) != len(name)
    rest, other = word[start:], name[start:]
    turned = rest[:2] == other[1::-1] and rest[2:] == other[2:]
    return turned or rest[1:] == other[1:] or rest[1:] == other or rest == other[1:]


def _is_written(shape: str, words: list[str]) -> bool:
    text = "".join(words)
    if shape in {"upper", "shout"}:
        return text.isupper()
    return (shape == "any" and len(words) > 1) or any(char.isupper() or char.isdigit() for char in text)


def _day(facts: Facts) -> date:
    year = max(facts.years, key=lambda year: (facts.years[year], year), default=1)
    month = {1: 3, 2: 6, 3: 9}.get(facts.quarter or 4, 12)
    return date(year, month, 28)


def _period_match(facts: Facts, asked: Period, kinds: frozenset[str]) -> float:
    """How well a document's year and kind fit, 0 to 1.

    Annual reports show earlier years beside their own, so of several years asked for the last one counts most, and a
    report of the year after is better than nothing.
    """
    ended = facts.ended
    if ended and (ended in asked.dates or (ended.year, ended.month) in asked.months):
        return 1.0
    last = max(asked.years)
    year = max(
        facts.years.get(last, 0.0),
        0.4 * max((facts.years.get(other, 0.0) for other in asked.years), default=0.0),
        0.4 * facts.years.get(last + 1, 0.0),
    )
    return 0.65 * year + (0.35 * _kind_match(facts, asked.quarters, kinds) if year else 0.0)


def _kind_match(facts: Facts, quarters: frozenset[int], kinds: frozenset[str]) -> float:
    """How well kind and quarter fit, 0 to 1; where a question names both ("the Q2 10-Q"), each counts half."""
    if not (kinds or quarters):
        return {"annual": 1.0, "quarterly": 0.4, "current": 0.4, "proxy": 0.4, "release": 0.7}.get(facts.kind, 1.0)
    of_kind = [1.0 if facts.kind in kinds else 0.0] if kinds else []
    of_quarter = [_quarter_match(facts, quarters)] if quarters else []
    return sum(of_kind + of_quarter) / len(of_kind + of_quarter)


def _quarter_match(facts: Facts, quarters: frozenset[int]) -> float:
    if facts.quarter in quarters:
        return 1.0
    return 0.5 if facts.kind == "annual" and 4 in quarters else 0.0
