"""Characters that nobody sees: tags, joiners and marks without effect, and text that is set backwards."""

import re
from typing import Final

_TAGS: Final = "\U000e0000-\U000e007f"
_SELECTORS: Final = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_FLAG: Final = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f"
"""The black flag with the tags of a region: the flags of England, Scotland and Wales."""
_INVISIBLE: Final = re.compile(
    f"({_FLAG})"
    # a joiner between letters of a script that has them, or between emoji
    "|((?<=[^\x00-\x7f])[\u200c\u200d](?=[^\x00-\x7f\u200c\u200d]))"
    # one selector behind a character that may have variants; digits, # and * have their keycaps
    f"|((?<=[^\x00-\x22\x24-\x29\x2b-\x2f\x3a-\x7f{_SELECTORS}])[{_SELECTORS}])"
    f"|[{_TAGS}{_SELECTORS}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0080-\U000e00ff\U000e01f0-\U000e0fff]"
)
_BACKWARDS: Final = re.compile("\u202e([^\u202a-\u202e\u2069\n]*)")
"""Text that a right-to-left override shows from its end to its beginning."""


def drop_invisible(text: str) -> str:
    """Text without the characters that nobody sees, such as tags, zero-width blanks and overrides of direction.

    Joiners in scripts and emoji that need them, and single variation selectors, stay. What an override shows
    backwards is given as it is shown.
    """
    if text.isascii():
        return text
    if "\u202e" in text:
        text = _BACKWARDS.sub(lambda run: run[1][::-1], text)
    return _INVISIBLE.sub(lambda found: found[1] or found[2] or found[3] or "", text)
