"""The names a document gives its company: as printed, in short, by ticker and by the name of the file."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from mistral_rag.text import NON_ALPHANUMERIC


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LEGAL_FORMS: Final = _words(
    """
    ab ag aktiengesellschaft asa bv co company companies corp corporation gmbh group holding holdings inc incorporated
    international kg kgaa limited llc llp lp ltd nv oyj plc sa sarl sas se spa srl the trust and of
    aps as berhad bhd jsc kk lda oy pjsc pt pte pty sab sdn sgps tbk
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

CONNECTING: Final = _words("and or of the a an for in on at by to with from &")
NO_NAMES: Final = CONNECTING | _words(
    """
    is are was were be been has have had not cannot such any this that these those shall must its their
    officer president chairman director directors secretary treasurer
    """
)
"""Words of sentences and titles: what holds one of them in the middle is no company's name."""
PLACES: Final = _words(
    """
    africa african america american asia asian atlantic australian austrian british canadian china chinese dutch east
    eastern england english europe european first france french general german great india indian israel italian japan
    japanese kingdom korea korean latin london mexico national new north northeast northern northwest pacific royal
    scottish south southeast southern southwest spanish states swedish swiss union united west western york
    """
)
"""Words that many names hold and that alone name none of them."""
NOT_ALONE: Final = NO_NAMES | LEGAL_FORMS | PLACES | GENERIC

COVERS: Final = 4
"""Pages of which one is the cover: title pages and notices may come before it."""
MIN_MENTIONS: Final = 3
"""Mentions that make a name with a legal form the usual one of a text; partners and rivals have fewer."""
MIN_FIRST_WORD: Final = 4
"""Letters of a name's first word that is a name by itself."""
MIN_PAGES: Final = 20
"""Pages that would use a common word sooner or later."""

_WORD: Final = re.compile(r"[^\W_]+(?:[&’'.-](?=[^\W_])[^\W_]+)*&?|&")
_CHARTER: Final = re.compile(r"\(\s*Exact\s+name\s+of\s+(?:the\s+)?registrant", re.IGNORECASE)
_DEFINED: Final = re.compile(r"\(([^()]{0,80}[“\"][^()]{2,100})\)")
_QUOTED: Final = re.compile(r"[“\"]([^“”\"]{2,40})[”\"]")
_TICKER_TABLE: Final = re.compile(r"\b([A-Z][A-Z.]{0,5})\s+(?:The\s+)?(?:NASDAQ|Nasdaq|New\s+York\s+Stock|NYSE)\b")
_TICKER: Final = re.compile(
    r"\((?:NASDAQ|Nasdaq|NYSE|NYSE\s+American|LSE|TSX|Euronext)(?:\s?GS)?\s*[:–-]\s*([A-Z][A-Z.]{0,5})\)"
)
_NO_NAME: Final = re.compile(r"\b(?:commission|file\s+n\w*|period|act\s+of|form\s+\d)", re.IGNORECASE)
_NAME: Final = r"((?:[A-Z][\w&’'.-]{0,40},?\s+|&\s+|and\s+|of\s+){1,6}"
_BEFORE_TICKER: Final = re.compile(_NAME + r")\((?:NASDAQ|Nasdaq|NYSE|LSE|TSX|Euronext)\b")
_WITH_LEGAL_FORM: Final = re.compile(
    _NAME + r"(?:Inc|INC|Corporation|CORPORATION|Corp|plc|PLC|AG|SE|GmbH|S\.A|N\.V|Ltd|Limited|LIMITED)\b\.?)"
)
_EXCHANGES: Final = frozenset({"LLC", "NYSE", "THE", "NONE", "INC", "N.A", "LSE"})


def squeezed(words: Iterable[str]) -> str:
    """Words as one string of lower-case letters and digits."""
    return NON_ALPHANUMERIC.sub("", "".join(word.lower() for word in words))


def words_of(text: str) -> list[str]:
    """Words as written, possessives cut off."""
    return [re.sub(r"['’]s?$", "", word) for word in _WORD.findall(text)]


def official_name(cover: str, kind: str) -> str:
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


def cover_of(pages: Sequence[str]) -> int:
    """The index of the cover among the first pages: the one that names a registrant, behind a title page or not."""
    return next((at for at, page in enumerate(pages[:COVERS]) if _CHARTER.search(page)), 0)


def usual_name(text: str) -> str:
    """The name with a legal form that stands in a text often, and twice as often as any other; empty for none."""
    found = Counter(name for name in map(_plain_name, _WITH_LEGAL_FORM.findall(text)) if name)
    (name, count), (_, next_count) = (*found.most_common(2), ("", 0), ("", 0))[:2]
    return name if count >= max(MIN_MENTIONS, 2 * next_count) else ""


