"""Embedding of 20,000 texts: time and memory, compared with raw httpx and other clients.

    python -m benchmarks.embeddings [--peers-python PATH] [--latency MS …] [--rounds N] [--only NAME …]

A server in another process answers from bytes that were made beforehand, after 0, 50 or 200 ms. All clients have 16
requests under way at most, where they can. "raw httpx" is what one writes by hand: batches of 256, base64, a pool of
threads or 16 coroutines, each vector copied to its place in a float32 matrix, nothing checked. Each client is
measured in a process of its own, in turns with raw httpx, the best round counts, and the ratio is that of the clock.
Memory is the peak of one more process, in which the client runs once; the target is 1.5 times the float32 matrix and
150 MB. Clients that are not installed here are looked for in the environment of `--peers-python`.
"""

import argparse
import asyncio
import base64
import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

DIMENSIONS = 1024
ROW = 4 * DIMENSIONS
"""Bytes of a float32 vector."""

MODEL = "mistral-embed"
KEY = "benchmark"
AT_ONCE = 16
BATCH = 256
PATIENCE = 30.0
"""Seconds after which a client gets no further round."""

SENTENCE = "Revenues of the {0} unit rose by 12.4 % to $1,{1:03} million, which the board expects to hold in year {0}; "
END = "costs fell in all regions but one."


def made(count: int) -> list[str]:
    """Distinct texts of about 130 characters and 55 tokens, so that 256 of them fill a request."""
    return [SENTENCE.format(number, number % 1000) + END for number in range(count)]


# --- the server ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def reply(count: int, encoding: str) -> bytes:
    """A whole HTTP response with this many vectors."""
    import numpy as np

    matrix = np.random.default_rng(0).standard_normal((count, DIMENSIONS)).astype("<f4")
    rows = [base64.b64encode(row.tobytes()).decode() if encoding == "base64" else row.tolist() for row in matrix]
    data = [{"object": "embedding", "embedding": row, "index": index} for index, row in enumerate(rows)]
    usage = {"prompt_tokens": 55 * count, "total_tokens": 55 * count, "completion_tokens": 0}
    body = json.dumps({"id": "a", "object": "list", "data": data, "model": MODEL, "usage": usage}).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    return head + body


