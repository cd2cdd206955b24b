"""The headings above a chunk, from the whole document down to its own section."""

import re
from collections.abc import Sequence

from ingest.chunking._typed_units import TypedUnit
from mistral_rag.schema import Locator
from mistral_rag.text import can_begin

LEVELS = (
    (1, re.compile(r"part\s+[ivx]+\b|teil\s+\w+|partie\s+\w+|parte\s+\w+", re.IGNORECASE)),
    (2, re.compile(r"(?:item|chapter|kapitel|chapitre|capítulo)\s+\d", re.IGNORECASE)),
    (3, re.compile(r"(?:note|section|article|artikel|abschnitt|artículo)\s+\d|§\s*\d", re.IGNORECASE)),
)
NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)\.?\s+(?=\S)")
NAME = re.compile(r"[^\W\d_].*[^\s:;,.!?]|§.*", re.DOTALL)
CHECKBOXES = frozenset("☒☐☑□■✓")
MAX_LEVEL = 9
"""Level of a heading whose words tell nothing; those in capitals are one above."""
MAX_LASTING_LEVEL = 3
"""Levels up to which a heading holds until the next one: parts, items and notes are never closed otherwise."""
MAX_PAGES = 3
"""Pages for which any other heading holds: nothing says where its section ends."""
MAX_HEADING = 120
"""Characters of a heading: what is longer is a sentence in bold."""
MAX_PATH = 12
"""Headings of a path, twice the levels of HTML: they are stored and embedded with every chunk, numbers nest at will."""
SEPARATOR = " > "


class HeadingPath:
    """Follows the headings of a document; levels are read from the words, since a page does not keep them.

    Parts, items and notes hold until the next one; any other heading for three pages.
    """

    def __init__(self, title: str) -> None:
        self._title = title.casefold()
        self._above: tuple[str, ...] = ()
        self._stack: list[tuple[int, str, int]] = []
        self._page = 0

    def enter(self, locator: Locator) -> None:
        """A new page; that of a section brings its own path and forgets the headings before it."""
        self._page += 1
        if locator.kind != "page":
            self._above = tuple(filter(None, locator.label.split(SEPARATOR)))[:MAX_PATH]
            self._stack = []
        oldest = self._page - MAX_PAGES
        self._stack = [entry for entry in self._stack if entry[0] <= MAX_LASTING_LEVEL or entry[2] >= oldest]

    def over(self, text: str, found: Sequence[TypedUnit], first: int, last: int) -> tuple[str, ...]:
        """The path over the chunk of units `first` to `last`: that of its first unit which is no heading."""
        path: tuple[str, ...] | None = None
        for unit in found[first : last + 1]:
            if unit.kind == "heading":
                self._push(" ".join(text[unit.start : unit.end].split()))
            elif path is None:
                path = self._path()
        return self._path() if path is None else path

    def _push(self, heading: str) -> None:
        name = NUMBERED.sub("", heading, count=1)
        if len(heading) > MAX_HEADING or not can_begin(name) or NAME.fullmatch(name) is None:
            return
        if CHECKBOXES & set(heading):
            return
        level = _level(heading)
        while self._stack and self._stack[-1][0] >= level:
            self._stack.pop()
        self._stack.append((level, heading, self._page))

    def _path(self) -> tuple[str, ...]:
        path: list[str] = []
        for heading in (*self._above, *(heading for _, heading, _ in self._stack)):
            if heading.casefold() != self._title and heading not in path[-1:]:
                path.append(heading)
        return tuple(path[:MAX_PATH])


def _level(heading: str) -> int:
    for level, pattern in LEVELS:
        if pattern.match(heading):
            return level
    if numbered := NUMBERED.match(heading):
        return 4 + numbered[1].count(".")
    return MAX_LEVEL - 1 if heading.isupper() else MAX_LEVEL
