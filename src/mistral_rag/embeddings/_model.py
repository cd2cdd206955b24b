"""MistralEmbeddings: the model as LangChain and numpy see it."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from contextlib import aclosing, closing
from itertools import chain, islice
from typing import Any, Literal

import numpy as np
from langchain_core.embeddings import Embeddings
from pydantic import AliasChoices, Field, PrivateAttr

from mistral_rag.api._connection import Connection
from mistral_rag.api._errors import ApiError, RateLimitError
from mistral_rag.api._responses import ApiResponse
from mistral_rag.embeddings._batches import TextBatch
from mistral_rag.embeddings._concurrency import in_tasks, in_threads
from mistral_rag.embeddings._requests import Asking, TooLong, overflow
from mistral_rag.embeddings._results import Answered, EmbeddedBatch, FailedBatch, Gathered, Matrix, Usage, UsageCount
from mistral_rag.embeddings._run import Numbered, Outcomes, Run, anumbered, grouped, numbered
from mistral_rag.embeddings._tokens import too_long
from mistral_rag.embeddings._vectors import DTYPES, Dtype, tokens_of

PATH = "embeddings"
PAUSE = 0.5
"""Seconds between two tries of a request that queues up."""

Wire = dict[str, Any]


class MistralEmbeddings(Connection, Embeddings):
    """An embedding model of the Mistral platform.

    Texts go out in batches of at most 256 texts and 16,384 tokens, `max_concurrent_requests` at once, equal texts
    once; vectors come back as base64 and are put in order by their index. A batch that the platform still finds too
    large is halved. A text of more tokens than a model takes (8,192) is embedded in pieces, and its vector is their
    mean by tokens; `on_too_long` "truncate" takes only its beginning, "error" refuses it. A text of blanks is sent as
    a full stop.

    `embed_documents` and `embed_query` are LangChain's; `embed_matrix` gives numpy; `embed_batches` is for more texts
    than memory holds. Each has its twin for coroutines. When a batch fails the others are done all the same. Then
    the first error is raised, with a `PartialEmbeddings` in its `partial`: the numbers of the texts without a vector,
    and the vectors of the others. An error that every batch would meet (a wrong key, no network) stops the rest.

    `output_dimension` and `output_dtype` are for models that offer them (codestral-embed). "binary" and "ubinary" hold
    eight dimensions in a number; `unpacked` takes them apart.
    """

    model: str = Field(default="mistral-embed", validation_alias=AliasChoices("model", "model_name"))
    output_dimension: int | None = Field(default=None, gt=0)
    output_dtype: Dtype = "float"
    encoding_format: Literal["base64", "float"] = "base64"
    on_too_long: TooLong = "split"
    metadata: dict[str, Any] | None = Field(default=None, validation_alias=AliasChoices("metadata", "request_metadata"))
    max_concurrent_requests: int = Field(default=16, ge=1)
    model_kwargs: dict[str, Any] = Field(default_factory=dict)

    _used: UsageCount = PrivateAttr(default_factory=UsageCount)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vector of each text, in order."""
        return self.embed_matrix(texts).tolist()  # type: ignore[no-any-return]

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self.embed_documents([text])[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """`embed_documents` for coroutines."""
        return (await self.aembed_matrix(texts)).tolist()  # type: ignore[no-any-return]

    async def aembed_query(self, text: str) -> list[float]:
        """`embed_query` for coroutines."""
        return (await self.aembed_documents([text]))[0]

    def embed_matrix(self, texts: Iterable[str]) -> Matrix:
        """One row for each text, in order: float32, or the integers that `output_dtype` asks for.

        Without texts, a matrix of no rows.
        """
        run, different = self._begun(), self._different(texts)
        gathered = Gathered(sum(len(numbers) for _, numbers in different))
        with closing(self._answers(run, different)) as answers:
            for answered in answers:
                gathered.put(answered)
        return self._whole(run, gathered)

    async def aembed_matrix(self, texts: Iterable[str]) -> Matrix:
        """`embed_matrix` for coroutines."""
        run, different = self._begun(), self._different(texts)
        gathered = Gathered(sum(len(numbers) for _, numbers in different))
        async with aclosing(self._aanswers(run, _one_by_one(different))) as answers:
            async for answered in answers:
                gathered.put(answered)
        return self._whole(run, gathered)

    def embed_batches(self, texts: Iterable[str]) -> Iterator[EmbeddedBatch]:
        """The vectors of any number of texts, in batches as they are done, which is not the order of the texts.

        Texts are read as they are needed, twice as many batches ahead as requests are allowed at once; equal ones
        are sent once where they fall into the same batch. Stop iterating, and nothing more is read or sent. What
        failed is raised at the end.
        """
        run = self._begun()
        with closing(self._answers(run, numbered(texts))) as answers:
            for answered in answers:
                yield answered.expanded()
        self._raise(run.problem())

    async def aembed_batches(self, texts: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[EmbeddedBatch]:
        """`embed_batches` for coroutines; the texts may come from an asynchronous iterable."""
        run = self._begun()
        async with aclosing(self._aanswers(run, anumbered(texts))) as answers:
            async for answered in answers:
                yield answered.expanded()
        self._raise(run.problem())

    @property
    def usage(self) -> Usage:
        """Requests and tokens of this object so far."""
        return self._used.total

    def _begun(self) -> Run:
        eighth = 8 if self.output_dtype in ("binary", "ubinary") else 1
        return Run(width=None if self.output_dimension is None else self.output_dimension // eighth)

    def _different(self, texts: Iterable[str]) -> list[Numbered]:
        """Each different text once; refuses one that is too long, if it is to be refused, before anything is sent."""
        different = grouped(texts)
        if self.on_too_long == "error":
            for text, numbers in different:
                if too_long(text):
                    raise overflow(text, numbers[0])
        return different

    def _answers(self, run: Run, texts: Iterable[Numbered]) -> Generator[Answered]:
        batches = run.batches(texts)
        first = list(islice(batches, 2))
        if len(first) < 2:
            outcomes: Generator[Outcomes] = (self._asked(run, batch) for batch in first)
        else:
            outcomes = in_threads(lambda b: self._asked(run, b), chain(first, batches), self.max_concurrent_requests)
        try:
            with closing(outcomes):
                for outcome in outcomes:
                    yield from run.take(outcome)
        except BaseException:
            run.fatal = ApiError("Nobody waits for the vectors any more.")  # for the threads still at work
            raise

    async def _aanswers(self, run: Run, texts: AsyncIterable[Numbered]) -> AsyncGenerator[Answered]:
        outcomes = in_tasks(lambda b: self._aasked(run, b), run.abatches(texts), self.max_concurrent_requests)
        async with aclosing(outcomes):
            async for outcome in outcomes:
                for answered in run.take(outcome):
                    yield answered

    def _asked(self, run: Run, batch: TextBatch) -> Outcomes:
        """Send what the batch needs, one request after another."""
        if (unsent := run.unsent(batch)) is not None:
            return unsent
        requests = Asking(self.output_dtype, self.on_too_long).batch(batch)
        try:
            texts = next(requests)
            while True:
                try:
                    reply = self._sent(run, self._body(texts))
                except ApiError as error:
                    texts = requests.throw(run.refused(error, len(texts)))
                else:
                    texts = requests.send(self._counted(reply))
        except StopIteration as done:
            return run.judged(done.value)

    async def _aasked(self, run: Run, batch: TextBatch) -> Outcomes:
        """`_asked` for coroutines."""
        if (unsent := run.unsent(batch)) is not None:
            return unsent
        requests = Asking(self.output_dtype, self.on_too_long).batch(batch)
        try:
            texts = next(requests)
            while True:
                try:
                    reply = await self._asent(run, self._body(texts))
                except ApiError as error:
                    texts = requests.throw(run.refused(error, len(texts)))
                else:
                    texts = requests.send(self._counted(reply))
        except StopIteration as done:
            return run.judged(done.value)

    def _sent(self, run: Run, body: Wire) -> ApiResponse:
        """The answer to one request. One that came too fast, again and again, queues up behind others like it."""
        try:
            return self.client.post(PATH, body)
        except RateLimitError:
            if not self.max_retries:
                raise
        with run.queue:
            until = time.monotonic() + self.max_elapsed
            while True:
                run.go_on()
                try:
                    return self.client.post(PATH, body)
                except RateLimitError:
                    if time.monotonic() > until:
                        raise
                time.sleep(PAUSE)

    async def _asent(self, run: Run, body: Wire) -> ApiResponse:
        """`_sent` for coroutines."""
        try:
            return await self.client.apost(PATH, body)
        except RateLimitError:
            if not self.max_retries:
                raise
        async with run.aqueue:
            until = time.monotonic() + self.max_elapsed
            while True:
                run.go_on()
                try:
                    return await self.client.apost(PATH, body)
                except RateLimitError:
                    if time.monotonic() > until:
                        raise
                await asyncio.sleep(PAUSE)

    def _body(self, texts: list[str]) -> Wire:
        body: Wire = {"model": self.model, "input": texts, "encoding_format": self.encoding_format}
        if self.output_dimension is not None:
            body["output_dimension"] = self.output_dimension
        if self.output_dtype != "float":
            body["output_dtype"] = self.output_dtype
        if self.metadata is not None:
            body["metadata"] = self.metadata
        return body | self.model_kwargs

    def _counted(self, reply: ApiResponse) -> ApiResponse:
        self._used.add(tokens_of(reply))
        return reply

    def _whole(self, run: Run, gathered: Gathered) -> Matrix:
        if run.fatal is not None:
            known = {number for batch in run.failed for number in batch.indices}
            unread = tuple(number for number in gathered.missing if number not in known)
            run.failed += [FailedBatch(unread, run.fatal)] if unread else []
        self._raise(run.problem(gathered.part) if run.failed else None)
        if gathered.matrix is None:
            return np.empty((0, self.output_dimension or 0), dtype=DTYPES[self.output_dtype])
        return gathered.matrix

    @staticmethod
    def _raise(problem: ApiError | None) -> None:
        try:
            if problem is not None:
                raise problem
        finally:
            del problem  # else error and frame hold each other


async def _one_by_one(texts: Iterable[Numbered]) -> AsyncIterator[Numbered]:
    for text in texts:
        yield text


MistralAIEmbeddings = MistralEmbeddings
"""The name that users of langchain-mistralai know."""
