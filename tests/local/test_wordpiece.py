import pytest

from mistral_rag.local._wordpiece import WordPiece, bert_uncased, split_word

# the piece numbers were written down from Hugging Face's BertTokenizer over the same vocabulary
WRITTEN_DOWN = {
    "Adobe's net sales rose 12.5%.": [101, 18106, 1005, 1055, 5658, 4341, 3123, 2260, 1012, 1019, 1003, 1012, 102],
    "unaffable EBITDAR": [101, 14477, 20961, 3468, 1041, 16313, 7662, 102],
    "café ÉCOLE naïve": [101, 7668, 12431, 15743, 102],
    "": [101, 102],
}


@pytest.mark.parametrize("text", WRITTEN_DOWN)
def test_text_becomes_the_pieces_the_model_was_trained_on(text: str) -> None:
    assert bert_uncased().encode(text, max_pieces=256).tolist() == WRITTEN_DOWN[text]


def test_a_long_text_is_cut_and_still_ends_as_it_should() -> None:
    pieces = bert_uncased().encode("cash " * 1000, max_pieces=256)
    assert len(pieces) == 256
    assert pieces[[0, 1, -1]].tolist() == [101, 5356, 102]


def test_what_looks_like_a_special_token_is_plain_text() -> None:
    assert 102 not in bert_uncased().encode("before [SEP] behind", max_pieces=256)[:-1]


def test_a_word_the_vocabulary_cannot_spell_is_unknown() -> None:
    assert bert_uncased().encode("\U0001f600 x" + "y" * 100, max_pieces=9).tolist() == [101, 100, 100, 102]


def test_a_word_seen_again_gets_the_same_pieces() -> None:
    tokenizer = WordPiece({"[CLS]": 0, "[SEP]": 1, "[UNK]": 2, "net": 3, "##work": 4})
    assert tokenizer.encode("network NETWORK nets", max_pieces=9).tolist() == [0, 3, 4, 3, 4, 2, 1]


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("10-K", ["10", "-", "k"]),
        ("(560)", ["(", "560", ")"]),
        ("Zürich’s", ["zurich", "’", "s"]),
        ("契約A", ["契", "約", "a"]),
        ("zero\u200bwidth", ["zerowidth"]),
        ("\ufffd", []),
    ],
)
def test_words_are_split_at_signs_and_ideographs(word: str, parts: list[str]) -> None:
    assert split_word(word) == parts
