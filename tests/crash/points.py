"""Lets single system calls of a real writer fail, or kills it at them, and looks at what it left.

    python points.py --points 10000 [--calls write,fsync,rename,ftruncate] [--seed 1]

A writer starts from the same index every time and works through the same steps; a point is one of its calls with
what goes wrong there: an error once or from then on, a write that ends half-way, the end of the process before, in
or behind the call. All points of the rarer calls are taken, of the others a sample. Prints one line of JSON.
"""
# ruff: noqa: T201, S311

import argparse
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import shim  # type: ignore[import-not-found]
import workload  # type: ignore[import-not-found]
from killing import look  # type: ignore[import-not-found]

from mistral_rag.errors import MistralRagError

FIRST_STEPS = 9
STEPS = 6
ERRORS = {
    "write": (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS),
    "fsync": (errno.EIO, errno.ENOSPC, errno.EDQUOT),
    "rename": (errno.EIO, errno.ENOSPC, errno.EROFS, errno.EACCES),
    "ftruncate": (errno.EIO, errno.ENOSPC, errno.EROFS),
    "unlink": (errno.EIO, errno.EROFS, errno.EACCES),
    "open": (errno.EIO, errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EMFILE),
    "read": (errno.EIO,),
    "lock": (errno.EIO, errno.ENOLCK),
    "mmap": (errno.ENOMEM,),
    "mkdir": (errno.EIO, errno.ENOSPC, errno.EROFS),
}
KILLS = ("kill before", "kill half", "kill after")


class Point(NamedTuple):
    """A fault at a call."""

    call: str
    at: int
    mode: str
    error: int
    still: bool

    def __str__(self) -> str:
        what = self.mode if self.mode in KILLS else f"{self.mode} {errno.errorcode[self.error]}"
        return f"{self.call} {self.at}{'+' if self.still else ''} {what}"


def every_point(counts: dict[str, int], calls: tuple[str, ...]) -> list[Point]:
    """All points of a run that makes so many calls."""
    points: list[Point] = []
    for call in calls:
        wrong = [("fail", error, still) for error in ERRORS[call] for still in (False, True)]
        if call == "write":
            wrong += [("half", error, still) for error in (errno.EIO, errno.ENOSPC) for still in (False, True)]
        if call in {"write", "fsync", "rename", "ftruncate", "unlink"}:
            wrong += [(mode, 0, False) for mode in KILLS if mode != "kill half" or call == "write"]
        points += [Point(call, at, *one) for at in range(1, counts[call] + 1) for one in wrong]
    return points


