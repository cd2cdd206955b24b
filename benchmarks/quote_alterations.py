"""Quotes with one thing changed, in several languages: digits, signs, negations, order, joins, places.

Each maker takes a true quote of a page and gives altered ones, as kind and text. A kind begins with its class.
"""

import random
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

Case = tuple[str, str]
"""The kind of an altered quote, such as "sign: percent dropped", and the quote."""

NUMBER = re.compile(r"(?<![\w.,])\d[\d,.]*\d(?![\w]|[.,]\d)|(?<![\w.,])\d(?![\w]|[.,]\d)")
CURRENCY = re.compile(r"[$€£¥]\s?(?=\d)|(?<=\d)\s?[€£¥]|(?<=\d)\s(?:EUR|USD|euros?|dollars?)\b")
PERCENT = re.compile(r"(?<=\d)\s?(?:%|percent\b|Prozent\b|pour cent\b|por ciento\b)")
BRACKETED = re.compile(r"\((\$?\s?\d[\d,.]*)\)")
MINUS = re.compile(r"(?<![\w\d])[-−–]\s?(?=[$€£]?\d)")
NEGATION = re.compile(
    r"\s(?:not|no|never|without|neither|nor|nicht|keine?[rmns]?|ohne|nie|niemals|ne|pas|sans|jamais|aucune?|sin|nunca|jamás"
    r"|ningun[oa]s?|non|senza|niet|geen|não|sem)(?=\s)|n['’]t\b|(?<=\s)(?:un|in|im|non-?)(?=[a-z]{5,}(?:able|ible|ed|al)\b)",
)
ADDED = {"en": " not", "de": " nicht", "fr": " pas", "es": " no"}
VERB = {
    "en": re.compile(r"\b(?:is|are|was|were|has|have|will|may|can|must)\b"),
    "de": re.compile(r"\b(?:ist|sind|war|waren|hat|haben|wird|werden|kann|muss)\b"),
    "fr": re.compile(r"\b(?:est|sont|était|étaient|a|ont|peut|peuvent|doit|doivent)\b"),
    "es": re.compile(r"\b(?:es|son|era|eran|fue|fueron|ha|han|puede|pueden|debe)\b"),
}
UNITS = {
    "million": "billion", "billion": "million", "millions": "billions", "thousands": "millions", "months": "years",
    "years": "months", "days": "weeks", "hours": "minutes", "kg": "g", "km": "m", "Millionen": "Milliarden",
    "Jahre": "Monate", "Jahren": "Monaten", "Tage": "Wochen", "Monate": "Jahre", "mois": "ans", "ans": "mois",
    "jours": "mois", "años": "meses", "meses": "años", "millones": "millardos", "días": "horas", "%": "‰",
}  # fmt: skip
UNIT = re.compile(r"(?<=\d)(\s?)(" + "|".join(map(re.escape, UNITS)) + r")(?!\w)")
LOOKALIKE = {"0": "O", "1": "l", "5": "S", "8": "B"}
LETTERS = {"a": "а", "e": "е", "o": "о", "c": "с", "p": "р"}
"""Latin letters and the Cyrillic ones that look like them."""


def alterations(text: str, rng: random.Random, language: str = "en") -> Iterator[Case]:
    """All alterations of one true quote."""
    for maker in (digits, signs, order, lookalikes):
        yield from maker(text, rng)
    yield from negations(text, language)


def digits(text: str, rng: random.Random) -> Iterator[Case]:
    """Numbers of another value."""
    found = list(NUMBER.finditer(text))
    if not found:
        return
    number = rng.choice(found)
    value, at = number[0], rng.randrange(len(re.sub(r"\D", "", number[0])))
    position = [nth for nth, char in enumerate(value) if char.isdigit()][at]
    other = rng.choice([digit for digit in "0123456789" if digit != value[position]])
    yield "digits: changed", _put(text, number, value[:position] + other + value[position + 1 :])
    yield "digits: one more", _put(text, number, f"{value}0" if "." not in value else f"1{value}")
    if len(value) > 1:
        yield "digits: one less", _put(text, number, value[:-1].rstrip(".,"))
    swapped = re.sub(r"(\d)(\d)(?!.*\d\d)", lambda pair: pair[2] + pair[1], value, count=1)
    if swapped != value:
        yield "digits: transposed", _put(text, number, swapped)
    if re.fullmatch(r"\d+\.\d+", value):
        whole, part = value.split(".")
        yield "digits: point moved", _put(text, number, f"{whole}{part[0]}.{part[1:] or '0'}")
        yield "digits: point dropped", _put(text, number, whole + part)
    if re.fullmatch(r"\d{1,3}(,\d{3})+", value):
        yield "digits: comma made a point", _put(text, number, value.replace(",", ".", 1))
        yield "digits: group dropped", _put(text, number, value.rpartition(",")[0])


