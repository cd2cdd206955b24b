import pytest

pytest.importorskip("rapidocr")

from mistral_rag.local.ocr._models import BLANK, BLANK_IN_DATE, NEVER, least_blank


@pytest.mark.parametrize(
    ("text", "at", "least"),
    [
        ("thelease", 3, BLANK),
        ("euros,paid", 6, BLANK),
        ("1,480.50", 2, NEVER),
        ("1,480.50", 6, NEVER),
        ("3,1416", 2, NEVER),
        ("October 30,2022", 11, BLANK_IN_DATE),
        ("1,230,2022", 6, NEVER),
        ("a b", 2, NEVER),
        ("100EUR", 3, BLANK),
    ],
)
def test_blanks_that_nobody_is_sure_of_part_words_and_dates_but_no_numbers(text: str, at: int, least: float) -> None:
    assert least_blank(text, at) == least
