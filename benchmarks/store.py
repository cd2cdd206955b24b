"""The index beside other stores on one core: search, filters, commits, memory, at sizes up to a million chunks.

    python -m benchmarks.store --folder DIR [--size 100000] [--texts INDEX] [--vectors clustered | real]
        [--questions FILE] [--peers-python PATH] [--steps make,ours,peers]

`make` builds an index of `--size` chunks below DIR and keeps what it was made of beside it. Texts are the pages of
the index `--texts`, cut into passages of 1,000 characters, then of 900, 800, … until there are enough: so no passage
comes twice, but what it says does. Vectors are random (1,024 dimensions, clusters of about 100, each point .7 of the
centres' spread away from its centre) or those of the index `--texts`, repeated with noise of a quarter of their
length. 200 vectors more are the questions; what is nearest to them is found by brute force.

Everything runs in one thread; figures are medians of CPU time a question in ms, the best of three rounds, so that a
busy machine changes them little. Peers run in the environment of `--peers-python`, which needs langchain-community,
faiss-cpu, chromadb, lancedb, bm25s and PyStemmer. Recall is of the true nearest 10.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from langchain_core.embeddings import Embeddings

from benchmarks._store_data import (
    PER_PAGE,
    PER_SOURCE,
    QUESTIONS,
    SHARES,
    Made,
    clustered,
    nearest,
    passages,
    questions,
    repeated,
    sources,
)
from mistral_rag.index import Identity, IndexWriter, UnrestrictedReader
from mistral_rag.testing import small_document

COMMIT = 1000
MODEL = "benchmark"


def make(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Build the index, and write down what it is made of and what should be found."""
    folder.mkdir(parents=True, exist_ok=True)
    total = options.size + QUESTIONS
    vectors = clustered(total) if options.vectors == "clustered" else repeated(options.texts, total)
    asked, vectors = vectors[-QUESTIONS:].astype(np.float32), vectors[:-QUESTIONS]
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "asked.npy", asked)
    texts = list(passages(options.texts, options.size))
    (folder / "texts.jsonl").write_text("".join(json.dumps(text) + "\n" for text in texts))
    (folder / "questions.json").write_text(json.dumps(questions(options.questions, texts)))
    owners = np.arange(options.size) // PER_SOURCE
    masks = {"all": None, **{name: owners % share == 3 for name, (_, share) in SHARES.items()}}
    truth: dict[str, Any] = {name: nearest(vectors, asked, mask) for name, mask in masks.items()}
    np.savez(folder / "truth.npz", **truth)
    return built(folder, texts, vectors)


def built(folder: Path, texts: Sequence[str], vectors: np.ndarray) -> dict[str, Any]:
    """Commits of 1,000 passages beside bare SQLite that is given the same bytes."""
    ours: list[float] = []
    bare: list[float] = []
    slow: dict[str, list[float]] = {"commit_wall_ms": [], "bare_commit_wall_ms": []}
    with IndexWriter.open(folder / "index", identity=Identity(MODEL, vectors.shape[1])) as writer:
        for at in range(0, len(texts), COMMIT):
            made = list(sources(texts[at : at + COMMIT], at))
            own = vectors[at : at + COMMIT]
            start = time.perf_counter()
            ours.append(timed(partial(committed, writer, made, own)))
            slow["commit_wall_ms"].append(1000 * (time.perf_counter() - start))
            if len(bare) < 100:
                insert = bare_sqlite(folder / "bare.db", folder / "index" / "index.db", made, own)
                start = time.perf_counter()
                bare.append(timed(insert))
                slow["bare_commit_wall_ms"].append(1000 * (time.perf_counter() - start))
        cache = timed(writer.refresh_caches)
    (folder / "bare.db").unlink()
    size = sum(path.stat().st_size for path in (folder / "index").rglob("*") if path.is_file())
    return {
        "commit_ms": median(ours[:100]), "bare_commit_ms": median(bare), "build_s": round(sum(ours) / 1000),
        "caches_s": round(cache / 1000, 1), "size_mb": round(size / 1e6),
        **{name: median(times[:100]) for name, times in slow.items()},
    }  # fmt: skip


