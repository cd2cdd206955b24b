import numpy as np
import pytest

from mistral_rag.index import DenseIndex
from mistral_rag.index._dense.vector_rows import VectorBatch, packed_vectors

AXES = np.eye(4, dtype=np.float32)


def batch(rows: list[int], vectors: np.ndarray) -> VectorBatch:
    """Rows whose vectors have the rows' numbers."""
    numbers = np.array(rows, dtype=np.int64)
    return VectorBatch(numbers, numbers, numbers.astype(np.uint64), vectors.astype(np.float16))


@pytest.fixture
def index() -> DenseIndex:
    return DenseIndex.build(np.array([10, 20, 30, 40]), AXES)


def test_the_nearest_rows_come_first(index: DenseIndex) -> None:
    rows, scores = index.search(np.array([0.1, 0.9, 0.4, 0.0], dtype=np.float32), 3)
    assert rows.tolist() == [20, 30, 10]
    assert scores.tolist() == pytest.approx([0.9, 0.4, 0.1])


def test_only_the_rows_named_are_searched(index: DenseIndex) -> None:
    rows, _ = index.search(AXES[1] + AXES[2] / 2, 3, rows=np.array([30, 40, 99]))
    assert rows.tolist() == [30, 40]


@pytest.mark.parametrize("rows", [np.array([], dtype=np.int64), np.array([99])])
def test_where_no_row_is_named_none_is_found(index: DenseIndex, rows: np.ndarray) -> None:
    assert index.search(AXES[0], 3, rows=rows)[0].tolist() == []


def test_an_empty_index_finds_nothing() -> None:
    assert DenseIndex(4).search(AXES[0], 3)[0].tolist() == []


def test_rows_come_and_go(index: DenseIndex) -> None:
    later = index.follow(np.array([20]), batch([50], -AXES[:1]), sequence=7)
    assert (len(later), later.sequence) == (4, 7)
    assert later.search(AXES[0], 4)[0].tolist() == [10, 30, 40, 50]
    assert index.search(AXES[0], 4)[0].tolist() == [10, 20, 30, 40]


def test_cosines_of_single_rows_are_given_in_their_order(index: DenseIndex) -> None:
    vector = np.array([0.1, 0.9, 0.4, 0.0], dtype=np.float32)
    assert index.scores(vector, np.array([30, 99, 10])).tolist() == pytest.approx([0.4, 0.0, 0.1])


def test_half_precision_vectors_are_taken() -> None:
    index = DenseIndex.build(np.array([1, 2]), AXES[:2].astype(np.float16))
    assert index.search(AXES[1], 1)[0].tolist() == [2]


def test_every_row_is_found_at_its_exact_cosine() -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(300, 16)).astype(np.float16)
    rows = np.arange(300) * 3
    found, scores = DenseIndex.build(rows, vectors).search(vectors[7].astype(np.float32), 300)
    wanted = vectors.astype(np.float32) @ vectors[7].astype(np.float32)
    assert sorted(found.tolist()) == rows.tolist()
    assert scores.tolist() == pytest.approx(np.sort(wanted)[::-1].tolist(), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("chunks", "message"),
    [
        (1, "1 chunk without vectors for an index of 4 dimensions"),
        (2, "2 chunks without vectors for an index of 4 dimensions"),
    ],
)
def test_chunks_without_vectors_are_refused(chunks: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        packed_vectors(None, chunks, 4)