def chosen(points: list[Point], count: int, choice: random.Random) -> list[Point]:
    """So many points: of each kind of call as many as of the others, and all of those that have fewer."""
    by_call: dict[str, list[Point]] = {}
    for point in choice.sample(points, len(points)):
        by_call.setdefault(point.call, []).append(point)
    taken: list[Point] = []
    waiting = sorted(by_call.values(), key=len)
    while waiting and len(taken) < count:
        share = -(-(count - len(taken)) // len(waiting))
        taken += waiting.pop(0)[:share]
    return taken


def in_child(folder: Path, prepare: Any, steps: int = STEPS) -> tuple[int, str, int]:
    """Let a forked writer work; gives the last step it acknowledged, how it ended, and the status of its end."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        os._exit(_work(folder, prepare, steps, write))
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        lines = pipe.read().decode().splitlines()
    status = os.waitpid(child, 0)[1]
    done = [int(line) for line in lines if line.isdecimal()]
    return (done[-1] if done else 0), "\n".join(line for line in lines if not line.isdecimal()), status


def _work(folder: Path, prepare: Any, steps: int, out: int) -> int:
    """In the child: do the steps, say each one; the error that ends it is named."""
    try:
        prepare()
        with closing(workload.work(str(folder))) as work:
            for step in islice(work, steps):
                os.write(out, f"{step}\n".encode())
    except MistralRagError as error:
        os.write(out, f"{type(error).__name__}: {str(error)[:300]}\n".replace("\x00", "").encode())
    except BaseException:  # noqa: BLE001 (the edge of the process)
        import traceback

        os.write(out, ("unnamed " + traceback.format_exc()).encode())
        return 9
    return 0


def try_point(base: Path, place: Path, point: Point, armed: "shim.Shim") -> tuple[str, list[str]]:
    """The writer's end at one point, and everything that is wrong with what it left."""
    folder = place / "index"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    acknowledged, said, status = in_child(
        folder,
        lambda: armed.arm(folder, call=point.call, at=point.at, mode=point.mode, error=point.error, still=point.still),
    )
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    wrong = [said] if said.startswith("unnamed") or (status and not killed) else []
    step, lost = look(folder, max(acknowledged, FIRST_STEPS))
    wrong += lost
    if point.at % 4 == 0 or wrong:
        goes_on, said_later, _ = in_child(folder, lambda: None, steps=1)
        if goes_on != step + 1 or said_later:
            wrong.append(f"the next writer did step {goes_on} after {step}: {said_later}")
    ended = "killed" if killed else said.partition(":")[0].split("\n")[0] or "went on"
    return ended, [f"{point}: {line}" for line in wrong]


def outcomes(points: list[Point], base: Path, place: Path) -> Iterator[tuple[Point, str, list[str]]]:
    """Try every point."""
    armed = shim.Shim()
    for point in points:
        yield point, *try_point(base, place, point, armed)


def main() -> int:
    """Try points; the exit code says whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--calls", default=",".join(shim.CALLS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="1/1", help="2/5: the second fifth of the points")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the points")
    arguments = parser.parse_args()
    if arguments.workers > 1:
        outcome = _shared(arguments.workers)
    else:
        shim.start_again_with_it()
        outcome = _tried(arguments)
    outcome["wrong"] = len(outcome["problems"])
    print(json.dumps({**outcome, "problems": outcome["problems"][:200]}))
    return 1 if outcome["wrong"] else 0


def _shared(workers: int) -> dict[str, Any]:
    """The findings of as many processes, each with its part of the points."""
    command = [sys.executable, *sys.argv, "--workers", "1", "--part"]
    running = [
        subprocess.Popen([*command, f"{number}/{workers}"], stdout=subprocess.PIPE) for number in range(1, workers + 1)
    ]
    outcomes = [json.loads(run.communicate()[0]) for run in running]
    together = outcomes[0]
    for other in outcomes[1:]:
        together["points"] += other["points"]
        together["problems"] += other["problems"]
        for name in ("tried", "ended"):
            together[name] = dict(Counter(together[name]) + Counter(other[name]))
    return dict(together)


def _tried(arguments: argparse.Namespace) -> dict[str, Any]:
    ended: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    problems: list[str] = []
    deadline = time.monotonic() + arguments.seconds
    with tempfile.TemporaryDirectory(dir=shim.fast_folder()) as place:
        base, counted = Path(place) / "base", Path(place) / "index"
        in_child(base, lambda: None, FIRST_STEPS)
        for step in range(FIRST_STEPS + STEPS + 2):
            deque(map(workload.document, (one for one in workload.operations(step) if one.pages)), maxlen=0)
        shutil.copytree(base, counted)
        counts = _counted(counted)
        points = every_point(counts, tuple(arguments.calls.split(",")))
        part, parts = map(int, arguments.part.split("/"))
        sample = chosen(points, arguments.points, random.Random(arguments.seed))[part - 1 :: parts]
        random.Random(arguments.seed).shuffle(sample)
        for point, end, wrong in outcomes(sample, base, Path(place)):
            ended[end] += 1
            tried[point.call] += 1
            problems += wrong
            if time.monotonic() > deadline:
                break
            if sys.stderr.isatty():
                print(f"\r{tried.total()} of {len(sample)}, {len(problems)} problems", end="", file=sys.stderr)
    return {
        "points": tried.total(),
        "of": len(points),
        "calls": counts,
        "tried": tried,
        "ended": ended,
        "problems": problems,
    }


def _counted(folder: Path) -> dict[str, int]:
    """The number of calls of each kind that an undisturbed writer makes."""
    armed = shim.Shim()
    read, write = os.pipe()
    child = os.fork()
    if not child:
        armed.arm(folder, call="write", at=0, mode="fail")
        with closing(workload.work(str(folder))) as work:
            deque(islice(work, STEPS), maxlen=0)
        os.write(write, json.dumps(armed.counts()).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read, "rb") as pipe:
        counts: dict[str, int] = json.loads(pipe.read())
    return counts


if __name__ == "__main__":
    sys.exit(main())
