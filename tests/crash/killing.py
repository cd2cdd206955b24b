"""Kills a real writer again and again, or lets its system calls fail, and looks at what it left.

    python killing.py --kills 50
    python killing.py --faults 50        needs strace

Prints one line of JSON: how often, the steps that were committed, and everything that was wrong or lost.
"""
# ruff: noqa: T201, S311, S610

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from workload import expected  # type: ignore[import-not-found]

from mistral_rag.errors import IndexNotFoundError
from mistral_rag.store.check import verify
from mistral_rag.store.reader import IndexReader

WORKLOAD = str(Path(__file__).parent / "workload.py")
LONGEST_RUN = 0.25
"""Seconds that a writer works at the most before it is killed, counted from its first commit."""

CALLS = {
    "pwrite64": (1, 1400),
    "pread64": (5, 320),
    "write": (1, 70),
    "fsync": (1, 28),
    "fdatasync": (1, 80),
    "ftruncate": (1, 18),
    "unlink": (1, 15),
    "fcntl": (8, 500),
    "openat": (550, 640),
    "mmap": (252, 300),
}
"""System calls and which of them belong to the work: the interpreter's own come before."""

STEPS = 25
"""How many steps a writer whose calls fail would do if none did; the numbers above belong to it."""


def kill_once(folder: Path, choice: random.Random) -> tuple[int, list[str]]:
    """Let a writer work for a moment and kill it.

    Gives the last step that it had acknowledged (0: none), and what was wrong with its end.
    """
    with subprocess.Popen([sys.executable, WORKLOAD, folder], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        if choice.random() < 0.1:
            time.sleep(choice.uniform(0.2, 1.0))
            lines: list[str] = []
        else:
            lines = [writer.stdout.readline()]
            time.sleep(choice.uniform(0, LONGEST_RUN))
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.read().splitlines()
    return _last("\n".join(lines)), []


def fail_once(folder: Path, choice: random.Random) -> tuple[int, list[str]]:
    """Let one system call of a writer fail, once or from then on; gives what `kill_once` does."""
    call, error = choice.choice(list(CALLS)), choice.choice(("EIO", "ENOSPC"))
    when = f"{choice.randint(*CALLS[call])}{choice.choice(('', '+'))}"
    inject = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e"]
    inject += [f"inject={call}:error={error}:when={when}"]
    writer = [sys.executable, WORKLOAD, str(folder), str(STEPS)]
    run = subprocess.run([*inject, *writer], capture_output=True, text=True, check=False)
    last = (run.stderr.splitlines() or [""])[-1]
    # a failed `write` may be that of the traceback; before the first step it is Python's own start that failed
    # nor is it the store's fault when Python can't map a module that is first needed now
    named = ("mistral_rag.errors.", "OSError", *(("ImportError", "MemoryError") if call in {"mmap", "openat"} else ()))
    fine = run.returncode == 0 or last.startswith(named) or call == "write"
    return _last(run.stdout), [] if fine or not _last(run.stdout) else [f"{call} {error} {when}: {last}"]


def _last(output: str) -> int:
    whole = [int(line) for line in output.splitlines() if line.strip()]
    return whole[-1] if whole else 0


def look(folder: Path, acknowledged: int) -> tuple[int, list[str]]:
    """The step at which the index stands, and everything that is wrong with it."""
    try:
        reader = IndexReader.open(folder)
    except IndexNotFoundError:
        return 0, ["acknowledged commits are gone"] if acknowledged else []
    wrong = [str(problem) for problem in verify(folder)]
    with reader, reader.view() as view:
        step = view.extra("step") or 0
        held = {source.name: [page.text for page in view.pages(source.uri)] for source in view.sources()}
        rows, vectors = view.vectors()
    if step < acknowledged:
        wrong.append(f"step {acknowledged} was acknowledged, {step} is there")
    if held != expected(step):
        wrong.append(f"the documents are not those of step {step}")
    if len(rows) != sum(map(len, held.values())) or len(vectors) != len(rows):
        wrong.append(f"{len(rows)} vectors for {sum(map(len, held.values()))} chunks")
    return step, wrong


def again_and_again(how: Callable[[Path, random.Random], tuple[int, list[str]]], times: int, seed: int) -> int:
    """Stop writers of one index `times` times, print what came of it, and give the exit code."""
    choice = random.Random(seed)
    wrong: list[str] = []
    step = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "index"
        for number in range(1, times + 1):
            acknowledged, found = how(folder, choice)
            step, lost = look(folder, max(acknowledged, step))
            wrong += [f"{number}: {line}" for line in found + lost]
            if sys.stderr.isatty():
                print(f"\r{number} of {times}, step {step}, {len(wrong)} problems", end="", file=sys.stderr)
    print(json.dumps({"stopped": times, "steps": step, "problems": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--faults", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    worst = 0
    if arguments.kills or not arguments.faults:
        worst |= again_and_again(kill_once, arguments.kills or 50, arguments.seed)
    if arguments.faults:
        worst |= again_and_again(fail_once, arguments.faults, arguments.seed)
    sys.exit(worst)
