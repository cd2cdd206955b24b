"""Words as lexical search counts them.

Numbers stay whole and lose their thousands separators; "FY18" is 2018; codes ("10-K", "ISO-9001") stay whole
beside their parts; words lose stop words, endings (Snowball, by language) and accents; text without blanks
between words (Chinese, Japanese, Thai) becomes pairs of characters. In languages whose endings tell words apart,
the words as they are written are terms of their own, too (`written`).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import blake2b
from threading import local
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import snowballstemmer

from mistral_rag.text._calendar import full_year
from mistral_rag.text._stop_words import ASKING, STOP_WORDS

TOKENS_VERSION = "2"
"""Raise it when the same text gives other terms: caches are then rebuilt."""

WRITTEN = frozenset({"fr"})
"""Languages whose words count once more as they are written; German, English and Spanish gain nothing by it."""

MIN_WRITTEN = 4
"""Letters: in shorter words the ending is half of the word, and stop words are most of them."""

MAX_REMEMBERED = 500_000
"""Raw words kept with their terms, by language: about 160 MB."""

STEMMERS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}

_RAW = re.compile(r"[^\W_]+(?:[-./&'’,‐‑–]\n?[^\W_]+)*")
_FISCAL = re.compile(r"\bfy\s?['’]?\s?(\d{4}|\d\d)\b")
_THOUSANDS = re.compile(r"(?<=\d)[,'’](?=\d{3}(?!\d))")
_SPACED_THOUSANDS = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_POINTED_THOUSANDS = re.compile(r"(?<=\d)\.(?=\d{3}(?:\D|$))")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_QUARTER = re.compile(r"(?:q([1-4])|([1-4])q)['’]?(\d{4}|\d\d)|(\d{4})q([1-4])")
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])+")
_PARTS = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_DECIMAL_COMMA = frozenset({"da", "de", "el", "es", "fi", "fr", "id", "it", "nl", "no", "pt", "ro", "ru", "sv", "tr"})

Made = TypeVar("Made", int, str)
Terms = npt.NDArray[np.uint64]
"""Hashed terms, in the order of the text."""


def tokenize(text: str, language: str = "en") -> list[str]:
    """The terms of `text`, in order; an unknown or empty language is read as English."""
    known = _tokenizer(language).known_terms
    return [term for raw in _raw(text) for term in known(raw)]


def hashed(text: str, language: str = "en") -> Terms:
    """64-bit digests of the terms of `text`, in order. The lowest bit tells words (1) from numbers and codes (0)."""
    known = _tokenizer(language).digests
    return np.array([digest for raw in _raw(text) for digest in known(raw)], dtype=np.uint64)


def hashed_question(question: str, language: str = "en") -> Terms:
    """`hashed` without the words that only say how to answer ("calculate", "based on the information")."""
    known = _tokenizer(language).digests
    return np.array([digest for raw in _subject_words(question, language) for digest in known(raw)], dtype=np.uint64)


def written(text: str, language: str = "en") -> Terms:
    """Digests of the words as they are written, endings and accents included, for the languages in `WRITTEN`.

    "Déclaré" and "déclaration" are one term of `hashed` and two of these. They are never words (`is_word`), so that
    they make no text longer.
    """
    # in other languages the words need not even be looked for: that is a fifth of the time of a word index
    return _written(_raw(text) if language in WRITTEN else (), language)


def written_question(question: str, language: str = "en") -> Terms:
    """`written` without the words that only say how to answer."""
    return _written(_subject_words(question, language), language)


def bigrams(terms: Terms) -> Terms:
    """Digests of neighbouring words; pairs with a number are no terms of their own."""
    first, second = terms[:-1], terms[1:]
    both = (first & second & np.uint64(1)).astype(bool)
    mixed: Terms = (first[both] * np.uint64(0x9E3779B97F4A7C15)) ^ (second[both] * np.uint64(0xC2B2AE3D27D4EB4F))
    return mixed


def is_word(terms: Terms) -> npt.NDArray[np.bool_]:
    """A mask of the terms: True for words, False for numbers and codes."""
    return (terms & np.uint64(1)).astype(bool)


def _subject_words(question: str, language: str) -> list[str]:
    """The raw words of a question that say what it is about."""
    asking = ASKING.get(language or "en", frozenset())
    return [raw for raw in _raw(question) if raw not in asking]


def _written(raws: Iterable[str], language: str) -> Terms:
    known = _tokenizer(language).written if language in WRITTEN else None
    return np.array([digest for raw in raws for digest in known(raw)] if known else [], dtype=np.uint64)


class _Stemmer(local):
    """One Snowball stemmer a thread: its objects hold the word they are working on in their own attributes."""

    def __init__(self, language: str) -> None:
        self.stem: Callable[[str], str] = str
        if language in STEMMERS:
            self.stem = snowballstemmer.stemmer(STEMMERS[language]).stemWord


class _Tokenizer:
    """The rules of one language, and what they made of the raw words seen so far."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._stops = STOP_WORDS.get(language, frozenset())
        self._stemmer = _Stemmer(language)
        self._decimal_comma = language in _DECIMAL_COMMA
        self._known: dict[str, tuple[int, ...]] = {}
        self._known_terms: dict[str, tuple[str, ...]] = {}
        self._known_written: dict[str, tuple[int, ...]] = {}

    def digests(self, raw: str) -> tuple[int, ...]:
        """Digests of the terms of a raw word, remembered."""
        return _remembered(self._known, raw, self._digests)

    def known_terms(self, raw: str) -> tuple[str, ...]:
        """The terms of a raw word, remembered."""
        return _remembered(self._known_terms, raw, self.terms)

    def written(self, raw: str) -> tuple[int, ...]:
        """Digests of the longer words in a raw word as they are written, remembered."""
        return _remembered(self._known_written, raw, self._written_digests)

    def terms(self, raw: str) -> list[str]:
        """The terms of a raw word."""
        if raw.isalpha() and not _UNSPACED.search(raw):
            return self._word(raw)
        plain = self._plain_numbers(raw)
        if _NUMBER.fullmatch(plain):
            return [plain]
        if quarter := _QUARTER.fullmatch(plain):
            return _quarter(*quarter.groups())
        if _INITIALS.fullmatch(plain):
            return [plain.replace(".", "")]
        return self._compound(plain)

    def _plain_numbers(self, raw: str) -> str:
        if not any(char.isdigit() for char in raw):
            return raw
        plain = _THOUSANDS.sub("", raw)
        return _POINTED_THOUSANDS.sub("", plain).replace(",", ".") if self._decimal_comma else plain

    def _compound(self, raw: str) -> list[str]:
        parts = [term for part in _PARTS.findall(raw) for term in self._part(part)]
        whole = "".join(char for char in raw if char.isalnum() or char == "&")
        is_code = any(char.isdigit() for char in whole) and any(char.isalpha() for char in whole)
        if is_code:
            return [whole, *(part for part in parts if len(part) > 1)]
        if "&" in whole and len(whole) <= 6:
            return [whole]
        return [*self._word(whole), *parts] if "\n" in raw else parts

    def _part(self, part: str) -> list[str]:
        if part[0].isdigit():
            return [part]
        return _character_pairs(part) if _UNSPACED.search(part) else self._word(part)

    def _forms(self, raw: str) -> list[str]:
        words = (word for word in _PARTS.findall(raw) if len(word) >= MIN_WRITTEN and word not in self._stops)
        return [f"={word}" for word in words if word.isalpha()]

    def _digests(self, raw: str) -> Iterable[int]:
        return map(_digest, self.terms(raw))

    def _written_digests(self, raw: str) -> Iterable[int]:
        return map(_digest, self._forms(raw))

    def _word(self, word: str) -> list[str]:
        if word in self._stops:
            return []
        stem = self._stemmer.stem(word)
        return [stem if stem.isascii() else _without_accents(stem)]


