"""Names of months and days in the language that a number format asks for: "[$-407]d. mmmm yyyy"."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class CalendarNames(NamedTuple):
    """Months from January and days from Monday, whole and short."""

    months: tuple[str, ...]
    days: tuple[str, ...]
    short_months: tuple[str, ...]
    short_days: tuple[str, ...]


def _names(months: str, days: str, short_months: str = "", short_days: str = "") -> CalendarNames:
    whole, week = tuple(months.split()), tuple(days.split())
    short = tuple(short_months.split()) or tuple(month[:3] for month in whole)
    return CalendarNames(whole, week, short, tuple(short_days.split()) or tuple(day[:3] for day in week))


ENGLISH: Final = _names(
    "January February March April May June July August September October November December",
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
)
_BY_LANGUAGE: Final[Mapping[int, CalendarNames]] = MappingProxyType(
    {
        0x07: _names(
            "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
            "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
            short_days="Mo Di Mi Do Fr Sa So",
        ),
        0x0A: _names(
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
            "lunes martes miércoles jueves viernes sábado domingo",
        ),
        0x0C: _names(
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
            "lundi mardi mercredi jeudi vendredi samedi dimanche",
            "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
            "lun. mar. mer. jeu. ven. sam. dim.",
        ),
        0x10: _names(
            "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
            "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        ),
        0x13: _names(
            "januari februari maart april mei juni juli augustus september oktober november december",
            "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
            "jan feb mrt apr mei jun jul aug sep okt nov dec",
            "ma di wo do vr za zo",
        ),
        0x16: _names(
            "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
            "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
        ),
    }
)
_PRIMARY: Final = 0x3FF
"""The bits of a language's number that say which it is; the others say of which country."""


def calendar_names(language: str) -> CalendarNames:
    """The names in a language by its number in hexadecimal ("407", "10407"), English for one that is not known."""
    try:
        number = int(language, 16)
    except ValueError:
        return ENGLISH
    return _BY_LANGUAGE.get(number & _PRIMARY, ENGLISH)
