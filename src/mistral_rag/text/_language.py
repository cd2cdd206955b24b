"""The language a document is written in, by py3langid's model of n-grams (docs/adr/0058 has the figures).

The model is loaded only for a document that the small words of English don't settle.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Final

from mistral_rag._forks import ForkLock

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

MAX_CHARACTERS: Final = 20_000
"""Read of a document: more than its front matter, and 3 ms of work."""

MIN_PROBABILITY: Final = 0.5
"""Below it no language is named. Of 1,320 sentences 97 % are above it, and 1.1 % are above it and wrong."""

MIN_WORDS: Final = 100
MIN_ENGLISH: Final = 0.16
"""Share of words that only English has so often; fewer words, or a lower share, are for the model.
Of 240 texts that the model calls something else or nothing, .115 is the highest.
"""

_ENGLISH: Final = frozenset(["the", "of", "and", "to", "for", "that", "with", "by", "are", "this", "from"])
"""Without "in", "is", "an" and the like, which are words of other languages, too."""

_WORD: Final = re.compile(r"[^\W\d_]+")

_MERGED: Final = {"wuu": "zh", "yue": "zh", "nn": "no"}
"""Labels of the model that are written like another one, and stemmed like it."""

_NO_LANGUAGE: Final = "zxx"
"""ISO 639-2 for text that is in none: numbers, codes."""

_LOADING: Final = ForkLock()
"""Held while the model is loaded: 32 threads that each load it take 40 s and 1.6 GB."""


def detect_language(texts: Iterable[str]) -> str:
    """The ISO 639-1 code of the language of the first 20,000 characters; empty when unsure."""
    text = _beginning(texts)
    if not any(map(str.isalpha, text)):
        return ""
    if _is_english(text):
        return "en"
    label, probability = _identifier().classify(text)
    language = _MERGED.get(label, label)
    return language if probability >= MIN_PROBABILITY and language != _NO_LANGUAGE else ""


def _beginning(texts: Iterable[str]) -> str:
    parts: list[str] = []
    length = 0
    for text in texts:
        parts.append(text[: MAX_CHARACTERS - length])
        length += len(parts[-1])
        if length >= MAX_CHARACTERS:
            break
    return "\n".join(parts)


def _is_english(text: str) -> bool:
    words = _WORD.findall(text.lower())
    return len(words) >= MIN_WORDS and sum(word in _ENGLISH for word in words) >= MIN_ENGLISH * len(words)


def _identifier() -> "LanguageIdentifier":
    with _LOADING:
        return _loaded()


@cache
def _loaded() -> "LanguageIdentifier":
    """The model with the languages that have a code of two letters: .7 s to load, and 80 MB."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    others = {*_MERGED, _NO_LANGUAGE}
    identifier.set_languages([label for label in identifier.labels if len(label) == 2 or label in others])
    return identifier
