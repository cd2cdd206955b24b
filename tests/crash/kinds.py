"""Files of an index folder that are something else: links, pipes, holes, right checksums over wrong content."""
# ruff: noqa: S608

import hashlib
import json
import os
import random
import shutil
import socket
import sqlite3
import stat
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np

HUGE = 100 << 30
NAMES = (
    *("index.db", "index.db-wal", "index.db-shm", "index.db-journal", "index.seal", "LOCK"),
    *("lexical-1", "lexical-1/manifest.json", "codes-1.bin", "lexical-2", "codes-2.bin"),
    *("repaired", "repaired/report.json", "repaired/index.db", "repaired/index.seal", "quarantine-1"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 3, 2**31, 2**63 - 1, 2**63, 10**400, -(10**30), 0.5, -0.0, 1e308),
    *(float("nan"), float("inf"), "", "words", "1", "9" * 5000, "\ud800", "\x00", "../../etc/passwd", "x" * 100_000),
    *([], {}, [[]], [1, 2], ["a", "b"], {"a": 1}, [None] * 1000, "é" * 64, "0" * 64),
)
UNDIGESTED = {
    "commits": ("sequence", "made", "last_row", "content", "running"),
    "sqlite_sequence": ("name", "seq"),
    "facts": ("name", "value", "source"),
    "groups": ("name", "source"),
    "names": ("kind", "short", "row"),
    "new_names": ("kind", "short", "row"),
}
"""Tables that no digest of a row covers, and their columns."""


def deep(choice: random.Random) -> str:
    """JSON of a hundred thousand levels."""
    open_, close = choice.choice((("[", "]"), ('{"a":', "}")))
    return open_ * 100_000 + "1" + close * 100_000 * choice.randrange(2)


def change_kind(folder: Path, choice: random.Random) -> str:
    """Put something else in the place of one file, whether it is there or not."""
    held = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*"))]
    name = choice.choice([*NAMES, *held])
    path = folder / name
    for parent in list(path.relative_to(folder).parents)[-2::-1]:
        if not (folder / parent).is_dir():
            remove(folder / parent)
            (folder / parent).mkdir()
    kind = choice.choice(tuple(KINDS))
    if kind not in {"sparse", "longer"} or path.is_dir():
        remove(path)
    KINDS[kind](path, choice)
    return f"{kind} {'cache' if '/' in name and not name.startswith('repaired') else name}"


