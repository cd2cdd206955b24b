"""The short form of `scripts/trace-offline`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace is a program of Linux")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that follows processes, as the program imports it."""
    monkeypatch.syspath_prepend(str(HERE))
    import system_calls  # type: ignore[import-not-found]

    found: ModuleType = system_calls
    if not found.can_trace():
        pytest.skip("strace is not here, or may not follow processes")
    return found


STRAY = """
import socket, subprocess, sys, tempfile
open(sys.argv[1] + "/inside", "w").close()
child = "import os, socket, sys; open(sys.argv[1] + '/outside', 'w').close(); os.mkdir('beside'); s = socket.socket();"
child += " s.connect_ex(('127.0.0.1', 9))"
subprocess.run([sys.executable, "-c", child, sys.argv[2]], check=True)
try:
    socket.getaddrinfo("platform.example", 443)
except OSError:
    pass
"""


def test_a_child_that_writes_elsewhere_or_connects_is_seen(calls: ModuleType, tmp_path: Path) -> None:
    for name in ("place", "elsewhere"):
        (tmp_path / name).mkdir()
    command = [sys.executable, "-c", STRAY, str(tmp_path / "place"), str(tmp_path / "elsewhere")]
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    done = calls.traced(command, [tmp_path / "place"], cwd=tmp_path, environment=environment, log=tmp_path / "calls")
    assert done.code == 0, done.output
    assert f"openat {tmp_path}/elsewhere/outside" in done.left
    assert f"mkdir {tmp_path}/beside" in done.left
    assert [call for call in done.left if call.startswith("connect(") and "sin_port=htons(9)" in call] != []
    assert [call for call in done.left if call.startswith("openat /etc/")] != []
    assert [call for call in done.left if "inside" in call] == []


@pytest.mark.usefixtures("calls")
def test_no_command_without_a_key_leaves_anything_or_reaches_for_a_network() -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("rapidocr")
    program = [sys.executable, str(HERE / "offline.py"), "--short"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row for row in rows if not row["ok"]] == [], done.stderr
    assert len(rows) == 9
