"""Counts the rows that come back from damaged indexes: carved from pages, or selected by SQLite (docs/adr/0062).

    python salvaging.py --cases 1200 [--seed 1] [--kind flip | tamper]

A copy of an index has a bit flipped, or bytes changed as `hostile.py` does; copies that `verify` finds sound are left
out. Three ways read what is left: `Pages` as `repair` does, SELECT by ranges of keys (a range that fails is halved),
and SELECT after the log was laid over the database as carving does. Prints one line of JSON: rows lost by each.
"""
# ruff: noqa: T201, S311, S608

import argparse
import json
import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import hostile  # type: ignore[import-not-found]
import sample  # type: ignore[import-not-found]
import shim  # type: ignore[import-not-found]
import workload  # type: ignore[import-not-found]

from mistral_rag.errors import MistralRagError
from mistral_rag.index import Identity, IndexWriter, verify
from mistral_rag.index._database.format import COLUMNS, PAGE_SIZE
from mistral_rag.index._database.rows import row_digest
from mistral_rag.index._recovery.carving import DatabasePages, whole_row

WholeRows = set[tuple[str, tuple[Any, ...]]]

KEYED_BY_TEXT = frozenset({"settings", "readings"})
"""Tables without row numbers: they are read from both ends."""

MAX_KEY = 1 << 20
MAX_QUERIES = 4000
"""For each table; of a small index they reach every single row."""

HEADER = 100


def carved(folder: Path, *, lenient: bool) -> WholeRows:
    """The whole rows of all pages."""
    with DatabasePages(folder, lenient=lenient) as pages:
        rows = map(whole_row, pages.records())
        return {(row[0], tuple(row[1])) for row in rows if row is not None}


def selected(folder: Path) -> WholeRows:
    """The whole rows that SQLite still finds."""
    found: WholeRows = set()
    with closing(sqlite3.connect(folder / "index.db", isolation_level=None)) as connection:
        for table in COLUMNS:
            with suppress(sqlite3.Error, UnicodeDecodeError):
                connection.execute("PRAGMA writable_schema=ON")
            if table in KEYED_BY_TEXT:
                for order in ("ASC", "DESC"):
                    found |= whole(table, from_one_end(connection, table, order))
            else:
                for rows in by_ranges(connection, table):
                    found |= whole(table, rows)
    return found


def statement(table: str) -> str:
    names = ", ".join(f'"{name}"' for name in (*COLUMNS[table], "digest"))
    return f"SELECT {names} FROM {table}"


def whole(table: str, rows: Iterable[tuple[Any, ...]]) -> WholeRows:
    return {(table, tuple(values)) for *values, digest in rows if row_digest(table, values) == digest}


def from_one_end(connection: sqlite3.Connection, table: str, order: str) -> Iterable[tuple[Any, ...]]:
    with suppress(sqlite3.Error, UnicodeDecodeError):
        yield from connection.execute(f"{statement(table)} ORDER BY {COLUMNS[table][0]} {order}")


def by_ranges(connection: sqlite3.Connection, table: str) -> Iterable[list[tuple[Any, ...]]]:
    ranges = [(0, MAX_KEY)]
    for _ in range(MAX_QUERIES):
        if not ranges:
            return
        low, high = ranges.pop()
        try:
            yield connection.execute(f"{statement(table)} WHERE rowid BETWEEN ? AND ?", (low, high)).fetchall()
        except (sqlite3.Error, UnicodeDecodeError):
            middle = (low + high) // 2
            if low < high:
                ranges += [(low, middle), (middle + 1, high)]


def laid_over(folder: Path, target: Path, header: bytes, *, lenient: bool) -> None:
    """Write a database without a log: the pages as carving sees them, under a sound header."""
    with DatabasePages(folder, lenient=lenient) as pages:
        data = bytearray(b"".join(pages.page(n).ljust(pages.size, b"\0") for n in range(1, pages.count + 1)))
    data[:HEADER] = header
    data[28:32] = (len(data) // PAGE_SIZE).to_bytes(4, "big")
    target.mkdir()
    (target / "index.db").write_bytes(data)


def make_large(folder: Path) -> None:
    """Make an index of 400 documents of five pages."""
    with IndexWriter.open(folder, identity=Identity("test", workload.DIMENSION)) as writer:
        for number in range(400):
            writer.put(*workload.document(workload.Operation(f"{number}.txt", 5, number)))
        writer.commit()


def damage(folder: Path, kind: str, choice: random.Random) -> None:
    """Change the database or its log."""
    files = [path for path in (folder / "index.db", folder / "index.db-wal") if path.exists()]
    path = choice.choices(files, [file.stat().st_size for file in files])[0]
    data = bytearray(path.read_bytes())
    if kind == "flip":
        data[choice.randrange(len(data))] ^= 1 << choice.randrange(8)
    else:
        data = hostile.mutate_bytes(data, choice)
    path.write_bytes(data)
    (folder / "index.db-shm").unlink(missing_ok=True)


def problems(folder: Path) -> list[str]:
    """The problems that `verify` finds."""
    try:
        return [str(problem) for problem in verify(folder)]
    except MistralRagError as error:
        return [str(error)]
    finally:
        (folder / "index.db-shm").unlink(missing_ok=True)


def compare(place: Path, base: Path, original: WholeRows, header: bytes, case: tuple[str, str]) -> Counter[str]:
    """Damage a copy; gives the rows that each way loses, nothing where the damage changes nothing."""
    for name in ("index", "plain", "over"):
        shutil.rmtree(place / name, ignore_errors=True)
    folder = place / "index"
    shutil.copytree(base, folder)
    damage(folder, case[0], random.Random(case[1]))
    wrong = problems(folder)
    if not wrong:
        return Counter()
    lenient = any("lost its last" in problem for problem in wrong)
    shutil.copytree(folder, place / "plain")
    laid_over(folder, place / "over", header, lenient=lenient)
    ways = {
        "carving": carved(folder, lenient=lenient),
        "select": selected(place / "plain"),
        "log laid over": selected(place / "over"),
    }
    return Counter({"copies": 1, "rows": len(original), **{way: len(original - rows) for way, rows in ways.items()}})


def main() -> None:
    """Damage copies and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=("flip", "tamper"), default="flip")
    arguments = parser.parse_args()
    makers = {"finished": sample.make, "killed": sample.make_killed, "large": make_large}
    lost: dict[str, Counter[str]] = {name: Counter() for name in makers}
    with tempfile.TemporaryDirectory(dir=shim.fast_folder()) as name:
        place = Path(name)
        for kind, make in makers.items():
            make(place / kind)
        rows = {kind: carved(place / kind, lenient=False) for kind in makers}
        header = (place / "finished" / "index.db").read_bytes()[:HEADER]
        for number in range(arguments.cases):
            # the large one takes a hundred times as long
            kind = "large" if number % 20 == 19 else ("finished", "killed")[number % 2]
            case = arguments.kind, f"{arguments.seed} {number}"
            lost[kind] += compare(place, place / kind, rows[kind], header, case)
    print(json.dumps({"kind": arguments.kind, "lost": lost}))


if __name__ == "__main__":
    main()
