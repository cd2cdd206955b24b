"""Printed lines of one cell as one text."""

import re
from collections.abc import Sequence

_PARTED = re.compile(r"\w-$")
_GOES_ON = re.compile(r"[A-Z\d][^\sa-z]*(?:\s|$)")
"""Digits or capitals, as a code goes on behind its hyphen."""


def joined_lines(lines: Sequence[str]) -> str:
    """Printed lines of one cell with a blank between each two, none in a code such as "W-1001".

    A hyphen before a small letter may part a word, or stand for what follows ("short- and long-term").
    """
    joined = ""
    for line in lines:
        parted = _PARTED.search(joined) and _GOES_ON.match(line)
        joined += line if parted or not joined else f" {line}"
    return " ".join(joined.split())
