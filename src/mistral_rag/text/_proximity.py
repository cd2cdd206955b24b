"""Words that stand together: within one stretch of a text, or near each other."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

NEAR = 6
"""Words this far apart are near each other."""


def window(sought: Collection[str], text: Sequence[str], length: int) -> float:
    """The largest share of `sought` that stands within `length` words of a text."""
    positions = [at for at, word in enumerate(text) if word in sought]
    held: Counter[str] = Counter()
    first = most = 0
    for at in positions:
        held[text[at]] += 1
        while positions[first] < at - length:
            held[text[positions[first]]] -= 1
            first += 1
        most = max(most, sum(count > 0 for count in held.values()))
    return most / max(len(sought), 1)


def near(pairs: Collection[tuple[str, str]], text: Sequence[str]) -> float:
    """The share of pairs of words whose words stand near each other in a text."""
    positions: defaultdict[str, list[int]] = defaultdict(list)
    for at, word in enumerate(text):
        positions[word].append(at)
    close = sum(
        any(_within(at, positions[b]) for at in positions[a]) for a, b in pairs if a in positions and b in positions
    )
    return close / max(len(pairs), 1)


def _within(at: int, positions: Sequence[int]) -> bool:
    nearest = bisect_left(positions, at - NEAR)
    return nearest < len(positions) and positions[nearest] <= at + NEAR
