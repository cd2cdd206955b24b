"""Evidence for a question: retrieved passages with their pages, from this package's retrievers and from any other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig
from langchain_core.runnables.config import merge_configs, run_in_executor

from mistral_rag.grounding._conversation.standalone import Standalone, earlier_passages
from mistral_rag.grounding._evidence.pages import EmbeddingRetriever, PagedRetriever, PageSource, PageStore
from mistral_rag.grounding._evidence.retrieved import Retrieved, from_documents, from_retrieval
from mistral_rag.grounding._evidence.settings import require_settings
from mistral_rag.retrieval import PassageRetriever, Retrieval


@dataclass(frozen=True, slots=True)
class EvidenceSearch:
    """Search for the evidence of one question; at most `characters` of it are gathered.

    `pages` is the store behind the retriever's Documents where it is not the retriever's own.
    """

    retriever: Runnable[str, list[Document]]
    pages: PageStore | PageSource | None
    characters: int

    @property
    def store(self) -> PageStore | PageSource | None:
        """The source of the Documents' pages; None when nothing but the Documents is there."""
        if self.pages is None and isinstance(self.retriever, PagedRetriever):
            return self.retriever.pages
        return self.pages

    def find(
        self, standalone: Standalone, config: RunnableConfig, started: float, settings: Mapping[str, Any]
    ) -> Retrieved:
        """Evidence for the standalone question; `settings` go to the retriever."""
        question = standalone.question
        ours, bound = self._passage_retriever()
        if ours is not None:
            retrieval = ours.retrieve(question, merge_configs(bound, config), **settings)
            return self._from_retrieval(ours, standalone, retrieval, started, settings)
        require_settings(self.retriever, settings)
        documents = self.retriever.invoke(question, config, **settings)
        return standalone.on(self._from_documents(question, documents, started))

    async def afind(
        self, standalone: Standalone, config: RunnableConfig, started: float, settings: Mapping[str, Any]
    ) -> Retrieved:
        """`find` for coroutines."""
        question = standalone.question
        ours, bound = self._passage_retriever()
        if ours is not None:
            retrieval = await ours.aretrieve(question, merge_configs(bound, config), **settings)
            return await run_in_executor(config, self._from_retrieval, ours, standalone, retrieval, started, settings)
        require_settings(self.retriever, settings)
        documents = await self.retriever.ainvoke(question, config, **settings)
        return standalone.on(await run_in_executor(config, self._from_documents, question, documents, started))

    def _from_retrieval(
        self,
        ours: PassageRetriever,
        standalone: Standalone,
        retrieval: Retrieval,
        started: float,
        settings: Mapping[str, Any],
    ) -> Retrieved:
        earlier, warnings = earlier_passages(ours, standalone, settings)
        retrieved = from_retrieval(
            standalone.question, retrieval, budget=self.characters, started=started, earlier=earlier
        )
        return standalone.on(retrieved, warnings=warnings)

    def _passage_retriever(self) -> tuple[PassageRetriever | None, RunnableConfig]:
        """The retriever where it gives passages with their pages, also from behind `with_config`."""
        retriever: Any = self.retriever
        config = RunnableConfig()
        while isinstance(retriever, RunnableBinding) and not retriever.kwargs:
            config, retriever = merge_configs(retriever.config, config), retriever.bound
        own_pages = self.pages is None or (isinstance(retriever, PagedRetriever) and retriever.pages is self.pages)
        # wrappers pass attributes on: only a retriever itself is asked past its `invoke`
        ours = own_pages and isinstance(retriever, BaseRetriever) and isinstance(retriever, PassageRetriever)
        return (retriever if ours else None), config

    def _from_documents(self, question: str, documents: list[Document], started: float) -> Retrieved:
        retrieved = from_documents(question, documents, store=self.store, budget=self.characters, started=started)
        if isinstance(self.retriever, EmbeddingRetriever):
            return replace(retrieved, embeddings=self.retriever.embeddings)
        return retrieved
