"""GroundedQA: the chain from a question to an answer with checked citations."""

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

from langchain_core.documents import Document
from langchain_core.exceptions import ModelError
from langchain_core.messages import BaseMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig, RunnableSerializable
from langchain_core.runnables.config import merge_configs, run_in_executor
from pydantic import ConfigDict, Field, PrivateAttr, field_validator

from mistral_rag.errors import RefusalError
from mistral_rag.grounding._drafting.answer_builder import AnswerBuilder, Drafting, Mode, Policy
from mistral_rag.grounding._drafting.forms import DraftForm
from mistral_rag.grounding._drafting.pieces import AnswerPiece, fold
from mistral_rag.grounding._evidence.extractive import extractive_answer
from mistral_rag.grounding._evidence.pages import EmbeddingRetriever, PagedRetriever, PageSource, PageStore
from mistral_rag.grounding._evidence.prompt import checked_template
from mistral_rag.grounding._evidence.retrieved import Retrieved, from_documents, from_retrieval
from mistral_rag.grounding._evidence.selection import counter_of
from mistral_rag.grounding._quotes.pictures import seen_in_answer
from mistral_rag.retrieval import PassageRetriever
from mistral_rag.schema import Answer
from mistral_rag.witness import PictureWitness, has_picture

Question = str | dict[str, Any]
Output = AnswerPiece | Answer
AskModel = Callable[[Sequence[BaseMessage], RunnableConfig], Iterator[BaseMessage]]
AskModelAsync = Callable[[Sequence[BaseMessage], RunnableConfig], AsyncIterator[BaseMessage]]
NOT_SEEN = (
    'the quotes were not compared with the pictures of their pages; for that run: pip install "mistral-rag[local]"'
)
CHARACTERS_PER_TOKEN = 4
MAX_CHARACTERS_PER_TOKEN = 8
"""Gathered for a model, at most: which of them fit is decided by tokens."""
INTERRUPTIONS = (ModelError, ConnectionError, TimeoutError)
"""Errors that may end a reply in the middle; any other is a mistake and is raised."""


