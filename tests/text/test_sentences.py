"""Sentences of answers and of bare texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.text._sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        (
            "Mr. Smith of Acme Inc. met J. Doe at 3.5 km. He left.",
            ["Mr. Smith of Acme Inc. met J. Doe at 3.5 km.", "He left."],
        ),
        ("“Is it so?” he asked. Yes.", ["“Is it so?” he asked.", "Yes."]),
        ("A line\nthat goes on. Next.", ["A line\nthat goes on.", "Next."]),
        ("- One\n- Two\n1. Three\n\nFour", ["- One", "- Two", "1. Three", "Four"]),
        ("第一句。第二句。", ["第一句。", "第二句。"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@given(st.text(alphabet="ab.!? \n-1。A)”", max_size=80))
def test_nothing_but_blanks_lies_between_sentences(text: str) -> None:
    at = 0
    for start, end in [*sentences(text), (len(text), len(text))]:
        assert text[at:start].strip() == ""
        assert start <= end
        at = end
