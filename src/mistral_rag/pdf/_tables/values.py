"""Kinds of text in cells: numbers, and what may stand above numbers."""

import re
from functools import lru_cache
from typing import Final, Literal

CellKind = Literal["number", "year", "date", "range", "quantity", "text"]
"""Kinds of a cell's text. Only "number" never names a column; the others name one when the values below differ."""

_CURRENCY: Final = (
    r"(?:US|CA|C|A|HK|R)?[$€£¥₹₩]|(?:EUR|USD|GBP|CHF|JPY|CNY|RMB|SEK|NOK|DKK|INR|CAD|AUD|HKD|PLN|CZK|BRL)"
)
_DIGITS: Final = r"(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d[\d.,'’/:]*)"
_NOTE: Final = r"(?:\s?\(\w{1,2}\)|\s?[*†‡§]+|(?<=[.,]\d\d\d) \d)*"
_NUMBER: Final = re.compile(
    rf"[-–−+±<>≤≥~(\[]*\s?(?:{_CURRENCY})?\s?[-–−+(]*\s?(?:{_CURRENCY})?\s?(?:{_DIGITS}|\.\d+)\s?"
    rf"(?:%|x|bps?|pp|pts?|[kKmMbB]|bn|mn|million|billion|Mio\.?|Mrd\.?)?\s?[)\]]*\s?(?:%|{_CURRENCY})?{_NOTE}"
    rf"|(?:{_CURRENCY})?\s?[(]?\s?[-–—−]{{1,3}}\s?[)]?\s?%?{_NOTE}|N/?[AM]|n/?[am]\.?|[nN]il|\*{{1,2}}"
)
_TAXED: Final = re.compile(rf"[-–−]?(?:{_CURRENCY})?\s?\d[\d.,]*[.,]\d\d\s?(?:[A-FNSTXZ]|SR|ZR|ZRL)\*?")
"""An amount of a receipt and the letter of its tax: "4.20 A"."""
_YEAR: Final = re.compile(
    r"(?:(?:FY|CY|HY)\s?'?(?:\d\d){1,2}|(?:[1-4]Q|Q[1-4]|[12]H|H[12])(?:[ '/-]{0,2}(?:\d\d){1,2})?"
    r"|(?:19|20)\d\d[A-Z]?(?:\s?[-–—/]\s?(?:19|20)?\d\d)?|\d\d/\d\d)" + _NOTE
)
_MONTH: Final = (
    r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|f[ée]v|"
    r"avr|jui|ao[uû]|déc)[a-zéûä]*\.?"
)
_DATE: Final = re.compile(
    rf"\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}(?:\s?[-–]\s?\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}})?"
    rf"|\d{{1,2}},\s(?:19|20)\d\d|(?:\d{{1,2}}\.?\s)?{_MONTH}(?:[\s-]\d{{1,2}}(?:st|nd|rd|th)?)?(?:,?[\s-]'?(?:\d\d){{1,2}})?",
    re.IGNORECASE,
)
_RANGE: Final = re.compile(r"[$€£]?\d[\d.,/]*\s?%?\s?(?:[-–—]|to|bis)\s?[$€£]?\d[\d.,/]*\s?%?|[$€£]?\d[\d.,]*\s?%?\+")
_QUANTITY: Final = re.compile(r"[<>≤≥~+-]?\d[\d.,]*\s?[^\W\d_][^\s\d]*\.?")
_ENUMERATOR: Final = re.compile(r"[(\[]?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,5})[)\].:]*|[•●▪◦–-]")
_MAX_LENGTH: Final = 48
"""Characters; a longer text is words, whatever it begins with."""

_SCALE: Final = re.compile(
    r"\b(?:in|en|amounts?|angaben)\b.{0,24}?\b(?:thousands?|millions?|billions?|percent|tausend|tsd|mio|mrd|teur|"
    r"millionen|milliarden|milliers|milliards|miles|millones|migliaia|milioni|euros?|dollars?|EUR|USD|GBP|CHF)\b"
    r"|\b(?:TEUR|T€|k€|Mio\.? ?(?:€|EUR)|Mrd\.? ?(?:€|EUR))"
    rf"|^\(?(?:{_CURRENCY})\s?(?:thousands?|millions?|billions?|mn?|bn|Mio\.?|Mrd\.?|Tsd\.?|'?000s?)?\)?$"
    r"|[(,] ?(?:[$€£] ?)?(?:000s?|'000|thousands|millions|billions)\b",
    re.IGNORECASE,
)
_MAX_SCALE: Final = 120
"""Characters of a line that says the scale of a table; a longer one is a sentence."""
_LEADER: Final = re.compile(r"\s*(?:(?:\.\s?){4,}|_{3,})$")
"""Dots or a line from a label to its value."""
_BRACKETED: Final = re.compile(r"\(([^()]*)\)")


@lru_cache(maxsize=8192)
def kind_of(text: str) -> CellKind:
    """The kind of a cell's text."""
    if len(text) > _MAX_LENGTH:
        return "text"
    if _YEAR.fullmatch(text):
        return "year"
    if _DATE.fullmatch(text):
        # a month alone is a word among others: "Mar", but "Marketing" as well
        return "date" if any(map(str.isdigit, text)) else "text"
    if _RANGE.fullmatch(text):
        return "range"
    if _NUMBER.fullmatch(text) or _TAXED.fullmatch(text):
        return "number"
    return "quantity" if _QUANTITY.fullmatch(text) else "text"


def is_dash(text: str) -> bool:
    """True for the sign of a cell without a value, which stands anywhere in its column."""
    return not any(map(str.isalnum, text))


def leader_of(text: str) -> int:
    """Offset at which the dots begin that lead from a label to its value; the length of a text without them."""
    found = _LEADER.search(text) if text[-1:] in {".", "_"} else None
    return found.start() if found else len(text)


def is_enumerator(text: str) -> bool:
    """True for the number or letter of a list item, which names a row only together with the words behind it."""
    return _ENUMERATOR.fullmatch(text) is not None


def scale_of(words: str) -> str:
    """The scale or currency of a table's values as it is printed, without its brackets; empty for other words."""
    if len(words) > _MAX_SCALE or not _SCALE.search(words):
        return ""
    inside = _BRACKETED.search(words)
    return (inside[1] if inside and _SCALE.search(inside[0]) else words).strip("() ")
