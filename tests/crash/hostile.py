"""Opens folders that somebody tampered with: each gives an error of ours or an answer, and nothing worse.

    python hostile.py --mutations 10000 [--seed 1]

Every file of an index is changed in every way that comes to mind, or becomes something else (see `kinds`), some rows
with digests that are right again, as an attacker can make them. Each folder is opened, read, searched, verified, and
written to, repaired, copied or exported, or commands of both programs are run on it (see `commands`), in a child that
may take 1.5 GB and 20 seconds of a processor. There must be no other error than ours, no crash, no file opened outside
the folder, no process started, nothing unpickled. Prints one line of JSON.
"""
# ruff: noqa: T201, S311, S608

import argparse
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Set
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import commands  # type: ignore[import-not-found]
import kinds  # type: ignore[import-not-found]
import sample  # type: ignore[import-not-found]
import shim  # type: ignore[import-not-found]

from mistral_rag.errors import MistralRagError
from mistral_rag.index import IndexWriter, export_faiss, export_lines, repair, snapshot, verify
from mistral_rag.index._database.format import COLUMNS
from mistral_rag.index._database.rows import RowWriter, row_digest

MEMORY = 3 << 30
GROWTH = 1_500_000
"""Kilobytes by which a child may grow."""

SECONDS = 20
NEVER = {
    "pickle.find_class",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "ctypes.dlopen",
    "socket.connect",
}
NUMBERS = (0, -1, 1, 255, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, -(2**63))
TEXTS = (
    "",
    "[",
    "[" * 5000,
    "{}",
    "null",
    "0",
    "1e999",
    '"\ud800"',
    "\x00",
    "../../../etc/passwd",
    "x" * 100_000,
    "[[]]",
)


