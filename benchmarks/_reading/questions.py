"""Questions about single numbers of tables, made from the labelled set, and what a right answer quotes."""

import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._reading.characters import letters, words
from benchmarks._reading.real import cut_out
from benchmarks._reading.score import right
from benchmarks._reading.truth import Document, Expected, PageTruth, Table
from mistral_rag.schema import Answer, Citation

MADE, REAL = 64, 56
"""Questions about generated tables and about real ones: 120."""


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """A question about one value of a table; `table_words` are all words of it."""

    text: str
    document: str
    expected: Expected
    table_words: frozenset[str]
    hard: bool

    @property
    def source(self) -> str:
        """Name of the file below the folder of `collect`."""
        return f"{self.document}.pdf"


def questions(documents: Sequence[Document]) -> list[TableQuestion]:
    """The same questions each time: so many a table that there are as many real ones as made ones."""
    with_tables = [document for document in documents if has_tables(document)]
    real = [document for document in with_tables if document.shared]
    made = [document for document in with_tables if not document.shared]
    return [*_spread(made, MADE), *_spread(real, REAL)]


def has_tables(document: Document) -> bool:
    """True for a PDF with tables."""
    return document.file.endswith(".pdf") and any(page.tables for page in document.pages)


def _spread(documents: Sequence[Document], count: int) -> list[TableQuestion]:
    """One question of each table, then a second of each, until there are enough."""
    own = [list(_of_table(document, page, table)) for document, page, table in _tables(documents)]
    found: list[TableQuestion] = []
    for turn in range(max(map(len, own), default=0)):
        found += [several[turn] for several in own if turn < len(several)]
    return found[:count]


def _tables(documents: Sequence[Document]) -> Iterator[tuple[Document, PageTruth, Table]]:
    for document in documents:
        for page in document.pages:
            for table in page.tables:
                yield document, page, table


def _of_table(document: Document, page: PageTruth, table: Table) -> Iterator[TableQuestion]:
    """Questions about values that their names tell apart, in an order of chance."""
    every = list(table.expected())
    named = Counter((one.row, one.others[0], one.column) for one in every)
    without_group = Counter((one.row, one.column) for one in every)
    rng = random.Random(f"{document.name} {page.number} {table.region}")  # noqa: S311 - the same each time
    own = frozenset(words(page.regions[table.region].text)) | frozenset(words(" ".join(table.names())))
    for one in rng.sample(every, len(every)):
        unique = named[one.row, one.others[0], one.column] == 1
        if unique and one.row and one.column and any(map(str.isdigit, one.value)):
            group = f" ({one.others[0].rstrip(':')})" if without_group[one.row, one.column] > 1 else ""
            text = f"What is the figure for {_plain(', '.join(one.row) + group)} under {_plain(one.column)}?"
            yield TableQuestion(text, document.name, one, own, table.hard)


def _plain(text: str) -> str:
    return re.sub(r"[\^_]\{.*?\}", "", text)


def collect(documents: Sequence[Document], folder: Path) -> None:
    """Put the files with tables into a folder; of those that are not in the repository only the labelled pages."""
    for document in documents:
        path, _ = cut_out(document, folder)
        if path.parent != folder:
            shutil.copy(path, folder)


def row_found(question: TableQuestion, answer: Answer) -> bool:
    """True when some quote holds the row: its names and the number."""
    return any(_holds(question, citation) for citation in answer.citations)


def _holds(question: TableQuestion, citation: Citation) -> bool:
    quote = citation.quote or ""
    names = set(words(" ".join(question.expected.row)))
    return names <= set(words(quote)) and letters(question.expected.value) in letters(quote)


def rightly_cited(question: TableQuestion, answer: Answer) -> bool:
    """True when the first quote has the number under its heads and in its row, and no word of anything else."""
    if not answer.citations:
        return False
    first = answer.citations[0]
    cells = ((cell.value, cell.column, cell.row) for cell in first.cells)
    return any(right(question.expected, cell) for cell in cells) and not strange(question, first)


def strange(question: TableQuestion, citation: Citation) -> set[str]:
    """Words of a quote that do not stand in the table."""
    return set(words(citation.quote or "")) - question.table_words
