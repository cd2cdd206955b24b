"""Editions that a question asks for, and drafts."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.retrieval._domains.document_identity.editions import edition_of
from mistral_rag.schema import Source
from mistral_rag.text import NON_ALPHANUMERIC

_DRAFT: Final = re.compile(
    r"(?<![^\W_])(?:(?:first |working |final )?draft|entwurf|arbeitsfassung|brouillon"
    r"|projet de (?:loi|règlement|directive)|borrador|bozza|rascunho|conceptversie|ontwerp)(?![^\W_])",
    re.IGNORECASE,
)
_STATUS: Final = ("status", "document_status", "state")
_OTHER: Final = re.compile(
    r"(?<![^\W_])(?:final|signed|approved|valid|copy|new|v(?:ersion)?[-_. ]?\d+(?:[._]\d+)*"
    r"|(?:19|20)\d\d(?:[-_.]?\d\d){0,2})(?![^\W_])",
    re.IGNORECASE,
)
"""Parts of a file's name that tell the edition, not the work."""
_DOCUMENTS: Final = (
    r"(?:\w*(?:book|policy|policies|version|edition|guideline|manual|regulation|rule|contract|list|terms|plan|agreement"
    r"|handbuch|richtlinie|fassung|ausgabe|ordnung|regel|vertrag|liste|anweisung)s?n?|règlement|politique|édition|guide"
    r"|contrat|tarif|manuel|manual|política|edición|contrato|reglamento|versie|handboek|regeling|versione|edizione"
    r"|regolamento|versão|edição|regulamento)"
)
_OLDER: Final = re.compile(
    r"\b(?P<old>old(?:er)?|earlier|previous|former|superseded|outdated|replaced|prior|obsolete|withdrawn|alte[nmrs]?|früher\w*"
    r"|vorherig\w*|bisherig\w*|vorig\w*|ersetzte\w*|überholte\w*|außer kraft|ancien(?:ne)?|précédente?|ancienne"
    r"|antigu[oa]|anterior|oude?|vecchi[oa]|precedente|antig[oa])(?=\s+(?:[\w-]+\s+){0,2}?"
    rf"{_DOCUMENTS}\b)|\b(?<=\w\s)(?P<behind>précédente?|anterior|antigu[oa]|precedente|antig[oa])\b",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(
    r"\b(?:v|version|revision|rev\.?|edition|issue|fassung|ausgabe|édition|versión|edición|versie|versione|edizione|versão)"
    r"\s?(\d+(?:\.\d+)*)\b",
    re.IGNORECASE,
)


def is_draft(source: Source) -> bool:
    """True for a document whose status, title or file's name says that it is a draft."""
    stated = {key.lower(): value for key, value in source.metadata.items()}
    status = next((str(stated[name]) for name in _STATUS if stated.get(name)), "")
    # a status goes before a name: "draft.md" may have been approved since
    texts = [status] if status else [source.title, PurePosixPath(source.name).stem.replace("_", " ")]
    return any(_DRAFT.search(text) for text in texts)


def of_edition_asked_for(question: str, evidence: Sequence[EvidenceUnit]) -> tuple[str, list[EvidenceUnit]]:
    """The question without the words for an edition, and the evidence of that edition.

    Where the question names a version, the earlier edition or the draft, only that one answers, if it was found. Where
    it names none, a draft is older than a document of the same name that is none.
    """
    for words, is_of in _editions(question):
        if asked := [unit for unit in evidence if is_of(unit)]:
            bare = " ".join(question.replace(words, " ").split())
            return bare, [replace(unit, passage=replace(unit.passage, older=False)) for unit in asked]
    sources = {unit.passage.source.uri: unit.passage.source for unit in evidence}
    valid = {_work(source) for source in sources.values() if not is_draft(source)}
    behind = {uri for uri, source in sources.items() if is_draft(source) and _work(source) in valid}
    return question, [
        replace(unit, passage=replace(unit.passage, older=True)) if unit.passage.source.uri in behind else unit
        for unit in evidence
    ]


def _editions(question: str) -> Iterator[tuple[str, Callable[[EvidenceUnit], bool]]]:
    """The words by which a question names an edition, and the evidence that is of it."""
    if found := _NUMBER.search(question):
        number = tuple(int(part) for part in found[1].split("."))
        yield found[0], lambda unit: edition_of(unit.passage.source.name)[1][: len(number)] == number
    if found := _DRAFT.search(question):
        yield found[0], lambda unit: is_draft(unit.passage.source)
    if found := _OLDER.search(question):
        yield found[0], lambda unit: unit.passage.older


def _work(source: Source) -> str:
    """The words of a file's name that do not tell its edition."""
    name = PurePosixPath(source.name.lower()).stem.replace("_", " ")
    return NON_ALPHANUMERIC.sub(" ", _OTHER.sub(" ", _DRAFT.sub(" ", name))).strip()
