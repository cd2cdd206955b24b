"""Words that turn the meaning of what stands beside them: negations, exceptions, conditions.

The languages are those of the stop words, and Polish; plain negations also of the other large languages of Europe,
and of Arabic. The lists are used together, as a page may hold several languages; a word that is none in one of them
("mai", which is May in French) only costs a quote that leaves it out.
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
    inte ej icke ingen inget inga aldrig utan ikke intet aldri uden uten ei eivät emme ilman
    не нет ни без никогда никто ничего нельзя ні немає لا لم لن ليس غير بدون δεν μην όχι χωρίς ποτέ
    není nejsou nebyl nikdy ne nemá nesmí nelze nu fără niciodată nici değil değildir yok לא אין אסור không tidak
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
_GOVERNORS: Final = frozenset(
    """
    deny denies denied denying false untrue forbid forbids forbidden prohibit prohibits prohibited banned refuse refuses
    refused fail fails failed rarely seldom scarcely barely few unlikely impossible allegedly reportedly supposedly
    purportedly contrary doubt doubts doubted wrong stopped ceased avoid avoids avoided unable lack lacks lacked
    if unless except excepting excluding than
    wenn falls sofern ausgenommen tenzij indien behalve sauf salvo excepto eccetto tranne exceto jeśli jeżeli chyba
    bestreitet bestritt bestritten leugnet verboten verbietet untersagt selten kaum falsch unwahr angeblich
    nia nient niée interdit interdite interdits interdites rarement faux refuse prétendument
    niega negó negado prohibido prohibida prohíbe falso falsa rara raramente supuestamente
    nega negato negò vieta vietato vietata raramente presunto
    negou proibido proibida proíbe supostamente
    ontkent ontkende verboden zelden nauwelijks onwaar vermeend
    forbudt förbjudet kielletty запрещено запрещается забранено zakázáno tilos yasaktır ممنوع يمنع
    zaprzecza zaprzeczył zabronione zabroniony zakazane rzadko rzekomo
    """.split()  # noqa: SIM905 (reads better)
)
"""Words that turn what follows them in their clause, and nothing before them."""
_CONDITION: Final = r"""(?:
    if|unless|except|excepting|excluding|provided\s(?:that|however)|other\sthan|save\s(?:for|that|as)|subject\sto|should
  | when|until|till|with\sthe\sexception|apart\sfrom|aside\sfrom|insofar|on\scondition|assuming|to\sthe\sextent|minus
  | (?:as|so)\slong\sas|in\scase|only\s(?:if|when)|but\s(?:only|for)|barring
  | wenn|falls|sofern|soweit|außer|ausser|es\ssei\sdenn|ausgenommen|vorbehaltlich|mit\sausnahme
  | s['’]il|si|sauf|excepté|hormis|à\s(?:moins|condition|l['’]exception)|pourvu|sous\sréserve
  | salvo|excepto|a\smenos|siempre\sque|con\sexcepción|se|eccetto|tranne|a\smeno|purché|exceto|desde\sque
  | tenzij|indien|mits|behalve|uitgezonderd|chyba|jeśli|jeżeli|oprócz|o\sile|om|utom|hvis|undtagen|если|кроме
  )(?![\w’'-])"""
_CONDITION_BEHIND: Final = re.compile(rf"[\s,;–—(-]*{_CONDITION}", re.VERBOSE)
_BUT: Final = re.compile(r"\b(?:every\w*|all|any\w*|alles?|alle|tout|todo|tutto|tudo)\s*\Z", re.IGNORECASE)
_BUT_BEHIND: Final = re.compile(r"\s*(?:but|bis\sauf|menos|meno|mas)\b")
_THAT: Final = re.compile(r",(?=\s+(?:dass|daß|ob|że|že|что|hogy)\b)")
"""A comma that divides a verb from what it governs ("Er bestreitet, dass …")."""
_MODAL_BEHIND: Final = re.compile(
    r"\b(?:may|might|could|would|should|könnten?|sollten?|würden?|dürften?|pourra(?:it|ient)|devra(?:it|ient)"
    r"|podrían?|debería[n]?|potrebbe(?:ro)?|dovrebbe(?:ro)?|poderia[m]?|zou(?:den)?|mógłby|mogłaby)\s*\Z"
)
_MAIN_CLAUSE_BEHIND: Final = re.compile(
    r"[,–—:](?:\s*(?:and|or|then|und|oder|dann|so|et|ou|alors|y|o|entonces|e|allora|então|en|of|dan|i|lub))?\s*\Z",
    re.IGNORECASE,
)
_CONDITION_FIRST: Final = re.compile(_CONDITION, re.VERBOSE | re.IGNORECASE)
_HEARSAY: Final = re.compile(r"(?:allegedly|reportedly|supposedly|purportedly|angeblich|rzekomo)\b", re.IGNORECASE)
_SENTENCE_STOP: Final = re.compile(r"[.!?…:;•。！？](?=\s|\Z)|\n\s*+(?=[A-ZÀ-ÖØ-Þ])|\n\s*\n")
"""Ends of a sentence; a line that begins with a capital letter may be a row or a heading."""
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


def is_negation(word: str) -> bool:
    """True for a word of negation, in any letters; the "No" of a form and of "No. 5" look the same."""
    return _negates(word.lower())


def turns(text: str) -> bool:
    """True when leaving `text` out may turn the meaning of what stands beside it."""
    return any(_negates(word) or word in _TURNS for word in _words(text))


def stops_short(text: str, start: int, end: int) -> bool:
    """True when a quote leaves out a negation or condition of the clause or sentence in which it begins or ends."""
    if _begins_behind_condition(text, start) or _ends_before_condition(text, start, end):
        return True
    around = text[max(0, start - _PAGE_CONTEXT) : start + _PAGE_CONTEXT]
    ignored: frozenset[str] = _NOT_IN_PORTUGUESE if _PORTUGUESE.search(around) else frozenset()
    before = _THAT.sub(" ", text[max(0, start - _CONTEXT) : start])
    if _ends_with_negation(before, ignored) or _MODAL_BEHIND.search(before):
        return True
    clause = _clause_before(before, text[start : start + 1], ignored)
    behind = text[end : end + _CONTEXT]
    stop = _BREAK_BEHIND.search(behind)
    rest = "" if text[end - 1] in _CLOSING else behind[: stop.start()] if stop else behind
    words_before = list(_words(clause + text[start : start + 1], len(clause)))
    if not _GOVERNORS.isdisjoint(words_before):
        return True
    return any(_negates(word) and word not in ignored for word in (*words_before, *_words(rest)))


def _begins_behind_condition(text: str, start: int) -> bool:
    """True when a quote begins with a main clause of a sentence that opens with a condition: "If it rains, we go"."""
    before = text[max(0, start - _CONTEXT) : start]
    if _MAIN_CLAUSE_BEHIND.search(before) is None:
        return False
    stops = [stop.end() for stop in _SENTENCE_STOP.finditer(before + text[start : start + 1])]
    sentence = before[max((stop for stop in stops if stop <= len(before)), default=0) :].lstrip("\"'“„«(- \t\n")
    return _CONDITION_FIRST.match(sentence) is not None or _HEARSAY.match(sentence) is not None


def _ends_before_condition(text: str, start: int, end: int) -> bool:
    """True when a condition or exception follows: "The fee is due", of "The fee is due unless it rains"."""
    if text[end - 1] in _CLOSING - {",", ";", ")", "]"}:
        return False
    behind = text[end : end + _CONTEXT]
    if _CONDITION_BEHIND.match(behind):
        return True
    return _BUT_BEHIND.match(behind) is not None and _BUT.search(text[max(start, end - 20) : end]) is not None


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
