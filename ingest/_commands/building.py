"""The commands that make an index and show what it holds: build, plan, status."""

from __future__ import annotations

import argparse
from contextlib import contextmanager

from ingest._commands.options import add_command
from mistral_rag.terminal import (
    DONE,
    UNDONE,
    add_groups,
    at_least_one,
    bare_stderr,
    counted,
    index_folder,
    note,
    one_line,
    say,
    say_json,
)

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest._pipeline import Build
    from ingest._report import BuildReport, Progress

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
        "Nothing is sent and nothing is written.",
        epilog="Pages and tokens that an earlier build kept are not counted.",
    )
    _add_reading(sub)
    add_command(commands, status, "what an index holds: documents, pages, models, failures")


def _add_build(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = add_command(
        commands,
        build,
        "add what is new, re-do what changed, drop what is gone",
        "Run it again at any time: it does only what is missing, and goes on where a broken run ended.",
        epilog="Documents that are gone from a folder named here are dropped, but never when the folder is missing or "
        "empty, and more than a fifth of them only with --prune.\n\nWithout a key (MISTRAL_API_KEY) everything stays "
        "on this machine: local embeddings from the extra [local], or word search alone without it.",
    )
    _add_reading(sub)
    add_groups(
        sub,
        "a group that may read these documents, '*' for everyone; may be repeated (default: those they have). "
        "Once any document names a group, those that name none are hidden",
    )
    sub.add_argument("--prune", action="store_true", help="drop gone documents even when they are many")
    sub.add_argument("--rebuild", action="store_true", help="read everything again, for example with other models")


def _add_reading(sub: argparse.ArgumentParser) -> None:
    """Add the options that decide which documents are read, and how."""
    sub.add_argument("paths", nargs="+", metavar="PATH", help="files and folders (PDF, images, Markdown, HTML, text)")
    sub.add_argument(
        "--embeddings",
        default="auto",
        metavar="MODEL",
        help="auto (default), none, mistral-embed, or a local model as `mistral-rag doctor` lists them",
    )
    sub.add_argument(
        "--ocr",
        choices=("auto", "always", "never"),
        default="auto",
        help="which pages are read from their pictures: those without usable text (auto, default), all, or none",
    )
    sub.add_argument(
        "--ocr-with",
        choices=("auto", "mistral", "local"),
        default="auto",
        help="what reads them: Mistral OCR with a key, this machine without one (auto, default), or one of the two",
    )
    sub.add_argument("--workers", type=at_least_one, metavar="N", help="parsing processes (default: one a core)")


def build(arguments: argparse.Namespace) -> int:
    """`ingest build`."""
    folder = index_folder(arguments)
    from ingest._pipeline import Build
    from mistral_rag import errors

    work = Build(
        arguments.paths,
        folder,
        embeddings=arguments.embeddings,
        prune=arguments.prune,
        rebuild=arguments.rebuild,
        workers=arguments.workers,
        ocr=arguments.ocr,
        ocr_with=arguments.ocr_with,
        groups=arguments.groups,
    )
    report = work.report
    try:
        with _progress(work) as show:
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
    folder = index_folder(arguments)
    from ingest._estimate import estimate

    found = estimate(
        arguments.paths,
        folder,
        embeddings=arguments.embeddings,
        workers=arguments.workers,
        ocr=arguments.ocr,
        ocr_with=arguments.ocr_with,
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
    say("price unknown" if found.cost is None else f"about ${found.cost:.2f}")
    return DONE


def status(arguments: argparse.Namespace) -> int:
    """`ingest status`."""
    from mistral_rag.index import UnrestrictedReader

    with UnrestrictedReader.open(index_folder(arguments)) as reader:
        held = reader.status()
    if arguments.json:
        say_json(held)
        return DONE
    failures, doubtful = held.pop("failures"), held.pop("doubtful")
    for name, value in held.items():
        say(f"{name.replace('_', ' '):12} {value}")
    for failure in failures:
        say(f"failed       {failure['source']}: {failure['reason']}")
    for page in doubtful[:LISTED_FILES]:
        say(f"doubtful     {page['source']}, p. {page['page']}: {page['reason']}")
    if len(doubtful) > LISTED_FILES:
        say(f"… and {len(doubtful) - LISTED_FILES} more doubtful pages; --json lists them all")
    return DONE


def _summarise(report: BuildReport) -> None:
    outcomes = [
        f"{report.count(name)} {name.replace('_', ' ')}"
        for name in ("added", "changed", "unchanged", "moved", "regrouped", "removed", "held_back", "failed")
        if report.count(name)
    ]
    say(
        f"{', '.join(outcomes) or 'nothing to do'}; {counted(report.pages, 'page')}{_kinds(report)}, "
        f"{counted(report.chunks, 'chunk')}, {report.embedded} embedded with {report.embedding or NO_MODEL}, "
        f"{report.seconds:.1f} s"
    )
    _list("hidden", [(file.source, file.hidden_text) for file in report.files if file.hidden], "with hidden text")
    _list("doubtful", [(file.source, file.doubts_text) for file in report.files if file.doubts], "with doubtful text")
    _list("unread", [(file.source, parts) for file in report.files if (parts := file.unread_parts)], "with such parts")
    for reason, count in report.skipped_types().items():
        say(f"skipped {count}: {reason}")
    worth_saying = [file for file in report.files if file.reason and file.status != "skipped"]
    for file in worth_saying[:LISTED_FILES]:
        say(f"{file.status.replace('_', ' ')}: {file.source}: {file.reason}")
    if len(worth_saying) > LISTED_FILES:
        say(f"… and {len(worth_saying) - LISTED_FILES} more; --json lists them all")


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


@contextmanager
def _progress(work: Build) -> Iterator[Callable[[Progress], None]]:
    """A progress bar on standard error where that is a terminal, else nothing."""
    screen = bare_stderr()
    if screen is None or not screen.isatty():
        yield lambda progress: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    name = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), name)
    # what others print meanwhile goes its own way: rich would write it past the terminal that cleans it
    console = Console(file=screen)
    with Bar(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task("looking for files", total=None)

        def show(progress: Progress) -> None:
            event = progress.event
            text = one_line(f"{counted(progress.chunks, 'chunk')}  {event.source}{event.remark}")
            bar.update(task, completed=progress.done, total=progress.total, description=text)

        yield show
