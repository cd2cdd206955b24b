"""Numbered units of evidence.

Text of documents is data: its line breaks become blanks, so it cannot start a line of its own in a prompt, and
what looks like a marker is shown in other brackets (``［2］``). Quotes are cut from the page, unchanged.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mistral_rag.grounding._quotes.citations import headers_of
from mistral_rag.grounding._quotes.markup import inert
from mistral_rag.retrieval import Passage
from mistral_rag.schema import CellValue, UnitKind
from mistral_rag.text import drop_invisible

NONCE_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
NONCE_LENGTH = 4
"""31 ** 4 = 923,521 nonces, a few tokens each; a document can't know which is drawn."""
MAX_NAMED_VALUES = 8
"""Values of a row that are shown each with the name of its column; wider rows are read below the row of names."""
MARKER_LIKE = re.compile(r"\[(\s*E?\d{1,4}(?:-\w{1,12})?(?:\s*[,;]\s*E?\d{1,4}(?:-\w{1,12})?)*\s*)\]", re.IGNORECASE)
"""Text that a reader or the parser could take for a marker."""


def new_nonce(texts: Iterable[str] = ()) -> str:
    """Draw a random nonce that occurs in none of `texts`."""
    every = list(texts)
    while True:
        nonce = "".join(secrets.choice(NONCE_ALPHABET) for _ in range(NONCE_LENGTH))
        if not any(nonce in text.lower() for text in every):
            return nonce


def marker(number: int, nonce: str) -> str:
    """Marker of evidence line `number`."""
    return f"[E{number}-{nonce}]"


def defused(text: str) -> str:
    """Escape text of a document for a prompt or answer: one line, what looks like a marker or a link in other brackets.

    A bare text that was added without a file may hold characters that nobody sees: they are left out.
    """
    return inert(MARKER_LIKE.sub(r"［\1］", " ".join(drop_invisible(text).split())))


@dataclass(frozen=True, slots=True)
class EvidenceUnit:
    """A unit that can be cited: the `number`-th line of evidence."""

    number: int
    passage: Passage
    index: int
    rank: int

    @property
    def text(self) -> str:
        """Text of the unit, unchanged."""
        unit = self.passage.page.units[self.index]
        return self.passage.page.text[unit.start : unit.end]

    @property
    def page_key(self) -> tuple[str, int]:
        """The source's uri and the page's number."""
        return self.passage.chunk.uri, self.passage.chunk.page

    @property
    def kind(self) -> UnitKind:
        """Kind of the unit."""
        return self.passage.page.units[self.index].kind

    @property
    def header(self) -> str:
        """Names of this row's columns: the text of the rows that hold them, or names from the page before.

        Empty for other units.
        """
        page = self.passage.page
        rows = [page.units[i] for i in headers_of(page, [self.index])]
        return " ".join(page.text[row.start : row.end] for row in rows) or self.continued_names

    @property
    def continued_names(self) -> str:
        """Names of the columns of a table that goes on from the page before; empty for other units."""
        unit = self.passage.page.units[self.index]
        tables = (table for table in self.passage.page.tables if table.start < unit.end and unit.start < table.end)
        return "  ".join(filter(None, next((table.columns for table in tables if table.continued), ())))

    @property
    def cells(self) -> tuple[CellValue, ...]:
        """The values of a table row; empty for other units."""
        unit = self.passage.page.units[self.index]
        return self.passage.page.cell_values(unit.start, unit.end) if unit.kind == "row" else ()

    @property
    def named_values(self) -> str:
        """The values of a table row, each with the name of its column ("Actual: 289; Variance: -23").

        Empty for other units, where no column has a name, and for more values than a reader takes in.
        """
        return named_values(self.cells)


def named_values(cells: Sequence[CellValue]) -> str:
    """The values that have a column's name, in their order; empty for more than `MAX_NAMED_VALUES`."""
    named = [f"{cell.column}: {cell.value}" for cell in cells if cell.column]
    return "; ".join(named) if len(named) <= MAX_NAMED_VALUES else ""


def gather(passages: Iterable[Passage], *, budget: int) -> list[EvidenceUnit]:
    """Gather the units of passages (best first), each once, up to `budget` characters.

    Units of one page are together, in the page's order. There is at least one unit, however long.
    """
    pages: dict[tuple[str, int], dict[int, tuple[Passage, int]]] = {}
    used = 0
    for rank, passage in enumerate(passages):
        chunk = passage.chunk
        held = pages.setdefault((chunk.uri, chunk.page), {})
        for index in range(chunk.first_unit, min(chunk.last_unit + 1, len(passage.page.units))):
            unit = passage.page.units[index]
            size = unit.end - unit.start
            if index in held or (used and used + size > budget):
                continue
            held[index] = (passage, rank)
            used += size
    lines = [(passage, index, rank) for held in pages.values() for index, (passage, rank) in sorted(held.items())]
    return [EvidenceUnit(number, *line) for number, line in enumerate(lines, start=1)]