def mutate_bytes(data: bytearray, choice: random.Random) -> bytearray:
    """Change a file's bytes in one of many ways."""
    at, length = choice.randrange(len(data) + 1), choice.choice((1, 2, 4, 8, 64, 512, 4096, 20_000))
    kind = choice.randrange(10)
    if kind < 3:
        for _ in range(choice.choice((1, 2, 8, 64))):
            place = choice.randrange(len(data))
            data[place] ^= 1 << choice.randrange(8)
    elif kind == 3:
        data[at : at + length] = choice.randbytes(min(length, len(data) - at))
    elif kind == 4:
        data[at : at + length] = choice.choice((b"\0", b"\xff", b"\x7f")) * min(length, len(data) - at)
    elif kind == 5:
        del data[at:]
    elif kind == 6:
        data[at:at] = choice.randbytes(length)
    elif kind == 7:
        other = choice.randrange(len(data) + 1)
        data[at : at + length] = data[other : other + length]
    elif kind == 8:
        number = choice.choice(NUMBERS) & (2**64 - 1)
        data[at : at + 8] = number.to_bytes(8, choice.choice(("little", "big")))
    else:
        page = 16384
        one, other = (choice.randrange(max(1, len(data) // page)) * page for _ in range(2))
        data[one : one + page], data[other : other + page] = data[other : other + page], data[one : one + page]
    return data


def mutate_file(folder: Path, choice: random.Random) -> str:
    """Change one file of the folder, or its kind."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    path = choice.choice([*files, *[folder / "index.db"] * len(files)])
    kind = choice.randrange(25)
    if kind == 0:
        path.unlink()
        path.symlink_to(choice.choice(("/etc/passwd", "/dev/zero", str(folder / "index.db"), "nowhere")))
    elif kind == 1:
        path.unlink()
        os.mkfifo(path)
    elif kind == 2:
        path.unlink()
        if choice.random() < 0.5:
            path.mkdir()
    elif kind == 3:
        shutil.copy(choice.choice(files), folder / "other")
        (folder / "other").rename(path)
    else:
        data = bytearray(path.read_bytes())
        for _ in range(choice.choice((1, 1, 1, 3))):
            data = mutate_bytes(data or bytearray(b"x"), choice)
        path.write_bytes(data)
    return path.name if path.parent == folder else "cache"


def mutate_row(folder: Path, choice: random.Random) -> str:
    """Change a value of a row and make all digests right again, as an attacker can."""
    table = choice.choice(list(COLUMNS))
    with closing(sqlite3.connect(folder / "index.db", isolation_level=None)) as connection:
        connection.execute("BEGIN")
        names = ", ".join(f'"{name}"' for name in COLUMNS[table])
        rows = connection.execute(f"SELECT {names} FROM {table}").fetchall()
        if not rows:
            return mutate_file(folder, choice)
        values = list(choice.choice(rows))
        number = choice.randrange(len(values))
        column, old = COLUMNS[table][number], values[number]
        values[number] = new_value(old, choice)
        key = COLUMNS[table][0]
        with suppress(sqlite3.Error, OverflowError, UnicodeEncodeError):
            connection.execute(
                f'UPDATE {table} SET "{column}" = ?, digest = ? WHERE "{key}" = ?',
                (values[number], row_digest(table, values), values[0] if number else old),
            )
        _seal_again(connection, folder)
    return f"row of {table}"


def new_value(old: Any, choice: random.Random) -> Any:
    """Another value in place of one."""
    import zlib

    kind = choice.randrange(6)
    if kind == 0:
        return choice.choice(NUMBERS)
    if kind == 1:
        return choice.choice(TEXTS)
    if kind == 2:
        return choice.choice((None, 0.5, float("inf"), b"", b"\0" * 16, "digest"))
    if kind == 3:
        return zlib.compress(choice.choice(TEXTS).encode(errors="replace") * choice.choice((1, 1000)))
    if isinstance(old, str) and old:
        return bytes(mutate_bytes(bytearray(old.encode()), choice)).decode(errors="replace")
    if isinstance(old, bytes) and old:
        with suppress(zlib.error):
            return zlib.compress(bytes(mutate_bytes(bytearray(zlib.decompress(old)), choice)))
        return bytes(mutate_bytes(bytearray(old), choice))
    return choice.choice(NUMBERS)


def _seal_again(connection: sqlite3.Connection, folder: Path) -> None:
    """Make sum, running digest and seal fit the rows as they are now."""
    from mistral_rag.index._database import commits
    from mistral_rag.index._database.commits import Commit
    from mistral_rag.index._folder.seal import write_seal

    last, *before = commits.newest(connection, 2)
    connection.execute("DELETE FROM commits WHERE sequence = ?", (last.sequence,))
    new = Commit.after(before[0] if before else None, content=RowWriter(connection, 0).total(), last_row=last.last_row)
    commits.insert(connection, new)
    connection.execute("COMMIT")
    write_seal(folder / "index.seal", new.seal)


def use(folder: Path, choice: random.Random) -> None:
    """Do everything with a folder; errors of ours are fine."""
    writing: list[Callable[[], object]] = [
        lambda: _write(folder),
        lambda: _repair(folder),
        lambda: snapshot(folder, folder.with_name("copy"), caches=True),
        lambda: list(export_lines(folder)),
        lambda: export_faiss(folder, folder.with_name("vectors.faiss")),
    ]
    for step in (lambda: sample.answers(folder), lambda: verify(folder), choice.choice(writing)):
        try:
            step()
        except MistralRagError:
            continue
        except ValueError as error:
            # what `put` says of a chunk that is there already, and of vectors that the index does not take
            if "another chunk of the same id" not in str(error) and "vectors have the shape" not in str(error):
                raise


def _repair(folder: Path) -> None:
    repair(folder)
    if wrong := verify(folder):
        raise AssertionError(f"repaired, and still: {wrong[0]}")


def _write(folder: Path) -> None:
    with IndexWriter.open(folder, create=False, dense=sample.SMALL) as writer:
        sample._fill(writer, range(8, 10))
        writer.refresh_caches()
        writer.purge()


class Watch:
    """Notes what a process does that a folder must not make it do."""

    def __init__(self, place: Path) -> None:
        self.fine = (
            os.fspath(place),
            sys.prefix,
            sys.base_prefix,
            os.path.realpath(tempfile.gettempdir()) + "/mistral-rag-",  # a build's own, made anew
            "/proc/",
            "/sys/",
            *map(os.path.realpath, sys.path[1:]),
        )
        self.found: list[str] = []
        self.never: Set[str] = NEVER
        self.on = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in self.never:
            self.found.append(f"{event} {arguments[:1]}")
        elif event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            # a link is not followed with this flag
            followed = not (isinstance(arguments[2], int) and arguments[2] & os.O_NOFOLLOW)
            if followed and not path.startswith(self.fine) and not path.endswith((".py", ".pyc")):
                self.found.append(f"open {path}")


Use = Callable[[Path, random.Random], None]


def in_child(folder: Path, watch: Watch, seed: int, use: Use = use) -> str:
    """Use a folder in a child; gives what was wrong, or nothing."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        said = _guarded(folder, watch, seed, use)
        os.write(write, said.encode(errors="replace")[-4000:])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return f"{said} ended by {signal.Signals(os.WTERMSIG(status)).name}"
    return said


def _guarded(folder: Path, watch: Watch, seed: int, use: Use) -> str:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    signal.alarm(6 * SECONDS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    watch.on = True
    try:
        use(folder, random.Random(seed))
    except BaseException:  # noqa: BLE001 (the edge of the process)
        return traceback.format_exc()
    watch.on = False
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return "; ".join(watch.found) or (f"grew by {grown} KB" if grown > GROWTH else "")


def main() -> int:
    """Tamper with folders; the exit code says whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutations", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--first", type=int, default=0, help="the number of the first mutation")
    parser.add_argument("--kinds", type=float, default=0.4, help="share of folders with other kinds of files")
    parser.add_argument("--commands", type=float, default=0.4, help="share of folders that commands are run on")
    parser.add_argument("--rows", type=float, default=0.3, help="share of folders whose digests are right again")
    arguments = parser.parse_args()
    tried: Counter[str] = Counter()
    problems: list[str] = []
    with tempfile.TemporaryDirectory(dir=shim.fast_folder()) as name:
        place = Path(name)
        watch = Watch(place)
        sys.addaudithook(watch)
        bases = [place / "finished", place / "killed"]
        sample.make(bases[0])
        sample.make_killed(bases[1])
        for base in bases:
            sample.answers(base)
        documents = commands.make(place)
        bases.append(place / "words")
        deadline = time.monotonic() + arguments.seconds
        for number in range(arguments.first, arguments.first + arguments.mutations):
            if time.monotonic() > deadline:
                break
            choice = random.Random(f"{arguments.seed} {number}")
            for left in ("index", "copy", "vectors.faiss"):
                kinds.remove(place / left)
            folder = place / "index"
            shutil.copytree(choice.choice(bases), folder)
            how = mutate_row if choice.random() < arguments.rows else mutate_file
            if choice.random() < arguments.kinds:
                how = choice.choice(kinds.CHANGES)
            what = how(folder, choice)
            tried[what] += 1
            by_command = choice.random() < arguments.commands
            # a build reads its documents in processes of its own
            watch.never = NEVER - {"subprocess.Popen"} if by_command else NEVER
            way: Use = partial(commands.use, documents) if by_command else use
            if wrong := in_child(folder, watch, number, way):
                problems.append(f"{number}, {what}: {wrong}")
            if sys.stderr.isatty():
                print(f"\r{number} {len(problems)}", end="", file=sys.stderr)
    print(json.dumps({"mutations": tried.total(), "tried": tried, "problems": problems[:100], "wrong": len(problems)}))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
