"""Cuts the power of a recorded writer: what was written and not synced is dropped, torn or comes out of order.

    python power.py --cuts 10000 [--seed 1]

A writer's calls are recorded with their data. A cut is a moment of the recording and a choice of what of the unsynced
writes, lengths and names had reached the disk by then: none, all, or some, in sectors of 512 bytes. The folder that a
cut leaves must open at the last acknowledged step or the one that was under way, and verify. In some recordings one
`fsync` fails: the system then takes for written what is not, and the writer goes on from what it can still read.
Prints one line of JSON.
"""
# ruff: noqa: T201, S311

import argparse
import errno
import json
import os
import random
import shutil
import struct
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import shim  # type: ignore[import-not-found]
import workload  # type: ignore[import-not-found]
from killing import look  # type: ignore[import-not-found]

from mistral_rag.errors import StoreError

SECTOR = 512
STEPS = 24
HEAD = struct.Struct("<5q")
MADE, WROTE, SYNCED, CUT, GONE, MOVED, UNSYNCED, SYNCED_FOLDER, MARKED = range(1, 10)


class Event(NamedTuple):
    """One recorded call."""

    kind: int
    path: str
    other: str
    offset: int
    data: bytes


def recorded(path: Path) -> list[Event]:
    """The events of a recording."""
    data = path.read_bytes()
    events, at = [], 0
    while at + HEAD.size <= len(data):
        kind, name, other, offset, size = HEAD.unpack_from(data, at)
        parts, at = [], at + HEAD.size
        for length in (name, other, size):
            parts.append(data[at : at + length])
            at += length
        events.append(Event(kind, parts[0].decode(), parts[1].decode(), offset, parts[2]))
    return events


class File:
    """The part of a file that is on the disk for certain, and the writes and cuts that may be.

    A write whose sync failed may never reach the disk: `doubtful` ones stay so whatever comes later.
    """

    def __init__(self) -> None:
        self.certain = bytearray()
        self.waiting: list[tuple[int, bytes | None]] = []
        self.doubtful: list[tuple[int, bytes | None]] = []

    def sync(self, choice: random.Random) -> None:
        """Everything that waited is on the disk; of the doubtful ones, some."""
        for change in self.doubtful:
            if choice.random() < 0.5:
                apply(self.certain, change)
        self.doubtful = []
        for change in self.waiting:
            apply(self.certain, change)
        self.waiting = []

    def after_cut(self, keep: Callable[[], bool], tear: Callable[[], bool]) -> bytearray:
        """The file as a cut leaves it."""
        left = bytearray(self.certain)
        for offset, data in [*self.doubtful, *self.waiting]:
            if data is not None and tear():
                for at in range(0, len(data), SECTOR):
                    if keep():
                        apply(left, (offset + at, data[at : at + SECTOR]))
            elif keep():
                apply(left, (offset, data))
        return left


def apply(content: bytearray, change: tuple[int, bytes | None]) -> None:
    """Write at an offset; without data, cut or lengthen to it."""
    offset, data = change
    if data is None:
        del content[offset:]
        data = b""
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


class Disk:
    """Files and names below a folder: what is certain and what waits for a sync."""

    def __init__(self) -> None:
        self.names: dict[str, File | None] = {}
        self.shown: dict[str, File | None] = {}
        self.waiting: list[tuple[str, str, str, File | None]] = []

    def take(self, event: Event, choice: random.Random) -> None:
        """Do what an event says."""
        if event.kind in {MADE, GONE, MOVED}:
            self._rename(event)
        elif event.kind == SYNCED_FOLDER:
            mine = [one for one in self.waiting if str(Path(one[1]).parent) == event.path]
            self.waiting = [one for one in self.waiting if one not in mine]
            for one in mine:
                change_names(self.names, one)
        elif (file := self.shown.get(event.path)) is not None:
            self._change(file, event, choice)

    def _rename(self, event: Event) -> None:
        file = self.shown.get(event.path) if event.kind == MOVED else None if event.offset else File()
        change = ({MADE: "made", GONE: "gone", MOVED: "moved"}[event.kind], event.path, event.other, file)
        change_names(self.shown, change)
        self.waiting.append(change)

    @staticmethod
    def _change(file: File, event: Event, choice: random.Random) -> None:
        if event.kind == WROTE:
            file.waiting.append((event.offset, event.data))
        elif event.kind == CUT:
            file.waiting.append((event.offset, None))
        elif event.kind == SYNCED:
            file.sync(choice)
        elif event.kind == UNSYNCED:
            file.doubtful += file.waiting
            file.waiting = []

    def cut(self, folder: Path, choice: random.Random) -> str:
        """Write what a power cut leaves; gives the kind of cut."""
        kind = choice.choice(("nothing", "everything", "some", "some", "torn", "torn"))
        share = {"nothing": 0.0, "everything": 1.0}.get(kind, choice.uniform(0.05, 0.95))
        names = dict(self.names)
        # a journalling file system keeps the order of its names; the first so many of those that wait are there
        reached = 0 if share == 0 else len(self.waiting) if share == 1 else choice.randint(0, len(self.waiting))
        for change in self.waiting[:reached]:
            change_names(names, change)
        for path, file in names.items():
            if file is None:
                continue
            target = folder / os.path.relpath(path, "/index")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.after_cut(lambda: choice.random() < share, lambda: kind == "torn"))
        return kind


