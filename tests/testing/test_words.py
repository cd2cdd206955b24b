"""The tokenizer: counts, streams and limits agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.testing._content.words import content_words, count_tokens, tokenize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Net sales rose", ["Net", " sales", " rose"]),
        ("extraordinary", ["extraord", "inary"]),
        ("end \n", ["end \n"]),
        (" \n", [" \n"]),
    ],
)
def test_pieces(text: str, expected: list[str]) -> None:
    assert tokenize(text) == expected


@given(st.text())
def test_pieces_are_the_text_and_are_what_is_counted(text: str) -> None:
    assert "".join(tokenize(text)) == text
    assert len(tokenize(text)) == count_tokens(text) or not text.strip()


def test_content_words_leave_out_what_every_question_has() -> None:
    assert list(content_words("What were the Sales of 2022?")) == ["sale", "2022"]


def test_the_vendors_tokenizer_counts_no_fewer() -> None:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    tokenizer = MistralTokenizer.v3(is_tekken=True).instruct_tokenizer.tokenizer
    texts = [
        "Net sales rose by 25 % to $1,234.5 million because of higher prices in Europe and lower costs.",
        "La Commission nationale de l'informatique et des libertés est une autorité administrative indépendante.",
        "def total(values: list[int]) -> int:\n    return sum(values)\n",
    ]
    for text in texts:
        assert count_tokens(text) <= len(tokenizer.encode(text, bos=False, eos=False))
