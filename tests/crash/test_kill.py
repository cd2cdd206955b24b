"""What was acknowledged survives, and nothing is ever half there. `scripts/crash` is the long form."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
def test_a_writer_killed_at_any_moment_leaves_its_last_commit() -> None:
    assert stopped("--kills", "5", "--seed", "1") == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_a_writer_whose_disk_fails_leaves_its_last_commit_and_a_named_error() -> None:
    assert stopped("--faults", "5", "--seed", "1") == []


def stopped(*arguments: str) -> list[str]:
    """What was wrong after writers were stopped."""
    command = [sys.executable, str(Path(__file__).parent / "killing.py"), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stdout, run.stderr
    outcome = json.loads(run.stdout)
    assert outcome["steps"] > 0
    return list(outcome["problems"])
