"""The chain of commits: each row holds the sum over all rows' digests and a digest over all commits so far."""

import hashlib
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._database.rows import DIGEST_SIZE, MAX_KEY, unreadable
from mistral_rag.index._folder.commands import verify_command
from mistral_rag.index._folder.layout import SEAL
from mistral_rag.index._folder.seal import Seal, check_seal, read_seal


@dataclass(frozen=True, slots=True)
class Commit:
    """One row of `commits`; `content` is the sum of all rows' digests, `last_row` the highest chunk row ever given."""

    sequence: int
    made: int
    last_row: int
    content: int
    running: bytes

    @classmethod
    def after(cls, previous: "Commit | None", *, content: int, last_row: int) -> "Commit":
        """The commit that follows `previous`, made now."""
        sequence = 0 if previous is None else previous.sequence + 1
        made = int(time.time())
        return cls(sequence, made, last_row, content, running_digest(previous, sequence, made, last_row, content))

    @property
    def seal(self) -> Seal:
        """The seal of this commit."""
        return Seal(self.sequence, self.running)


def running_digest(previous: Commit | None, sequence: int, made: int, last_row: int, content: int) -> bytes:
    """sha256 over the previous commit's running digest and this commit's other columns."""
    before = b"" if previous is None else previous.running
    return hashlib.sha256(before + f"{sequence} {made} {last_row} {content:x}".encode()).digest()


def insert(connection: sqlite3.Connection, commit: Commit) -> None:
    """Add a row to `commits`."""
    content = commit.content.to_bytes(DIGEST_SIZE, "big")
    values = (commit.sequence, commit.made, commit.last_row, content, commit.running)
    connection.execute(
        "INSERT INTO commits (sequence, made, last_row, content, running) VALUES (?, ?, ?, ?, ?)", values
    )


def newest(connection: sqlite3.Connection, count: int = 1) -> list[Commit]:
    """The newest commits, newest first."""
    query = "SELECT sequence, made, last_row, content, running FROM commits ORDER BY sequence DESC LIMIT ?"
    with unreadable("commit"):
        return [_stored(row) for row in connection.execute(query, (count,))]


def _stored(row: tuple[Any, ...]) -> Commit:
    match row:
        case (int(sequence), int(made), int(last_row), bytes(content), bytes(running)):
            if 0 <= sequence < MAX_KEY and 0 <= last_row < MAX_KEY:
                return Commit(sequence, made, last_row, int.from_bytes(content, "big"), running)
    raise ValueError("it holds something else")


def sealed(folder: Path) -> Seal | None:
    """The seal as it is now; None when it is missing or can't be read."""
    return read_seal(folder / SEAL)


def check_history(connection: sqlite3.Connection, folder: Path, *, before: Seal | None) -> Commit:
    """The last commit, after the seal has been held against it.

    Args:
        connection: the database.
        folder: the folder of the index.
        before: the seal, read before the connection's transaction began: a writer may commit at any time, and a newer
            seal than the commits that the transaction sees would look like a lost one.

    Raises:
        IndexDamagedError: a commit was lost, or seal and database do not belong together.
    """
    commits = newest(connection, 2)
    if not commits:
        raise IndexDamagedError(f"{folder} has lost its commits")
    after = sealed(folder)
    try:
        check_seal(before, commits[0].seal, after, {c.sequence: c.running for c in commits})
    except IndexDamagedError as error:
        raise IndexDamagedError(f"{folder}: {error}. {verify_command(folder)}") from None
    return commits[0]
