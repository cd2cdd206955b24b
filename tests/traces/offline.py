"""Runs every command without a key under strace: none reaches for a network or writes where it should not.

    python tests/traces/offline.py --seconds 60

Each command may write into its index, into what it was told to write and into its temporary folder, which must be
empty when it ends; never into the home of the user. Prints one line of JSON a command; the exit code is 1 when
something left. `--seconds` is how long processes live that have imported everything.
"""
# ruff: noqa: T201

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from system_calls import can_trace, traced  # type: ignore[import-not-found]

CHECKOUT = Path(__file__).parents[2]
INGEST = (sys.executable, "-m", "ingest")
ASK = (sys.executable, "-m", "mistral_rag.cli")
QUESTION = "How often do passwords have to be changed?"

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys, time
import ingest, mistral_rag
for package in (mistral_rag, ingest):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
for name in ("onnxruntime", "rapidocr", "py3langid", "chardet", "pypdfium2", "pypdf", "faiss", "mistral_common"):
    importlib.import_module(name)
time.sleep({seconds})
"""
WORK = """
import sys, time
from pathlib import Path
from mistral_rag import HybridRetriever, GroundedQA
from mistral_rag.defaults import load_embeddings
from mistral_rag.local import LocalOCR
for name in ("local-minilm", "local-use"):
    load_embeddings(name).embed_query("leave")
with LocalOCR(threads=1) as reader:
    print(*reader.read(Path("documents/lease-addendum.pdf"), [1]))
    chain = GroundedQA(retriever=HybridRetriever.from_index("index"), model=None)
    print(chain.invoke("How often do passwords have to be changed?").text)
    time.sleep({seconds})
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A command, the exit codes it may have, and the folders besides the index that it may write to."""

    command: Sequence[str]
    codes: tuple[int, ...] = (0,)
    targets: tuple[str, ...] = ()
    interrupt: str | None = None


def steps(seconds: float, *, short: bool) -> Iterator[Step]:
    """What is run, in this order."""
    yield Step((*INGEST, "plan", "documents", "--index", "index"))
    yield Step((*INGEST, "build", "documents", "--index", "index"), (1,))
    yield Step((*INGEST, "status", "--index", "index", "--json"))
    yield Step((*ASK, "ask", QUESTION, "--index", "index"))
    yield Step((*ASK, "search", QUESTION, "--index", "index", "--explain", "--json"))
    yield Step((*ASK, "doctor", "--index", "index"))
    yield Step((*INGEST, "verify", "--index", "index"))
    yield Step(
        (*INGEST, "build", "documents", "--index", "interrupted"), (130,), ("interrupted",), "interrupted/index.db"
    )
    yield Step((*INGEST, "build", "missing", "--index", "index"), (2,))
    if short:
        return
    yield Step((*INGEST, "build", "documents", "--index", "index"), (1,))
    yield Step((*ASK, "ask", QUESTION, "--index", "index", "--json", "--stream"))
    yield Step((*ASK, "ask", "Who won the chess championship?", "--index", "index"), (4,))
    yield Step((*ASK, "ask", "", "--index", "index"), (2,))
    yield Step((*INGEST, "snapshot", "copy", "--index", "index"), targets=("copy",))
    yield Step((*INGEST, "export", "out/lines.jsonl", "--index", "index"), targets=("out",))
    yield Step((*INGEST, "export", "-", "--index", "index"))
    yield Step((*INGEST, "export", "out/vectors.faiss", "--to", "faiss", "--index", "index"), targets=("out",))
    yield Step((*INGEST, "export", "frozen", "--frozen", "--index", "index"), targets=("frozen",))
    yield Step((*INGEST, "import", "out/lines.jsonl", "--index", "imported"), targets=("imported",))
    yield Step((*INGEST, "repair", "--index", "index"))
    yield Step((*INGEST, "remove", "employee-handbook-2021.md", "--index", "index"))
    yield Step((*INGEST, "compact", "--index", "index"))
    yield Step((*INGEST, "purge", "travel-and-expenses.html", "--yes", "--index", "index"))
    yield Step((sys.executable, "-c", IMPORT_EVERYTHING.format(seconds=seconds)))
    yield Step((sys.executable, "-c", WORK.format(seconds=seconds)))


def prepare(home: Path) -> None:
    """Documents of each kind, and empty folders for all that a process may think it can write to."""
    documents = home / "documents"
    shutil.copytree(CHECKOUT / "data" / "handbook", documents)
    shutil.copy(CHECKOUT / "data" / "scanned" / "lease-addendum.pdf", documents)
    (documents / "note.txt").write_text("Trains are booked in second class.\n")
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    for name in ("home", "tmp", "out"):
        (home / name).mkdir()


def environment(home: Path) -> dict[str, str]:
    """That of a user without a key, whose home is empty."""
    inherited = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH") if name in os.environ}
    places = {"HOME": "home", "TMPDIR": "tmp", "XDG_CACHE_HOME": "home/cache", "XDG_CONFIG_HOME": "home/config"}
    # where Python keeps its compiled modules is not ours
    return {**inherited, **{name: str(home / path) for name, path in places.items()}, "PYTHONDONTWRITEBYTECODE": "1"}


def examine(home: Path, step: Step) -> dict[str, object]:
    """Run a command; says what it did that it should not."""
    places = [home / name for name in ("index", "tmp", *step.targets)]
    done = traced(
        step.command,
        places,
        cwd=home,
        environment=environment(home),
        log=home / "calls",
        interrupt=home / step.interrupt if step.interrupt else None,
    )
    kept = [str(path.relative_to(home)) for place in ("home", "tmp") for path in (home / place).rglob("*")]
    shown = [word if len(word) < 80 else f"{word.strip()[:40]}…" for word in step.command[1:]]
    ok = done.code in step.codes and not done.left and not kept
    row: dict[str, object] = {"command": " ".join(shown), "ok": ok, "code": done.code, "left": done.left, "kept": kept}
    return row if ok else row | {"output": done.output[-2000:]}


def main() -> int:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--short", action="store_true", help="only the commands that are used most")
    chosen = parser.parse_args()
    if not can_trace():
        print(json.dumps({"ok": False, "error": "strace is not here, or may not follow processes"}))
        return 2
    failed = 0
    with tempfile.TemporaryDirectory(prefix="offline-") as folder:
        home = Path(folder).resolve()
        prepare(home)
        for step in steps(chosen.seconds, short=chosen.short):
            row = examine(home, step)
            failed += not row["ok"]
            print(json.dumps(row, ensure_ascii=False), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
