"""A worker that fails, crashes, hangs, swells or talks nonsense costs one job, and says what it was."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing

import psutil
import pytest

from mistral_rag.errors import WorkerError, WorkerStartError
from mistral_rag.workers import WireFrame, Worker, WorkerSpec

Start = Callable[..., Worker]


def reason(worker: Worker, *job: object, seconds: float | None = None) -> str:
    with pytest.raises(WorkerError) as raised:
        worker.ask(WireFrame.of(job), seconds=seconds)
    return raised.value.reason


def test_a_job_has_a_result(start: Start) -> None:
    worker = start()
    assert worker.ask(WireFrame.of(["echo", 1, "ü"], b"abc")) == WireFrame(b'[1,"\\u00fc"]', b"cba")
    assert worker.usable


def test_results_come_one_after_another(start: Start) -> None:
    worker = start()
    for count in (3, 0, 2):
        worker.send(WireFrame.of(["count", count]))
        assert [frame.value() for frame in worker.results()] == list(range(count))


def test_what_a_library_prints_is_no_result(start: Start) -> None:
    assert start().ask(WireFrame.of(["print"])).value() == "printed"


def test_a_job_that_fails_has_a_reason_and_the_worker_goes_on(start: Start) -> None:
    worker = start()
    assert reason(worker, "refuse", "the file\nis\x1b[2J \ud800 odd") == "the file is [2J \ufffd odd"
    assert reason(worker, "divide", 0) == "can't be tested: ZeroDivisionError: division by zero"
    assert len(reason(worker, "refuse", "x" * 5000)) == 300
    assert worker.usable
    assert worker.ask(WireFrame.of(["echo"])).value() == []


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (("die", 3), "the tester crashed on it (exit code 3)"),
        (("abort",), "the tester crashed on it (SIGABRT)"),
        (("garble",), "the testing process gave no usable answer"),
        (("count", 0), "the testing process gave no usable answer"),
        (("count", 9), "the testing process gave no usable answer"),
    ],
)
def test_a_worker_that_gives_no_answer_is_done_for(start: Start, job: tuple[object, ...], said: str) -> None:
    worker = start()
    assert reason(worker, *job) == said
    assert not worker.usable


def test_a_job_that_takes_too_long_is_stopped(start: Start) -> None:
    worker = start(seconds=1)
    assert reason(worker, "sleep") == "testing took too long and was stopped"
    assert not worker.usable
    assert reason(start(), "sleep", seconds=0.5) == "testing took too long and was stopped"


def test_a_job_that_takes_too_much_memory_is_stopped(start: Start) -> None:
    worker = start(memory=1 << 20)
    assert reason(worker, "sleep") == "testing took more than 0.000977 GiB of memory and was stopped"


def test_a_worker_is_used_up_after_its_jobs(start: Start) -> None:
    worker = start(jobs=2)
    usable = []
    for _ in range(2):
        worker.ask(WireFrame.of(["echo"]))
        usable.append(worker.usable)
    assert usable == [True, False]


def test_a_worker_that_stays_swollen_is_not_used_again(start: Start) -> None:
    worker = start(idle_memory=150 << 20)
    worker.ask(WireFrame.of(["echo"]))
    assert worker.usable
    worker.ask(WireFrame.of(["hold", 200 << 20]))
    assert not worker.usable


def test_results_that_nobody_takes_are_not_those_of_the_next_job(start: Start) -> None:
    worker = start()
    worker.send(WireFrame.of(["count", 5]))
    assert next(worker.results()).value() == 0
    assert not worker.usable


def test_a_worker_that_can_t_start_says_why(start: Start, spec: Callable[..., WorkerSpec]) -> None:
    with pytest.raises(WorkerStartError) as raised:
        start("broken").ask(WireFrame.of(["echo"]))
    assert raised.value.reason == "the testing process can't start: ImportError: no such [31m network"
    with closing(Worker.start(WorkerSpec("no_such_module", spec().limits, activity="testing", name="it"))) as worker:
        worker.send(WireFrame.of([1]))
        with pytest.raises(WorkerStartError, match="No module named no_such_module"):
            list(worker.results())


def test_a_worker_sees_no_key(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "a-secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@proxy")
    seen = start().ask(WireFrame.of(["environment"])).value()
    assert not {"MISTRAL_API_KEY", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY"} & set(seen)
    assert seen["PATH"] == os.environ["PATH"]
    assert (seen["ORT_DISABLE_TELEMETRY"], seen["OMP_NUM_THREADS"]) == ("1", "1")


def test_closing_ends_the_process_at_work_too(start: Start) -> None:
    worker = start()
    worker.wait_until_ready()
    worker.send(WireFrame.of(["sleep"]))
    [process] = [child for child in psutil.Process().children() if "obedient_worker" in child.cmdline()]
    worker.close()
    worker.close()
    assert not process.is_running()


ORPHAN = """
import os, signal, sys
from mistral_rag.workers import Limits, WireFrame, Worker, WorkerSpec

worker = Worker.start(WorkerSpec("obedient_worker", Limits(), "testing", "the tester", ("watched closely",)))
worker.send(WireFrame.of(["lock the interpreter"]))
results = worker.results()
print(next(results).value(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process does not end there by a timer")
@pytest.mark.usefixtures("start")
def test_a_worker_that_locks_its_interpreter_ends_after_its_parent_was_killed() -> None:
    run = subprocess.run([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True, check=False)
    assert run.returncode == -signal.SIGKILL
    for _ in range(300):
        if has_ended(int(run.stdout)):
            break
        time.sleep(0.1)
    assert has_ended(int(run.stdout))


def test_work_that_takes_longer_than_a_worker_may_go_unwatched_is_done(start: Start) -> None:
    # the timer runs out after one second of processor time without a look for the parent
    worker = start("watched closely")
    assert [worker.ask(WireFrame.of(["compute", 3])).value() for _ in range(2)] == ["computed"] * 2


GONE_AT_ONCE = """
import os, signal
from mistral_rag.workers import Limits, WireFrame, Worker, WorkerSpec

worker = Worker.start(WorkerSpec("obedient_worker", Limits(), "testing", "the tester"))
worker.send(WireFrame.of(["sleep"]))
print(worker._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the parent is not named there")
@pytest.mark.usefixtures("start")
def test_a_worker_whose_parent_was_killed_before_it_was_ready_ends_too() -> None:
    run = subprocess.run([sys.executable, "-c", GONE_AT_ONCE], stdout=subprocess.PIPE, text=True, check=False)
    assert run.returncode == -signal.SIGKILL
    # less than the job takes
    for _ in range(300):
        if has_ended(int(run.stdout)):
            break
        time.sleep(0.1)
    assert has_ended(int(run.stdout))


def has_ended(process: int) -> bool:
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
