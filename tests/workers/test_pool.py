import os
import threading
from collections.abc import Callable
from contextlib import closing

import psutil
import pytest

from mistral_rag.errors import WorkerError, WorkerStartError
from mistral_rag.workers import FrameError, WireFrame, WorkerPool, WorkerSpec

Spec = Callable[..., WorkerSpec]
Job = tuple[str, int | str]


def number(job: Job, frame: WireFrame) -> int:
    [value] = frame.value()
    if not isinstance(value, int):
        raise FrameError("no number")
    return value


def pool(spec: WorkerSpec, count: int = 2) -> WorkerPool[Job, int]:
    return WorkerPool(spec, count, encode=WireFrame.of, decode=number)


def results(workers: WorkerPool[Job, int], *jobs: Job) -> dict[Job, int | str]:
    for job in jobs:
        workers.submit(job)
    found = dict(workers.result() for _ in jobs)
    return {job: result.reason if isinstance(result, WorkerError) else result for job, result in found.items()}


def running() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "obedient_worker" in command_line(child)]


def command_line(process: psutil.Process) -> list[str]:
    """The words of its command; none when it has just ended and only its exit code is left."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_every_job_has_a_result_or_a_reason(spec: Spec) -> None:
    with closing(pool(spec())) as workers:
        found = results(workers, ("echo", 1), ("die", 7), ("echo", 2), ("refuse", "odd"), ("echo", "x"), ("echo", 3))
        assert len(running()) <= 2
    assert found == {
        ("echo", 1): 1,
        ("die", 7): "the tester crashed on it (exit code 7)",
        ("echo", 2): 2,
        ("refuse", "odd"): "odd",
        ("echo", "x"): "the testing process gave no usable answer",
        ("echo", 3): 3,
    }
    assert running() == []


def test_a_signal_before_a_thread_is_started_leaves_a_pool_that_closes(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    workers = pool(spec())
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            workers.submit(("echo", 1))
    workers.close()


def test_a_worker_starts_with_the_first_job(spec: Spec) -> None:
    with closing(pool(spec(), 4)) as workers:
        assert running() == []
        assert results(workers, ("echo", 1)) == {("echo", 1): 1}
        assert len(running()) == 1


def test_each_job_may_have_a_time_of_its_own(spec: Spec) -> None:
    limited: WorkerPool[Job, int] = WorkerPool(spec(), 1, encode=WireFrame.of, decode=number, seconds=lambda job: 0.5)
    with closing(limited) as workers:
        assert results(workers, ("sleep", 0)) == {("sleep", 0): "testing took too long and was stopped"}


def test_workers_that_can_t_start_are_an_error(spec: Spec) -> None:
    with closing(pool(spec("broken"))) as workers:
        workers.submit(("echo", 1))
        with pytest.raises(WorkerStartError, match="the testing process can't start: ImportError"):
            workers.result()


def test_closing_ends_workers_at_work(spec: Spec) -> None:
    workers = pool(spec())
    assert results(workers, ("echo", 1)) == {("echo", 1): 1}
    workers.submit(("sleep", 0))
    workers.close()
    assert running() == []


def test_a_job_that_can_not_be_sent_is_a_reason_too(spec: Spec) -> None:
    def encode(job: Job) -> WireFrame:
        if job[0] == "odd":
            raise UnicodeError("no text")
        return WireFrame.of(job)

    with closing(WorkerPool(spec(), 1, encode=encode, decode=number)) as workers:
        found = results(workers, ("odd", 1), ("echo", 2))
    assert found == {("odd", 1): "testing failed: UnicodeError: no text", ("echo", 2): 2}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks there")
def test_a_worker_that_dies_is_not_waited_for_as_long_as_what_it_started(spec: Spec) -> None:
    with closing(pool(spec(), 1)) as workers:
        found = results(workers, ("fork and abort", 0), ("echo", 1))
    assert found == {("fork and abort", 0): "the tester crashed on it (SIGABRT)", ("echo", 1): 1}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks there")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_child_neither_uses_nor_ends_the_workers_of_its_parent(spec: Spec) -> None:
    with closing(pool(spec(), 1)) as workers:
        assert results(workers, ("echo", 1)) == {("echo", 1): 1}
        child = os.fork()
        if child == 0:
            status = 1
            try:
                workers.submit(("echo", 2))
            except WorkerStartError as error:
                status = 0 if "before this process was forked" in str(error) else 2
            workers.close()
            os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert results(workers, ("echo", 3)) == {("echo", 3): 3}
        assert len(running()) == 1
