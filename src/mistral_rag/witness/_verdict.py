"""Verdicts: what the readings of a strip say of the words that are quoted."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mistral_rag.schema import Seen
from mistral_rag.witness._comparison import Comparison, compare, normal, unlearnt
from mistral_rag.witness._strips import Strip
from mistral_rag.witness._turns import MAX_UPRIGHT

ATTEMPTS: Final = 3
"""Readings of a strip that seems to differ, each drawn in another size: chance does not err the same way twice."""
MIN_POINTS: Final = 2.0
"""Height of a line below which nobody reads it on paper."""
MIN_CONFIDENCE: Final = 0.7
"""Mean confidence from which on a reading counts against a quote; print is read with .95 and more."""
SOLID: Final = 0.75
"""Share of ink from which on a box is a bar; bold capitals reach half of it."""
UNLIKE: Final = 0.5
"""Share of edits from which on something else altogether is printed."""
WIDE_IN_NUMBER: Final = 0.5
"""Gap between two digits, in heights of the line, from which on they are two numbers: a digit is that wide."""
MAX_UNREADABLE: Final = 0.1
"""Share of letters in scripts that the recogniser has not learnt; a single one may be a symbol."""
_NUMBER: Final = re.compile(r"[\d.,%()$€£¥+\-\u2010-\u2015\u2212]*\d[\d.,%()$€£¥+\-\u2010-\u2015\u2212]*\d[\d.,%()]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """Outcome of one reading of a strip.

    `ink` is the share of ink in its box, `letters` is True when some of it is as high as a letter, `gaps` are runs
    without ink in fractions of the width, `pixels` is the height of the line.
    """

    text: str
    confidences: tuple[float, ...]
    ink: float
    letters: bool
    gaps: tuple[tuple[float, float], ...]
    pixels: float

    @classmethod
    def of(cls, value: dict[str, Any]) -> "Reading":
        """The reading in a worker's result; raises LookupError, TypeError or ValueError where it is none."""
        return cls(
            str(value["text"]),
            tuple(float(confidence) for confidence in value["confidences"]),
            float(value["ink"]),
            bool(value["letters"]),
            tuple((float(left), float(right)) for left, right in value["gaps"]),
            float(value["pixels"]),
        )

    @property
    def confidence(self) -> float:
        """The mean over the characters."""
        return sum(self.confidences) / len(self.confidences) if self.confidences else 0.0


def is_foreign(text: str) -> bool:
    """True when most letters of a text are of scripts that the recogniser has not learnt."""
    return 2 * unlearnt(text) > sum(map(str.isalpha, unicodedata.normalize("NFKD", text)))


def before_reading(strip: Strip, *, height: float, aspect: float) -> Seen | None:
    """The verdict that needs no reading, None where there is one to be made.

    Args:
        strip: with words.
        height: of the strip, in points.
        aspect: height over width of the strip.
    """
    if height < MIN_POINTS:
        return "differs"
    letters = sum(map(str.isalpha, strip.text))
    if unlearnt(strip.text) > MAX_UNREADABLE * letters or (len(strip.text) > 2 and aspect > MAX_UPRIGHT):
        return "unreadable"
    return None


def verdict(
    strip: Strip, readings: Sequence[Reading], *, height: float, shape: float, foreign: bool = False
) -> Seen | None:
    """The verdict on a strip after some readings; None when another one is needed.

    Args:
        strip: what is quoted.
        readings: so far, in order.
        height: of the strip, in points.
        shape: width of the strip over its height.
        foreign: the strip is part of a quote in a script that the recogniser has not learnt: only ink counts, since
            what it makes of a letter beside a number is as wrong as what it makes of a word.
    """
    last = readings[-1]
    if not strip.words:
        return "agrees" if foreign else _of_gap(readings)
    if not last.ink or last.ink >= SOLID:
        return "differs"
    if (early := before_reading(strip, height=height, aspect=1 / max(shape, 1e-6))) is not None:
        return early
    if foreign:
        return "unreadable"
    if not any(map(str.isalnum, normal(strip.text))):
        return "agrees"
    if any(_is_torn(strip, reading, shape) for reading in readings[:1]):
        return "differs"
    compared = [compare(strip.words, reading.text) for reading in readings]
    if compared[-1].likeness == "same":
        return "agrees"
    if len(readings) > 1 and _confirmed(readings, compared):
        return "differs"
    return "unreadable" if len(readings) >= ATTEMPTS else None


def _of_gap(readings: Sequence[Reading]) -> Seen | None:
    """The verdict on a gap between words: something that can be read there is missing in the quote."""
    words = [
        normal(reading.text)
        for reading in readings
        if reading.confidence >= MIN_CONFIDENCE and sum(map(str.isalnum, reading.text)) > 1
    ]
    if len(words) < len(readings):
        return "agrees"
    if len(readings) == 1:
        return None
    return "differs" if len(set(words)) < len(words) else ("agrees" if len(readings) >= ATTEMPTS else None)


def _confirmed(readings: Sequence[Reading], compared: Sequence[Comparison]) -> bool:
    """True when two readings differ from the quote in the same way, or all from all of it."""
    sure = [
        comparison
        for reading, comparison in zip(readings, compared, strict=True)
        if comparison.likeness == "different" and reading.confidence >= MIN_CONFIDENCE
    ]
    if len(sure) < 2:
        return False
    if all(comparison.share >= UNLIKE for comparison in sure):
        return True
    return any(one.strict & other.strict for at, one in enumerate(sure) for other in sure[:at])


def _is_torn(strip: Strip, reading: Reading, shape: float) -> bool:
    """True when a gap as wide as a digit parts a number: its halves stand in two columns."""
    left, width = strip.box[0], strip.box[2] - strip.box[0]
    for low, high in reading.gaps:
        if (high - low) * shape < WIDE_IN_NUMBER:
            continue
        start, end = left + low * width, left + high * width
        if any(word.left < start and end < word.right and _NUMBER.fullmatch(word.text) for word in strip.words):
            return True
    return False
