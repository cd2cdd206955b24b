"""GroundedQA: the chain from a question to an answer with checked citations."""

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, cast

from langchain_core.documents import Document
from langchain_core.exceptions import ModelError
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableSerializable
from langchain_core.runnables.config import run_in_executor
from langchain_core.tools import BaseTool
from langchain_core.vectorstores import VectorStore
from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator

from mistral_rag._nearest import refusal
from mistral_rag.errors import ConfigurationError, RefusalError
from mistral_rag.grounding._asked.calibration import calibration_of
from mistral_rag.grounding._conversation import rewording
from mistral_rag.grounding._conversation.standalone import Standalone, by_rules
from mistral_rag.grounding._conversation.turns import Turn, turn_of
from mistral_rag.grounding._drafting.answer_builder import AnswerBuilder, Drafting, Mode, Policy
from mistral_rag.grounding._drafting.forms import DraftForm
from mistral_rag.grounding._drafting.pieces import AnswerPiece, fold
from mistral_rag.grounding._evidence.collection import collection_answer
from mistral_rag.grounding._evidence.extractive import extractive_answer
from mistral_rag.grounding._evidence.pages import PageSource, PageStore
from mistral_rag.grounding._evidence.prompt import checked_template
from mistral_rag.grounding._evidence.retrieved import Retrieved
from mistral_rag.grounding._evidence.search import EvidenceSearch
from mistral_rag.grounding._evidence.selection import counter_of
from mistral_rag.grounding._plugs.retrieval_chain import retrieval_chain
from mistral_rag.grounding._plugs.tools import answer_tool
from mistral_rag.grounding._quotes.pictures import seen_in_answer
from mistral_rag.grounding._steps import (
    AnswerEvent,
    AnswerEvents,
    AsyncAnswerEvents,
    QAEvent,
    SearchEvent,
    TextEvent,
    UnfinishedAnswer,
    answer_events,
    evidence_event,
    interruptible,
    text_events,
)
from mistral_rag.schema import Answer
from mistral_rag.witness import PictureWitness, has_picture

