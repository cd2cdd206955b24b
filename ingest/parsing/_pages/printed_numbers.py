"""Numbers in the forms that lists and headings are printed with: digits, letters, Roman numerals."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

_ROMAN: Final = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
MAX_ROMAN: Final = 3999
"""The largest number in Roman numerals; larger ones are printed in digits."""
MAX_REPEATED: Final = 780
"""The largest number in letters that are repeated (30 of them); larger ones are printed in digits."""


def printed_number(number: int, form: str) -> str:
    """A number in a form; in digits when the form is not known, or has no sign for it."""
    if number > 0 and form in ("a", "A"):
        text = _lettered(number)
    elif 0 < number <= MAX_ROMAN and form in ("i", "I"):
        text = _roman(number)
    else:
        return str(number)
    return text.upper() if form.isupper() else text


def repeated_letter(number: int) -> str:
    """A number as Word and PowerPoint print it in letters: behind "z" come "aa", "bb", "cc"."""
    if not 0 < number <= MAX_REPEATED:
        return str(number)
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)


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


OFFICE_FORMS: Final[Mapping[str, Callable[[int], str]]] = MappingProxyType(
    {
        "decimal": str,
        "decimalZero": lambda number: f"{number:02}",
        "lowerLetter": repeated_letter,
        "upperLetter": lambda number: repeated_letter(number).upper(),
        "lowerRoman": lambda number: printed_number(number, "i"),
        "upperRoman": lambda number: printed_number(number, "I"),
        "ordinal": lambda number: f"{number}{_ordinal_end(number)}",
        "none": lambda _: "",
        "bullet": lambda _: "",
    }
)
"""Forms by their names in Office Open XML (ST_NumberFormat); all others are printed in digits here."""


def _ordinal_end(number: int) -> str:
    return "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
