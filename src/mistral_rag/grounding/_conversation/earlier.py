"""Citations of earlier answers in a conversation, and the passages that they may be cited from again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, runtime_checkable

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import ValidationError

from mistral_rag.index import StoredChunk
from mistral_rag.retrieval import Passage
from mistral_rag.schema import Citation

MAX_EARLIER: Final = 8
"""Passages that a conversation adds to a question's own: as many as a retriever gives by default."""


def earlier_citations(history: Sequence[BaseMessage]) -> list[Citation]:
    """The citations that answers of the conversation carry as annotations, the newest first, each passage once.

    What is no citation of ours is left out: a history is what its keeper says it is.
    """
    by_chunk: dict[str, Citation] = {}
    for message in reversed(history):
        for citation in _citations(message):
            if citation.chunk_id:
                by_chunk.setdefault(citation.chunk_id, citation)
    return list(by_chunk.values())[:MAX_EARLIER]


@runtime_checkable
class RereadingRetriever(Protocol):
    """A retriever that gives again, by their ids, the passages that a search of its asker could find."""

    def reread(self, ids: Iterable[str], /, **settings: Any) -> Mapping[str, StoredChunk]:
        """Passages by id, with their pages; unknown ids are left out."""


def passages_again(
    retriever: RereadingRetriever, citations: Sequence[Citation], settings: Mapping[str, Any]
) -> tuple[list[Passage], list[str]]:
    """The passages of earlier citations as the asker may read them now, and warnings about the others.

    Of a citation only its chunk's id and its digest are taken. Filter and groups of the retriever hold as for a search;
    a document that is no longer the same is not cited again.
    """
    known = retriever.reread([str(citation.chunk_id) for citation in citations], **settings)
    found, warnings = [], []
    for citation in citations:
        stored = known.get(str(citation.chunk_id))
        if stored is not None and stored.source.digest == citation.digest:
            found.append(Passage.of(stored))
        else:
            warnings.append(f"not cited again, changed or no longer there: {citation.source}")
    return found, list(dict.fromkeys(warnings))


def _citations(message: BaseMessage) -> Iterator[Citation]:
    if not isinstance(message, AIMessage):
        return
    for block in message.content if isinstance(message.content, list) else ():
        annotations = block.get("annotations") if isinstance(block, dict) else None
        for annotation in annotations if isinstance(annotations, list) else ():
            yield from _citation(annotation)


def _citation(annotation: Any) -> Iterator[Citation]:
    try:
        yield Citation.from_annotation(annotation)
    except (KeyError, TypeError, ValueError, ValidationError):
        return
