"""Sentences that refuse a name nobody knows, with the nearest one that is known."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

MAX_NAMES: Final = 40
"""Names that are listed for a misspelt one: a few lines."""


def refusal(what: str, name: str, known: Collection[str]) -> str:
    """Say that there is no such name: "no setting top_k; did you mean k?", or else which ones there are."""
    near = nearest(name, known)
    if near is not None:
        return f"{what} {name}; did you mean {near}?"
    return f"{what} {name}; there are: {listed(known)}"


def listed(names: Collection[str]) -> str:
    """The names in their order, as many as are read."""
    return ", ".join(sorted(names)[:MAX_NAMES]) + (" …" if len(names) > MAX_NAMES else "")


def nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that was meant: one that is a part of the name ("k" of "top_k"), else the closest in letters."""
    parts = name.lower().split("_")
    inside = [one for one in known if one.lower() in parts]
    if inside:
        return max(inside, key=len)
    close = get_close_matches(name.lower(), list(known), n=1)
    return close[0] if close else None
