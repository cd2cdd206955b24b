"""What a document says about itself: whose it is, which period, what kind. Learned once, when it is indexed.

General rules over the title, the file's name and the first pages; no list of companies. A document that says
nothing of the kind (a handbook, a paper) has no names, and nothing is routed to it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import Any, Final, Self

from mistral_rag.retrieval._domains.filings.names import (
    all_names,
    cover_of,
    first_word,
    official_name,
    own_names,
    usual_name,
)
from mistral_rag.retrieval._domains.filings.periods import dates_in, kinds_in, period_of
from mistral_rag.retrieval._domains.filings.statements import statement_pages
from mistral_rag.retrieval._domains.identity.editions import edition_of

VERSION: Final = 5
"""Raised when documents would say something else about themselves: what was learned before is learned anew."""
FIRST_PAGES: Final = 8
"""Pages that are read for names."""

_ENDED: Final = re.compile(
    r"\b(?:years?|periods?|quarters?|months|weeks)[\s)”\"]+(?:ended|ending)|\bdate\s+of\s+(?:earliest|report)|\bas\s+of\b",
    re.IGNORECASE,
)
_FORM: Final = re.compile(r"\bform\s+(10-?K|10-?Q|8-?K|20-?F|6-?K|40-?F)\b", re.IGNORECASE)
_FORM_KINDS: Final = {
    "10K": "annual", "20F": "annual", "40F": "annual", "10Q": "quarterly", "8K": "current",
    "6K": "current",
}  # fmt: skip
_SO_FAR: Final = (
    (3, re.compile(r"\b(?:nine[\s-]+months|(?:39|40|thirty-nine|forty)[\s-]+weeks?)\s+ended", re.IGNORECASE)),
    (2, re.compile(r"\b(?:six[\s-]+months|(?:24|26|28|twenty-(?:four|six|eight))[\s-]+weeks?)\s+ended", re.IGNORECASE)),
    (1, re.compile(r"\b(?:three[\s-]+months|(?:12|13|16|twelve|thirteen|sixteen)[\s-]+weeks?)\s+ended", re.IGNORECASE)),
)
"""What a quarterly report says of the year so far, and which quarter's it is; the longest first."""
_RESULTS: Final = re.compile(r"\b(?:announces|reports)\b.{0,80}\bresults\b", re.IGNORECASE)
_SAID_YEAR: Final = re.compile(r"\b(?:fiscal|FY)\s*(?:year\s*)?((?:19|20)\d\d)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """A document's own facts.

    `names` maps an alias, squeezed to lower-case letters and digits, to how a question must write it: "any" way, with
    a "capital" (it is also a common word), all in "upper" case (a ticker, initials); "title" (the first word of a
    name) and "shout" (initials that are a common word) need theirs even in a question whose capitals tell nothing.
    `own` are the aliases that mean nobody else: documents that share one belong to the same company. `years` weighs
    the years the document is about, 1 for the surest. `label` is the name as printed with kind and period, for
    people; empty when unknown.
    `statements` are the numbers of the pages that are a statement ("income", "balance", "cash"). `work` and `edition`
    tell versions of one text apart: same work, newest edition last in order; empty when nothing says so.
    """

    names: Mapping[str, str]
    own: tuple[str, ...]
    years: Mapping[int, float]
    quarter: int | None = None
    kind: str = ""
    ended: date | None = None
    label: str = ""
    statements: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    work: str = ""
    edition: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The facts as plain JSON."""
        return {
            "names": dict(self.names),
            "own": list(self.own),
            "years": {str(year): weight for year, weight in self.years.items()},
            "quarter": self.quarter,
            "kind": self.kind,
            "ended": self.ended.isoformat() if self.ended else None,
            "label": self.label,
            "statements": {name: list(pages) for name, pages in self.statements.items()},
            "work": self.work,
            "edition": list(self.edition),
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Self:
        """The facts that `to_json` made this of."""
        return cls(
            names=dict(facts["names"]),
            own=tuple(facts["own"]),
            years={int(year): float(weight) for year, weight in facts["years"].items()},
            quarter=facts["quarter"],
            kind=facts["kind"],
            ended=date.fromisoformat(facts["ended"]) if facts["ended"] else None,
            label=facts["label"],
            statements={name: tuple(pages) for name, pages in facts["statements"].items()},
            work=facts["work"],
            edition=tuple(facts["edition"]),
        )


def learn(title: str, name: str, texts: Sequence[str], metadata: Mapping[str, Any] | None = None) -> Facts:
    """The facts of a document from its title, the name of its file and its pages.

    Args:
        title: the document's title; anything may stand there.
        name: the path or name of its file; periods and kinds in it count most.
        texts: of its pages; names are taken from the first `FIRST_PAGES`.
        metadata: what the file says about itself ("subject", "description"), where there is such a thing.
    """
    pages = [" ".join(page.split()) for page in texts[:FIRST_PAGES]]
    first = cover_of(pages)
    text, cover = " ".join(pages), pages[first][:4000] if pages else ""
    stem = PurePosixPath(name).stem.replace("_", " ")
    described = " ".join(str(value) for value in (title, *_described(metadata)))
    kind = _kind(stem, described, cover)
    ended = _ended(described, cover)
    years = _years(stem, described, text, ended, kind)
    quarter = _quarter(stem, described, cover, kind) or _quarter_by_months(text, kind)
    official = official_name(texts[first] if texts else "", kind) or (usual_name(text) if kind else "")
    own = own_names(official, stem, kind)
    names = all_names(official, own, text)
    if first_name := first_word(official, texts):
        names.setdefault(first_name, "title")
    label = _label(official, stem, kind, cover, years, quarter)
    work, edition = ("", ()) if kind else edition_of(name)
    return Facts(names, tuple(own), years, quarter, kind, ended, label, statement_pages(texts), work, edition)


def _described(metadata: Mapping[str, Any] | None) -> list[Any]:
    return [value for key, value in (metadata or {}).items() if key.lower() in {"subject", "description", "keywords"}]


def _kind(stem: str, described: str, cover: str) -> str:
    for text in (stem, described):
        if kinds := kinds_in(text):
            return next(kind for kind in ("quarterly", "annual", "current", "release", "proxy") if kind in kinds)
    if form := _FORM.search(cover):
        return _FORM_KINDS[form[1].upper().replace("-", "")]
    if any(_RESULTS.search(text) for text in (described, cover[:600])):
        return "release"
    return "annual" if re.search(r"\bannual report\b", cover[:600], re.IGNORECASE) else ""


def _ended(described: str, cover: str) -> date | None:
    for text in (cover, described):
        for mark in _ENDED.finditer(text):
            if dates := dates_in(text[mark.end() : mark.end() + 60]):
                return dates[0]
    return None


def _years(stem: str, described: str, text: str, ended: date | None, kind: str) -> dict[int, float]:
    years: dict[int, float] = {}
    if ended:
        years[ended.year] = 0.8
        if ended.month <= 2:
            years[ended.year - 1] = 0.6
    if kind and ended:
        latest = ended.year if kind == "annual" else ended.year + 1
        counted = Counter(year for year in map(int, _SAID_YEAR.findall(text)) if ended.year - 1 <= year <= latest)
        years |= {year: 0.8 for year, count in counted.most_common(1) if count >= 3}
    said = period_of(described)
    dated = {day.year for day in said.dates}
    years = dict.fromkeys(dated, 0.6) | (dict.fromkeys(said.years - dated, 0.8) if kind else {}) | years
    if kind and not years:
        years = dict.fromkeys(period_of(text[:600]).years, 0.6)
    return years | dict.fromkeys(period_of(stem).years, 1.0)


def _quarter(stem: str, described: str, cover: str, kind: str) -> int | None:
    if kind == "annual":
        return None
    return max(period_of(stem).quarters or period_of(f"{described} {cover[:600]}").quarters, default=None)


def _quarter_by_months(text: str, kind: str) -> int | None:
    """A quarterly report of the third quarter tells of nine months, one of the second of six."""
    found = (quarter for quarter, months in _SO_FAR if kind == "quarterly" and len(months.findall(text)) > 1)
    return next(found, None)


def _label(official: str, stem: str, kind: str, cover: str, years: Mapping[int, float], quarter: int | None) -> str:
    if not official or not kind:
        return ""
    form = _FORM.search(cover)
    what = form[1].upper() if form else kind
    year = max(years, key=lambda year: (years[year], year), default="")
    return " ".join(str(part) for part in (official, what, year, f"Q{quarter}" if quarter else "") if part)
