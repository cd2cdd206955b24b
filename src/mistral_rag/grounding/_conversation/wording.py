"""Words of questions and follow-ups: those that ask, go on, point back or name a time, in one place.

Follow-ups are told in English, German, French and Spanish, what is common also in Dutch, Italian and Portuguese.
"""

import re
from typing import Final

from mistral_rag.text import MONTHS, content_words

LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "pt")
_MONTH: Final = "|".join(sorted(MONTHS, key=len, reverse=True))

ASKS: Final = frozenset(
    """
    what which who whom whose when where why how is are was were do does did has have had can could may must
    should shall
    will would
    was welche welcher welches welchem welchen wer wem wen wessen wann wo wohin warum wieso weshalb wie wieviel ist
    sind war waren
    hat haben kann können darf dürfen muss müssen soll sollen wird werden gibt
    que quel quelle quels quelles qui quand où pourquoi comment combien est sont était quoi
    qué cuál cuáles quién quiénes cuándo dónde cómo cuánto cuántos cuánta cuántas es son fue
    cosa quale quali chi quando dove perché come quanto quanti wat welke wie wanneer waar waarom hoe hoeveel
    """.split()  # noqa: SIM905 (reads better)
)
"""Words that open a question of its own."""
TELLS: Final = frozenset(["am", "list", "name", "give", "show", "tell", "explain", "describe", "find", "nenne"])
"""Verbs that open a request of its own."""
MEASURES: Final = frozenset(
    "long much many often far old high big lange hoch oft alt viel viele temps tiempo por".split()  # noqa: SIM905
)
"""Words behind "how" that go with the asking word."""
SAYS_ON: Final = frozenset(
    """
    more else again further exactly really sure mean meant come large so then since
    there true go ahead continue elaborate example instance reason one ones other others thing things same also
    too ok okay
    thanks please not
    groß seit mehr genau noch weiter sonst dann ja nein denn
    beispiel grund wirklich eigentlich
    encore alors plus quand más además entonces
    """.split()  # noqa: SIM905 (reads better)
)
"""Words that ask on and name nothing to look for."""
_UNITS_OF_TIME: Final = (
    r"(?:fiscal|financial|calendar)|years?|months?|quarters?|(?:geschäfts)?jahre?n?s?|monate?n?s?|quartale?n?s?|années?"
    r"|ans?|exercice|mois|trimestres?|años?|ejercicio|meses|mes|anno|anni|jaar|ano|anos"
)
UNIT_OF_TIME: Final = re.compile(rf"\b(?:{_UNITS_OF_TIME})\b", re.IGNORECASE)
TIME: Final = re.compile(
    rf"\b(?:(?:fy|q[1-4]|h[12])?\s?['’]?(?:19|20)\d\d|[qh][1-4]|{_MONTH}|{_UNITS_OF_TIME}"
    r"|\d{1,2}(?:st|nd|rd|th|\.)?|before|after|last|next|previous|later|earlier|vorher|danach)\b",
    re.IGNORECASE,
)
"""Words for a time, which name nothing that a time could be asked of."""
PERIODS: Final = (
    re.compile(r"\b(?:fy\s?|['’])?(?:19|20)\d\d\b", re.IGNORECASE),
    re.compile(
        r"\bQ[1-4]\b|\b(?:first|second|third|fourth)\s+quarter\b|\b[1-4]\.\s*Quartal\b"
        r"|\b(?:erste[nrs]?|zweite[nrs]?|dritte[nrs]?|vierte[nrs]?)\s+Quartal\b"
        r"|\b(?:premier|deuxième|troisième|quatrième)\s+trimestre\b"
        r"|\b(?:primer|segundo|tercer|cuarto)\s+trimestre\b",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:{_MONTH})\b", re.IGNORECASE),
)
"""Years, quarters and months: each kind takes the place of its own."""
ORDINAL: Final = re.compile(
    r"\b(?:first|second|third|fourth|last|erste[nrs]?|zweite[nrs]?|dritte[nrs]?|vierte[nrs]?|letzte[nrs]?|premi(?:er|ère)"
    r"|deuxième|troisième|quatrième|derni(?:er|ère)|primer[ao]?|segund[ao]|tercer[ao]?|cuart[ao]|últim[ao])\b",
    re.IGNORECASE,
)

