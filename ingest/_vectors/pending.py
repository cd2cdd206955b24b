"""Vectors for passages that are in the index without: taken up from there, kept as they come, none made twice.

What is still to be embedded is not held in memory but asked of the index, so that any number of pages can wait, and the
next build goes on where a broken one ended.
"""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from ingest._planning.budget import Budget
from ingest._report import VectorsAdded
from ingest._vectors.batch_jobs import KEPT_AFTER, BatchJobs
from ingest._vectors.embedding import Embedder, keyed_text
from mistral_rag import errors
from mistral_rag.embeddings import count_tokens
from mistral_rag.index import IndexWriter
from mistral_rag.usage import LedgerFile, index_ledger, recording

ROUND: Final = 4096
"""Passages that are taken up at once: about 4 MB of text, and enough for a hundred requests."""
SLICE: Final = 256
"""Passages whose pages are in memory together."""
MIN_ROUND: Final = 512
"""Passages that a round waits for while files are being read, to be sent in full requests."""
ROUND_SECONDS: Final = 0.5
"""Time after which a round waits for no more of them."""

MAX_PUT_OFF: Final = 32_768
"""Passages of one order by batch jobs: 20 MB of text, and 128 MB of vectors that come at once."""

Batch = tuple[list[bytes], npt.NDArray[np.float32]]


@dataclass(slots=True)
class _Round:
    """Texts that are being embedded, by their keys, and the rows that each is for."""

    texts: dict[bytes, str] = field(default_factory=dict)
    rows: dict[bytes, list[int]] = field(default_factory=dict)


class _Requests:
    """A thread that has texts embedded while others work; what it got comes out of `results`, None at the end."""

    def __init__(self, embedder: Embedder, asked: _Round, ledger: LedgerFile) -> None:
        self.asked = asked
        self._ledger = ledger
        self.results: queue.SimpleQueue[Batch | Exception | None] = queue.SimpleQueue()
        self._embedder = embedder
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=copy_context().run, args=(self._run,), daemon=True)
        self._thread.start()

    def _run(self) -> None:
        keys = list(self.asked.texts)
        try:
            texts = list(self.asked.texts.values())
            with recording(self._ledger), closing(self._embedder.batches(texts)) as batches:
                for positions, matrix in batches:
                    self.results.put(([keys[position] for position in positions], matrix))
                    if self._stopped.is_set():
                        break
            self.results.put(None)
        except Exception as error:  # noqa: BLE001  the edge of a thread
            self.results.put(error)

    def stop(self) -> None:
        """Send nothing more, and wait for what is under way."""
        self._stopped.set()
        self._thread.join()


