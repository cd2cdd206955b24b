"""Words of a question in other forms: in compounds and longer codes, as signs, as initials, with ligatures."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from mistral_rag.text import words

COMPOUNDING: Final = frozenset({"de", "nl", "sv", "da", "no", "fi", "hu"})
"""Languages that write compounds as one word."""
MIN_PART: Final = 4
"""Letters of a word that is looked for in compounds: shorter ones ("ort", "art") stand in many by chance."""
MIN_FILLED: Final = 0.6
"""Share of a compound's letters that the words of a text must fill: "Reise" alone is no "Reisekostenabrechnung"."""
_SIGNS: Final = {
    "€": ("euro", "euros", "eur"),
    "$": ("dollar", "dollars", "usd"),
    "£": ("pound", "pounds", "gbp"),
    "¥": ("yen", "yuan", "jpy"),
    "%": ("percent", "percentage", "prozent", "pourcentage", "porcentaje"),
}
MIN_INITIALS: Final = 2
MAX_INITIALS: Final = 4
_WORD: Final = re.compile(r"[^\W\d_]+")
_MEASURE: Final = re.compile(r"\b(\d+) ?([^\W\d_]+)\b")
_AFTER_NUMBER: Final = re.compile(r"\d\s?([^\W\d_]{3,})")
_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae"})


class OtherForms:
    """The question's words that texts hold in another form; `asked` and texts are terms, stemmed in one language."""

    def __init__(self, question: str, asked: Collection[str], texts: Iterable[Sequence[str]], language: str) -> None:
        self._language = language
        self._asked = [term for term in asked if term.isalpha() and len(term) >= MIN_PART]
        self._codes = [term for term in asked if not term.isalpha() and not term.isdigit() and term.isalnum()]
        # "1234,56 Euro" asks for a sum, "Answer in USD" for a form of the answer
        said = {found[1].casefold() for found in _AFTER_NUMBER.finditer(question)}
        self._signs = {
            sign: held
            for sign, names in _SIGNS.items()
            if (held := {term for name in said.intersection(names) for term in words(name, language)})
        }
        self._others = [*_initials(question, asked, language), *_measures(question, asked, language)]
        vocabulary = {term for text in texts for term in text}
        self._same = {term: found for term in vocabulary if (found := self._found(term))}

    def added(self, terms: Sequence[str], text: str) -> list[str]:
        """The terms of a text, and behind them those of the question that it holds in another form."""
        other = [same for term in terms for same in self._same.get(term, ())]
        other += [term for sign, held in self._signs.items() if sign in text for term in sorted(held)]
        other += [term for form, held in self._others if form.search(text) for term in held]
        return [*terms, *other, *self._whole_compounds(terms)] if other or self._compounds else list(terms)

    @property
    def _compounds(self) -> list[str]:
        return self._asked if self._language in COMPOUNDING else []

    def _found(self, term: str) -> tuple[str, ...]:
        """Words of the question that stand in a term."""
        plain = term.translate(_LIGATURES)
        if plain != term:
            return tuple(asked for asked in self._asked if asked == plain)
        if not term.isalpha():
            # "RULE-A002" is one term, and "A002" its name for short
            return tuple(code for code in self._codes if code != term and term.endswith(code))
        if self._language not in COMPOUNDING:
            return ()
        return tuple(asked for asked in self._asked if asked != term and asked in term)

    def _whole_compounds(self, terms: Sequence[str]) -> list[str]:
        """Compounds of the question whose parts a text holds as words of their own."""
        parts = {term for term in terms if len(term) >= MIN_PART and term.isalpha()}
        return [
            asked
            for asked in self._compounds
            if asked not in parts
            and sum(len(part) for part in parts if part != asked and part in asked) >= MIN_FILLED * len(asked)
        ]


def _initials(question: str, asked: Collection[str], language: str) -> list[tuple[re.Pattern[str], list[str]]]:
    """Initials of two to four words of a question in a row, as forms print them, and the words: "BP"."""
    said = [(word, terms) for word in _WORD.findall(question) if (terms := words(word, language))]
    runs = (
        said[at : at + size] for size in range(MIN_INITIALS, MAX_INITIALS + 1) for at in range(len(said) - size + 1)
    )
    return [
        (
            re.compile(rf"\b{''.join(word[0].upper() for word, _ in run)}\b"),
            [term for _, terms in run for term in terms if term in asked],
        )
        for run in runs
    ]


def _measures(question: str, asked: Collection[str], language: str) -> list[tuple[re.Pattern[str], list[str]]]:
    """Numbers with their units, joined or apart, and the question's words for them: "2 TB" is "2TB"."""
    return [
        (
            re.compile(rf"\b{number}[ -]?{re.escape(unit)}\b", re.IGNORECASE),
            [term for term in words(f"{number}{unit} {number} {unit}", language) if term in asked],
        )
        for number, unit in _MEASURE.findall(question)
    ]
