"""Verdicts on given readings."""

import pytest

from mistral_rag.schema import Seen
from mistral_rag.witness._strips import PrintedWord, Strip
from mistral_rag.witness._verdict import Reading, is_foreign, verdict

HEBREW = "שלום עולם זה מבחן של טקסט"


def strip_of(text: str) -> Strip:
    words = tuple(PrintedWord(word, at > 0, False, 0.0, 0.0) for at, word in enumerate(text.split()))
    return Strip(words, (0.1, 0.1, 0.5, 0.12))


def reading(text: str, *, ink: float = 0.2) -> Reading:
    return Reading(text, (0.95,) * len(text), ink, bool(text), (), 40.0)


def seen(strip: Strip, *texts: str, foreign: bool = False, ink: float = 0.2) -> Seen | None:
    readings = [reading(text, ink=ink) for text in texts]
    return verdict(strip, readings, height=11.0, shape=20.0, foreign=foreign)


def test_two_readings_of_another_sign_differ() -> None:
    strip = strip_of("1.234 + 50 % - 3 + 2")
    assert seen(strip, "1.234 – 50 % + 3 - 2") is None
    assert seen(strip, "1.234 – 50 % + 3 - 2", "1.234 - 50 % + 3 — 2") == "differs"


def test_a_sign_read_otherwise_once_agrees() -> None:
    strip = strip_of("1.234 + 50 % - 3 + 2")
    assert seen(strip, "1.234 – 50 % - 3 + 2", "1.234 + 50 % – 3 + 2") == "agrees"


@pytest.mark.parametrize(
    ("quote", "foreign"),
    [
        (HEBREW, True),
        (f"{HEBREW} ISO 9001", True),
        ("السعر الإجمالي هو 1,234", True),
        ("Цена 1,234 рублей", True),
        ("가격 1,234 원 (VAT)", True),
        ("ราคา 1,234 บาท", True),
        ("The Hebrew word for peace is שלום", False),
        ("Συνολικά έσοδα 1,234", False),
        ("二十日の有給休暇", False),
        ("1,234 + 5", False),
        ("", False),
    ],
)
def test_most_letters_make_a_quote_foreign(quote: str, foreign: bool) -> None:
    assert is_foreign(quote) is foreign


@pytest.mark.parametrize("text", [HEBREW, "07", "ISO 9001"])
def test_no_reading_counts_against_a_foreign_quote(text: str) -> None:
    wrong = "DT NUUE 01 Total"
    assert seen(strip_of(text), wrong, wrong, foreign=True) == "unreadable"


def test_a_gap_in_a_foreign_quote_is_no_missing_word() -> None:
    gap = Strip((), (0.1, 0.1, 0.5, 0.12))
    assert seen(gap, "NUUE", "NUUE") == "differs"
    assert seen(gap, "NUUE", "NUUE", foreign=True) == "agrees"


@pytest.mark.parametrize("text", [HEBREW, "07"])
@pytest.mark.parametrize("ink", [0.0, 0.9], ids=["no ink", "a bar"])
def test_a_foreign_quote_that_nobody_sees_differs(text: str, ink: float) -> None:
    assert seen(strip_of(text), "", foreign=True, ink=ink) == "differs"
