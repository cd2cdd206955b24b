"""Normal forms of a text in which quotes are compared, each with the way back to the text's offsets.

Four levels, from strict to loose:

1. ``raw``: the text itself.
2. ``space``: runs of white space are one blank.
3. ``typography``: also compatibility forms, case, quotation marks, dashes, soft and line-end hyphens.
4. ``squeezed``: letters, digits and signs only; no blanks, thousands separators or dot leaders; "(5)" is -5.

A number never joins another: where two numbers follow each other, the squeezed form has a bar between them.
"""

import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Literal

Level = Literal["raw", "space", "typography", "squeezed"]
"""The name of a normal form."""
LEVELS: tuple[Level, ...] = ("raw", "space", "typography", "squeezed")
"""Levels of normal forms, from the text as it stands to letters, digits and signs alone."""
BAR = "|"
"""Stands in the squeezed form where a blank keeps two numbers apart."""

_DASHES = frozenset("-‐‑‒–—―−﹣－")
_SINGLE = frozenset("'‘’‚‛′`´ʼ＇")
_DOUBLE = frozenset('"“”„‟″«»＂')
_CURRENCY = "$€£¥"
_SIGNS = frozenset("%€£¥<>=±+§&≤≥√∑∆")
_AS_THEY_ARE = ("<super>", "<sub>", "<fraction>")
_LINE_END_HYPHEN = re.compile(r"(?<=[^\W\d_])[-‐]\s*\n\s*(?=[^\W\d_])|\u00ad")
_NUMBER = r"\.?\d+(?:[.,'’]\d+)*"
_TOKEN = re.compile(
    rf"""(?P<negative>\(\s*[{_CURRENCY}]?\s*{_NUMBER}\s*%?\s*\))
       | (?P<minus>(?<![^\W_])[{"".join(sorted(_DASHES))}](?=[{_CURRENCY}]?\.?\d))
       | (?<![\w.]){_NUMBER} | \d+(?:[.,'’]\d+)*
       | \S""",
    re.VERBOSE,
)
_THOUSANDS = re.compile(r"[,'’](?=\d{3})")


@dataclass(frozen=True, slots=True)
class Form:
    """A normal form: its text, and for each of its characters where it starts and ends in the original."""

    text: str
    starts: "array[int]"
    ends: "array[int]"


@lru_cache(maxsize=256)
def normal_form(text: str, level: Level) -> Form:
    """The normal form of `text` at a level."""
    if level == "raw":
        return Form(text, array("i", range(len(text))), array("i", range(1, len(text) + 1)))
    pieces = _FORMERS[level](text)
    chars: list[str] = []
    starts, ends = array("i"), array("i")
    for piece, start, end in pieces:
        chars.append(piece)
        starts.extend(repeat(start, len(piece)))
        ends.extend(repeat(end, len(piece)))
    return Form("".join(chars), starts, ends)


Pieces = Iterator[tuple[str, int, int]]


def _space(text: str) -> Pieces:
    for match in re.finditer(r"\s+|\S", text):
        yield (" " if match[0].isspace() else match[0]), match.start(), match.end()


def _typography(text: str) -> Pieces:
    hyphens = {match.start(): match.end() for match in _LINE_END_HYPHEN.finditer(text)}
    at = 0
    while at < len(text):
        end = at + 1
        if at in hyphens:
            at = hyphens[at]
            continue
        if text[at].isspace():
            while end < len(text) and text[end].isspace():
                end += 1
            yield " ", at, end
        else:
            yield folded(text[at]), at, end
        at = end


def _squeezed(text: str) -> Pieces:
    after_number = False
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        if token["minus"] or token["negative"]:
            yield "-", start, start + 1
            after_number = False
        if token["negative"]:
            *first, (last, at, _) = _signs(text, start, end)
            yield from first
            yield last, at, end
            after_number = last.isdecimal()
        elif not token["minus"]:
            signs = list(_signs(text, start, end))
            if signs and after_number and (signs[0][0].isdecimal() or signs[0][0] == "."):
                yield BAR, start, start
            yield from signs
            after_number = signs[-1][0].isdecimal() if signs else after_number


def _signs(text: str, start: int, end: int) -> Pieces:
    """The letters, digits and signs of a token; inside a number also its decimal point."""
    dropped = {match.start() for match in _THOUSANDS.finditer(text, start, end)}
    for at in range(start, end):
        if end - start > 1 and text[at] in ".,'’" and at not in dropped and text[at + 1 : at + 2].isdecimal():
            yield text[at], at, at + 1
        elif at not in dropped and (sign := _sign(text[at])):
            yield sign, at, at + 1


@lru_cache(maxsize=4096)
def _sign(char: str) -> str:
    if char in _SIGNS:
        return char
    return "".join(c for c in folded(char) if c.isalnum() or unicodedata.combining(c))


@lru_cache(maxsize=4096)
def folded(char: str) -> str:
    """A character without case and compatibility forms; superscripts, subscripts and fractions stay."""
    if char in _DASHES:
        return "-"
    if char in _SINGLE:
        return "'"
    if char in _DOUBLE:
        return '"'
    if unicodedata.decomposition(char).startswith(_AS_THEY_ARE):
        return char
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())


_FORMERS = {"space": _space, "typography": _typography, "squeezed": _squeezed}
