"""Follow-ups made whole by rules: "And in 2021?" after "What were net sales in 2022?" asks for those of 2021.

English, German, French and Spanish. What the rules cannot put into the earlier question they set beside it, so that a
search has the words of both.
"""

import re
from collections.abc import Iterable
from typing import Final

from mistral_rag.grounding._conversation.follow_ups import needs_turn
from mistral_rag.grounding._conversation.other_things import POSSESSIVE, with_other_thing
from mistral_rag.grounding._conversation.wording import (
    ANY_PRONOUN,
    ARTICLE,
    ASKING,
    LEAD,
    ORDINAL,
    PERIODS,
    PREPOSITION,
    SMALL,
    UNIT_OF_TIME,
    bare,
    says_nothing,
)

MAX_CHARACTERS: Final = 2_000
"""Characters of a question made whole: earlier questions are asked again and again."""
_CAPITAL: Final = r"[A-ZÄÖÜÉÈÀÑÁÍÓÚ][\w&'’.-]*"
_TITLE: Final = re.compile(r"C[A-Z]O|VP|MD|[A-Z]{2,4}(?:-[A-Z]{2,4})?")
_NAME: Final = re.compile(rf"(?!C[A-Z]O\b)\b{_CAPITAL}(?:\s+(?:(?:of|and|de|&|und|et|y)\s+)?{_CAPITAL})*")
_AUXILIARY: Final = re.compile(
    r"^(?:is|are|was|were|do|does|did|has|have|had|can|could|may|must|should|shall|will|would)\b", re.IGNORECASE
)
_GO_ON: Final = re.compile(
    r"(?:please\s+)?(?:(?:tell|show|give)\s+me\s+more|(?:more|any\s+more)(?:\s+details?)?|go\s+on|continue|thanks|thank\s+you"
    r"|(?:erzähl\w*|sag\w*)?\s*(?:mir\s+)?mehr(?:\s+dazu)?|weiter|danke|plus\s+de\s+détails|merci|continue[zr]?"
    r"|(?:dime|cuéntame)\s+más|más(?:\s+detalles)?|gracias)(?:\s+please)?",
    re.IGNORECASE,
)
"""Asks for the same again."""


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
    rest = LEAD.sub("", bare(question), count=1).strip()
    is_bare = says_nothing(rest) and not ANY_PRONOUN.search(rest) and not any(kind.search(rest) for kind in PERIODS)
    return is_bare or _GO_ON.fullmatch(rest) is not None


def _combined(question: str, base: str) -> str:
    """A follow-up and the question before it as one question."""
    base = bare(base)[:MAX_CHARACTERS]
    rest = LEAD.sub("", bare(question), count=1).strip()
    combined = (
        _with_other_period(rest, base)
        or _with_other_ordinal(rest, base)
        or (_asked_anew(rest, base) if says_nothing(rest) or _GO_ON.fullmatch(rest) else None)
        or _with_other_phrase(rest, base)
        # in German every noun is written like a name: "die Hotelpauschale"
        or (with_other_thing(rest, base) if _GERMAN.match(base) else None)
        or _with_other_name(rest, base)
        or with_other_thing(rest, base)
        or _asked_about(rest, base)
    )
    opened = "¿" if _SPANISH.match(combined) else ""
    return f"{opened}{combined[:1].upper()}{combined[1:MAX_CHARACTERS]}?"


def _with_other_period(rest: str, base: str) -> str | None:
    """The earlier question for the period that the follow-up names, when it names nothing else."""
    named = [(kind, found) for kind in PERIODS for found in [*kind.finditer(rest)][:1]]
    left = UNIT_OF_TIME.sub(" ", rest)
    for kind in PERIODS:
        left = kind.sub(" ", left)
    if not named or not says_nothing(left):
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
    """The period with its preposition, and the unit of time before it ("in 2021", "im Jahr 2021")."""
    around = rf"(?:{PREPOSITION}\s+)?(?:{ARTICLE}\s*)?(?:{UNIT_OF_TIME.pattern}\s+)*{re.escape(period)}"
    found = re.search(around, rest, re.IGNORECASE)
    return found[0] if found else period


def _with_other_ordinal(rest: str, base: str) -> str | None:
    """The earlier question with another ordinal, when the follow-up names nothing else: "and in the second?"."""
    named, places = ORDINAL.search(rest), [*ORDINAL.finditer(base)]
    if named is None or len(places) != 1 or not says_nothing(SMALL.sub("", ORDINAL.sub(" ", rest))):
        return None
    return f"{base[: places[0].start()]}{named[0]}{base[places[0].end() :]}"


