"""Blanks between words: the loosest comparison ignores them, so here they are compared.

A page may have lost the blanks of a line ("Netincomeincreased") or have one between all letters ("N e t"), by the way
it was set or read. Only there may a quote have others: "therapist" is not "the rapist", "now here" not "nowhere".
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right

from mistral_rag.text import normal_form

MIN_GLUED = 20
"""Letters of a run that is taken for several words: hardly a word of a filing has more than 18."""
_CONSONANTS = frozenset("bcdfghjklmnpqrstvwxz")
"""Alone before the rest of its word: a drop cap ("T he"); a vowel may be a word of its own ("a part")."""
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\uff66-\uff9f]")
"""Letters of scripts without blanks between words."""
_TRADE_MARKS = re.compile("[™℠]")


def same_boundaries(there: str, quote: str) -> bool:
    """True when a quote has the blanks of the page's text between letters, but where that lost some or has too many."""
    letters, gaps = _letters(there)
    same_letters, quote_gaps = _letters(quote)
    if letters != same_letters:
        return False
    bounds = sorted({0, *gaps, len(letters)})
    return all(
        _may_differ(letters, bounds, at)
        for at in gaps.keys() | quote_gaps.keys()
        if {gaps.get(at, ""), quote_gaps.get(at, "")} == {"", " "}
    )


def _letters(text: str) -> tuple[str, dict[int, str]]:
    """The letters of a text, and what stands between them, by the number of letters before it."""
    letters: list[str] = []
    gaps: dict[int, str] = {}
    for char in normal_form(_TRADE_MARKS.sub("", text), "typography").text:
        if char.isalpha():
            letters.append(char)
        elif unicodedata.category(char)[0] != "M":
            gaps[len(letters)] = gaps.get(len(letters), "") + char
    return "".join(letters), gaps


def _may_differ(letters: str, bounds: list[int], at: int) -> bool:
    """True when the page's words around an offset look glued or letter-spaced."""
    if _UNSPACED.search(letters[max(0, at - 1) : at + 1]) or not 0 < at < len(letters):
        return True
    before, behind = bounds[bisect_left(bounds, at) - 1], bounds[bisect_right(bounds, at)]
    if at not in bounds:
        return behind - before >= MIN_GLUED
    return at - before == 1 and (behind - at == 1 or letters[before] in _CONSONANTS)
