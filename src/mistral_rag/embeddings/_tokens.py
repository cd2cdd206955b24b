"""How many tokens a text has for an embedding model: counted here, without a network.

Exactly for mistral-embed, whose vocabulary mistral-common carries. Nobody has published which one the others use;
this is the smallest that the platform ever had, so it makes more tokens of nearly every text than any other.
"""

import math
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mistral_rag.messages._tokens import estimate

VOCABULARY = "tokenizer.model.v1"
LONGEST_TEXT = 8_192
"""Tokens of one text that the models take."""

MARKS = 2
"""Tokens that a model may put around each text."""

LONGEST_WORD = 64
"""Characters; longer words are rare, and their counts not worth keeping."""

MOST_WORDS = 1 << 16
"""Words whose counts are kept."""

SPACE = "\u2581"
"""What stands for a blank in the vocabulary."""

ENDS = ("\n\n", "\n", ". ", " ")
"""Where a text is cut, best first."""


def at_most(text: str) -> int:
    """A number of tokens that no count of this text exceeds, found without the vocabulary.

    A token has at least one byte, blanks included; words that were counted before have the count they had.
    """
    words = text.split(" ")
    if _has_runs(text):
        return len(text.encode()) + 1 + MARKS
    known = _known().get
    return sum([known(word) or len(word.encode()) + 1 for word in words]) + MARKS


def count(text: str) -> int:
    """The tokens of a text, marks included."""
    words = text.split(" ")
    vocabulary = _vocabulary()
    if vocabulary is None:
        return min(at_most(text), estimate(text))
    if _has_runs(text) or max(map(len, words)) > LONGEST_WORD:
        return len(vocabulary.encode(text)) + MARKS
    # No token reaches from one word into the next, so words can be counted apart, and most were before.
    known = _known()
    new = {word: len(vocabulary.encode(word)) for word in set(words) if word not in known}
    if len(known) < MOST_WORDS:
        known.update(new)
    return sum([new[word] if word in new else known[word] for word in words]) + MARKS


def too_long(text: str) -> bool:
    """Whether a text has more tokens than a model takes."""
    # no character has more than four bytes
    return 4 * len(text) + 1 + MARKS > LONGEST_TEXT and at_most(text) > LONGEST_TEXT and count(text) > LONGEST_TEXT


def beginning(text: str) -> str:
    """As much of the text's beginning as a model takes."""
    vocabulary, limit = _vocabulary(), LONGEST_TEXT - MARKS
    while vocabulary is None and too_long(text):
        text = text[: len(text) * limit // count(text)]
    while too_long(text):
        kept = vocabulary.decode(vocabulary.encode(text)[:limit])
        text = text[: len(kept.rstrip("\ufffd"))]  # what is left of a character cut in two
        limit -= 1  # the rest may fall into other tokens when it stands alone
    return text


def pieces(text: str) -> Iterator[str]:
    """The text in pieces of about the same length that a model takes; joined they are the text again."""
    tokens = count(text)
    if tokens <= LONGEST_TEXT:
        yield text
        return
    for piece in cut(text, max(2, math.ceil(tokens / (0.95 * LONGEST_TEXT)))):
        yield from pieces(piece)


def cut(text: str, number: int) -> Iterator[str]:
    """The text in so many parts of about the same length, if possible after a paragraph, line, sentence or word."""
    for left in range(number, 1, -1):
        wanted = max(1, len(text) // left)
        at = next((at for end in ENDS if (at := _last(text, end, wanted))), wanted)
        yield text[:at]
        text = text[at:]
    yield text


def _last(text: str, end: str, wanted: int) -> int:
    """The place behind the last `end` in the last tenth before `wanted`; 0 when there is none."""
    at = text.rfind(end, wanted - wanted // 10, wanted)
    return at + len(end) if at >= 0 else 0


def _has_runs(text: str) -> bool:
    """Whether blanks stand together, or at an end, or what stands for them: these make tokens with each other."""
    return "  " in text or text[:1] == " " or text[-1:] == " " or SPACE in text


@cache
def _known() -> dict[str, int]:
    """The tokens of words that were counted, each with the blank before it."""
    return {}


@cache
def _vocabulary() -> Any:
    """What encodes a text; None where its package is missing: then tokens are estimated, rather too many."""
    try:
        from sentencepiece import SentencePieceProcessor
    except ImportError:
        return None
    # The file is found without importing mistral_common, which takes thirty times as long as the rest.
    spec = find_spec("mistral_common")
    (folder,) = spec.submodule_search_locations if spec and spec.submodule_search_locations else [""]
    return SentencePieceProcessor(model_file=str(Path(folder) / "data" / VOCABULARY))
