"""Documents a reader may not see move nothing: neither what is found nor its order.

One index holds open and forbidden documents, another one never held the forbidden ones. Random questions, many with
words, companies and years that only forbidden documents have, must give a reader the same passages in the same order
from both, by every way of searching. The long form: `python tests/test_canaries.py --questions 100000`.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from mistral_rag import FaissStore, HybridRetriever
from mistral_rag.index import Identity, IndexWriter
from mistral_rag.testing import small_document

DOCUMENTS = 60
OPEN_WORDS = [f"{a}{b}" for a in ("bor", "cal", "dun", "fel", "gor") for b in ("an", "eth", "ilo", "ows", "umar")]
SECRET_WORDS = [f"zy{word}" for word in OPEN_WORDS[:8]]
COMPANIES = ("Oak", "Willow", "Birch", "Zyfir")
QUESTIONS = (
    "What were {c}'s {w} in {y}?",
    "{w} {w} {w}",
    "{c} {w}",
    "How good is the current ratio in {y}?",
    "{w} {y}",
)


class Hashed(Embeddings):
    """Sums of a random direction for each word: nothing is learned, and everything is repeatable."""

    model = "hashed"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        total = np.full(16, 0.01)
        for word in text.lower().split():
            seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
            total += np.random.default_rng(seed).standard_normal(16)
        return [float(number) for number in total / np.linalg.norm(total)]


def write(folder: Path, *, with_secrets: bool) -> None:
    """An index of filings and notes; every second one is for the board, or for nobody."""
    luck = random.Random(1)  # noqa: S311 (must be repeatable)
    with IndexWriter.open(folder, identity=Identity("hashed", 16)) as writer:
        for number in range(DOCUMENTS):
            secret = number % 2 == 1
            texts = list(pages(luck, COMPANIES[number % 4 if secret else number % 3], 2018 + number % 6, secret))
            name = f"{number}_filing.pdf" if number % 5 else f"handbook {2015 + number // 5}.txt"
            if with_secrets or not secret:
                put(writer, name, texts, groups_of(number))
            if number % 20 == 19:
                writer.commit()
        writer.commit()


def groups_of(number: int) -> tuple[str, ...]:
    """Those of a document; a few name none."""
    if number % 2:
        return ("board",) if number % 6 < 5 else ()
    return ("staff",) if number % 4 else ("*",)


def pages(luck: random.Random, company: str, year: int, secret: bool) -> Iterator[str]:
    yield (
        f"FORM 10-K\nFor the fiscal year ended December 31, {year}\nCommission File Number: 1-9595\n{company} Inc.\n"
        "(Exact name of registrant as specified in its charter)"
    )
    words = [*OPEN_WORDS, *SECRET_WORDS] if secret else OPEN_WORDS
    for _ in range(luck.randint(2, 5)):
        yield " ".join(luck.choices(words, k=luck.randint(8, 40))).capitalize() + "."
    numbers = " ".join(f"{luck.randint(1, 999)},{luck.randint(100, 999)}" for _ in range(30))
    yield f"CONSOLIDATED BALANCE SHEETS\ntotal current assets {luck.choice(words)}\n{numbers}"


def put(writer: IndexWriter, name: str, texts: Sequence[str], groups: tuple[str, ...]) -> None:
    source, whole, chunks = small_document(name, texts, root="file://", language="en", groups=groups)
    writer.put(source, whole, chunks, np.array(Hashed().embed_documents(list(texts)), dtype=np.float32))


def questions(count: int, seed: int) -> Iterator[str]:
    luck = random.Random(seed)  # noqa: S311 (must be repeatable)
    for _ in range(count):
        words = [luck.choice(OPEN_WORDS + SECRET_WORDS) for _ in range(3)]
        template = luck.choice(QUESTIONS).replace("{w}", "{}")
        yield template.format(*words, c=luck.choice(COMPANIES), y=luck.randint(2014, 2026))


BOTH = ("all", "open")
WAYS: tuple[dict[str, Any], ...] = (
    {},
    {"fusion": "rrf"},
    {"dense_weight": 0.0},
    {"mmr": 0.5, "most_per_document": 2, "neighbours": 1},
    {"filter": {"page_number": {"$gte": 2}}},
)


def leaks(folder: Path, count: int, *, seed: int = 7) -> list[str]:
    """Questions for which the two indexes, both made here, give a reader something else."""
    write(folder / "all", with_secrets=True)
    write(folder / "open", with_secrets=False)
    pairs = [
        [HybridRetriever.from_index(folder / name, embeddings=Hashed(), groups=["staff"], **way) for name in BOTH]
        for way in WAYS
    ]
    stores = [FaissStore(Hashed(), folder / name, groups=["staff"]) for name in BOTH]
    found = []
    for number, question in enumerate(questions(count, seed)):
        way = number % (len(WAYS) + 1)
        if way == len(WAYS):
            shown = [store.similarity_search_with_score(question, 8, {"page_number": {"$lt": 5}}) for store in stores]
            same = shown[0] == shown[1]
        else:
            seen = [retriever.explain(question, k=8) for retriever in pairs[way]]
            same = [(h.chunk.id, h.score) for h in seen[0].hits] == [(h.chunk.id, h.score) for h in seen[1].hits]
            same = same and seen[0].to_json() == seen[1].to_json()
        if not same:
            found.append(question)
    return found


def test_forbidden_documents_move_nothing(tmp_path: Path) -> None:
    assert leaks(tmp_path, 400) == []


def test_the_canaries_would_be_heard(tmp_path: Path) -> None:
    write(tmp_path / "all", with_secrets=True)
    retriever = HybridRetriever.from_index(tmp_path / "all", embeddings=Hashed(), groups=["staff", "board"])
    assert any("zy" in hit.chunk.text for hit in retriever.search(SECRET_WORDS[0]))


@pytest.mark.parametrize("groups", [None, (), ("nobody",)])
def test_who_is_in_no_group_sees_only_what_is_for_everyone(tmp_path: Path, groups: tuple[str, ...] | None) -> None:
    write(tmp_path / "all", with_secrets=True)
    retriever = HybridRetriever.from_index(tmp_path / "all", embeddings=Hashed(), groups=groups)
    assert {hit.source.groups for hit in retriever.search("boran", k=500)} == {("*",)}
    everything = FaissStore(Hashed(), tmp_path / "all", groups=groups).similarity_search("boran", 500)
    assert {document.id for document in everything} == {hit.chunk.id for hit in retriever.search("boran", k=500)}


def test_groups_are_names_and_not_one_text(tmp_path: Path) -> None:
    write(tmp_path / "all", with_secrets=True)
    with pytest.raises(ValueError, match="not one text"):
        HybridRetriever.from_index(tmp_path / "all", embeddings=Hashed(), groups="board")
    with pytest.raises(ValueError, match="not one text"):
        FaissStore(Hashed(), tmp_path / "all", groups="board")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        told = leaks(Path(place), chosen.questions, seed=chosen.seed)
    sys.stdout.write(
        "\n".join([f"{len(told)} of {chosen.questions} questions told of forbidden documents", *told[:20], ""])
    )
    sys.exit(bool(told))
