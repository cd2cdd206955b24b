"""Marks of lists that are set in symbol fonts, whose codes for private use mean nothing in any other font."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "\uf0b7": "•",
        "\uf09f": "•",
        "\uf06c": "●",
        "\uf06e": "■",
        "\uf076": "❖",
        "\uf077": "◆",
        "\uf0a7": "▪",
        "\uf0d8": "➢",
        "\uf0e8": "➔",
        "\uf0fc": "✓",
    }
)
"""The bullets that office programs offer: the first of Symbol, the others of Wingdings.

Boxes to tick are not among them: what is beside one says whether it is one.
"""


def bullet(word: str) -> str:
    """The word, or the sign that it shows when it is a mark of a list alone."""
    return _SIGNS.get(word, word)
