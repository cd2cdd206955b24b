"""The command that keeps an index in step with its documents: watch."""

from __future__ import annotations

import argparse
import time

from ingest._commands.building import build_of, build_options
from ingest._commands.options import add_command
from ingest._commands.passwords import given_passwords
from mistral_rag.terminal import index_folder, note, say, say_json

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from ingest._pipeline import Build
    from ingest._report import BuildReport

LOCKED_SECONDS = 5.0
"""Time after which an index that another writer has is asked for again."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program."""
    sub = add_command(
        commands,
        watch,
        "build, and build again whenever a document changes",
        "Goes on until it is interrupted. A file that is still being written is read when it has not changed for a "
        "second. Documents that are gone are dropped as by `ingest build`: many of them only with --prune.",
        epilog="URLs and stores are looked at every minute. With --json each build that changed something is a line. "
        'Needs optional packages: pip install "mistral-rag[watch]".',
    )
    build_options(sub)


def watch(arguments: argparse.Namespace) -> int:
    """`ingest watch`; goes on until it is interrupted."""
    folder = index_folder(arguments)
    from ingest._watching import ELSEWHERE_SECONDS, LOOK_SECONDS, QUIET_SECONDS, QuietFiles, signs_of_change
    from mistral_rag import errors

    quiet, passwords = QuietFiles(), given_passwords(arguments)
    first = build_of(arguments, folder, is_settled=quiet.is_settled)
    everywhere = len(first.roots) == len(first.places.roots)
    signs = signs_of_change(first.roots, folder, seconds=LOOK_SECONDS if everywhere else ELSEWHERE_SECONDS)
    next(signs)
    said = _Said()
    while True:
        try:
            work = build_of(arguments, folder, passwords=passwords, is_settled=quiet.is_settled)
            _work(work, said, as_json=arguments.json)
        except errors.IndexLockedError as error:
            said.once(str(error))
            time.sleep(LOCKED_SECONDS)
            continue
        except (errors.SourceNotFoundError, errors.ApiError) as error:
            said.once(str(error))
        else:
            if work.unsettled:
                # a look at a large folder takes longer than the pause, and would be all that is done
                time.sleep(max(QUIET_SECONDS, work.report.seconds))
                continue
        next(signs)


class _Said:
    """Lines that were said at the last build: what stays as it is, is not said again."""

    def __init__(self) -> None:
        self._before: set[str] = set()

    def once(self, problem: str) -> None:
        """Say a problem, unless it was the last thing said."""
        if problem not in self._before:
            note(f"warning: {problem}")
        self._before = {problem}

    def new(self, lines: list[str]) -> list[str]:
        """The lines that were not said at the last build."""
        fresh = [line for line in lines if line not in self._before]
        self._before = set(lines)
        return fresh


def _work(work: Build, said: _Said, *, as_json: bool) -> None:
    """Do a build, and say what it changed."""
    for _ in work:
        pass
    report = work.report
    fresh = said.new([*_changes(report), *(f"warning: {warning}" for warning in report.warnings)])
    if as_json:
        if fresh:
            say_json(report.to_json())
        return
    for line in fresh:
        say(f"{time.strftime('%H:%M:%S')} {line}")


def _changes(report: BuildReport) -> list[str]:
    return [
        f"{file.status.replace('_', ' ')}: {file.source}" + (f": {file.reason}" if file.reason else "")
        for file in report.files
        if file.status != "unchanged"
    ]
