"""Negations and opposites of a statement against the sentences that say the same: "did not rise", "fell"."""

from collections.abc import Iterator, Sequence
from typing import Final

from mistral_rag.grounding._claims.alignment import Alignment, TextToken, TokenizedText
from mistral_rag.grounding._claims.findings import Compared, Finding
from mistral_rag.grounding._claims.opposites import EVERYWHERE, sides_of

SAME_SENTENCE: Final = 0.6
"""Share of its stems by which a statement counts as another form of a sentence."""
REACH: Final = 4
"""Tokens around a negation or direction in which stand the words that it is about."""
MOSTLY_HELD: Final = 0.7
"""Share of a sentence's stems that a statement has, by which the sentence is about nothing else."""
AS_GOOD: Final = 0.15
"""Coverage by which another sentence may stay behind the best and still speak for the statement."""


def negations(compared: Compared) -> Iterator[Finding]:
    """A negation that the statement has and its source has not, or the other way round."""
    close = _close(compared.alignments, SAME_SENTENCE)
    flips = [_negation_flip(alignment) for alignment in close]
    if flips and all(flips):
        yield Finding("contradicted", flips[0])


def opposites(compared: Compared) -> Iterator[Finding]:
    """A direction or comparison for which the source has the opposite word."""
    close = _close(compared.alignments, SAME_SENTENCE)
    flips = [_opposite_flip(alignment) for alignment in close]
    if flips and all(flips):
        yield Finding("contradicted", flips[0])


def _close(alignments: Sequence[Alignment], at_least: float) -> list[Alignment]:
    """The best alignment and those about as good."""
    close = [alignment for alignment in alignments if _is_close(alignment, at_least)]
    return [a for a in close if a.coverage >= close[0].coverage - AS_GOOD]


def _is_close(alignment: Alignment, at_least: float) -> bool:
    """True when a statement says much the same as a sentence, or a short sentence is nearly whole in it.

    "The contract renews" and "It does not renew" have one word in common, and it is all that the second says.
    """
    if alignment.coverage >= at_least and len(alignment.shared) > 1:
        return True
    return len(alignment.shared) >= MOSTLY_HELD * len(alignment.there.stems)


def _negation_flip(alignment: Alignment) -> str:
    """The reason when one side of an alignment is negated where the other is not; empty when there is none."""
    said, there = alignment.statement, alignment.there
    negated, plain = _negated(said, alignment, 0, len(said.tokens)), _negated(there, alignment, *alignment.region)
    if negated and not plain:
        return f"it says {_phrase(said, negated[0])!r}, its source does not negate it"
    if plain and not negated:
        return f"its source says {_phrase(there, plain[0])!r}, which it leaves out"
    return ""


def _negated(passage: TokenizedText, alignment: Alignment, first: int, end: int) -> list[int]:
    """Indices of the negations in a range of tokens that stand beside words that both sides have."""
    # a German negation stands behind its verb, and a reflexive pronoun between them
    at = range(max(0, first - 1), min(end + 3, len(passage.tokens)))
    return [
        i
        for i in at
        if passage.tokens[i].negates and not _is_form(passage, i) and _beside_shared(passage, i, alignment.shared)
    ]


def _is_form(passage: TokenizedText, at: int) -> bool:
    """True for "No. 5" and for a capital "No" that answers."""
    token = passage.tokens[at]
    if token.text.lower() not in {"no", "nos"}:
        return False
    following = passage.text[token.start + len(token.text) :].lstrip(". ")
    return following[:1].isdigit() or (token.text == "No" and passage.text[token.start + 2 :][:1] in {",", ".", ""})


def _beside_shared(passage: TokenizedText, at: int, shared: frozenset[str]) -> bool:
    """True when a word that both sides have stands right beside a negation, small words apart."""
    behind = [token.stem for token in passage.tokens[at + 1 : at + 1 + REACH] if token.stem]
    before = [token.stem for token in passage.tokens[max(0, at - REACH) : at] if token.stem]
    return bool(shared.intersection(behind[:2])) or bool(shared.intersection(before[-1:]))


def _opposite_flip(alignment: Alignment) -> str:
    for difference in alignment.substitutions:
        for token in difference.said:
            if other := _opposite_in(token, difference.there):
                return _says(token, other)
    said, there = alignment.statement, alignment.there
    for axis in EVERYWHERE:
        mine, theirs = _on(said, axis), _on(there, axis)
        sides = {side for _, side in mine}
        if len(sides) != 1 or not theirs or sides & {side for _, side in theirs}:
            continue
        first, second = said.tokens[mine[0][0]], _nearest(alignment, theirs)
        if second is not None:
            return _says(first, second)
    return ""


def _opposite_in(token: TextToken, there: Sequence[TextToken]) -> TextToken | None:
    axes = dict(sides_of(token.text))
    for other in there:
        if any(axes.get(axis) == -side for axis, side in sides_of(other.text)):
            return other
    return None


def _on(passage: TokenizedText, axis: str) -> list[tuple[int, int]]:
    """Index and side of each word of an axis; a side under a negation is left to the check of negations."""
    return [
        (at, side) for at, token in enumerate(passage.tokens) for name, side in sides_of(token.text) if name == axis
    ]


def _nearest(alignment: Alignment, places: Sequence[tuple[int, int]]) -> TextToken | None:
    """The word of an axis that stands near words that both sides have."""
    tokens = alignment.there.tokens
    for at, _ in places:
        if alignment.shared.intersection(token.stem for token in tokens[max(0, at - REACH) : at + REACH + 1]):
            return tokens[at]
    return None


def _says(said: TextToken, there: TextToken) -> str:
    return f"it says {said.text!r} where its source says {there.text!r}"


def _phrase(passage: TokenizedText, at: int) -> str:
    """A negation with the words beside it."""
    first, last = passage.tokens[max(0, at - 1)], passage.tokens[min(at + 2, len(passage.tokens) - 1)]
    return " ".join(passage.text[first.start : last.start + len(last.text)].split())
