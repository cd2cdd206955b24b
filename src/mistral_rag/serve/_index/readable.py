"""The index as one set of groups may read it: documents by id, searches, answers."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mistral_rag.index import IndexReader, SourceStatus
from mistral_rag.serve._index.addresses import document_id

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from mistral_rag.grounding import GroundedQA
    from mistral_rag.retrievers import HybridRetriever


@dataclass(frozen=True, slots=True)
class ReadableDocuments:
    """The documents of one commit, by id; those that were removed are none."""

    sequence: int
    by_id: Mapping[str, SourceStatus]


def is_there(one: SourceStatus) -> bool:
    """True for a document that was not removed, also for one that could not be read."""
    return one.status != "removed" and not one.is_erased


class ReadableIndex:
    """The index as some groups may read it; any number of threads may use it.

    Args:
        folder: of the index.
        groups: of the reader; None for what everyone may read.
        load_embeddings: gives the index's embedding model, shared by all groups.
        chain_of: makes the chain of a retriever.
    """

    def __init__(
        self,
        folder: Path,
        groups: tuple[str, ...] | None,
        *,
        load_embeddings: "Callable[[str], Embeddings | None]",
        chain_of: "Callable[[HybridRetriever], GroundedQA]",
    ) -> None:
        self.groups = groups
        self.reader = IndexReader.open(folder, groups=groups)
        self._load_embeddings = load_embeddings
        self._chain_of = chain_of
        self._documents: ReadableDocuments | None = None
        self._lock = threading.Lock()

    @cached_property
    def retriever(self) -> "HybridRetriever":
        """Searches the index."""
        from mistral_rag.retrievers import HybridRetriever

        identity = self.reader.identity
        embeddings = None if identity is None else self._load_embeddings(identity.embedding)
        return HybridRetriever(index=self.reader, embeddings=embeddings, groups=self.groups)

    @cached_property
    def chain(self) -> "GroundedQA":
        """Answers questions."""
        return self._chain_of(self.retriever)

    def documents(self) -> ReadableDocuments:
        """The documents of the newest commit."""
        known = self._documents
        sequence = self.reader.sequence
        if known is not None and known.sequence == sequence:
            return known
        with self._lock, self.reader.view() as view:
            by_id = {document_id(one.source.uri): one for one in view.statuses() if is_there(one)}
            self._documents = ReadableDocuments(view.sequence, by_id)
        return self._documents

    def document(self, identifier: str) -> SourceStatus | None:
        """The document with this id; None where there is none for these groups."""
        return self.documents().by_id.get(identifier)

    def close(self) -> None:
        """Close the reader."""
        self.reader.close()
