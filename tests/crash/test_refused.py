"""A write that the disk refuses is a named error; the last commit stands, and that writer writes no more."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mistral_rag.index import verify

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler"
)
AGAIN = "IndexWriteError: a write to index was refused; open it again to go on from its last commit"


def refused(folder: Path, *arguments: str) -> dict[str, Any]:
    """The end of a writer whose disk refuses a call."""
    command = [sys.executable, str(Path(__file__).with_name("refused.py")), str(folder), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    outcome: dict[str, Any] = json.loads(run.stdout)
    assert verify(folder) == []
    return outcome


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("write", "1", "ENOSPC", "still"), "IndexWriteError: can't write to index: database or disk is full; "),
        (("write", "1", "EROFS", "still"), "IndexWriteError: can't write to index: disk I/O error; "),
    ],
)
def test_a_disk_that_takes_no_more_leaves_the_last_commit(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    outcome = refused(tmp_path / "index", *arguments)
    assert outcome["said"] == [f"{said}the last commit stands", AGAIN, AGAIN]
    assert (outcome["before"], outcome["after"], outcome["later"]) == (1, 1, 2)


def test_after_a_failed_sync_the_writer_stops_even_when_the_disk_works_again(tmp_path: Path) -> None:
    outcome = refused(tmp_path / "index", "fsync", "1", "EIO")
    first, *later = outcome["said"]
    assert first.startswith("IndexWriteError: can't write to index: disk I/O error")
    assert later == [AGAIN, AGAIN]
    assert (outcome["before"], outcome["after"], outcome["later"]) == (1, 1, 2)


def test_a_failed_sync_of_the_seal_is_said_though_the_commit_stands(tmp_path: Path) -> None:
    outcome = refused(tmp_path / "index", "fsync", "2", "EIO")
    assert outcome["said"][1:] == [AGAIN, AGAIN]
    assert outcome["said"][0].startswith("IndexWriteError: can't write to index: ")
    assert (outcome["before"], outcome["after"], outcome["later"]) == (1, 2, 3)


def test_a_lock_that_is_refused_while_caches_are_written_anew_is_a_named_error(tmp_path: Path) -> None:
    outcome = refused(tmp_path / "index", "lock", "13", "EIO", "still", "compact")
    assert outcome["said"] == [
        "IndexWriteError: can't write to index: locking protocol; the last commit stands", AGAIN, AGAIN,
    ]  # fmt: skip
    assert (outcome["before"], outcome["after"], outcome["later"]) == (1, 2, 3)
