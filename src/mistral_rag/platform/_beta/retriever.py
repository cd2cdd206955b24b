"""ManagedIndexRetriever: a search index of the platform as a LangChain retriever."""

from typing import Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from mistral_rag.platform._beta.search_indexes import ManagedHit
from mistral_rag.platform._client import MistralClient

OWN = frozenset({"id", "source_id", "locator", "content", "chunk_type", "start_offset", "end_offset", "metadata"})
"""Fields of every chunk; all others are the index's own."""


class ManagedIndexRetriever(BaseRetriever):
    """Documents of a search index that the platform keeps, best first.

    A document has the chunk's text and id; its metadata are those of the chunk, its own fields, `source`, `locator`,
    `start_offset`, `end_offset` and `score`. The platform cuts the texts, so there is no page to verify a quote
    against: `GroundedQA` cites such a document as a text without a file.

    Attributes:
        index: The name of the index.
        k: The number of documents.
        search: "keyword" (words), "nearest_neighbour" (vectors), or "rrf": both, by reciprocal rank fusion.
        filter: A filter of the platform, such as ``{"type": "equal", "field": "year", "value": 2024}``.
    """

    index: str
    k: int = Field(default=4, ge=1)
    search: Literal["keyword", "nearest_neighbour", "rrf"] = "rrf"
    filter: dict[str, Any] | None = None
    client: MistralClient = Field(default_factory=MistralClient, repr=False, exclude=True)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [_document(hit) for hit in self.client.search_indexes.search(self.index, self._retriever(query))]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [_document(hit) for hit in await self.client.search_indexes.asearch(self.index, self._retriever(query))]

    def _retriever(self, query: str) -> dict[str, Any]:
        kinds = ("keyword", "nearest_neighbour") if self.search == "rrf" else (self.search,)
        asked = [{"type": kind, "query": query, "top_k": self.k} for kind in kinds]
        outer = {"type": "rrf", "retrievers": asked, "top_k": self.k} if self.search == "rrf" else asked[0]
        return outer | ({"filter": self.filter} if self.filter is not None else {})


def _document(hit: ManagedHit) -> Document:
    chunk = hit.chunk
    places = {name: getattr(chunk, name) for name in ("locator", "start_offset", "end_offset")}
    own = {name: value for name, value in (chunk.model_extra or {}).items() if name not in OWN and value is not None}
    metadata = {**(chunk.metadata or {}), **own, "source": chunk.source_id, **places, "score": hit.score}
    return Document(chunk.content, id=chunk.id, metadata=metadata)
