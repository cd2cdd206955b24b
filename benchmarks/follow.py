"""What a commit costs the next search: CPU of a search after one document came, beside one after nothing came.

    python -m benchmarks.follow [--documents 300 3000 30000] [--filter]

Texts of forty words with random vectors of 384 dimensions, one document each, added through `FaissStore`. The search is
`HybridRetriever.search` with words, vectors and signals; the embedding of the question is not counted, it is a lookup.
`--filter` searches one group's documents (half of them), whose rows are found anew after each commit.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from mistral_rag import FaissStore, HybridRetriever

DIMENSION = 384
WORDS = [f"word{number}" for number in range(5000)]
ROUNDS = 15


class Random(Embeddings):
    """A random vector for each text, the same one for the same text."""

    model = "random"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a text, by its characters."""
        vector = np.random.default_rng(list(text.encode())).standard_normal(DIMENSION)
        return [float(value) for value in vector / np.linalg.norm(vector)]


def texts(count: int, rng: np.random.Generator) -> list[str]:
    """Texts of forty words."""
    return [" ".join(rng.choice(WORDS, 40).tolist()) for _ in range(count)]


def measured(folder: Path, count: int, *, grouped: bool) -> tuple[float, float, float]:
    """CPU ms of adding a document, of the search after a commit, and of one without."""
    rng = np.random.default_rng(7)
    store = FaissStore(Random(), folder, groups=["a"] if grouped else None)
    other = FaissStore(Random(), folder, groups=["b"]) if grouped else store
    began = time.process_time()
    store.add_texts(texts(count // 2, rng))
    other.add_texts(texts(count - count // 2, rng))
    added = 1000 * (time.process_time() - began) / count
    retriever = HybridRetriever.from_index(folder, embeddings=Random(), groups=["a"] if grouped else None)
    retriever.search("word1 word2 word3")
    after: list[float] = []
    without: list[float] = []
    for number in range(ROUNDS):
        store.add_texts(texts(1, rng))
        for figures in (after, without):
            question = f"word{number} word{number + 1} word{rng.integers(5000)}"
            began = time.process_time()
            retriever.search(question)
            figures.append(1000 * (time.process_time() - began))
    return added, statistics.median(after), statistics.median(without)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[300, 3000, 30000])
    parser.add_argument("--filter", action="store_true", help="search one group's documents")
    arguments = parser.parse_args(argv)
    columns = ("documents", "added, ms each", "after a commit, ms", "without, ms", "the commit adds, ms")
    print("  ".join(f"{column:>19}" for column in columns))
    for count in arguments.documents:
        with tempfile.TemporaryDirectory() as folder:
            added, after, without = measured(Path(folder) / "index", count, grouped=arguments.filter)
        figures = (f"{count:,}", *(f"{figure:.2f}" for figure in (added, after, without, after - without)))
        print("  ".join(f"{figure:>19}" for figure in figures))


if __name__ == "__main__":
    main()
