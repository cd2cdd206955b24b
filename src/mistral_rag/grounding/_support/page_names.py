"""Names that a page has as a whole: whom and what all of its lines are about."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mistral_rag.grounding._asked.places import place_of
from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.grounding._support.labels import has_own_value
from mistral_rag.text import words

MAX_FIELD: Final = 120
"""Characters of a form's line; a longer text with a colon is a sentence."""


def names_of_pages(
    evidence: Sequence[EvidenceUnit], terms: Sequence[Iterable[str]], language: str
) -> Mapping[tuple[str, int], set[str]]:
    """Words of each page's names; `terms` are those of each unit of the evidence.

    Names are its title, headings, the short lines it begins with, and the fields of its document: a form is about whom
    its lines "Patient: …" name. Prose at the start of a page is no name.
    """
    fields: dict[str, set[str]] = {unit.passage.source.uri: set() for unit in evidence}
    for unit, own in zip(evidence, terms, strict=True):
        if len(unit.text) <= MAX_FIELD and has_own_value(unit.text):
            fields[unit.passage.source.uri].update(own)
    first: dict[tuple[str, int], EvidenceUnit] = {}
    for unit in evidence:
        first.setdefault(unit.page_key, unit)
    return {key: _title_words(unit, language) | fields[unit.passage.source.uri] for key, unit in first.items()}


def _title_words(unit: EvidenceUnit, language: str) -> set[str]:
    return set(words(f"{unit.passage.source.title} {place_of(unit)}", language))
