"""Findings against a statement, and the texts in which they are looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from mistral_rag.grounding._claims.alignment import Alignment, TokenizedText, aligned, segments
from mistral_rag.text import NON_ALPHANUMERIC

Verdict = Literal["partial", "unsupported", "contradicted"]
MIN_COVERAGE: Final = 0.5
"""Share of a statement's stems that a sentence must have to be about the same."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason against a statement, and the best verdict that it leaves."""

    verdict: Verdict
    reason: str


class Compared:
    """A statement with the texts it cites; `around` are titles and heads of pages, where names may stand."""

    def __init__(self, statement: str, sources: Sequence[str], language: str, *, around: str = "") -> None:
        self.statement = statement
        self.sources = sources
        self.language = language
        self.said = TokenizedText(statement, language)
        self._around = around

    @cached_property
    def passages(self) -> list[TokenizedText]:
        """The sentences and rows of the sources."""
        return [passage for source in self.sources for passage in segments(source, self.language)]

    @cached_property
    def alignments(self) -> list[Alignment]:
        """The statement beside the passages that are about the same, the best first."""
        return aligned(self.said, self.passages, MIN_COVERAGE)

    @cached_property
    def stems(self) -> frozenset[str]:
        """All stems of the sources and of what stands around them."""
        held = (passage.stems for passage in self.passages)
        return frozenset[str]().union(*held, TokenizedText(self._around, self.language).stems)

    @cached_property
    def letters(self) -> str:
        """Letters and digits of the sources and of what stands around them, in small letters."""
        return NON_ALPHANUMERIC.sub("", " ".join([*self.sources, self._around]).lower())

    @cached_property
    def initials(self) -> str:
        """First letters of the capitalised words of the sources, in order, in small letters."""
        every = [*self.passages, TokenizedText(self._around, self.language)]
        return "".join(t.text[0] for passage in every for t in passage.tokens if t.is_capitalised).lower()