def _with_other_name(rest: str, base: str, *, behind: bool = False) -> str | None:
    """The earlier question with another name, when each has exactly one; `behind`: only one behind a preposition."""
    small = SMALL.match(rest)
    name = rest[small.end() if small else 0 :]
    names = [found for found in _NAME.finditer(base) if found.start() and not _is_small(found[0])]
    if not _NAME.fullmatch(name) or _is_small(name):
        return None
    led = [found for found in names if re.search(rf"\b{PREPOSITION}\s+$", base[: found.start()], re.IGNORECASE)]
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
    opened = re.match(rf"{PREPOSITION}\b", rest, re.IGNORECASE)
    if opened is None or len(rest.split()) > MAX_PHRASE:
        return None
    places = [*re.finditer(rf"\b{re.escape(opened[0])}\s+", base, re.IGNORECASE)]
    if not places:
        return _with_other_name(rest, base, behind=True) or f"{base} {rest}"
    tail = base[places[-1].end() :]
    # "for managers in Germany" takes the place of all that follows, "for managers" of one phrase
    replaced = len(tail) if _NEXT.search(rest) else _phrase_end(tail)
    if len(tail[:replaced].split()) >= MAX_PHRASE:
        return _with_other_name(rest, base, behind=True) or f"{base} {rest}"
    return f"{base[: places[-1].start()]}{rest}{tail[replaced:]}"


def _phrase_end(text: str) -> int:
    """The end of the phrase that a text begins with: of a name, or before the next preposition or year."""
    name = _LED_NAME.match(text)
    behind = _NEXT.search(text)
    return name.end() if name else behind.start() if behind else len(text)


_LED_NAME: Final = re.compile(rf"(?:(?i:{ARTICLE})\s+)?{_NAME.pattern}")
_NEXT: Final = re.compile(
    rf"\s+(?:(?:{PREPOSITION}|per|pro|je|par|zu|zum|zur)\b|(?:fy\s?)?(?:19|20)\d\d$)", re.IGNORECASE
)
MAX_PHRASE: Final = 5
"""Words of a phrase that takes the place of another; longer ones hold a clause of their own."""


def _asked_anew(rest: str, base: str) -> str:
    """The earlier question with what is asked of it beside it: "Why?", "How much?", "How old is he?"."""
    if not rest or _GO_ON.fullmatch(rest):
        return base
    if re.fullmatch(r"why|how come", rest, re.IGNORECASE) and _AUXILIARY.match(base):
        return f"Why {base[0].lower()}{base[1:]}"
    if ANY_PRONOUN.search(rest):
        return f"{rest} ({_topic(base)})"
    return f"{rest[:1].upper()}{rest[1:]}: {base}"


def _asked_about(rest: str, base: str) -> str:
    """The follow-up with what it is about beside it, or else the earlier question with what is new beside it."""
    if POSSESSIVE.match(rest) or _opens(rest) or ANY_PRONOUN.search(rest):
        return f"{rest} ({_topic(base)})"
    # what was beside it before gives way
    return f"{_BESIDE.sub('', base)} ({rest})"


_SPANISH: Final = re.compile(
    r"¿|(?:y\s+)?(?:(?:a|con|de|desde|en|hasta|para|por)\s+)?(?:qué|cuál(?:es)?|quién(?:es)?|cuándo|dónde|cómo"
    r"|cuánt[oa]s?)\b",
    re.IGNORECASE,
)
_BESIDE: Final = re.compile(r"\s\([^()]*\)$")
_THERE: Final = re.compile(r"\s*\b(?:(?:is|are|was|were) there|gibt es|y a-t-il|hay)\b", re.IGNORECASE)


def _opens(text: str) -> bool:
    """True when a question is put, so that what it lacks is only what it is about."""
    found = ASKING.match(text)
    return found is not None and bool(found[0])


def _topic(base: str) -> str:
    """The earlier question without the words that ask; where it was a follow-up, what that was about."""
    beside = _BESIDE.search(base)
    if beside and ANY_PRONOUN.search(base[: beside.start()]):
        return beside[0].strip()[1:-1]
    rest = _THERE.sub("", base)
    while (found := ASKING.match(rest)) and found.end() < len(rest):
        rest = rest[found.end() :]
    return rest if not says_nothing(rest) else base


def _is_small(name: str) -> bool:
    """True for what is written like a name and is a period, a title such as "CEO" or a word that asks."""
    return any(kind.fullmatch(name) for kind in PERIODS) or _TITLE.fullmatch(name) is not None or says_nothing(name)
