"""Quotes in one or several parts: one set of rules for every way they come in.

A part may not cut a word, number or sign (`edges`) or stop short of a negation (`negations`). Several parts follow
each other on the page, each is a run of whole clauses, and what they leave out turns nothing: it is whole sentences
or units, or one relative clause between two commas, without negation, exception, condition or sign. Another clause
may carry the sense of what stands beside it ("Ann owes Bob, and Carl owes Dan, 5 euros").
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from mistral_rag.grounding._quotes.edges import cuts
from mistral_rag.grounding._quotes.negations import stops_short, turns
from mistral_rag.text import sentences

TextRange = tuple[int, int]

_MARKS = ",;:()[]–—"
"""Punctuation that divides a sentence into clauses."""
_DIVIDES = re.compile(r"[,;:()\[\]–—](?=\s|\Z)|(?<!\S)[(\[–—-](?=\S|\s)|[.!?](?=\s)")
_RELATIVE = re.compile(
    r"(?:which|who|whose|whom|where|welche[rsmn]?|qui|dont|lequel|laquelle|lesquel(?:le)?s|quien(?:es)?|cuy[oa]s?"
    r"|il\squale|la\squale|i\squali|cui|[oa]\squal|[oa]s\squais|quem|waarvan|waarin|któr\w+)\b",
    re.IGNORECASE,
)
_SIGNED_NUMBER = re.compile(r"[-‐‑‒–—―−]\s?[$€£¥]?\.?\d|\(\s?[$€£¥]?\s?\.?\d[\d.,]*\s?%?\s?\)")
_PERCENT = frozenset("%‰‱§")


@dataclass(frozen=True)
class QuotedText:
    """A text from which quotes are cut, with the ranges of its units where it has some."""

    text: str
    units: Sequence[TextRange] = ()

    def stands(self, parts: Sequence[TextRange]) -> bool:
        """True when a quote may be made of these parts, and of nothing else, without saying something else."""
        if not parts or any(cuts(self.text, *part) for part in parts):
            return False
        whole = parts[0][0], parts[-1][1]
        if not self._is_unit(whole) and stops_short(self.text, *whole):
            return False
        if len(parts) == 1:
            return True
        if not (self._begins(parts[0][0]) and self._ends(parts[-1][1])):
            return False
        return all(self._may_leave_out(first[1], then[0]) for first, then in pairwise(parts))

    def _may_leave_out(self, start: int, end: int) -> bool:
        left_out = self.text[start:end]
        if start > end or turns(left_out):
            return False
        if not any(map(_is_sign_or_letter, left_out)):
            return True
        if start in self._unit_ends and end in self._unit_starts:
            return True
        if _has_sign(left_out):
            return False
        return (self._ends_sentence(start) and self._begins_sentence(end)) or self._is_clause(start, end)

    def _is_unit(self, part: TextRange) -> bool:
        return part[0] in self._unit_starts and part[1] in self._unit_ends

    def _begins(self, at: int) -> bool:
        before = self.text[:at].rstrip()[-1:] if at else ""
        return at in self._unit_starts or before in _MARKS or self._begins_sentence(at)

    def _ends(self, at: int) -> bool:
        near = self.text[at - 1 : at] + self.text[at : at + 40].lstrip()[:1]
        return at in self._unit_ends or any(char in _MARKS for char in near) or self._ends_sentence(at)

    def _begins_sentence(self, at: int) -> bool:
        nth = bisect_right(self._sentence_starts, at) - 1
        return nth < 0 or not any(map(_is_sign_or_letter, self.text[self._sentence_starts[nth] : at]))

    def _ends_sentence(self, at: int) -> bool:
        nth = bisect_left(self._sentence_ends, at)
        rest = self.text[at : self._sentence_ends[nth]] if nth < len(self._sentence_ends) else ""
        return not any(map(_is_sign_or_letter, rest))

    def _is_clause(self, start: int, end: int) -> bool:
        """True when ``text[start:end]`` is one relative clause of a sentence, between two commas."""
        left_out = self.text[start:end]
        opened = self.text[start - 1 : start] == "," or left_out.lstrip()[:1] == ","
        closed = left_out.rstrip()[-1:] == "," or self.text[end : end + 1] == ","
        clause = left_out.strip(", \t\n\u00a0")
        return opened and closed and _RELATIVE.match(clause) is not None and not _DIVIDES.search(clause)

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [start for start, _ in self._sentences]

    @cached_property
    def _sentence_ends(self) -> list[int]:
        return [end for _, end in self._sentences]

    @cached_property
    def _sentences(self) -> list[TextRange]:
        return list(sentences(self.text, paragraphs=True))

    @cached_property
    def _unit_starts(self) -> frozenset[int]:
        return frozenset(start for start, _ in self.units)

    @cached_property
    def _unit_ends(self) -> frozenset[int]:
        return frozenset(end for _, end in self.units)


def _is_sign_or_letter(char: str) -> bool:
    return char.isalnum() or _is_sign(char)


def _is_sign(char: str) -> bool:
    return char in _PERCENT or unicodedata.category(char)[0] == "S"


def _has_sign(text: str) -> bool:
    return any(map(_is_sign, text)) or _SIGNED_NUMBER.search(text) is not None
