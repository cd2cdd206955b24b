"""Normal forms of a text in which quotes are compared, each with the way back to the text's offsets.

Four levels, from strict to loose:

1. ``raw``: the text itself.
2. ``space``: runs of white space are one blank.
3. ``typography``: also compatibility forms, case, quotation marks, dashes, soft and line-end hyphens.
4. ``squeezed``: without blanks, brackets, quotation marks, hyphens, thousands separators, dot leaders, bullets;
   "(5)" and "[5]" are -5, and "$ (5)" is -$5.

No level drops a sign that changes what a text says: letters with their marks, digits, currencies, signs of
mathematics, arrows, check boxes, superscripts and circled numbers stay themselves on all of them. A number never
joins another: where two numbers follow each other, the squeezed form has a bar between them. A dash beside a number
stays as well: before it a minus ("-5"), else a range or an empty cell ("2021 – 2022", "– 5").
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
MAX_REMEMBERED = 200_000
"""Characters of a text whose forms are kept: longer than any page but a whole book's, and 64 forms of it are 130 MB."""
_MINUS, _DASH = "-", "–"
"""Stand in the squeezed form for a minus and for another dash beside a number."""

_DASHES = "-‐‑‒–—―−﹘﹣－˗⁒➖"
_SINGLE = frozenset("'‘’‚‛′`´ʼ＇")
_DOUBLE = frozenset('"“”„‟″«»＂')
_TILDES = frozenset("~∼˜～〜")
_DECORATION = frozenset("|¦©®™℠•‣◦▪▫●■◆►▶➢➤❖\uf0b7\uf0a7\uf0d8\uf076")
"""Symbols that say nothing of the text beside them: trade marks and bullets (some of Wingdings'), rules of tables."""
_PRIMES = frozenset("′″")
"""Feet and inches, minutes and seconds: quotation marks by their look alone."""
_MINUS_SIGNS = frozenset("−➖⁒˗")
_PUNCTUATION = frozenset(".,;:!?%‰‱§&#@/*†‡\\^¿¡،؛؟۔।。、，！？：；")
_AS_THEY_ARE = ("<super>", "<sub>", "<fraction>", "<circle>")
_TRADE_MARKS = re.compile("[™℠]")
"""Dropped before they are decomposed into letters."""
_NO_LETTER = re.compile(r"[\W_]+")
_LINE_END_HYPHEN = re.compile(r"(?<=[^\W\d_])[-‐][^\S\n]*+\n\s*+(?=[^\W\d_])|\u00ad")
_CURRENCY = "[$¢-¥฿₠-⃀＄￠￡￥￦]"
_NUMBER = r"\.?\d+(?:[.,'’]\d+)*+"
_GAP = r"\s{0,3}"
_GRADE = r"(?P<grade>(?:(?<=(?<!\w)[A-Z])|(?<=(?<!\w)[A-Z]{2})|(?<=(?<!\w)[A-Z]{3}))[-‐‑−﹣－](?=[^\S\n]|[.,;:)]|\Z))"
"""The minus of a grade or rating ("A-", "BBB-"); at the end of a line it may be a hyphen."""
_TOKEN = re.compile(
    rf"""(?P<negative>(?:{_CURRENCY}{_GAP})?[(\[]{_GAP}{_CURRENCY}?{_GAP}{_NUMBER}{_GAP}[%‰]?{_GAP}[)\]])
       | (?P<minus>(?:{_CURRENCY}{_GAP})?(?<![^\W_])[{_DASHES}](?={_CURRENCY}?\.?\d))
       | {_GRADE}
       | (?P<dash>[{_DASHES}](?P<before_number>(?=(?:{_GAP}[{_DASHES}]){{0,20}}{_GAP}{_CURRENCY}?{_GAP}[.(]?\d))?)
       | (?P<leader>…|\.{{2,}}+|\.(?:{_GAP}\.)++)
       | (?<![\w.]){_NUMBER} | \d+(?:[.,'’]\d+)*+
       | \S""",
    re.VERBOSE,
)
_THOUSANDS = re.compile(r"(?<=\d)(?<!(?<!\d)0)[,'’](?=\d{3}(?!\d))")
"""A separator that may be left out: not after a lone zero ("0,125"), and before three digits, no more."""


