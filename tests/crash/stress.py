"""Asks one index from threads, tasks and forked children at once, while a writer commits and is killed.

    python stress.py --seconds 60

Each commit replaces all documents by the next edition of them, so an answer must hold every document once, all of one
edition. Prints one line of JSON: how much was asked, and everything that was wrong, failed or hung.
"""
# ruff: noqa: T201, S311, BLE001

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from mistral_rag import FaissStore, GroundedQA, HybridRetriever
from mistral_rag.errors import StoreError
from mistral_rag.index import IndexWriter, verify
from mistral_rag.testing import small_document, small_index

DOCUMENTS: Final = 12
CHILD_SECONDS: Final = 20.0
"""Time after which a child that has not answered is taken to hang."""
QUESTIONS: Final = ("What are the payment terms?", "Which edition is this?", "When does the warranty end?")
MAX_LISTED: Final = 10


class Directions(Embeddings):
    """Vectors of the letters of a text, so that all editions of a text have about the same."""

    model = "directions"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector a text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The letters' counts."""
        return [1.0 + text.lower().count(letter) for letter in "abcdefghijklmnop"]


def texts(edition: int) -> list[str]:
    """The documents of an edition."""
    return [
        f"Edition {edition}, part {part}: the payment terms are {part} days, and the warranty ends in {2030 + part}."
        for part in range(DOCUMENTS)
    ]


def problem(found: Iterable[str], count: int = DOCUMENTS) -> str | None:
    """What is wrong with the texts of an answer; None when they are `count` of one edition."""
    found = list(found)
    editions = {int(number) for text in found for number in re.findall(r"Edition (\d+)", text)}
    if len(editions) != 1:
        return f"editions {sorted(editions)} in one answer"
    if len(found) != count or not set(found) <= set(texts(editions.pop())):
        return f"{len(found)} texts, {len(set(found))} of them different"
    return None


def of_documents(documents: list[Document], question: str) -> str | None:
    """What is wrong with documents that were found."""
    return problem(document.page_content for document in documents)


class Subject:
    """What is asked: a retriever, a chain and a store of one index, and a store that is also written to."""

    def __init__(self, index: Path, written: Path) -> None:
        embeddings = Directions()
        self.retriever = HybridRetriever.from_index(index, embeddings=embeddings, k=DOCUMENTS)
        self.chain = GroundedQA(retriever=self.retriever)
        self.store = FaissStore(embeddings, index)
        self.written = FaissStore(embeddings, written)

    def search(self, question: str) -> str | None:
        """Ask the retriever."""
        return problem(hit.chunk.text for hit in self.retriever.search(question))

    def invoke(self, question: str) -> str | None:
        """Ask the retriever as LangChain does."""
        return problem(document.page_content for document in self.retriever.invoke(question))

    def answer(self, question: str) -> str | None:
        """Ask the chain."""
        answer = self.chain.invoke(question)
        unverified = [citation.quote for citation in answer.citations if not citation.verified]
        if unverified:
            return f"not verified: {unverified}"
        return problem(document.page_content for document in answer.documents)

    def similar(self, question: str) -> str | None:
        """Ask the store."""
        return problem(document.page_content for document in self.store.similarity_search(question, DOCUMENTS))

    def similar_written(self, question: str) -> str | None:
        """Ask the store that is written to."""
        return problem(document.page_content for document in self.written.similarity_search(question, DOCUMENTS))

    def different(self, question: str) -> str | None:
        """Ask the store for variety."""
        return problem((one.page_content for one in self.store.max_marginal_relevance_search(question, 4)), 4)

    @property
    def ways(self) -> list[Callable[[str], str | None]]:
        """All ways to ask."""
        return [self.search, self.invoke, self.answer, self.similar, self.similar_written, self.different]


def name_of(way: Callable[[str], str | None]) -> str:
    """The name of a way to ask."""
    return getattr(way, "__name__", "task")


