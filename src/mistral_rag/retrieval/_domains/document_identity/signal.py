"""Document identity: the newest version of a text first, and documents of the year that is asked for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self

from mistral_rag.retrieval._domains.document_identity.editions import edition_of, is_superseded
from mistral_rag.retrieval._domains.front import Front
from mistral_rag.retrieval._domains.periods import Period, kinds_in, period_of
from mistral_rag.retrieval._signals import Boosts, Learned, Query
from mistral_rag.schema import Source

YEAR_BOOST: Final = 0.25
"""A document of the year asked for gains this at the most: half of what a filing gains for the period of a company
that is named (docs/measurements). A name is surer than a year."""
YEAR_SHARE: Final = 0.65
"""The share of it that the year decides; the rest is lost where the question names a kind of filing or a quarter, which
such documents have not. As for filings."""
OLDER_MALUS: Final = 0.2
"""Malus of an older edition where the question names no time: enough to come behind the newer one's same sentence."""
FIRST_YEAR: Final = 1900
"""Editions numbered from here on are years; lower ones are versions."""
LATER_YEAR: Final = 0.4
"""The share that a document of the year after gains, or one of an earlier year of a range: it looks back to them."""

Work = tuple[str, bool]
"""A text of which there may be editions, and whether they are numbered by years: only those alike are compared."""


@dataclass(frozen=True, slots=True)
class DocumentProfile:
    """Time and version of a document.

    Attributes:
        years: years it is about, with weights up to 1 for the surest.
        ended: the end of the period it reports on.
        work: the text of which it is an edition; empty for none.
        edition: its number, the newest is the highest.
        superseded: True for a document that says itself that it is no longer in force.
    """

    years: Mapping[int, float]
    ended: date | None = None
    work: str = ""
    edition: tuple[int, ...] = ()
    superseded: bool = False

    def to_json(self) -> dict[str, Any]:
        """The profile as plain JSON."""
        return {
            "years": {str(year): weight for year, weight in self.years.items()},
            "ended": self.ended.isoformat() if self.ended else None,
            "work": self.work,
            "edition": list(self.edition),
            "superseded": self.superseded,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The profile that `to_json` made this of."""
        return cls(
            years={int(year): float(weight) for year, weight in value["years"].items()},
            ended=date.fromisoformat(value["ended"]) if value["ended"] else None,
            work=value["work"],
            edition=tuple(value["edition"]),
            superseded=bool(value["superseded"]),
        )


class DocumentIdentity:
    """The signal of documents that are no filings: versions of one work by their file names, and years."""

    name = "document_identity"
    version = 2

    def learn(self, source: Source, pages: Sequence[str], /) -> Learned | None:
        """Years, work and edition; None where a document has none of them, or is a filing."""
        front = Front.of(source, pages[:1])
        if front.kind:
            return None
        ended = front.ended
        profile = DocumentProfile(
            front.years("", ended), ended, *edition_of(source.name), superseded=is_superseded(source.metadata)
        )
        return Learned(profile.to_json()) if profile.years or profile.work or profile.superseded else None

    def index(self) -> "DocumentIdentityIndex":
        """A new index without any document."""
        return DocumentIdentityIndex()


class DocumentIdentityIndex:
    """Documents by year and by work."""

    def __init__(self) -> None:
        self._profiles: dict[int, DocumentProfile] = {}
        self._by_year: defaultdict[int, set[int]] = defaultdict(set)
        self._by_work: defaultdict[Work, dict[int, tuple[int, ...]]] = defaultdict(dict)
        self._older: set[int] = set()
        self._superseded: set[int] = set()

    def add(self, document: int, profile: Mapping[str, Any], /) -> None:
        """Take in the profile of a document."""
        taken = self._profiles[document] = DocumentProfile.from_json(profile)
        if taken.superseded:
            self._superseded.add(document)
        for year in taken.years:
            self._by_year[year].add(document)
        if taken.work:
            self._by_work[_work(taken)][document] = taken.edition
            self._compare(_work(taken))

    def remove(self, document: int, /) -> None:
        """Forget a document."""
        self._superseded.discard(document)
        profile = self._profiles.pop(document, None)
        if profile is None:
            return
        for year in profile.years:
            self._by_year[year].discard(document)
        if profile.work:
            del self._by_work[_work(profile)][document]
            self._older.discard(document)
            self._compare(_work(profile))

    def _compare(self, work: Work) -> None:
        """Say which editions of a work are older than its newest."""
        editions = self._by_work[work]
        newest = max(editions.values(), default=())
        self._older.difference_update(editions)
        self._older.update(document for document, edition in editions.items() if edition < newest)

    def read(self, question: str, /) -> Query:
        """Nothing: titles and versions add no words."""
        return Query()

    def boosts(self, question: str, /, *, expansion: str, covered: float) -> Boosts:
        """A malus for older editions where no time is named; a boost for documents of the year that is."""
        asked = period_of(question)
        if asked == Period():
            older = frozenset(self._older | self._superseded)
            return Boosts(dict.fromkeys(older, -OLDER_MALUS), superseded=older)
        if not asked.years:
            return Boosts()
        rest = 0.0 if asked.quarters or kinds_in(question) else 1 - YEAR_SHARE
        near = {*asked.years, max(asked.years) + 1}
        documents = set().union(*(self._by_year.get(year, ()) for year in near))
        matches = {document: self._match(document, asked) for document in documents}
        return Boosts(
            {document: YEAR_BOOST * (YEAR_SHARE * match + rest) for document, match in matches.items() if match}
        )

    def _match(self, document: int, asked: Period) -> float:
        profile = self._profiles[document]
        ended, last = profile.ended, max(asked.years)
        if ended and (ended in asked.dates or (ended.year, ended.month) in asked.months):
            return 1.0
        earlier = max(profile.years.get(year, 0.0) for year in asked.years)
        return max(profile.years.get(last, 0.0), LATER_YEAR * earlier, LATER_YEAR * profile.years.get(last + 1, 0.0))


def _work(profile: DocumentProfile) -> Work:
    return profile.work, bool(profile.edition) and profile.edition[0] >= FIRST_YEAR
