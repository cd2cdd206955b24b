"""Start-up time of the commands against bare Python: each is a new process, several times in turns.

python -m benchmarks.startup [--runs N]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
QUESTION = "How much were Apple's total net sales in the third quarter of 2023?"
BARE = "python -c pass"


@dataclass(slots=True)
class Timings:
    """CPU and wall seconds of the runs of one command."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def run(self, command: Sequence[str], environment: dict[str, str]) -> None:
        """Run the command once, to its end."""
        before, begun = os.times(), time.perf_counter()
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = os.times()
        self.wall.append(time.perf_counter() - begun)
        self.cpu.append(after.children_user + after.children_system - before.children_user - before.children_system)


def commands(index: Path) -> dict[str, list[str]]:
    """The timed commands; `index` is an index of the documents in data/."""
    programs = Path(sys.executable).parent
    rag, ingest = str(programs / "mistral-rag"), str(programs / "ingest")
    return {
        BARE: [sys.executable, "-c", "pass"],
        "mistral-rag --help": [rag, "--help"],
        "ingest --help": [ingest, "--help"],
        "ingest status": [ingest, "status", "--index", str(index)],
        "mistral-rag search": [rag, "search", QUESTION, "--index", str(index)],
        "mistral-rag ask": [rag, "ask", QUESTION, "--index", str(index)],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=10)
    runs = parser.parse_args(arguments).runs
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MISTRAL_", "PYTHONDONTWRITE"))}
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        ingest = str(Path(sys.executable).parent / "ingest")
        subprocess.run([ingest, "build", str(DATA), "--index", str(index)], env=environment, check=True)
        timed = commands(index)
        timings = {name: Timings() for name in timed}
        for _ in range(runs + 1):
            for name, command in timed.items():
                timings[name].run(command, environment)
    print(f"{'':22} {'clock, best':>12} {'median':>8} {'CPU, best':>10} {'x bare':>8}")
    bare = min(timings[BARE].cpu)
    for name, timing in timings.items():
        best, cpu = min(timing.wall), min(timing.cpu)
        print(f"{name:22} {best:10.3f} s {statistics.median(timing.wall):6.3f} s {cpu:8.3f} s {cpu / bare:8.1f}")


if __name__ == "__main__":
    main()
