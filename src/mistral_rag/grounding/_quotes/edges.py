"""Edges of a quote: where a text may be cut without cutting a word, a number, or a sign from what it belongs to.

An edge is looked at with some characters on both sides of it. A joint is a pair of patterns, for the end of what
stands before the edge and for the beginning of what stands behind it; where both match, the text is not cut there.
"""

import re
import unicodedata

_WINDOW = 48
"""Characters on each side: a number with its signs is shorter."""
_CURRENCY = "[$¢-¥฿₠-⃀＄￠￡￥￦]"
_CODE = "(?:USD|EUR|GBP|CHF|JPY|INR|CNY|CAD|AUD|BRL|PLN|SEK|NOK|DKK)"
_DASH = "[-‐‑‒–—―−﹘﹣－˗⁒➖]"
_RELATION = "[~∼˜～<>≤≥≦≧≪≫≠≈≃≅±∓+×÷√∆Δ¬=]"
_MARK = "[▲△▼▽↑↓↗↘⬆⬇⇧⇩☐☑☒☓✓✔✗✘✕✖❌✅]"
_GAP = r"[^\S\n]{0,3}"
_NUMBER = r"\.?\d[\d.,'’]*"
_BEFORE_NUMBER = rf"\(?{_GAP}(?:{_CURRENCY}|{_CODE})?{_GAP}[-−]?\.?\d"
_LINE_END = r"[^\S\n]{0,3}\n\s{0,8}"
_GROUPING_BLANK = "[\u00a0\u2009\u202f]"
_UNIT = r"""(?i:
    percent|per\s?cent|percentage|prozent|pour\s?cent|por\s?ciento|por\s?cento|per\s?cento|procent
  | basis|bps?|pp|thousands?|millions?|billions?|trillions?|hundred|dozen|k|m|bn|mn|mio|mrd|tsd
  | tausend|millionen|milliarden?|milliards?|mille|mil|mill[oó]n(?:es)?|milh(?:ão|ões)|bilh(?:ão|ões)
  | milion[ei]|miliard[oi]|miljoen|miljard|duizend|dollars?|euros?|pounds?|cents?
  | mg|g|kg|t|mm|cm|km|ml|l|kwh?|mwh?|gwh?|twh?|hz|khz|mhz|ghz)\b"""


def _joint(before: str, behind: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(rf"(?:{before})\Z", re.VERBOSE), re.compile(behind, re.VERBOSE)


_GLUED = (
    _joint("[^\\W_]['’]", "[^\\W_]"),  # can't, company's
    _joint("[^\\W_]", "['’][^\\W_]"),
    _joint("[^\\W_][-‐‑]", "[^\\W_]"),  # long-term, F-12
    _joint(f"[^\\W_][-‐‑]{_LINE_END}", "[^\\W\\d_]"),
    _joint("[^\\W_]", f"[-‐‑][^\\W_]|[-‐‑]{_LINE_END}[^\\W\\d_]"),
    _joint("\\d[.,:/]|(?<!\\S)[.,]", "\\d"),  # 5,000 and .5
    _joint("\\d", f"[.,:/]\\d|{_DASH}\\d|[-−](?!\\w)"),  # 2021–2022 and 500-
    _joint(f"\\d{_GROUPING_BLANK}", "\\d{3}(?!\\d)"),
    _joint("\\d", f"{_GROUPING_BLANK}\\d{{3}}(?!\\d)"),
    _joint(f"{_RELATION}|[−§]|\\#", "\\S"),  # ~half, ≤LOD
    _joint("(?<!\\d)(?<!\\d\\s)%", "\\d"),  # %60
    _joint("[A-Z]", f"{_CURRENCY}{_GAP}\\d"),  # US$5
    _joint("\\d", _CURRENCY),
)
"""Joints of characters without a blank between them, but a line end behind a hyphen."""

_SPACED = (
    _joint(_DASH, _BEFORE_NUMBER),  # - 500
    _joint(f"{_RELATION}|§", _BEFORE_NUMBER),
    _joint(f"(?<!\\d){_CURRENCY}|\\b{_CODE}", f"\\(?{_GAP}[-−]?{_GAP}\\.?\\d"),  # $ 500
    _joint(f"(?<![\\d.)])(?<![\\d.)]\\s){_CURRENCY}", "[^\\W\\d_]"),  # $ and shares in millions
    _joint("\\d", f"{_CODE}\\b|{_CURRENCY}(?!{_GAP}[-−(]?{_GAP}\\.?\\d)"),  # 500 €, but not the 5 of "5 $ 6"
    _joint(f"\\({_GAP}{_CURRENCY}?", f"{_CURRENCY}?{_GAP}{_NUMBER}{_GAP}[%‰]?{_GAP}\\)"),  # (500)
    _joint(f"\\({_GAP}{_CURRENCY}?{_GAP}{_NUMBER}{_GAP}[%‰]?", "\\)"),
    _joint("[\\d)]", "[%‰‱°℃℉]"),  # 60 %
    _joint("\\d", _UNIT),  # 5 million
    _joint(_MARK, "\\S"),  # ☒ Yes, and Yes ☒
    _joint("[^\\s.!?:;]", _MARK),
)
"""Joints of characters on one line, with or without blanks between them."""


def cuts(text: str, start: int, end: int) -> bool:
    """True when ``text[start:end]`` begins or ends inside a word or number, or leaves out a sign or unit of it."""
    return cuts_at(text, start) or cuts_at(text, end)


def cuts_at(text: str, at: int) -> bool:
    """True when the characters around an offset belong together."""
    before, behind = text[max(0, at - _WINDOW) : at], text[at : at + _WINDOW]
    if not before or not behind:
        return False
    if _is_letter(behind[0]) and (_is_letter(before[-1]) or unicodedata.category(behind[0])[0] == "M"):
        return True
    if any(left.search(before) and right.match(behind) for left, right in _GLUED):
        return True
    before, behind = before.rstrip(" \t\u00a0\u2009\u202f"), behind.lstrip(" \t\u00a0\u2009\u202f")
    return any(left.search(before) and right.match(behind) for left, right in _SPACED)


def _is_letter(char: str) -> bool:
    """True for letters, digits, and marks that belong to a letter."""
    return char.isalnum() or unicodedata.category(char)[0] == "M"
