"""Words of cells: numbers, dates, names, and what says in what the values of a table are."""

import re
from typing import Final

_NUMBER: Final = re.compile(r"[^\w]*\d[\d\W]*(?:[eE][-+]?\d+\W*)?")
_DATE: Final = re.compile(
    r"(?:19|20)\d\d(?:\s?[-–/]\s?\d{2,4})?|\d{1,4}([-/.])\d{1,2}\1\d{1,4}|(?:19|20)\d\d[-/.]\d{1,2}"
)
_CLASS: Final = re.compile(r"\d{1,4}\s?[-–]\s?\d{1,4}|\d{1,4}\s?\+")
"""Whole numbers that name a class, of ages or years of service: "25–39", "65+"."""
_MAX_UNITS: Final = 2
"""Words beside the number of a measure: "5.4 kg", "6 working weeks"; more are a sentence."""
_MAX_CURRENCY: Final = 3
"""Letters of a unit before its number: "EUR 30", "CHF 5"; longer ones name a thing ("Room 5")."""
_UNIT_SIGNS: Final = "$€£¥%°²³"
_BRACKETED: Final = re.compile(r"\w ?[(\[][^()\[\]\d]{1,20}[)\]]$")
_UNIT: Final = re.compile(r"[^\W\d_]{1,10}\.?|[$€£¥%°/²³]+[^\W\d_]{0,5}")
_COUNT: Final = re.compile(r"[($€£¥+±<>≤≥~−–-]*\d[\d.,'’:/×–−-]*[)%°]*[^\W\d_]{0,3}[²³]?")
_SIGN: Final = re.compile(r"[$€£¥%()\s]+")
_CURRENCIES: Final = r"[$€£¥]|\b(?:EUR|USD|GBP|CHF|JPY|CNY|RMB|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|RUB|KRW)\b"
_SCALES: Final = (
    r"thousands?|millions?|billions?|Tsd\.?|Mio\.?|Mrd\.?|Tausend|Millionen|Milliarden|milliers|milliards|"
    r"miles|millones|migliaia|milioni|miliardi|T(?:EUR|€)|k€|\000s"
).replace(r"\000s", r"000'?s")
_IN_BRACKETS: Final = re.compile(rf"\(([^()]{{0,60}}?(?:{_CURRENCIES}|\b(?:{_SCALES})(?!\w)|%)[^()]{{0,60}})\)")
_BARE: Final = re.compile(
    rf"(?:US|U\.S\.)?\s?(?:{_CURRENCIES})\s?(?:{_SCALES}|mn?|bn)?|(?:{_SCALES})\s(?:of\s)?(?:{_CURRENCIES})",
    re.IGNORECASE,
)
_SAID: Final = re.compile(
    rf"\b(?:in|en|amounts in)\s+(?:(?:{_CURRENCIES}|US|U\.S\.|dollars?|of)\s*){{0,3}}(?:{_SCALES})(?!\w)"
    rf"(?:\s+(?:of\s+)?(?:U\.?S\.?\s+)?(?:{_CURRENCIES}|dollars?|euros?))?",
    re.IGNORECASE,
)


def is_number(text: str) -> bool:
    """True for digits and signs without words."""
    return _NUMBER.fullmatch(text.strip()) is not None


def is_amount(text: str) -> bool:
    """True for a number that is no date and no class of numbers: years, days and "25–39" name rows and columns."""
    text = text.strip()
    return is_number(text) and _DATE.fullmatch(text) is None and _CLASS.fullmatch(text) is None


def is_measure(text: str) -> bool:
    """True for a number with its unit, before or behind it: "5.4 kg", "6 weeks", "EUR 30"."""
    if is_number(text):
        return False
    words = text.split()
    counts = [word for word in words if _COUNT.fullmatch(word)]
    units = [word for word in words if _UNIT.fullmatch(word)]
    is_led = bool(words) and (words[0] in counts or len(words[0]) <= _MAX_CURRENCY)
    return is_led and len(counts) == 1 and len(units) == len(words) - 1 <= _MAX_UNITS


def is_value(text: str) -> bool:
    """True for what stands below a name: a number, with or without a unit."""
    return is_number(text) or is_measure(text)


def unit_of(text: str) -> str:
    """The words and signs of a value beside its number: "kg", "€"; empty for a plain number."""
    return "".join(sign for sign in text.casefold() if sign.isalpha() or sign in _UNIT_SIGNS)


def ends_with_unit(text: str) -> bool:
    """True for a name with a unit in brackets behind it: "Price (EUR)", "Leave (days)"."""
    return _BRACKETED.search(text) is not None


def is_named(text: str) -> bool:
    """True for words: more letters than digits."""
    return sum(map(str.isalpha, text)) > sum(map(str.isdigit, text))


def is_sign(text: str) -> bool:
    """True for a currency's sign, a bracket or a per cent sign alone."""
    return _SIGN.fullmatch(text) is not None


def is_scale(text: str) -> bool:
    """True for words that say nothing but in what values are: "GBP million"."""
    return _BARE.fullmatch(text.strip()) is not None


def scale_of(text: str) -> str:
    """The part of a text that says in what values are: "in millions", "EUR"; empty when there is none."""
    if found := _IN_BRACKETS.search(text):
        return " ".join(found[1].split())
    said = _SAID.search(text)
    return " ".join(said[0].split()) if said else ""
