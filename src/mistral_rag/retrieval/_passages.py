"""Retrieved passages with their pages, as search hands them to evidence."""

from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.runnables import RunnableConfig

from mistral_rag.index import StoredChunk
from mistral_rag.retrieval._hits import Hit
from mistral_rag.schema import Chunk, Page, Source, Unit
from mistral_rag.text import sentences

CALIBRATION: Final = "calibration"
"""Name of the extra value of an index that says when an answer without a model abstains."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved chunk with the page it stands on.

    `older` passages are of a source of which there is a newer edition, where the question asks for the newest.
    """

    chunk: Chunk
    page: Page
    source: Source
    older: bool = False

    @classmethod
    def of(cls, stored: StoredChunk, *, older: bool = False) -> "Passage":
        """The passage of a chunk that was read with `layouts`.

        A text that was added without pages is one unit in the index; here it is cut into sentences, to be quoted.
        """
        page = stored.whole_page
        if not stored.is_bare:
            return cls(stored.chunk, page, stored.source, older)
        units = tuple(Unit(start=start, end=end) for start, end in sentences(page.text, paragraphs=True))
        chunk = stored.chunk.model_copy(update={"last_unit": max(len(units) - 1, 0)})
        return cls(chunk, page.model_copy(update={"units": units}), stored.source, older)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Passages for a question and their pages, all of one commit.

    Attributes:
        hits: best first, then their neighbours.
        documents: the hits as LangChain has them, in the same order.
        generation: of the index.
        embeddings: the model whose vectors were searched; None for words alone.
        warnings: what the search could not go by.
        calibration: what the index keeps under `CALIBRATION`; None for nothing.
    """

    hits: tuple[Hit, ...]
    documents: tuple[Document, ...]
    generation: int
    embeddings: Embeddings | None = None
    warnings: tuple[str, ...] = ()
    calibration: Any = None

    def passages(self) -> list[Passage]:
        """The hits with their pages."""
        return [Passage.of(hit.stored, older=hit.older) for hit in self.hits]


@runtime_checkable
class PassageRetriever(Protocol):
    """A LangChain retriever that also gives passages with their pages, as `HybridRetriever` does."""

    def retrieve(self, question: str, config: RunnableConfig | None = None, /, **kwargs: Any) -> Retrieval:
        """Passages for a question; callbacks of `config` see what `invoke` would show them."""
        ...

    async def aretrieve(self, question: str, config: RunnableConfig | None = None, /, **kwargs: Any) -> Retrieval:
        """As `retrieve`."""
        ...
