"""Children that crash, hang, eat memory: each is one line. A pipe without a writer is a file that hangs."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

import psutil
import pytest

from ingest.parsing._result import ParsedFile, ParseJob
from ingest.parsing._workers.pool import Outcome, ParsingWorkers
from mistral_rag.errors import ParseError
from mistral_rag.workers import Limits


def text_job(folder: Path, name: str, text: str = "Some words.") -> ParseJob:
    path = folder / name
    path.write_text(text)
    return ParseJob(path, path.as_uri(), "text/plain")


def hanging_job(folder: Path) -> ParseJob:
    path = folder / "hangs.txt"
    os.mkfifo(path)
    return ParseJob(path, path.as_uri(), "text/plain")


def pdf_job(path: Path) -> ParseJob:
    return ParseJob(path, path.as_uri(), "application/pdf")


def parse_files(
    jobs: Iterable[ParseJob], *, workers: int | None = None, limits: Limits | None = None
) -> Generator[tuple[ParseJob, Outcome], None, None]:
    with contextlib.closing(ParsingWorkers(workers=workers, limits=limits)) as parsing:
        yield from parsing.parse(jobs)


def workers(of: int | None = None) -> list[psutil.Process]:
    found = []
    for process in psutil.Process(of).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "ingest.parsing._workers.worker" in " ".join(process.cmdline()):
                found.append(process)
    return found


def wait_until_gone(pids: list[int]) -> None:
    for _ in range(200):
        if not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids):
            return
        time.sleep(0.05)
    pytest.fail("the children live on")


def outcomes(results: Iterator[tuple[ParseJob, Outcome]]) -> dict[str, str]:
    return {job.path.name: out.reason if isinstance(out, ParseError) else out.title for job, out in results}


def test_files_come_back_as_pages_and_chunks(checkout: Path) -> None:
    path = checkout / "data" / "2023 Q3 AAPL.pdf"
    [(job, file)] = parse_files([pdf_job(path)])
    assert job.path == path
    assert isinstance(file, ParsedFile)
    assert (file.uri, file.media_type, file.language) == (path.as_uri(), "application/pdf", "en")
    page = file.pages[3]
    assert len(page.units) > 20
    assert all(page.text[word.start : word.end].split() for word in page.words)
    assert {chunk.page for chunk in file.chunks} == set(range(1, 30))
    assert all(chunk.text == file.pages[chunk.page - 1].text[chunk.start : chunk.end] for chunk in file.chunks)


def test_a_file_that_can_t_be_read_is_one_line_and_the_others_go_on(tmp_path: Path) -> None:
    jobs = [text_job(tmp_path, "a.txt"), pdf_job(text_job(tmp_path, "b.pdf").path), text_job(tmp_path, "c.txt")]
    found = outcomes(parse_files(jobs, workers=1))
    assert sorted(found) == ["a.txt", "b.pdf", "c.txt"]
    assert found["b.pdf"] == "this is not a PDF, or it is damaged beyond reading"


def test_a_child_that_is_killed_is_one_line_and_the_others_go_on(tmp_path: Path) -> None:
    jobs = [text_job(tmp_path, "a.txt"), hanging_job(tmp_path), text_job(tmp_path, "b.txt")]
    results = parse_files(jobs, workers=1)
    first, _ = next(results)
    assert first.path.name == "a.txt"
    [worker] = workers()
    os.kill(worker.pid, signal.SIGKILL)
    assert outcomes(results) == {"hangs.txt": "the parser crashed on it (SIGKILL)", "b.txt": "b"}


def test_a_file_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    jobs = [hanging_job(tmp_path), text_job(tmp_path, "b.txt")]
    found = outcomes(parse_files(jobs, workers=1, limits=Limits(seconds=6)))
    assert found == {"hangs.txt": "parsing took too long and was stopped", "b.txt": "b"}


def test_a_file_that_takes_too_much_memory_is_stopped(tmp_path: Path) -> None:
    found = outcomes(parse_files([hanging_job(tmp_path)], workers=1, limits=Limits(memory=1 << 20)))
    assert found == {"hangs.txt": "parsing took more than 0.000977 GiB of memory and was stopped"}


def test_children_are_replaced_after_some_files(tmp_path: Path) -> None:
    jobs = [text_job(tmp_path, f"{number}.txt") for number in range(4)]
    seen: set[int] = set()
    done = threading.Event()

    def watch() -> None:
        # all the time: between two results a child can have come and gone
        while not done.wait(0.01):
            seen.update(worker.pid for worker in workers())

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert len(list(parse_files(jobs, workers=1, limits=Limits(jobs=2)))) == 4
    done.set()
    watcher.join()
    assert 1 < len(seen) <= 3
    wait_until_gone(list(seen))


def test_who_stops_iterating_ends_the_children(tmp_path: Path) -> None:
    results = parse_files([text_job(tmp_path, "a.txt"), hanging_job(tmp_path)], workers=1)
    next(results)
    pids = [worker.pid for worker in workers()]
    assert pids
    results.close()
    wait_until_gone(pids)


def test_children_go_when_their_parent_is_killed(tmp_path: Path) -> None:
    job = hanging_job(tmp_path)
    code = (
        "import sys, pathlib\n"
        "from ingest.parsing._workers.pool import ParsingWorkers\n"
        "from ingest.parsing._result import ParseJob\n"
        "list(ParsingWorkers().parse([ParseJob(pathlib.Path(sys.argv[1]), 'u', 'text/plain')]))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(job.path)])
    while not (found := workers(parent.pid)):
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    wait_until_gone([worker.pid for worker in found])


PARSING = """
import itertools, pathlib, sys
from ingest.parsing._workers.pool import ParsingWorkers
from ingest.parsing._result import ParseJob
job = ParseJob(pathlib.Path(sys.argv[1]), "u", "application/pdf")
for result in ParsingWorkers().parse(itertools.repeat(job, 1000)):
    print("read", flush=True)
