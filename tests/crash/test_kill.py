"""What was acknowledged survives kill -9, and nothing is ever half there. `scripts/crash` is the long form."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
def test_a_writer_killed_at_any_moment_leaves_its_last_commit() -> None:
    command = [sys.executable, str(Path(__file__).parent / "killing.py"), "--kills", "5", "--seed", str(os.getpid())]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    outcome = json.loads(run.stdout)
    assert outcome["problems"] == []
    assert outcome["steps"] > 0
