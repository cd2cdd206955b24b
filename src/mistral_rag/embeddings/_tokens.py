"""Token counts and splitting of texts for embedding models, without a network.

Exact for mistral-embed, whose vocabulary is in mistral-common. The vocabulary of codestral-embed is not published; this
one is the smallest that the platform ever had, so nearly every text has more tokens by it than by any other.
"""

import math
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mistral_rag.usage._estimate import estimate

VOCABULARY = "tokenizer.model.v1"
MAX_TEXT_TOKENS = 8_192
"""Tokens of one text; the context length of the platform's embedding models."""

MARKS = 2
"""Tokens that a model may add to each text, at its beginning and end."""

MAX_WORD_LENGTH = 64
"""Characters of a word whose count is cached; longer ones (numbers, URLs, base64) hardly ever repeat."""

MAX_CACHED_WORDS = 1 << 16
"""Words in the cache, some 8 MB; larger than the vocabulary of most collections."""

SPACE = "\u2581"
"""SentencePiece's symbol for a blank."""

ENDS = ("\n\n", "\n", ". ", " ")
"""Separators behind which a text is cut, best first."""


def upper_bound(text: str) -> int:
    """An upper bound of the tokens of a text, without the vocabulary.

    A token has at least one byte, blanks included; words in the cache have their exact count.
    """
    words = text.split(" ")
    if _has_runs(text):
        return len(text.encode()) + 1 + MARKS
    cached = _cache().get
    return sum([cached(word) or len(word.encode()) + 1 for word in words]) + MARKS


def count(text: str) -> int:
    """The number of tokens of a text, marks included."""
    words = text.split(" ")
    vocabulary = _vocabulary()
    if vocabulary is None:
        return min(upper_bound(text), estimate(text))
    if _has_runs(text) or max(map(len, words)) > MAX_WORD_LENGTH:
        return len(vocabulary.encode(text)) + MARKS
    # No token of this vocabulary spans two words, so words can be counted alone, and most are in the cache.
    cached = _cache()
    new = {word: len(vocabulary.encode(word)) for word in set(words) if word not in cached}
    if len(cached) < MAX_CACHED_WORDS:
        cached.update(new)
    return sum([new[word] if word in new else cached[word] for word in words]) + MARKS


def too_long(text: str) -> bool:
    """True when a text has more tokens than a model takes."""
    # From the cheapest check to the exact one; no character has more than four bytes in UTF-8.
    return (
        4 * len(text) + 1 + MARKS > MAX_TEXT_TOKENS
        and upper_bound(text) > MAX_TEXT_TOKENS
        and count(text) > MAX_TEXT_TOKENS
    )


def beginning(text: str) -> str:
    """The longest beginning of the text that a model takes."""
    vocabulary, limit = _vocabulary(), MAX_TEXT_TOKENS - MARKS
    while vocabulary is None and too_long(text):
        text = text[: len(text) * limit // count(text)]
    while too_long(text):
        decoded = vocabulary.decode(vocabulary.encode(text)[:limit])
        text = text[: len(decoded.rstrip("\ufffd"))]  # U+FFFD: the rest of a character whose bytes were cut
        limit -= 1  # the beginning alone may have other tokens than within the text
    return text


def pieces(text: str) -> Iterator[str]:
    """Split a text into pieces of about equal length that a model takes; joined they are the text."""
    tokens = count(text)
    if tokens <= MAX_TEXT_TOKENS:
        yield text
        return
    # 5 % short of the limit: pieces equal in characters differ in tokens.
    for piece in cut(text, max(2, math.ceil(tokens / (0.95 * MAX_TEXT_TOKENS)))):
        yield from pieces(piece)


def cut(text: str, number: int) -> Iterator[str]:
    """Split a text into `number` pieces of about equal length, preferably after a paragraph, line, sentence or word."""
    for left in range(number, 1, -1):
        wanted = max(1, len(text) // left)
        at = next((at for end in ENDS if (at := _last(text, end, wanted))), wanted)
        yield text[:at]
        text = text[at:]
    yield text


def _last(text: str, end: str, wanted: int) -> int:
    """The position after the last `end` within the last tenth before `wanted`; 0 without one."""
    at = text.rfind(end, wanted - wanted // 10, wanted)
    return at + len(end) if at >= 0 else 0


def _has_runs(text: str) -> bool:
    """True when adjacent, leading or trailing blanks, or their symbol, rule out counting word by word.

    The vocabulary has tokens of several blanks.
    """
    return "  " in text or text[:1] == " " or text[-1:] == " " or SPACE in text


@cache
def _cache() -> dict[str, int]:
    """The cache: words with their numbers of tokens, the blank before the word included."""
    return {}


@cache
def _vocabulary() -> Any:
    """The SentencePiece model; None without the package, where counts are estimates on the high side."""
    try:
        from sentencepiece import SentencePieceProcessor
    except ImportError:
        return None
    # Located without importing mistral_common, which takes thirty times as long as the rest.
    spec = find_spec("mistral_common")
    (folder,) = spec.submodule_search_locations if spec and spec.submodule_search_locations else [""]
    return SentencePieceProcessor(model_file=str(Path(folder) / "data" / VOCABULARY))