def _plain_name(printed: str) -> str:
    """A printed name without the gaps of small capitals ("R ESORTS"), signs and small words around it."""
    if _NO_NAME.search(printed):
        return ""
    words = re.sub(r"\b([A-Z]) ([A-Z]{2,})\b", r"\1\2", printed).strip(" ,;:()").split()
    while words and words[0].lower() in CONNECTING - {"the", "a"}:
        words.pop(0)
    if {word.lower().strip(",.") for word in words} & (NO_NAMES - CONNECTING):
        return ""
    return " ".join(words)[:100]


def own_names(official: str, stem: str, kind: str) -> list[str]:
    """Aliases that mean nobody else: the printed name without its legal form, the first word of the file's name."""
    core = squeezed(_core(words_of(official)))
    letters = [word for word in _stem_words(stem) if word.isalpha() and len(word) > 1] if kind else []
    file_names = [squeezed([word]) for word in letters if word.lower() not in GENERIC | LEGAL_FORMS]
    return list(dict.fromkeys(name for name in (core, *file_names[:1]) if len(name) > 1))


def all_names(official: str, own: Sequence[str], text: str) -> dict[str, str]:
    """All aliases with how a question must write them (see `FilingProfile.names`); `text` is of the first pages."""
    words = words_of(official)
    core = _core(words)
    names = _official_names(words, core, text) if core else {}
    names |= {name: _shape(name, text) for name in own if name not in names}
    tickers = {*_TICKER.findall(text), *(_TICKER_TABLE.findall(text[:4000]) if own else ())} - _EXCHANGES
    for ticker in tickers:
        names.setdefault(squeezed([ticker]), "upper")
    return {
        alias: _loud(alias, shape, text) for alias, shape in names.items() if len(alias) > 1 and not alias.isdigit()
    }


def first_word(official: str, texts: Sequence[str]) -> str:
    """The first word of a name of several, squeezed, where it tells the company from others; empty where not.

    It does when no page of a long document uses it as a common word, and none as a place ("Dallas, Texas").
    """
    core = _core(words_of(official))
    if len(texts) < MIN_PAGES or len(core) < 2 or len(core[0]) < MIN_FIRST_WORD or core[0].lower() in NOT_ALONE:
        return ""
    placed = re.compile(rf"(?:,|\b[Ii]n)\s+{re.escape(core[0])}\b(?!\s+{re.escape(core[1])})")
    common = any(placed.search(page) or _is_used_small(core[0], page) for page in texts)
    return "" if common else squeezed(core[:1])


def _core(words: Sequence[str]) -> list[str]:
    core = list(words)
    while core and squeezed(core[-1:]) in LEGAL_FORMS | {""}:
        core.pop()
    while core and squeezed(core[:1]) in {"the", "pt", ""}:
        core.pop(0)
    return core


def _official_names(words: Sequence[str], core: Sequence[str], text: str) -> dict[str, str]:
    names = {squeezed(words): "any", squeezed(core): "any"}
    if len(core) == 1 and _is_used_small(core[0], text):
        names[squeezed(core)] = "capital"
    for count in range(2, len(core)):
        telling = [word for word in core[:count] if word.lower() not in CONNECTING | LEGAL_FORMS]
        if core[count - 1] in telling and len(telling) > 1:
            names.setdefault(squeezed(core[:count]), "any")
    for at, word in enumerate(core):
        if len(core) > 1 and word.lower() not in NOT_ALONE and _stands_alone(core, at, text):
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


def _loud(alias: str, shape: str, text: str) -> str:
    """Initials that are a word of the document's, too (COST), are names in upper case alone."""
    return "shout" if shape == "upper" and _is_used_small(alias, text) else shape


def _is_used_small(word: str, text: str) -> bool:
    """True when the word stands in lower case in `text`, web addresses apart."""
    return re.search(rf"(?<![\w./@-]){re.escape(word.lower())}(?![\w@/-]|\.\w)", text) is not None


def _stands_alone(core: Sequence[str], at: int, text: str) -> bool:
    """True when one word of a name is used as a name by itself: often, and never in lower case."""
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
    """True when the letters of `short` stand in `full` in the same order, from the first letter on."""
    letters = iter(full)
    return len(short) > 1 and short[0] == full[0] and all(letter in letters for letter in short)


def _stem_words(stem: str) -> list[str]:
    return [word for word in re.split(r"[\s_\-.,()]+", stem) if word]
