"""Where sentences end, in English, German, French and Spanish prose (and full-width stops).

Rules and word lists, no model: a stop ends a sentence unless what stands before it is an abbreviation, an
initial, an ordinal or an enumerator, or what comes after it does not begin a sentence.
"""

import re
from collections.abc import Iterator

STOP = re.compile(
    r"""(?<![.!?…])[.!?…]++(?:["'”’»›“)\]]|[ \u00a0\u202f]»(?=\s))*(?:\[\d{1,3}\])*(?=\s)|[。！？]+[」』”）]*"""
)
TOKEN_BEFORE = re.compile(r"\S{1,40}$")
OPENING = "\"'“”„‚«»‹›([{¿¡‘—–-•"
NEXT_WORD = re.compile(r"\s*([^\w\s]*)\s*(\w[\w’'-]*)?")
NEXT_ENUMERATOR = re.compile(r"\s*\((?:\w|\d{1,2}|[ivx]{1,5})\)\s")
JOINED = re.compile(r"[/(–—]")
ELISION = re.compile(r"^[^\W\d_]{1,2}['’]")
ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
ENUMERATOR = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})\)?")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEVER_LAST = _words(
    # titles and connectives, which always lead on
    "mr mrs ms dr prof st messrs hon rev gen col capt lt gov sen rep vs approx ca cf eg e.g i.e viz incl excl resp "
    "est hr fr frl dipl ing bzw ggf evtl sog zzgl inkl exkl vgl z.b d.h u.a s.o s.u i.d.r z.t m.e o.g mme mlle mm "
    "gem mio mrd tsd std hrsg me env ex c.-à-d p.ex av bd sr. sra srta dra lic ud uds p.ej aprox"
)
BEFORE_NUMBERS = _words(
    "no nos nr nrn n° art arts fig figs tab sec secs abs ziff kap bd vol ch chap p pp pg s seite núm núms pág págs "
    "rev ref tel ext al par paras § jan feb mar apr jun jul aug sep sept oct nov dec okt dez mrz janv févr avr juil "
    "déc ene abr ago dic"
)
SOMETIMES_LAST = _words(
    "inc corp co ltd llc plc bros jr sr etc cie gmbh usw u.s u.k u.n e.u a.m p.m ph.d s.a n.v b.v d.c l.p n.a "
    "dept div assn intl mfg sta cía ee.uu act"
)
STARTERS = _words(
    "the a an this that these those it its they their we our he she his her you i in on at as for from by with to if "
    "when while although however therefore thus also and but or no not all any each such there here under upon after "
    "before during since because what which who how why see during both neither except unless "
    "der die das ein eine dieser diese dieses er sie es wir ihr im in am auf für von mit nach bei wenn als da doch "
    "aber und oder auch nicht alle jede jeder zur zum zu "
    "le la les l un une des ce cet cette ces il elle ils elles nous vous on en dans pour par avec sur si mais et ou "
    "el los las una unos unas este esta estos estas él ella ellos nosotros en para por con si pero y o no se"
)
BEFORE_ORDINALS = _words(
    "der die das dem den des im am vom zum zur beim seit jeder jedem jeden bis ab ein eine einem einen"
)
MONTHS = _words(
    "januar jänner februar märz april mai juni juli august september oktober november dezember "
    "quartal jahrhundert halbjahr auflage"
)


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """The ranges of the sentences in ``text[start:end]``, without the blanks around them.

    Every character but white space is in exactly one range.
    """
    end = len(text) if end is None else end
    begin = start
    for stop in STOP.finditer(text, start, end):
        if _ends_sentence(text, begin, stop, end):
            yield from trimmed(text, begin, stop.end())
            begin = stop.end()
    yield from trimmed(text, begin, end)


def trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The range without blanks at its ends; nothing when only blanks are left."""
    inner = text[start:end]
    if body := inner.strip():
        lead = len(inner) - len(inner.lstrip())
        yield start + lead, start + lead + len(body)


def can_begin(text: str) -> bool:
    """Whether a sentence may begin so: a capital, a digit, a script without case, or a name such as iPhone."""
    return not text[:1].islower() or text[1:2].isupper()


def _ends_sentence(text: str, begin: int, stop: re.Match[str], end: int) -> bool:
    mark = stop[0][0]
    if mark in "。！？":
        return True
    following = NEXT_WORD.match(text, stop.end(), min(end, stop.end() + 60))
    lead, word = (following[1], following[2] or "") if following else ("", "")
    if not word:
        return bool(lead) or stop.end() >= end
    if not can_begin(word):
        return lead[:1] in {"•", "●", "▪"} or NEXT_ENUMERATOR.match(text, stop.end(), end) is not None
    return stop[0][0] != "." or _full_stop(text, begin, stop.start(), word)


def _full_stop(text: str, begin: int, at: int, word: str) -> bool:
    """Whether the dot at `at` ends a sentence, given that `word` may begin one."""
    before = TOKEN_BEFORE.search(text, max(begin, at - 41), at)
    token = JOINED.split(before[0].lstrip(OPENING))[-1] if before else ""
    lower = ELISION.sub("", token.lower())
    if before and not text[begin : before.start()].strip() and ENUMERATOR.fullmatch(token):
        return False
    if lower in NEVER_LAST or (len(token) == 1 and token.islower()):
        return False
    if lower in BEFORE_NUMBERS and (word[0].isdigit() or len(word) == 1):
        return False
    if token.isdigit() and len(token) <= 2:
        return not _ordinal(text, begin, before.start() if before else at, word)
    if lower in SOMETIMES_LAST or ACRONYM.fullmatch(token) or (len(token) == 1 and token.isupper()):
        return word.lower() in STARTERS
    return True


def _ordinal(text: str, begin: int, at: int, word: str) -> bool:
    """German ordinals: "am 3. Mai", "im 2. Quartal"."""
    words = text[max(begin, at - 41) : at].split()
    return word.lower() in MONTHS or (bool(words) and words[-1].lower() in BEFORE_ORDINALS)
