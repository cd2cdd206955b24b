"""Filings: the companies and periods that a question names, and the statements that show what it asks for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mistral_rag.retrieval._domains.filings.companies import CompanyIndex
from mistral_rag.retrieval._domains.filings.glossary import Glossary
from mistral_rag.retrieval._domains.filings.page_set import PageSet
from mistral_rag.retrieval._domains.filings.period_boost import PeriodIndex
from mistral_rag.retrieval._domains.filings.profile import FilingProfile, filing_profile
from mistral_rag.retrieval._domains.filings.statements import named_statements
from mistral_rag.retrieval._domains.periods import kinds_in, period_of
from mistral_rag.retrieval._fusion import remaining_share
from mistral_rag.retrieval._signals import Boosts, Learned, Query
from mistral_rag.schema import Source

COMPANY_BOOST: Final = 1.0
"""As much as all words of the question: other documents' passages come behind those of the company named."""
STATEMENT_BOOST: Final = 0.3
"""Boost of a page that is a statement the question asks for, where no passage covers the question."""
GUESSED: Final = 0.45
"""From this share of a question that one passage covers, statements that only the expansion names gain nothing."""


class Filings:
    """The signal of financial filings: annual and quarterly reports, current reports, releases, proxy statements."""

    name = "filings"
    version = 5

    def learn(self, source: Source, pages: Sequence[str], /) -> Learned | None:
        """Companies, period, kind and statements; None where the document is no filing."""
        found = filing_profile(source, pages)
        return None if found is None else Learned(found[0].to_json(), found[1])

    def index(self) -> "FilingIndex":
        """A new index without any document."""
        return FilingIndex()


class FilingIndex:
    """Filings by company, by period, and their statements."""

    def __init__(self) -> None:
        self._profiles: dict[int, FilingProfile] = {}
        self._companies = CompanyIndex()
        self._periods = PeriodIndex()
        self._statements: defaultdict[str, PageSet] = defaultdict(PageSet)
        self._reports = 0
        self._glossary = Glossary()

    def add(self, document: int, profile: Mapping[str, Any], /) -> None:
        """Take in the profile of a filing."""
        filing = self._profiles[document] = FilingProfile.from_json(profile)
        self._companies.add(document, filing)
        self._periods.add(document, filing)
        for name, pages in filing.statements.items():
            self._statements[name].add(document, pages)
        self._reports += _is_report(filing)

    def remove(self, document: int, /) -> None:
        """Forget a filing."""
        filing = self._profiles.pop(document, None)
        if filing is None:
            return
        self._companies.remove(document)
        self._periods.remove(document)
        for name in filing.statements:
            self._statements[name].remove(document)
        self._reports -= _is_report(filing)

    def read(self, question: str, /) -> Query:
        """The companies named, and the glossary's words where there is a report that shows figures."""
        return Query(
            named=self._companies.named(question),
            rest=self._companies.without_names(question),
            expansion=self._glossary.expand(question) if self._reports else "",
        )

    def boosts(self, question: str, /, *, expansion: str, covered: float) -> Boosts:
        """1 for the company named and up to .5 for the period; up to .3 for statements.

        Boosts shrink as word coverage grows. Where a company is named but no year, its newest documents come first.
        Where only a period is named, its documents gain half of what they would for a company that is named.
        """
        named = named_statements(question)
        wanted = named or named_statements(expansion)
        share = remaining_share(covered) if named else remaining_share(covered, GUESSED)
        return Boosts(
            documents=self._documents(question, covered),
            pages={name: self._statements[name].array() for name in sorted(wanted) if name in self._statements},
            page_boost=STATEMENT_BOOST * share,
        )

    def _documents(self, question: str, covered: float) -> dict[int, float]:
        asked, kinds = period_of(question), kinds_in(question)
        named = self._companies.named(question)
        if not named:
            return {document: boost / 2 for document, boost in self._periods.of_all(asked, kinds).items() if boost}
        periods = self._periods.of(named, asked, kinds)
        share = remaining_share(covered)
        return {document: share * (COMPANY_BOOST + periods.get(document, 0.0)) for document in named}


def _is_report(filing: FilingProfile) -> bool:
    """True for documents whose figures stand in statements; a mention of a ticker makes none."""
    return bool(filing.kind or filing.statements)