def signs(text: str, rng: random.Random) -> Iterator[Case]:
    """Signs and units that are dropped, added or others."""
    if currency := _any(CURRENCY, text, rng):
        yield "sign: currency dropped", _put(text, currency, "")
        yield "sign: currency changed", _put(text, currency, "₹" if not currency[0].strip().isalpha() else " CHF")
    if percent := _any(PERCENT, text, rng):
        yield "sign: percent dropped", _put(text, percent, "")
        yield "sign: percent made points", _put(text, percent, " basis points")
    if bracketed := _any(BRACKETED, text, rng):
        yield "sign: brackets dropped", _put(text, bracketed, bracketed[1])
    if minus := _any(MINUS, text, rng):
        yield "sign: minus dropped", _put(text, minus, "")
    elif "(" not in text and (number := _any(NUMBER, text, rng)):
        yield "sign: minus added", f"{text[: number.start()]}-{text[number.start() :]}"
        yield "sign: brackets added", _put(text, number, f"({number[0]})")
        yield "sign: about added", f"{text[: number.start()]}~{text[number.start() :]}"
    if unit := _any(UNIT, text, rng):
        yield "sign: unit swapped", _put(text, unit, unit[1] + UNITS[unit[2]])
        yield "sign: unit dropped", _put(text, unit, "")


def negations(text: str, language: str) -> Iterator[Case]:
    """Negations that are dropped or added."""
    for found in NEGATION.finditer(text):
        yield "negation: dropped", _put(text, found, "")
    if verb := VERB[language].search(text):
        yield "negation: added", f"{text[: verb.end()]}{ADDED[language]}{text[verb.end() :]}"
        yield "negation: un added", re.sub(r"\b([a-z]{6,})\b", r"un\1", text, count=1)


def order(text: str, rng: random.Random) -> Iterator[Case]:
    """Numbers or words in another order."""
    numbers = list(NUMBER.finditer(text))
    for a, b in pairwise(numbers[:4]):
        if a[0] != b[0]:
            yield "order: numbers", f"{text[: a.start()]}{b[0]}{text[a.end() : b.start()]}{a[0]}{text[b.end() :]}"
    words = [word for word in re.finditer(r"[^\W\d_]{4,}", text) if any(map(str.isalnum, text[: word.start()]))]
    pairs = [(a, b) for a, b in pairwise(words) if a[0].casefold() != b[0].casefold()]
    if pairs:
        a, b = rng.choice(pairs)
        yield "order: words", f"{text[: a.start()]}{b[0]}{text[a.end() : b.start()]}{a[0]}{text[b.end() :]}"
        yield "order: word left out", text[: a.start()] + text[a.end() :].lstrip()
        yield "order: word set twice", f"{text[: a.end()]} {a[0]}{text[a.end() :]}"


def lookalikes(text: str, rng: random.Random) -> Iterator[Case]:
    """Letters in place of digits, digits of other scripts, letters of other scripts, text set backwards."""
    if (number := _any(NUMBER, text, rng)) and set(number[0]) & set(LOOKALIKE):
        yield "digits: letters that look alike", _put(text, number, "".join(LOOKALIKE.get(c, c) for c in number[0]))
    if number:
        other = "".join(chr(0x0660 + (int(c) + 1) % 10) if c.isdigit() else c for c in number[0])
        yield "digits: another value in Arabic digits", _put(text, number, other)
        if number[0] != number[0][::-1]:
            yield "digits: set backwards", _put(text, number, f"\u202e{number[0]}\u202c")
            yield "digits: shown backwards", _put(text, number, number[0][::-1])
    if word := _any(re.compile(r"[a-z]*[aeocp][a-z]{4,}"), text, rng):
        swapped = "".join(LETTERS.get(char, char) for char in word[0])
        yield "place: word in letters of another script", _put(text, word, swapped)


def joins(sentences: Sequence[str], rng: random.Random) -> Iterator[Case]:
    """Halves of two sentences of a page, in the order of the page and in the other."""
    for first, then in pairwise(sentences):
        one, other = first.split(), then.split()
        begin, end = " ".join(one[: len(one) // 2]), " ".join(other[len(other) // 2 :])
        yield "join: halves with an ellipsis", f"{begin} … {end}"
        yield "join: halves without one", f"{begin} {end}"
        yield "join: the second first", f"{' '.join(other[: len(other) // 2])} [...] {' '.join(one[len(one) // 2 :])}"
    if len(sentences) > 4:
        far = rng.sample(list(sentences), 3)
        yield "join: three places", " ... ".join(" ".join(sentence.split()[2:7]) for sentence in far)


def places(rows: Sequence[str], page_before: Sequence[str], rng: random.Random) -> Iterator[Case]:
    """The label of a row with the values of another, and sentences that run on from another page."""
    for first, then in pairwise(rows):
        label, values = re.match(r"\D*", first), re.search(r"\d.*", then)
        if label and values and len(label[0].split()) > 1 and values[0] not in first:
            yield "place: label of another row", f"{label[0]}{values[0]}"
    if page_before and rows:
        yield "place: on from another page", f"{' '.join(rng.choice(page_before).split()[-6:])} {rng.choice(rows)}"
    for sentence in page_before[:3]:
        yield "place: another page", sentence


def _any(pattern: re.Pattern[str], text: str, rng: random.Random) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return rng.choice(found) if found else None


def _put(text: str, found: re.Match[str], other: str) -> str:
    return text[: found.start()] + other + text[found.end() :]