_AND: Final = r"ok(?:ay)?|so|well|and|but|or|und|aber|oder|et|mais|ou|y|pero|maar"
AND: Final = re.compile(rf"^\W*(?:(?:{_AND})\b[\s,]*)+", re.IGNORECASE)
"""Words that go on; not those that are also the commonest preposition of another language ("en", "e", "o")."""
GOES_ON: Final = rf"^[\W_]*(?:(?:{_AND}|then|dann|alors|e|o|entonces)\b[\s,]*)*"
"""The same in a conversation, where "e" and "o" may be Spanish."""
_WHAT_ABOUT: Final = (
    r"(?:what|how)\s+about|what\s+if\s+not|wie\s+(?:ist|sieht)\s+es(?:\s+aus)?\s+(?:bei|mit|für)"
    r"|wie\s+sieht['’]?s\s+(?:bei|mit)|qu['’]en\s+est-il\s+(?:de|du|des|pour)|qué\s+(?:hay|pasa|tal)\s+(?:de|del|con)"
)
WHAT_ABOUT: Final = re.compile(
    rf"^\W*(?:(?:and|so|but|und|et|y|e|en)\s+)?(?:{_WHAT_ABOUT}"
    r"|was ist mit(?= (?:(?:de[rmn]|die|das|eine[mr]?) )?\S+$)|et pour|e per|en voor)\b",
    re.IGNORECASE,
)
ABOUT: Final = re.compile(rf"{GOES_ON}(?:{_WHAT_ABOUT})\b", re.IGNORECASE)
LEAD: Final = re.compile(rf"{GOES_ON}(?:(?:{_WHAT_ABOUT}|was\s+ist\s+mit)\b)?\s*", re.IGNORECASE)

PREPOSITION: Final = (
    r"(?:for|in|at|with|on|to|from|by|about|of|für|bei|mit|nach|von|aus|im|am|an|seit|pour|en|à|au|aux|avec|chez|dans"
    r"|para|con|por|de|del|desde)"
)
ARTICLE: Final = (
    r"(?:the|a|an|der|die|das|den|dem|des|ein|eine|einen|einem|einer|le|la|les|l['’]|du|un|une|el|los|las|una)"
)
SMALL: Final = re.compile(rf"^(?:{PREPOSITION}\s+)?(?:{ARTICLE}\s*\b)?\s*", re.IGNORECASE)

_PERSON: Final = r"he|she|they|him|them|his|her|hers|their|theirs|himself|herself|themselves"
_THING: Final = r"it|its|itself"
_OTHER: Final = (
    r"ihn|ihm|ihnen|dessen|deren|davon|dafür|dazu|darüber|dabei|damit|daran|dagegen"
    r"|celui-ci|celle-ci|cela|ça|lui|leur|ello|eso|ése|ella|ellos|ellas"
)
PRONOUN: Final = re.compile(rf"\b(?:{_PERSON}|{_THING}|{_OTHER})\b", re.IGNORECASE)
"""Pronouns that need what was said before wherever nothing stands before them."""
ANY_PRONOUN: Final = re.compile(
    rf"\b(?:{_PERSON}|{_THING}|{_OTHER}|this|that|these|those|one|else|same|er|sie|es|dort|das|elles?|ils?|él|es[oa]|allí)\b",
    re.IGNORECASE,
)
"""The same with those that may stand for nothing said."""

_ASKING_ONLY: Final = (
    r"there|welche[mnrs]?|es|a|ont|est-ce|il|y|está|hay|se|ha|the|an?|der|die|das|den|dem|ein|eine[mnr]?|le|la|les|un|une"
    r"|el|los|las|una"
)
ASKING: Final = re.compile(
    rf"\b(?:{'|'.join(sorted(ASKS | MEASURES, key=len, reverse=True))}|{_ASKING_ONLY})\b[\s-]*", re.IGNORECASE
)
"""Words that open a question, before what it is about."""


def bare(question: str) -> str:
    """A question on one line, without the signs around it."""
    return " ".join(question.split()).strip(" ?!.¿¡")


def says_nothing(text: str) -> bool:
    """True when no word is left but those of grammar and of asking."""
    left = " ".join(ASKING.sub(" ", text).split())
    return any(not content_words(left, language) for language in LANGUAGES)


def names_nothing(text: str) -> bool:
    """True when no word is left but those of grammar, of a time, and of asking on."""
    empty = SAYS_ON | ASKS | TELLS | MEASURES
    timeless = " ".join(word for word in WORD.findall(TIME.sub(" ", text).casefold()) if word not in empty)
    return any(not content_words(timeless, language) for language in LANGUAGES)


WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
