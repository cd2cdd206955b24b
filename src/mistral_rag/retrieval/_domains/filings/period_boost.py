"""Boosts of filings for the period and kind that a question names."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from mistral_rag.retrieval._domains.filings.profile import FilingProfile
from mistral_rag.retrieval._domains.periods import Period

PERIOD_BOOST: Final = 0.5
"""Half of what a company gains that is named: the period orders its documents, and never lifts another's above them."""
YEAR_SHARE: Final = 0.65
"""The share of it that the year decides; the rest is for kind and quarter."""
OTHER_YEAR: Final = 0.4
"""The share that a report gains whose year is another one of those asked for, or the year after: reports show earlier
years beside their own."""
AGEING: Final = 0.8
"""Worth of each report against the next newer one, where no year is named."""
KIND_WITHOUT_QUESTION: Final = {"annual": 1.0, "quarterly": 0.4, "current": 0.4, "proxy": 0.4, "release": 0.7}
"""Fit of a kind of report to a question that names none: annual reports hold most figures."""

Key = tuple[date | None, str, int | None]
"""All that the order by age goes by: the day of a filing (None: no year), its kind and its quarter."""


class PeriodIndex:
    """Filings by year and by age; they come and go."""

    def __init__(self) -> None:
        self._profiles: dict[int, FilingProfile] = {}
        self._by_year: defaultdict[int, set[int]] = defaultdict(set)
        self._by_key: defaultdict[Key, set[int]] = defaultdict(set)

    def add(self, document: int, profile: FilingProfile) -> None:
        """Add a document that is not here."""
        self._profiles[document] = profile
        self._by_key[_key(profile)].add(document)
        for year in profile.years:
            self._by_year[year].add(document)

    def remove(self, document: int) -> None:
        """Remove a document that is here."""
        profile = self._profiles.pop(document)
        key = _key(profile)
        self._by_key[key].discard(document)
        if not self._by_key[key]:
            del self._by_key[key]
        for year in profile.years:
            self._by_year[year].discard(document)

    def of_all(self, asked: Period, kinds: frozenset[str]) -> dict[int, float]:
        """Boosts of all filings for a question that names no company; none where it names no time and no kind."""
        if not (asked.years or asked.quarters or kinds):
            return {}
        if asked.years:
            near = {*asked.years, max(asked.years) + 1}
            return self._matches(set().union(*(self._by_year.get(year, ()) for year in near)), asked, kinds)
        days = {day for day, _, _ in self._by_key if day}
        boosts = _by_age(days, self._by_key, kinds, asked.quarters)
        return {document: boost for key, boost in boosts.items() for document in self._by_key[key]}

    def of(self, documents: Iterable[int], asked: Period, kinds: frozenset[str]) -> dict[int, float]:
        """Boosts of the filings of the companies that the question names; the newest first where it names no year."""
        if asked.years:
            return self._matches(documents, asked, kinds)
        keys = {document: _key(self._profiles[document]) for document in documents}
        boosts = _by_age({day for day, _, _ in keys.values() if day}, set(keys.values()), kinds, asked.quarters)
        return {document: boosts[key] for document, key in keys.items() if key in boosts}

    def _matches(self, documents: Iterable[int], asked: Period, kinds: frozenset[str]) -> dict[int, float]:
        profiles = self._profiles
        return {document: PERIOD_BOOST * _period_match(profiles[document], asked, kinds) for document in documents}


def _by_age(
    days: Iterable[date], keys: Iterable[Key], kinds: frozenset[str], quarters: frozenset[int]
) -> Mapping[Key, float]:
    """The boost of each key with a day: by its age among these days, and by kind and quarter."""
    ages = {day: age for age, day in enumerate(sorted(set(days), reverse=True))}
    return {
        (day, kind, quarter): PERIOD_BOOST
        * (YEAR_SHARE * AGEING ** ages[day] + (1 - YEAR_SHARE) * _kind_match(kind, quarter, quarters, kinds))
        for day, kind, quarter in keys
        if day
    }


def _key(profile: FilingProfile) -> Key:
    year = max(profile.years, key=lambda year: (profile.years[year], year), default=None)
    month = {1: 3, 2: 6, 3: 9}.get(profile.quarter or 4, 12)
    # 28 is a day of every month: only the order of months counts
    return None if year is None else date(year, month, 28), profile.kind, profile.quarter


def _period_match(profile: FilingProfile, asked: Period, kinds: frozenset[str]) -> float:
    """The fit of a document's year and kind, 0 to 1; of several years asked for the last one counts most."""
    ended = profile.ended
    if ended and (ended in asked.dates or (ended.year, ended.month) in asked.months):
        return 1.0
    last = max(asked.years)
    year = max(
        profile.years.get(last, 0.0),
        OTHER_YEAR * max((profile.years.get(other, 0.0) for other in asked.years), default=0.0),
        OTHER_YEAR * profile.years.get(last + 1, 0.0),
    )
    kind = _kind_match(profile.kind, profile.quarter, asked.quarters, kinds)
    return YEAR_SHARE * year + ((1 - YEAR_SHARE) * kind if year else 0.0)


def _kind_match(kind: str, quarter: int | None, quarters: frozenset[int], kinds: frozenset[str]) -> float:
    """The fit of kind and quarter; where a question names both ("the Q2 10-Q"), each counts half."""
    if not (kinds or quarters):
        return KIND_WITHOUT_QUESTION.get(kind, 1.0)
    of_kind = [1.0 if kind in kinds else 0.0] if kinds else []
    of_quarter = [_quarter_match(kind, quarter, quarters)] if quarters else []
    return sum(of_kind + of_quarter) / len(of_kind + of_quarter)


def _quarter_match(kind: str, quarter: int | None, quarters: frozenset[int]) -> float:
    """The fit of a document's quarter to those asked for, 0 to 1."""
    if quarter in quarters:
        return 1.0
    # an annual report tells of the fourth quarter, but seldom apart from the year
    return 0.5 if kind == "annual" and 4 in quarters else 0.0