def committed(writer: IndexWriter, made: Sequence[Made], own: np.ndarray) -> None:
    at = 0
    for source, several, chunks in made:
        writer.put(source, several, chunks, own[at : at + len(chunks)])
        at += len(chunks)
    writer.commit()


def bare_sqlite(path: Path, index: Path, made: Sequence[Made], own: np.ndarray) -> Callable[[], None]:
    """Insert the texts, pages and vectors of the last commit, ready as the bytes that the index keeps, and commit."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("page_size=16384", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    for name in ("texts", "pages", "vectors"):
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} (number INTEGER PRIMARY KEY, data, more)")
    rows: dict[str, list[tuple[Any, ...]]] = {
        "texts": [(chunk.text, chunk.id) for _, _, chunks in made for chunk in chunks],
        "pages": last_pages(index, sum(len(several) for _, several, _ in made)),
        "vectors": [(vector.tobytes(), None) for vector in own],
    }

    def insert() -> None:
        connection.execute("BEGIN")
        for name, values in rows.items():
            connection.executemany(f"INSERT INTO {name} (data, more) VALUES (?, ?)", values)  # noqa: S608
        connection.execute("COMMIT")
        connection.close()

    return insert


def last_pages(index: Path, count: int) -> list[tuple[Any, ...]]:
    """Texts and layouts of the pages that came last."""
    connection = sqlite3.connect(f"file:{index}?mode=ro", uri=True)
    query = (
        "SELECT p.text, CAST(l.runs || l.words AS BLOB) FROM pages p JOIN layouts l USING (page)"
        " ORDER BY p.page DESC LIMIT ?"
    )
    try:
        return connection.execute(query, (count,)).fetchall()
    finally:
        connection.close()


# --- measures -----------------------------------------------------------------------------------------------------


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds of CPU time."""
    before = time.process_time_ns()
    work()
    return (time.process_time_ns() - before) / 1e6


