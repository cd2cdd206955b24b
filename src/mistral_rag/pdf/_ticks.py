"""Ticks: a letter or a sign by itself in a small square that is drawn around it."""

from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Final

from mistral_rag.pdf._characters import PageWords
from mistral_rag.pdf._geometry import Rectangle
from mistral_rag.pdf._tables.rulings import Ruling, Rulings

_SIGNS: Final = MappingProxyType({**dict.fromkeys("xX×✕✖✗✘", "☒"), **dict.fromkeys("✓✔", "☑")})
_MIN_SIDE: Final = 5.0
"""Points; a smaller square is a bullet."""
_MAX_SIDE: Final = 2.0
"""Side of a box against the height of its letter, whose font has room above and below: a larger one is a cell."""
_MAX_UNEVEN: Final = 0.25
"""Share by which the sides of a square may differ."""
_MAX_LONGER: Final = 3.0
"""Points by which a rule may be longer than the side of a square: the rules of a table run on."""


def with_ticks(words: PageWords, rulings: Callable[[], Rulings]) -> PageWords:
    """The words with those that tick a box as ☒ and ☑; `rulings` finds the rules of their page."""
    marks = [at for at, text in enumerate(words.texts) if text in _SIGNS and words.angles[at] == 0]
    ticked = [at for at in marks if _is_boxed(Rectangle(*words.boxes[at].tolist()), rulings())]
    if not ticked:
        return words
    texts = list(words.texts)
    for at in ticked:
        texts[at] = _SIGNS[texts[at]]
    return words._replace(texts=texts)


def _is_boxed(mark: Rectangle, rulings: Rulings) -> bool:
    """True when four rules as long as they are apart stand around the middle of a mark."""
    x, y = (mark.left + mark.right) / 2, (mark.top + mark.bottom) / 2
    limit = _MAX_SIDE * (mark.bottom - mark.top)
    upright = _around(rulings.down, x, y, limit)
    level = _around(rulings.across, y, x, limit)
    if upright is None or level is None:
        return False
    sides = upright[1] - upright[0], level[1] - level[0]
    return min(sides) >= _MIN_SIDE and max(sides) <= limit and max(sides) - min(sides) <= _MAX_UNEVEN * max(sides)


def _around(rules: Iterable[Ruling], place: float, along: float, limit: float) -> tuple[float, float] | None:
    """Places of the nearest two short rules on either side of a place, which pass by `along`; None without both."""
    beside = [
        rule.place for rule in rules if rule.low < along < rule.high and rule.high - rule.low <= limit + _MAX_LONGER
    ]
    before, behind = [at for at in beside if at <= place], [at for at in beside if at > place]
    return (max(before), min(behind)) if before and behind else None
