"""A worker that does what it is told."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mistral_rag.workers import Limits, Worker, WorkerSpec

MODULE = """
import os, re, sys, time
from mistral_rag.errors import ParseError
from mistral_rag.workers import WireFrame, _serving, serve

held = []

def answer(job):
    name, *arguments = job.value()
    if name == "echo":
        yield WireFrame.of(arguments, job.raw[::-1])
    elif name == "count":
        for number in range(arguments[0]):
            yield WireFrame.of(number)
    elif name == "refuse":
        raise ParseError(arguments[0])
    elif name == "divide":
        yield WireFrame.of(1 / arguments[0])
    elif name == "die":
        os._exit(arguments[0])
    elif name == "abort":
        os.abort()
    elif name == "fork and abort":
        if os.fork() == 0:
            time.sleep(100)
            os._exit(0)
        os.abort()
    elif name == "pid":
        yield WireFrame.of(os.getpid())
    elif name == "lock the interpreter":
        yield WireFrame.of(os.getpid())
        re.match("(a+)+$", "a" * 60 + "b")
    elif name == "compute":
        end = time.process_time() + arguments[0]
        while time.process_time() < end:
            pass
        yield WireFrame.of("computed")
    elif name == "sleep":
        time.sleep(60)
    elif name == "hold":
        held.append(bytearray(arguments[0]))
        yield WireFrame.of(None)
    elif name == "environment":
        yield WireFrame.of(dict(os.environ))
    elif name == "print":
        print("a library's chatter")
        os.write(1, b"more of it")
        yield WireFrame.of("printed")
    elif name == "garble":
        for descriptor in range(3, 20):
            try:
                os.write(descriptor, b"no frame at all")
            except OSError:
                pass
        time.sleep(60)

if "watched closely" in sys.argv:
    _serving.MAX_UNWATCHED_SECONDS = 1.0

def prepare():
    print("chatter before it is ready")
    if "broken" in sys.argv:
        raise ImportError("no such \\033[31m network")
    return answer

serve(prepare, verb="tested")
"""

Start = Callable[..., Worker]


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., WorkerSpec]:
    """`spec("argument", memory=…)` is a worker of the module above with these limits."""
    (tmp_path / "obedient_worker.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def make(*arguments: str, **limits: int) -> WorkerSpec:
        return WorkerSpec(
            "obedient_worker", Limits(**limits), activity="testing", name="the tester", arguments=arguments
        )

    return make


@pytest.fixture
def start(spec: Callable[..., WorkerSpec]) -> Iterator[Start]:
    """`start("argument", memory=…)` starts such a worker."""
    started: list[Worker] = []

    def make(*arguments: str, **limits: int) -> Worker:
        started.append(Worker.start(spec(*arguments, **limits)))
        return started[-1]

    yield make
    for worker in started:
        worker.close()