class PendingVectors:
    """Gives the passages of an index the vectors that they lack; a context manager.

    `stopped` is the reason why some are left without: the platform's, or that of the price limit. Each passage is tried
    once. With `put_off` they come by batch jobs, when all that is to be embedded is there.
    """

    def __init__(self, embedder: Embedder, writer: IndexWriter, budget: Budget, *, put_off: bool = False) -> None:
        self.embedder = embedder
        self.writer = writer
        self.budget = budget
        self.added = 0
        self._after = 0
        self._requests: _Requests | None = None
        self._jobs = BatchJobs(writer, embedder.name) if put_off and embedder.can_be_put_off else None
        self._begun = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep what has come, also when the build is broken off: it is paid for."""
        if self._requests is not None:
            self._requests.stop()
            try:
                for _ in self._taken(wait=False):
                    pass
            finally:
                self._requests = None

    @property
    def left(self) -> int:
        """The number of passages that have no vector."""
        with self.writer.view() as view:
            return len(view.pending())

    def advance(self) -> Iterator[VectorsAdded]:
        """Take in what has come, and ask for more; to be called often while files are being read."""
        if self.embedder.model is None or self.embedder.own or self._jobs is not None:
            return
        if self._requests is not None:
            yield from self._taken(wait=False)
        if self._requests is None:
            self._begin(at_least=MIN_ROUND if time.monotonic() - self._begun < ROUND_SECONDS else 1)

    def finish(self) -> Iterator[VectorsAdded]:
        """Embed all that is left."""
        if self.embedder.model is None:
            return
        while True:
            if self._requests is not None:
                yield from self._taken(wait=True)
            elif self.embedder.own or self._jobs is not None:
                asked = self._next(at_least=1)
                if asked is None:
                    return
                yield from self._computed(asked) if self._jobs is None else self._ordered(asked, self._jobs)
            else:
                self._begin(at_least=1)
                if self._requests is None:
                    return

    def _begin(self, *, at_least: int) -> None:
        asked = self._next(at_least=at_least)
        if asked is not None:
            self._begun = time.monotonic()
            self._requests = _Requests(self.embedder, asked, index_ledger(self.writer.folder))

    def _next(self, *, at_least: int) -> _Round | None:
        """The next texts that no kept vector is for; None when there are none, or not enough yet."""
        while self.embedder.platform.lasting is None and not self.budget.spent:
            with self.writer.view() as view:
                rows = view.pending(self._after, ROUND if self._jobs is None else MAX_PUT_OFF)
            if len(rows) < at_least:
                return None
            if self._jobs is not None:
                rows = self._jobs.cut(rows)
            found = _Round()
            for at in range(0, len(rows), SLICE):
                self._add_texts(found, rows[at : at + SLICE])
            self._after = rows[-1]
            self._give_kept(found)
            self._cut_to_budget(found)
            if found.texts:
                return found
        return None

    def _add_texts(self, found: _Round, rows: list[int]) -> None:
        # a view keeps the pages that it has read, so each gets a few
        with self.writer.view() as view:
            for one in view.chunks(rows, layouts=True):
                key, text = keyed_text(one.chunk, one.source, one.whole_page)
                found.texts[key] = text
                found.rows.setdefault(key, []).append(one.row)

    def _give_kept(self, found: _Round) -> None:
        """Give passages the vectors that were made of the same texts before, and take these out of the round."""
        kept = self.writer.cached_embeddings(self.embedder.name, list(found.texts))
        if kept:
            self._give(found, list(kept), np.stack(list(kept.values())))
            for key in kept:
                del found.texts[key]

    def _cut_to_budget(self, found: _Round) -> None:
        if self.budget.limit is None:
            return
        for key, text in list(found.texts.items()):
            if not self.budget.takes_tokens(self.embedder.name, count_tokens(text)):
                del found.texts[key]

    def _computed(self, asked: _Round) -> Iterator[VectorsAdded]:
        keys = list(asked.texts)
        try:
            for positions, matrix in self.embedder.batches(list(asked.texts.values())):
                yield self._kept(asked, [keys[position] for position in positions], matrix)
        except errors.ApiError as error:
            self.embedder.platform.note(error)

    def _ordered(self, asked: _Round, jobs: BatchJobs) -> Iterator[VectorsAdded]:
        """Have a round embedded by batch jobs, or take up those of a build that was broken off."""
        keys, texts = list(asked.texts), list(asked.texts.values())
        jobs.begin(self._after)
        try:
            with recording(index_ledger(self.writer.folder)):
                matrix = self.embedder.put_off(texts, jobs.folder)
        except errors.ApiError as error:
            self.embedder.platform.note(error)
            if isinstance(error, KEPT_AFTER):
                return
            done = getattr(getattr(error, "partial", None), "embedded", None)
            if done is not None and len(done.indices):
                yield self._kept(asked, [keys[index] for index in done.indices], done.matrix)
        else:
            yield self._kept(asked, keys, matrix)
        jobs.end()

    def _taken(self, *, wait: bool) -> Iterator[VectorsAdded]:
        """Take in the batches that have come; with `wait` until the round ends."""
        requests = self._requests
        while requests is not None and (wait or not requests.results.empty()):
            result = requests.results.get()
            if isinstance(result, tuple):
                yield self._kept(requests.asked, *result)
                continue
            self._requests = requests = None
            if isinstance(result, errors.ApiError):
                self.embedder.platform.note(result)
            elif result is not None:
                raise result

    def _kept(self, asked: _Round, keys: list[bytes], matrix: npt.NDArray[np.float32]) -> VectorsAdded:
        self.writer.keep_embeddings(self.embedder.name, keys, matrix)
        self.embedder.fresh += len(keys)
        self._give(asked, keys, matrix)
        return VectorsAdded(self.added)

    def _give(self, asked: _Round, keys: list[bytes], matrix: npt.NDArray[np.float32]) -> None:
        places = [(row, at) for at, key in enumerate(keys) for row in asked.rows[key]]
        self.writer.add_vectors([row for row, _ in places], matrix[[at for _, at in places]])
        self.writer.commit()
        self.added += len(places)
