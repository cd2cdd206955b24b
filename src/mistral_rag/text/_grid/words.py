"""Words of cells: numbers, dates, names, and what says in what the values of a table are."""

import re
from typing import Final

_NUMBER: Final = re.compile(r"[^\w]*\d[\d\W]*(?:[eE][-+]?\d+\W*)?")
_DATE: Final = re.compile(
    r"(?:19|20)\d\d(?:\s?[-–/]\s?\d{2,4})?|\d{1,4}([-/.])\d{1,2}\1\d{1,4}|(?:19|20)\d\d[-/.]\d{1,2}"
)
_SIGN: Final = re.compile(r"[$€£¥%()\s]+")
_CURRENCIES: Final = r"[$€£¥]|\b(?:EUR|USD|GBP|CHF|JPY|CNY|RMB|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|RUB|KRW)\b"
_SCALES: Final = (
    r"thousands?|millions?|billions?|Tsd\.?|Mio\.?|Mrd\.?|Tausend|Millionen|Milliarden|milliers|milliards|"
    r"miles|millones|migliaia|milioni|miliardi|T(?:EUR|€)|k€|\000s"
).replace(r"\000s", r"000'?s")
_IN_BRACKETS: Final = re.compile(rf"\(([^()]{{0,60}}?(?:{_CURRENCIES}|\b(?:{_SCALES})(?!\w)|%)[^()]{{0,60}})\)")
_SAID: Final = re.compile(
    rf"\b(?:in|en|amounts in)\s+(?:(?:{_CURRENCIES}|US|U\.S\.|dollars?|of)\s*){{0,3}}(?:{_SCALES})(?!\w)"
    rf"(?:\s+(?:of\s+)?(?:U\.?S\.?\s+)?(?:{_CURRENCIES}|dollars?|euros?))?",
    re.IGNORECASE,
)


def is_number(text: str) -> bool:
    """True for digits and signs without words."""
    return _NUMBER.fullmatch(text.strip()) is not None


def is_amount(text: str) -> bool:
    """True for a number that is no date: years and days name rows and columns."""
    text = text.strip()
    return is_number(text) and _DATE.fullmatch(text) is None


def is_named(text: str) -> bool:
    """True for words: more letters than digits."""
    return sum(map(str.isalpha, text)) > sum(map(str.isdigit, text))


def is_sign(text: str) -> bool:
    """True for a currency's sign, a bracket or a per cent sign alone."""
    return _SIGN.fullmatch(text) is not None


def scale_of(text: str) -> str:
    """The part of a text that says in what values are: "in millions", "EUR"; empty when there is none."""
    if found := _IN_BRACKETS.search(text):
        return " ".join(found[1].split())
    said = _SAID.search(text)
    return " ".join(said[0].split()) if said else ""
