"""GroundedQA: a question in, an answer with checked citations out."""

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import partial
from typing import Any, cast

from langchain_core.documents import Document
from langchain_core.exceptions import ModelError
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig, RunnableSerializable
from langchain_core.runnables.config import merge_configs, run_in_executor
from pydantic import ConfigDict, Field, field_validator

from mistral_rag.errors import RefusalError
from mistral_rag.grounding._drafting.pieces import AnswerPiece, fold
from mistral_rag.grounding._drafting.reply import Reply, Unsupported
from mistral_rag.grounding._evidence.extractive import extractive_answer
from mistral_rag.grounding._evidence.pages import PagedRetriever, PageSource, PageStore
from mistral_rag.grounding._evidence.retrieved import Retrieved, from_documents, from_retrieval
from mistral_rag.retrieval import PassageRetriever
from mistral_rag.schema import Answer

Question = str | dict[str, Any]
Part = AnswerPiece | Answer
Ask = Callable[[Sequence[BaseMessage], RunnableConfig], Iterator[BaseMessage]]
AskAsync = Callable[[Sequence[BaseMessage], RunnableConfig], AsyncIterator[BaseMessage]]
INTERRUPTED = (ModelError, ConnectionError, TimeoutError)
"""What may end a reply in the middle; anything else is a mistake and is raised."""