@dataclass(frozen=True, slots=True)
class Form:
    """A normal form: its text, and for each of its characters where it starts and ends in the original."""

    text: str
    starts: "array[int]"
    ends: "array[int]"


def normal_form(text: str, level: Level) -> Form:
    """The normal form of `text` at a level."""
    return _remembered_form(text, level) if len(text) <= MAX_REMEMBERED else _form(text, level)


def skeleton(text: str) -> str:
    """The letters and digits of `text` alone: what one normal form holds of another, its skeleton holds as well.

    It takes a hundredth of the time of a normal form, so it tells which pages need one.
    """
    return _remembered_skeleton(text) if len(text) <= MAX_REMEMBERED else _skeleton(text)


def _form(text: str, level: Level) -> Form:
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


def _skeleton(text: str) -> str:
    plain = _TRADE_MARKS.sub("", text)
    return _NO_LETTER.sub("", unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", plain).casefold()))


_remembered_form = lru_cache(maxsize=64)(_form)
_remembered_skeleton = lru_cache(maxsize=512)(_skeleton)

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
        if token["leader"]:
            continue
        if token["grade"]:
            yield _MINUS, start, end
            continue
        if token["dash"]:
            if after_number or token["before_number"] is not None or text[start] in _MINUS_SIGNS:
                yield _DASH, start, end
            continue
        signs = list(_signs(text, start, end))
        if token["minus"] or token["negative"]:
            yield _MINUS, start, start + 1
        elif signs and after_number and signs[0][0].isdecimal():
            yield BAR, start, start
        if token["negative"]:
            signs[-1] = (*signs[-1][:2], end)
        yield from signs
        last = signs[-1][0] if signs else "" if token["minus"] else BAR
        after_number = last.isdecimal() or (after_number and (last == BAR or last in _PUNCTUATION))


def _signs(text: str, start: int, end: int) -> Pieces:
    """The letters, digits and signs of a token; inside a number also its decimal point, with a zero before it."""
    dropped = {match.start() for match in _THOUSANDS.finditer(text, start, end)}
    for at in range(start, end):
        inside = end - start > 1 and text[at] in ".,'’" and text[at + 1 : at + 2].isdecimal()
        if inside and at not in dropped:
            yield ("0" if not text[at - 1 : at].isdecimal() or at == start else "") + folded(text[at]), at, at + 1
        elif at not in dropped and (sign := _sign(text[at])):
            yield sign, at, at + 1


@lru_cache(maxsize=4096)
def _sign(char: str) -> str:
    if char in _PRIMES:
        return char
    return "".join(filter(_says_something, folded(char)))


def _says_something(char: str) -> bool:
    """True for letters with their marks, digits, and the signs that change what is beside them."""
    if char.isalnum() or char in _PUNCTUATION:
        return True
    kind = unicodedata.category(char)
    if kind[0] == "M":
        return not 0xFE00 <= ord(char) <= 0xFE0F  # they choose a glyph of the character before them
    return (kind[0] == "S" or kind == "Co") and char not in _DECORATION and not 0x2500 <= ord(char) <= 0x257F


@lru_cache(maxsize=4096)
def folded(char: str) -> str:
    """A character without case and compatibility forms; superscripts, subscripts, fractions, circled numbers stay."""
    for sign, same in (("-", _DASHES), ("'", _SINGLE), ('"', _DOUBLE), ("~", _TILDES)):
        if char in same:
            return sign
    if unicodedata.category(char) == "No" or unicodedata.decomposition(char).startswith(_AS_THEY_ARE):
        return char
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())


_FORMERS = {"space": _space, "typography": _typography, "squeezed": _squeezed}