def change_names(names: dict[str, File | None], change: tuple[str, str, str, File | None]) -> None:
    """Make, remove or move a name."""
    what, path, other, file = change
    if what == "made":
        names[path] = file
    elif what == "gone":
        names.pop(path, None)
    else:
        names.pop(path, None)
        names[other] = file


def record(place: Path, armed: "shim.Shim", failing: int) -> list[Event]:
    """Record a writer from its first step on; the `failing`-th sync fails, and a second writer goes on then."""
    folder, recording = place / "index", place / "recording"
    shutil.rmtree(folder, ignore_errors=True)
    child = os.fork()
    if not child:
        descriptor = os.open(recording, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        armed.record(folder, descriptor)
        if failing:
            armed.arm(folder, call="fsync", at=failing, mode="fail", error=errno.EIO)
        while True:
            with suppress(StoreError), closing(workload.work(str(folder))) as work:
                for step in islice(work, STEPS):
                    armed.mark(step)
                    if step >= STEPS:
                        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise SystemExit("the recorded writer failed")
    events = recorded(recording)
    inside = str(folder)
    moved = [event._replace(path=_inside(event.path, inside), other=_inside(event.other, inside)) for event in events]
    return [Event(MADE, "/index", "", 1, b""), *moved]


def _inside(path: str, folder: str) -> str:
    return "/index" + path[len(folder) :] if path else path


def cuts(events: list[Event], count: int, choice: random.Random) -> Iterator[tuple[int, int, Disk]]:
    """Moments of a recording with the step that was acknowledged by then, in order."""
    moments = sorted(choice.choices(range(1, len(events) + 1), k=count))
    disk, step, at = Disk(), 0, 0
    for moment in moments:
        for event in events[at:moment]:
            if event.kind == MARKED:
                step = event.offset
            else:
                disk.take(event, choice)
        at = moment
        yield moment, step, disk


def unsafe_logs(events: list[Event]) -> int:
    """The number of writes that went to a log whose name a power cut could still take, behind the first step."""
    disk, steps, unsafe, choice = Disk(), 0, 0, random.Random(0)
    for event in events:
        if event.kind == MARKED:
            steps += 1
            continue
        new = {path for what, path, _, _ in disk.waiting if what == "made"}
        unsafe += bool(steps) and event.kind == WROTE and event.path.endswith("-wal") and event.path in new
        disk.take(event, choice)
    return unsafe


def main() -> int:
    """Cut the power again and again; the exit code says whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=int, default=10_000)
    parser.add_argument("--recordings", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--careless", action="store_true", help="as if no sync did anything: must find losses")
    arguments = parser.parse_args()
    shim.start_again_with_it()
    choice = random.Random(arguments.seed)
    problems: list[str] = []
    kinds: Counter[str] = Counter()
    opened: Counter[str] = Counter()
    calls = unsafe = 0
    with tempfile.TemporaryDirectory(dir=shim.fast_folder()) as place:
        for number in range(arguments.recordings):
            failing = choice.randint(1, 150) if number % 2 else 0
            events = record(Path(place), shim.Shim(), failing)
            unsafe += unsafe_logs(events)
            if arguments.careless:
                events = [event for event in events if event.kind not in {SYNCED, SYNCED_FOLDER}]
            calls += len(events)
            for moment, step, disk in cuts(events, arguments.cuts // arguments.recordings, choice):
                left = Path(place) / "left"
                shutil.rmtree(left, ignore_errors=True)
                left.mkdir()
                kinds[disk.cut(left, choice)] += 1
                # a step whose sync failed was not acknowledged, and may stand all the same
                found, wrong = examined(left, step, latest=step + (2 if failing else 1))
                opened["last acknowledged" if found == step else "a later one" if found > step else "none"] += 1
                problems += [f"recording {number} (sync {failing} fails) event {moment}: {line}" for line in wrong]
                if wrong and os.environ.get("KEEP"):
                    shutil.copytree(left, f"{os.environ['KEEP']}/{number}-{moment}", dirs_exist_ok=True)
    report = {"cuts": sum(kinds.values()), "events": calls, "kinds": kinds, "opened": opened, "unsafe": unsafe}
    print(json.dumps({**report, "problems": problems[:200], "wrong": len(problems)}))
    return 1 if problems else 0


def examined(left: Path, step: int, latest: int) -> tuple[int, list[str]]:
    """The step at which the folder opens, and what is wrong with it."""
    if not any(left.iterdir()):
        return 0, [] if not step else ["everything is gone"]
    try:
        found, wrong = look(left, step)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is the finding)
        return -1, [f"{type(error).__name__}: {error}"]
    if found > latest:
        wrong.append(f"opens at step {found}, {step} was the last acknowledged")
    return int(found), list(wrong)


if __name__ == "__main__":
    sys.exit(main())
