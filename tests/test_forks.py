"""A process is forked while other threads import modules or hold locks; its child is never kept waiting for them."""

import subprocess
import sys
from pathlib import Path

import pytest

from mistral_rag.testing import small_index

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")

BEGINNING = """
import os, signal, sys, threading, time
import mistral_rag._forks as forks

sys.path.insert(0, sys.argv[1])

def forked(child):
    number = os.fork()
    if number == 0:
        # what hangs is ended by the signal
        signal.alarm(60)
        os._exit(child())
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])

begun = threading.Event()
sys.begun = begun
"""
DOCUMENTS = {"leave.txt": ["Employees have 27 days of paid leave in each year."]}


def said_by(script: str, *arguments: object) -> list[str]:
    """The lines that a program of its own prints."""
    command = [sys.executable, "-W", "ignore", "-c", BEGINNING + script, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


IMPORTING = """
forks.MAX_WAIT = 300.0

def load():
    import slow

threading.Thread(target=load).start()
begun.wait()

def child():
    import slow
    return slow.DAYS

print(forked(child))
"""


def test_a_child_forked_while_a_thread_imports_a_module_imports_it(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import sys, time\nsys.begun.set()\ntime.sleep(0.5)\nDAYS = 27\n")
    assert said_by(IMPORTING, tmp_path) == ["27"]


@pytest.mark.parametrize(
    "needs",
    [
        "import logging; logging.getLogger('slow')",
        "from concurrent.futures import ThreadPoolExecutor; ThreadPoolExecutor(1).submit(int)",
        "import json.tool",
    ],
)
def test_a_fork_does_not_hold_what_an_import_needs_while_it_waits_for_it(tmp_path: Path, needs: str) -> None:
    # the standard library takes locks before a fork, too
    (tmp_path / "slow.py").write_text(f"import sys, time\nsys.begun.set()\ntime.sleep(0.5)\n{needs}\nDAYS = 29\n")
    assert said_by(IMPORTING, tmp_path) == ["29"]


def test_a_package_whose_parts_are_half_imported_is_imported_by_the_child(tmp_path: Path) -> None:
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "__init__.py").write_text("from slow.part import DAYS\n")
    (tmp_path / "slow" / "part.py").write_text("import sys, time\nsys.begun.set()\ntime.sleep(0.5)\nDAYS = 28\n")
    assert said_by(IMPORTING, tmp_path) == ["28"]


OPENING = """
forks.MAX_WAIT = 100.0

def load():
    import application

threading.Thread(target=load).start()
begun.wait()

def child():
    import application
    return len(application.retriever.search("How many days of leave?"))

print(forked(child))
"""
APPLICATION = """
import sys, time
sys.begun.set()
time.sleep(0.3)
from mistral_rag import HybridRetriever
retriever = HybridRetriever.from_index({!r})
"""


def test_a_module_that_opens_an_index_while_it_is_imported_does_not_stand_against_the_fork(tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", DOCUMENTS)
    (tmp_path / "application.py").write_text(APPLICATION.format(str(index)))
    assert said_by(OPENING, tmp_path) == ["1"]


FOR_EVER = """
forks.MAX_WAIT = 0.2
done = sys.done = threading.Event()

def load():
    import server

thread = threading.Thread(target=load)
thread.start()
begun.wait()
from mistral_rag import HybridRetriever
retriever = HybridRetriever.from_index(sys.argv[2])
print(forked(lambda: len(retriever.search("leave"))))
done.set()
thread.join()
print(len(retriever.search("leave")))
"""


def test_a_module_that_serves_as_long_as_it_is_imported_does_not_keep_the_fork(tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", DOCUMENTS)
    (tmp_path / "server.py").write_text("import sys\nsys.begun.set()\nsys.done.wait()\n")
    assert said_by(FOR_EVER, tmp_path, index) == ["1", "1"]


FIRST_USE = """
from mistral_rag import GroundedQA, HybridRetriever

retriever = HybridRetriever.from_index(sys.argv[2])
chain = GroundedQA(retriever=retriever)

def ask():
    begun.set()
    while True:
        chain.invoke("How many days of leave are there?")
        retriever.search("leave")

def child():
    answer = chain.invoke("How many days of leave are there?")
    return 0 if "“Employees have 27 days of paid leave in each year.” [1]" in answer.text else 3

for _ in range(4):
    threading.Thread(target=ask, daemon=True).start()
begun.wait()
print([forked(child) for _ in range(4)], flush=True)
os._exit(0)
"""


def test_children_forked_while_threads_ask_for_the_first_time_answer(tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", DOCUMENTS)
    assert said_by(FIRST_USE, tmp_path, index) == ["[0, 0, 0, 0]"]


HELD = """
import sqlite3
from contextlib import ExitStack
from mistral_rag.index._idle_timeout import IdleTimeout

timeout, done = IdleTimeout(), threading.Event()

def hold():
    with ExitStack() as stack:
        # as many statements of other threads, each half-way, as make it certain that one comes first
        for _ in range(50):
            timed = stack.enter_context(timeout.watched(sqlite3.connect(":memory:")))
            stack.enter_context(timed._mutex)
        begun.set()
        done.wait()
        stack.pop_all()

threading.Thread(target=hold, daemon=True).start()
begun.wait()
print(forked(lambda: 7), flush=True)
os._exit(0)
"""


def test_a_child_forked_over_statements_of_another_thread_is_not_kept_by_their_locks(tmp_path: Path) -> None:
    assert said_by(HELD, tmp_path) == ["7"]
