"""The commands that keep an index in order: verify, repair, compact, remove, purge."""

from __future__ import annotations

import argparse
import os

from ingest._commands.naming import named_documents
from ingest._commands.options import add_command, tidy, writer_of
from mistral_rag.terminal import (
    DONE,
    UNDONE,
    UsageError,
    agreed,
    at_least_one,
    can_ask,
    counted,
    index_folder,
    note,
    say,
    say_json,
)

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from typing import Any


SHOWN = 20
"""Names that a person is shown before the rest is counted; `--json` has them all."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of this module to the program."""
    for add in (_add_verify, _add_repair, _add_compact, _add_remove, _add_purge):
        add(commands)


def _add_verify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = add_command(
        commands,
        verify,
        "check that an index holds what was written to it",
        "Reads everything and compares it with the digests that were written. Changes nothing; others may read and "
        "write meanwhile. On damage (exit code 1) run: ingest repair",
    )
    sub.add_argument(
        "--pictures",
        action="store_true",
        help="also read units of PDF and image pages anew from their pictures, and name those that differ; needs the "
        "extra `local` and the original files",
    )
    sub.add_argument(
        "--sample",
        type=at_least_one,
        default=200,
        metavar="N",
        help="with --pictures: about so many units, evenly spread over the pages (default 200)",
    )


