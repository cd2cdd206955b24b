"""Kills a real writer again and again at random moments, and looks at what it left.

    python killing.py --kills 50

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
from pathlib import Path

from workload import expected  # type: ignore[import-not-found]

from mistral_rag.errors import IndexNotFoundError
from mistral_rag.index import IndexReader, verify

WORKLOAD = str(Path(__file__).parent / "workload.py")
LONGEST_RUN = 0.25
"""Seconds that a writer works at the most before it is killed, counted from its first commit."""


def kill_once(folder: Path, choice: random.Random) -> int:
    """Let a writer work for a moment and kill it; gives the last step that it had acknowledged (0: none)."""
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
    whole = [int(line) for line in lines if line.strip()]
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


def main() -> int:
    """Stop writers of one index; the exit code says whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    choice = random.Random(arguments.seed)
    wrong: list[str] = []
    step = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "index"
        for number in range(1, arguments.kills + 1):
            step, lost = look(folder, max(kill_once(folder, choice), step))
            wrong += [f"{number}: {line}" for line in lost]
            if sys.stderr.isatty():
                print(f"\r{number} of {arguments.kills}, step {step}, {len(wrong)} problems", end="", file=sys.stderr)
    print(json.dumps({"kills": arguments.kills, "steps": step, "problems": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
