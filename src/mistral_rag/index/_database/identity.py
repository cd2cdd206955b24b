"""The identity of an index: two of one identity hold vectors and words that can be compared."""

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Literal

from mistral_rag.errors import IndexDamagedError, IndexMismatchError
from mistral_rag.index._database.rows import plain_json
from mistral_rag.index._folder.commands import rebuild_command
from mistral_rag.index._index_text import TEXT_VERSION

MAX_DIMENSION = 1 << 16


@dataclass(frozen=True, slots=True)
class Identity:
    """Models and versions that shaped what an index holds; `embedding` is empty for word search only.

    `dimension` is that of the vectors (0 without any); `metric` "ip" is the inner product of vectors of any length;
    `chunker`, `tokenizer` and `text` are versions of our own code; `text` is that of `_index_text`.
    """

    embedding: str
    dimension: int
    metric: Literal["cosine", "ip"] = "cosine"
    normalised: bool = True
    chunker: str = ""
    tokenizer: str = ""
    text: str = ""

    @classmethod
    def current(cls, embedding: str, dimension: int, *, chunker: str = "", tokenizer: str = "") -> "Identity":
        """The identity of an index of cosines that this release writes."""
        return cls(embedding, dimension, chunker=chunker, tokenizer=tokenizer, text=TEXT_VERSION)

    def to_json(self) -> str:
        """One line of JSON, always the same for the same identity."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Identity":
        """The identity that `to_json` gave."""
        try:
            found = cls(**plain_json(text))
            if not found._is_plausible():
                raise ValueError(text[:200])
            return found
        except (ValueError, TypeError, RecursionError) as error:
            raise IndexDamagedError("the index does not say what it was built with") from error

    def _is_plausible(self) -> bool:
        kinds = {"dimension": int, "normalised": bool}
        # True is an instance of int
        typed = all(type(getattr(self, field.name)) is kinds.get(field.name, str) for field in fields(self))
        return typed and 0 <= self.dimension <= MAX_DIMENSION and self.metric in {"cosine", "ip"}

    def __str__(self) -> str:
        return f"{self.embedding} ({self.dimension})" if self.embedding else "no embedding model"

    def require(self, wanted: "Identity", where: object) -> None:
        """Raise IndexMismatchError, which names the way out, unless `wanted` is this identity.

        Another tokenizer is no mismatch: the words are a cache, which says itself how it was made.
        """
        wanted = replace(wanted, tokenizer=self.tokenizer)
        if self == wanted:
            return
        if (self.embedding, self.dimension) != (wanted.embedding, wanted.dimension):
            was, asked = str(self), str(wanted)
        else:
            name = next(f.name for f in fields(self) if getattr(self, f.name) != getattr(wanted, f.name))
            was, asked = (f"{name} {getattr(identity, name)!r}" for identity in (self, wanted))
        raise IndexMismatchError(f"{where} was built with {was}; this is {asked}. {rebuild_command(where)}")
