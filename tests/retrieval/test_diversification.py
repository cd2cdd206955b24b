import numpy as np

from mistral_rag.retrieval._diversification import at_most_each, marginal

NORTH, ALSO_NORTH, EAST, NOWHERE = (
    np.array(vector, dtype=np.float32) for vector in ([1, 0], [0.995, 0.0999], [0, 1], [0, 0])
)


def test_at_most_so_many_of_each_owner_remain() -> None:
    assert at_most_each(["a", "a", "b", "a", "b", "c"], 1) == [0, 2, 5]
    assert at_most_each(["a", "a", "b", "a"], 2) == [0, 1, 2]
    assert at_most_each([], 1) == []


def test_what_is_like_a_chosen_one_comes_later() -> None:
    vectors = np.stack([NORTH, ALSO_NORTH, EAST])
    assert marginal([3, 2.9, 1], vectors, 3, 0.3) == [0, 2, 1]
    assert marginal([3, 2.9, 1], vectors, 2, 1.0) == [0, 1]


def test_equal_scores_and_rows_without_vectors_are_taken_in_order() -> None:
    assert marginal([1, 1, 1], np.stack([NOWHERE] * 3), 9, 0.5) == [0, 1, 2]
    assert marginal([], np.empty((0, 2), np.float32), 3, 0.5) == []
    assert marginal([1, 2], np.stack([NORTH, EAST]), 0, 0.5) == []
