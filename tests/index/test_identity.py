"""An identity is told apart from another, by what differs."""

import pytest

from mistral_rag.errors import IndexDamagedError, IndexMismatchError
from mistral_rag.index import Identity


def test_it_survives_json() -> None:
    identity = Identity("local-minilm", 384, chunker="1", tokenizer="2", text="3")
    assert Identity.from_json(identity.to_json()) == identity
    for broken in ("", "[]", '{"embedding": "x", "unknown": 1}'):
        with pytest.raises(IndexDamagedError):
            Identity.from_json(broken)


def test_a_mismatch_names_both_sides_and_the_way_out() -> None:
    with pytest.raises(IndexMismatchError) as caught:
        Identity("mistral-embed", 1024).require(Identity("", 0), "my-index")
    assert str(caught.value) == (
        "my-index was built with mistral-embed (1024); this is no embedding model. "
        "Run: ingest build PATH --index my-index --rebuild"
    )


def test_words_cut_by_other_rules_are_no_mismatch() -> None:
    identity = Identity("local-minilm", 384, chunker="1", tokenizer="1", text="1")
    identity.require(Identity("local-minilm", 384, chunker="1", tokenizer="2", text="1"), "my-index")
    with pytest.raises(IndexMismatchError, match="text '1'; this is text '2'"):
        identity.require(Identity("local-minilm", 384, chunker="1", tokenizer="2", text="2"), "my-index")
