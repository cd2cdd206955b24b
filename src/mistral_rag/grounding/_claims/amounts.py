"""Amounts of a change against levels ("fell by 287", "fell to 287"), and limits that are only reached ("exceeded")."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from mistral_rag.grounding._claims.alignment import TokenizedText
from mistral_rag.grounding._claims.findings import Compared, Finding
from mistral_rag.grounding._claims.opposites import sides_of
from mistral_rag.text import Number, numbers, same_number

_Kind = Literal["change", "level", ""]
_SIGN: Final = r"\s(?:US)?[$€£¥]?\s?\Z"
_BY: Final = re.compile(rf"\b(?:by|um|met){_SIGN}", re.IGNORECASE)
_TO: Final = re.compile(rf"\b(?:to|auf|à|hasta|tot|naar){_SIGN}", re.IGNORECASE)
_IS: Final = re.compile(
    r"\b(?:is|was|are|were|totall?ed|amounted to|reached|stood at|war|waren|betrug|betrugen|était|étaient|fue|fueron"
    rf"|era|eran){_SIGN}",
    re.IGNORECASE,
)
_BEYOND: Final = re.compile(
    r"\b(?:exceed(?:s|ed|ing)?|surpass(?:es|ed|ing)?|more than|in excess of|greater than|higher than|über(?:stieg|traf)"
    rf"|mehr als|plus de|más de|less than|lower than|fewer than|weniger als|moins de|menos de){_SIGN}",
    re.IGNORECASE,
)
_BEFORE: Final = 40
"""Characters before a number in which the words stand that say what it is."""
_CHANGE: Final = 5
"""Words before "by" or "to" in which its verb of change stands ("fell slightly by")."""


def other_amounts(compared: Compared) -> Iterator[Finding]:
    """A level that the statement takes for the amount of a change, or the other way round."""
    for number in numbers(compared.statement):
        mine = _kind(compared.said, number)
        if mine == "" or _IS.search(_before(compared.statement, number)):
            continue  # "was 5" says nothing of a change
        theirs = [(_kind(passage, other), passage, other) for passage, other in _places(compared, number)]
        if theirs and all(kind not in {"", mine} for kind, _, _ in theirs):
            _, passage, other = theirs[0]
            yield Finding("contradicted", _reason(compared.statement, number, passage.text, other))
            return


def other_limits(compared: Compared) -> Iterator[Finding]:
    """A value that the statement says is passed, where its sources say that it is the value itself."""
    for number in numbers(compared.statement):
        if not _BEYOND.search(_before(compared.statement, number)):
            continue
        theirs = [(passage, other) for passage, other in _places(compared, number)]
        if theirs and all(_is_exact(passage.text, number, other) for passage, other in theirs):
            passage, other = theirs[0]
            yield Finding("partial", _reason(compared.statement, number, passage.text, other))
            return


def _places(compared: Compared, number: Number) -> Sequence[tuple[TokenizedText, Number]]:
    return [(p, other) for p in compared.passages for other in numbers(p.text) if same_number(number, other)]


def _kind(passage: TokenizedText, number: Number) -> _Kind:
    """The amount of a change, or a level; empty where the words do not say, as in "the increase was 5 %"."""
    before = _before(passage.text, number)
    changes = [any(axis == "change" for axis, _ in sides_of(token.text)) for token in passage.tokens]
    at = sum(token.start < number.start for token in passage.tokens)
    changed = any(changes[max(0, at - _CHANGE) : at])
    if changed and _BY.search(before):
        return "change"
    if (changed and _TO.search(before)) or (_IS.search(before) and not any(changes)):
        return "level"
    return ""


def _is_exact(text: str, claimed: Number, there: Number) -> bool:
    """True where a source says "was" or "to" of the same value, with all its digits."""
    same = claimed.values & there.values and claimed.power == there.power
    before = _before(text, there)
    return bool(same and not there.hedge and (_IS.search(before) or _TO.search(before)))


def _before(text: str, number: Number) -> str:
    before = text[max(0, number.start - _BEFORE) : number.start]
    return before if re.search(r"[\s$€£¥]\Z", before) else ""


def _reason(statement: str, number: Number, source: str, other: Number) -> str:
    return f"it says {_shown(statement, number)!r} where its source says {_shown(source, other)!r}"


def _shown(text: str, number: Number) -> str:
    """A number with the two words before it."""
    return " ".join([*text[: number.start].split()[-2:], number.text]).replace("$ ", "$")
