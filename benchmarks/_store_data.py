"""Data of `benchmarks.store`: vectors and texts, the documents they make, and the nearest rows by brute force."""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mistral_rag.index import UnrestrictedReader
from mistral_rag.schema import Chunk, Page, Source
from mistral_rag.testing import small_document

Made = tuple[Source, list[Page], list[Chunk]]

QUESTIONS = 200
PER_PAGE = 4
PER_SOURCE = 100
SHARES = {"1 %": ("hundredth", 100), ".1 %": ("thousandth", 1000)}


def clustered(count: int, dimension: int = 1024) -> np.ndarray:
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(max(count // 100, 1), dimension)).astype(np.float32)
    made = np.empty((count, dimension), dtype=np.float16)
    for at in range(0, count, 10_000):
        end = min(at + 10_000, count)
        noise = generator.normal(size=(end - at, dimension)).astype(np.float32)
        made[at:end] = unit(centres[generator.integers(0, len(centres), end - at)] + 0.7 * noise)
    return made


def repeated(texts: Path, count: int) -> np.ndarray:
    """The vectors of an index, shuffled and as often as needed; from the second time on with noise."""
    with UnrestrictedReader.open(texts) as reader, reader.view() as view:
        known = view.vectors()[1]
    generator = np.random.default_rng(0)
    known = known[generator.permutation(len(known))]
    made = np.empty((count, known.shape[1]), dtype=np.float16)
    for at in range(0, count, len(known)):
        part = known[: count - at].astype(np.float32)
        noise = generator.normal(size=part.shape).astype(np.float32) * (0.25 / np.sqrt(part.shape[1]))
        made[at : at + len(part)] = unit(part + noise) if at else part
    return made


def unit(vectors: np.ndarray) -> np.ndarray:
    lengths: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return lengths


def passages(texts: Path | None, count: int) -> Iterator[str]:
    found = 0
    for size in range(1000, 100, -50):
        for page in pages(texts):
            for at in range(0, max(len(page) - 150, 1), size - 150):
                if found == count:
                    return
                text = page[at : at + size].strip()
                if len(text) > 100:
                    found += 1
                    yield text


def pages(texts: Path | None) -> Iterator[str]:
    if texts is None:
        yield from invented(10_000)
        return
    with UnrestrictedReader.open(texts) as reader, reader.view() as view:
        for source in view.sources():
            yield from view.page_texts(source.uri)


def invented(count: int) -> Iterator[str]:
    """Pages of words as rare as words are."""
    generator = random.Random(0)  # noqa: S311
    words = [f"w{number}" for number in range(50_000)]
    weights = [1 / (number + 3) for number in range(50_000)]
    for _ in range(count):
        yield " ".join(generator.choices(words, weights, k=800))


def sources(texts: Sequence[str], first: int) -> Iterator[Made]:
    """Documents of 100 passages on 25 pages; their metadata chooses one in a hundred, or in a thousand."""
    for at in range(0, len(texts), PER_SOURCE):
        number = (first + at) // PER_SOURCE
        own = texts[at : at + PER_SOURCE]
        facts = {name: number % share for name, share in SHARES.values()}
        several = [own[i : i + PER_PAGE] for i in range(0, len(own), PER_PAGE)]
        yield small_document(
            f"{number}.txt", several, root="file:///d", title=f"Document {number}", language="en", metadata=facts
        )


def questions(given: Path | None, texts: Sequence[str]) -> list[str]:
    if given is not None:
        return [json.loads(line)["question"] for line in given.read_text("utf-8").splitlines()]
    generator = random.Random(0)  # noqa: S311
    return [" ".join(generator.choice(texts).split()[3:11]) for _ in range(QUESTIONS)]


def nearest(vectors: np.ndarray, asked: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Places of the nearest 10 for each question, by brute force."""
    places = np.arange(len(vectors)) if mask is None else np.flatnonzero(mask)
    best = np.empty((len(asked), 0), dtype=np.int64)
    scores = np.empty((len(asked), 0), dtype=np.float32)
    for at in range(0, len(places), 20_000):
        some = places[at : at + 20_000]
        scores = np.concatenate((scores, asked @ vectors[some].astype(np.float32).T), axis=1)
        best = np.concatenate((best, np.broadcast_to(some, (len(asked), len(some)))), axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :10]
        scores, best = np.take_along_axis(scores, order, 1), np.take_along_axis(best, order, 1)
    return best
