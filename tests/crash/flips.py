"""Flips single bits of an index and looks whether `verify` finds each, or nothing that the index holds has changed.

    python flips.py --flips 10000 [--seed 1]

Half of the flips are in a finished index, half in one whose last commits are in the log. A flip in a cache is harmless
when searches give the same as before. Prints one line of JSON: for each file how many were found, and how many changed
nothing.
"""
# ruff: noqa: T201, S311

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import sample  # type: ignore[import-not-found]
import shim  # type: ignore[import-not-found]

from mistral_rag.errors import MistralRagError
from mistral_rag.index import verify


def flip(path: Path, at: int, bit: int) -> None:
    """Flip a bit in place."""
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 1 << bit]))


def is_found(folder: Path) -> bool:
    """True when `verify` says that something is wrong."""
    try:
        return bool(verify(folder))
    except MistralRagError:
        return True


def try_flip(folder: Path, path: Path, original: dict[str, Any], choice: random.Random) -> str:
    """Flip one bit of a file, look, and flip it back; gives what came of it."""
    at, bit = choice.randrange(path.stat().st_size), choice.randrange(8)
    flip(path, at, bit)
    try:
        if path.parent != folder or path.name.startswith("codes-"):
            return "harmless" if sample.answers(folder) == original["answers"] else f"byte {at} bit {bit}"
        if is_found(folder):
            return "found"
        return "harmless" if sample.everything(folder) == original["rows"] else f"byte {at} bit {bit}"
    finally:
        flip(path, at, bit)
        if original["log"]:
            (folder / "index.db-shm").unlink(missing_ok=True)


def main() -> int:
    """Flip bits; the exit code says whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flips", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    choice = random.Random(arguments.seed)
    outcomes: dict[str, Counter[str]] = {}
    problems: list[str] = []
    with tempfile.TemporaryDirectory(dir=shim.fast_folder()) as place:
        for name, make in (("finished", sample.make), ("killed", sample.make_killed)):
            folder = Path(place) / name
            make(folder)
            original = {"rows": sample.everything(folder), "log": name == "killed", "answers": sample.answers(folder)}
            (folder / "index.db-shm").unlink(missing_ok=True)
            files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
            weights = [path.stat().st_size ** 0.5 for path in files]
            for path in choice.choices(files, weights, k=arguments.flips // 2):
                outcome = try_flip(folder, path, original, choice)
                kind = path.name if path.parent == folder else f"{path.parent.name.split('-')[0]} cache"
                outcomes.setdefault(f"{name} {kind}", Counter())[outcome.split(" ")[0]] += 1
                if outcome not in {"found", "harmless"}:
                    problems.append(f"{name} {kind}: {outcome} changed what the index holds and was not found")
    total = sum((counter for counter in outcomes.values()), Counter[str]())
    print(json.dumps({"flips": total.total(), "outcomes": total, "files": outcomes, "problems": problems[:100]}))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
