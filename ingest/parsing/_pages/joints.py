"""Joints of a text that is put together from pieces: raised and lowered marks, and places where words were left out.

Readers write the signs of this module between the pieces; `without_joints` takes them out again and puts a blank where
two pieces would be read as one word. The rules are those of the text of a PDF page.
"""

import re
from typing import Final

RAISED: Final = "\x01"
LOWERED: Final = "\x02"
LEVEL: Final = "\x03"
"""Signs before raised text, before lowered text, and behind either; no text holds a control sign."""
OMITTED: Final = "\x04"
"""The sign where words that are not read stood: the blanks around it are one."""

_SAME: Final = re.compile(f"{LEVEL}(?:{RAISED}|{LOWERED})")
_MARK: Final = r"(?:\d{1,3}|[a-z]|[*†‡§]{1,3})(?:, ?(?:\d{1,3}|[a-z]))*"
_BESIDE_NUMBER: Final = re.compile(f"(?<=\\d)[{RAISED}{LOWERED}{LEVEL}](?=[\\d+−-])")
"""The joint between a number and one above or below it: 10 with a raised 6 is not 106."""
_BEHIND_WORD: Final = re.compile(rf"(?:(?<=[.,;:!?)\]”“\"»’'%])|(?<=[^\W\d_]{{4}})){RAISED}(?={_MARK}{LEVEL}(?!\w))")
"""The joint before the mark of a note: "per cent.1". Words of three letters may be units, and it their power: km2."""
_BEFORE_WORD: Final = re.compile(rf"(?<![^\W_])({RAISED}{_MARK}){LEVEL}(?=[^\W\d_]{{3}})")
"""A mark at the beginning of the note itself; less than three letters may be an element: 14C."""
_OMITTED: Final = re.compile(f" *{OMITTED}[ {OMITTED}]*")
_JOINTS: Final = re.compile(f"[{RAISED}{LOWERED}{LEVEL}]")


def without_joints(text: str) -> str:
    """The text without the signs of joints, with a blank where pieces have to be apart."""
    if _OMITTED.search(text):
        text = _OMITTED.sub(lambda found: " " if " " in found[0] else "", text)
    if not _JOINTS.search(text):
        return text
    text = _BESIDE_NUMBER.sub(" ", _SAME.sub("", text))
    text = _BEFORE_WORD.sub(r"\1 ", _BEHIND_WORD.sub(" ", text))
    return _JOINTS.sub("", text)
