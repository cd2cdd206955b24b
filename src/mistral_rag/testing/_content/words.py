"""One simple way to cut text, for counting tokens, for streaming and for `max_tokens`.

A token is up to eight characters that are not blanks, with the blanks before them. Real tokenizers make at
least as many of nearly every text, so a client that counts exactly never meets a limit here too early.
"""

import re
from collections.abc import Iterator
from typing import Any

PIECE = re.compile(r"\s*\S{1,8}(?:\s+\Z)?|\s+")
TOKEN = re.compile(r"\S{1,8}")
WORD = re.compile(r"\w+")


def pieces(text: str) -> list[str]:
    """The tokens of `text`; joined they are the text again. Blanks at its end belong to the last."""
    return PIECE.findall(text)


def count_tokens(text: str) -> int:
    """How many tokens `text` has; an empty text has none."""
    return len(TOKEN.findall(text))


def content_words(text: str) -> Iterator[str]:
    """The words of a text that carry meaning, lower case and singular."""
    return filter(None, map(meaning, WORD.findall(text.lower())))


def meaning(word: str) -> str:
    """A lower-case word less a plural's s; empty for a stop word."""
    if word in STOP_WORDS:
        return ""
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def text_of(content: Any) -> str:
    """The text of a message's content, without its other parts."""
    if isinstance(content, str):
        return content
    return "\n".join(chunk.text for chunk in content or () if chunk.type == "text")


STOP_WORDS = frozenset(
    WORD.findall(
        "a about an and any are as at be been but by can could did do does for from had has have how i if in into is "
        "it its me my no not of on or our please shall should so tell than that the their them then there these they "
        "this to was we were what when where which who whom whose why will with would you your"
    )
)
