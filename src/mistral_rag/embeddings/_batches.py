"""Fills requests with texts, as many as the platform takes at once."""

from dataclasses import dataclass, field

from mistral_rag.embeddings._tokens import at_most, count, too_long

MOST_TEXTS = 256
MOST_TOKENS = 16_384
MOST_PLACES = 4_096
"""Texts of the input that one batch may stand for, equal ones counted each: what bounds the size of its result."""

STAND_IN = "."
"""Sent for a text of blanks, which platforms refuse, together with all that came with it."""


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Different texts for one request, each with the numbers that it has in the input."""

    places: dict[str, list[int]]
    long: bool = False
    """Whether it is one text with more tokens than a model takes."""

    @property
    def indices(self) -> tuple[int, ...]:
        """The numbers of all its texts."""
        return tuple(place for places in self.places.values() for place in places)

    def halves(self) -> tuple["TextBatch", "TextBatch"]:
        """The first texts, and the others."""
        items, half = list(self.places.items()), len(self.places) // 2
        return TextBatch(dict(items[:half])), TextBatch(dict(items[half:]))


@dataclass(slots=True)
class Filling:
    """The batch that is being filled. Nothing is counted exactly before it is close to full."""

    places: dict[str, list[int]] = field(default_factory=dict)
    most_texts: int = MOST_TEXTS
    _tokens: int = 0
    _numbers: int = 0
    _guessed: list[tuple[str, int]] = field(default_factory=list)

    def add(self, text: str, numbers: list[int]) -> TextBatch | None:
        """Put a text in; gives a batch that became full, or was nothing but this text because it is too long."""
        if text in self.places and self._numbers < MOST_PLACES:
            self.places[text] += numbers
            self._numbers += len(numbers)
            return None
        if too_long(text):
            return TextBatch({text: numbers}, long=True)
        guess = at_most(text)
        full = None if self._has_room(text, guess) else self.take()
        self.places[text] = numbers
        self._numbers += len(numbers)
        self._tokens += guess
        self._guessed.append((text, guess))
        return full

    def take(self) -> TextBatch | None:
        """What is in it, None for nothing; it is empty afterwards."""
        taken = TextBatch(self.places) if self.places else None
        self.places, self._guessed = {}, []
        self._tokens = self._numbers = 0
        return taken

    def _has_room(self, text: str, guess: int) -> bool:
        """Whether the text fits in; where the guesses say no, by counting."""
        if len(self.places) >= self.most_texts or self._numbers >= MOST_PLACES:
            return False
        if self._tokens + guess <= MOST_TOKENS:
            return True
        for guessed, size in self._guessed:
            self._tokens += count(guessed) - size
        self._guessed = []
        return self._tokens + min(guess, count(text)) <= MOST_TOKENS


def sendable(text: str, number: int) -> str:
    """The text as it can be sent: halves of surrogate pairs joined or replaced, something where only blanks are."""
    if not isinstance(text, str):
        raise TypeError(f"Text {number} is a {type(text).__name__}, not a str.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return STAND_IN if not text or text.isspace() else text
