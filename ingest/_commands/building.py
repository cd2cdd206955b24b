"""The commands that make an index and show what it holds: build, plan, status."""

from __future__ import annotations

import argparse

from ingest._commands.looking import add_look, look_settings, named_sources
from ingest._commands.options import add_command, add_ocr, say_unread
from ingest._commands.passwords import add_passwords, asked_password, given_passwords
from ingest._commands.progress import shown
from mistral_rag.terminal import (
    DONE,
    UNDONE,
    add_groups,
    at_least_one,
    counted,
    dollars,
    index_folder,
    note,
    say,
    say_json,
)

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from ingest._pipeline import Build
    from ingest._report import BuildReport
    from ingest.sources._found import SourceFile
    from mistral_rag.schema import Source

LISTED_FILES = 20
"""Files with something to say that a person is shown: a screenful. `--json` has them all."""

NO_MODEL = "no model (word search only)"


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of this module to the program."""
    _add_build(commands)
    sub = add_command(
        commands,
        plan,
        "what a build would do: files, pages, pages to OCR, tokens, price",
        "Nothing is sent and nothing is written. Without an index everything is new.",
        epilog="Pages and tokens that an earlier build kept are not counted.",
    )
    _add_reading(sub)
    add_command(commands, status, "what an index holds: documents, pages, models, failures")


def _add_build(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = add_command(
        commands,
        build,
        "add what is new, re-do what changed, drop what is gone",
        "Run it again at any time: it does only what is missing, and goes on where a broken run ended. Documents are "
        "found by their words as soon as they are read; vectors follow.",
        epilog="Documents that are gone from a folder named here are dropped, but never when the folder is missing or "
        "empty, and more than a fifth of them only with --prune.\n\nWithout a key (MISTRAL_API_KEY) everything stays "
        "on this machine: local embeddings from the extra [local], or word search alone without it.",
    )
    build_options(sub)
    sub.add_argument("--rebuild", action="store_true", help="read everything again, for example with other models")
    sub.add_argument("--stream", action="store_true", help="with --json: one JSON line a step, the report last")


def build_options(sub: argparse.ArgumentParser) -> None:
    """Add what `build` and `watch` have in common."""
    _add_reading(sub)
    add_groups(
        sub,
        "a group that may read these documents, '*' for everyone; may be repeated (default: those they have). "
        "Once any document names a group, those that name none are hidden",
    )
    sub.add_argument("--prune", action="store_true", help="drop gone documents even when they are many")
    sub.add_argument("--retry-failed", action="store_true", help="read files that failed once more")
    sub.add_argument(
        "--max-cost",
        type=dollars,
        metavar="USD",
        help="stop before the platform costs more than this; the next build goes on (default: no limit)",
    )


def _add_reading(sub: argparse.ArgumentParser) -> None:
    """Add the options that decide which documents are read, and how."""
    add_look(sub)
    sub.add_argument(
        "--embeddings",
        default="auto",
        metavar="MODEL",
        help="auto (default), none, mistral-embed, or a local model as `mistral-rag doctor` lists them",
    )
    add_ocr(sub)
    add_passwords(sub)
    sub.add_argument(
        "--batch",
        action="store_true",
        help="have passages embedded by batch jobs of the platform, for half the price, within a day. Stop it at any "
        "time: the same command goes on with what was ordered",
    )
    sub.add_argument("--workers", type=at_least_one, metavar="N", help="parsing processes (default: one a core)")


def build(arguments: argparse.Namespace) -> int:
    """`ingest build`."""
    folder, passwords, rebuild = index_folder(arguments), given_passwords(arguments), arguments.rebuild
    while True:
        work = build_of(arguments, folder, rebuild=rebuild, passwords=passwords)
        code = run_build(work, arguments)
        password = asked_password(work.report, arguments)
        if not password:
            return code
        passwords, rebuild = [*passwords, password], False


def build_of(
    arguments: argparse.Namespace,
    folder: Path,
    *,
    rebuild: bool = False,
    passwords: Sequence[str] = (),
    is_settled: Callable[[SourceFile], bool] | None = None,
) -> Build:
    """The build that was asked for."""
    from ingest._pipeline import Build

    return Build(
        named_sources(arguments),
        folder,
        embeddings=arguments.embeddings,
        prune=arguments.prune,
        rebuild=rebuild,
        workers=arguments.workers,
        ocr=arguments.ocr,
        ocr_with=arguments.ocr_with,
        groups=arguments.groups,
        max_cost=arguments.max_cost,
        retry_failed=arguments.retry_failed,
        look=look_settings(arguments, is_settled),
        batch=arguments.batch,
        passwords=passwords,
    )


def run_build(work: Build, arguments: argparse.Namespace) -> int:
    """Do a build and show it; gives the exit code."""
    from mistral_rag import errors

    report = work.report
    try:
        with shown(as_json=arguments.json and getattr(arguments, "stream", False)) as show:
            for progress in work:
                show(progress)
    except errors.ApiError:
        # raised at the end of a build that did what needs no platform
        if not arguments.json:
            _summarise(report)
        raise
    for warning in report.warnings:
        note(f"warning: {warning}")
    if arguments.json:
        say_json(report.to_json())
    else:
        _summarise(report)
    return UNDONE if report.undone else DONE


def plan(arguments: argparse.Namespace) -> int:
    """`ingest plan`."""
    from ingest._planning.estimate import estimate

    found = estimate(
        named_sources(arguments),
        arguments.index or None,
        embeddings=arguments.embeddings,
        workers=arguments.workers,
        ocr=arguments.ocr,
        ocr_with=arguments.ocr_with,
        look=look_settings(arguments),
        batch=arguments.batch,
        passwords=given_passwords(arguments),
    )
    if arguments.json:
        say_json(found.to_json())
        return DONE
    pages = f"{counted(found.pages, 'page')}, {found.ocr_pages} of them by {found.ocr or 'OCR'}"
    say(f"{counted(found.files, 'file')} to read, {pages}")
    say(f"{counted(found.tokens, 'token')} to embed with {found.embedding or NO_MODEL}")
    _list(
        "wrong text", [(page["source"], f"p. {page['page']}: {page['reason']}") for page in found.wrong], "such pages"
    )
    say_unread(found.unread)
    priced = f" by the prices of {found.prices_of}" if found.cost else ""
    say("price unknown" if found.cost is None else f"about ${found.cost:.2f}{priced}")
    return DONE


def status(arguments: argparse.Namespace) -> int:
    """`ingest status`."""
    from mistral_rag.index import UnrestrictedReader, vectors_for

    with UnrestrictedReader.open(index_folder(arguments)) as reader, reader.view() as view:
        held = {**reader.status(), **_related([source for source in view.sources() if source.digest])}
    if arguments.json:
        say_json(held)
        return DONE
    failures, doubtful, unread = (held.pop(name) for name in ("failures", "doubtful", "unread"))
    pending, copies, works = (held.pop(name) for name in ("pending", "copies", "versions"))
    for name, value in held.items():
        say(f"{name.replace('_', ' '):12} {value}")
    if pending:
        say(f"pending      {vectors_for(held['chunks'] - pending, held['chunks'])}")
    if not held["documents"]:
        say("empty        nothing can be found; add documents with: ingest build PATH")
    _list("copies", [(names[0], f"the same as {', '.join(names[1:])}") for names in copies], "with copies")
    _list("versions", [(work[0]["source"], _described(work)) for work in works], "in several versions")
    say_unread(unread)
    for failure in failures:
        say(f"failed       {failure['source']}: {failure['reason']}")
    for page in doubtful[:LISTED_FILES]:
        say(f"doubtful     {page['source']}, p. {page['page']}: {page['reason']}")
    if len(doubtful) > LISTED_FILES:
        say(f"… and {len(doubtful) - LISTED_FILES} more doubtful pages; --json lists them all")
    return DONE


def _related(sources: Sequence[Source]) -> dict[str, Any]:
    """Exact copies and versions of one work, by the names of `ingest status --json`."""
    from mistral_rag.retrieval import exact_copies, versions

    return {
        "copies": [[source.name for source in group] for group in exact_copies(sources)],
        "versions": [
            [
                {
                    "source": version.source.name,
                    "edition": ".".join(map(str, version.edition)),
                    "newest": version.newest,
                    "superseded": version.superseded,
                }
                for version in work
            ]
            for work in versions(sources)
        ],
    }


def _described(work: Sequence[Mapping[str, Any]]) -> str:
    """The editions of a work in words: "2024 (newest), 2022 (superseded)"."""
    states = ("newest" if one["newest"] else "superseded" if one["superseded"] else "older" for one in work)
    return ", ".join(f"{one['edition']} ({state})" for one, state in zip(work, states, strict=True))


def _summarise(report: BuildReport) -> None:
    outcomes = [
        f"{report.count(name)} {name.replace('_', ' ')}"
        for name in ("added", "changed", "unchanged", "moved", "regrouped", "removed", "held_back", "failed")
        if report.count(name)
    ]
    say(
        f"{', '.join(outcomes) or 'nothing to do'}; {counted(report.pages, 'page')}{_kinds(report)}, "
        f"{counted(report.chunks, 'chunk')}, {report.embedded} embedded with {report.embedding or NO_MODEL}, "
        f"{report.seconds:.1f} s{_price(report)}"
    )
    _list("hidden", [(file.source, file.hidden_text) for file in report.files if file.hidden], "with hidden text")
    _list("doubtful", [(file.source, file.doubts_text) for file in report.files if file.doubts], "with doubtful text")
    _list("unread", [(file.source, parts) for file in report.files if (parts := file.unread_parts)], "with such parts")
    if report.pending:
        say(f"{counted(report.pending, 'passage')} wait for their vectors; build again to go on")
    if report.nothing_read:
        say("nothing could be read")
    say_unread(report.unread())
    worth_saying = [file for file in report.files if (file.reason or file.was) and file.status != "skipped"]
    for file in worth_saying[:LISTED_FILES]:
        why = "; ".join(part for part in (f"was {file.was}" if file.was else "", file.reason) if part)
        say(f"{file.status.replace('_', ' ')}: {file.source}: {why}")
    if len(worth_saying) > LISTED_FILES:
        say(f"… and {len(worth_saying) - LISTED_FILES} more; --json lists them all")


def _price(report: BuildReport) -> str:
    """The price of a build that asked the platform; nothing for one that did not."""
    if report.cost is None:
        return ", price unknown"
    return f", ${report.cost:.4f}" if report.cost else ""


def _list(name: str, lines: Sequence[tuple[str, str]], remark: str) -> None:
    """Say a line for each of the first files, and how many more there are."""
    for source, text in lines[:LISTED_FILES]:
        say(f"{name}: {source}: {text}")
    if len(lines) > LISTED_FILES:
        say(f"… and {len(lines) - LISTED_FILES} more {remark}; --json lists them all")


def _kinds(report: BuildReport) -> str:
    """Numbers of the pages that have no text of their own, in brackets; nothing where all have."""
    kinds = {"by OCR": report.ocr_pages, "blank": report.blank_pages, "not read": report.failed_pages}
    said = ", ".join(f"{count} {name}" for name, count in kinds.items() if count)
    return f" ({said})" if said else ""
