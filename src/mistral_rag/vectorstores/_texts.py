"""The texts of one tenant in an index folder: added, replaced, deleted, and found by their ids."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from langchain_core.documents import Document

from mistral_rag.index import Identity, IndexWriter, StoredChunk, View, bare_source, is_bare
from mistral_rag.retrieval import learn
from mistral_rag.vectorstores._folder import StoreFolder
from mistral_rag.vectorstores._tenant import Tenant


class TenantTexts:
    """Texts that a store adds and takes out; those of other tenants are unknown to it.

    `model` is the name of the model whose vectors are kept for reuse; None keeps none.
    """

    def __init__(self, folder: StoreFolder, tenant: Tenant, model: str | None) -> None:
        self._folder = folder
        self._tenant = tenant
        self._model = model

    def known_vectors(self, documents: Sequence[Document]) -> dict[str, np.ndarray]:
        """Vectors that the index keeps already for these texts, by text."""
        reader = self._folder.reader()
        if reader is None or self._model is None:
            return {}
        with reader.view() as view:
            keys = {_key_of(document.page_content): document.page_content for document in documents}
            return {keys[key]: vector for key, vector in view.cached_embeddings(self._model, keys).items()}

    def add(
        self,
        documents: Sequence[Document],
        known: Mapping[str, np.ndarray],
        fresh: Mapping[str, np.ndarray],
        identity: Identity,
    ) -> None:
        """Put texts into the index, in place of those with the same ids, in one commit.

        `known` are vectors by text that the index keeps already, `fresh` those of the other texts; `identity` is that
        of both.
        """
        vectors = {**known, **fresh}
        with self._folder.writer(identity) as writer:
            if self._model is not None and fresh:
                matrix = np.stack(list(fresh.values()))
                writer.keep_embeddings(self._model, list(map(_key_of, fresh)), matrix, groups=self._tenant.groups)
            self._take_out(writer, [str(document.id) for document in documents], replaced=True)
            grouped = _names_groups(writer)
            for document in {document.id: document for document in documents}.values():
                stored = self._tenant.stored_id(str(document.id), grouped=grouped)
                source, page, chunk = bare_source(document.model_copy(update={"id": stored}), self._tenant.groups)
                vector = vectors[document.page_content][np.newaxis]
                writer.put(source, [page], [chunk], vector, profile=learn(source, [page.text]))
            writer.commit()

    def delete(self, ids: Sequence[str] | None) -> None:
        """Take texts out by id, or everything that may be changed; unknown ids are no error.

        Raises ValueError for a text that other groups may read, too, and for a chunk of a file.
        """
        if self._folder.reader() is None:
            return
        with self._folder.writer() as writer:
            if ids is None:
                self._take_everything_out(writer)
            else:
                self._take_out(writer, ids)
            writer.commit()

    def find(self, view: View, ids: Iterable[str]) -> list[StoredChunk]:
        """The chunks with these ids, in their order, each once; the tenant's own come before others' of that id."""
        wanted = list(dict.fromkeys(ids))
        rows = view.rows_of([stored for given in wanted for stored in self._tenant.stored_ids(given)])
        found = [next(filter(rows.__contains__, self._tenant.stored_ids(given)), None) for given in wanted]
        return view.chunks(dict.fromkeys(rows[stored] for stored in found if stored is not None))

    def document(self, stored: StoredChunk) -> Document:
        """The Document as it was given, with the id that it was given."""
        document = stored.to_document()
        return document.model_copy(update={"id": self._tenant.shown_id(str(document.id))})

    def _take_everything_out(self, writer: IndexWriter) -> None:
        if not (self._tenant.groups or _names_groups(writer)):
            writer.clear()
            return
        for uri, state in writer.sources().items():
            own = is_bare(state.source) or self._tenant.may_read(state.source)
            if own and state.status != "removed" and self._tenant.may_change(state.source):
                writer.remove(uri)

    def _take_out(self, writer: IndexWriter, ids: Sequence[str], *, replaced: bool = False) -> None:
        """Remove the texts with these ids from what will be committed.

        `replaced`: new ones take the ids, so what is not to be changed stays, and is another text.
        """
        with writer.view() as view:
            grouped = view.names_groups
            chunks = self.find(view, ids)
        # there are others where the store is for groups, or documents name some
        apart = grouped or bool(self._tenant.groups)
        mine = [chunk for chunk in chunks if not apart or self._tenant.may_change(chunk.source)]
        shared = [
            chunk for chunk in chunks if chunk not in mine and (not grouped or self._tenant.may_read(chunk.source))
        ]
        if shared and not replaced:
            given = self._tenant.shown_id(shared[0].chunk.id)
            raise ValueError(f"{given} may be read by other groups, too: only a store of them all changes it")
        writer.remove_documents([chunk.chunk.id for chunk in mine if chunk.is_bare or not (apart and replaced)])


def _key_of(text: str) -> bytes:
    """The key under which the index keeps the vector of a text."""
    return hashlib.sha256(text.encode()).digest()


def _names_groups(writer: IndexWriter) -> bool:
    with writer.view() as view:
        return view.names_groups
