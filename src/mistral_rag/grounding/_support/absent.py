"""Nouns of a question that the page of a quote does not have."""

from dataclasses import dataclass
from typing import Final

from mistral_rag.grounding._asked.head_nouns import kind_of_name
from mistral_rag.grounding._asked.languages import language_of
from mistral_rag.grounding._asked.nouns import nouns_in
from mistral_rag.grounding._asked.subjects import Subjects
from mistral_rag.grounding._support.fit import Fit
from mistral_rag.retrieval._questions import without_instructions

OTHER_NOUN: Final = 0.5
"""Of the noun that is asked for, what others count: fitted apart they weigh 1.0 and 2.3."""


@dataclass(frozen=True, slots=True)
class AbsentNouns:
    """Nouns of a question that its first quote's page does not have; names are none.

    `asks_for_one` is True when one of them is what the question asks for: the head of its first phrase, "pressure" of
    "his blood pressure".
    """

    nouns: tuple[str, ...]
    asks_for_one: bool

    @property
    def weight(self) -> float:
        """1 without what is asked for, half of it for other nouns, which have more words of their meaning; else 0."""
        return 1.0 if self.asks_for_one else OTHER_NOUN * bool(self.nouns)


def absent_nouns(fit: Fit, subjects: Subjects, at: int, question: str) -> AbsentNouns:
    """Nouns of the question that stand nowhere on a unit's page, for a code nowhere beside it."""
    named = {thing.text for thing in subjects.things if thing.kind == "name"}
    said = nouns_in(without_instructions(question), language_of(question) or "en")
    phrases = [phrase for every in said if (phrase := [noun for noun in every if noun not in named])]
    # no document calls its banks "bank"
    sort = kind_of_name(question) if fit.wanted.kind == "name" else ""
    phrases = [kept for phrase in phrases if (kept := [noun for noun in phrase if noun.casefold() != sort])]
    is_code = fit.wanted.kind == "code"
    nouns = dict.fromkeys(noun for phrase in phrases for noun in phrase)
    absent = tuple(noun for noun in nouns if fit.lacks(noun, at, beside=is_code))
    return AbsentNouns(absent, bool(phrases) and phrases[0][-1] in absent)
