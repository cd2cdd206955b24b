"""Load on `mistral-rag serve` without a model: many askers at once against one, memory, pictures of pages, start.

python -m benchmarks.serve [--index DIR] [--askers 50] [--seconds 60] [--plot FILE.svg]
"""

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

DATA = Path(__file__).parents[1] / "data"
SINGLE = 40
"""Questions of the one asker that the others are compared with."""
PICTURES = 30
WIDTH, HEIGHT, MARGIN = 640, 260, 40


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: when it was asked, seconds until the first words and the end, and of the search within."""

    at: float
    first: float
    whole: float
    retrieval: float


@dataclass(slots=True)
class Run:
    """What some askers have seen, and the server's memory meanwhile."""

    asks: list[Ask] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)


def questions() -> list[str]:
    """The questions about data/."""
    rows = map(json.loads, (DATA / "questions.jsonl").read_text("utf-8").splitlines())
    return [row["question"] for row in rows]


@contextmanager
def server(index: Path) -> Iterator[tuple[str, psutil.Process, float, float]]:
    """A server: its URL, process, and seconds until it answered and until its models were warm."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "mistral-rag"), "serve", "--index", str(index), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MISTRAL_")}
    begun, url = time.perf_counter(), f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            up = answered(f"{url}/", begun)
            yield url, psutil.Process(process.pid), up, answered(f"{url}/readyz", begun)
        finally:
            process.terminate()


def answered(url: str, begun: float) -> float:
    """Seconds until a URL answers with success."""
    while time.perf_counter() - begun < 120:
        try:
            if httpx.get(url).is_success:
                return time.perf_counter() - begun
        except httpx.TransportError:
            pass
        time.sleep(0.01)
    raise TimeoutError(url)


def ask(client: httpx.Client, question: str, run: Run, begun: float) -> None:
    """Ask, and note what it took."""
    asked, first, kind = time.perf_counter(), 0.0, ""
    retrieval, done = 0.0, False
    with client.stream("POST", "/api/ask", json={"question": question}) as response:
        for line in response.iter_lines():
            if line.startswith("event: "):
                kind = line[7:]
                done = done or kind == "done"
            elif kind in {"text", "answer"} and not first:
                first = time.perf_counter() - asked
            if line.startswith("data: ") and kind == "answer":
                retrieval = json.loads(line[6:])["answer"]["timings"].get("retrieve", 0.0)
    if response.status_code != 200 or not done:
        run.errors.append(f"{response.status_code} {kind}")
        return
    run.asks.append(Ask(asked - begun, first, time.perf_counter() - asked, retrieval))


def load(url: str, process: psutil.Process, askers: int, seconds: float) -> Run:
    """That many askers, each with the next question as soon as the last is answered."""
    run, begun, asked = Run(), time.perf_counter(), questions()

    def work(number: int) -> None:
        with httpx.Client(base_url=url, timeout=120) as client:
            turn = number
            while time.perf_counter() - begun < seconds:
                try:
                    ask(client, asked[turn % len(asked)], run, begun)
                except httpx.HTTPError as error:
                    run.errors.append(repr(error))
                turn += askers

    threads = [threading.Thread(target=work, args=(number,)) for number in range(askers)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        run.memory.append((time.perf_counter() - begun, process.memory_info().rss / 1e6))
        time.sleep(1)
    return run


def pictures(url: str) -> tuple[list[float], list[float]]:
    """Seconds for pictures of pages that were not drawn before, and for the same ones again."""
    with httpx.Client(base_url=url, timeout=60) as client:
        documents = client.get("/api/documents?type=application/pdf").json()["documents"]
        whole = [(one["document_id"], page) for one in documents for page in range(1, int(one["pages"]) + 1)]
        paths = [f"/api/pages/{document}/{page}.png?width=960" for document, page in whole[:: len(whole) // PICTURES]]
        return [[timed(client, path) for path in paths] for _ in range(2)]  # type: ignore[return-value]


def timed(client: httpx.Client, path: str) -> float:
    """Seconds of a request."""
    begun = time.perf_counter()
    client.get(path).raise_for_status()
    return time.perf_counter() - begun


def share(values: Sequence[float], part: float) -> float:
    """A percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def plot(run: Run, path: Path) -> None:
    """Answers' seconds as dots, and the memory as a line, over the time of the run."""
    longest = max(one.at + one.whole for one in run.asks)
    slowest, most = max(one.whole for one in run.asks), max(size for _, size in run.memory)

    def place(at: float, height: float) -> tuple[float, float]:
        x = MARGIN + at / longest * (WIDTH - 2 * MARGIN)
        return round(x, 1), round(HEIGHT - MARGIN - height * (HEIGHT - 2 * MARGIN), 1)

    dots = [place(one.at, one.whole / slowest) for one in run.asks]
    line = " ".join("{},{}".format(*place(min(at, longest), size / most)) for at, size in run.memory)
    legend = f"dots: seconds of an answer (to {slowest:.1f}); line: memory in MB (to {most:.0f}); {longest:.0f} s"
    made = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *(f'<circle cx="{x}" cy="{y}" r="1.5" fill="#1f5fa8" fill-opacity=".4"/>' for x, y in dots),
        f'<polyline points="{line}" fill="none" stroke="#b5482a" stroke-width="2"/>',
        f'<text x="{MARGIN}" y="{HEIGHT - 12}" font-size="12">{legend}</text></svg>',
    ]
    path.write_text("\n".join(made) + "\n", "utf-8")


