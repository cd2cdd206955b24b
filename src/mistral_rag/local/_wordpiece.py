"""BERT's uncased WordPiece tokenizer.

The vocabulary is in `bert_uncased/` (Apache License 2.0, see the notice there). The pieces of each word are cached,
since the words of a collection repeat. `docs/adr/0021-local-models.md` compares it with Hugging Face's.
"""

import functools
import gzip
import unicodedata
from importlib.resources import files

import numpy as np
import numpy.typing as npt

MAX_WORD_LENGTH = 100
"""Characters; longer words are [UNK], as in Hugging Face's BertTokenizer."""

MAX_CACHED_WORDS = 200_000
"""Words in the cache, which has about 40 MB when full; then it is cleared."""

_CONTROL_SPACES = dict.fromkeys(map(ord, "\x0b\x0c\x1c\x1d\x1e\x1f\x85"))
_REMOVED_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs"})
_IDEOGRAPHS = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)
"""The blocks that BERT's tokenizer splits into single characters."""


class WordPiece:
    """Encodes text as piece numbers. Text that looks like a special token ("[SEP]") is split like any other text."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        self._vocabulary = vocabulary
        self._cache: dict[str, tuple[int, ...]] = {}
        self.first, self.last, self.unknown = (vocabulary[name] for name in ("[CLS]", "[SEP]", "[UNK]"))

    def encode(self, text: str, *, max_pieces: int) -> npt.NDArray[np.int64]:
        """Encode as piece numbers between [CLS] and [SEP]; pieces behind the first ``max_pieces - 2`` are dropped."""
        pieces = [self.first]
        cache = self._cache
        for word in text.translate(_CONTROL_SPACES).split():
            cached = cache.get(word)
            pieces.extend(cached if cached is not None else self._add(word))
            if len(pieces) >= max_pieces:
                break
        return np.array([*pieces[: max_pieces - 1], self.last], dtype=np.int64)

    def _add(self, word: str) -> tuple[int, ...]:
        pieces = tuple(piece for token in split_word(word) for piece in self._split(token))
        if len(self._cache) >= MAX_CACHED_WORDS:
            self._cache.clear()
        self._cache[word] = pieces
        return pieces

    def _split(self, token: str) -> list[int]:
        """Pieces of a token, the longest first match each; [UNK] when a part of it is in no piece."""
        if len(token) > MAX_WORD_LENGTH:
            return [self.unknown]
        pieces: list[int] = []
        start = 0
        while start < len(token):
            start, piece = self._longest_piece(token, start)
            if piece is None:
                return [self.unknown]
            pieces.append(piece)
        return pieces

    def _longest_piece(self, token: str, start: int) -> tuple[int, int | None]:
        before = "##" if start else ""
        for end in range(len(token), start, -1):
            piece = self._vocabulary.get(before + token[start:end])
            if piece is not None:
                return end, piece
        return start, None


def split_word(word: str) -> list[str]:
    """Normalise a word without white space as BERT does, and split it at punctuation and ideographs."""
    if word.isascii() and word.isalnum():
        return [word.lower()]
    tokens: list[str] = []
    current = ""
    for char in _normalised(word):
        if char == " " or _is_punctuation(char):
            tokens += [current, char.strip()]
            current = ""
        else:
            current += char
    return [token for token in (*tokens, current) if token]


def _normalised(word: str) -> str:
    printable = (char for char in word if char != "\ufffd" and unicodedata.category(char) not in _REMOVED_CATEGORIES)
    spaced = "".join(f" {char} " if _is_ideograph(char) else char for char in printable)
    without_marks = (char for char in unicodedata.normalize("NFD", spaced) if unicodedata.category(char) != "Mn")
    return "".join(without_marks).lower()


def _is_punctuation(char: str) -> bool:
    ascii_sign = char.isascii() and char.isprintable() and not char.isalnum()
    return ascii_sign or unicodedata.category(char)[0] == "P"


def _is_ideograph(char: str) -> bool:
    code = ord(char)
    return code >= 0x3400 and any(first <= code <= last for first, last in _IDEOGRAPHS)


@functools.cache
def bert_uncased() -> WordPiece:
    """Load the tokenizer with BERT's uncased English vocabulary; one for the whole process."""
    packed = files("mistral_rag.local").joinpath("bert_uncased", "vocab.txt.gz").read_bytes()
    words = gzip.decompress(packed).decode().split("\n")
    return WordPiece({word: number for number, word in enumerate(words) if word})
