"""A PDF's own text layer beside what was read: words that only one of them has."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from mistral_rag.ocr._result import LayerComparison, LayerWord, SeenWord
from mistral_rag.schema import Box, WordBoxes

_SMALL = "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"
_LETTERS = rf"[^\W\d_{_SMALL}]+"
TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|[{_SMALL}]+|{_LETTERS}(?:-\n{_LETTERS})*")
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
APART = 4
"""Letters from which on a word also counts as there when it stands there with other blanks or hyphens."""


class LayerText(NamedTuple):
    """The text layer of a page."""

    text: str
    words: WordBoxes


class Token(NamedTuple):
    """A word as it is compared, and where it stands."""

    form: str
    start: int
    end: int


def compare(read: str, layer: LayerText) -> LayerComparison:
    """The words of the text read against those of the layer."""
    ours, theirs = list(_tokens(read)), list(_tokens(layer.text))
    common = Counter(token.form for token in ours) & Counter(token.form for token in theirs)
    only_read = _without(ours, common, theirs)
    only_layer = _without(theirs, common, ours)
    total = len(ours) + len(theirs)
    return LayerComparison(
        only_in_layer=tuple(
            LayerWord(text=layer.text[token.start : token.end], box=_box(layer.words, token)) for token in only_layer
        ),
        only_read=tuple(
            SeenWord(start=token.start, end=token.end, text=read[token.start : token.end]) for token in only_read
        ),
        agreement=1 - (len(only_read) + len(only_layer)) / total if total else 1.0,
    )


def _tokens(text: str) -> Iterator[Token]:
    for found in TOKEN.finditer(text):
        form = unicodedata.normalize("NFKC", found[0].replace("-\n", "")).casefold()
        yield Token(THOUSANDS.sub("", form), *found.span())


def _without(tokens: list[Token], common: Counter[str], others: list[Token]) -> list[Token]:
    """The words that the others lack, not even written in one with their neighbours or apart."""
    left = Counter(common)
    lacking = []
    for token in tokens:
        if left[token.form] > 0:
            left[token.form] -= 1
        else:
            lacking.append(token)
    run = "".join(token.form for token in others) if lacking else ""
    return [token for token in lacking if not (len(token.form) >= APART and token.form.isalpha() and token.form in run)]


def _box(words: WordBoxes, token: Token) -> Box | None:
    boxes = [word.box for word in words.between(token.start, token.end)]
    return Box.around(boxes) if boxes else None
