"""BERT's uncased WordPiece tokenizer.

The vocabulary lies in `bert_uncased/` (Apache License 2.0, see the notice there). Every white-space separated
word is cut once and remembered, since the words of a collection repeat.
"""

import gzip
import unicodedata
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

LONGEST_WORD = 100
"""Characters; BERT calls longer words unknown."""

REMEMBERED = 200_000
"""Words kept with their pieces, about 40 MB when full."""

_CONTROL_SPACES = dict.fromkeys(map(ord, "\x0b\x0c\x1c\x1d\x1e\x1f\x85"))
_DROPPED = frozenset({"Cc", "Cf", "Co", "Cs"})
_IDEOGRAPHS = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


class WordPiece:
    """Text to piece numbers. Text that looks like a special token ("[SEP]") is cut like any other text."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        self._vocabulary = vocabulary
        self._known: dict[str, tuple[int, ...]] = {}
        self.first, self.last, self.unknown = (vocabulary[name] for name in ("[CLS]", "[SEP]", "[UNK]"))

    def encode(self, text: str, *, longest: int) -> npt.NDArray[np.int64]:
        """Piece numbers between [CLS] and [SEP]; pieces behind the first ``longest - 2`` are cut off."""
        pieces = [self.first]
        known = self._known
        for word in text.translate(_CONTROL_SPACES).split():
            found = known.get(word)
            pieces.extend(found if found is not None else self._learn(word))
            if len(pieces) >= longest:
                break
        return np.array([*pieces[: longest - 1], self.last], dtype=np.int64)

    def _learn(self, word: str) -> tuple[int, ...]:
        pieces = tuple(piece for part in split_word(word) for piece in self._cut(part))
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[word] = pieces
        return pieces

    def _cut(self, part: str) -> list[int]:
        if len(part) > LONGEST_WORD:
            return [self.unknown]
        pieces: list[int] = []
        start = 0
        while start < len(part):
            start, piece = self._longest_piece(part, start)
            if piece is None:
                return [self.unknown]
            pieces.append(piece)
        return pieces

    def _longest_piece(self, part: str, start: int) -> tuple[int, int | None]:
        before = "##" if start else ""
        for end in range(len(part), start, -1):
            piece = self._vocabulary.get(before + part[start:end])
            if piece is not None:
                return end, piece
        return start, None


def split_word(word: str) -> list[str]:
    """A word without white space, as BERT normalises it and splits it at punctuation and ideographs."""
    if word.isascii() and word.isalnum():
        return [word.lower()]
    parts: list[str] = []
    open_part = ""
    for char in _normalised(word):
        if char == " " or _stands_alone(char):
            parts += [open_part, char.strip()]
            open_part = ""
        else:
            open_part += char
    return [part for part in (*parts, open_part) if part]


def _normalised(word: str) -> str:
    kept = (char for char in word if char != "\ufffd" and unicodedata.category(char) not in _DROPPED)
    spaced = "".join(f" {char} " if _is_ideograph(char) else char for char in kept)
    bare = (char for char in unicodedata.normalize("NFD", spaced) if unicodedata.category(char) != "Mn")
    return "".join(bare).lower()


def _stands_alone(char: str) -> bool:
    ascii_sign = char.isascii() and char.isprintable() and not char.isalnum()
    return ascii_sign or unicodedata.category(char)[0] == "P"


def _is_ideograph(char: str) -> bool:
    code = ord(char)
    return code >= 0x3400 and any(first <= code <= last for first, last in _IDEOGRAPHS)


@cache
def bert_uncased() -> WordPiece:
    """The tokenizer over BERT's uncased English vocabulary; one for the whole process."""
    packed = files("mistral_rag.local").joinpath("bert_uncased", "vocab.txt.gz").read_bytes()
    words = gzip.decompress(packed).decode().split("\n")
    return WordPiece({word: number for number, word in enumerate(words) if word})
