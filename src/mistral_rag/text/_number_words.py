"""Numbers written as words, in English, German, French and Spanish."""

import re
from typing import Final

_ONES: Final[dict[str, set[float]]] = {
    "zero": {0}, "one": {1}, "two": {2}, "three": {3}, "four": {4}, "five": {5}, "six": {6}, "seven": {7}, "eight": {8},
    "nine": {9}, "ten": {10}, "eleven": {11}, "twelve": {12}, "thirteen": {13}, "fourteen": {14}, "fifteen": {15},
    "sixteen": {16}, "seventeen": {17}, "eighteen": {18}, "nineteen": {19},
    "first": {1}, "second": {2}, "third": {3}, "fourth": {4}, "fifth": {5}, "sixth": {6}, "seventh": {7}, "eighth": {8},
    "ninth": {9}, "tenth": {10}, "twice": {2}, "half": {0.5, 50}, "dozen": {12},
    "null": {0}, "eins": {1}, "zwei": {2}, "drei": {3}, "vier": {4}, "fünf": {5}, "sechs": {6}, "sieben": {7},
    "acht": {8},
    "neun": {9}, "zehn": {10}, "elf": {11}, "zwölf": {12}, "dreizehn": {13}, "vierzehn": {14}, "fünfzehn": {15},
    "zwanzig": {20}, "dreißig": {30}, "dreissig": {30}, "vierzig": {40}, "fünfzig": {50}, "sechzig": {60},
    "siebzig": {70},
    "achtzig": {80}, "neunzig": {90}, "hundert": {100},
    "deux": {2}, "trois": {3}, "quatre": {4}, "cinq": {5}, "sept": {7}, "huit": {8}, "neuf": {9}, "dix": {10},
    "onze": {11},
    "douze": {12}, "treize": {13}, "quatorze": {14}, "quinze": {15}, "vingt": {20}, "trente": {30}, "quarante": {40},
    "cinquante": {50}, "soixante": {60}, "cent": {100},
    "dos": {2}, "tres": {3}, "cuatro": {4}, "cinco": {5}, "seis": {6}, "siete": {7}, "ocho": {8}, "nueve": {9},
    "diez": {10},
    "once": {1, 11}, "doce": {12}, "trece": {13}, "catorce": {14}, "veinte": {20}, "treinta": {30}, "cuarenta": {40},
    "cincuenta": {50}, "sesenta": {60}, "cien": {100},
}  # fmt: skip
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SMALL: Final = "one|two|three|four|five|six|seven|eight|nine"
_HUNDREDS: Final = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
NUMBER_WORD: Final = re.compile(
    rf"\b(?:(?:{'|'.join(_TENS)})(?:-(?:{_SMALL}))?|(?:(?:{_SMALL}|a)\s(?:{'|'.join(_HUNDREDS)}))|(?:{'|'.join(_ONES)}))\b",
    re.IGNORECASE,
)
"""A number word, or a compound such as "twenty-five" or "two hundred"."""
COUNTING: Final = frozenset(_ONES) - frozenset(
    [
        "one",
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "once",
        "eins",
        "null",
        "zero",
        "half",
        "cent",
        "elf",
        "dos",
        "acht",
        "six",
    ]
)
"""Words that count things and mean little else."""


def value_of(word: str) -> set[float]:
    """The values that a match of `NUMBER_WORD` may have."""
    lower = word.lower()
    if lower in _ONES:
        return {float(value) for value in _ONES[lower]}
    head, _, tail = lower.replace(" ", "-").partition("-")
    if tail in _HUNDREDS:
        return {float(_HUNDREDS[tail] * (1 if head == "a" else min(_ONES[head])))}
    return {float(_TENS[head] + (min(_ONES[tail]) if tail else 0))}
