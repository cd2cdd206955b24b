"""Retrieved passages with their pages, as search hands them to evidence."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.runnables import RunnableConfig

from mistral_rag.retrieval._hits import Hit
from mistral_rag.schema import Chunk, Page, Source


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved chunk with the page it stands on.

    `older` passages are of a source of which there is a newer edition, where the question asks for the newest.
    """

    chunk: Chunk
    page: Page
    source: Source
    older: bool = False


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Passages for a question and their pages, all of one commit.

    Attributes:
        hits: best first, then their neighbours.
        documents: the hits as LangChain has them, in the same order.
        generation: of the index.
        embeddings: the model whose vectors were searched; None for words alone.
    """

    hits: tuple[Hit, ...]
    documents: tuple[Document, ...]
    generation: int
    embeddings: Embeddings | None = None

    def passages(self) -> list[Passage | Document]:
        """The hits with their pages; texts that were added without pages as the Documents they came as."""
        pairs = zip(self.hits, self.documents, strict=True)
        return [
            document if hit.stored.is_bare else Passage(hit.chunk, hit.stored.whole_page, hit.source, hit.older)
            for hit, document in pairs
        ]


@runtime_checkable
class PassageRetriever(Protocol):
    """A LangChain retriever that also gives passages with their pages, as `HybridRetriever` does."""

    def retrieve(self, question: str, config: RunnableConfig | None = None, /, **kwargs: Any) -> Retrieval:
        """Passages for a question; callbacks of `config` see what `invoke` would show them."""
        ...

    async def aretrieve(self, question: str, config: RunnableConfig | None = None, /, **kwargs: Any) -> Retrieval:
        """As `retrieve`."""
        ...
