"""The worker's side: take jobs from standard input, answer on standard output, leave when the parent is gone.

Standard library only, and little of it: this is what every worker starts with.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import IO, Final

from mistral_rag.errors import ParseError
from mistral_rag.workers._frames import END, FAILURE, READY, RESULT, WireFrame, read_frame, write_frame

Answer = Callable[[WireFrame], Iterable[WireFrame]]
"""Make the results of a job; raises ParseError with a reason where it can't be done."""

PARENT_CHECK_SECONDS: Final = 0.5
"""Time between looks for the parent: a worker that is busy does not see that its input has ended."""
MAX_UNWATCHED_SECONDS: Final = 300.0
"""Processor time that one call into C may take with the interpreter locked, while nothing looks for the parent.

No file takes that long in a single call, and 256 cores at work between two looks take less.
"""
MAX_REASON: Final = 300
"""Characters of a reason: it is one line of a report."""


def serve(prepare: Callable[[], Answer], *, verb: str = "done") -> None:
    """Answer jobs until the parent closes standard input; called by a worker's own module.

    Whatever goes wrong with a job is its reason ("can't be <verb>: …"), and the next one is taken.

    Args:
        prepare: loads what the jobs need and gives the function that does them. What it raises, and what it prints on
            standard error, tells the parent why the worker can't start.
        verb: past participle for what is done to a file, for the reasons of unforeseen errors.
    """
    jobs, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # what a library prints must not end up between the frames, nor after the error that the parent reports
    _silence(1)
    threading.Thread(target=_leave_with_parent, args=(os.getppid(),), daemon=True).start()
    _forbid_core_dumps()
    answer = prepare()
    write_frame(results, READY, WireFrame.of({}))
    _silence(2)
    try:
        while (job := read_frame(jobs)) is not None:
            write_frame(results, *_answered(answer, job[1], results, verb))
    except BrokenPipeError:
        os._exit(0)


def _answered(answer: Answer, job: WireFrame, results: IO[bytes], verb: str) -> tuple[bytes, WireFrame]:
    """Send the results of a job; gives the frame that ends them."""
    try:
        for result in answer(job):
            write_frame(results, RESULT, result)
    except BrokenPipeError:
        raise
    except ParseError as error:
        return FAILURE, _failure(error.reason)
    except Exception as error:  # noqa: BLE001  the edge of the process: whatever goes wrong is the reason of one job
        return FAILURE, _failure(f"can't be {verb}: {type(error).__name__}: {error}")
    return END, WireFrame.of({})


def _failure(reason: str) -> WireFrame:
    return WireFrame.of({"reason": " ".join(reason.split())[:MAX_REASON]})


def limit_address_space(size: int) -> None:
    """Bound what this process may ever allocate to `size` bytes, where the system can.

    The parent looks at a worker's memory ten times a second; this is for files so small that they can ask for
    gigabytes in less than that.
    """
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _forbid_core_dumps() -> None:
    """Keep the text of a document that crashes its parser out of the system's crash reports."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _silence(descriptor: int) -> None:
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  (pathlib takes longer to load than this module)
        os.dup2(nowhere.fileno(), descriptor)


def _leave_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        if sys.platform != "win32":
            # put off at each look; when none comes, the system ends the process. Processor time stops where it stops
            signal.setitimer(signal.ITIMER_PROF, MAX_UNWATCHED_SECONDS)
        time.sleep(PARENT_CHECK_SECONDS)
    os._exit(1)