def remove(path: Path) -> None:
    """Delete whatever is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _link(path: Path, choice: random.Random) -> None:
    outside = path.parent.parent / "outside"
    path.symlink_to(choice.choice(("/dev/zero", "/dev/tty", "/etc/passwd", "nowhere", path.name, "/", ".", outside)))


def _socket(path: Path, _: random.Random) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(path.parent)
        one.bind(path.name)
        os.chdir(here)


def _device(path: Path, _: random.Random) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        os.mkfifo(path)


def _folder(path: Path, choice: random.Random) -> None:
    path.mkdir()
    if choice.random() < 0.5:
        (path / "inside").write_bytes(b"x")


def _sparse(path: Path, choice: random.Random) -> None:
    path.touch()
    os.truncate(path, choice.choice((HUGE, HUGE + 1, 1 << 41)))


def _longer(path: Path, choice: random.Random) -> None:
    with path.open("ab") as file:
        file.write(choice.randbytes(choice.choice((1, 8, 512, 100_000))))


def _write(path: Path, data: str | bytes) -> None:
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))


KINDS: dict[str, Callable[[Path, random.Random], None]] = {
    "link": _link,
    "pipe": lambda path, _: os.mkfifo(path),
    "socket": _socket,
    "device": _device,
    "folder": _folder,
    "sparse": _sparse,
    "longer": _longer,
    "empty": lambda path, _: _write(path, b""),
    "noise": lambda path, choice: _write(path, choice.randbytes(choice.choice((1, 100, 20_000)))),
    "deep": lambda path, choice: _write(path, deep(choice)),
    "json": lambda path, choice: _write(path, json.dumps(choice.choice(VALUES))),
}


def change_value(value: Any, choice: random.Random) -> Any:
    """Another value somewhere in a value of JSON."""
    if isinstance(value, dict) and value and choice.random() < 0.9:
        key = choice.choice(list(value))
        changed = {**value, key: change_value(value[key], choice)}
        if choice.random() < 0.1:
            del changed[key]
        return changed
    if isinstance(value, list) and value and choice.random() < 0.8:
        at = choice.randrange(len(value))
        return [*value[:at], change_value(value[at], choice), *value[at + choice.randrange(2) :]]
    return choice.choice(VALUES)


def written(value: Any, choice: random.Random) -> str:
    """A value as JSON, sometimes with a key twice or a hundred thousand levels in it."""
    text = json.dumps(value)
    if choice.random() < 0.1:
        return text.replace("{", '{"a": 1, "a": ' + deep(choice) + ", ", 1)
    return text


def change_seal(folder: Path, choice: random.Random) -> str:
    """A seal with a right checksum over other words."""
    words = ["mistral-rag", "seal", "1", "ab" * 32]
    number = choice.choice(("x", "-1", "1_0", "+3", " 4", "٣", "9" * 400, "1e3", "0x1", "", "NaN", "7", str(2**63)))
    words[choice.choice((0, 1, 2, 2, 2, 3, 3))] = choice.choice((number, number, "zz", "ab", "ab" * 200, "é"))
    text = " ".join(words)[:500]
    line = f"{text} {zlib.crc32(text.encode()):08x}".encode().ljust(511)[:511] + b"\n"
    slot = choice.randrange(2)
    data = (folder / "index.seal").read_bytes().ljust(1024, b"\0")
    _write(folder / "index.seal", (line + data[512:], data[:512] + line)[slot] if choice.random() < 0.7 else line * 2)
    return "seal"


def change_report(folder: Path, choice: random.Random) -> str:
    """The state of a repair that no repair has left."""
    report = {
        "problems": [{"where": "index.db", "what": "is damaged"}],
        "losses": [{"source": "a.txt", "what": "page 1"}],
        "quarantine": choice.choice(("quarantine-1", "quarantine-" + "9" * 400, "../outside", "quarantine-٣", "")),
    }
    staged = folder / "repaired"
    staged.mkdir(exist_ok=True)
    _write(staged / "report.json", written(change_value(report, choice) if choice.random() < 0.8 else report, choice))
    for name in ("index.db", "index.seal"):
        if choice.random() < 0.5:
            shutil.copy(folder / name, staged / name)
    if choice.random() < 0.3:
        KINDS[choice.choice(("link", "pipe", "folder", "noise", "empty"))](folder / "quarantine-1", choice)
    return "report"


def change_manifest(folder: Path, choice: random.Random) -> str:
    """A manifest whose digest is right again."""
    path = folder / "lexical-1" / "manifest.json"
    manifest = json.loads(path.read_bytes())
    del manifest["digest"]
    changed = change_value(manifest, choice)
    if isinstance(changed, dict):
        body = json.dumps(changed, sort_keys=True, separators=(",", ":")).encode()
        changed["digest"] = hashlib.sha256(body).hexdigest()
    _write(path, written(changed, choice))
    return "manifest"


def change_array(folder: Path, choice: random.Random) -> str:
    """An array with other numbers, under its right name, in a manifest whose digest is right."""
    room = folder / "lexical-1"
    manifest = json.loads((room / "manifest.json").read_bytes())
    segment = choice.choice(manifest["segments"])
    key = choice.choice([name for name in segment if name != "language"])
    array = np.load(room / f"{segment[key]}.npy").copy()
    if len(array) and choice.random() < 0.8:
        # on purpose also what the type can't hold
        number = choice.choice((0, 1, 2**31 - 1, 2**62, 2**63 - 1, -1, -(2**62)))
        with np.errstate(all="ignore"):
            array[choice.randrange(len(array))] = np.array(number, dtype=object).astype(np.float64).astype(array.dtype)
            if array.dtype.kind == "f":
                array[0] = choice.choice((np.nan, np.inf, -1, 3e38))
    else:
        array = array[: choice.randrange(len(array) + 1)].astype(choice.choice((array.dtype, "<i8", "<f4", "|u1")))
    with (room / "new").open("wb") as file:
        np.save(file, array)
    segment[key] = hashlib.sha256((room / "new").read_bytes()).hexdigest()
    (room / "new").rename(room / f"{segment[key]}.npy")
    del manifest["digest"]
    body = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
    manifest["digest"] = hashlib.sha256(body).hexdigest()
    _write(room / "manifest.json", json.dumps(manifest))
    return "array"


def change_codes(folder: Path, choice: random.Random) -> str:
    """Sign bits with another head or other numbers, and a digest that is right again."""
    path = folder / "codes-1.bin"
    if not path.exists():
        return change_manifest(folder, choice)
    magic, head, rest = path.read_bytes().split(b"\n", 2)
    said = json.loads(head)
    rows, dimension = said["rows"], said["dimension"]
    size = 4 * dimension + rows * (8 + 8 + 8 + (dimension + 7) // 8 + 8)
    body, vectors = bytearray(rest[:size]), rest[size + 32 :]
    if choice.random() < 0.6:
        head = written(change_value(said, choice), choice).encode("utf-8", "surrogatepass")
    else:
        at = choice.randrange(len(body) - 8)
        body[at : at + 8] = choice.choice((b"\xff" * 8, b"\0" * 8, b"\x7f" * 8, b"\0\0\xc0\x7f" * 2))
    content = magic + b"\n" + head + b"\n" + bytes(body)
    _write(path, content + hashlib.sha256(content).digest() + vectors)
    return "codes"


def change_undigested(folder: Path, choice: random.Random) -> str:
    """A value in a table whose rows have no digest."""
    table = choice.choice(tuple(UNDIGESTED))
    column = choice.choice(UNDIGESTED[table])
    value = choice.choice(
        (0, -1, 5, 2**40, 2**62, 2**63 - 1, -(2**63), 0.5, float("inf"), "words", b"", b"\0" * 40, "")
    )
    with closing(sqlite3.connect(folder / "index.db")) as connection, suppress(sqlite3.Error), connection:
        where = choice.choice(("1", f"rowid = (SELECT max(rowid) FROM {table})"))
        connection.execute(f'UPDATE OR REPLACE {table} SET "{column}" = ? WHERE {where}', (value,))
    return f"table {table}"


CHANGES: tuple[Callable[[Path, random.Random], str], ...] = (
    *(change_kind,) * 4,
    *(change_seal, change_report, change_manifest, change_array, change_codes, change_undigested),
)
