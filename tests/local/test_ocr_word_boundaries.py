"""Words of a recognised line."""

import numpy as np
import pytest

pytest.importorskip("rapidocr")

from mistral_rag.local.ocr._models import RecognisedLine
from mistral_rag.local.ocr._word_boundaries import inked_columns, words_of


def ink(*runs: tuple[int, int], width: int = 100) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    columns = np.zeros(width, dtype=np.bool_)
    for start, end in runs:
        columns[start:end] = True
    return columns


def test_words_end_at_their_ink_and_are_divided_in_the_widest_gap() -> None:
    line = RecognisedLine("ab cd", [1.0, 0.8, 0.5, 0.6, 0.4], [0.15, 0.25, 0.4, 0.65, 0.85])
    # the gap inside the first word is narrower than that between the words
    found = list(words_of(line, ink((10, 18), (20, 30), (60, 90))))
    assert [(word.text, word.left, word.right) for word in found] == [("ab", 0.1, 0.3), ("cd", 0.6, 0.9)]
    assert [word.confidence for word in found] == pytest.approx([0.9, 0.5])


def test_words_without_a_gap_are_divided_between_their_letters() -> None:
    line = RecognisedLine("a b", [1.0, 1.0, 1.0], [0.2, 0.4, 0.6])
    assert [(word.left, word.right) for word in words_of(line, ink((0, 100)))] == [(0.0, 0.4), (0.4, 1.0)]


def test_ink_is_the_minority_of_pixels() -> None:
    dark_on_light = np.full((12, 6), 250, dtype=np.uint8)
    dark_on_light[4:8, 1:3] = 10
    assert inked_columns(dark_on_light).tolist() == [False, True, True, False, False, False]
    assert inked_columns(255 - dark_on_light).tolist() == [False, True, True, False, False, False]


def test_rules_above_and_below_a_line_are_no_ink() -> None:
    picture = np.full((12, 6), 250, dtype=np.uint8)
    picture[[0, 1, 10, 11]] = 10
    picture[5:7, 2] = 10
    assert inked_columns(picture).tolist() == [False, False, True, False, False, False]
