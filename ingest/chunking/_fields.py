"""Fields of forms and letters: lines of a label, a colon and a value, "Place: hall 2"."""

import re
from collections.abc import Iterator
from typing import Final

_FIELD: Final = re.compile(r"[ \t]*[^\W_][^\n:|.;!?]{0,39}:(?=[ \t\n]|$)")
"""A label of a few words; not "09:20", nor an address of the web. A label may have no value."""
_LINE_OF_FIELD: Final = re.compile(rf"\n(?={_FIELD.pattern})")


def is_field(line: str) -> bool:
    """True for a line that begins with a label and a colon."""
    return _FIELD.match(line) is not None


def fields(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The range in parts that begin with its fields: those that begin a line."""
    at = start
    for found in _LINE_OF_FIELD.finditer(text, start, end):
        yield at, found.start()
        at = found.end()
    yield at, end
