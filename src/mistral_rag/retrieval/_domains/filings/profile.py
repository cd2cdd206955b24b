"""The profile of a filing: whose it is, which period, what kind, and which pages are statements.

General rules over the title, the file's name and the first pages; no list of companies.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Self

from mistral_rag.retrieval._domains.filings.names import (
    all_names,
    cover_of,
    first_word,
    official_name,
    own_names,
    usual_name,
)
from mistral_rag.retrieval._domains.filings.statements import statement_pages
from mistral_rag.retrieval._domains.front import FIRST_PAGES, FORM, Front
from mistral_rag.retrieval._domains.periods import period_of
from mistral_rag.schema import Source

_SO_FAR: Final = (
    (3, re.compile(r"\b(?:nine[\s-]+months|(?:39|40|thirty-nine|forty)[\s-]+weeks?)\s+ended", re.IGNORECASE)),
    (2, re.compile(r"\b(?:six[\s-]+months|(?:24|26|28|twenty-(?:four|six|eight))[\s-]+weeks?)\s+ended", re.IGNORECASE)),
    (1, re.compile(r"\b(?:three[\s-]+months|(?:12|13|16|twelve|thirteen|sixteen)[\s-]+weeks?)\s+ended", re.IGNORECASE)),
)
"""Phrases of a quarterly report for the year so far, each with its quarter; the longest period first."""


WRITTEN: Final = frozenset({"any", "capital", "upper", "title", "shout"})
"""Ways in which a question must write a name, see `FilingProfile.names`."""


@dataclass(frozen=True, slots=True)
class FilingProfile:
    """Company, period, kind and statements of a filing.

    Attributes:
        names: aliases of the company, squeezed to lower-case letters and digits, each with how a question must write
            it: "any" way, with a "capital" (it is also a common word), all in "upper" case (a ticker, initials);
            "title" (the first word of a name) and "shout" (initials that are a common word) need theirs even in a
            question whose capitals tell nothing.
        own: aliases that mean nobody else: documents that share one belong to the same company.
        years: years the document is about, with weights up to 1 for the surest.
        quarter: 1 to 4; None for other reports.
        kind: "annual", "quarterly", "current", "release", "proxy"; empty when unknown.
        ended: the end of its period.
        statements: numbers (from 1) of the pages that are a statement, by "income", "balance" and "cash".
    """

    names: Mapping[str, str]
    own: tuple[str, ...]
    years: Mapping[int, float]
    quarter: int | None = None
    kind: str = ""
    ended: date | None = None
    statements: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The profile as plain JSON."""
        return {
            "names": dict(self.names),
            "own": list(self.own),
            "years": {str(year): weight for year, weight in self.years.items()},
            "quarter": self.quarter,
            "kind": self.kind,
            "ended": self.ended.isoformat() if self.ended else None,
            "statements": {name: list(pages) for name, pages in self.statements.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The profile that `to_json` made this of. Raises ValueError, TypeError or LookupError for anything else."""
        if not WRITTEN.issuperset(value["names"].values()) or value["quarter"] not in {None, 1, 2, 3, 4}:
            raise ValueError("names are written in another way, or there is another quarter")
        statements = {str(name): tuple(map(page_number, pages)) for name, pages in value["statements"].items() if pages}
        return cls(
            names={str(alias): shape for alias, shape in value["names"].items() if alias},
            own=tuple(map(str, value["own"])),
            years={int(year): float(weight) for year, weight in value["years"].items()},
            quarter=value["quarter"],
            kind=str(value["kind"]),
            ended=date.fromisoformat(value["ended"]) if value["ended"] else None,
            statements=statements,
        )


def page_number(value: Any) -> int:
    """The number of a page, from 1. Raises ValueError for anything else."""
    if not isinstance(value, int) or not 0 < value < 1 << 31:
        raise ValueError(f"{value!r} is no page")
    return value


def filing_profile(source: Source, pages: Sequence[str]) -> tuple[FilingProfile, str] | None:
    """The profile of a filing and a label for people ("OAK CORP 10-K 2022"); None where it is no filing.

    A document with none of the marks of a filing (a kind, a company's registered or listed name, a page that is a
    financial statement) is none.
    """
    first = cover_of([" ".join(page.split()) for page in pages[:FIRST_PAGES]])
    front = Front.of(source, pages, cover=first)
    kind = front.kind
    official = official_name(pages[first] if pages else "", kind) or (usual_name(front.text) if kind else "")
    own = own_names(official, front.stem, kind)
    names = all_names(official, own, front.text)
    if name := first_word(official, pages):
        names.setdefault(name, "title")
    statements = statement_pages(pages)
    if not (kind or names or statements):
        return None
    ended = front.ended
    years = front.years(kind, ended)
    quarter = _quarter(front, kind) or _quarter_by_months(front.text, kind)
    profile = FilingProfile(names, tuple(own), years, quarter, kind, ended, statements)
    return profile, _label(official, front, profile)


def _quarter(front: Front, kind: str) -> int | None:
    if kind == "annual":
        return None
    named = period_of(front.stem).quarters or period_of(f"{front.described} {front.headline}").quarters
    return max(named, default=None)


def _quarter_by_months(text: str, kind: str) -> int | None:
    """The quarter by the months so far: reports of the third quarter tell of nine, those of the second of six."""
    found = (quarter for quarter, months in _SO_FAR if kind == "quarterly" and len(months.findall(text)) > 1)
    return next(found, None)


def _label(official: str, front: Front, profile: FilingProfile) -> str:
    if not official or not profile.kind:
        return ""
    form = FORM.search(front.cover)
    what = form[1].upper() if form else profile.kind
    year = max(profile.years, key=lambda year: (profile.years[year], year), default="")
    quarter = f"Q{profile.quarter}" if profile.quarter else ""
    return " ".join(str(part) for part in (official, what, year, quarter) if part)
