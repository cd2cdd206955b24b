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
_ASKING_WORDS: Final = {
    "en": "what which who whom whose when where why how",
    "de": "wie wer wem wen wessen wann wo woher wohin warum was welche welchem welchen welcher welches wieviel",
    "fr": "combien quel quelle quels quelles qui quand où pourquoi comment",
    "es": "cuánto cuánta cuántos cuántas quién quiénes cuál cuáles cuándo dónde qué cómo",
    "nl": "hoeveel hoe wie wat wanneer waar waarom welke welk",
    "it": "quanto quanta quanti quante quale quali quando chi dove perché",
    "pt": "quanto quanta quantos quantas qual quais quem quando onde",
}
_ASKING: Final = {language: frozenset(words.split()) for language, words in _ASKING_WORDS.items()}
"""Words that ask count as stop words: "in welchem Stock" has but one other."""
_SCRIPTS: Final = {
    "ko": re.compile(r"[\uac00-\ud7a3\u1100-\u11ff]"),
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "zh": re.compile(r"[\u4e00-\u9fff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
}
"""Scripts by the language that is written in them most; Japanese has Chinese signs, too, and comes before it."""
MIN_SCRIPT: Final = 0.5
"""Share of a question's letters in such a script: a name in Latin letters may stand in it."""


def language_of(question: str) -> str:
    """The language of a question by its script or its stop words, an ISO 639-1 code; empty when they do not tell."""
    if script := _script_of(question):
        return script
    words = {word.casefold() for word in _WORD.findall(question)}
    counts = {language: len(words & (stops | _ASKING.get(language, set()))) for language, stops in STOP_WORDS.items()}
    first, second = sorted(counts.values(), reverse=True)[:2]
    return max(counts, key=lambda language: counts[language]) if first >= MIN_STOP_WORDS and first > second else ""


def _script_of(question: str) -> str:
    letters = sum(map(str.isalpha, question))
    foreign = sum(character.isalpha() and character > "\u036f" for character in question)
    if not letters or foreign < MIN_SCRIPT * letters:
        return ""
    return next((language for language, script in _SCRIPTS.items() if script.search(question)), "")


def in_other_languages(question: str, evidence: Sequence[EvidenceUnit]) -> list[EvidenceUnit]:
    """Evidence of documents in other languages than the question; none where its language is not known."""
    asked = language_of(question)
    return [unit for unit in evidence if asked and unit.passage.source.language not in {asked, ""}]
