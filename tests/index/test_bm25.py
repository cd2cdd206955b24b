import math

import numpy as np
import pytest

from mistral_rag.index._lexical.bm25 import Bm25
from mistral_rag.index._lexical.lexical_index import LexicalIndex, RowText, best
from mistral_rag.index._lexical.postings import Postings

TEXTS = {
    1: "Net sales of phones rose.",
    2: "Phones, phones and phones: the store sells phones.",
    3: "The dividend was paid in May.",
    5: "Dividend policy. 2018 1,200 3,400 5,600 7,800",
}


@pytest.fixture
def index() -> LexicalIndex:
    made = LexicalIndex()
    made.add(RowText(row, "en", text) for row, text in TEXTS.items())
    return made


def found(index: LexicalIndex, question: str, k: int = 10) -> list[int]:
    rows, _ = index.search(question, k)
    return list(map(int, rows))


def by_row(index: LexicalIndex, question: str) -> dict[int, float]:
    rows, scores = index.scores(question)
    return dict(zip(rows.tolist(), scores.tolist(), strict=True))


def test_rows_with_the_words_of_the_question_are_found_best_first(index: LexicalIndex) -> None:
    assert found(index, "phone") == [2, 1]
    assert found(index, "Which dividends were paid?") == [3, 5]
    assert found(index, "dividend", k=1) == [5]
    assert found(index, "zebra") == []
    assert found(index, "what is the") == []


def test_scores_are_those_of_the_formula(index: LexicalIndex) -> None:
    rows, scores = index.scores("dividend")
    words = {1: 4, 2: 6, 3: 3, 5: 2}
    average = sum(words.values()) / 4
    rarity = math.log1p((4 - 2 + 0.5) / (2 + 0.5))
    wanted = [
        rarity * 2.2 / (1 + 1.2 * (0.6 + 0.4 * words[row] / average)) if row in {3, 5} else 0.0 for row in rows.tolist()
    ]
    assert scores.tolist() == pytest.approx(wanted)


def test_numbers_do_not_make_a_text_longer(index: LexicalIndex) -> None:
    index.add([RowText(6, "en", "Dividend policy. 2018")])
    scores = by_row(index, "dividend policy")
    assert scores[5] == pytest.approx(scores[6])


def test_words_side_by_side_count_more() -> None:
    index = LexicalIndex()
    index.add([RowText(1, "en", "cash of the flow"), RowText(2, "en", "cash flow"), RowText(3, "en", "flow cash")])
    scores = by_row(index, "cash flow")
    assert scores[2] > scores[3]
    scores = by_row(LexicalIndex(index.segments, formula=Bm25(pairs=0)), "cash flow")
    assert scores[2] == pytest.approx(scores[3])


def test_the_very_form_of_a_french_word_counts_more() -> None:
    index = LexicalIndex()
    index.add([RowText(1, "fr", "Il a déclaré"), RowText(2, "fr", "Sa déclaration")])
    assert found(index, "déclaration") == [2, 1]
    assert found(index, "déclaré") == [1, 2]
    scores = by_row(LexicalIndex(index.segments, formula=Bm25(written=0)), "déclaration")
    assert scores[1] == pytest.approx(scores[2])


def test_only_the_rows_named_are_searched(index: LexicalIndex) -> None:
    assert index.search("phone dividend", 10, rows=np.array([1, 5]))[0].tolist() == [5, 1]


def test_removed_rows_are_not_found(index: LexicalIndex) -> None:
    index.remove([2, 99])
    assert found(index, "phone") == [1]
    assert len(index) == 3


def test_rows_added_later_are_found(index: LexicalIndex) -> None:
    index.add([RowText(7, "en", "Zebra crossing")])
    assert found(index, "zebras") == [7]


def test_rows_of_each_language_are_searched_by_its_rules(index: LexicalIndex) -> None:
    index.add([RowText(8, "fr", "Les dividendes versés aux actionnaires")])
    assert found(index, "verser aux actionnaire") == [8]


