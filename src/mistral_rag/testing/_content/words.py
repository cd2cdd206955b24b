"""A simple tokenizer, for token counts, streams and `max_tokens`; and the content words of a text.

A token is up to eight non-blank characters with the blanks before them. Nearly every text has at least as many tokens
by a real tokenizer, so a client that counts exactly does not exceed a limit of the fake.
"""

import re
from collections.abc import Iterator
from typing import Any

TOKEN_WITH_BLANKS = re.compile(r"\s*\S{1,8}(?:\s+\Z)?|\s+")
TOKEN = re.compile(r"\S{1,8}")
WORD = re.compile(r"\w+")


def tokenize(text: str) -> list[str]:
    """The tokens of `text`; joined they are the text. Blanks at its end belong to the last token."""
    return TOKEN_WITH_BLANKS.findall(text)


def count_tokens(text: str) -> int:
    """The number of tokens of `text`; 0 for an empty text."""
    return len(TOKEN.findall(text))


def content_words(text: str) -> Iterator[str]:
    """The words of a text without stop words, lower case and singular."""
    return filter(None, map(stem, WORD.findall(text.lower())))


def stem(word: str) -> str:
    """A lower-case word without a plural's s; empty for a stop word."""
    if word in STOP_WORDS:
        return ""
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def text_of(content: Any) -> str:
    """The text of a message's content, without other chunks."""
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