class GroundedQA(RunnableSerializable[Question, Output]):
    """Answers questions from retrieved Documents, with citations cut from their pages.

    Give it a question, or a dict with the key "question". `invoke` and `ainvoke` return an `Answer`; `stream`
    and `astream` give `AnswerPiece`s of text and then the same `Answer`, so that the pieces add up to it.

    Without a model the answer quotes the best passages. `policy` says what happens to a model's statements that
    nothing backs: "mark" marks them in `claims`; "repair" asks the model once more and shows it the verdicts; "drop"
    leaves them out (they are in `removed`); "raise" raises `UnsupportedAnswerError`. With `mode` "optimistic" text is
    streamed as it comes, with "gated" a sentence is streamed after its verdict; "drop" and "raise" are always gated,
    and "repair" gives no text before its last verdict.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Runnable[str, list[Document]]
    """Any retriever."""
    model: Runnable[Any, Any] | None = None
    """Any chat model; None for an extractive answer."""
    pages: Any = Field(default=None, repr=False)
    """The `PageStore` or `PageSource` behind the Documents; by default the retriever's own (`retriever.pages`).
    Documents that are not from it are their own source with one page."""
    policy: Policy = "mark"
    mode: Mode = "optimistic"
    form: DraftForm = "markers"
    """How the model points at evidence: "markers" in its text, "references" of the Mistral platform, or "structured"
    output as JSON; the answer is the same."""
    instructions: str = ""
    """Your own instructions to the model, beside the rules."""
    template: str | None = None
    """Your own prompt in place of the rules; it must hold "{evidence}", "{question}",
    "{marker}" and "{no_answer}". It has no effect with the form "references"."""
    judge: Runnable[Any, Any] | None = None
    """A chat model that judges the finished statements, all in one call; it can make a verdict worse, never better."""
    quotes: int = Field(default=5, ge=1)
    """Maximum number of quotes in an answer without a model."""
    budget: int = Field(default=6_000, ge=1)
    """Maximum number of tokens of evidence shown to a model: counted exactly for a `ChatMistral`, else estimated
    as four bytes each. What is left out is told in `warnings`."""
    picture_seconds: float = Field(default=0.3, ge=0)
    """Processor time for comparing the quotes of an answer with the pictures of their pages (`Citation.seen`), counted
    as a millisecond a character; quotes for which it does not suffice stay "unchecked". 0 for none. The first answer
    also waits for the process that does it, about a second."""
    _witness: PictureWitness = PrivateAttr(default_factory=PictureWitness)

    @field_validator("pages")
    @classmethod
    def _readable(cls, pages: Any) -> Any:
        if pages is not None and not isinstance(pages, PageStore | PageSource):
            raise ValueError("pages needs the methods page(uri, number) and source(uri), or view() that gives them")
        return pages

    @field_validator("template")
    @classmethod
    def _has_its_places(cls, template: str | None) -> str | None:
        return None if template is None else checked_template(template)

    @property
    def OutputType(self) -> type[Answer]:  # noqa: N802
        """The type that `invoke` returns."""
        return Answer

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """Answer a question."""

        def whole(question: Question, config: RunnableConfig) -> Answer:
            return fold(self._outputs(_text(question), config, self._invoke_model))

        return cast(Answer, self._call_with_config(cast(Any, whole), input, config))

    async def ainvoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """Answer a question."""

        async def whole(question: Question, config: RunnableConfig) -> Answer:
            outputs = self._aoutputs(_text(question), config, self._ainvoke_model)
            return fold([output async for output in outputs])

        return cast(Answer, await self._acall_with_config(cast(Any, whole), input, config))

    def stream(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[Output]:
        """Stream pieces of the answer's text, then the answer."""
        yield from self.transform(iter([input]), config, **kwargs)

    async def astream(
        self, input: Question, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        """Stream pieces of the answer's text, then the answer."""

        async def once() -> AsyncIterator[Question]:
            yield input

        async for output in self.atransform(once(), config, **kwargs):
            yield output

    def transform(
        self, input: Iterator[Question], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Output]:
        """Stream the answer to a question that itself comes as a stream."""

        def outputs(pieces: Iterator[Question], config: RunnableConfig) -> Iterator[Output]:
            return self._outputs(_text(_joined(list(pieces))), config, self._stream_model)

        yield from self._transform_stream_with_config(input, cast(Any, outputs), config)

    async def atransform(
        self, input: AsyncIterator[Question], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        """Stream the answer to a question that itself comes as a stream."""

        async def outputs(pieces: AsyncIterator[Question], config: RunnableConfig) -> AsyncIterator[Output]:
            question = _text(_joined([piece async for piece in pieces]))
            async for output in self._aoutputs(question, config, self._astream_model):
                yield output

        async for output in self._atransform_stream_with_config(input, cast(Any, outputs), config):
            yield output

    def _outputs(self, question: str, config: RunnableConfig, ask: AskModel) -> Iterator[Output]:
        started = time.perf_counter()
        retrieved = self._retrieved(question, config, started)
        if self.model is None or not retrieved.evidence:
            yield from _outputs_of(self._seen(retrieved, self._extractive(retrieved)))
            return
        self._expect_quotes(retrieved)
        builder = AnswerBuilder(retrieved, self._drafting())
        for prompt in builder.prompts():
            interrupted = None
            try:
                for message in ask(prompt, config):
                    yield from _text_outputs(builder.feed(message))
            except INTERRUPTIONS as error:
                interrupted = _interruption(builder, error)
            yield from _text_outputs(builder.close(interrupted=interrupted))
        if self.judge is not None and (asked := builder.judge_prompt()) is not None:
            builder.judged(self.judge.invoke(asked, config))
        yield from _text_outputs(builder.rest())
        yield self._seen(retrieved, builder.answer())

    async def _aoutputs(self, question: str, config: RunnableConfig, ask: AskModelAsync) -> AsyncIterator[Output]:
        started = time.perf_counter()
        retrieved = await self._aretrieved(question, config, started)
        if self.model is None or not retrieved.evidence:
            answer = await run_in_executor(config, self._extractive, retrieved)
            for output in _outputs_of(await run_in_executor(config, self._seen, retrieved, answer)):
                yield output
            return
        self._expect_quotes(retrieved)
        builder = AnswerBuilder(retrieved, self._drafting())
        for prompt in builder.prompts():
            interrupted = None
            try:
                async for message in ask(prompt, config):
                    for piece in _text_outputs(builder.feed(message)):
                        yield piece
            except INTERRUPTIONS as error:
                interrupted = _interruption(builder, error)
            for piece in _text_outputs(builder.close(interrupted=interrupted)):
                yield piece
        if self.judge is not None and (asked := builder.judge_prompt()) is not None:
            builder.judged(await self.judge.ainvoke(asked, config))
        for piece in _text_outputs(builder.rest()):
            yield piece
        yield await run_in_executor(config, self._seen, retrieved, builder.answer())

    @property
    def _characters(self) -> int:
        """Characters of evidence that are gathered."""
        return self.budget * (CHARACTERS_PER_TOKEN if self.model is None else MAX_CHARACTERS_PER_TOKEN)

    def _drafting(self) -> Drafting:
        return Drafting(
            policy=self.policy,
            mode=self.mode,
            form=self.form,
            instructions=self.instructions,
            template=self.template,
            judged=self.judge is not None,
            budget=self.budget,
            count=counter_of(self.model),
        )

    def _retrieved(self, question: str, config: RunnableConfig, started: float) -> Retrieved:
        ours, bound = self._passage_retriever()
        if ours is not None:
            retrieval = ours.retrieve(question, merge_configs(bound, config))
            return from_retrieval(question, retrieval, budget=self._characters, started=started)
        return self._from_documents(question, self.retriever.invoke(question, config), started)

    async def _aretrieved(self, question: str, config: RunnableConfig, started: float) -> Retrieved:
        ours, bound = self._passage_retriever()
        if ours is not None:
            retrieval = await ours.aretrieve(question, merge_configs(bound, config))
            evidence = partial(from_retrieval, budget=self._characters, started=started)
            return await run_in_executor(config, evidence, question, retrieval)
        documents = await self.retriever.ainvoke(question, config)
        return await run_in_executor(config, self._from_documents, question, documents, started)

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
        store = self.pages
        if store is None and isinstance(self.retriever, PagedRetriever):
            store = self.retriever.pages
        retrieved = from_documents(question, documents, store=store, budget=self._characters, started=started)
        if isinstance(self.retriever, EmbeddingRetriever):
            return replace(retrieved, embeddings=self.retriever.embeddings)
        return retrieved

    def _extractive(self, retrieved: Retrieved) -> Answer:
        return extractive_answer(retrieved, quotes=self.quotes, embeddings=retrieved.embeddings)

    def _expect_quotes(self, retrieved: Retrieved) -> None:
        """Start what compares quotes with pictures while the model writes."""
        passages = (unit.passage for unit in retrieved.evidence)
        if self.picture_seconds and any(has_picture(passage.source, passage.page) for passage in passages):
            self._witness.start()

    def _seen(self, retrieved: Retrieved, answer: Answer) -> Answer:
        """The answer with what the pictures of the quoted pages show."""
        pages = {unit.page_key: (unit.passage.source, unit.passage.page) for unit in retrieved.evidence}
        cited = [pages[key] for key in _spans(answer) if key in pages]
        if not self.picture_seconds or not any(has_picture(*page) for page in cited):
            return answer
        if not self._witness.available:
            return answer.model_copy(update={"warnings": (*answer.warnings, NOT_SEEN)})
        self._witness.start(wait=True)
        citations = seen_in_answer(
            answer.citations,
            lambda uri, number: pages.get((uri, number)),
            self._witness,
            seconds=self.picture_seconds,
        )
        return answer.model_copy(update={"citations": citations})

    def _invoke_model(self, messages: Sequence[BaseMessage], config: RunnableConfig) -> Iterator[BaseMessage]:
        yield cast(Runnable[Any, Any], self.model).invoke(messages, config)

    def _stream_model(self, messages: Sequence[BaseMessage], config: RunnableConfig) -> Iterator[BaseMessage]:
        return cast(Runnable[Any, Any], self.model).stream(messages, config)

    async def _ainvoke_model(
        self, messages: Sequence[BaseMessage], config: RunnableConfig
    ) -> AsyncIterator[BaseMessage]:
        yield await cast(Runnable[Any, Any], self.model).ainvoke(messages, config)

    def _astream_model(self, messages: Sequence[BaseMessage], config: RunnableConfig) -> AsyncIterator[BaseMessage]:
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


def _spans(answer: Answer) -> Iterator[tuple[str, int]]:
    """Uri and page of each span that is cited."""
    return ((citation.uri, span.page) for citation in answer.citations for span in citation.spans or ())


def _outputs_of(answer: Answer) -> Iterator[Output]:
    yield from _text_outputs(answer.text)
    yield answer


def _text_outputs(text: str) -> Iterator[Output]:
    return iter([AnswerPiece(text)] if text else [])


def _interruption(builder: AnswerBuilder, error: Exception) -> str | None:
    """Reason of an interrupted reply, None for a refusal; raises the error when no text had come."""
    if isinstance(error, RefusalError):
        builder.refused(str(error))
        return None
    if not builder.begun:
        raise error
    return f"the model's reply broke off: {error}"
