"""What the commands on an index share: their options, its writer, what follows a change."""

from __future__ import annotations

import argparse
from contextlib import contextmanager

from mistral_rag.terminal import EXIT_CODES, add_common

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mistral_rag.index import IndexWriter


def add_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, more: str
) -> argparse.ArgumentParser:
    """Add a command with the options that every command on an index has; `text` and `more` say what it does."""
    sub = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}. {more}",
        epilog=EXIT_CODES,
    )
    add_common(sub)
    return sub


@contextmanager
def writer_of(folder: Path) -> Iterator[IndexWriter]:
    """The writer of an index that is there."""
    from mistral_rag.index import IndexWriter

    with IndexWriter.open(folder, create=False) as writer:
        yield writer


def tidy(writer: IndexWriter) -> None:
    """Bring what was learned of the documents and the caches in line with them, and commit."""
    from ingest._facts import learn_missing

    learn_missing(writer)
    writer.commit()
    writer.refresh_caches()


def counted(count: int) -> str:
    """So many documents, in words."""
    return f"{count} document" if count == 1 else f"{count} documents"
