"""Questions in another language than the documents found."""

import re
from collections.abc import Sequence
from typing import Final

from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.text import STOP_WORDS

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


def in_other_languages(question: str, evidence: Sequence[EvidenceUnit]) -> list[EvidenceUnit]:
    """Evidence of documents in other languages than the question; none where its language is not known."""
    asked = language_of(question)
    return [unit for unit in evidence if asked and unit.passage.source.language not in {asked, ""}]
