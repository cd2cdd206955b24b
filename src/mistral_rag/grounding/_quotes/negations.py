"""Words that turn the meaning of what stands beside them: negations, exceptions, conditions.

The languages are those of the stop words, and Polish. The lists are used together, as a page may hold several
languages; a word that is none in one of them ("mai", which is May in French) only costs a quote that leaves it out.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_NEGATIONS: Final = frozenset(
    """
    no not never none neither nor without nothing nobody nowhere cannot hardly
    nicht kein keine keiner keines keinem keinen nie niemals niemand nichts ohne weder
    ne n pas non jamais aucun aucune sans
    ni nunca sin ningún ninguno ninguna nada nadie tampoco
    senza nessun nessuno nessuna niente nulla neanche nemmeno neppure né
    não nem sem nenhum nenhuma ninguém
    niet geen nooit niemand niets zonder noch
    nie bez nigdy nikt żaden żadna żadne
    """.split()  # noqa: SIM905 (reads better)
)
_TURNS: Final = _NEGATIONS | frozenset(
    """
    except excepting excluding exclude excludes excluded exception exceptions unless only if provided other rather
    instead but however failed fails fail lack lacks lacked refused denied barely scarcely until subject otherwise
    außer ausser ausgenommen sofern falls wenn nur lediglich vorbehaltlich sondern ausgeschlossen kaum aber sei
    sauf excepté excepte hormis hors moins seulement uniquement si sinon mais rien personne nul nulle guère ni qu
    salvo excepto menos solo sólo solamente únicamente pero sino sí
    eccetto tranne meno soltanto solamente se purché ma mai
    exceto só somente apenas mas jamais
    behalve tenzij uitgezonderd alleen slechts mits indien maar
    oprócz chyba tylko jeśli jeżeli poza ani nic ale
    """.split()  # noqa: SIM905 (reads better)
)
_WORD: Final = re.compile(
    r"""(?<![\w'’-]) (?!nos?\.?\s?\d)              # No. 5
        (?-i:(?!No\b(?!\s+(?![A-Z])[^\W\d_])))     # the No of a form, as in "Yes ☒ No ☐"
        [^\W\d_]++ (?:['’][^\W\d_]++)*+ (?!-\w)    # not the non of non-GAAP""",
    re.VERBOSE | re.IGNORECASE,
)
_CONTRACTED: Final = re.compile(r"n['’]t\Z|\An['’]", re.IGNORECASE)
"""English "can't" and French "n'est"."""
_PORTUGUESE: Final = re.compile("ção|ções|não", re.IGNORECASE)
_NOT_IN_PORTUGUESE: Final = frozenset({"no", "se"})
"""In Portuguese "in the" and "itself"."""

_CONTEXT: Final = 200
"""Characters of a clause that are looked at on each side of a quote."""
_PAGE_CONTEXT: Final = 2_000
"""Characters on each side of a quote's beginning that tell the language."""
_STOP: Final = r"[.,;:!?…()\[\]–—•☐☑☒☓✓✔✗✘](?=\s|\Z)|(?-i:\n\s*+(?![^\W\dA-ZÀ-ÖØ-Þ_]))"
_CLOSING: Final = frozenset(".,;:!?…)]。！？")
_TURN: Final = "but|aber|sondern|mais|pero|sino|ma|mas|maar|ale"
_BREAK_BEFORE: Final = re.compile(rf"{_STOP}|\b(?:{_TURN})\b", re.IGNORECASE)
_BREAK_BEHIND: Final = re.compile(rf"{_STOP}|\b(?:{_TURN}|and|und|et|y|e|en|i)\b", re.IGNORECASE)
_LAST_WORD: Final = re.compile(r"([^\W\d_]+)\s*\Z")


def count_negations(text: str) -> int:
    """Number of words of negation in `text`."""
    return sum(1 for word in _words(text) if _negates(word))


def turns(text: str) -> bool:
    """True when leaving `text` out may turn the meaning of what stands beside it."""
    return any(_negates(word) or word in _TURNS for word in _words(text))


def stops_short(text: str, start: int, end: int) -> bool:
    """True when the clause in which a quote begins or ends has a negation that the quote leaves out."""
    around = text[max(0, start - _PAGE_CONTEXT) : start + _PAGE_CONTEXT]
    ignored: frozenset[str] = _NOT_IN_PORTUGUESE if _PORTUGUESE.search(around) else frozenset()
    before = text[max(0, start - _CONTEXT) : start]
    if _ends_with_negation(before, ignored):
        return True
    clause = _clause_before(before, text[start : start + 1], ignored)
    behind = text[end : end + _CONTEXT]
    stop = _BREAK_BEHIND.search(behind)
    rest = "" if text[end - 1] in _CLOSING else behind[: stop.start()] if stop else behind
    left_out = (*_words(clause + text[start : start + 1], len(clause)), *_words(rest))
    return any(_negates(word) and word not in ignored for word in left_out)


def _clause_before(before: str, first: str, ignored: frozenset[str]) -> str:
    """The part of a clause before its character `first`; a negation reaches over what stands between commas behind it.

    In "did not, we hope, fall" the clause of "fall" begins with "did".
    """
    begin = 0
    reaches = False
    for found in _BREAK_BEFORE.finditer(before + first):
        comma = found[0] == ","
        reaches = comma and (reaches or _ends_with_negation(before[: found.start()], ignored))
        if found.end() <= len(before) and not reaches:
            begin = found.end()
    return before[begin:]


def _ends_with_negation(text: str, ignored: frozenset[str]) -> bool:
    last = _LAST_WORD.search(text)
    return last is not None and last[1].islower() and last[1] in _NEGATIONS - ignored


def _negates(word: str) -> bool:
    return word in _NEGATIONS or _CONTRACTED.search(word) is not None


def _words(text: str, end: int | None = None) -> Iterator[str]:
    """Words that begin before `end`, in small letters."""
    composed = unicodedata.normalize("NFC", text)
    for found in _WORD.finditer(composed):
        if end is None or found.end() <= end:
            yield found[0].lower()
