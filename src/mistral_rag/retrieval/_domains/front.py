"""The front of a document: its name, description and first pages, and what they say of its kind and time."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any, Final, Self

from mistral_rag.retrieval._domains.periods import dates_in, kinds_in, period_of
from mistral_rag.schema import Source

FIRST_PAGES: Final = 8
"""Pages that are read for names and years: what a document says of itself it says in front."""
COVER: Final = 4000
"""Characters of the cover that are read; longer ones are no covers."""
HEADLINE: Final = 600
"""Characters of the cover that hold a headline."""
MIN_MENTIONS: Final = 3
"""Mentions of a fiscal year that make it the document's own, not one that it looks back to."""

_DESCRIPTIONS: Final = frozenset({"subject", "description", "keywords"})
_ENDED: Final = re.compile(
    r"\b(?:years?|periods?|quarters?|months|weeks)[\s)”\"]+(?:ended|ending)|\bdate\s+of\s+(?:earliest|report)|\bas\s+of\b",
    re.IGNORECASE,
)
FORM: Final = re.compile(r"\bform\s+(10-?K|10-?Q|8-?K|20-?F|6-?K|40-?F)\b", re.IGNORECASE)
_FORM_KINDS: Final = {
    "10K": "annual", "20F": "annual", "40F": "annual", "10Q": "quarterly", "8K": "current",
    "6K": "current",
}  # fmt: skip
_RESULTS: Final = re.compile(r"\b(?:announces|reports)\b.{0,80}\bresults\b", re.IGNORECASE)
_SAID_YEAR: Final = re.compile(r"\b(?:fiscal|FY)\s*(?:year\s*)?((?:19|20)\d\d)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Front:
    """The front of a document.

    Attributes:
        stem: of the file's name, with blanks for underscores.
        described: the title, and what the file's metadata say about it.
        text: of the first pages, in one line.
        cover: the cover's beginning, in one line.
    """

    stem: str
    described: str
    text: str
    cover: str

    @classmethod
    def of(cls, source: Source, pages: Sequence[str], *, cover: int = 0) -> Self:
        """The front of a source with these page texts; `cover` is the index of the page that is the cover."""
        flat = [" ".join(page.split()) for page in pages[:FIRST_PAGES]]
        return cls(
            stem=PurePosixPath(source.name).stem.replace("_", " "),
            described=" ".join(str(value) for value in (source.title, *_descriptions(source.metadata))),
            text=" ".join(flat),
            cover=flat[cover][:COVER] if flat else "",
        )

    @property
    def headline(self) -> str:
        """The beginning of the cover."""
        return self.cover[:HEADLINE]

    @property
    def kind(self) -> str:
        """The kind of filing ("annual", "quarterly", "current", "release", "proxy"); empty for other documents."""
        for text in (self.stem, self.described):
            if kinds := kinds_in(text):
                return next(kind for kind in ("quarterly", "annual", "current", "release", "proxy") if kind in kinds)
        if form := FORM.search(self.cover):
            return _FORM_KINDS[form[1].upper().replace("-", "")]
        if any(_RESULTS.search(text) for text in (self.described, self.headline)):
            return "release"
        return "annual" if re.search(r"\bannual report\b", self.headline, re.IGNORECASE) else ""

    @property
    def ended(self) -> date | None:
        """The end of the period it reports on."""
        for text in (self.cover, self.described):
            for mark in _ENDED.finditer(text):
                if dates := dates_in(text[mark.end() : mark.end() + 60]):
                    return dates[0]
        return None

    def years(self, kind: str, ended: date | None) -> dict[int, float]:
        """The years it is about, each with a weight up to 1 for the surest."""
        years: dict[int, float] = {}
        if ended:
            years[ended.year] = 0.8
            if ended.month <= 2:
                # fiscal years that end in January or February are called by the year before
                years[ended.year - 1] = 0.6
        if kind and ended:
            latest = ended.year if kind == "annual" else ended.year + 1
            mentions = Counter(
                year for year in map(int, _SAID_YEAR.findall(self.text)) if ended.year - 1 <= year <= latest
            )
            years |= {year: 0.8 for year, count in mentions.most_common(1) if count >= MIN_MENTIONS}
        described = period_of(self.described)
        dated = {day.year for day in described.dates}
        years = dict.fromkeys(dated, 0.6) | (dict.fromkeys(described.years - dated, 0.8) if kind else {}) | years
        if kind and not years:
            years = dict.fromkeys(period_of(self.headline).years, 0.6)
        return years | dict.fromkeys(period_of(self.stem).years, 1.0)


def _descriptions(metadata: Mapping[str, Any] | None) -> list[Any]:
    return [value for key, value in (metadata or {}).items() if key.lower() in _DESCRIPTIONS]
