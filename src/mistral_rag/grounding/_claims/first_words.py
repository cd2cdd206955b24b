"""First words of statements: names, or common words that only begin a sentence and have their capital from that.

Without an article, a common noun in the singular seldom stands before a verb ("Apex had 287 employees"); those that do
are nouns of masses and deeds ("Staff was cut", "Parking is free"), and are listed or known by their endings.
"""

import re
from collections.abc import Sequence
from typing import Final

from mistral_rag.grounding._claims.alignment import TextToken
from mistral_rag.grounding._claims.opposites import sides_of
from mistral_rag.text import STARTERS, STOP_WORDS, measure_word, numbers


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SINGULAR: Final = _words(
    "is was has does a est était avait es fue era tiene tenía había è aveva ha heeft é foi tem tinha"
)
"""Verbs in the singular: a word that ends like a plural before one of them is none ("Siemens has")."""
_VERBS: Final = _SINGULAR | _words(
    """had will can could would may must did are were said made sold bought paid won lost held led built began became
    gave got kept left met ran sent spent took went wrote grew rose fell"""
)
_ENDINGS: Final = re.compile(
    r"(?:[a-z]ing|ly|tions?|sions?|ments?|ness|ships?|ism|ances?|ences?|ility|ivity|ability|ages?|ures?|[a-z]{3}ed)\Z"
)
"""Endings of nouns of deeds and of adverbs and participles, which begin sentences without an article."""
_COMMON: Final = _words(
    """revenue income profit turnover output headcount staff personnel workforce management cash debt equity capital
    stock inventory demand supply growth cost price pay tax rent interest credit money trade business industry work
    travel leave access approval permission proof notice use help support care health safety security privacy
    insurance delivery payment data information evidence research news advice software hardware equipment furniture
    traffic transport freight mail email post paper water air food fuel oil gas coal gold power energy electricity heat
    steam wood steel land weather rain snow time space room history law society nature science music art literature
    everyone everybody someone somebody anyone anybody nobody nothing everything something anything neither either each
    one two three four five six seven eight nine ten half most many few several another others part none yes today
    yesterday tomorrow now then here people men women children police youth life death war peace education knowledge
    luggage baggage breakfast lunch dinner overtime homework teamwork feedback progress
    consent liability responsibility eligibility validity quality quantity capacity productivity unemployment
    smoking maintenance production consumption distribution inflation gross net total ebitda ebit"""
)
_DETERMINERS: Final = _words("a an the its their his her no more over about nearly only")


def is_name_at_start(tokens: Sequence[TextToken], at: int, language: str) -> bool:
    """True for a first word that another capitalised word follows, that is in capitals, or that names who acts."""
    follows = at + 1 < len(tokens) and tokens[at + 1].is_capitalised and not tokens[at + 1].is_number
    if follows or (len(tokens[at].text) > 1 and tokens[at].text.isupper()):
        return True
    owner = re.fullmatch(r"(.+)['’]s?", tokens[at].text)
    word = (owner[1] if owner else tokens[at].text).lower()
    return not _is_common(word, language) and (owner is not None or _acts(tokens, at))


def _is_common(word: str, language: str) -> bool:
    """True for words of the language, as far as lists and endings tell."""
    listed = word in STOP_WORDS.get(language, ()) or word in STARTERS or word in _COMMON
    return listed or bool(sides_of(word) or measure_word(word) or numbers(word, named=True) or _ENDINGS.search(word))


def _acts(tokens: Sequence[TextToken], at: int) -> bool:
    """True when a verb follows that the word may be the subject of, in the singular."""
    verb, behind = (tokens[i].text.lower() if i < len(tokens) else "" for i in (at + 1, at + 2))
    if tokens[at].text.endswith("s"):
        return verb in _SINGULAR  # else a plural
    third = verb.endswith("s") and not verb.endswith("ss") and (behind in _DETERMINERS or behind[:1].isdigit())
    return verb in _VERBS or third or (len(verb) > 3 and verb.endswith("ed"))