def median(times: Sequence[float]) -> float:
    return round(sorted(times)[len(times) // 2], 3)


def asked_all(search: Callable[[Any], Any], every: Any, rounds: int = 3) -> float:
    """The median time of a question, in the best of several rounds."""
    search(every[0])
    return min(median([timed(partial(search, one)) for one in every]) for _ in range(rounds))


def recall(found: Sequence[np.ndarray], truth: np.ndarray) -> float:
    hits = [len(set(map(int, own)) & set(map(int, true))) / len(true) for own, true in zip(found, truth, strict=True)]
    return round(float(np.mean(hits)), 4)


def memory() -> int:
    """Bytes of memory of this process, mapped files included."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# --- ours ---------------------------------------------------------------------------------------------------------


class Known(Embeddings):
    """Gives each text one of the vectors that were made to be asked with."""

    model = MODEL

    def __init__(self, vectors: np.ndarray) -> None:
        self._vectors = vectors.tolist()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """As `embed_query`."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """One of the vectors, always the same one for the same text."""
        vector: list[float] = self._vectors[crc32(text.encode()) % len(self._vectors)]
        return vector


def ours(folder: Path) -> dict[str, Any]:
    import faiss

    faiss.omp_set_num_threads(1)
    asked, truth = np.load(folder / "asked.npy"), np.load(folder / "truth.npz")
    result: dict[str, Any] = {}
    with UnrestrictedReader.open(folder / "index") as reader:
        before = memory()
        with reader.view() as view:
            start = time.process_time()
            index = view.dense()
            result["open_ms"] = round((time.process_time() - start) * 1000, 1)
            index.search(asked[0], 10)
            result["open_mb"] = round((memory() - before) / 1e6, 1)
            words = view.lexical()
            words.search("net sales of phones", 10)
            result["open_with_words_mb"] = round((memory() - before) / 1e6, 1)
        result["exact"], result["depth"] = index.exact, index.depth.ten
        result.update(searched(reader, asked, truth))
        result.update(worded(reader, json.loads((folder / "questions.json").read_text()), asked))
    return result


def searched(reader: UnrestrictedReader, asked: np.ndarray, truth: Any) -> dict[str, Any]:
    def search(vector: np.ndarray, wanted: dict[str, int] | None = None) -> np.ndarray:
        with reader.view() as view:
            return view.dense().search(vector, 10, rows=view.allowed(wanted) if wanted else None)[0] - 1

    result: dict[str, Any] = {"dense_ms": asked_all(search, asked)}
    result["dense_recall"] = recall([search(vector) for vector in asked], truth["all"])
    for name, (field, _) in SHARES.items():
        wanted = {field: 3}
        result[f"dense {name} cold_ms"] = round(timed(partial(search, asked[0], wanted)), 3)
        result[f"dense {name}_ms"] = asked_all(partial(search, wanted=wanted), asked)
        found = [search(vector, wanted) for vector in asked]
        result[f"dense {name} recall"] = recall(found, truth[name])
    return result


def worded(reader: UnrestrictedReader, every: Sequence[str], asked: np.ndarray) -> dict[str, Any]:
    """Words alone, and words and vectors together with what they find."""
    from mistral_rag.retrievers import HybridRetriever
    from mistral_rag.vectorstores import FaissStore

    with reader.view() as view:
        words = view.lexical()
    hybrid = HybridRetriever.from_index(reader.folder, embeddings=Known(asked), k=10)
    store = FaissStore(Known(asked), reader.folder)
    through_langchain = asked_all(lambda vector: store.similarity_search_by_vector(vector, k=10), asked.tolist())
    store.close()
    return {
        "lexical_ms": asked_all(lambda question: words.search(question, 10), every),
        "hybrid_ms": asked_all(hybrid.search, every),
        "langchain_ms": through_langchain,
    }


def removed_now(writer: IndexWriter, uri: str) -> None:
    writer.remove(uri)
    writer.commit()


def removed(folder: Path) -> dict[str, Any]:
    """Remove a document of 1,000 passages, and add it again: on the index that was measured, which stays as it was."""
    texts = [json.loads(line) for line, _ in zip((folder / "texts.jsonl").open(), range(COMMIT), strict=False)]
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")[:COMMIT]
    made = small_document("long.txt", [texts[i : i + PER_PAGE] for i in range(0, COMMIT, PER_PAGE)], root="file:///d")
    uri = made[0].uri
    added, gone = [], []
    with IndexWriter.open(folder / "index") as writer:
        for turn in range(7):
            own = (vectors * (1 - turn / 100)).astype(np.float16)
            added.append(timed(partial(committed, writer, [made], own)))
            gone.append(timed(partial(removed_now, writer, uri)))
    return {"add_document_ms": median(added), "remove_document_ms": median(gone)}


# --- the comparison -----------------------------------------------------------------------------------------------


def peers(folder: Path, python: Path, names: Sequence[str]) -> dict[str, Any]:
    script = Path(__file__).with_name("_store_peers.py")
    result = {}
    for name in names:
        run = subprocess.run([python, script, name, folder], capture_output=True, text=True, check=False)
        result[name] = json.loads(run.stdout.splitlines()[-1]) if run.returncode == 0 else run.stderr[-300:]
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--vectors", choices=("clustered", "real"), default="clustered")
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--peers-python", type=Path)
    parser.add_argument("--peers", default="langchain,chroma,lancedb,bm25s")
    parser.add_argument("--steps", default="make,ours,removed,peers")
    options = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    folder: Path = options.folder
    steps: dict[str, Callable[[], dict[str, Any]]] = {
        "make": lambda: make(folder, options),
        "ours": lambda: ours(folder),
        "removed": lambda: removed(folder),
        "peers": lambda: peers(folder, options.peers_python, options.peers.split(",")) if options.peers_python else {},
    }
    kept = folder / "results.json"
    first, *others = options.steps.split(",")
    found = steps[first]()
    known = json.loads(kept.read_text()) if kept.exists() else {"size": options.size, "vectors": options.vectors}
    kept.write_text(json.dumps(known | found, indent=1))
    if others:
        # in a process of its own: memory that a step gave back would hide what the next one takes
        again = [sys.executable, "-m", "benchmarks.store", *sys.argv[1:], "--steps", ",".join(others)]
        raise SystemExit(subprocess.run(again, check=False).returncode)
    sys.stdout.write(kept.read_text() + "\n")


if __name__ == "__main__":
    main()
