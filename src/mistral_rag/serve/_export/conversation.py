"""Answers and their citations as the index has them when they are exported."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mistral_rag.serve._index.addresses import CitationAddress
from mistral_rag.serve._index.citations import look_up
from mistral_rag.serve._index.readable import ReadableIndex
from mistral_rag.serve._records.answers import GivenAnswer

if TYPE_CHECKING:
    from mistral_rag.schema import Citation, Source


@dataclass(frozen=True, slots=True)
class ExportedCitation:
    """A citation of an answer; `source` is None where it is no more what was cited, or may not be read any more.

    `number` counts through all answers of the export, `marker` is the one in the answer's text.
    """

    number: int
    marker: str
    given: "Citation"
    address: CitationAddress | None
    found: "Citation | None" = None
    source: "Source | None" = None


@dataclass(frozen=True, slots=True)
class ExportedAnswer:
    """An answer with its citations; a withheld one was made of documents that are gone, or may not be read any more."""

    given: GivenAnswer
    citations: tuple[ExportedCitation, ...]
    withheld: bool = False


def exported(index: ReadableIndex, answers: Sequence[GivenAnswer]) -> list[ExportedAnswer]:
    """The answers, each citation looked up once more."""
    found, number = [], 0
    readable = index.documents().by_id.keys()
    for given in answers:
        # its words may be those of any of them
        if not given.document_ids <= readable:
            found.append(ExportedAnswer(given, (), withheld=True))
            continue
        citations = []
        for citation in given.answer.citations:
            number += 1
            citations.append(_exported(index, citation, number))
        found.append(ExportedAnswer(given, tuple(citations)))
    return found


def _exported(index: ReadableIndex, citation: "Citation", number: int) -> ExportedCitation:
    address = CitationAddress.of(citation)
    now = look_up(index, address) if address is not None else None
    if now is None or now.citation is None:
        return ExportedCitation(number, citation.marker, citation, address)
    # what the picture of the page showed is of the same quote
    seen = now.citation.model_copy(update={"seen": citation.seen, "seen_text": citation.seen_text})
    return ExportedCitation(number, citation.marker, citation, address, seen, now.document.source)
