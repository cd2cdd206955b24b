"""Acknowledged commits survive, and nothing is ever half there. `scripts/crash` is the long form."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NEEDS_SHIM = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler"
)


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
def test_a_writer_killed_at_any_moment_leaves_its_last_commit() -> None:
    outcome = report("killing.py", "--kills", "5", "--seed", "1")
    assert outcome["problems"] == []
    assert outcome["steps"] > 0


@NEEDS_SHIM
def test_a_writer_whose_calls_fail_or_are_its_last_leaves_its_last_commit_and_a_named_error() -> None:
    outcome = report("points.py", "--points", "30", "--calls", "write,fsync,rename,ftruncate,unlink", "--seed", "1")
    assert outcome["problems"] == []
    assert outcome["points"] == 30
    assert outcome["ended"]["killed"] > 0
    assert outcome["ended"]["IndexWriteError"] > 0


@NEEDS_SHIM
def test_a_power_cut_leaves_the_last_acknowledged_commit() -> None:
    outcome = report("power.py", "--cuts", "80", "--recordings", "2", "--seed", "1")
    # SQLite takes no notice when the sync of a new log's name fails
    assert outcome["unsafe"] == 0
    assert outcome["problems"] == []
    assert outcome["cuts"] == 80


@NEEDS_SHIM
def test_a_disk_that_ignores_every_sync_would_be_noticed() -> None:
    assert report("power.py", "--cuts", "20", "--recordings", "1", "--careless")["wrong"] > 0


@pytest.mark.skipif(sys.platform != "linux", reason="memory and time of a process are limited as on Linux")
def test_a_folder_that_somebody_tampered_with_gives_an_answer_or_a_named_error() -> None:
    outcome = report("hostile.py", "--mutations", "30", "--seed", "1")
    assert outcome["problems"] == []
    assert outcome["mutations"] == 30


def test_a_flipped_bit_is_found_or_changes_nothing_that_the_index_holds() -> None:
    outcome = report("flips.py", "--flips", "80", "--seed", "1")
    assert outcome["problems"] == []
    assert sum(outcome["outcomes"].values()) == 80
    assert outcome["outcomes"]["found"] > 10


def report(script: str, *arguments: str) -> dict[str, Any]:
    """The output of a program of this folder."""
    command = [sys.executable, str(Path(__file__).parent / script), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stdout, run.stderr
    outcome: dict[str, Any] = json.loads(run.stdout)
    return outcome