def _add_repair(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    add_command(
        commands,
        repair,
        "make a damaged index whole again from what is still there",
        "Says of each document what is lost (exit code 1 when anything is). Deletes nothing: the damaged files move to "
        "quarantine-1 (2, 3, …) inside the index, where their texts stay until you delete that folder or run `ingest "
        "purge`. Pays for nothing: the next `ingest build` reads again what was lost. A sound index is left alone.",
    )


def _add_compact(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    add_command(
        commands,
        compact,
        "give back the room of what was removed or replaced",
        "Writes the database anew without gaps, and new caches. Needs as much free space as the index takes. Texts "
        "that were removed are overwritten already; `ingest purge` also forgets what is kept of them.",
    )


def _add_remove(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = add_command(
        commands,
        remove,
        "take documents out of an index, and leave them out",
        "Later builds of their folder leave them out, too, until the file itself is named. What was paid for them is "
        "kept; `ingest purge` erases it.",
    )
    sub.add_argument("sources", nargs="+", metavar="SOURCE", help="a document's name as search shows it, path or URI")


def _add_purge(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = add_command(
        commands,
        purge,
        "erase removed documents for good",
        "Erases every trace of what was removed before, and of the documents named here: texts, names, kept "
        "embeddings and OCR, caches, and what `repair` set aside. They stay left out of later builds: a digest of "
        "their URI is all that is kept. Copies made by snapshot and export are not touched, nor are the files "
        "themselves. Asks before it does so.",
    )
    sub.add_argument("sources", nargs="*", metavar="SOURCE", help="also remove these: name, path or URI")
    sub.add_argument("--yes", action="store_true", help="don't ask; needed where nobody can answer")


def verify(arguments: argparse.Namespace) -> int:
    """`ingest verify`."""
    from mistral_rag.index import repair_command
    from mistral_rag.index import verify as check

    folder = index_folder(arguments)
    problems = check(folder)
    pending = 0 if problems else _pending(folder)
    pictures = _pictures(folder, arguments) if arguments.pictures and not problems else None
    differs = bool(pictures and pictures["differs"])
    if arguments.json:
        shown = {} if pictures is None else {"pictures": pictures}
        found = {"ok": not problems and not differs, "problems": [str(problem) for problem in problems]}
        say_json({**found, "pending": pending, **shown})
        return UNDONE if problems or differs else DONE
    for problem in problems:
        say(str(problem))
    if problems:
        note(f"damaged. Save what is whole with: {repair_command(folder)}")
        return UNDONE
    say("ok: the index holds what was written to it")
    if pending:
        say(f"pending: {counted(pending, 'passage')} without a vector yet; the next ingest build goes on")
    if pictures is not None:
        _say_pictures(pictures)
    return UNDONE if differs else DONE


def _pending(folder: Path) -> int:
    """The number of passages whose vectors are still to come, which is no damage."""
    from mistral_rag.index import UnrestrictedReader

    with UnrestrictedReader.open(folder) as reader:
        return int(reader.status()["pending"])


def _pictures(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Compare units with the pictures of their pages: how many agree, and those that differ."""
    from collections import Counter

    from ingest._pictures import check_index
    from mistral_rag.errors import MissingExtraError
    from mistral_rag.index import UnrestrictedReader
    from mistral_rag.witness import PictureWitness

    if not PictureWitness().available:
        raise MissingExtraError("comparing texts with pictures", "local")
    with UnrestrictedReader.open(folder) as reader:
        looked_at = list(check_index(reader, sample=arguments.sample))
    counts = Counter(each.sighting.seen for each in looked_at)
    return {
        **{seen: counts[seen] for seen in ("agrees", "differs", "unreadable", "unchecked")},
        "differences": [
            {
                "source": each.source.name,
                "page": each.page.locator.number,
                "text": each.quote,
                "seen_text": each.sighting.text,
            }
            for each in looked_at
            if each.sighting.seen == "differs"
        ],
    }


def _say_pictures(pictures: dict[str, Any]) -> None:
    counts = ", ".join(f"{pictures[seen]} {seen}" for seen in ("agrees", "differs", "unreadable", "unchecked"))
    say(f"pictures: {counts}")
    for each in pictures["differences"]:
        place = f"{each['source']}, p. {each['page']}"
        say(f'{place}: the text says "{_one_line(each["text"])}"')
        say(f'  the picture shows "{_one_line(each["seen_text"] or "")}"')


def _one_line(text: str) -> str:
    return " ".join(text.split())


def repair(arguments: argparse.Namespace) -> int:
    """`ingest repair`."""
    from mistral_rag.index import repair as mend

    folder = index_folder(arguments)
    report = mend(folder)
    if report.problems:
        with writer_of(folder) as writer:
            tidy(writer)
    if arguments.json:
        say_json(report.to_json())
    elif not report.problems:
        say("ok: nothing to repair")
    else:
        _list([f"was wrong: {problem}" for problem in report.problems])
        _list([f"lost: {loss}" for loss in report.losses])
        say(f"repaired: {counted(report.documents, 'document')}; the damaged files are in {report.quarantine}")
        if report.losses:
            note("the next build of their folders reads again what was lost")
    return UNDONE if report.losses else DONE


def compact(arguments: argparse.Namespace) -> int:
    """`ingest compact`."""
    folder = index_folder(arguments)
    with writer_of(folder) as writer:
        before = writer.size_bytes
        if not _rewritten(writer.compact, arguments):
            return UNDONE
        writer.refresh_caches()
    after = writer.size_bytes
    if arguments.json:
        say_json({"size_bytes_before": before, "size_bytes": after})
    else:
        say(f"{_megabytes(before)} before, {_megabytes(after)} now")
    return DONE


def remove(arguments: argparse.Namespace) -> int:
    """`ingest remove`."""
    folder = index_folder(arguments)
    with writer_of(folder) as writer:
        states = writer.sources()
        chosen = named_documents(states, arguments.sources)
        already = [uri for uri in chosen if states[uri].status == "removed"]
        removed = [uri for uri in chosen if uri not in already]
        for uri in removed:
            writer.remove(uri, remember=True)
        tidy(writer)
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
    from ingest._vectors.batch_jobs import drop_texts
    from mistral_rag.text import local_path

    with writer_of(folder) as writer:
        states = writer.sources()
        named = named_documents(states, arguments.sources)
        gone = [*named, *(uri for uri, state in states.items() if state.status == "removed" and uri not in named)]
        gone = [uri for uri in gone if not states[uri].is_erased]
        names = [states[uri].source.name for uri in gone]
        if not (arguments.yes or _agreed(names, folder)):
            note("nothing was erased")
            return UNDONE
        for uri in named:
            writer.remove(uri, remember=True)
        tidy(writer)
        if not _rewritten(writer.purge, arguments):
            return UNDONE
    drop_texts(folder)
    standing = [path for uri in gone if (path := local_path(uri)) and os.path.exists(path)]  # noqa: PTH110 (lighter)
    if arguments.json:
        say_json({"erased": names, "files_still_there": standing})
        return DONE
    _list([f"erased {name}" for name in names])
    say(f"done: {counted(len(names), 'document')} erased; no trace of what was removed is left in {folder}")
    if standing:
        note(f"their files are still there: {', '.join(standing[:SHOWN])}")
    return DONE


def _agreed(names: Sequence[str], folder: Path) -> bool:
    """Ask whether to erase. Raises UsageError where nobody can be asked."""
    if not can_ask():
        raise UsageError("purge erases for good and can't ask here. Add --yes")
    _list(names)
    return agreed(
        f"Erase {counted(len(names), 'document')} from {folder} for good, and all that is kept of removed ones?"
    )


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


def _list(lines: Iterable[str]) -> None:
    every = list(lines)
    for line in every[:SHOWN]:
        say(line)
    if len(every) > SHOWN:
        say(f"… and {len(every) - SHOWN} more; --json lists them all")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