def test_compacting_changes_no_score_but_for_what_was_removed(index: LexicalIndex) -> None:
    index.add([RowText(0, "en", "Phones of the past")])
    index.add([RowText(9, "en", "Dividend of phones")])
    index.remove([2])
    index.compact()
    fresh = LexicalIndex()
    texts = {**TEXTS, 0: "Phones of the past", 9: "Dividend of phones"}
    fresh.add(RowText(row, "en", text) for row, text in texts.items() if row != 2)
    assert len(index.segments) == 1
    assert by_row(index, "phone dividend past") == pytest.approx(by_row(fresh, "phone dividend past"))


def test_an_index_without_rows_finds_nothing() -> None:
    assert found(LexicalIndex(), "phone") == []
    empty = LexicalIndex()
    empty.add([RowText(1, "en", "")])
    assert found(empty, "phone") == []


def test_a_removed_language_leaves_nothing_behind(index: LexicalIndex) -> None:
    index.remove(TEXTS)
    index.compact()
    assert (len(index), index.segments) == (0, ())


def test_equal_scores_come_in_the_order_of_rows() -> None:
    rows, scores = best(np.array([9, 4, 7]), np.array([1.0, 1.0, 2.0], dtype=np.float32), 2)
    assert (rows.tolist(), scores.tolist()) == ([7, 4], [2.0, 1.0])


def test_the_best_of_many_scores_are_found_wherever_they_stand() -> None:
    scores = np.zeros(1000, dtype=np.float32)
    scores[[0, 70, 134, 959, 960, 999]] = [3, 5, 4, 6, 2, 7]
    rows, found = best(np.arange(1000) * 2, scores, 5)
    assert (rows.tolist(), found.tolist()) == ([1998, 1918, 140, 268, 0], [7, 6, 5, 4, 3])
    assert best(np.arange(1000), scores, 9)[0].tolist() == [999, 959, 70, 134, 0, 960]


def test_of_many_equal_scores_the_lowest_rows_are_the_best() -> None:
    scores = np.ones(1000, dtype=np.float32)
    scores[[500, 700]] = 2
    assert best(np.arange(1000), scores, 5)[0].tolist() == [500, 700, 0, 1, 2]
    assert best(np.arange(1000), scores, 0)[0].tolist() == []


def test_words_of_many_rows_and_of_few_are_counted_alike() -> None:
    rows = {row: "phone" if row % 2 else "store" for row in range(100)} | {7: "rare phone", 8: "rare store"}
    index = LexicalIndex()
    index.add(RowText(row, "en", text) for row, text in rows.items())
    assert found(index, "rare phone", k=3) == [7, 8, 1]
    asked, one, other = (by_row(index, question) for question in ("phone rare", "rare", "phone"))
    assert asked[7] == pytest.approx(one[7] + other[7])
    index.remove([7])
    assert found(index, "rare phone", k=3) == [8, 1, 3]


@pytest.mark.parametrize(
    "change",
    [
        {"positions": np.array([99, 0], dtype=np.int32)},
        {"positions": np.array([-1, 0], dtype=np.int32)},
        {"starts": np.array([0, 5], dtype=np.int64)},
        {"starts": np.array([0, 2, 1], dtype=np.int64)},
        {"counts": np.array([1], dtype=np.uint8)},
        {"rows": np.array([1], dtype=np.int32)},
        {"words": np.array([], dtype=np.float32)},
    ],
)
def test_arrays_that_do_not_fit_are_not_sound(change: dict[str, np.ndarray]) -> None:
    segment = Postings.build([(1, "net"), (2, "net")], "en")
    arrays = {name: getattr(segment, name) for name in Postings.ARRAYS}
    assert segment.is_sound()
    assert not Postings(language="en", **{**arrays, **change}).is_sound()
