"""Signs that a text was read in a wrong charset: letters and signs that do not stand beside each other in words."""

import unicodedata
from functools import lru_cache
from typing import Final, Literal

Kind = Literal["upper", "lower", "sign", "joiner", "other", "broken"]

MIN_FOREIGN: Final = 3
"""Letters foreign to a language from which on they are no name in it."""
MAX_FOREIGN: Final = 0.3
"""Share of letters beyond ASCII that a language does not have: names of persons and places are below it."""

_UNITS: Final = frozenset("µºª")
"""Letters by their category, signs by their use: 5 µm, nº 3."""
_JOINERS: Final = frozenset("'’‘·-‐\u00ad")
_EAST_ASIAN: Final = frozenset(
    ["CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "COMBINING", "FULLWIDTH"]
)
_LETTERS: Final = {
    "cs": "áčďéěíňóřšťúůýž",
    "da": "æøåéü",
    "de": "äöüßé",
    "es": "áéíñóúüªº",
    "et": "äõöüšž",
    "fi": "äöåšž",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "hr": "čćđšž",
    "hu": "áéíóöőúüű",
    "it": "àèéìíîòóùúªº",
    "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūž",
    "nl": "éëïóöüèêáíú",
    "no": "æøåéòôü",
    "pl": "ąćęłńóśźżü",
    "pt": "áâãàçéêíóôõúüªº",
    "ro": "ăâîșțşţ",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "sl": "čšžćđ",
    "sv": "åäöéü",
    "tr": "çğıöşüâîûİ",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
}
"""Letters beyond ASCII of languages, as CLDR's exemplar characters have them, with those of common loan words."""


def misread_share(text: str) -> float:
    """Share of the characters beyond ASCII that do not fit their neighbours, from 0 to 1.

    Counted are signs between letters, capitals behind small letters, letters of two scripts in one word, and
    characters that no text has.
    """
    count = odd = 0
    for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if not char.isascii():
            count += 1
            odd += _is_odd(before, char, after)
    return odd / count if count else 0.0


def foreign_share(text: str, language: str) -> float:
    """Share of the letters beyond ASCII that a language does not have; 0 for a few, and for a language not known."""
    letters = _LETTERS.get(language, "")
    found = [char for char in text.lower() if not char.isascii() and char.isalpha()]
    foreign = [char for char in found if char not in letters]
    return len(foreign) / len(found) if letters and len(foreign) >= MIN_FOREIGN else 0.0


def _is_odd(before: str, char: str, after: str) -> bool:
    left, kind, right = _kind(before), _kind(char), _kind(after)
    beside = {left, right} & {"upper", "lower"}
    if kind == "broken":
        return True
    if kind == "sign":
        is_between = {left, right} <= {"upper", "lower"}
        return is_between or (bool(beside) and unicodedata.category(char) in {"So", "Sm", "Sk", "No"})
    if kind == "upper" and left == "lower":
        return True
    return kind in {"upper", "lower"} and right in {"upper", "lower"} and not _are_of_one_script(char, after)


def _are_of_one_script(char: str, after: str) -> bool:
    scripts = {_script(char), _script(after)}
    return len(scripts) == 1 or scripts <= _EAST_ASIAN


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    """The first word of a letter's name, which is its script."""
    return unicodedata.name(char, "?").split()[0]


@lru_cache(maxsize=4096)
def _kind(char: str) -> Kind:
    if char in _UNITS:
        return "other"
    category = unicodedata.category(char)
    if char == "\ufffd" or category in {"Co", "Cn"} or (category == "Cc" and char not in "\t\n\r\f"):
        return "broken"
    if category[0] in "LM":
        return "upper" if category == "Lu" else "lower"
    if char in _JOINERS:
        return "joiner"
    return "other" if char.isascii() else "sign"