def report(one: Run, many: Run, askers: int) -> None:
    """Print the table."""
    print(f"{'':28} {'1 asker':>10} {f'{askers} askers':>10} {'ratio':>7}")
    for name, part in (("retrieval, median", 0.5), ("retrieval, p95", 0.95)):
        alone, together = (share([each.retrieval for each in run.asks], part) for run in (one, many))
        print(f"{name:28} {alone * 1000:7.0f} ms {together * 1000:7.0f} ms {together / alone:7.1f}")
    for name, part in (("first words", 0.5), ("first words, p95", 0.95)):
        alone, together = (share([each.first for each in run.asks], part) for run in (one, many))
        print(f"{name:28} {alone * 1000:7.0f} ms {together * 1000:7.0f} ms {together / alone:7.1f}")
    span = max(each.at + each.whole for each in many.asks)
    print(f"answers {len(many.asks)} ({len(many.asks) / span:.1f} a second), errors {len(many.errors)}")
    third = len(many.memory) // 3
    begun, ended = (statistics.median(size for _, size in part) for part in (many.memory[:third], many.memory[-third:]))
    print(f"memory of the server: {begun:.0f} MB in the first third, {ended:.0f} MB in the last")
    for error in sorted(set(many.errors))[:5]:
        print(f"error: {re.sub(r'[0-9]{4,}', 'N', error)}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--index", type=Path, help="an index to serve (default: one of data/ is built)")
    parser.add_argument("--askers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        index = given.index or Path(folder) / "index"
        if given.index is None:
            ingest = str(Path(sys.executable).parent / "ingest")
            subprocess.run([ingest, "build", str(DATA), "--index", str(index)], check=True)
        with server(index) as (url, process, up, warm):
            print(f"start: the page after {up:.2f} s, models warm after {warm:.2f} s")
            one = Run()
            with httpx.Client(base_url=url, timeout=60) as client:
                for question in (questions() * SINGLE)[:SINGLE]:
                    ask(client, question, one, time.perf_counter())
            many = load(url, process, given.askers, given.seconds)
            report(one, many, given.askers)
            cold, kept = pictures(url)
            print(
                f"page picture, 960 pixels: {share(cold, 0.5) * 1000:.0f} ms drawn, {share(kept, 0.5) * 1000:.1f} kept"
            )
    if given.plot is not None:
        plot(many, given.plot)


if __name__ == "__main__":
    main()
