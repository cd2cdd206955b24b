"""Currencies and units of measure behind and before numbers, and the words that name them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_CURRENCIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "$": r"(?:us|c|ca|a|au|nz|hk|s|r)?\$|usd|us-dollars?|dollars?|dólares|dollari|dolar\w*",
        "€": r"€|eur|euros?",
        "£": r"£|gbp|pounds? sterling|livres? sterling",
        "¥": r"¥|jpy|yen|円|cny|rmb|yuan|元",
        "₹": r"₹|inr|rs\.?|rupees?",
        "chf": r"chf|sfr\.?|swiss francs?|schweizer franken|franken|francs? suisses?",
        "₩": r"₩|krw",
        "kr": r"kr|sek|nok|dkk|kron(?:or|er|en|a)",
        "zł": r"zł|pln|zloty\w*|złot\w*",
        "₽": r"₽|rub|rubles?|rubel",
        "brl": r"brl|reais",
        "mxn": r"mxn|pesos?",
    }
)
"""A name of each currency -> signs, codes and words; kinds of dollars, and yen and yuan, are not told apart."""
_ANY: Final = "|".join(f"(?P<c{at}>{pattern})" for at, pattern in enumerate(_CURRENCIES.values()))
_NAMES: Final = tuple(_CURRENCIES)
CURRENCY_BEFORE: Final = re.compile(rf"(?:(?<![^\W\d_])(?:{_ANY}))[\s\u00a0(−–-]{{0,2}}\Z", re.IGNORECASE)
CURRENCY_BEHIND: Final = re.compile(rf"[\s\u00a0-]{{0,2}}(?:{_ANY})(?![^\W\d_])", re.IGNORECASE)
_CURRENCY: Final = re.compile(rf"(?<![^\W\d_])(?:{_ANY})(?![^\W\d_])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MeasureUnit:
    """A unit of measure: what it measures, and how many of the smallest unit of that kind it has."""

    kind: str
    factor: float


_UNITS: Final[Mapping[str, Mapping[float, str]]] = MappingProxyType(
    {
        "length": {
            0.001: "mm millimeters? millimetres? milímetros?",
            0.01: "cm centimeters? centimetres? zentimeter",
            0.0254: "inch inches zoll",
            0.3048: "ft feet foot fuß",
            0.9144: "yards? yd",
            1: "meters? metres? metern? mètres? metros?",
            1000: "km kilometers? kilometres? kilometern? kilomètres? kilómetros?",
            1609.344: "miles? meilen? millas?",
        },
        "mass": {
            1e-9: "µg mcg micrograms?",
            1e-6: "mg milligrams? milligramm",
            0.001: "grams? gramm grammes? gramos?",
            0.028349: "oz ounces?",
            0.45359: "lbs? pounds?(?!\\s+sterling)",
            1: "kg kilos? kilograms? kilogramm kilogrammes? kilogramos?",
            1000: "tons? tonnes? tonnen? toneladas?",
        },
        "days": {
            1 / 86400: "seconds? secs? sekunden? secondes? segundos?",
            1 / 1440: "minutes? mins? minuten? minutos?",
            1 / 24: "hours? hrs? stunden? heures? horas?",
            1: "days? tage?n? jours? días? giorni dagen dias?",
            7: "weeks? wochen? semaines? semanas? settimane weken",
        },
        "months": {
            1: "months? monate?n? mois meses mes mesi maanden",
            3: "quarters? quartale?n? trimestres?",
            12: "years? jahre?n? ans? années? años? anni jaar",
            120: "decades? jahrzehnte?n? décadas? décennies?",
        },
        "volume": {0.001: "ml milliliters? millilitres?", 1: "l liters? litres? litern? litros?", 3.785: "gallons?",
                   158.987: "barrels? bbl"},
        "area": {0.0929: "sq\\.?\\s?ft square\\s(?:feet|foot)", 1: "m² sqm square\\smet(?:er|re)s? quadratmetern?",
                 4046.86: "acres?", 10000: "ha hectares? hektar", 1e6: "km² square\\skilomet(?:er|re)s?"},
        "power": {1: "w watts?", 1000: "kw kilowatts?", 1e6: "mw megawatts?", 1e9: "gw gigawatts?"},
        "energy": {1: "wh", 1000: "kwh kilowattstunden?", 1e6: "mwh", 1e9: "gwh", 1e12: "twh"},
        "data": {1: "kb kilobytes?", 1000: "mb megabytes?", 1e6: "gb gigabytes?", 1e9: "tb terabytes?"},
        "temperature": {1: "°\\s?c celsius", 1.0001: "°\\s?f fahrenheit", 1.0002: "kelvin"},
        "speed": {1: "km/h kmh kph", 1.609344: "mph"},
        "pressure": {1: "mbar hpa", 1000: "bar", 68.9476: "psi"},
    }
)  # fmt: skip
_UNIT_LIST: Final = [
    (MeasureUnit(kind, factor), word) for kind, units in _UNITS.items() for factor, names in units.items()
    for word in names.split()
]  # fmt: skip
_UNIT_BEHIND: Final = re.compile(
    r"[\s\u00a0-]{0,2}(?:(?:full|consecutive|calendar|business|working|volle|ganze|aufeinanderfolgende)\s)?(?:"
    + "|".join(f"(?P<u{at}>{word})" for at, (_, word) in sorted(enumerate(_UNIT_LIST), key=lambda u: -len(u[1][1])))
    + r")(?![\w²])",
    re.IGNORECASE,
)


def unit_behind(text: str, at: int) -> MeasureUnit | None:
    """The unit of measure that stands behind a number ending at `at`."""
    found = _UNIT_BEHIND.match(text, at)
    return _UNIT_LIST[int(str(found.lastgroup)[1:])][0] if found else None


_SCALE_WORDS: Final = re.compile(
    r"(?P<k>thousands?|tausend|mille|tsd|miles)|(?P<m>millions?|millionen|millones|mio|mn)|(?P<b>billions?|milliarden?|mrd|bn)"
    r"|(?P<t>trillions?|billionen)|(?P<p>%|percent|prozent|percentage)",
    re.IGNORECASE,
)


def measure_word(word: str) -> str:
    """The unit, currency or scale that a word names; empty for any other word."""
    if found := _SCALE_WORDS.fullmatch(word):
        return str(found.lastgroup)
    if (unit := unit_behind(word, 0)) is not None:
        return f"{unit.kind} {unit.factor}"
    return currency_of(_CURRENCY.fullmatch(word))


def currency_of(found: re.Match[str] | None) -> str:
    """The name of the currency that a match of one of the patterns here found; empty for none."""
    return _NAMES[int(str(found.lastgroup)[1:])] if found else ""


def currencies(text: str) -> frozenset[str]:
    """The names of all currencies in a text."""
    return frozenset(currency_of(found) for found in _CURRENCY.finditer(text))
