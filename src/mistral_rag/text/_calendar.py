"""Months by their names, and years of two digits."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_NAMES: Final = {
    "en": "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sept sep|october oct"
    "|november nov|december dec",
    "de": "januar jänner jan|februar feb|märz mär mrz|april apr|mai|juni jun|juli jul|august aug|september sept sep"
    "|oktober okt|november nov|dezember dez",
    "fr": "janvier janv|février févr|mars|avril avr|mai|juin|juillet juil|août|septembre|octobre|novembre|décembre déc",
    "es": "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre",
    "it": "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre",
    "nl": "januari|februari|maart mrt|april|mei|juni|juli|augustus|september|oktober|november|december",
    "pt": "janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro",
}

MONTHS_BY_LANGUAGE: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {
        language: MappingProxyType(
            {name: at for at, months in enumerate(names.split("|"), 1) for name in months.split()}
        )
        for language, names in _NAMES.items()
    }
)
"""Language -> lower-case name or abbreviation of a month -> its number."""

MONTHS: Final[Mapping[str, int]] = MappingProxyType(
    {name: number for months in MONTHS_BY_LANGUAGE.values() for name, number in months.items()}
)
"""The same for all languages at once: no name means two months."""

FIRST_YEAR_OF_1900S: Final = 70
"""From here on two digits are a year of the 1900s: the epoch of POSIX, whose `strptime` turns at 69."""


def full_year(digits: str) -> int:
    """A year of two or four digits: "18" is 2018, "97" is 1997."""
    if len(digits) == 4:
        return int(digits)
    return int(digits) + (1900 if int(digits) >= FIRST_YEAR_OF_1900S else 2000)
