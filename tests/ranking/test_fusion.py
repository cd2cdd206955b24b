import numpy as np
import pytest

from mistral_rag.ranking.fusion import convex_sum, dense_weight, reciprocal_ranks, scaled


def row(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float32)


def test_the_sum_weighs_words_against_vectors() -> None:
    assert convex_sum(row(1, 0.5, 0), row(0.0, 0.6, 1.0), 0.3).tolist() == pytest.approx([0.7, 0.53, 0.3])


def test_scores_are_scaled_from_what_is_usual_to_the_highest() -> None:
    assert scaled(row(0.8, 0.5, 0.1), highest=0.8, usual=0.2).tolist() == pytest.approx([1, 0.5, 0])
    assert scaled(row(10, 5, 0), highest=10).tolist() == pytest.approx([1, 0.5, 0])
    assert scaled(row(0, 0), highest=0).tolist() == [0, 0]


def test_ranks_are_summed_and_what_was_not_found_has_none() -> None:
    fused = reciprocal_ranks(row(3, 2, 0), row(0, 5, 4))
    assert fused.tolist() == pytest.approx([1 / 61, 1 / 62 + 1 / 61, 1 / 62])


@pytest.mark.parametrize(
    ("model", "across", "weight"),
    [
        ("local-minilm@8199be6f", False, 0.55),
        ("local-use@0db566fd", False, 0.3),
        ("local-use@0db566fd", True, 0.6),
        ("mistral-embed", False, 0.5),
        ("some-model", False, 0.3),
    ],
)
def test_the_weight_belongs_to_the_model(model: str, across: bool, weight: float) -> None:
    assert dense_weight(model, across=across) == weight
