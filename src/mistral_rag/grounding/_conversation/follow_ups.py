"""Follow-ups made whole by rules: "And in 2021?" after "What were net sales in 2022?" asks for those of 2021.

English, German, French and Spanish. What the rules cannot put into the earlier question they set beside it, so that a
search has the words of both.
"""

import re
from collections.abc import Iterable
from typing import Final

from mistral_rag.grounding._asked.follow_ups import refers_back
from mistral_rag.text import MONTHS, content_words

MAX_CHARACTERS: Final = 2_000
"""Characters of a question made whole: earlier questions are asked again and again."""
MAX_FOLLOW_UP: Final = 300
"""Characters of a follow-up; who writes more says what it is about."""
_LANGUAGES: Final = ("en", "de", "fr", "es")

_GOES_ON: Final = (
    r"^[\W_]*(?:(?:ok(?:ay)?|so|well|and|but|or|then|und|aber|oder|dann|et|mais|ou|alors|y|e|pero|o|entonces)\b[\s,]*)*"
)
_WHAT_ABOUT: Final = (
    r"(?:(?:what|how)\s+about|what\s+if\s+not|wie\s+(?:ist|sieht)\s+es(?:\s+aus)?\s+(?:bei|mit)"
    r"|wie\s+sieht['’]?s\s+(?:bei|mit)|qu['’]en\s+est-il\s+(?:de|du|des|pour)|qué\s+(?:hay|pasa|tal)\s+(?:de|del|con))\b"
)
_LEAD: Final = re.compile(rf"{_GOES_ON}(?:{_WHAT_ABOUT}|was\s+ist\s+mit\b)?\s*", re.IGNORECASE)
_ABOUT: Final = re.compile(rf"{_GOES_ON}{_WHAT_ABOUT}", re.IGNORECASE)
_PREPOSITION: Final = (
    r"(?:for|in|at|with|on|to|from|by|about|of|für|bei|mit|nach|von|aus|im|am|an|seit|pour|en|à|au|aux|avec|chez|dans"
    r"|para|con|por|de|del|desde)"
)
_ARTICLE: Final = (
    r"(?:the|a|an|der|die|das|den|dem|des|ein|eine|einen|einem|einer|le|la|les|l['’]|du|un|une|el|los|las|una)"
)
_SMALL: Final = re.compile(rf"^(?:{_PREPOSITION}\s+)?(?:{_ARTICLE}\s*\b)?\s*", re.IGNORECASE)