class Record:
    """What was counted and what went wrong."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.errors: list[str] = []
        self._lock = threading.Lock()

    def ask(self, way: Callable[[str], str | None], question: str) -> None:
        """Ask, and record what came of it."""
        try:
            said = way(question)
        except Exception as error:
            self.note(self.errors, f"{name_of(way)}: {type(error).__name__}: {error}")
            return
        self.count("asks")
        if said is not None:
            self.note(self.wrong, f"{name_of(way)}: {said}")

    def count(self, name: str) -> None:
        """Count one."""
        with self._lock:
            self.counts[name] += 1

    def note(self, lines: list[str], line: str) -> None:
        """Keep a line."""
        with self._lock:
            lines.append(line)


def ask_in_threads(subject: Subject, record: Record, stop: threading.Event, seed: int) -> None:
    """Ask until it is time to stop."""
    choice = random.Random(seed)
    while not stop.is_set():
        record.ask(choice.choice(subject.ways), choice.choice(QUESTIONS))


def ask_in_tasks(subject: Subject, record: Record, stop: threading.Event, tasks: int) -> None:
    """Ask in tasks of an event loop of this thread until it is time to stop."""

    async def ask(seed: int) -> None:
        choice = random.Random(seed)
        while not stop.is_set():
            found = await subject.retriever.ainvoke(choice.choice(QUESTIONS))
            more = await subject.store.asimilarity_search(choice.choice(QUESTIONS), DOCUMENTS)
            for documents in (found, more):
                record.ask(partial(of_documents, documents), "")

    async def every() -> None:
        for task in [asyncio.create_task(ask(seed)) for seed in range(tasks)]:
            try:
                await task
            except Exception as error:
                record.note(record.errors, f"task: {type(error).__name__}: {error}")

    asyncio.run(every())


def write_to_store(subject: Subject, record: Record, stop: threading.Event) -> None:
    """Replace all texts of a store again and again."""
    edition = 1
    while not stop.is_set():
        edition += 1
        try:
            subject.written.add_texts(texts(edition), ids=[str(part) for part in range(DOCUMENTS)])
        except Exception as error:
            record.note(record.errors, f"add_texts: {type(error).__name__}: {error}")
        record.count("commits")
        stop.wait(0.05)


def write(folder: Path) -> None:
    """Replace all documents of an index again and again, until this process is killed."""
    embeddings = Directions()
    while True:
        with IndexWriter.open(folder, wait=60) as writer:
            for _ in range(20):
                edition = next_of(writer)
                for part, text in enumerate(texts(edition)):
                    source, pages, chunks = small_document(f"part {part}", [text])
                    writer.put(source, pages, chunks, np.array([embeddings.embed_query(text)], np.float32))
                writer.set_extra("edition", edition)
                writer.commit()
                time.sleep(0.02)


def next_of(writer: IndexWriter) -> int:
    """The number of the edition to write."""
    with writer.view() as view:
        return int(view.extra("edition") or 1) + 1  # noqa: S610


def child_status(subject: Subject) -> int:
    """Ask in a forked child: 0 right, 3 wrong, 4 refused by name, 5 another error."""
    record, refusals = Record(), 0
    for way in subject.ways:
        try:
            said = way(QUESTIONS[0])
        except StoreError as error:
            if "forked while" not in str(error):
                print(f"child: {error}", file=sys.stderr)
                return 5
            refusals += 1
            continue
        except Exception as error:
            print(f"child: {way.__name__}: {type(error).__name__}: {error}", file=sys.stderr)
            return 5
        if said is not None:
            print(f"child: {way.__name__}: {said}", file=sys.stderr)
            return 3
    if refusals:
        return 4
    stop = threading.Event()
    threads = [threading.Thread(target=ask_in_threads, args=(subject, record, stop, seed)) for seed in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    print(*record.errors, *record.wrong, sep="\n", end="", file=sys.stderr)
    return 5 if record.errors else 3 if record.wrong else 0


def fork_once(subject: Subject, record: Record, choice: random.Random) -> None:
    """Fork a child that asks; wait for what it found, or kill it on its way."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os._exit(child_status(subject))
        os._exit(5)
    record.count("forks")
    killed = choice.random() < 0.2
    if killed:
        time.sleep(choice.uniform(0, 0.2))
        os.kill(child, signal.SIGKILL)
    deadline = time.monotonic() + CHILD_SECONDS
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            record.count("hangs")
            return
        time.sleep(0.01)
    if killed:
        record.count("killed")
        return
    status = os.waitstatus_to_exitcode(ended[1])
    record.count({0: "right children", 4: "refused children"}.get(status, "bad children"))
    if status not in {0, 4}:
        record.note(record.wrong if status == 3 else record.errors, f"a child ended with {status}")


def run(place: Path, seconds: float, *, threads: int, tasks: int, seed: int) -> Record:
    """Ask for so long; gives what was found."""
    choice, record, stop = random.Random(seed), Record(), threading.Event()
    documents = [small_document(f"part {part}", [text]) for part, text in enumerate(texts(1))]
    index = small_index(place / "index", documents, embeddings=Directions())
    subject = Subject(index, place / "written")
    subject.written.add_texts(texts(1), ids=[str(part) for part in range(DOCUMENTS)])
    workers = [
        *(threading.Thread(target=ask_in_threads, args=(subject, record, stop, number)) for number in range(threads)),
        threading.Thread(target=ask_in_tasks, args=(subject, record, stop, tasks)),
        threading.Thread(target=write_to_store, args=(subject, record, stop)),
    ]
    command = [sys.executable, __file__, "--write", str(index)]
    writer = subprocess.Popen(command)
    for worker in workers:
        worker.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        fork_once(subject, record, choice)
        if writer.poll() is not None or choice.random() < 0.1:
            writer.kill()
            writer.wait()
            record.count("killed writers")
            writer = subprocess.Popen(command)
    stop.set()
    for worker in workers:
        worker.join(CHILD_SECONDS)
        if worker.is_alive():
            record.count("hangs")
    writer.kill()
    writer.wait()
    record.errors += [str(problem) for folder in (index, place / "written") for problem in verify(folder)]
    return record


def main() -> int:
    """Ask for a while; the exit code says whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write is not None:
        write(arguments.write)
    with tempfile.TemporaryDirectory() as place:
        record = run(
            Path(place), arguments.seconds, threads=arguments.threads, tasks=arguments.tasks, seed=arguments.seed
        )
    counts = record.counts
    result = {
        **{name.replace(" ", "_"): counts[name] for name in sorted(counts)},
        "wrong": len(record.wrong),
        "errors": len(record.errors),
        "hangs": counts["hangs"],
        "listed": (record.wrong + record.errors)[:MAX_LISTED],
    }
    print(json.dumps(result))
    sys.stdout.flush()
    # a thread that hangs would keep the process
    os._exit(1 if record.wrong or record.errors or counts["hangs"] else 0)


if __name__ == "__main__":
    sys.exit(main())
