"""MistralEmbeddings: the platform's embedding models, in batches that it takes."""

import asyncio
import base64
import binascii
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from pydantic import AliasChoices, Field

from mistral_rag.api.connection import Connection
from mistral_rag.api.errors import BadRequestError, ResponseError, request_id
from mistral_rag.api.replies import Reply
from mistral_rag.messages.tokens import estimate, token_ids
from mistral_rag.messages.tools import Wire

Matrix = NDArray[Any]

PATH = "embeddings"
MOST_TEXTS = 256
MOST_TOKENS = 16_384
LONGEST_TEXT = 8_192
DTYPES = {"float": "<f4", "int8": "i1", "uint8": "u1", "binary": "i1", "ubinary": "u1"}


class MistralEmbeddings(Connection, Embeddings):
    """An embedding model of the Mistral platform.

    Texts go out in batches of at most 256 and about 16,384 tokens, several at once, equal texts only once; vectors
    come back as base64. A batch that the platform still finds too large is halved; a text longer than a model takes is
    embedded in pieces, whose mean it gets. `output_dimension` and
    `output_dtype` are for models that offer them (codestral-embed).
    """

    model: str = Field(default="mistral-embed", validation_alias=AliasChoices("model", "model_name"))
    output_dimension: int | None = Field(default=None, gt=0)
    output_dtype: Literal["float", "int8", "uint8", "binary", "ubinary"] = "float"
    max_concurrent_requests: int = Field(default=16, ge=1)
    model_kwargs: dict[str, Any] = Field(default_factory=dict)

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

    def embed_matrix(self, texts: Sequence[str]) -> Matrix:
        """One row for each text, in order: float32, or the integers that `output_dtype` asks for.

        Without texts, a matrix of no rows.
        """
        plan = _Plan.of(texts)
        batches = list(_batches(plan.pieces))
        if len(batches) < 2:
            parts = [self._embed(batch) for batch in batches]
        else:
            workers = min(self.max_concurrent_requests, len(batches))
            with ThreadPoolExecutor(workers, thread_name_prefix="mistral-embed") as pool:
                parts = _all_or_error(pool, [pool.submit(self._embed, batch) for batch in batches])
        return self._arranged(texts, plan, parts)

    async def aembed_matrix(self, texts: Sequence[str]) -> Matrix:
        """`embed_matrix` for coroutines."""
        plan = _Plan.of(texts)
        tasks = [asyncio.ensure_future(self._aembed(batch)) for batch in _batches(plan.pieces)]
        try:
            parts = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        return self._arranged(texts, plan, parts)

    def _embed(self, batch: list[str]) -> Matrix:
        try:
            return self._vectors(self.client.post(PATH, self._body(batch)), len(batch))
        except BadRequestError as error:
            if not _too_many(error, batch):
                raise
        half = len(batch) // 2
        return np.concatenate([self._embed(batch[:half]), self._embed(batch[half:])])

    async def _aembed(self, batch: list[str]) -> Matrix:
        try:
            return self._vectors(await self.client.apost(PATH, self._body(batch)), len(batch))
        except BadRequestError as error:
            if not _too_many(error, batch):
                raise
        half = len(batch) // 2
        return np.concatenate([await self._aembed(batch[:half]), await self._aembed(batch[half:])])

    def _body(self, batch: list[str]) -> Wire:
        body: Wire = {"model": self.model, "input": batch, "encoding_format": "base64"}
        if self.output_dimension is not None:
            body["output_dimension"] = self.output_dimension
        if self.output_dtype != "float":
            body["output_dtype"] = self.output_dtype
        return body | self.model_kwargs

    def _vectors(self, reply: Reply, expected: int) -> Matrix:
        """The vectors of one reply by their index, which need not be the order of the reply."""
        rows: list[Matrix | None] = [None] * expected
        for position, item in enumerate(reply.data.get("data") or ()):
            index = item.get("index", position)
            if not 0 <= index < expected or rows[index] is not None:
                raise _bad_reply(reply, f"a vector for text {index} of {expected}, or two of them")
            rows[index] = self._vector(reply, item.get("embedding"))
        present = [row for row in rows if row is not None]
        if len(present) != expected or len({row.shape for row in present}) != 1:
            raise _bad_reply(reply, f"{len(present)} vectors for {expected} texts, or of several lengths")
        return np.stack(present)

    def _vector(self, reply: Reply, embedding: Any) -> Matrix:
        kind = np.dtype(DTYPES[self.output_dtype])
        if isinstance(embedding, list):
            return np.asarray(embedding, dtype=kind)
        try:
            return np.frombuffer(base64.b64decode(embedding, validate=True), dtype=kind)
        except (TypeError, ValueError, binascii.Error):
            raise _bad_reply(reply, "a vector that is neither numbers nor base64") from None

    def _arranged(self, texts: Sequence[str], plan: "_Plan", parts: Sequence[Matrix]) -> Matrix:
        if not parts:
            return np.empty((0, self.output_dimension or 0), dtype=DTYPES[self.output_dtype])
        matrix = plan.whole(np.concatenate(parts))
        if len(plan.unique) == len(texts):
            return matrix
        row_of = {text: row for row, text in enumerate(plan.unique)}
        return matrix[[row_of[text] for text in texts]]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Each different text once, in pieces that a model takes; nearly always one piece a text."""

    unique: list[str]
    pieces: list[str]
    starts: list[int]

    @classmethod
    def of(cls, texts: Sequence[str]) -> "_Plan":
        unique = list(dict.fromkeys(texts))
        pieces: list[str] = []
        starts: list[int] = []
        for text in unique:
            starts.append(len(pieces))
            pieces += _pieces(text)
        return cls(unique, pieces, starts)

    def whole(self, matrix: Matrix) -> Matrix:
        """One row a text: the mean of its pieces by their length, made as long as a row of the model."""
        if len(self.pieces) == len(self.unique):
            return matrix
        weights = np.array([len(piece) for piece in self.pieces], dtype=np.float32)
        sums = np.add.reduceat(matrix * weights[:, None], self.starts, axis=0)
        lengths = np.linalg.norm(matrix[self.starts].astype(np.float32), axis=1, keepdims=True)
        rows = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12) * lengths
        several = np.diff([*self.starts, len(self.pieces)]) > 1
        return np.where(several[:, None], rows, matrix[self.starts]).astype(matrix.dtype)


def _pieces(text: str) -> list[str]:
    """The text, cut at blanks where it is longer than a model takes."""
    if estimate(text) <= LONGEST_TEXT or (tokens := len(token_ids(text))) <= LONGEST_TEXT:
        return [text]
    count = math.ceil(tokens / (0.9 * LONGEST_TEXT))
    pieces = []
    for number in range(count, 0, -1):
        wanted = len(text) // number
        blank = text.rfind(" ", wanted // 2, wanted) + 1
        cut = len(text) if number == 1 else blank or wanted
        pieces.append(text[:cut])
        text = text[cut:]
    return pieces


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    tokens = 0
    for text in texts:
        size = estimate(text)
        if batch and (len(batch) == MOST_TEXTS or tokens + size > MOST_TOKENS):
            yield batch
            batch, tokens = [], 0
        batch.append(text)
        tokens += size
    if batch:
        yield batch


def _too_many(error: BadRequestError, batch: list[str]) -> bool:
    """Whether the platform counted more tokens or texts than it takes, and the batch can be halved."""
    return len(batch) > 1 and (error.code == "3210" or "too many" in str(error).lower())


def _bad_reply(reply: Reply, what: str) -> ResponseError:
    return ResponseError(f"The platform's reply holds {what}.", request_id=request_id(reply.headers), body=reply.data)


def _all_or_error(pool: ThreadPoolExecutor, futures: Sequence[Any]) -> list[Matrix]:
    try:
        return [future.result() for future in futures]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


MistralAIEmbeddings = MistralEmbeddings
"""The name that users of langchain-mistralai know."""
