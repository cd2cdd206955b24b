"""What a document says about itself: whose it is, which period, what kind. Learned once, when it is indexed.

General rules over the title, the file's name and the first pages; no list of companies. A document that says
nothing of the kind (a handbook, a paper) has no names, and nothing is routed to it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any, Final, Self

from mistral_rag.ranking.periods import dates_in, kinds_in, period_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FIRST_PAGES: Final = 8
"""Pages that are read for names."""

LEGAL_FORMS: Final = _words(
    """
    ab ag aktiengesellschaft asa bv co company companies corp corporation gmbh group holding holdings inc incorporated
    international kg kgaa limited llc llp lp ltd nv oyj plc sa sarl sas se spa srl the trust and of
    """
)
GENERIC: Final = _words(
    """
    annual q1 q2 q3 q4 report reports quarterly quarter earnings release results financial statement statements form
    filing final draft copy document doc presentation press news letter slides supplement exhibit dated fy v1 v2 k q
    shareholder shareholders proxy full year ended update current web pdf en us summary
    """
)
NOT_SHORT_FORMS: Final = _words(
    """
    company companies corporation registrant registrants we us our the issuer group parent commission sec board act
    exchange common stock partnership trust fund bank borrower guarantor agreement plan notes
    """
)

_WORD: Final = re.compile(r"[^\W_]+(?:[&’'.-](?=[^\W_])[^\W_]+)*&?|&")
_CHARTER: Final = re.compile(r"\(\s*Exact\s+name\s+of\s+(?:the\s+)?registrant", re.IGNORECASE)
_DEFINED: Final = re.compile(r"\(([^()]{0,80}[“\"][^()]{2,100})\)")
_QUOTED: Final = re.compile(r"[“\"]([^“”\"]{2,40})[”\"]")
_TICKER_TABLE: Final = re.compile(r"\b([A-Z][A-Z.]{0,5})\s+(?:The\s+)?(?:NASDAQ|Nasdaq|New\s+York\s+Stock|NYSE)\b")
_TICKER: Final = re.compile(
    r"\((?:NASDAQ|Nasdaq|NYSE|NYSE\s+American|LSE|TSX|Euronext)(?:\s?GS)?\s*[:–-]\s*([A-Z][A-Z.]{0,5})\)"
)
_ENDED: Final = re.compile(
    r"\b(?:years?|periods?|quarters?|months|weeks)\s+(?:ended|ending)|\bdate\s+of\s+(?:earliest|report)|\bas\s+of\b",
    re.IGNORECASE,
)
_FORM: Final = re.compile(r"\bform\s+(10-?K|10-?Q|8-?K|20-?F|6-?K|40-?F)\b", re.IGNORECASE)
_FORM_KINDS: Final = {
    "10K": "annual", "20F": "annual", "40F": "annual", "10Q": "quarterly", "8K": "current",
    "6K": "current",
}  # fmt: skip
_NO_NAME: Final = re.compile(r"\b(?:commission|file\s+n\w*|period|act\s+of|form\s+\d)", re.IGNORECASE)
_NAME: Final = r"((?:[A-Z][\w&’'.-]*,?\s+|&\s+|and\s+|of\s+){1,6}"
_BEFORE_TICKER: Final = re.compile(_NAME + r")\((?:NASDAQ|Nasdaq|NYSE|LSE|TSX|Euronext)\b")
_WITH_LEGAL_FORM: Final = re.compile(
    _NAME + r"(?:Inc|INC|Corporation|CORPORATION|Corp|plc|PLC|AG|SE|GmbH|S\.A|N\.V|Ltd|Limited|LIMITED)\b\.?)"
)
_EXCHANGES: Final = frozenset({"LLC", "NYSE", "THE", "NONE", "INC", "N.A", "LSE"})
_SAID_YEAR: Final = re.compile(r"\b(?:fiscal|FY)\s*(?:year\s*)?((?:19|20)\d\d)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """A document's own facts.

    `names` maps an alias, squeezed to lower-case letters and digits, to how a question must write it: "any" way, with
    a "capital" (it is also a common word), or all in "upper" case (a ticker, initials). `own` are the aliases that
    mean nobody else: documents that share one belong to the same company. `years` weighs the years the document is
    about, 1 for the surest. `label` is the name as printed with kind and period, for people; empty when unknown.
    """

    names: Mapping[str, str]
    own: tuple[str, ...]
    years: Mapping[int, float]
    quarter: int | None = None
    kind: str = ""
    ended: date | None = None
    label: str = ""

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
        )


def learn(title: str, name: str, first_pages: Sequence[str], metadata: Mapping[str, Any] | None = None) -> Facts:
    """The facts of a document from its title, the name of its file and its first pages (texts).

    Args:
        title: the document's title; anything may stand there.
        name: the path or name of its file; periods and kinds in it count most.
        first_pages: texts of the first pages; `FIRST_PAGES` are enough.
        metadata: what the file says about itself ("subject", "description"), where there is such a thing.
    """
    pages = [" ".join(page.split()) for page in first_pages[:FIRST_PAGES]]
    text, cover = " ".join(pages), pages[0][:4000] if pages else ""
    stem = PurePosixPath(name).stem.replace("_", " ")
    described = " ".join(str(value) for value in (title, *_described(metadata)))
    kind = _kind(stem, described, cover)
    ended = _ended(described, cover)
    years = _years(stem, described, text, ended, kind)
    quarter = _quarter(stem, described, cover, kind)
    official = _official(first_pages[0] if first_pages else "", kind)
    own = _own(official, stem, kind)
    names = _names(official, own, text)
    return Facts(names, tuple(own), years, quarter, kind, ended, _label(official, stem, kind, cover, years, quarter))


def squeezed(words: Iterable[str]) -> str:
    """Words as one string of lower-case letters and digits."""
    return "".join(char for word in words for char in word.lower() if char.isalnum())


def words_of(text: str) -> list[str]:
    """Words as written, possessives cut off."""
    return [re.sub(r"['’]s?$", "", word) for word in _WORD.findall(text)]


def _described(metadata: Mapping[str, Any] | None) -> list[Any]:
    return [value for key, value in (metadata or {}).items() if key.lower() in {"subject", "description", "keywords"}]


def _kind(stem: str, described: str, cover: str) -> str:
    for text in (stem, described):
        if kinds := kinds_in(text):
            return next(kind for kind in ("quarterly", "annual", "current", "release", "proxy") if kind in kinds)
    if form := _FORM.search(cover):
        return _FORM_KINDS[form[1].upper().replace("-", "")]
    if re.search(r"\b(?:announces|reports)\b.{0,80}\bresults\b", cover[:600], re.IGNORECASE):
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
        said = Counter(year for year in map(int, _SAID_YEAR.findall(text)) if ended.year - 1 <= year <= latest)
        years |= {year: 0.8 for year, count in said.most_common(1) if count >= 3}
    years |= {day.year: 0.6 for day in period_of(described).dates if day.year not in years}
    return years | dict.fromkeys(period_of(stem).years, 1.0)


def _quarter(stem: str, described: str, cover: str, kind: str) -> int | None:
    if kind == "annual":
        return None
    return max(period_of(stem).quarters or period_of(f"{described} {cover[:600]}").quarters, default=None)


def _label(official: str, stem: str, kind: str, cover: str, years: Mapping[int, float], quarter: int | None) -> str:
    if not official or not kind:
        return ""
    form = _FORM.search(cover)
    what = form[1].upper() if form else kind
    year = max(years, key=lambda year: (years[year], year), default="")
    return " ".join(str(part) for part in (official, what, year, f"Q{quarter}" if quarter else "") if part)


def _official(cover: str, kind: str) -> str:
    """The name as the cover prints it: above "(Exact name of registrant", before its ticker, or with its legal form."""
    if mark := _CHARTER.search(cover):
        lines = [line.strip(" _-—–*") for line in cover[max(0, mark.start() - 200) : mark.start()].split("\n")]
        lines = [line for line in lines if line]
        joined = re.split(r"\d[\d-]{3,}|_{3,}|:", " ".join(lines[-8:]))[-1].split()
        last = joined if 0 < len(joined) <= 8 else lines[-1].split() if lines else []
        return _plain_name(" ".join(last))
    flat = " ".join(cover[:4000].split())
    named = (_BEFORE_TICKER.search(flat) or _WITH_LEGAL_FORM.search(flat)) if kind else None
    return _plain_name(named[1]) if named else ""


def _plain_name(printed: str) -> str:
    """A printed name without the gaps of small capitals ("R ESORTS") and signs around it."""
    if _NO_NAME.search(printed):
        return ""
    return re.sub(r"\b([A-Z]) ([A-Z]{2,})\b", r"\1\2", printed).strip(" ,;:()")[:100]


def _own(official: str, stem: str, kind: str) -> list[str]:
    core = squeezed(_core(words_of(official)))
    letters = [word for word in _stem_words(stem) if word.isalpha() and len(word) > 1] if kind else []
    file_names = [squeezed([word]) for word in letters if word.lower() not in GENERIC | LEGAL_FORMS]
    return list(dict.fromkeys(name for name in (core, *file_names[:1]) if len(name) > 1))


def _names(official: str, own: Sequence[str], text: str) -> dict[str, str]:
    words = words_of(official)
    core = _core(words)
    names = _official_names(words, core, text) if core else {}
    names |= {name: _shape(name, text) for name in own if name not in names}
    tickers = {*_TICKER.findall(text), *(_TICKER_TABLE.findall(text[:4000]) if own else ())} - _EXCHANGES
    for ticker in tickers:
        names.setdefault(squeezed([ticker]), "upper")
    return {alias: shape for alias, shape in names.items() if len(alias) > 1 and not alias.isdigit()}


def _core(words: Sequence[str]) -> list[str]:
    core = list(words)
    while core and squeezed(core[-1:]) in LEGAL_FORMS | {""}:
        core.pop()
    while core and squeezed(core[:1]) in {"the", ""}:
        core.pop(0)
    return core


def _official_names(words: Sequence[str], core: Sequence[str], text: str) -> dict[str, str]:
    names = {squeezed(words): "any", squeezed(core): "any"}
    if len(core) == 1 and _is_used_small(core[0], text):
        names[squeezed(core)] = "capital"
    for count in range(2, len(core)):
        if core[count - 1] != "&" and sum(word != "&" for word in core[:count]) > 1:
            names.setdefault(squeezed(core[:count]), "any")
    for at, word in enumerate(core):
        if len(core) > 1 and _stands_alone(core, at, text):
            names.setdefault(squeezed([word]), "capital")
    for initials in _initials(core):
        names.setdefault(initials, "upper")
    for short in _short_forms(words, core, text):
        names.setdefault(squeezed([short]), "capital")
    return names


def _shape(name: str, text: str) -> str:
    """A name of one word needs its capital when the document also uses that word in lower case."""
    if len(name) <= 4 and not re.search(rf"\b{name.title()}\b", text):
        return "upper"
    return "capital" if _is_used_small(name, text) else "any"


def _is_used_small(word: str, text: str) -> bool:
    """Whether the word stands in lower case in `text`, web addresses apart."""
    return re.search(rf"(?<![\w./@-]){re.escape(word.lower())}(?![\w@/-]|\.\w)", text) is not None


def _stands_alone(core: Sequence[str], at: int, text: str) -> bool:
    """Whether one word of a name is used as a name by itself: often, and never in lower case."""
    word = re.escape(core[at])
    behind = rf"(?<!{re.escape(core[at - 1])} )" if at else ""
    before = rf"(?! {re.escape(core[at + 1])})" if at + 1 < len(core) else ""
    alone = len(re.findall(rf"{behind}\b{word}\b{before}", text, re.IGNORECASE))
    return len(core[at]) >= 2 and alone >= 3 and not _is_used_small(core[at], text)


def _initials(core: Sequence[str]) -> set[str]:
    """Johnson & Johnson is J&J and JNJ; Advanced Micro Devices is AMD."""
    joined = " ".join(core)
    parts = [part for part in re.split(r"[\s-]+", re.sub(r"\band\b", "&", joined)) if part]
    plain = "".join(part[0] for part in parts if part != "&").lower()
    with_n = "".join("n" if part == "&" else part[0] for part in parts).lower()
    return {initials for initials in (plain, with_n) if len(initials) >= 3 or ("&" in parts and len(initials) == 2)}


def _short_forms(words: Sequence[str], core: Sequence[str], text: str) -> Iterable[str]:
    """Names in quotes and brackets behind the full one: Foo Corporation ("Foo" or the "Company")."""
    first, full = re.escape(core[0]), squeezed(words)
    for bracket in _DEFINED.finditer(text):
        if not re.search(rf"\b{first}\b", text[max(0, bracket.start() - 80) : bracket.start()], re.IGNORECASE):
            continue
        for quoted in _QUOTED.findall(bracket[1]):
            short = squeezed([quoted])
            if quoted[:1].isupper() and quoted.lower() not in NOT_SHORT_FORMS and _abbreviates(short, full):
                yield quoted


def _abbreviates(short: str, full: str) -> bool:
    """Whether the letters of `short` stand in `full` in the same order, from the first letter on."""
    letters = iter(full)
    return len(short) > 1 and short[0] == full[0] and all(letter in letters for letter in short)


def _stem_words(stem: str) -> list[str]:
    return [word for word in re.split(r"[\s_\-.,()]+", stem) if word]