"""
READING = """
import pathlib, sys
from mistral_rag.local.ocr import LocalOCR
print("read", flush=True)
while True:
    list(LocalOCR(threads=1).read(pathlib.Path(sys.argv[1]), [1]))
"""


@pytest.mark.parametrize(("program", "name"), [(PARSING, "2023 Q3 AAPL.pdf"), (READING, "scanned/lease-addendum.pdf")])
def test_children_at_real_work_go_when_their_parent_is_killed(checkout: Path, program: str, name: str) -> None:
    command = [sys.executable, "-W", "ignore", "-c", program, str(checkout / "data" / name)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"read\n"
    # one that computes, not one that loads
    while not (found := [one for one in psutil.Process(parent.pid).children() if one.cpu_times().user > 1]):
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until_gone([worker.pid for worker in found])


def test_children_see_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "a-secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    results = parse_files([text_job(tmp_path, "a.txt"), hanging_job(tmp_path)], workers=1)
    next(results)
    [worker] = workers()
    assert {"PATH"} <= set(worker.environ())
    assert not {"MISTRAL_API_KEY", "AWS_SECRET_ACCESS_KEY"} & set(worker.environ())
    results.close()


def test_jobs_are_taken_as_they_are_needed(tmp_path: Path) -> None:
    taken = []

    def jobs() -> Iterator[ParseJob]:
        for number in range(50):
            taken.append(number)
            yield text_job(tmp_path, f"{number}.txt")

    results = parse_files(jobs(), workers=1)
    next(results)
    assert len(taken) < 10
    results.close()


def test_no_job_starts_no_child() -> None:
    assert list(parse_files([])) == []
    assert workers() == []


def test_odd_pdfs_become_pages_or_one_line(shared: Path) -> None:
    lines = (shared / "data" / "weird_pdfs" / "manifest.jsonl").read_text().splitlines()
    records = {record["file"]: record for record in map(json.loads, lines[::22])}
    folder = shared / "data" / "weird_pdfs"
    jobs = [ParseJob(folder / name, name, "application/pdf") for name in records]
    seen = 0
    for job, out in parse_files(jobs):
        seen += 1
        expected = records[job.uri]["expected"]
        if isinstance(out, ParseError):
            assert "\n" not in out.reason
            assert not all(expected["opens"].values())
        elif expected["pages"] is not None:
            assert len(out.pages) == expected["pages"]
    assert seen == len(records) == 26
