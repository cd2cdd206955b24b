"""The server: cold start, first words, many askers at once, memory, and pictures of pages cold and kept.

python -m benchmarks.serve [--index DIR] [--askers 50] [--seconds 60]

Without --index an index of data/ is built. No key is used: answers are quotes, made on this machine.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

DATA = Path(__file__).parents[1] / "data"
QUESTIONS = (
    "How quickly must the loss of a laptop be reported?",
    "How long are the mailboxes of former employees kept?",
    "For how much did Apple repurchase common stock in the third quarter of 2023?",
    "To what sum is the deposit for Hall 4 raised?",
)
PORT = 8379
URL = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """Seconds until the first words, until the end, and of the search alone."""

    first: float
    whole: float
    retrieve: float


async def ask(client: httpx.AsyncClient, question: str) -> TimedAnswer:
    """Ask a question; an answer that does not come is an error."""
    started, first, kind = time.perf_counter(), 0.0, ""
    async with client.stream("POST", f"{URL}/api/ask", json={"question": question}) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
                first = first or (time.perf_counter() - started if kind == "text" else 0.0)
            elif line.startswith("data: ") and kind == "answer":
                timings = json.loads(line.removeprefix("data: "))["answer"]["timings"]
                return TimedAnswer(first, time.perf_counter() - started, timings["retrieve"])
    raise RuntimeError("the stream ended without an answer")


async def load(askers: int, seconds: float) -> tuple[list[TimedAnswer], int]:
    """Answers to so many askers, each of whom asks again as soon as it has an answer; and the number of errors."""
    answers: list[TimedAnswer] = []
    errors = 0
    end = time.perf_counter() + seconds

    async def asker(number: int, client: httpx.AsyncClient) -> None:
        nonlocal errors
        while time.perf_counter() < end:
            try:
                answers.append(await ask(client, QUESTIONS[number % len(QUESTIONS)]))
            except (httpx.HTTPError, RuntimeError):
                errors += 1

    async with httpx.AsyncClient(timeout=300, limits=httpx.Limits(max_connections=askers)) as client:
        await asyncio.gather(*(asker(number, client) for number in range(askers)))
    return answers, errors


def wait_for(path: str) -> float:
    """Seconds until the server answers a path with success."""
    started = time.perf_counter()
    while True:
        try:
            if httpx.get(URL + path).status_code == httpx.codes.OK:
                return time.perf_counter() - started
        except httpx.TransportError:
            pass
        time.sleep(0.005)


def picture(width: int) -> float:
    """Seconds for the picture of a page."""
    documents = httpx.get(f"{URL}/api/documents", params={"type": "application/pdf"}).json()["documents"]
    started = time.perf_counter()
    path = f"{URL}/api/pages/{documents[0]['document_id']}/1.png"
    httpx.get(path, params={"width": width}, timeout=60).raise_for_status()
    return time.perf_counter() - started


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent do not exceed."""
    return sorted(values)[max(0, -(-percent * len(values) // 100) - 1)]


def measure(process: psutil.Process, askers: int, seconds: float) -> None:
    """Print the figures of a server that is ready."""
    cold, kept = picture(1280), picture(1280)
    print(f"picture of a page      {cold:.3f} s cold, {kept:.3f} s kept")
    alone, _ = asyncio.run(load(1, max(seconds / 6, 3.0)))
    one = statistics.median(answer.retrieve for answer in alone)
    print(f"one asker              first words {statistics.median(answer.first for answer in alone):.3f} s (median)")
    before = process.memory_info().rss
    answers, errors = asyncio.run(load(askers, seconds))
    whole, searches = [answer.whole for answer in answers], [answer.retrieve for answer in answers]
    print(f"{askers} askers, {seconds:.0f} s       {len(answers)} answers, {errors} errors")
    print(f"  an answer            {percentile(whole, 50):.2f} s half, {percentile(whole, 95):.2f} s 95 %")
    ratio = percentile(searches, 95) / one
    print(f"  the search           {percentile(searches, 95):.3f} s 95 %, {ratio:.1f} times that of one asker")
    print(f"memory                 {before >> 20} MB before, {process.memory_info().rss >> 20} MB after")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--askers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args(arguments)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MISTRAL_")}
    with tempfile.TemporaryDirectory() as folder:
        index = options.index or Path(folder) / "index"
        programs = Path(sys.executable).parent
        if options.index is None:
            subprocess.run([programs / "ingest", "build", DATA, "--index", index], env=environment, check=True)
        command = [programs / "mistral-rag", "serve", "--index", index, "--port", str(PORT), "--data", folder]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as server:
            try:
                listening = wait_for("/healthz")
                print(f"cold start             {listening:.2f} s, models ready after {wait_for('/readyz'):.2f} s more")
                measure(psutil.Process(server.pid), options.askers, options.seconds)
            finally:
                server.terminate()


if __name__ == "__main__":
    main()
