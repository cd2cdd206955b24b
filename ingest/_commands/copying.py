"""The commands that copy an index: snapshot, export, import."""

from __future__ import annotations

import argparse
import os
import sys

from ingest._commands.options import add_command, tidy, writer_of
from mistral_rag.terminal import DONE, UsageError, counted, index_folder, say, say_json, say_json_line

STANDARD = "-"
"""Stands for standard input or output."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of this module to the program."""
    for add in (_add_snapshot, _add_export, _add_import):
        add(commands)


def _add_snapshot(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = add_command(
        commands,
        snapshot,
        "copy an index as of its last commit",
        "Others may read and write meanwhile. The copy holds everything, also what was paid for, and is an index of "
        "its own. Its caches are made again when it is first searched.",
    )
    sub.add_argument("target", metavar="FOLDER", help="a new or empty folder")


def _add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = add_command(
        commands,
        export,
        "write an index in another form",
        "jsonl: lines of JSON with all documents, pages, passages and vectors, which `ingest import` reads. faiss: the "
        "vectors as an exact FAISS index whose ids are the rows of the passages. frozen: a copy with its caches that "
        "opens where nobody may write, such as a network share. Others may read and write meanwhile.",
    )
    sub.add_argument(
        "target", metavar="TARGET", help=f"a new file, or a new folder (frozen); {STANDARD}: print (jsonl)"
    )
    kinds = sub.add_mutually_exclusive_group()
    kinds.add_argument("--to", choices=("jsonl", "faiss", "frozen"), default="jsonl", help="default: jsonl")
    kinds.add_argument("--frozen", dest="to", action="store_const", const="frozen", help="the same as --to frozen")


def _add_import(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = add_command(
        commands,
        import_,
        "add what `ingest export --to jsonl` wrote",
        "Puts all of it into an index in one commit, in place of documents with the same URI; makes the index when "
        "there is none. It must have been built with the same models. Others may read meanwhile.",
    )
    sub.add_argument("file", metavar="FILE", help=f"lines of JSON; {STANDARD}: standard input")


def snapshot(arguments: argparse.Namespace) -> int:
    """`ingest snapshot`."""
    folder = index_folder(arguments)
    from mistral_rag.index import snapshot as copy

    sequence = copy(folder, arguments.target).sequence
    if arguments.json:
        say_json({"target": arguments.target, "sequence": sequence})
    else:
        say(f"copied to {arguments.target} as of commit {sequence}")
    return DONE


def export(arguments: argparse.Namespace) -> int:
    """`ingest export`."""
    folder, target = index_folder(arguments), arguments.target
    if target == STANDARD and (arguments.json or arguments.to != "jsonl"):
        raise UsageError("only lines of JSON can be printed, and not together with --json. Name a file")
    if arguments.to != "frozen" and os.path.lexists(target):
        raise UsageError(f"{target} is there already; name a new file")
    from mistral_rag import index

    if arguments.to == "frozen":
        count = index.snapshot(folder, target, caches=True).documents
    elif arguments.to == "faiss":
        count = index.export_faiss(folder, target)
    elif target != STANDARD:
        count = index.export_jsonl(folder, target)
    else:
        for line in index.export_lines(folder):
            say_json_line(line)
    noun = "vector" if arguments.to == "faiss" else "document"
    if arguments.json:
        say_json({"target": target, "to": arguments.to, f"{noun}s": count})
    elif target != STANDARD:
        say(f"{counted(count, noun)} written to {target}")
    return DONE


def import_(arguments: argparse.Namespace) -> int:
    """`ingest import`."""
    folder = index_folder(arguments)
    from mistral_rag.index import import_jsonl

    if arguments.file == STANDARD and sys.stdin is None:
        raise UsageError("there is no standard input. Name a file")
    count = import_jsonl(sys.stdin.buffer if arguments.file == STANDARD else arguments.file, folder)
    with writer_of(folder) as writer:
        tidy(writer)
    if arguments.json:
        say_json({"documents": count})
    else:
        say(f"{counted(count, 'document')} imported")
    return DONE