class GroundedQA(RunnableSerializable[Question, Part]):
    """Answers questions from retrieved Documents, with citations cut from their pages.

    Give it a question, or a dict with the key "question". `invoke` and `ainvoke` return an `Answer`; `stream`
    and `astream` give `AnswerPiece`s of text and then the same `Answer`, so that the pieces add up to it.

    Without a model the answer quotes the best passages. `unsupported` says what happens to statements that
    nothing backs: "flag" marks them in `claims`, "withhold" leaves them out (they are in `removed`); then text
    streams by sentences.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Runnable[str, list[Document]]
    """Any retriever."""
    model: Runnable[Any, Any] | None = None
    """Any chat model; None quotes."""
    pages: Any = Field(default=None, repr=False)
    """The `PageStore` or `PageSource` behind the Documents; by default the retriever's own (`retriever.pages`).
    Documents that are not from it are their own source with one page."""
    unsupported: Unsupported = "flag"
    quotes: int = Field(default=5, ge=1)
    """The most quotes of an answer without a model."""
    budget: int = Field(default=24_000, ge=1)
    """The most characters of evidence shown to a model."""

    @field_validator("pages")
    @classmethod
    def _readable(cls, pages: Any) -> Any:
        if pages is not None and not isinstance(pages, PageStore | PageSource):
            raise ValueError("pages needs the methods page(uri, number) and source(uri), or view() that gives them")
        return pages

    @property
    def OutputType(self) -> type[Answer]:  # noqa: N802
        """What `invoke` gives."""
        return Answer

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """The answer to a question."""

        def whole(question: Question, config: RunnableConfig) -> Answer:
            return fold(self._parts(_text(question), config, self._asked_once))

        return cast(Answer, self._call_with_config(cast(Any, whole), input, config))

    async def ainvoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """The answer to a question."""

        async def whole(question: Question, config: RunnableConfig) -> Answer:
            parts = self._aparts(_text(question), config, self._aasked_once)
            return fold([part async for part in parts])

        return cast(Answer, await self._acall_with_config(cast(Any, whole), input, config))

    def stream(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[Part]:
        """Pieces of the answer's text, then the answer."""
        yield from self.transform(iter([input]), config, **kwargs)

    async def astream(
        self, input: Question, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Part]:
        """Pieces of the answer's text, then the answer."""

        async def once() -> AsyncIterator[Question]:
            yield input

        async for part in self.atransform(once(), config, **kwargs):
            yield part

    def transform(
        self, input: Iterator[Question], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Part]:
        """The same for a question that comes in pieces."""

        def parts(pieces: Iterator[Question], config: RunnableConfig) -> Iterator[Part]:
            return self._parts(_text(_joined(list(pieces))), config, self._streamed)

        yield from self._transform_stream_with_config(input, cast(Any, parts), config)

    async def atransform(
        self, input: AsyncIterator[Question], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Part]:
        """The same for a question that comes in pieces."""

        async def parts(pieces: AsyncIterator[Question], config: RunnableConfig) -> AsyncIterator[Part]:
            question = _text(_joined([piece async for piece in pieces]))
            async for part in self._aparts(question, config, self._astreamed):
                yield part

        async for part in self._atransform_stream_with_config(input, cast(Any, parts), config):
            yield part

    def _parts(self, question: str, config: RunnableConfig, ask: Ask) -> Iterator[Part]:
        started = time.perf_counter()
        retrieved = self._retrieved(question, config, started)
        if self.model is None or not retrieved.evidence:
            yield from _whole(self._quoted(retrieved))
            return
        reply = Reply(retrieved, unsupported=self.unsupported)
        broken = None
        try:
            for message in ask(reply.messages, config):
                yield from _piece(reply.feed(message))
        except INTERRUPTED as error:
            broken = _broken(reply, error)
        yield from _piece(reply.close(broken=broken))
        yield reply.answer()

    async def _aparts(self, question: str, config: RunnableConfig, ask: AskAsync) -> AsyncIterator[Part]:
        started = time.perf_counter()
        retrieved = await self._aretrieved(question, config, started)
        if self.model is None or not retrieved.evidence:
            for part in _whole(await run_in_executor(config, self._quoted, retrieved)):
                yield part
            return
        reply = Reply(retrieved, unsupported=self.unsupported)
        broken = None
        try:
            async for message in ask(reply.messages, config):
                for piece in _piece(reply.feed(message)):
                    yield piece
        except INTERRUPTED as error:
            broken = _broken(reply, error)
        for piece in _piece(reply.close(broken=broken)):
            yield piece
        yield reply.answer()

    def _retrieved(self, question: str, config: RunnableConfig, started: float) -> Retrieved:
        ours, bound = self._passage_retriever()
        if ours is not None:
            retrieval = ours.retrieve(question, merge_configs(bound, config))
            return from_retrieval(question, retrieval, budget=self.budget, started=started)
        return self._from_documents(question, self.retriever.invoke(question, config), started)

    async def _aretrieved(self, question: str, config: RunnableConfig, started: float) -> Retrieved:
        ours, bound = self._passage_retriever()
        if ours is not None:
            retrieval = await ours.aretrieve(question, merge_configs(bound, config))
            evidence = partial(from_retrieval, budget=self.budget, started=started)
            return await run_in_executor(config, evidence, question, retrieval)
        documents = await self.retriever.ainvoke(question, config)
        return await run_in_executor(config, self._from_documents, question, documents, started)

    def _passage_retriever(self) -> tuple[PassageRetriever | None, RunnableConfig]:
        """The retriever where it gives passages with their pages, also from behind `with_config`."""
        retriever: Any = self.retriever
        config = RunnableConfig()
        while isinstance(retriever, RunnableBinding) and not retriever.kwargs:
            config, retriever = merge_configs(retriever.config, config), retriever.bound
        ours = self.pages is None and isinstance(retriever, PassageRetriever)
        return (retriever if ours else None), config

    def _from_documents(self, question: str, documents: list[Document], started: float) -> Retrieved:
        store = self.pages
        if store is None and isinstance(self.retriever, PagedRetriever):
            store = self.retriever.pages
        return from_documents(question, documents, store=store, budget=self.budget, started=started)

    def _quoted(self, retrieved: Retrieved) -> Answer:
        return extractive_answer(retrieved, quotes=self.quotes, embeddings=retrieved.embeddings)

    def _asked_once(self, messages: Sequence[BaseMessage], config: RunnableConfig) -> Iterator[BaseMessage]:
        yield cast(Runnable[Any, Any], self.model).invoke(messages, config)

    def _streamed(self, messages: Sequence[BaseMessage], config: RunnableConfig) -> Iterator[BaseMessage]:
        return cast(Runnable[Any, Any], self.model).stream(messages, config)

    async def _aasked_once(self, messages: Sequence[BaseMessage], config: RunnableConfig) -> AsyncIterator[BaseMessage]:
        yield await cast(Runnable[Any, Any], self.model).ainvoke(messages, config)

    def _astreamed(self, messages: Sequence[BaseMessage], config: RunnableConfig) -> AsyncIterator[BaseMessage]:
        return cast(Runnable[Any, Any], self.model).astream(messages, config)


def _text(question: Question) -> str:
    text = question["question"] if isinstance(question, dict) else question
    if not isinstance(text, str) or not text.strip():
        raise ValueError('a question is a string that is not blank, or a dict with one under "question"')
    return text


def _joined(pieces: Sequence[Any]) -> Question:
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole + piece
    return cast(Question, whole)


def _whole(answer: Answer) -> Iterator[Part]:
    yield from _piece(answer.text)
    yield answer


def _piece(text: str) -> Iterator[Part]:
    return iter([AnswerPiece(text)] if text else [])


def _broken(reply: Reply, error: Exception) -> str | None:
    """Why the reply is no whole one; raises the error when nothing of it had come."""
    if isinstance(error, RefusalError):
        reply.blocked = str(error)
        return None
    if not reply.begun:
        raise error
    return f"the model's reply broke off: {error}"
