"""Columns of tables that are of the time a question names: its years, quarters, dates and spans."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.grounding._support.spans import spans_of
from mistral_rag.retrieval._domains.periods import ORDINALS, Period, period_of
from mistral_rag.schema import CellValue
from mistral_rag.text import MONTHS, words

_FISCAL: Final = re.compile(r"\b(?:fiscal|fy\W?(?:\d\d)?\d\d)\b", re.IGNORECASE)
"""A fiscal year has another number than the days in it: one that is called 2024 may end in January of 2024 or 2025."""
_TIME_WORD: Final = re.compile(
    rf"\b(?:{'|'.join([*ORDINALS, *MONTHS])}|quarters?|f?q[1-4](?:fy)?(?:\d\d){{0,2}}|fiscal|fy\W?(?:\d\d){{0,2}}"
    r"|years?|ended|ending|ends|three|six|nine|twelve|months?|\d{1,2}(?:st|nd|rd|th)?|(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
"""Words that name a period."""


class AskedColumns:
    """The time that a question names, held against the names of columns."""

    def __init__(self, question: str) -> None:
        self._question = question
        self._period = period_of(question)
        self._spans = spans_of(question)
        self._is_fiscal = _FISCAL.search(question) is not None

    @property
    def names_time(self) -> bool:
        """True when the question names a year, a quarter or a date."""
        return self._period != Period()

    def is_of(self, column: str) -> bool | None:
        """True for the name of a column of this time, False for one of another, None where it names none.

        A date is compared with dates, a year with years; "July 1, 2023" is of 2023, and of no other date. Of a fiscal
        year may be a day of the year before or behind: None.
        """
        said = _period(column)
        spans = spans_of(column)
        verdicts = [
            *([bool(self._period.quarters & said.quarters)] if self._period.quarters and said.quarters else []),
            *([bool(self._spans & spans)] if self._spans and spans else []),
        ]
        if self._period.dates and said.dates:
            verdicts.append(bool(set(self._period.dates) & set(said.dates)))
        elif self._period.years and said.years and not self._may_be_of(column):
            verdicts.append(bool(self._period.years & said.years))
        return all(verdicts) if verdicts else None

    def cells(self, cells: Sequence[CellValue]) -> list[CellValue]:
        """Cells of a row, those of the asked columns first."""
        return sorted(cells, key=lambda cell: self.is_of(cell.column) is not True)

    def of_row(self, unit: EvidenceUnit) -> bool | None:
        """True for a row with a column of this time, False where its columns are of others; None for other units."""
        if unit.kind != "row" or not self.names_time:
            return None
        verdicts = [verdict for name in _columns(unit) if (verdict := self.is_of(name)) is not None]
        return any(verdicts) if verdicts else None

    def of_unit(self, unit: EvidenceUnit) -> bool | None:
        """As `of_row`; of other units by the time that they name themselves."""
        if not self.names_time:
            return None
        return self.of_row(unit) if unit.kind == "row" else self.is_of(unit.text)

    def may_be_of_row(self, unit: EvidenceUnit) -> bool:
        """True for a row with a column of this time, or with one that may be of the fiscal year."""
        of = self.of_row(unit)
        return bool(of) or (of is None and unit.kind == "row" and any(map(self._may_be_of, _columns(unit))))

    def time_words(self, language: str) -> frozenset[str]:
        """The words by which the question names its time."""
        # "May we keep a dog?" names no month
        asked = re.sub(r"^\W*may\b", "", self._question, flags=re.IGNORECASE)
        return frozenset(words(" ".join(_TIME_WORD.findall(asked)), language))

    def _may_be_of(self, column: str) -> bool:
        """True for a day in the year before or behind the fiscal year that is asked for."""
        if not self._is_fiscal or _FISCAL.search(column):
            return False
        asked, years = self._period.years, _period(column).years
        return not asked & years and any(abs(year - other) == 1 for year in asked for other in years)


def _columns(unit: EvidenceUnit) -> set[str]:
    return {cell.column for cell in unit.cells} or {unit.header}


@lru_cache(maxsize=1024)
def _period(text: str) -> Period:
    return period_of(text)
