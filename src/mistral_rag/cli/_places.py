"""Places of passages and quotes as the terminal shows them: title, path and page, each word once."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.schema import Locator

_WORD = re.compile(r"\w+")
_INDENTED = re.compile(r"^[ \t]+\S", re.MULTILINE)


def place_of(title: str, source: str, locator: Locator | None = None) -> str:
    """The title, the path in brackets, and the page; a title that only repeats the file's name is left out.

    The path tells apart what has one title: editions of a text, files of one name in several folders.
    """
    stem = PurePosixPath(source).stem
    # titles of PDF files end in their file's name already
    own = title.removesuffix(f"({' '.join(stem.replace('_', ' ').split())})").strip()
    named = source if _words(own) <= _words(stem) else f"{own} ({source})"
    if locator is None:
        return named
    if locator.label and not locator.cells and _words(locator.label) == _words(own):
        return f"{named}, {locator.kind} {locator.number}"
    return f"{named}, {locator}"


def is_code(quote: str) -> bool:
    """True for a quote of several lines of which some are indented: on one line it would say something else."""
    return "\n" in quote and _INDENTED.search(quote) is not None


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text.replace("_", " "))}
