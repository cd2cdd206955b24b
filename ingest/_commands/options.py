"""Parts that commands on an index share: their options, its writer, the work that follows a change."""

from __future__ import annotations

import argparse
from contextlib import contextmanager

from mistral_rag.terminal import EXIT_CODES, add_common, say

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from mistral_rag.index import IndexWriter

    Command = Callable[[argparse.Namespace], int]


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    run: Command,
    text: str,
    more: str = "",
    *,
    epilog: str = "",
) -> argparse.ArgumentParser:
    """Add a command, called as the function that runs it, with the options that every command on an index has.

    `text` says in a line what it does, `more` goes on in its own help, `epilog` stands below its options.
    """
    sub = commands.add_parser(
        run.__name__.rstrip("_"),
        help=text,
        description=f"{text[0].upper()}{text[1:]}. {more}".rstrip(),
        epilog=f"{epilog}\n\n{EXIT_CODES}" if epilog else EXIT_CODES,
        formatter_class=_Paragraphs,
    )
    add_common(sub)
    sub.set_defaults(command=run)
    return sub


def add_pictured(sub: argparse.ArgumentParser) -> None:
    """Add the option that says which pages are read from their pictures."""
    sub.add_argument(
        "--ocr",
        choices=("auto", "always", "never"),
        default="auto",
        help="which pages are read from their pictures: those without usable text (auto, default), all, or none",
    )


class _Paragraphs(argparse.HelpFormatter):
    """Help whose texts may have several paragraphs; argparse itself runs them together, or leaves them unwrapped."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        fill = super()._fill_text
        return "\n\n".join(fill(paragraph, width, indent) for paragraph in text.split("\n\n"))


def add_ocr(sub: argparse.ArgumentParser) -> None:
    """Add the options that say which pages are read from their pictures, and by what."""
    add_pictured(sub)
    sub.add_argument(
        "--ocr-with",
        choices=("auto", "mistral", "local"),
        default="auto",
        help="what reads them: Mistral OCR with a key, this machine without one (auto, default), or one of the two",
    )


LISTED_NAMES = 3
"""Names of files of one kind that a person is shown before the rest is counted."""


def say_unread(unread: Sequence[Mapping[str, Any]]) -> None:
    """Say which files are not read, a line for each reason, and what to do about types that no parser takes."""
    for one in unread:
        names = list(one["names"][:LISTED_NAMES])
        more = f" and {one['count'] - len(names)} more" if one["count"] > len(names) else ""
        say(f"skipped {one['count']}: {one['reason']}: {', '.join(names)}{more}")
    if any(str(one["reason"]).startswith("type ") and ":" not in one["reason"] for one in unread):
        say("no parser takes these types: convert such files to PDF, or install a package that reads them")


@contextmanager
def writer_of(folder: Path) -> Iterator[IndexWriter]:
    """The writer of an index that is there."""
    from mistral_rag.index import IndexWriter

    with IndexWriter.open(folder, create=False) as writer:
        yield writer


def tidy(writer: IndexWriter) -> None:
    """Bring profiles and caches in line with the documents; commit."""
    from ingest._profiles import learn_missing

    learn_missing(writer)
    writer.commit()
    writer.refresh_caches()