Question = str | BaseMessage | Sequence[Any] | Mapping[str, Any]
"""A question, messages of which the last is the question, or a dict with the question and the conversation."""
Output = AnswerPiece | Answer
Condense = Literal["model", "rules", "off"]
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

    Give it a question; messages, of which the last is the question; or a dict with one of the keys "question",
    "input", "query", and one of "chat_history", "history", "messages" for what was said before. `invoke` and `ainvoke`
    return an `Answer`; `stream` and `astream` give `AnswerPiece`s of text and then the same `Answer`, so that the
    pieces add up to it; `events` and `aevents` tell every step. Settings of a call, such as `k` and `filter`, go to
    the retriever.

    A follow-up ("And in 2021?") is searched for and answered as the whole question that it means
    (`Answer.standalone_question`). It may cite again what earlier answers of the conversation cited, if their messages
    are those of `Answer.as_message`, and if the retriever's filter and groups still let it.

    Without a model the answer quotes the best passages. `policy` says what happens to a model's statements that
    nothing backs: "mark" marks them in `claims`; "repair" asks the model once more and shows it the verdicts; "drop"
    leaves them out (they are in `removed`); "raise" raises `UnsupportedAnswerError`. With `mode` "optimistic" text is
    streamed as it comes, with "gated" a sentence is streamed after its verdict; "drop" and "raise" are always gated,
    and "repair" gives no text before its last verdict.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Runnable[str, list[Document]]
    """Any retriever; a LangChain vector store becomes its own."""
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
    condense: Condense = "model"
    """Follow-ups are made whole by the model, in one call more, or by "rules", as they are without a model; "off"
    leaves them as they are. Rules say what a follow-up is."""
    picture_seconds: float = Field(default=0.3, ge=0)
    """Processor time for comparing the quotes of an answer with the pictures of their pages (`Citation.seen`), counted
    as a millisecond a character; quotes for which it does not suffice stay "unchecked". 0 for none. The first answer
    also waits for the process that does it, about a second."""
    _witness: PictureWitness = PrivateAttr(default_factory=PictureWitness)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        for name in given if isinstance(given, dict) else ():
            if name not in cls.model_fields:
                raise ValueError(refusal("no setting", name, cls.model_fields))
        return given

    @field_validator("retriever", mode="before")
    @classmethod
    def _searched(cls, retriever: Any) -> Any:
        return retriever.as_retriever() if isinstance(retriever, VectorStore) else retriever

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
            return fold(_pieces(self._steps(question, config, self._invoke_model, kwargs)))

        return cast(Answer, self._call_with_config(cast(Any, whole), input, config))

    async def ainvoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """Answer a question."""

        async def whole(question: Question, config: RunnableConfig) -> Answer:
            steps = self._asteps(question, config, self._ainvoke_model, kwargs)
            return fold([output async for output in _apieces(steps)])

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
            return _pieces(self._steps(_joined(list(pieces)), config, self._stream_model, kwargs))

        yield from self._transform_stream_with_config(input, cast(Any, outputs), config)

    async def atransform(
        self, input: AsyncIterator[Question], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        """Stream the answer to a question that itself comes as a stream."""

        async def outputs(pieces: AsyncIterator[Question], config: RunnableConfig) -> AsyncIterator[Output]:
            question = _joined([piece async for piece in pieces])
            async for output in _apieces(self._asteps(question, config, self._astream_model, kwargs)):
                yield output

        async for output in self._atransform_stream_with_config(input, cast(Any, outputs), config):
            yield output

    def events(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> AnswerEvents:
        """Stream the answer as typed events: search, evidence, pieces of text, a verdict a claim, the answer."""
        unfinished = UnfinishedAnswer(turn_of(input).question)

        def steps(pieces: Iterator[Question], config: RunnableConfig) -> Iterator[QAEvent]:
            return self._steps(_joined(list(pieces)), config, self._stream_model, kwargs, unfinished)

        traced = self._transform_stream_with_config(iter([input]), cast(Any, steps), config)
        return AnswerEvents(cast(Any, traced), unfinished)

    def aevents(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> AsyncAnswerEvents:
        """As `events`."""
        unfinished = UnfinishedAnswer(turn_of(input).question)

        async def once() -> AsyncIterator[Question]:
            yield input

        async def steps(pieces: AsyncIterator[Question], config: RunnableConfig) -> AsyncIterator[QAEvent]:
            question = _joined([piece async for piece in pieces])
            async for step in self._asteps(question, config, self._astream_model, kwargs, unfinished):
                yield step

        traced = self._atransform_stream_with_config(once(), cast(Any, steps), config)
        return AsyncAnswerEvents(cast(Any, traced), unfinished)

    def as_retrieval_chain(self) -> Runnable[Any, dict[str, Any]]:
        """A stand-in for LangChain's `create_retrieval_chain`: a dict with "input", "context" and "answer".

        Beside them stands "grounded", the whole `Answer`.
        """
        return retrieval_chain(self.events, self.aevents)

    def as_tool(
        self,
        args_schema: Any = None,
        *,
        name: str | None = None,
        description: str | None = None,
        arg_types: dict[str, type] | None = None,
    ) -> BaseTool:
        """A tool for agents: it takes one question, its content is the answer with sources, its artifact the `Answer`.

        Raises ConfigurationError for `args_schema` and `arg_types`, which other Runnables need: the question is all
        that a model may say here.
        """
        if args_schema is not None or arg_types is not None:
            raise ConfigurationError("the tool takes one question; args_schema and arg_types are not for it")
        return answer_tool(self.invoke, self.ainvoke, name=name, description=description)

    def _steps(
        self,
        given: Question,
        config: RunnableConfig,
        ask: AskModel,
        settings: Mapping[str, Any],
        unfinished: UnfinishedAnswer | None = None,
    ) -> Iterator[QAEvent]:
        started = time.perf_counter()
        turn = turn_of(given)
        standalone = self._standalone(turn, config)
        yield SearchEvent(standalone.question)
        retrieved = self._search.find(standalone, config, started, settings)
        if (about := self._about_collection(retrieved)) is not None:
            yield from answer_events(about, unfinished, text=True)
            return
        yield evidence_event(retrieved)
        if self.model is None or not retrieved.evidence:
            yield from answer_events(self._seen(retrieved, self._extractive(retrieved)), unfinished, text=True)
            return
        yield from self._drafted(retrieved, config, ask, unfinished)

    def _drafted(
        self, retrieved: Retrieved, config: RunnableConfig, ask: AskModel, unfinished: UnfinishedAnswer | None
    ) -> Iterator[QAEvent]:
        """The answer that the model drafts from the evidence."""
        self._expect_quotes(retrieved)
        builder = AnswerBuilder(retrieved, self._drafting())
        interruptible(builder, unfinished)
        for prompt in builder.prompts():
            interrupted = None
            try:
                for message in ask(prompt, config):
                    yield from text_events(builder.feed(message))
            except INTERRUPTIONS as error:
                interrupted = _interruption(builder, error)
            yield from text_events(builder.close(interrupted=interrupted))
        if self.judge is not None and (asked := builder.judge_prompt()) is not None:
            builder.judged(self.judge.invoke(asked, config))
        yield from text_events(builder.rest())
        yield from answer_events(self._seen(retrieved, builder.answer()), unfinished)

    async def _asteps(
        self,
        given: Question,
        config: RunnableConfig,
        ask: AskModelAsync,
        settings: Mapping[str, Any],
        unfinished: UnfinishedAnswer | None = None,
    ) -> AsyncIterator[QAEvent]:
        started = time.perf_counter()
        turn = turn_of(given)
        standalone = await self._astandalone(turn, config)
        yield SearchEvent(standalone.question)
        retrieved = await self._search.afind(standalone, config, started, settings)
        if (about := await run_in_executor(config, self._about_collection, retrieved)) is not None:
            for step in answer_events(about, unfinished, text=True):
                yield step
            return
        yield evidence_event(retrieved)
        if self.model is None or not retrieved.evidence:
            answer = await run_in_executor(config, self._extractive, retrieved)
            answer = await run_in_executor(config, self._seen, retrieved, answer)
            for step in answer_events(answer, unfinished, text=True):
                yield step
            return
        async for step in self._adrafted(retrieved, config, ask, unfinished):
            yield step

    async def _adrafted(
        self, retrieved: Retrieved, config: RunnableConfig, ask: AskModelAsync, unfinished: UnfinishedAnswer | None
    ) -> AsyncIterator[QAEvent]:
        self._expect_quotes(retrieved)
        builder = AnswerBuilder(retrieved, self._drafting())
        interruptible(builder, unfinished)
        for prompt in builder.prompts():
            interrupted = None
            try:
                async for message in ask(prompt, config):
                    for step in text_events(builder.feed(message)):
                        yield step
            except INTERRUPTIONS as error:
                interrupted = _interruption(builder, error)
            for step in text_events(builder.close(interrupted=interrupted)):
                yield step
        if self.judge is not None and (asked := builder.judge_prompt()) is not None:
            builder.judged(await self.judge.ainvoke(asked, config))
        for step in text_events(builder.rest()):
            yield step
        answer = await run_in_executor(config, self._seen, retrieved, builder.answer())
        for step in answer_events(answer, unfinished):
            yield step

    @property
    def _search(self) -> EvidenceSearch:
        characters = self.budget * (CHARACTERS_PER_TOKEN if self.model is None else MAX_CHARACTERS_PER_TOKEN)
        return EvidenceSearch(self.retriever, self.pages, characters)

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

    def _standalone(self, turn: Turn, config: RunnableConfig) -> Standalone:
        """The question as it is searched for."""
        ruled = by_rules(turn) if self.condense != "off" else Standalone.of(turn)
        if ruled.asked is None or self.model is None or self.condense != "model":
            return ruled
        try:
            return ruled.reworded(self.model.invoke(rewording.prompt(turn), rewording.run_config(config)), turn)
        except INTERRUPTIONS as error:
            return ruled.not_reworded(error)

    async def _astandalone(self, turn: Turn, config: RunnableConfig) -> Standalone:
        ruled = by_rules(turn) if self.condense != "off" else Standalone.of(turn)
        if ruled.asked is None or self.model is None or self.condense != "model":
            return ruled
        try:
            reply = await self.model.ainvoke(rewording.prompt(turn), rewording.run_config(config))
        except INTERRUPTIONS as error:
            return ruled.not_reworded(error)
        return ruled.reworded(reply, turn)

    def _about_collection(self, retrieved: Retrieved) -> Answer | None:
        """The answer to a question about the collection; None for other questions."""
        filter = getattr(self.retriever, "filter", None)
        return collection_answer(retrieved, self._search.store, filter=filter, has_model=self.model is not None)

    def _extractive(self, retrieved: Retrieved) -> Answer:
        calibration = calibration_of(self._search.store, retrieved.embeddings)
        return extractive_answer(
            retrieved, quotes=self.quotes, embeddings=retrieved.embeddings, calibration=calibration
        )

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


def _joined(pieces: Sequence[Any]) -> Question:
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole + piece
    return cast(Question, whole)


def _spans(answer: Answer) -> Iterator[tuple[str, int]]:
    """Uri and page of each span that is cited."""
    return ((citation.uri, span.page) for citation in answer.citations for span in citation.spans or ())


def _pieces(steps: Iterator[QAEvent]) -> Iterator[Output]:
    return (output for step in steps for output in _output(step))


async def _apieces(steps: AsyncIterator[QAEvent]) -> AsyncIterator[Output]:
    async for step in steps:
        for output in _output(step):
            yield output


def _output(step: QAEvent) -> list[Output]:
    """What a step adds to the stream of the answer's text."""
    if isinstance(step, TextEvent):
        return [AnswerPiece(step.text)]
    return [step.answer] if isinstance(step, AnswerEvent) else []


def _interruption(builder: AnswerBuilder, error: Exception) -> str | None:
    """Reason of an interrupted reply, None for a refusal; raises the error when no text had come."""
    if isinstance(error, RefusalError):
        builder.refused(str(error))
        return None
    if not builder.begun:
        raise error
    return f"the model's reply broke off: {error}"
