"""Signs that a text was read in a wrong charset: letters and signs that do not stand beside each other in words."""

import re
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
_WORD: Final = re.compile(r"[^\W\d_]+")
_THAI_RUN: Final = re.compile("[\u0e01-\u0e4e]+")
_THAI: Final = re.compile(
    "(?:[\u0e40-\u0e44]?[\u0e01-\u0e2e][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]{0,2}[\u0e30\u0e32\u0e33\u0e45]{0,2}|[\u0e2f\u0e46])+"
)
"""Syllables: signs above and below stand on a consonant, and so do the vowels before and behind it."""
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


def are_words(text: str) -> bool:
    """True when the letters beyond ASCII make words of one script each: small, capital, or with one capital first.

    Signs beyond ASCII stand at their sides.
    """
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    if misread_share(text) or any(_kind(char) == "broken" for char in text):
        return False
    is_thai = all(_THAI.fullmatch(run) for run in _THAI_RUN.findall(text))
    return bool(words) and is_thai and all(_is_word(word) for word in words)


def _is_word(word: str) -> bool:
    is_cased = (
        word.lower() == word.upper() or word.islower() or word.isupper() or (word[0].isupper() and word[1:].islower())
    )
    return is_cased and len({_script(char) for char in word}) == 1


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
