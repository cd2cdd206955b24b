"""Gives a door what nobody means well with, until the time is over.

    python doors.py DOOR [DOOR …] --minutes 10 [--seed 1]       "all" stands for every door

Each example must give a result or an error with a name: one of ours, pydantic's, or a ValueError with a sentence. What
else comes, what takes more than ten seconds of a processor or 3 GB of memory is a failure; its smallest example is
shown. Prints one line of JSON a door; the exit code says whether all went well.
"""
# ruff: noqa: T201

import argparse
import json
import logging
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import file_doors  # type: ignore[import-not-found]
import rounds  # type: ignore[import-not-found]
import text_doors  # type: ignore[import-not-found]
import wire_doors  # type: ignore[import-not-found]

DOORS: dict[str, "rounds.Door"] = {**text_doors.DOORS, **wire_doors.DOORS, **file_doors.DOORS}
MEMORY = 4 << 30
"""Bytes of addresses: libraries alone take 1 GB of them."""


def main() -> int:
    """Try doors; the exit code says whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("door", nargs="+", choices=[*DOORS, "all"])
    parser.add_argument("--minutes", type=float, default=1.0, help="for each door")
    parser.add_argument("--examples", type=int, help="for each door, in place of minutes: always the same ones")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    failed = False
    for name in DOORS if "all" in arguments.door else arguments.door:
        started = time.monotonic()
        outcome = rounds.Outcome()
        start = arguments.seed * 1_000_000
        if arguments.examples is not None:
            rounds.run(DOORS[name], examples=arguments.examples, start=start, outcome=outcome)
        else:
            rounds.run_until(DOORS[name], started + 60 * arguments.minutes, start=start, outcome=outcome)
        failed = failed or bool(outcome.failures)
        print(
            json.dumps(
                {
                    "door": name,
                    "inputs": outcome.tried,
                    "seconds": round(time.monotonic() - started),
                    "ended": dict(outcome.ended.most_common()),
                    "failures": outcome.failures,
                }
            ),
            flush=True,
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
