"""A statement laid beside the sentences and rows of its sources.

Tokens are words, numbers and signs of currencies with their stems; a segment is a sentence, or a row of a table.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import Final

from mistral_rag.grounding._quotes.negations import is_negation
from mistral_rag.text import sentences, words

_TOKEN: Final = re.compile(r"\d+(?:[.,'’]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*(?:\.(?=[^\W\d_]\.))*|[%$€£¥]")
_ROW_BREAK: Final = re.compile(r"\n(?=[^\n]*[^\W\d_]{3})")
MAX_PROSE: Final = 80
"""Words of a sentence; a longer stretch without a full stop is a table or a list, and divided at its lines."""


MAX_COMPARED: Final = 300
"""Tokens of a passage that is compared token by token, which takes their square."""


@dataclass(frozen=True, slots=True)
class TextToken:
    """A word or number: its text, its offset, its stem (empty for words that say nothing alone)."""

    text: str
    start: int
    stem: str

    @property
    def is_number(self) -> bool:
        """True for digits."""
        return self.text[0].isdigit()

    @property
    def is_capitalised(self) -> bool:
        """True for a word that begins with a capital letter."""
        return self.text[0].isupper()

    @property
    def negates(self) -> bool:
        """True for a word of negation."""
        return is_negation(self.text)


class TokenizedText:
    """A stretch of text with its tokens."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.tokens = [TextToken(found[0], found.start(), _stem(found[0], language)) for found in _TOKEN.finditer(text)]

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of its content words and numbers."""
        return frozenset(token.stem for token in self.tokens if token.stem)

    @cached_property
    def positions(self) -> dict[str, list[int]]:
        """Stem -> indices of its tokens."""
        held: dict[str, list[int]] = {}
        for at, token in enumerate(self.tokens):
            if token.stem:
                held.setdefault(token.stem, []).append(at)
        return held

    def near(self, stem: str, at: int, reach: int) -> bool:
        """True when a stem stands within `reach` tokens of an index."""
        held = self.positions.get(stem, [])
        nearest = bisect_left(held, at - reach)
        return nearest < len(held) and held[nearest] <= at + reach


@dataclass(frozen=True, slots=True)
class Substitution:
    """Tokens of a statement that stand where a source has others."""

    said: tuple[TextToken, ...]
    there: tuple[TextToken, ...]


class Alignment:
    """A statement beside one passage of its sources; `coverage` is the share of its stems that the passage has."""

    def __init__(self, statement: TokenizedText, there: TokenizedText) -> None:
        self.statement, self.there = statement, there
        shared = statement.stems & there.stems
        self.shared = shared
        self.coverage = len(shared) / max(len(statement.stems), 1)

    @cached_property
    def substitutions(self) -> list[Substitution]:
        """Runs of tokens that differ between equal runs; none beside a passage that is no sentence."""
        if len(self.there.tokens) > MAX_COMPARED:
            return []
        said, there = self.statement.tokens, self.there.tokens
        keys = [[token.stem or token.text.lower() for token in tokens] for tokens in (said, there)]
        matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=False)
        return [
            Substitution(tuple(said[a:b]), tuple(there[c:d]))
            for kind, a, b, c, d in matcher.get_opcodes()
            if kind == "replace"
        ]

    @cached_property
    def region(self) -> tuple[int, int]:
        """Indices of the first and last token of the passage that the statement shares, as a range."""
        indices = [at for at, token in enumerate(self.there.tokens) if token.stem in self.shared]
        return (indices[0], indices[-1] + 1) if indices else (0, 0)


def segments(source: str, language: str) -> Iterator[TokenizedText]:
    """The sentences of a source; a long stretch without stops by its lines."""
    for start, end in sentences(source, paragraphs=True):
        piece = source[start:end]
        if "\n" in piece and _is_table(piece):
            yield from (TokenizedText(row, language) for row in _ROW_BREAK.split(piece))
        else:
            yield TokenizedText(piece, language)


def aligned(statement: TokenizedText, passages: Sequence[TokenizedText], at_least: float) -> list[Alignment]:
    """The statement beside each passage that has at least this share of its stems, the largest share first."""
    found = (Alignment(statement, passage) for passage in passages if statement.stems & passage.stems)
    return sorted((a for a in found if a.coverage >= at_least), key=lambda a: -a.coverage)


def _is_table(piece: str) -> bool:
    lines = piece.split("\n")
    with_digits = sum(any(map(str.isdigit, line)) for line in lines)
    return len(piece.split()) > MAX_PROSE or (with_digits > 1 and with_digits >= len(lines) / 2)


def _stem(token: str, language: str) -> str:
    return next(iter(words(token, language)), "")
