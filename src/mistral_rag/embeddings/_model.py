"""MistralEmbeddings: the embedding model for LangChain and for numpy."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from contextlib import aclosing, closing
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from langchain_core.embeddings import Embeddings
from pydantic import AliasChoices, Field, PrivateAttr

from mistral_rag.api._concurrency import in_tasks, in_threads
from mistral_rag.api._connection import Connection
from mistral_rag.api._errors import ApiError, RateLimitError
from mistral_rag.api._responses import ApiResponse
from mistral_rag.batch._overnight import through_batches
from mistral_rag.embeddings._batches import TextBatch
from mistral_rag.embeddings._requests import RequestPlanner, TooLong, overflow_error
from mistral_rag.embeddings._results import (
    DistinctVectors,
    EmbeddedBatch,
    FailedBatch,
    Matrix,
    MatrixBuilder,
    Usage,
    UsageCounter,
)
from mistral_rag.embeddings._run import EmbeddingRun, IndexedText, Outcomes, aindexed, grouped, indexed
from mistral_rag.embeddings._tokens import too_long
from mistral_rag.embeddings._vectors import DTYPES, Dtype, tokens_of

PATH = "embeddings"
DIMENSIONS = MappingProxyType({"mistral-embed": 1024, "codestral-embed": 1536})
"""Length of the vectors of each family of models, by https://docs.mistral.ai/capabilities/embeddings/."""
PAUSE = 0.5
"""Seconds between two attempts of a request that waits for a rate limit: twice a second, the platform's smallest limit
being one request a second."""

Wire = dict[str, Any]


