"""Batches of texts, filled up to the platform's limits of one request."""

from dataclasses import dataclass, field

from mistral_rag.embeddings._tokens import count, too_long, upper_bound

MAX_TEXTS = 256
"""Texts of one request; the platform refuses more (code 3210)."""

MAX_TOKENS = 16_384
"""Tokens of one request, all texts together; the platform refuses more (code 3210)."""

MAX_INDICES = 4_096
"""Texts of the input that one batch may stand for, duplicates included.

Without a bound a result of `embed_batches` could have as many rows as the input has texts: 4,096 rows of 1,024 float32
are 16 MB.
"""

BLANK_SUBSTITUTE = "."
"""Sent in place of an empty or blank text: platforms refuse those, and the whole request with them."""


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Distinct texts of one request.

    Attributes:
        positions: Each text with its indices in the input.
        long: True for a single text with more tokens than a model takes.
    """

    positions: dict[str, list[int]]
    long: bool = False

    @property
    def indices(self) -> tuple[int, ...]:
        """The input indices of all its texts."""
        return tuple(index for indices in self.positions.values() for index in indices)

    def halves(self) -> tuple["TextBatch", "TextBatch"]:
        """Two batches, of the first and of the second half of the texts."""
        items, half = list(self.positions.items()), len(self.positions) // 2
        return TextBatch(dict(items[:half])), TextBatch(dict(items[half:]))


@dataclass(slots=True)
class BatchBuilder:
    """Builder of one batch after another.

    Tokens are estimated by an upper bound, and counted exactly, which is slower, only when the bounds exceed the limit.
    """

    positions: dict[str, list[int]] = field(default_factory=dict)
    max_texts: int = MAX_TEXTS
    _tokens: int = 0
    _indices: int = 0
    _estimated: list[tuple[str, int]] = field(default_factory=list)

    def add(self, text: str, indices: list[int]) -> TextBatch | None:
        """Add a text with its input indices.

        Returns the batch that was full before, or one of this text alone when it is too long; None otherwise.
        """
        if text in self.positions and self._indices < MAX_INDICES:
            self.positions[text] += indices
            self._indices += len(indices)
            return None
        if too_long(text):
            return TextBatch({text: indices}, long=True)
        bound = upper_bound(text)
        full = None if self._has_room(text, bound) else self.flush()
        self.positions[text] = indices
        self._indices += len(indices)
        self._tokens += bound
        self._estimated.append((text, bound))
        return full

    def flush(self) -> TextBatch | None:
        """Remove and return the present batch; None when it is empty."""
        batch = TextBatch(self.positions) if self.positions else None
        self.positions, self._estimated = {}, []
        self._tokens = self._indices = 0
        return batch

    def _has_room(self, text: str, bound: int) -> bool:
        """True when the text fits; counts exactly when the upper bounds exceed the limit."""
        if len(self.positions) >= self.max_texts or self._indices >= MAX_INDICES:
            return False
        if self._tokens + bound <= MAX_TOKENS:
            return True
        for estimated, size in self._estimated:
            self._tokens += count(estimated) - size
        self._estimated = []
        return self._tokens + min(bound, count(text)) <= MAX_TOKENS


def encodable(text: str, index: int) -> str:
    """The text in a form that the platform takes: surrogate pairs joined, lone ones replaced, blanks substituted.

    Raises:
        TypeError: It is no string.
    """
    if not isinstance(text, str):
        raise TypeError(f"Text {index} is a {type(text).__name__}, not a str.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return BLANK_SUBSTITUTE if not text or text.isspace() else text
