"""Other stores on the same vectors and texts: run by `benchmarks.store` in an environment of their own."""

import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

ROUNDS = 3
BUDGET = 20_000
"""Milliseconds of CPU time for one figure: who takes longer is asked fewer questions."""

PER_SOURCE = 100
SHARES = {"1 %": ("hundredth", 100), ".1 %": ("thousandth", 1000)}


def timed(work: Callable[[], Any]) -> float:
    before = time.process_time_ns()
    work()
    return (time.process_time_ns() - before) / 1e6


def asked_all(search: Callable[[Any], Any], every: Sequence[Any]) -> float:
    search(every[0])
    every = every[: max(20, int(BUDGET / ROUNDS / timed(partial(search, every[0]))))]
    rounds = [sorted(timed(partial(search, one)) for one in every) for _ in range(ROUNDS)]
    return min(round(times[len(times) // 2], 3) for times in rounds)


def recall(found: Sequence[Sequence[int]], truth: np.ndarray) -> float:
    return round(
        float(np.mean([len(set(own) & set(true.tolist())) / 10 for own, true in zip(found, truth, strict=True)])), 4
    )


def measured(folder: Path, search: Callable[..., list[int]], asked: Any) -> dict[str, Any]:
    truth = np.load(folder / "truth.npz")
    result = {"dense_ms": asked_all(partial(search, wanted=None), asked)}
    few = asked[:50]
    result["dense_recall"] = recall([search(vector, None) for vector in few], truth["all"][:50])
    for name, (field, _) in SHARES.items():
        result[f"dense {name}_ms"] = asked_all(partial(search, wanted={field: 3}), few)
        result[f"dense {name} recall"] = recall([search(vector, {field: 3}) for vector in few], truth[name][:50])
    return result


def facts(number: int) -> dict[str, int]:
    return {name: number // PER_SOURCE % share for name, share in SHARES.values()}


def langchain(folder: Path, texts: list[str], vectors: np.ndarray, asked: np.ndarray) -> dict[str, Any]:
    import faiss
    from langchain_core.documents import Document

    stores = import_module("langchain_community.vectorstores")
    docstore = import_module("langchain_community.docstore.in_memory")
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(vectors)
    documents = {str(i): Document(page_content=t, metadata={"i": i, **facts(i)}) for i, t in enumerate(texts)}
    store = stores.FAISS(
        lambda text: [], index, docstore.InMemoryDocstore(documents), {i: str(i) for i in range(len(texts))}
    )

    def search(vector: list[float], wanted: dict[str, int] | None) -> list[int]:
        return [d.metadata["i"] for d in store.similarity_search_by_vector(vector, k=10, filter=wanted)]

    return measured(folder, search, asked.tolist())


def chroma(folder: Path, texts: list[str], vectors: np.ndarray, asked: np.ndarray) -> dict[str, Any]:
    chromadb = import_module("chromadb")
    shutil.rmtree(folder / "chroma", ignore_errors=True)
    settings = chromadb.Settings(anonymized_telemetry=False)
    client = chromadb.PersistentClient(str(folder / "chroma"), settings=settings)
    collection = client.create_collection("chunks", metadata={"hnsw:space": "cosine"}, embedding_function=None)
    start = time.process_time()
    for at in range(0, len(texts), 5000):
        own = range(at, min(at + 5000, len(texts)))
        ids, kept = [str(i) for i in own], [facts(i) for i in own]
        collection.add(ids, embeddings=vectors[at : at + 5000], metadatas=kept, documents=texts[at : at + 5000])
    build = round(time.process_time() - start)

    def search(vector: Any, wanted: dict[str, int] | None) -> list[int]:
        return [int(i) for i in collection.query([vector], n_results=10, where=wanted)["ids"][0]]

    return {**measured(folder, search, list(asked)), "build_s": build}


def lancedb(folder: Path, texts: list[str], vectors: np.ndarray, asked: np.ndarray) -> dict[str, Any]:
    lance, pa = import_module("lancedb"), import_module("pyarrow")
    shutil.rmtree(folder / "lance", ignore_errors=True)
    database = lance.connect(folder / "lance")
    start = time.process_time()
    width = vectors.shape[1]
    table = database.create_table("t", pa.table({
        "i": range(len(texts)), "text": texts,
        **{name: [facts(i)[name] for i in range(len(texts))] for name, _ in SHARES.values()},
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), width),
    }))  # fmt: skip
    build = round(time.process_time() - start)

    def search(vector: Any, wanted: dict[str, int] | None) -> list[int]:
        query = table.search(vector).distance_type("cosine").limit(10)
        if wanted:
            ((name, value),) = wanted.items()
            query = query.where(f"{name} = {value}", prefilter=True)
        found: list[int] = query.to_arrow()["i"].to_pylist()
        return found

    return {**measured(folder, search, list(asked)), "build_s": build}


def bm25s(folder: Path, texts: list[str], vectors: np.ndarray, asked: np.ndarray) -> dict[str, Any]:
    peer = import_module("bm25s")
    stemmer = import_module("Stemmer").Stemmer("english")
    start = time.process_time()
    model = peer.BM25()
    model.index(peer.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
    build = round(time.process_time() - start, 1)

    def search(question: str) -> Any:
        asked = peer.tokenize(question, stopwords="en", stemmer=stemmer, show_progress=False)
        return model.retrieve(asked, k=10, show_progress=False, n_threads=1)

    questions = json.loads((folder / "questions.json").read_text())
    result = {"lexical_ms": asked_all(search, questions), "build_s": build}
    model.backend = "numba"
    try:
        return {**result, "lexical_numba_ms": asked_all(search, questions)}
    except ImportError:
        return result


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    with (folder / "texts.jsonl").open() as lines:
        texts = [json.loads(line) for line in lines]
    vectors = np.load(folder / "vectors.npy").astype(np.float32) if name != "bm25s" else np.empty((0, 0))
    print(json.dumps(globals()[name](folder, texts, vectors, np.load(folder / "asked.npy"))))


if __name__ == "__main__":
    main()