_PERIODS: Final = (
    re.compile(r"\b(?:fy\s?|['’])?(?:19|20)\d\d\b", re.IGNORECASE),
    re.compile(
        r"\bQ[1-4]\b|\b(?:first|second|third|fourth)\s+quarter\b|\b[1-4]\.\s*Quartal\b"
        r"|\b(?:erste[nrs]?|zweite[nrs]?|dritte[nrs]?|vierte[nrs]?)\s+Quartal\b"
        r"|\b(?:premier|deuxième|troisième|quatrième)\s+trimestre\b"
        r"|\b(?:primer|segundo|tercer|cuarto)\s+trimestre\b",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b", re.IGNORECASE),
)
"""Years, quarters and months: each kind takes the place of its own."""

_CAPITAL: Final = r"[A-ZÄÖÜÉÈÀÑÁÍÓÚ][\w&'’.-]*"
_TITLE: Final = re.compile(r"C[A-Z]O|VP|MD|[A-Z]{2,4}(?:-[A-Z]{2,4})?")
_NAME: Final = re.compile(rf"(?!C[A-Z]O\b)\b{_CAPITAL}(?:\s+(?:(?:of|and|de|&|und|et|y)\s+)?{_CAPITAL})*")
_AUXILIARY: Final = re.compile(
    r"^(?:is|are|was|were|do|does|did|has|have|had|can|could|may|must|should|shall|will|would)\b", re.IGNORECASE
)
_ASKING: Final = re.compile(
    r"\b(?:what|which|who|whom|whose|when|where|why|how|long|much|many|often|far|old|high|big"
    r"|is|are|was|were|do|does|did|has|have|had|can|could|may|must|should|will|would|there"
    r"|was|welche[mnrs]?|wer|wem|wen|wann|wo|warum|wieso|wie|viele?|lange|hoch|oft|ist|sind|war|waren|hat|haben|wird|werden"
    r"|muss|müssen|darf|dürfen|kann|können|gibt|es"
    r"|que|quel(?:le)?s?|qui|quand|où|pourquoi|comment|combien|est|sont|était|a|ont|est-ce|temps|il|y"
    r"|qué|cuál(?:es)?|quién(?:es)?|cuándo|dónde|cómo|cuánt[oa]s?|por|es|son|fue|está|hay|tiempo|se|ha"
    r"|the|an?|der|die|das|den|dem|ein|eine[mnr]?|le|la|les|un|une|el|los|las|una)\b[\s-]*",
    re.IGNORECASE,
)
"""Words that open a question, before what it is about."""

_IN_CONVERSATION: Final = (
    # lower case: "Sie" is how German addresses its reader
    (
        re.compile(
            r"\b(?:was|welche[mnrs]?|wer|wem|wen|wann|wo|warum|wieso|wie|ist|sind|hat|gilt|wird)\b", re.IGNORECASE
        ),
        re.compile(r"\b(?:sie|er|es|ihn|ihm|ihnen|ihre?[mnrs]?|seine?[mnrs]?)\b(?!\s+(?:gibt|erlaubt|möglich|nötig))"),
    ),
    (
        re.compile(r"\b(?:quel(?:le)?s?|quand|où|pourquoi|comment|combien|qui|est-ce)\b", re.IGNORECASE),
        re.compile(
            r"(?<=-)(?:elles?|ils?|lui|ce)\b|\b(?:elles?|ils|lui|leurs?|son|sa|ses|celui-ci|celle-ci|cela|ça)\b"
        ),
    ),
    (
        re.compile(r"¿|\b(?:qué|cuál(?:es)?|quién(?:es)?|cuándo|dónde|cómo|cuánt[oa]s?)\b", re.IGNORECASE),
        re.compile(r"\b(?:él|ellas?|ellos|sus?|ello|es[oa]|esto|allí|ahí)\b"),
    ),
)
"""Words by which a language is known, and its pronouns that stand for something said before only where something was
said, and nothing stands before them in the question."""
_OBJECT: Final = re.compile(
    r"\b(?:it|them|him|her|this|that|these|those|sie|ihn|es|ihm|ihnen|das|davon)\W*$"
    r"|\b(?:a|take|have|get|use|need|buy|bring|want|give|order)\s+one\b(?!\s+(?:of|day|week|month|year|hour|more))"
    r"|\b(?:is|was|are|were)\s+(?:this|that)\s+(?:in|at|for|with|from|by|on)\b"
    r"|^\W*qui\s+(?:l[ae]s?|lui|leur|en)\s+\w+\W*$|^\W*qui\s+l['’]\w+\W*$"
    r"|^\W*(?:quién(?:es)?|cuándo|cómo|dónde|por qué)\s+(?:l[oae]s?)\s+\w+\W*$",
    re.IGNORECASE,
)
"""A pronoun as the object of a short question: "Who deletes them?"."""
_ASKED_OF_ONE: Final = re.compile(
    r"^\W*(?:and\s+)?(?:what|which|how\s+(?:many|much))\b(?:\s+(?-i:[a-z][\w-]*)){1,4}?\s+(?:do|does|did|has|have|had|will|can|could|must"
    r"|should|would)\s+(?:he|she|they|it(?!\s+(?:take|cost|rain|snow)))\b"
    r"|^\W*(?:und\s+)?(?:wie\s+viele?|welche[mnrs]?)\s+(?:[\w-]+\s+){1,4}?(?:hat|hatte|bekommt|erhält|kann|darf|muss)\s+"
    r"(?-i:sie|er)\b",
    re.IGNORECASE,
)
"""A subject behind the verb, which the thing that is asked for cannot be: "How many leave days does she have?"."""
_BOUNDARY: Final = re.compile(
    r",|\b(?:when|if|after|before|because|while|until|and|or|which|wenn|falls|nachdem|bevor|weil|und|oder)\b",
    re.IGNORECASE,
)
"""Behind it a pronoun may stand for what the question itself names before."""
_GO_ON: Final = re.compile(
    r"(?:please\s+)?(?:(?:tell|show|give)\s+me\s+more|(?:more|any\s+more)(?:\s+details?)?|go\s+on|continue|thanks|thank\s+you"
    r"|(?:erzähl\w*|sag\w*)?\s*(?:mir\s+)?mehr(?:\s+dazu)?|weiter|danke|plus\s+de\s+détails|merci|continue[zr]?"
    r"|(?:dime|cuéntame)\s+más|más(?:\s+detalles)?|gracias)(?:\s+please)?",
    re.IGNORECASE,
)
"""Asks for the same again."""
_POSSESSIVE: Final = re.compile(
    r"(?:its|his|her|their|sein\w{0,2}|ihre?[mnrs]?|son|sa|ses|leurs?|sus?)\s", re.IGNORECASE
)
_ANY_PRONOUN: Final = re.compile(
    r"\b(?:it|its|he|she|they|them|him|her|his|their|this|that|these|those|one|else|same|er|sie|es|ihn|ihm|deren|dessen"
    r"|davon|dafür|dort|das|elles?|ils?|lui|cela|ça|él|ellas?|ellos|es[oa]|allí)\b",
    re.IGNORECASE,
)
_EXPLETIVE: Final = re.compile(
    r"\b(?:gibt es|es gibt|(?:ist|wird|geht) es\b.*\b(?:zu|dass|ob)"
    r"|y a-t-il|il y a|faut-il|(?:est|s['’]agit|peut)-il)\b",
    re.IGNORECASE,
)
_SUBJECT_LEFT_OUT: Final = re.compile(
    r"^¿?\s*(?:y\s+)?(?:(?:desde\s+)?cuándo|cómo|dónde|por\s+qué|por\s+quién)\s+(?:l[oae]s?\s+|se\s+)?"
    r"(?:fue(?:ron)?|es|son|está[n]?|ha[n]?\s+sido)\s+\w+(?:ad|id|t|ch)[oa]s?\s*\?*$"
    r"|^¿?\s*(?:y\s+)?cuánto\s+(?:cuesta|dura|vale|mide|pesa|tarda)n?\s*\?*$",
    re.IGNORECASE,
)
"""Spanish leaves the subject out: "¿Cuándo fue fundada?"."""


def needs_turn(question: str) -> bool:
    """True when a question that comes after others is about what they were about."""
    if len(question) > MAX_FOLLOW_UP:
        return False
    if refers_back(question) or _ABOUT.match(question) or _SUBJECT_LEFT_OUT.match(question.strip()):
        return True
    if _is_fragment(question):
        return True
    if _EXPLETIVE.search(question):
        return False
    if _ASKED_OF_ONE.match(question):
        return True
    if _OBJECT.search(question) and not _BOUNDARY.search(question):
        return True
    return any(
        _is_unbound(question[: found.start()])
        for language, pronoun in _IN_CONVERSATION
        if language.search(question)
        for found in pronoun.finditer(question)
    )


def _is_fragment(question: str) -> bool:
    """True for "Poland?" and "And who pays?": too little to be asked by itself; without a "?" it is a search."""
    bare = _bare(question)
    rest = _LEAD.sub("", bare, count=1).strip()
    words = _SMALL.sub("", rest).split()
    if rest != bare and len(words) <= MAX_GOING_ON:
        return True
    asks = _ASKING.search(_SMALL.sub("", rest)) is not None
    return question.rstrip().endswith("?") and len(words) <= MAX_FRAGMENT and not asks and not _CODE.search(rest)


MAX_FRAGMENT: Final = 3
"""Words of a fragment; more of them are a question in telegram style."""
MAX_GOING_ON: Final = 2
"""The same behind "and": an asking word and a verb that lacks its subject or object."""
_CODE: Final = re.compile(r"\w*[A-Za-z]-?\d|\d-?[A-Za-z]")
"""A number of a form or an invoice, which names what is asked for by itself."""


def made_whole(question: str, earlier: Iterable[str]) -> str | None:
    """The question with what it takes from the earlier ones, oldest first; None for one that stands by itself."""
    base = ""
    for asked in earlier:
        if not base or not needs_turn(asked):
            base = asked
        elif not _asks_on(asked):
            base = _combined(asked, base)
    if not base.strip() or not needs_turn(question):
        return None
    return _combined(question, base)


def _asks_on(question: str) -> bool:
    """True when what a conversation is about stays as it was: "Why?", "Thanks!"."""
    rest = _LEAD.sub("", _bare(question), count=1).strip()
    is_bare = _says_nothing(rest) and not _ANY_PRONOUN.search(rest) and not any(kind.search(rest) for kind in _PERIODS)
    return is_bare or _GO_ON.fullmatch(rest) is not None


def _combined(question: str, base: str) -> str:
    """A follow-up and the question before it as one question."""
    bare, base = _bare(question), _bare(base)[:MAX_CHARACTERS]
    rest = _LEAD.sub("", bare, count=1).strip()
    combined = (
        _with_other_period(rest, base)
        or (_asked_anew(rest, base) if _says_nothing(rest) or _GO_ON.fullmatch(rest) else None)
        or _with_other_phrase(rest, base)
        or _with_other_name(rest, base)
        or _asked_about(rest, base)
    )
    return f"{combined[:MAX_CHARACTERS]}?"


def _bare(question: str) -> str:
    return " ".join(question.split()).strip(" ?!.¿¡")


def _with_other_period(rest: str, base: str) -> str | None:
    """The earlier question for the period that the follow-up names, when it names nothing else."""
    named = [(kind, found) for kind in _PERIODS for found in [*kind.finditer(rest)][:1]]
    left = rest
    for kind in _PERIODS:
        left = kind.sub(" ", left)
    if not named or not _says_nothing(left):
        return None
    for kind, found in named:
        places = [*kind.finditer(base)]
        if len(places) > 1:
            return f"{base} ({rest})"
        if places:
            base = f"{base[: places[0].start()]}{found[0]}{base[places[0].end() :]}"
        else:
            base = f"{base} {_phrase_around(rest, found[0])}"
    return base


def _phrase_around(rest: str, period: str) -> str:
    """The period with its preposition ("in 2021")."""
    found = re.search(rf"(?:{_PREPOSITION}\s+)?(?:{_ARTICLE}\s+)?{re.escape(period)}", rest, re.IGNORECASE)
    return found[0] if found else period


def _with_other_name(rest: str, base: str, *, behind: bool = False) -> str | None:
    """The earlier question with another name, when each has exactly one; `behind`: only one behind a preposition."""
    small = _SMALL.match(rest)
    name = rest[small.end() if small else 0 :]
    names = [found for found in _NAME.finditer(base) if found.start() and not _is_small(found[0])]
    if not _NAME.fullmatch(name) or _is_small(name):
        return None
    led = [found for found in names if re.search(rf"\b{_PREPOSITION}\s+$", base[: found.start()], re.IGNORECASE)]
    # in German every noun is written like a name
    meant = names if len(names) == 1 and not behind and not _GERMAN.match(base) else led
    if len(meant) != 1:
        return None
    own = re.search(r"['’]s?$", meant[0][0])
    return f"{base[: meant[0].start()]}{name}{own[0] if own else ''}{base[meant[0].end() :]}"


_GERMAN: Final = re.compile(
    r"(?:welche[mnrs]?|wer|wem|wen|wann|wo|warum|wieso|wie|ist|sind|hat|haben|gilt|wird|werden|darf|muss|kann|gibt)\b"
    r"|was (?!the\b)",
    re.IGNORECASE,
)


def _with_other_phrase(rest: str, base: str) -> str | None:
    """The earlier question with another last phrase that begins with the same preposition ("for managers")."""
    opened = re.match(rf"{_PREPOSITION}\b", rest, re.IGNORECASE)
    if opened is None or len(rest.split()) > MAX_PHRASE:
        return None
    places = [*re.finditer(rf"\b{re.escape(opened[0])}\s+", base, re.IGNORECASE)]
    if not places or len(base[places[-1].end() :].split()) >= MAX_PHRASE:
        return _with_other_name(rest, base, behind=True) or f"{base} {rest}"
    tail = base[places[-1].end() :]
    year = _YEAR_BEHIND.search(tail)
    return f"{base[: places[-1].start()]}{rest}{year[0] if year else ''}"


_YEAR_BEHIND: Final = re.compile(r"\s+(?:(?:in|im|en)\s+)?(?:fy\s?)?(?:19|20)\d\d$", re.IGNORECASE)
"""A year stays behind a phrase that is replaced."""
MAX_PHRASE: Final = 5
"""Words of a phrase that takes the place of another; longer ones hold a clause of their own."""


def _asked_anew(rest: str, base: str) -> str:
    """The earlier question with what is asked of it beside it: "Why?", "How much?", "How old is he?"."""
    if not rest or _GO_ON.fullmatch(rest):
        return base
    if re.fullmatch(r"why|how come", rest, re.IGNORECASE) and _AUXILIARY.match(base):
        return f"Why {base[0].lower()}{base[1:]}"
    if _ANY_PRONOUN.search(rest):
        return f"{rest} ({_topic(base)})"
    return f"{rest[:1].upper()}{rest[1:]}: {base}"


def _asked_about(rest: str, base: str) -> str:
    """The follow-up with what it is about beside it, or else the earlier question with what is new beside it."""
    if _POSSESSIVE.match(rest) or _opens(rest) or _ANY_PRONOUN.search(rest):
        return f"{rest} ({_topic(base)})"
    # what was beside it before gives way
    return f"{_BESIDE.sub('', base)} ({rest})"


_BESIDE: Final = re.compile(r"\s\([^()]*\)$")
_THERE: Final = re.compile(r"\s*\b(?:(?:is|are|was|were) there|gibt es|y a-t-il|hay)\b", re.IGNORECASE)


def _opens(text: str) -> bool:
    """True when a question is put, so that what it lacks is only what it is about."""
    found = _ASKING.match(text)
    return found is not None and bool(found[0])


def _topic(base: str) -> str:
    """The earlier question without the words that ask; where it was a follow-up, what that was about."""
    beside = _BESIDE.search(base)
    if beside and _ANY_PRONOUN.search(base[: beside.start()]):
        return beside[0].strip()[1:-1]
    rest = _THERE.sub("", base)
    while (found := _ASKING.match(rest)) and found.end() < len(rest):
        rest = rest[found.end() :]
    return rest if not _says_nothing(rest) else base


def _is_small(name: str) -> bool:
    """True for what is written like a name and is a period, a title such as "CEO" or a word that asks."""
    return any(kind.fullmatch(name) for kind in _PERIODS) or _TITLE.fullmatch(name) is not None or _says_nothing(name)


def _says_nothing(text: str) -> bool:
    """True when no word is left but those of grammar and of asking."""
    left = " ".join(_ASKING.sub(" ", text).split())
    return any(not content_words(left, language) for language in _LANGUAGES)


def _is_unbound(before: str) -> bool:
    """True when nothing stands before a pronoun that it could mean."""
    return _says_nothing(_LEAD.sub("", before, count=1)) or refers_back(f"{before} it") != ""