class MistralEmbeddings(Connection, Embeddings):
    """An embedding model of the Mistral platform.

    Texts are sent in batches of at most 256 texts and 16,384 tokens, `max_concurrent_requests` at once, duplicates
    once; vectors are received as base64 and ordered by their index. A batch that the platform still refuses as too
    large is halved. A text with more tokens than a model takes (8,192) is embedded in pieces, and its vector is their
    mean, weighted by tokens; `on_too_long` "truncate" embeds only its beginning, "error" refuses it. An empty or blank
    text is sent as a full stop.

    `embed_documents` and `embed_query` are LangChain's; `embed_matrix` returns numpy; `embed_batches` is for more texts
    than memory holds. Each has an async twin. When a batch fails the others are still embedded; then the first error is
    raised, with a `PartialEmbeddings` in its `partial`: the indices of the texts without a vector, and the vectors of
    the others. An error that every batch would meet (a wrong key, no network) ends the run.

    `output_dimension` and `output_dtype` are for models that offer them (codestral-embed). "binary" and "ubinary" hold
    eight dimensions in a number; `unpacked` unpacks them.
    """

    model: str = Field(default="mistral-embed", validation_alias=AliasChoices("model", "model_name"))
    output_dimension: int | None = Field(default=None, gt=0)
    output_dtype: Dtype = "float"
    encoding_format: Literal["base64", "float"] = "base64"
    on_too_long: TooLong = "split"
    metadata: dict[str, Any] | None = Field(default=None, validation_alias=AliasChoices("metadata", "request_metadata"))
    max_concurrent_requests: int = Field(default=16, ge=1)
    model_kwargs: dict[str, Any] = Field(default_factory=dict)

    _usage: UsageCounter = PrivateAttr(default_factory=UsageCounter)

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
        """Embed texts into a matrix of shape (texts, dimensions), in order.

        float32, or the integers of `output_dtype`. No texts give a matrix without rows.
        """
        run, distinct = self._new_run(), self._distinct(texts)
        builder = MatrixBuilder(sum(len(indices) for _, indices in distinct))
        with closing(self._vectors(run, distinct)) as batches:
            for vectors in batches:
                builder.add(vectors)
        return self._finish(run, builder)

    async def aembed_matrix(self, texts: Iterable[str]) -> Matrix:
        """`embed_matrix` for coroutines."""
        run, distinct = self._new_run(), self._distinct(texts)
        builder = MatrixBuilder(sum(len(indices) for _, indices in distinct))
        async with aclosing(self._avectors(run, _aiter(distinct))) as batches:
            async for vectors in batches:
                builder.add(vectors)
        return self._finish(run, builder)

    def embed_batches(self, texts: Iterable[str]) -> Iterator[EmbeddedBatch]:
        """Embed any number of texts; yields batches as they are completed, not in the order of the texts.

        Texts are read lazily, at most twice as many batches ahead as requests run at once; duplicates within a batch
        are sent once. When iteration stops, no more texts are read or sent. The error of failed batches is raised at
        the end.
        """
        run = self._new_run()
        with closing(self._vectors(run, indexed(texts))) as batches:
            for vectors in batches:
                yield vectors.expanded()
        self._raise(run.error())

    async def aembed_batches(self, texts: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[EmbeddedBatch]:
        """`embed_batches` for coroutines; the texts may be an asynchronous iterable."""
        run = self._new_run()
        async with aclosing(self._avectors(run, aindexed(texts))) as batches:
            async for vectors in batches:
                yield vectors.expanded()
        self._raise(run.error())

    def batch_documents(
        self, texts: Iterable[str], *, folder: str | Path | None = None, first_poll: float = 5.0
    ) -> list[list[float]]:
        """`embed_documents` through batch jobs: for half the price, within a day.

        `folder` keeps the ids of jobs; called again with the same texts, after a crash, it goes on. The jobs are
        looked at after `first_poll` seconds, then less and less often. Errors are those of `embed_documents`.
        """
        vectors: list[list[float]] = self.batch_matrix(texts, folder=folder, first_poll=first_poll).tolist()
        return vectors

    def batch_matrix(
        self, texts: Iterable[str], *, folder: str | Path | None = None, first_poll: float = 5.0
    ) -> Matrix:
        """`embed_matrix` through batch jobs, as `batch_documents`."""
        # in one thread: others would not know that their requests are to be put off
        alone = self.model_copy(update={"max_concurrent_requests": 1, "max_retries": 0})
        kept = list(texts)
        return through_batches(lambda: alone.embed_matrix(kept), folder=folder, first_poll=first_poll)

    @property
    def dimension(self) -> int | None:
        """Length of a vector as it is set or documented; None for a model that is not known here. Asks nobody."""
        family = next((name for name in DIMENSIONS if self.model == name or self.model.startswith(f"{name}-")), "")
        return self.output_dimension or DIMENSIONS.get(family)

    @property
    def usage(self) -> Usage:
        """Requests and tokens of this object so far."""
        return self._usage.total

    def _new_run(self) -> EmbeddingRun:
        packing = 8 if self.output_dtype in ("binary", "ubinary") else 1  # dimensions in a number
        return EmbeddingRun(width=None if self.output_dimension is None else self.output_dimension // packing)

    def _distinct(self, texts: Iterable[str]) -> list[IndexedText]:
        """Each distinct text once; under `on_too_long` "error" a long one is refused before anything is sent."""
        distinct = grouped(texts)
        if self.on_too_long == "error":
            for text, indices in distinct:
                if too_long(text):
                    raise overflow_error(text, indices[0])
        return distinct

    def _vectors(self, run: EmbeddingRun, texts: Iterable[IndexedText]) -> Generator[DistinctVectors]:
        workers = self.max_concurrent_requests
        calls = in_threads(partial(self._embed, run), run.batches(texts), workers=workers, ahead=workers)
        try:
            with closing(calls):
                for outcomes in calls:
                    yield from run.accept(outcomes)
        except BaseException:
            run.fatal = ApiError("Nobody waits for the vectors any more.")  # stops the threads that are still working
            raise

    async def _avectors(self, run: EmbeddingRun, texts: AsyncIterable[IndexedText]) -> AsyncGenerator[DistinctVectors]:
        calls = in_tasks(partial(self._aembed, run), run.abatches(texts), workers=self.max_concurrent_requests)
        async with aclosing(calls):
            async for outcomes in calls:
                for vectors in run.accept(outcomes):
                    yield vectors

    def _embed(self, run: EmbeddingRun, batch: TextBatch) -> Outcomes:
        """Embed a batch, with as many requests as it needs, one after another."""
        if (skipped := run.skipped(batch)) is not None:
            return skipped
        requests = RequestPlanner(self.output_dtype, self.on_too_long).requests(batch)
        try:
            texts = next(requests)
            while True:
                try:
                    response = self._post(run, self._body(texts))
                except ApiError as error:
                    texts = requests.throw(run.learn_limit(error, len(texts)))
                else:
                    texts = requests.send(self._count(response))
        except StopIteration as done:
            return run.recorded(done.value)

    async def _aembed(self, run: EmbeddingRun, batch: TextBatch) -> Outcomes:
        """`_embed` for coroutines."""
        if (skipped := run.skipped(batch)) is not None:
            return skipped
        requests = RequestPlanner(self.output_dtype, self.on_too_long).requests(batch)
        try:
            texts = next(requests)
            while True:
                try:
                    response = await self._apost(run, self._body(texts))
                except ApiError as error:
                    texts = requests.throw(run.learn_limit(error, len(texts)))
                else:
                    texts = requests.send(self._count(response))
        except StopIteration as done:
            return run.recorded(done.value)

    def _post(self, run: EmbeddingRun, body: Wire) -> ApiResponse:
        """Send one request.

        After a rate limit that outlasts the retries it waits its turn in a queue, for at most `max_elapsed` seconds.
        """
        try:
            return self.client.post(PATH, body, expects="data")
        except RateLimitError:
            if not self.max_retries:
                raise
        with run.queue:
            deadline = time.monotonic() + self.max_elapsed
            while True:
                run.raise_if_fatal()
                try:
                    return self.client.post(PATH, body, expects="data")
                except RateLimitError:
                    if time.monotonic() > deadline:
                        raise
                time.sleep(PAUSE)

    async def _apost(self, run: EmbeddingRun, body: Wire) -> ApiResponse:
        """`_post` for coroutines."""
        try:
            return await self.client.apost(PATH, body, expects="data")
        except RateLimitError:
            if not self.max_retries:
                raise
        async with run.aqueue:
            deadline = time.monotonic() + self.max_elapsed
            while True:
                run.raise_if_fatal()
                try:
                    return await self.client.apost(PATH, body, expects="data")
                except RateLimitError:
                    if time.monotonic() > deadline:
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

    def _count(self, response: ApiResponse) -> ApiResponse:
        self._usage.add(tokens_of(response))
        return response

    def _finish(self, run: EmbeddingRun, builder: MatrixBuilder) -> Matrix:
        if run.fatal is not None:
            failed = {index for batch in run.failed for index in batch.indices}
            unsent = tuple(index for index in builder.missing if index not in failed)
            run.failed += [FailedBatch(unsent, run.fatal)] if unsent else []
        self._raise(run.error(builder.partial) if run.failed else None)
        if builder.matrix is None:
            return np.empty((0, self.output_dimension or 0), dtype=DTYPES[self.output_dtype])
        return builder.matrix

    @staticmethod
    def _raise(error: ApiError | None) -> None:
        try:
            if error is not None:
                raise error
        finally:
            del error  # else error and frame hold each other


async def _aiter(texts: Iterable[IndexedText]) -> AsyncIterator[IndexedText]:
    for text in texts:
        yield text


MistralAIEmbeddings = MistralEmbeddings
"""The class's name in langchain-mistralai."""
