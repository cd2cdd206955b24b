"""The commands that keep an index in order: verify, repair, compact, remove, purge, snapshot, export, import."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager

from mistral_rag.terminal import DONE, EXIT_CODES, UNDONE, UsageError, add_common, index_folder, note, say, say_json

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import IO

    from mistral_rag.store.writer import IndexWriter, SourceState

SHOWN = 20
"""Names that a person is shown before the rest is counted; `--json` has them all."""

STANDARD = "-"
"""Stands for standard input or output."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of this module to the program."""
    for add in (
        _add_verify,
        _add_repair,
        _add_compact,
        _add_remove,
        _add_purge,
        _add_snapshot,
        _add_export,
        _add_import,
    ):
        add(commands)


def _parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, more: str
) -> argparse.ArgumentParser:
    sub = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}. {more}",
        epilog=EXIT_CODES,
    )
    add_common(sub)
    return sub


def _add_verify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _parser(
        commands,
        "verify",
        "check that an index holds what was written to it",
        "Reads everything and compares it with the digests that were written. Changes nothing; others may read and "
        "write meanwhile. On damage (exit code 1) run: ingest repair",
    )
    sub.set_defaults(command=verify)


def _add_repair(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _parser(
        commands,
        "repair",
        "make a damaged index whole again from what is still there",
        "Says of each document what is lost (exit code 1 when anything is). Deletes nothing: the damaged files move to "
        "quarantine-1 (2, 3, …) inside the index, where their texts stay until you delete that folder or run `ingest "
        "purge`. Pays for nothing: the next `ingest build` reads again what was lost. A sound index is left alone.",
    )
    sub.set_defaults(command=repair)


def _add_compact(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _parser(
        commands,
        "compact",
        "give back the room of what was removed or replaced",
        "Writes the database anew without gaps, and new caches. Needs as much free space as the index takes. Texts "
        "that were removed are overwritten already; `ingest purge` also forgets what is kept of them.",
    )
    sub.set_defaults(command=compact)


def _add_remove(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _parser(
        commands,
        "remove",
        "take documents out of an index, and leave them out",
        "Later builds of their folder leave them out, too, until the file itself is named. What was paid for them is "
        "kept; `ingest purge` erases it.",
    )
    sub.add_argument("sources", nargs="+", metavar="SOURCE", help="a document's name as search shows it, path or URI")
    sub.set_defaults(command=remove)


def _add_purge(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _parser(
        commands,
        "purge",
        "erase removed documents for good",
        "Erases every trace of what was removed before, and of the documents named here: texts, names, kept "
        "embeddings and OCR, caches, and what `repair` set aside. They stay left out of later builds: a digest of "
        "their URI is all that is kept. Copies made by snapshot and export are not touched, nor are the files "
        "themselves. Asks before it does so.",
    )
    sub.add_argument("sources", nargs="*", metavar="SOURCE", help="also remove these: name, path or URI")
    sub.add_argument("--yes", action="store_true", help="don't ask; needed where nobody can answer")
    sub.set_defaults(command=purge)


def _add_snapshot(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _parser(
        commands,
        "snapshot",
        "copy an index as of its last commit",
        "Others may read and write meanwhile. The copy holds everything, also what was paid for, and is an index of "
        "its own. Its caches are made again when it is first searched.",
    )
    sub.add_argument("target", metavar="FOLDER", help="a new or empty folder")
    sub.set_defaults(command=snapshot)


def _add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _parser(
        commands,
        "export",
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
    sub.set_defaults(command=export)


def _add_import(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _parser(
        commands,
        "import",
        "add what `ingest export --to jsonl` wrote",
        "Puts all of it into an index in one commit, in place of documents with the same URI; makes the index when "
        "there is none. It must have been built with the same models. Others may read meanwhile.",
    )
    sub.add_argument("file", metavar="FILE", help=f"lines of JSON; {STANDARD}: standard input")
    sub.set_defaults(command=import_)


def verify(arguments: argparse.Namespace) -> int:
    """`ingest verify`."""
    from mistral_rag.store.check import verify as check

    folder = index_folder(arguments)
    problems = check(folder)
    if arguments.json:
        say_json({"ok": not problems, "problems": [str(problem) for problem in problems]})
        return UNDONE if problems else DONE
    for problem in problems:
        say(str(problem))
    if problems:
        note(f"damaged. Save what is whole with: ingest repair --index {folder}")
        return UNDONE
    say("ok: the index holds what was written to it")
    return DONE


def repair(arguments: argparse.Namespace) -> int:
    """`ingest repair`."""
    from mistral_rag.store.repair import repair as mend

    folder = index_folder(arguments)
    report = mend(folder)
    if report.problems:
        with _writer(folder) as writer:
            _tidy(writer)
    if arguments.json:
        say_json(report.to_json())
    elif not report.problems:
        say("ok: nothing to repair")
    else:
        _list([f"was wrong: {problem}" for problem in report.problems])
        _list([f"lost: {loss}" for loss in report.losses])
        say(f"repaired: {_documents(report.documents)}; the damaged files are in {report.quarantine}")
        if report.losses:
            note("the next build of their folders reads again what was lost")
    return UNDONE if report.losses else DONE


def compact(arguments: argparse.Namespace) -> int:
    """`ingest compact`."""
    folder = index_folder(arguments)
    from mistral_rag.store.status import size_of

    with _writer(folder) as writer:
        before = size_of(folder)
        if not _rewritten(writer.compact, arguments):
            return UNDONE
        writer.refresh_caches()
    after = size_of(folder)
    if arguments.json:
        say_json({"size_bytes_before": before, "size_bytes": after})
    else:
        say(f"{_megabytes(before)} before, {_megabytes(after)} now")
    return DONE


def remove(arguments: argparse.Namespace) -> int:
    """`ingest remove`."""
    folder = index_folder(arguments)
    with _writer(folder) as writer:
        states = writer.sources()
        chosen = _named(states, arguments.sources)
        already = [uri for uri in chosen if states[uri].status == "removed"]
        removed = [uri for uri in chosen if uri not in already]
        for uri in removed:
            writer.remove(uri, remember=True)
        _tidy(writer)
    names = {uri: states[uri].source.name for uri in chosen}
    if arguments.json:
        say_json({"removed": [names[uri] for uri in removed], "already": [names[uri] for uri in already]})
        return DONE
    _list([f"removed {names[uri]}" for uri in removed])
    _list([f"was removed already: {names[uri]}" for uri in already])
    return DONE


def purge(arguments: argparse.Namespace) -> int:
    """`ingest purge`."""
    folder = index_folder(arguments)
    from mistral_rag.store.states import ERASED

    with _writer(folder) as writer:
        states = writer.sources()
        named = _named(states, arguments.sources)
        gone = [*named, *(uri for uri, state in states.items() if state.status == "removed" and uri not in named)]
        gone = [uri for uri in gone if not uri.startswith(ERASED)]
        names = [states[uri].source.name for uri in gone]
        if not (arguments.yes or _agreed(names, folder)):
            note("nothing was erased")
            return UNDONE
        for uri in named:
            writer.remove(uri, remember=True)
        _tidy(writer)
        if not _rewritten(writer.purge, arguments):
            return UNDONE
    standing = [path for uri in gone if (path := _file_of(uri)) and os.path.exists(path)]  # noqa: PTH110 (lighter)
    if arguments.json:
        say_json({"erased": names, "files_still_there": standing})
        return DONE
    _list([f"erased {name}" for name in names])
    say(f"done: {_documents(len(names))} erased; no trace of what was removed is left in {folder}")
    if standing:
        note(f"their files are still there: {', '.join(standing[:SHOWN])}")
    return DONE


def _agreed(names: Sequence[str], folder: Path) -> bool:
    """Ask whether to erase. Raises UsageError where nobody can be asked."""
    if not sys.stdin.isatty():
        raise UsageError("purge erases for good and can't ask here. Add --yes")
    _list(names)
    note(f"Erase {_documents(len(names))} from {folder} for good, and all that is kept of removed ones? [y/N]")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def snapshot(arguments: argparse.Namespace) -> int:
    """`ingest snapshot`."""
    folder = index_folder(arguments)
    from mistral_rag.store.copies import snapshot as copy

    sequence = copy(folder, arguments.target)
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
    from mistral_rag.store import copies

    if arguments.to == "frozen":
        count = copies.freeze(folder, target)
    elif arguments.to == "faiss":
        count = copies.export_faiss(folder, target)
    else:
        with _output(target) as file:
            count = -1
            for line in copies.export_lines(folder):
                file.write(line + "\n")
                count += 1
    what = "vectors" if arguments.to == "faiss" else "documents"
    if arguments.json:
        say_json({"target": target, "to": arguments.to, what: count})
    elif target != STANDARD:
        say(f"{count} {what} written to {target}")
    return DONE


def import_(arguments: argparse.Namespace) -> int:
    """`ingest import`."""
    folder = index_folder(arguments)
    from mistral_rag.store.copies import import_lines

    with _input(arguments.file) as lines:
        count = import_lines(lines, folder)
    with _writer(folder) as writer:
        _tidy(writer)
    if arguments.json:
        say_json({"documents": count})
    else:
        say(f"{_documents(count)} imported")
    return DONE


def _rewritten(rewrite: Callable[[], int], arguments: argparse.Namespace) -> bool:
    """Rewrite the database; says so when a reader keeps its old pages."""
    from mistral_rag.errors import IndexLockedError

    try:
        rewrite()
    except IndexLockedError as error:
        note(f"not finished: {error}")
        if arguments.json:
            say_json({"error": str(error), "exit_code": UNDONE})
        return False
    return True


@contextmanager
def _writer(folder: Path) -> Iterator[IndexWriter]:
    from mistral_rag.store.writer import IndexWriter

    with IndexWriter.open(folder, create=False) as writer:
        yield writer


def _tidy(writer: IndexWriter) -> None:
    """Bring what was learned of the documents and the caches in line with them, and commit."""
    from ingest.facts import learn_facts

    learn_facts(writer)
    writer.commit()
    writer.refresh_caches()


def _named(states: dict[str, SourceState], asked: Sequence[str]) -> list[str]:
    """The uris of the documents asked for; nothing is done when one of them is not known or not the only one."""
    chosen = []
    for name in asked:
        found = _matches(states, name)
        if not found:
            raise UsageError(f"the index holds no document {name}{_like(states, name)} Nothing was changed")
        if len(found) > 1:
            raise UsageError(f"{len(found)} documents are called {name}; name one by its URI: {', '.join(found)}")
        chosen += found
    return list(dict.fromkeys(chosen))


def _matches(states: dict[str, SourceState], name: str) -> list[str]:
    if name in states:
        return [name]
    found = [uri for uri, state in states.items() if state.source.name == name]
    if len(found) == 1:
        return found
    from pathlib import Path

    by_path = [uri for uri in {Path(name).absolute().as_uri(), Path(name).resolve().as_uri()} if uri in states]
    return by_path[:1] or found


def _like(states: dict[str, SourceState], name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, [state.source.name for state in states.values()], n=1)
    return f"; is it {close[0]}?" if close else "."


def _file_of(uri: str) -> str | None:
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(uri)
    return unquote(parts.path) if parts.scheme == "file" else None


@contextmanager
def _output(target: str) -> Iterator[IO[str]]:
    if target == STANDARD:
        yield sys.stdout
        return
    from mistral_rag.store.copies import new_file

    with new_file(target) as path, path.open("w", encoding="utf-8") as file:
        yield file


@contextmanager
def _input(name: str) -> Iterator[Iterable[str]]:
    if name == STANDARD:
        yield sys.stdin
        return
    from mistral_rag.errors import SourceNotFoundError

    try:
        file = open(name, encoding="utf-8")  # noqa: PTH123, SIM115 (lighter; closed below)
    except OSError as error:
        raise SourceNotFoundError(f"can't read {name}: {error.strerror or error}") from error
    with file:
        yield file


def _list(lines: Iterable[str]) -> None:
    every = list(lines)
    for line in every[:SHOWN]:
        say(line)
    if len(every) > SHOWN:
        say(f"… and {len(every) - SHOWN} more; --json lists them all")


def _documents(count: int) -> str:
    return f"{count} document" if count == 1 else f"{count} documents"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
