"""The child process that reads pictures, seen from outside: started, asked, watched, ended."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

import psutil
from pydantic import ValidationError

from mistral_rag.errors import ParseError
from mistral_rag.ocr._result import OcrPage

_PASSED_ON = (
    "APPDATA", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH",
    "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ", "USERPROFILE",
)  # fmt: skip
_LOOK_EVERY: Final = 0.1
_LONGEST_ANSWER: Final = 1 << 28


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process may use: bytes of memory, seconds a page."""

    memory: int = 3 << 30
    seconds: float = 180.0


class Child:
    """One reading process. `alive` turns False when it was stopped or died; then another one is needed."""

    def __init__(self, *, threads: int, limits: Limits) -> None:
        self._limits = limits
        self._deadline: float | None = None
        self._verdict: str | None = None
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            [sys.executable, "-P", "-m", "mistral_rag.local.ocr._worker", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            start_new_session=True,
        )
        self._to = cast("IO[bytes]", self._process.stdin)
        self._from = cast("IO[bytes]", self._process.stdout)
        self._complaints = cast("IO[bytes]", self._process.stderr)
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def greet(self) -> None:
        """Wait until the networks are loaded; raises ParseError when they can't be."""
        if not self._from.readline(_LONGEST_ANSWER):
            said = self._complaints.read().decode(errors="replace").strip().splitlines()
            raise ParseError(f"the reading process can't start: {said[-1] if said else 'it said nothing'}")
        self._watch.start()

    @property
    def alive(self) -> bool:
        """Whether it can take another page."""
        return self._verdict is None and self._process.poll() is None

    def read(self, path: Path, number: int, *, pdf: bool) -> OcrPage:
        """One page; raises ParseError with the reason why there is none."""
        self._deadline = time.monotonic() + self._limits.seconds
        try:
            self._to.write(json.dumps({"path": str(path), "number": number, "pdf": pdf}).encode() + b"\n")
            self._to.flush()
            answer = self._answer()
        except OSError:
            answer = b""
        except BaseException:
            # its answer will still come, and must not be taken for that to the next question
            self._verdict = "reading was interrupted"
            self._process.kill()
            raise
        finally:
            self._deadline = None
        if not answer.endswith(b"\n"):
            raise ParseError(self._verdict or self._epitaph())
        return _page(answer)

    def _answer(self) -> bytes:
        return self._from.readline(_LONGEST_ANSWER)

    def _epitaph(self) -> str:
        self._process.kill()
        status = self._process.wait()
        how = signal.Signals(-status).name if status < 0 else f"exit code {status}"
        return f"the reading process ended over it ({how})"

    def _look(self) -> None:
        """End the process when it uses more than it may."""
        while not self._closed.wait(_LOOK_EVERY):
            if self._deadline is not None and time.monotonic() > self._deadline:
                self._verdict = "reading took too long and was stopped"
            elif self._memory() > self._limits.memory:
                gib = self._limits.memory / (1 << 30)
                self._verdict = f"reading took more than {gib:.3g} GiB of memory and was stopped"
            if self._verdict:
                self._process.kill()
                return

    def _memory(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def close(self) -> None:
        """End it and free what it held."""
        self._closed.set()
        self._process.kill()
        self._process.wait()
        if self._watch.is_alive():
            self._watch.join()
        for stream in (self._to, self._from, self._complaints):
            with contextlib.suppress(OSError):
                stream.close()


def _page(answer: bytes) -> OcrPage:
    try:
        fields = json.loads(answer)
        if "error" in fields:
            raise ParseError(str(fields["error"]))
        return OcrPage.model_validate(fields)
    except (ValidationError, ValueError, TypeError) as error:
        raise ParseError("the reading process gave no usable answer") from error
