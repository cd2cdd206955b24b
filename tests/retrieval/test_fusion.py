import numpy as np
import pytest

from mistral_rag.retrieval._fusion import (
    blended,
    convex_sum,
    dense_weight,
    reciprocal_ranks,
    remaining_share,
    scaled,
    unnamed_share,
)


def row(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float32)


def test_the_sum_weighs_words_against_vectors() -> None:
    assert convex_sum(row(1, 0.5, 0), row(0.0, 0.6, 1.0), 0.3).tolist() == pytest.approx([0.7, 0.53, 0.3])


def test_scores_are_scaled_from_the_mean_to_the_highest() -> None:
    assert scaled(row(0.8, 0.5, 0.1), highest=0.8, mean=0.2).tolist() == pytest.approx([1, 0.5, 0])
    assert scaled(row(10, 5, 0), highest=10).tolist() == pytest.approx([1, 0.5, 0])
    assert scaled(row(0, 0), highest=0).tolist() == [0, 0]


def test_ranks_are_summed_and_what_was_not_found_has_none() -> None:
    fused = reciprocal_ranks(row(3, 2, 0), row(0, 5, 4))
    assert fused.tolist() == pytest.approx([1 / 61, 1 / 62 + 1 / 61, 1 / 62])


@pytest.mark.parametrize(
    ("model", "covered", "weight"),
    [
        ("local-minilm@8199be6f", 0.0, 0.7),
        ("local-minilm@8199be6f", 1 / 3, 0.35),
        ("local-use@0db566fd", 0.0, 0.6),
        ("some-model", 0.0, 0.5),
        ("some-model", 2 / 3, 0.0),
        ("some-model", 1.0, 0.0),
    ],
)
def test_vectors_weigh_less_the_more_the_words_tell(model: str, covered: float, weight: float) -> None:
    assert dense_weight(model, covered) == pytest.approx(weight)


def test_what_one_passage_covers_leaves_nothing_open() -> None:
    assert [remaining_share(covered) for covered in (0, 1 / 3, 2 / 3, 1)] == pytest.approx([1, 0.5, 0, 0])


def test_what_leaves_nothing_open_can_be_less() -> None:
    assert [remaining_share(covered, 0.5) for covered in (0, 0.25, 0.5, 1)] == pytest.approx([1, 0.5, 0, 0])


def test_two_vectors_blend_to_a_unit_vector() -> None:
    assert blended(row(1, 0), row(0, 1), 0.5).tolist() == pytest.approx([0.7071, 0.7071], abs=1e-4)
    assert blended(row(1, 0), row(0, 1), 0.0).tolist() == [1, 0]


def test_only_measured_models_are_asked_without_names() -> None:
    assert [unnamed_share(model) for model in ("local-minilm@8199be6f", "mistral-embed", "")] == [0.4, 0, 0]
