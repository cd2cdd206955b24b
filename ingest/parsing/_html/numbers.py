"""Numbers of the items of ordered lists, as browsers print them (HTML Standard, section 4.4.5)."""

from collections.abc import Mapping
from typing import Final

from selectolax.lexbor import LexborNode

from ingest.parsing._html.table import whole_number

_ROMAN: Final = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
MAX_ROMAN: Final = 3999
"""The largest number in Roman numerals; larger ones are printed in digits."""


class ListNumbers:
    """Gives the marker of each item of one list; empty markers for a list without numbers."""

    def __init__(self, tag: str, node: LexborNode) -> None:
        attributes = node.attributes
        self._is_ordered = tag == "ol"
        self._form = (attributes.get("type") or "1").strip()
        self._step = -1 if "reversed" in attributes else 1
        first = 1 if self._step > 0 else sum(item.tag == "li" for item in node.iter())
        self._next = whole_number(attributes.get("start"), first)

    def marker(self, attributes: Mapping[str, str | None]) -> str:
        """Marker of the next item, with a blank behind it."""
        if not self._is_ordered:
            return ""
        number = whole_number(attributes.get("value"), self._next)
        self._next = number + self._step
        return f"{_written(number, self._form)}. "


def _written(number: int, form: str) -> str:
    if number > 0 and form in ("a", "A"):
        text = _lettered(number)
    elif 0 < number <= MAX_ROMAN and form in ("i", "I"):
        text = _roman(number)
    else:
        return str(number)
    return text.upper() if form.isupper() else text


def _lettered(number: int) -> str:
    letters = ""
    while number:
        number, at = divmod(number - 1, 26)
        letters = chr(ord("a") + at) + letters
    return letters


def _roman(number: int) -> str:
    digits = ""
    for value, digit in _ROMAN:
        count, number = divmod(number, value)
        digits += digit * count
    return digits
