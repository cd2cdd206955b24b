"""GroundedQA: the chain from a question to an answer with checked citations."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, cast

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableSerializable
from langchain_core.tools import BaseTool
from langchain_core.vectorstores import VectorStore
from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator

from mistral_rag._nearest import refusal
from mistral_rag.errors import ConfigurationError
from mistral_rag.grounding._answering import Answering
from mistral_rag.grounding._conversation.standalone import Condense
from mistral_rag.grounding._conversation.turns import turn_of
from mistral_rag.grounding._drafting.answer_builder import Drafting, Mode, Policy
from mistral_rag.grounding._drafting.forms import DraftForm
from mistral_rag.grounding._drafting.pieces import AnswerPiece, fold
from mistral_rag.grounding._evidence.answer_pictures import AnswerPictures
from mistral_rag.grounding._evidence.pages import PageSource, PageStore
from mistral_rag.grounding._evidence.prompt import checked_template
from mistral_rag.grounding._evidence.selection import counter_of
from mistral_rag.grounding._models import ainvoked, astreamed, invoked, streamed
from mistral_rag.grounding._plugs.retrieval_chain import retrieval_chain
from mistral_rag.grounding._plugs.tools import answer_tool
from mistral_rag.grounding._steps import (
    AnswerEvent,
    AnswerEvents,
    AsyncAnswerEvents,
    QAEvent,
    TextEvent,
    UnfinishedAnswer,
)
from mistral_rag.schema import Answer
from mistral_rag.witness import PictureWitness

Question = str | BaseMessage | Sequence[Any] | Mapping[str, Any]
"""A question, messages of which the last is the question, or a dict with the question and the conversation."""
Output = AnswerPiece | Answer


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
    as .6 milliseconds a character; quotes for which it does not suffice stay "unchecked". 0 for none. The first answer
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
            return fold(_pieces(self._answering.steps(question, config, invoked, kwargs)))

        return cast(Answer, self._call_with_config(cast(Any, whole), input, config))

    async def ainvoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """Answer a question."""

        async def whole(question: Question, config: RunnableConfig) -> Answer:
            steps = self._answering.asteps(question, config, ainvoked, kwargs)
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
            return _pieces(self._answering.steps(_joined(list(pieces)), config, streamed, kwargs))

        yield from self._transform_stream_with_config(input, cast(Any, outputs), config)

    async def atransform(
        self, input: AsyncIterator[Question], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        """Stream the answer to a question that itself comes as a stream."""

        async def outputs(pieces: AsyncIterator[Question], config: RunnableConfig) -> AsyncIterator[Output]:
            question = _joined([piece async for piece in pieces])
            async for output in _apieces(self._answering.asteps(question, config, astreamed, kwargs)):
                yield output

        async for output in self._atransform_stream_with_config(input, cast(Any, outputs), config):
            yield output

    def events(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> AnswerEvents:
        """Stream the answer as typed events: search, evidence, pieces of text, a verdict a claim, the answer."""
        unfinished = UnfinishedAnswer(turn_of(input).question)

        def steps(pieces: Iterator[Question], config: RunnableConfig) -> Iterator[QAEvent]:
            return self._answering.steps(_joined(list(pieces)), config, streamed, kwargs, unfinished)

        traced = self._transform_stream_with_config(iter([input]), cast(Any, steps), config)
        return AnswerEvents(cast(Any, traced), unfinished)

    def aevents(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> AsyncAnswerEvents:
        """As `events`."""
        unfinished = UnfinishedAnswer(turn_of(input).question)

        async def once() -> AsyncIterator[Question]:
            yield input

        async def steps(pieces: AsyncIterator[Question], config: RunnableConfig) -> AsyncIterator[QAEvent]:
            question = _joined([piece async for piece in pieces])
            async for step in self._answering.asteps(question, config, astreamed, kwargs, unfinished):
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

    @property
    def _answering(self) -> Answering:
        drafting = Drafting(
            policy=self.policy,
            mode=self.mode,
            form=self.form,
            instructions=self.instructions,
            template=self.template,
            judged=self.judge is not None,
            budget=self.budget,
            count=counter_of(self.model),
        )
        return Answering(
            retriever=self.retriever,
            pages=self.pages,
            model=self.model,
            judge=self.judge,
            drafting=drafting,
            condense=self.condense,
            quotes=self.quotes,
            pictures=AnswerPictures(self._witness, self.picture_seconds),
        )


def _joined(pieces: Sequence[Any]) -> Question:
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole + piece
    return cast(Question, whole)


def _pieces(steps: Iterator[QAEvent]) -> Iterator[Output]:
    return (output for step in steps for output in _output(step))


async def _apieces(steps: AsyncIterator[QAEvent]) -> AsyncIterator[Output]:
    async for step in steps:
        for output in _output(step):
            yield output


def _output(step: QAEvent) -> list[Output]:
    """The pieces that a step adds to the stream of the answer's text."""
    if isinstance(step, TextEvent):
        return [AnswerPiece(step.text)]
    return [step.answer] if isinstance(step, AnswerEvent) else []