async def serve(latency: float) -> None:
    """Serve until killed; the first line of output is the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
                sent = json.loads(await reader.readexactly(length))
                if latency:
                    await asyncio.sleep(latency)
                writer.write(reply(len(sent["input"]), sent.get("encoding_format") or "float"))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    for encoding in ("base64", "float"):
        reply(BATCH, encoding)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=256, limit=1 << 22)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# --- the clients: each takes texts and gives how many vectors there are --------------------------------------------

Run = Callable[[list[str]], int]


def batches(texts: list[str]) -> Iterator[tuple[int, list[str]]]:
    return ((at, texts[at : at + BATCH]) for at in range(0, len(texts), BATCH))


def copied(matrix: memoryview, at: int, content: bytes) -> None:
    for item in json.loads(content)["data"]:
        start = (at + item["index"]) * ROW
        matrix[start : start + ROW] = base64.b64decode(item["embedding"])


def body(batch: list[str]) -> dict[str, Any]:
    return {"model": MODEL, "input": batch, "encoding_format": "base64"}


def raw_threads(url: str) -> Run:
    httpx = importlib.import_module("httpx")
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    client = httpx.Client(headers={"authorization": f"Bearer {KEY}"}, limits=limits, timeout=60)

    def run(texts: list[str]) -> int:
        matrix = memoryview(bytearray(len(texts) * ROW))

        def one(part: tuple[int, list[str]]) -> None:
            copied(matrix, part[0], client.post(f"{url}/embeddings", json=body(part[1])).content)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(one, batches(texts)))
        return len(matrix) // ROW

    return run


def raw_coroutines(url: str) -> Run:
    httpx = importlib.import_module("httpx")
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)

    async def run(texts: list[str]) -> int:
        matrix = memoryview(bytearray(len(texts) * ROW))
        parts = batches(texts)
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {KEY}"}, limits=limits, timeout=60) as client:

            async def worker() -> None:
                for at, batch in parts:
                    copied(matrix, at, (await client.post(f"{url}/embeddings", json=body(batch))).content)

            await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        return len(matrix) // ROW

    return lambda texts: asyncio.run(run(texts))


def ours(url: str) -> Any:
    return importlib.import_module("mistral_rag").MistralEmbeddings(
        base_url=url, api_key=KEY, max_concurrent_requests=AT_ONCE
    )


def matrix(url: str) -> Run:
    model = ours(url)
    return lambda texts: len(model.embed_matrix(texts))


def stream(url: str) -> Run:
    model = ours(url)
    return lambda texts: sum(len(batch) for batch in model.embed_batches(iter(texts)))


def lists(url: str) -> Run:
    model = ours(url)
    return lambda texts: len(model.embed_documents(texts))


def coroutines(url: str) -> Run:
    model = ours(url)
    return lambda texts: len(asyncio.run(model.aembed_matrix(texts)))


def langchain_mistralai(url: str) -> Run:
    os.environ["HF_HUB_OFFLINE"] = "1"  # else it looks for a tokenizer in the web
    made = importlib.import_module("langchain_mistralai").MistralAIEmbeddings
    model = made(endpoint=f"{url}/", api_key=KEY, model=MODEL)
    return lambda texts: len(model.embed_documents(texts))


def langchain_openai(url: str) -> Run:
    made = importlib.import_module("langchain_openai").OpenAIEmbeddings
    model = made(base_url=url, api_key=KEY, model=MODEL, check_embedding_ctx_length=False, chunk_size=BATCH)
    return lambda texts: len(model.embed_documents(texts))


def litellm(url: str) -> Run:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it is fetched from the web
    library = importlib.import_module("litellm")

    def one(part: tuple[int, list[str]]) -> Any:
        return library.embedding(model=f"mistral/{MODEL}", input=part[1], api_base=url, api_key=KEY).data

    return lambda texts: in_pool(one, texts)


def sdk_threads(url: str) -> Run:
    sdk = importlib.import_module("mistralai.client").Mistral(api_key=KEY, server_url=url.removesuffix("/v1"))
    return lambda texts: in_pool(lambda part: sdk.embeddings.create(model=MODEL, inputs=part[1]).data, texts)


def sdk_coroutines(url: str) -> Run:
    made = importlib.import_module("mistralai.client").Mistral

    async def run(texts: list[str]) -> int:
        sdk, parts, found = made(api_key=KEY, server_url=url.removesuffix("/v1")), batches(texts), []

        async def worker() -> None:
            for _, batch in parts:
                found.extend((await sdk.embeddings.create_async(model=MODEL, inputs=batch)).data)

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        return len(found)

    return lambda texts: asyncio.run(run(texts))


def in_pool(one: Callable[[tuple[int, list[str]]], Any], texts: list[str]) -> int:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return len([item for found in pool.map(one, batches(texts)) for item in found])


CLIENTS: dict[str, tuple[Callable[[str], Run], Callable[[str], Run]]] = {
    "raw httpx, threads": (raw_threads, raw_threads),
    "embed_matrix": (matrix, raw_threads),
    "embed_batches": (stream, raw_threads),
    "embed_documents": (lists, raw_threads),
    "raw httpx, async": (raw_coroutines, raw_coroutines),
    "aembed_matrix": (coroutines, raw_coroutines),
    "langchain-mistralai": (langchain_mistralai, raw_threads),
    "langchain-openai": (langchain_openai, raw_threads),
    "LiteLLM, threads": (litellm, raw_threads),
    "official SDK, threads": (sdk_threads, raw_threads),
    "official SDK, async": (sdk_coroutines, raw_coroutines),
}
"""Each client with the raw client that it is compared with."""


# --- the measuring ------------------------------------------------------------------------------------------------


def once(run: Run, texts: list[str]) -> tuple[float, float]:
    """Wall seconds, and CPU seconds of this process."""
    clock, processor = time.perf_counter(), time.process_time()
    assert run(texts) == len(texts)
    return time.perf_counter() - clock, time.process_time() - processor


def measured(name: str, url: str, count: int, rounds: int) -> list[float]:
    """Wall and CPU seconds of the client's best round, then those of the raw client."""
    client, raw = (make(url) for make in CLIENTS[name])
    texts = made(count)
    once(client, texts[: 2 * BATCH])
    once(raw, texts[: 2 * BATCH])
    taken: list[tuple[tuple[float, float], tuple[float, float]]] = []
    began = time.perf_counter()
    while len(taken) < rounds and time.perf_counter() - began < PATIENCE:
        taken.append((once(client, texts), once(raw, texts)))
    return [min(values) for one in zip(*taken, strict=True) for values in zip(*one, strict=True)]


