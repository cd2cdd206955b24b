"""`mistral-rag serve` as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self


class RunningServer:
    """A server on a free port of loopback; `kill` and `start` again keep its address."""

    def __init__(self, index: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        self._options = ["serve", "--index", str(index), "--json", *options]
        self._environment = {**os.environ, **(environment or {})}
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop(signal.SIGTERM)

    def start(self) -> None:
        """Start, and wait until it listens."""
        program = [sys.executable, "-m", "mistral_rag.cli", *self._options, "--port", str(self._port)]
        self._process = subprocess.Popen(program, env=self._environment, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = json.loads(self._process.stdout.readline())["url"].rstrip("/")
        self._port = int(self.url.rpartition(":")[2])

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it; by default as a crash would."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None
