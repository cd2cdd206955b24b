"""A second place that passages go to: any vector store of LangChain's, kept in step with the index."""

from collections.abc import Iterable, Sequence
from typing import Final

from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore

from mistral_rag.index import IndexWriter

BATCH: Final = 256
"""Passages that a store is given at once."""


class Sink:
    """A vector store that gets each document's passages before the index commits them.

    A build that is broken off in between reads the document again, and gives the store the same ids once more: nothing
    is lost, and nothing is there twice. The store embeds with its own model; passages that it holds as they are, it
    is not given again. It sees what a build changes, so a new one is filled by a build with `rebuild`.
    """

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self._before: dict[str, list[str]] = {}

    def note(self, writer: IndexWriter, uris: Iterable[str]) -> None:
        """Remember the passages that these documents have before they are changed."""
        for uri in uris:
            if uri not in self._before and (ids := [document.id for document in _documents(writer, uri)]):
                self._before[uri] = [str(identifier) for identifier in ids]

    def update(self, writer: IndexWriter, uri: str) -> None:
        """Give the store what the index now has of a document, and take out what it had before."""
        now = {str(document.id): document for document in _documents(writer, uri)}
        before = self._before.pop(uri, [])
        held = self._held(dict.fromkeys([*before, *now]), before)
        same = {identifier for identifier, old in held.items() if old and _is_same(old, now.get(identifier))}
        if stale := [identifier for identifier in held if identifier not in same]:
            self._store.delete(stale)
        fresh = [document for identifier, document in now.items() if identifier not in same]
        for start in range(0, len(fresh), BATCH):
            batch = fresh[start : start + BATCH]
            self._store.add_documents(batch, ids=[str(document.id) for document in batch])

    def finish(self, writer: IndexWriter) -> None:
        """Take out the passages of documents that were noted and are gone."""
        for uri in list(self._before):
            self.update(writer, uri)

    def _held(self, ids: Iterable[str], before: Sequence[str]) -> dict[str, Document | None]:
        """Documents of the store among these ids; None for a document that it can't show."""
        wanted = list(ids)
        try:
            found = [
                document
                for start in range(0, len(wanted), BATCH)
                for document in self._store.get_by_ids(wanted[start : start + BATCH])
            ]
        except NotImplementedError:
            # a store that can't be asked: it has what earlier builds gave it
            return dict.fromkeys(before)
        return {str(document.id): document for document in found}


def _documents(writer: IndexWriter, uri: str) -> list[Document]:
    """The passages of a document, in order; none where the index does not hold it."""
    with writer.view() as view:
        ids = [chunk.id for chunk in view.content_of(uri)[0]]
        stored = view.chunks_by_id(ids)
    return [stored[identifier].to_document() for identifier in ids]


def _is_same(old: Document, new: Document | None) -> bool:
    return new is not None and (old.page_content, old.metadata) == (new.page_content, new.metadata)