def peak(name: str, url: str, count: int) -> list[float]:
    """Peak memory of this process in MB, when the client runs once."""
    once(CLIENTS[name][0](url), made(count))
    return [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6]


def elsewhere(pythons: Sequence[str], arguments: Sequence[str]) -> list[float] | None:
    """The measurement of a client in a process of its own, by the first Python that has it; None without one."""
    for python in pythons:
        done = subprocess.run([python, str(Path(__file__)), *arguments], capture_output=True, text=True)
        if not done.returncode:
            found: list[float] = json.loads(done.stdout.splitlines()[-1])
            return found
        if "ModuleNotFoundError" not in done.stderr:
            print(f"{arguments[1]}: {done.stderr.strip().splitlines()[-1]}")
    return None


def compare(given: argparse.Namespace, latency: int) -> None:
    """Measure one client after another and print a table."""
    command = [sys.executable, __file__, "--serve", str(latency / 1000)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            url = f"http://127.0.0.1:{server.stdout.readline().strip() if server.stdout else ''}/v1"
            for name in given.only or CLIENTS:
                pythons = [sys.executable, *filter(None, [given.peers_python])]
                known = [url, str(given.texts), str(given.rounds)]
                times = elsewhere(pythons, ["--measure", name, *known])
                if times is None:
                    print(f"{latency:4} ms  {name:22} not measured: failed, or not installed")
                    continue
                memory = (elsewhere(pythons, ["--peak", name, *known]) or [0.0])[0]
                show(f"{latency:4} ms  {name:22}", given.texts, times, memory)
        finally:
            server.kill()


def show(title: str, count: int, times: list[float], memory: float) -> None:
    clock, processor, raw_clock, raw_processor = times
    ratio, cost = raw_clock / clock, processor / raw_processor
    print(f"{title} {count / clock:9,.0f} {ratio:7.2f} {processor:8.2f} {cost:7.2f} {memory:9.0f}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", help="a Python whose environment has the clients that are missing here")
    parser.add_argument("--latency", type=int, nargs="*", default=[0, 50, 200], help="milliseconds of the server")
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", choices=CLIENTS, help="clients to measure, by default all")
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--peak", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.serve is not None:
        asyncio.run(serve(given.serve))
    elif given.measure:
        name, url, count, rounds = given.measure
        print(json.dumps(measured(name, url, int(count), int(rounds))))
    elif given.peak:
        print(json.dumps(peak(given.peak[0], given.peak[1], int(given.peak[2]))))
    else:
        target = 1.5 * given.texts * DIMENSIONS * 4 / 1e6 + 150
        print(f"memory target {target:.0f} MB")
        print(f"{'':32} {'texts/s':>8} {'of raw':>7} {'CPU, s':>8} {'x raw':>7} {'peak, MB':>9}")
        for latency in given.latency:
            compare(given, latency)


if __name__ == "__main__":
    main()
