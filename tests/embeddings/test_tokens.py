"""Token counts are exact and offline, and skipped when an upper bound is enough."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor

from mistral_rag.embeddings import _tokens as tokens

words = st.sampled_from(
    ["revenue", "rose", "12.4", "%", "$1,234", "(loss)", "Überschuß", "日本語", "\n", "a\nb", "👩‍👩‍👧", "▁"]
)
texts = st.one_of(
    st.lists(words, max_size=30).map(" ".join),
    st.lists(st.one_of(words, st.just(" "), st.just("")), max_size=30).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
)


@pytest.fixture(scope="module")
def reference() -> SentencePieceProcessor:
    spec = find_spec("mistral_common")
    assert spec is not None
    assert spec.origin is not None
    return SentencePieceProcessor(model_file=str(Path(spec.origin).parent / "data" / "tokenizer.model.v1"))


@given(texts)
def test_a_count_is_that_of_the_platforms_vocabulary(reference: SentencePieceProcessor, text: str) -> None:
    assert tokens.count(text) == len(reference.encode(text)) + 2


@given(texts)
def test_no_text_has_more_tokens_than_was_said_without_counting(text: str) -> None:
    assert tokens.count(text) <= tokens.upper_bound(text)


def test_some_counts() -> None:
    assert [tokens.count(text) for text in ("", "a", "Hello world", "1234", "日本")] == [2, 3, 4, 7, 5]


@pytest.mark.parametrize(
    "text", ["one apple and two pears. " * 4000, "日本語のテキスト" * 3000, "x" * 200_000, "12 345\n" * 8000]
)
def test_pieces_are_short_enough_and_lose_nothing(text: str) -> None:
    found = list(tokens.pieces(text))
    assert "".join(found) == text
    assert len(found) > 1
    assert max(tokens.count(piece) for piece in found) <= 8192


def test_pieces_end_where_a_sentence_ends() -> None:
    found = list(tokens.pieces("One apple and two pears, twelve plums, etc. " * 1500))
    assert all(before.endswith(". ") for before, _ in pairwise(found))


@pytest.mark.parametrize(
    "text", ["one apple and two pears. " * 4000, "日本語のテキスト" * 3000, "é" * 20_000, "👩‍👩‍👧" * 4000]
)
def test_a_beginning_is_as_long_as_a_model_takes(text: str) -> None:
    start = tokens.beginning(text)
    assert text.startswith(start)
    assert 8185 < tokens.count(start) <= 8192


@pytest.fixture
def no_vocabulary(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    tokens._vocabulary.cache_clear()
    yield
    tokens._vocabulary.cache_clear()


@pytest.mark.usefixtures("no_vocabulary")
def test_without_the_vocabulary_tokens_are_estimated() -> None:
    sentence = "Revenues rose by 12.4 % in all regions but one, for the third year. "
    assert 18 <= tokens.count(sentence) <= 30
    text = sentence * 3000
    assert "".join(tokens.pieces(text)) == text
    assert text.startswith(tokens.beginning(text))
    assert 7000 < tokens.count(tokens.beginning(text)) <= 8192


def test_nothing_is_loaded_to_count_with_before_it_is_needed() -> None:
    code = """
import sys
from mistral_rag import MistralEmbeddings
MistralEmbeddings(api_key="k")
assert not {"sentencepiece", "mistral_common", "tiktoken"} & set(sys.modules)
from mistral_rag.embeddings import _tokens as tokens
assert tokens.count("Hello world") == 4
assert not {"mistral_common", "tiktoken"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
