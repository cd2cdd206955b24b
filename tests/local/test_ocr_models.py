import pytest

pytest.importorskip("rapidocr")

from mistral_rag.local.ocr._models import min_blank


@pytest.mark.parametrize(
    ("text", "at", "least"),
    [
        ("thelease", 3, 0.05),
        ("euros,paid", 6, 0.05),
        ("1,480.50", 2, 2.0),
        ("1,480.50", 6, 2.0),
        ("3,1416", 2, 2.0),
        ("October 30,2022", 11, 0.01),
        ("1,230,2022", 6, 2.0),
        ("a b", 2, 2.0),
        ("100EUR", 3, 0.05),
    ],
)
def test_unlikely_blanks_separate_words_and_dates_but_never_split_numbers(text: str, at: int, least: float) -> None:
    assert min_blank(text, at) == least
