"""Financial statements: the pages of a report that are one, and those that a question names.

A statement is one page among hundreds, and the same lines stand in notes and summaries all around it. Its page says
in its first lines what it is and is mostly numbers; that tells it from the pages that only mention it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

HEAD: Final = 350
"""Characters of a page that hold the name of a statement."""
MIN_NUMBERS: Final = 25
"""Numbers of a page that is a statement; summaries in the text have fewer."""
MIN_NUMBERS_TO_WORDS: Final = 0.3
"""Numbers for each word: lines of a statement hold a label and two or three figures, notes hold sentences."""

_OF: Final = r"statements?\s+of\s+(?:consolidated\s+)?"
STATEMENTS: Final = {
    "income": re.compile(
        rf"\b(?:{_OF}(?:comprehensive\s+)?(?:income|operations|earnings|profit|loss)|income\s+statements?"
        r"|profit\s+(?:and|&)\s+loss|gewinn-?\s+und\s+verlustrechnung|comptes?\s+de\s+résultats?"
        r"|(?:estado|cuenta)s?\s+de\s+(?:resultados|pérdidas))\b",
        re.IGNORECASE,
    ),
    "balance": re.compile(
        rf"\b(?:balance\s+sheets?|{_OF}financial\s+(?:position|condition)|bilanz|bilan\s+consolidé"
        r"|balance\s+(?:general|de\s+situación)|estados?\s+de\s+situación\s+financiera)\b",
        re.IGNORECASE,
    ),
    "cash": re.compile(
        rf"\b(?:{_OF}cash[\s-]?flows?|cash[\s-]?flow\s+statements?|kapitalflussrechnung"
        r"|tableaux?\s+des?\s+flux\s+de\s+trésorerie|estados?\s+de\s+flujos?\s+de\s+(?:efectivo|caja))\b",
        re.IGNORECASE,
    ),
}
_NUMBER: Final = re.compile(r"\d[\d.,]*")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")


def named_statements(text: str) -> frozenset[str]:
    """The statements ("income", "balance", "cash") that a text names."""
    return frozenset(name for name, words in STATEMENTS.items() if words.search(text))


def statement_pages(pages: Iterable[str]) -> Mapping[str, tuple[int, ...]]:
    """Of a document's pages (texts) the numbers, from 1, of those that are statements, by statement."""
    found: dict[str, tuple[int, ...]] = {}
    for number, text in enumerate(pages, start=1):
        names = named_statements(text[:HEAD])
        if names and _is_table(text):
            found |= {name: (*found.get(name, ()), number) for name in names}
    return found


def _is_table(text: str) -> bool:
    numbers, words = len(_NUMBER.findall(text)), len(_WORD.findall(text))
    return numbers >= MIN_NUMBERS and numbers >= MIN_NUMBERS_TO_WORDS * words
