"""The index folder that is served: readers for each set of groups, opened anew when it is replaced."""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from mistral_rag.serve._index.readable import ReadableIndex, is_there

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel

    from mistral_rag.embeddings import MatrixEmbeddings
    from mistral_rag.grounding import GroundedQA
    from mistral_rag.retrievers import HybridRetriever

MAX_READERS: Final = 32
"""Sets of groups that are ready at once: each has the rows that it may read in memory."""


class ServedIndex:
    """The readers of one index folder; any number of threads may ask for one."""

    def __init__(self, folder: Path, *, model: "BaseChatModel | str | None" = None) -> None:
        self.folder = folder
        self._model = model
        self._readers: OrderedDict[tuple[str, ...] | None, ReadableIndex] = OrderedDict()
        self._chain: GroundedQA | None = None
        self._embeddings: dict[str, MatrixEmbeddings | None] = {}
        self._lock = threading.Lock()
        self._loading = threading.Lock()

    def for_groups(self, groups: tuple[str, ...] | None) -> ReadableIndex:
        """The index as these groups may read it.

        Raises:
            StoreError: there is no index now, or it can't be read.
        """
        with self._lock:
            found = self._readers.get(groups)
            if found is not None and not found.reader.replaced:
                self._readers.move_to_end(groups)
                return found
            # not closed: requests may still read what was there before
            if found is not None:
                self._readers.clear()
            found = self._readers[groups] = ReadableIndex(
                self.folder, groups, load_embeddings=self._load, chain_of=self._chain_of
            )
            while len(self._readers) > MAX_READERS:
                self._readers.popitem(last=False)
            return found

    def count(self) -> int:
        """The number of documents of all groups, also of those that could not be read: for whoever has the folder."""
        from mistral_rag.index import UnrestrictedReader

        with UnrestrictedReader.open(self.folder) as reader, reader.view() as view:
            return sum(is_there(one) for one in view.statuses())

    def _load(self, name: str) -> "Embeddings | None":
        from mistral_rag.defaults import load_embeddings

        with self._loading:
            if name not in self._embeddings:
                self._embeddings[name] = load_embeddings(name)
            return cast("Embeddings | None", self._embeddings[name])

    def _chain_of(self, retriever: "HybridRetriever") -> "GroundedQA":
        """The chain of a retriever; all chains share the model, and the process that looks at pictures of quotes."""
        from mistral_rag.defaults import load_chat_model
        from mistral_rag.grounding import GroundedQA

        with self._loading:
            if self._chain is None:
                model = load_chat_model(self._model) if isinstance(self._model, str) else self._model
                self._chain = GroundedQA(retriever=retriever, model=model)
            return self._chain.model_copy(update={"retriever": retriever})

    def close(self) -> None:
        """Close all readers."""
        with self._lock:
            for reader in self._readers.values():
                reader.close()
            self._readers.clear()
