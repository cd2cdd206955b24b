"""The steps from a question to its answer: search, evidence, draft, verdicts."""

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from langchain_core.documents import Document
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import run_in_executor

from mistral_rag.grounding._asked.calibration import calibration_of
from mistral_rag.grounding._conversation.standalone import Condense, astandalone, standalone
from mistral_rag.grounding._conversation.turns import turn_of
from mistral_rag.grounding._drafting.answer_builder import AnswerBuilder, Drafting
from mistral_rag.grounding._evidence.answer_pictures import AnswerPictures
from mistral_rag.grounding._evidence.collection import collection_answer
from mistral_rag.grounding._evidence.extractive import extractive_answer
from mistral_rag.grounding._evidence.pages import PageSource, PageStore
from mistral_rag.grounding._evidence.retrieved import Retrieved
from mistral_rag.grounding._evidence.search import EvidenceSearch
from mistral_rag.grounding._models import INTERRUPTIONS, AskModel, AskModelAsync, Model, interruption
from mistral_rag.grounding._steps import (
    QAEvent,
    SearchEvent,
    UnfinishedAnswer,
    answer_events,
    evidence_event,
    interruptible,
    text_events,
)
from mistral_rag.schema import Answer

CHARACTERS_PER_TOKEN: Final = 4
MAX_CHARACTERS_PER_TOKEN: Final = 8
"""Gathered for a model, at most: which of them fit is decided by tokens."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Settings of how questions are answered, as in `GroundedQA`, and the steps."""

    retriever: Runnable[str, list[Document]]
    pages: PageStore | PageSource | None
    model: Model | None
    judge: Model | None
    drafting: Drafting
    condense: Condense
    quotes: int
    pictures: AnswerPictures

    def steps(
        self,
        given: Any,
        config: RunnableConfig,
        ask: AskModel,
        settings: Mapping[str, Any],
        unfinished: UnfinishedAnswer | None = None,
    ) -> Iterator[QAEvent]:
        """The events of the answer to what was given; `settings` go to the retriever."""
        started = time.perf_counter()
        searched = standalone(turn_of(given), self.model, self.condense, config)
        yield SearchEvent(searched.question)
        retrieved = self._search.find(searched, config, started, settings)
        if (about := self._about_collection(retrieved, settings)) is not None:
            yield from answer_events(about, unfinished, text=True)
            return
        yield evidence_event(retrieved)
        if self.model is None or not retrieved.evidence:
            yield from answer_events(self.pictures.seen(retrieved, self._extractive(retrieved)), unfinished, text=True)
            return
        yield from self._drafted(self.model, retrieved, config, ask, unfinished)

    def _drafted(
        self,
        model: Model,
        retrieved: Retrieved,
        config: RunnableConfig,
        ask: AskModel,
        unfinished: UnfinishedAnswer | None,
    ) -> Iterator[QAEvent]:
        """The answer that the model drafts from the evidence."""
        self.pictures.expect(retrieved)
        builder = AnswerBuilder(retrieved, self.drafting)
        interruptible(builder, unfinished)
        for prompt in builder.prompts():
            interrupted = None
            try:
                for message in ask(model, prompt, config):
                    yield from text_events(builder.feed(message))
            except INTERRUPTIONS as error:
                interrupted = interruption(builder, error)
            yield from text_events(builder.close(interrupted=interrupted))
        if self.judge is not None and (asked := builder.judge_prompt()) is not None:
            builder.judged(self.judge.invoke(asked, config))
        yield from text_events(builder.rest())
        yield from answer_events(self.pictures.seen(retrieved, builder.answer()), unfinished)

    async def asteps(
        self,
        given: Any,
        config: RunnableConfig,
        ask: AskModelAsync,
        settings: Mapping[str, Any],
        unfinished: UnfinishedAnswer | None = None,
    ) -> AsyncIterator[QAEvent]:
        """`steps` for coroutines."""
        started = time.perf_counter()
        searched = await astandalone(turn_of(given), self.model, self.condense, config)
        yield SearchEvent(searched.question)
        retrieved = await self._search.afind(searched, config, started, settings)
        if (about := await run_in_executor(config, self._about_collection, retrieved, settings)) is not None:
            for step in answer_events(about, unfinished, text=True):
                yield step
            return
        yield evidence_event(retrieved)
        if self.model is None or not retrieved.evidence:
            answer = await run_in_executor(config, self._extractive, retrieved)
            answer = await run_in_executor(config, self.pictures.seen, retrieved, answer)
            for step in answer_events(answer, unfinished, text=True):
                yield step
            return
        async for step in self._adrafted(self.model, retrieved, config, ask, unfinished):
            yield step

    async def _adrafted(
        self,
        model: Model,
        retrieved: Retrieved,
        config: RunnableConfig,
        ask: AskModelAsync,
        unfinished: UnfinishedAnswer | None,
    ) -> AsyncIterator[QAEvent]:
        self.pictures.expect(retrieved)
        builder = AnswerBuilder(retrieved, self.drafting)
        interruptible(builder, unfinished)
        for prompt in builder.prompts():
            interrupted = None
            try:
                async for message in ask(model, prompt, config):
                    for step in text_events(builder.feed(message)):
                        yield step
            except INTERRUPTIONS as error:
                interrupted = interruption(builder, error)
            for step in text_events(builder.close(interrupted=interrupted)):
                yield step
        if self.judge is not None and (asked := builder.judge_prompt()) is not None:
            builder.judged(await self.judge.ainvoke(asked, config))
        for step in text_events(builder.rest()):
            yield step
        answer = await run_in_executor(config, self.pictures.seen, retrieved, builder.answer())
        for step in answer_events(answer, unfinished):
            yield step

    @property
    def _search(self) -> EvidenceSearch:
        per_token = CHARACTERS_PER_TOKEN if self.model is None else MAX_CHARACTERS_PER_TOKEN
        return EvidenceSearch(self.retriever, self.pages, self.drafting.budget * per_token)

    def _about_collection(self, retrieved: Retrieved, settings: Mapping[str, Any]) -> Answer | None:
        """The answer to a question about the collection; None for other questions."""
        filters = [given for given in (getattr(self.retriever, "filter", None), settings.get("filter")) if given]
        filter = {"$and": filters} if len(filters) > 1 else next(iter(filters), None)
        return collection_answer(retrieved, self._search.store, filter=filter, has_model=self.model is not None)

    def _extractive(self, retrieved: Retrieved) -> Answer:
        calibration = calibration_of(retrieved.calibration, retrieved.embeddings)
        return extractive_answer(
            retrieved, quotes=self.quotes, embeddings=retrieved.embeddings, calibration=calibration
        )
