from mistral_rag.ocr._result import LayerComparison
from mistral_rag.ocr._text_layer.comparison import LayerText, compare
from mistral_rag.schema import WordBoxes


def found(read: str, layer: str) -> tuple[list[str], list[str]]:
    comparison = compare(read, LayerText(layer, WordBoxes()))
    return [word.text for word in comparison.only_read], [word.text for word in comparison.only_in_layer]


def test_words_that_only_one_of_both_has() -> None:
    assert found("Net sales rose 5%", "Net sales fell 5%") == (["rose"], ["fell"])


def test_a_changed_number_is_a_word_of_its_own() -> None:
    assert found("sales of 1,234.5 in 2023", "sales of 1234.5 in 2022") == (["2023"], ["2022"])


def test_case_punctuation_marks_and_hyphens_make_no_difference() -> None:
    assert found("“Long-term” LEASES¹ of an example", "long-\nterm leases 1 of an exam-\nple") == ([], [])


def test_a_word_that_stands_there_less_often_is_missed() -> None:
    assert found("tax", "tax and tax and") == ([], ["and", "tax", "and"])


def test_what_only_one_has_is_shown_where_it_stands() -> None:
    words = WordBoxes.pack([(0, 6, 0.1, 0.1, 0.2, 0.2), (7, 12, 0.3, 0.1, 0.5, 0.2)])
    comparison = compare("seen", LayerText("hidden words", words))
    assert [word.text for word in comparison.only_in_layer] == ["hidden", "words"]
    box = comparison.only_in_layer[0].box
    assert box is not None
    assert (round(box.left, 3), round(box.right, 3)) == (0.1, 0.2)
    assert [(word.start, word.end) for word in comparison.only_read] == [(0, 4)]
    assert comparison.agreement == 0.0


def test_the_same_words_agree_and_no_words_too() -> None:
    assert compare("a b", LayerText("b a", WordBoxes())) == LayerComparison(agreement=1.0)
    assert compare("", LayerText("", WordBoxes())).agreement == 1.0
    assert compare("a b c d", LayerText("a b c x", WordBoxes())).agreement == 0.75
