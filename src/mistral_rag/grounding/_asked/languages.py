"""Questions in another language than the documents found."""

import re
from collections.abc import Sequence
from typing import Final

from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.text._stop_words import STOP_WORDS

MIN_STOP_WORDS: Final = 2
"""Stop words of one language that a question must have, and more than of any other: "die" alone is German and English.
A model of languages needs whole sentences; questions have nearly always two of these."""
_WORD: Final = re.compile(r"[^\W\d_]+")


def language_of(question: str) -> str:
    """The language of a question by its stop words, an ISO 639-1 code; empty when they do not tell."""
    words = {word.casefold() for word in _WORD.findall(question)}
    counts = {language: len(words & stops) for language, stops in STOP_WORDS.items()}
    first, second = sorted(counts.values(), reverse=True)[:2]
    return max(counts, key=lambda language: counts[language]) if first >= MIN_STOP_WORDS and first > second else ""


def foreign_language(question: str, evidence: Sequence[EvidenceUnit]) -> str:
    """The language of a question where no document found is in it; empty where one is, or where it is not known."""
    asked = language_of(question)
    held = {unit.passage.source.language for unit in evidence}
    return asked if asked and held and not held & {asked, ""} else ""
