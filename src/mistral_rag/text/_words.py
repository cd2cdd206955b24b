"""Content words of questions, claims and evidence, and their weights."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from mistral_rag.text._stop_words import ASKING
from mistral_rag.text._tokens import tokenize

NON_ALPHANUMERIC = re.compile(r"[\W_]+")
"""Runs of what is neither a letter nor a digit."""

Weigh = Callable[[str], float]
"""The weight of a word: high for rare words."""


def words(text: str, language: str = "en") -> list[str]:
    """The terms of `text` that say what it is about, in order."""
    return [term for piece in text.split() for term in _terms(piece, language)]


def content_words(text: str, language: str = "en") -> list[str]:
    """The same, each once."""
    return list(dict.fromkeys(words(text, language)))


def asked_words(question: str, language: str = "en") -> list[str]:
    """The content words of a question, without those that only say how to answer."""
    asking = {term for word in ASKING.get(language, ()) for term in tokenize(word, language)}
    every = content_words(question, language)
    return [word for word in every if word not in asking] or every


def rarity(texts: Sequence[Iterable[str]]) -> Weigh:
    """Weights from how many of `texts` (as words) hold a word."""
    held = Counter(word for text in texts for word in set(text))
    count = len(texts)
    return lambda word: math.log(1 + (count - held[word] + 0.5) / (held[word] + 0.5))


def evenly(word: str) -> float:
    """The same weight for each word."""
    return 1.0


def coverage(asked: Iterable[str], held: Iterable[str], weigh: Weigh) -> float:
    """The share of `asked`, by weight, that is in `held`; 0 when nothing is asked."""
    there = set(held)
    weights = [(weigh(word), word in there) for word in asked]
    total = sum(weight for weight, _ in weights)
    return sum(weight for weight, found in weights if found) / total if total else 0.0


@lru_cache(maxsize=100_000)
def _terms(piece: str, language: str) -> tuple[str, ...]:
    """Terms of a run without blanks, remembered: stemming is most of the work."""
    return tuple(tokenize(piece, language))