def _raw(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _SPACED_THOUSANDS.sub("", text))
    lowered = text.lower()
    if "fy" in lowered:
        lowered = _FISCAL.sub(lambda found: f" {full_year(found[1])} ", lowered)
    return _RAW.findall(lowered)


@cache
def _tokenizer(language: str) -> _Tokenizer:
    return _Tokenizer(language or "en")


def _remembered(
    known: dict[str, tuple[Made, ...]], raw: str, make: Callable[[str], Iterable[Made]]
) -> tuple[Made, ...]:
    found = known.get(raw)
    if found is None:
        found = tuple(make(raw))
        if len(known) >= MAX_REMEMBERED:
            known.clear()
        known[raw] = found
    return found


def _digest(term: str) -> int:
    number = int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "little")
    return number | 1 if term.isalpha() else number & ~1


def _quarter(
    q2: str | None, second_q: str | None, year: str | None, first_year: str | None, last_q: str | None
) -> list[str]:
    return [f"q{q2 or second_q or last_q}", str(full_year(first_year or year or ""))]


def _character_pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word) - 1)] or [word]


def _without_accents(word: str) -> str:
    bare = "".join(char for char in unicodedata.normalize("NFD", word) if unicodedata.category(char) != "Mn")
    return unicodedata.normalize("NFC", bare)
