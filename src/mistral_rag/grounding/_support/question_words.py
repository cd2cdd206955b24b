"""Words of a question that its evidence should hold."""

import re
from typing import Final

from mistral_rag.grounding._asked.languages import language_of
from mistral_rag.text import STOP_WORDS, asked_words

_PUNCTUATION: Final = ".,;:?!¿¡\"'()"
_HOW: Final = re.compile(
    r"\b(?:how (?:many|much|long|often|high|large|big|old|far|quickly|soon)|hoeveel|combien|cuánt[oa]s?|quant[oiae]"
    r"|wie ?viele?|ile|kolik)\b",
    re.IGNORECASE,
)
_LIGHT: Final = re.compile(
    r"\b(?:numbers?|when|wann|wanneer|quand|wie (?:hoch|lange|oft|alt|gro(?:ß|ss))|quelle heure|gets?|got|go(?:es)?"
    r"|went|became|becomes?|somebody|someone|something|muss|müssen|mussten?|jemand|doit|doivent|devait|quelqu['’]un|deben?"
    r"|moet(?:en)?)\b|^\W*may\b",
    re.IGNORECASE,
)
"""Words that ask, and verbs that say little: no document is bound to repeat them ("Claim no: 217")."""
_ASKS_NUMBER: Final = re.compile(
    rf"{_HOW.pattern}|\b(?:percent(?:age)?|amount|number of|total|ratio|rate|margin|revenues?|costs?|expenses?|income|"
    r"sales|price|usd|in (?:millions|thousands|dollars)|wie (?:viele?|hoch|lange|oft)|combien|cuánt[oa]s?)\b",
    re.IGNORECASE,
)


def asks_number(question: str) -> bool:
    """True when a question's words ask for a number."""
    return _ASKS_NUMBER.search(question) is not None


def without_how(question: str) -> str:
    """A question without "how many" and the like."""
    return _HOW.sub(" ", question)


def content_of(question: str, language: str) -> list[str]:
    """Content words of a question, stemmed as the documents' language has them.

    Stop words of the question's own language are none, either: German documents do not make "did" a word to be found.
    """
    stop = STOP_WORDS.get(language_of(question) or "en", frozenset())
    bare = " ".join(word for word in question.split() if word.strip(_PUNCTUATION).casefold() not in stop)
    return asked_words(bare, language) or asked_words(question, language)


def plain_words(question: str, language: str) -> list[str]:
    """The content words of a question without those that only ask."""
    plain = without_how(question)
    return content_of(_LIGHT.sub(" ", plain), language) or content_of(plain, language)
