"""A writer that never stops of itself: adds, replaces, removes small documents, commits, compacts, opens again.

What the index must hold after step n follows from n alone. `python workload.py FOLDER` goes on behind the last step
that was committed, and prints the number of a step as soon as its commit returned.
"""

# ruff: noqa: S311, S610

import random
import sys
from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np

from mistral_rag.index import Identity, IndexWriter
from mistral_rag.schema import Chunk, Page, Source
from mistral_rag.testing import small_document

DIMENSION = 64
DOCUMENTS = 12
STEPS_PER_OPENING = 4
COMPACTED = 11
PURGED = 13


class Operation(NamedTuple):
    """Put a document with so many pages, or remove it (no pages)."""

    name: str
    pages: int
    version: int


def operations(step: int) -> list[Operation]:
    """The operations of step `step` between two commits."""
    choice = random.Random(step)
    return [
        Operation(f"d{choice.randrange(DOCUMENTS)}.txt", choice.choice((0, 1, 1, 2, 5)), step)
        for _ in range(choice.randint(1, 4))
    ]


def expected(step: int) -> dict[str, list[str]]:
    """The page texts of every document after `step` steps."""
    state: dict[str, list[str]] = {}
    for number in range(1, step + 1):
        for operation in operations(number):
            state.pop(operation.name, None)
            if operation.pages:
                state[operation.name] = [text(operation, page) for page in range(operation.pages)]
    return state


@lru_cache(1000)
def text(operation: Operation, page: int) -> str:
    """The text of one page: long enough that a document fills several pages of the database."""
    choice = random.Random(f"{operation} {page}")
    words = " ".join(choice.choice(("alpha", "beta", "gamma", "delta", "omega")) for _ in range(40))
    return f"{words} {''.join(choice.choices(ascii_lowercase, k=1500))}"


@lru_cache(1000)
def document(operation: Operation) -> tuple[Source, list[Page], list[Chunk], np.ndarray]:
    """The document of an operation, and its vectors."""
    texts = [text(operation, page) for page in range(operation.pages)]
    source, pages, chunks = small_document(operation.name, texts, root="file://", layout=True)
    vectors = np.random.default_rng(operation.version).standard_normal((len(chunks), DIMENSION))
    return source, pages, chunks, vectors


def work(folder: str) -> Iterator[int]:
    """Give the number of each step after its commit, for ever."""
    step = 0
    while True:
        with IndexWriter.open(folder, identity=Identity("test", DIMENSION)) as writer:
            with writer.view() as view:
                step = view.extra("step") or step
            for _ in range(STEPS_PER_OPENING):
                step += 1
                for operation in operations(step):
                    _apply(writer, operation)
                writer.set_extra("step", step)
                _commit(writer, step)
                yield step
            writer.refresh_caches()


def _commit(writer: IndexWriter, step: int) -> None:
    if step % COMPACTED == 0:
        writer.compact()
    elif step % PURGED == 0:
        writer.purge()
    else:
        writer.commit()


def _apply(writer: IndexWriter, operation: Operation) -> None:
    if not operation.pages:
        writer.remove(f"file:///{operation.name}")
        return
    source, pages, chunks, vectors = document(operation)
    keys = [f"{operation} {n}".encode() for n in range(len(chunks))]
    writer.keep_embeddings("test", keys, vectors)
    writer.put(source, pages, chunks, vectors)


if __name__ == "__main__":
    limit = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for done, number in zip(count(1), work(sys.argv[1]), strict=False):
        print(number, flush=True)  # noqa: T201
        if done == limit:
            break
