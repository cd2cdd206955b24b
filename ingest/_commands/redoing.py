"""The command that reads documents of an index anew: redo."""

from __future__ import annotations

import argparse

from ingest._commands.building import run_build
from ingest._commands.looking import add_private
from ingest._commands.naming import named_documents
from ingest._commands.options import add_command, add_ocr, writer_of
from ingest._commands.passwords import add_passwords, given_passwords
from mistral_rag.terminal import UsageError, at_least_one, index_folder

TYPE_CHECKING = False  # importing typing takes as long as starting Python


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program."""
    sub = add_command(
        commands,
        redo,
        "read documents anew, or single pages of them",
        "Their files are parsed once more, and pages that OCR has read are read by it again, at its price. "
        "Nothing else is looked at.",
        epilog="With --page the other pages keep what OCR has read of them. With --ocr always that page is read from "
        "its picture also where it has text.",
    )
    sub.add_argument(
        "sources", nargs="+", metavar="SOURCE", help="a document, as `ingest status` or an answer names it"
    )
    sub.add_argument(
        "--page", type=at_least_one, action="append", metavar="N", help="this page alone is read anew; may be repeated"
    )
    add_ocr(sub)
    add_passwords(sub)
    add_private(sub)


def redo(arguments: argparse.Namespace) -> int:
    """`ingest redo`."""
    folder = index_folder(arguments)
    from pathlib import Path

    from mistral_rag.text import local_path

    with writer_of(folder) as writer:
        states = writer.sources()
    chosen = named_documents(states, arguments.sources)
    roots = []
    for uri in chosen:
        root, path = local_path(states[uri].root) or states[uri].root, local_path(uri)
        if uri.startswith("document:"):
            raise UsageError(f"{states[uri].source.name} came from Python. Give it to: ingest.build(…, rebuild=True)")
        if not root or (path is not None and not Path(path).is_file()):
            raise UsageError(f"the file of {states[uri].source.name} is not there any more. Nothing was changed")
        if states[uri].status == "removed":
            raise UsageError(f"{states[uri].source.name} was taken out. Name its file to: ingest build")
        roots.append(root)
    from ingest._pipeline import Build
    from ingest._planning.redo import Redo
    from ingest.sources._places import LookSettings

    pages = None if arguments.page is None else frozenset(arguments.page)
    work = Build(
        list(dict.fromkeys(roots)),
        folder,
        ocr=arguments.ocr,
        ocr_with=arguments.ocr_with,
        redo=Redo(frozenset(chosen), pages),
        look=LookSettings(allow_private=arguments.allow_private),
        passwords=given_passwords(arguments),
    )
    return run_build(work, arguments)
