"""The `ingest` program: build an index from folders of documents, look at it, keep it in order."""

from __future__ import annotations

import argparse
import sys

from ingest._commands import building, copying, inspecting, redoing, upkeep, watching
from mistral_rag.terminal import EXIT_CODES, CommandParser, run

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run `ingest`; returns the exit code."""
    arguments = _parser().parse_args(argv)
    return run(arguments.command, arguments)


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = CommandParser(
        prog="ingest",
        description="Turn folders of documents into an index that `mistral-rag ask` answers from.",
        epilog="example:\n  ingest build contracts/ --index index/\n  mistral-rag ask 'Who may end it?' --index index/"
        f"\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for room in (building, watching, redoing, inspecting, upkeep, copying):
        room.add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
