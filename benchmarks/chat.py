"""Cost of a chat client compared with raw httpx: a call, a streamed chunk, coroutines, 64 at once, memory.

    python -m benchmarks.chat [--peers-python PATH] [--rounds N] [--calls N]

A server in another process answers at once. Streams go out with one write for each event, TCP_NODELAY set, and
1 ms between two writes, so that the client reads every event by itself, as it does from a model; sent in a burst,
hundreds of events would be one read, which raw httpx takes better than anybody who makes an object of each event.
Of a paced stream only the client's CPU time says something; its time on the clock is the server's.

Every client is measured in a process of its own, in turns with raw httpx; the best round of each counts, and the
ratio is that of CPU times. "LangChain alone" is a chat model that asks nobody; "LangChain's floor" does what raw
httpx does and hands a ready message to LangChain. ChatMistral can stay below that: it hands its requests to httpx's
transports and leaves out the client around them, which costs as much as LangChain. Clients that are not installed
here are looked for in the environment of `--peers-python`.
"""

import argparse
import asyncio
import atexit
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS = 200
PACE = 0.001
AT_ONCE = 64
MODEL = "mistral-small-latest"
KEY = "benchmark"
QUESTION = "How are you?"
BODY = {"model": MODEL, "messages": [{"role": "user", "content": QUESTION}]}
KINDS = ("call", "streamed chunk", "async call", "async chunk", f"{AT_ONCE} at once")


# --- the server ---------------------------------------------------------------------------------------------------


def reply() -> bytes:
    """A response without streaming."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "Fine."}, "finish_reason": "stop"}
    return json.dumps({"id": "a", "object": "chat.completion", "choices": [choice], **facts(), **usage()}).encode()


def facts() -> dict[str, Any]:
    return {"model": MODEL, "created": 1_700_000_000}


def usage() -> dict[str, Any]:
    return {"usage": {"prompt_tokens": 4, "completion_tokens": EVENTS, "total_tokens": EVENTS + 4}}


def events() -> Iterator[bytes]:
    """The events of a stream, one at a time."""
    for number in range(EVENTS):
        last = {"finish_reason": "stop" if number == EVENTS - 1 else None}
        delta = {"role": "assistant", "content": ""} if number == 0 else {"content": f" word{number}"}
        choice = {"index": 0, "delta": delta, **last}
        event = {"id": "a", "object": "chat.completion.chunk", "choices": [choice], **facts()}
        yield f"data: {json.dumps(event | (usage() if number == EVENTS - 1 else {}))}\n\n".encode()
    yield b"data: [DONE]\n\n"


async def serve() -> None:
    """Serve until killed; the first line of output is the port."""
    whole, pieces = reply(), [b"%x\r\n%b\r\n" % (len(event), event) for event in events()]
    kind = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n%b\r\n\r\n"
    head = kind % (b"application/json", b"content-length: %d" % len(whole))
    stream_head = kind % (b"text/event-stream", b"transfer-encoding: chunked")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                sent = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(sent.partition(b"content-length:")[2].partition(b"\r\n")[0])
                body = json.loads(await reader.readexactly(length))
                writer.write(stream_head if body.get("stream") else head + whole)
                for piece in (*pieces, b"0\r\n\r\n") if body.get("stream") else ():
                    await asyncio.sleep(PACE)
                    writer.write(piece)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# --- the clients --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Client:
    """Four kinds of call; those that stream return the number of chunks."""

    call: Callable[[], Any]
    stream: Callable[[], int]
    acall: Callable[[], Awaitable[Any]]
    astream: Callable[[], Awaitable[int]]


async def counted(chunks: AsyncIterator[Any]) -> int:
    count = 0
    async for _ in chunks:
        count += 1
    return count


def raw_httpx(url: str, *, one_pool: bool = True) -> Client:
    """A client with httpx and json alone; with one pool, or with one for each concurrent call."""
    httpx = importlib.import_module("httpx")
    headers = {"authorization": f"Bearer {KEY}"}
    address = f"{url}/chat/completions"
    client = httpx.Client(headers=headers)
    pools: list[Any] = []
    shared: list[Any] = []

    def read(line: str) -> Any:
        return json.loads(line[6:]) if line.startswith("data: ") and line != "data: [DONE]" else None

    def stream() -> int:
        with client.stream("POST", address, json={**BODY, "stream": True}) as response:
            return sum(1 for line in response.iter_lines() if read(line))

    def new() -> Any:
        return httpx.AsyncClient(headers=headers, limits=httpx.Limits(max_connections=None), verify=False)

    async def acall() -> Any:
        if one_pool:
            shared[:] = shared or [new()]
            return (await shared[0].post(address, json=BODY)).json()
        own = pools.pop() if pools else new()
        try:
            return (await own.post(address, json=BODY)).json()
        finally:
            pools.append(own)

    async def astream() -> int:
        shared[:] = shared or [new()]
        async with shared[0].stream("POST", address, json={**BODY, "stream": True}) as response:
            return sum([1 async for line in response.aiter_lines() if read(line)])

    return Client(lambda: client.post(address, json=BODY).json(), stream, acall, astream)


def of_langchain(model: Any) -> Client:
    """Any LangChain chat model."""
    return Client(
        lambda: model.invoke(QUESTION),
        lambda: sum(1 for _ in model.stream(QUESTION)),
        lambda: model.ainvoke(QUESTION),
        lambda: counted(model.astream(QUESTION)),
    )


def mistral_rag(url: str) -> Client:
    return of_langchain(importlib.import_module("mistral_rag").ChatMistral(base_url=url, api_key=KEY, model=MODEL))


def with_costs(url: str) -> Client:
    """The same within `costs`, which counts every call of the process."""
    ledgers = ExitStack()
    ledgers.enter_context(importlib.import_module("mistral_rag.usage").costs())
    atexit.register(ledgers.close)  # and so they stay open
    return mistral_rag(url)


def langchain_mistralai(url: str) -> Client:
    made = importlib.import_module("langchain_mistralai").ChatMistralAI(endpoint=url, api_key=KEY, model=MODEL)
    return of_langchain(made)


def langchain_openai(url: str) -> Client:
    made = importlib.import_module("langchain_openai").ChatOpenAI(base_url=url, api_key=KEY, model=MODEL)
    return of_langchain(made)


def langchain_alone(_: str) -> Client:
    """LangChain's own cost: a model that returns the same message without any I/O."""
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, AIMessageChunk
    from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

    class Alone(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "alone"

        def _generate(self, *_: Any, **__: Any) -> ChatResult:
            return ChatResult(generations=[ChatGeneration(message=AIMessage("Fine."))])

        async def _agenerate(self, *_: Any, **__: Any) -> ChatResult:
            return self._generate()

        def _stream(self, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
            for _event in range(EVENTS):
                yield ChatGenerationChunk(message=AIMessageChunk(content=" word"))

        async def _astream(self, *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
            for chunk in self._stream():
                yield chunk

    return of_langchain(Alone())


def langchains_floor(url: str) -> Client:
    """The minimum for a LangChain chat model with an httpx client."""
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, AIMessageChunk
    from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

    raw = raw_httpx(url)
    http = importlib.import_module("httpx")
    headers = {"authorization": f"Bearer {KEY}"}
    client, aclient = http.Client(headers=headers), http.AsyncClient(headers=headers)

    class Floor(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "floor"

        def _generate(self, *_: Any, **__: Any) -> ChatResult:
            raw.call()
            return ChatResult(generations=[ChatGeneration(message=AIMessage("Fine."))])

        async def _agenerate(self, *_: Any, **__: Any) -> ChatResult:
            await raw.acall()
            return ChatResult(generations=[ChatGeneration(message=AIMessage("Fine."))])

        def _stream(self, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
            ready = ChatGenerationChunk(message=AIMessageChunk(content=" word"))
            with client.stream("POST", f"{url}/chat/completions", json={**BODY, "stream": True}) as response:
                for line in response.iter_lines():
                    if line.startswith("data: {") and json.loads(line[6:]):
                        yield ready

        async def _astream(self, *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
            ready = ChatGenerationChunk(message=AIMessageChunk(content=" word"))
            request = aclient.stream("POST", f"{url}/chat/completions", json={**BODY, "stream": True})
            async with request as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: {") and json.loads(line[6:]):
                        yield ready

    return of_langchain(Floor())


def litellm(url: str) -> Client:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it is fetched from the web
    library = importlib.import_module("litellm")
    arguments: dict[str, Any] = {**BODY, "model": f"mistral/{MODEL}", "api_base": url, "api_key": KEY}

    async def astream() -> int:
        return await counted(await library.acompletion(**arguments, stream=True))

    return Client(
        lambda: library.completion(**arguments),
        lambda: sum(1 for _ in library.completion(**arguments, stream=True)),
        lambda: library.acompletion(**arguments),
        astream,
    )


def official_sdk(url: str) -> Client:
    chat = importlib.import_module("mistralai.client").Mistral(api_key=KEY, server_url=url.removesuffix("/v1")).chat

    async def astream() -> int:
        return await counted(await chat.stream_async(**BODY))

    return Client(
        lambda: chat.complete(**BODY),
        lambda: sum(1 for _ in chat.stream(**BODY)),
        lambda: chat.complete_async(**BODY),
        astream,
    )


CLIENTS: dict[str, Callable[[str], Client]] = {
    "LangChain alone": langchain_alone,
    "LangChain's floor": langchains_floor,
    "mistral-rag": mistral_rag,
    "with costs": with_costs,
    "langchain-mistralai": langchain_mistralai,
    "langchain-openai": langchain_openai,
    "LiteLLM": litellm,
    "official SDK": official_sdk,
}


# --- the measuring ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Cost:
    """Seconds of the best round."""

    wall: float = float("inf")
    cpu: float = float("inf")

    def take(self, run: Callable[[], int]) -> None:
        """Run once; `run` returns the number of calls or chunks."""
        wall, cpu = time.perf_counter(), time.process_time()
        count = run()
        self.cpu = min(self.cpu, (time.process_time() - cpu) / count)
        self.wall = min(self.wall, (time.perf_counter() - wall) / count)


def runs(client: Client, loop: asyncio.AbstractEventLoop, calls: int) -> dict[str, Callable[[], int]]:
    """A round of each kind; each returns its number of calls or chunks."""

    def call() -> int:
        return sum(1 for _ in range(calls) if client.call())

    async def acall() -> int:
        return sum([1 for _ in range(calls) if await client.acall()])

    async def at_once() -> int:
        for _ in range(max(1, calls // AT_ONCE)):
            await asyncio.gather(*(client.acall() for _ in range(AT_ONCE)))
        return max(1, calls // AT_ONCE) * AT_ONCE

    return dict(
        zip(
            KINDS,
            (
                call,
                client.stream,
                lambda: loop.run_until_complete(acall()),
                lambda: loop.run_until_complete(client.astream()),
                lambda: loop.run_until_complete(at_once()),
            ),
            strict=True,
        )
    )


def measured(name: str, url: str, rounds: int, calls: int) -> dict[str, list[float]]:
    """For each kind: wall and CPU seconds of the client, and those of raw httpx in the same process."""
    loop = asyncio.new_event_loop()
    client, raw, split = CLIENTS[name](url), raw_httpx(url), raw_httpx(url, one_pool=False)
    costs: dict[str, list[float]] = {}
    for kind in KINDS:
        ours, theirs = Cost(), Cost()
        many = kind == KINDS[-1]
        competitors = [(ours, client), (theirs, raw), *([(theirs, split)] if many else [])]
        for turn in range(rounds + 1):
            for cost, one in competitors:
                (cost if turn else Cost()).take(runs(one, loop, calls)[kind])
        costs[kind] = [ours.wall, ours.cpu, theirs.wall, theirs.cpu]
    return costs


def memory(url: str, calls: int) -> str:
    """Memory of this process after a tenth of the calls and after all of them."""
    from psutil import Process

    client, sizes = mistral_rag(url), []
    for many in (calls // 10, calls - calls // 10):
        for _ in range(many):
            client.call()
        sizes.append(Process().memory_info().rss / 2**20)
    return f"memory after {calls // 10:,} calls {sizes[0]:.1f} MB, after {calls:,} {sizes[1]:.1f} MB"


def show(name: str, costs: dict[str, list[float]]) -> None:
    for kind, (wall, cpu, raw_wall, raw_cpu) in costs.items():
        clock = "" if kind.endswith("chunk") else f"{wall * 1e6:9.0f} {wall / raw_wall:7.2f}"
        print(f"{name:20} {kind:15} {cpu * 1e6:9.0f} {raw_cpu * 1e6:9.0f} {cpu / raw_cpu:7.2f} {clock}", flush=True)


def elsewhere(python: str, name: str, url: str, rounds: int, calls: int) -> dict[str, list[float]] | None:
    """`measured` in a process of its own; None where the client is not installed."""
    command = [python, str(Path(__file__)), "--measure", name, url, "--rounds", str(rounds), "--calls", str(calls)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode and "ModuleNotFoundError" not in done.stderr:
        print(f"{name}: {done.stderr.strip().splitlines()[-1]}")
    costs: dict[str, list[float]] | None = json.loads(done.stdout.splitlines()[-1]) if not done.returncode else None
    return costs


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", help="a Python whose environment has the clients that are missing here")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=192, help="calls a round")
    parser.add_argument("--memory", type=int, default=10_000, help="calls of the memory test; 0 leaves it out")
    parser.add_argument("--only", nargs="*", choices=CLIENTS, help="clients to measure, by default all")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.serve:
        asyncio.run(serve())
    elif given.measure:
        name, url = given.measure
        print(json.dumps(measured(name, url, given.rounds, given.calls)))
    else:
        compare(given)


def compare(given: argparse.Namespace) -> None:
    """Measure one client after another and print a table."""
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as server:
        try:
            url = f"http://127.0.0.1:{server.stdout.readline().strip() if server.stdout else ''}/v1"
            print(f"{'':36} {'CPU, µs':>9} {'raw, µs':>9} {'x raw':>7} {'clock, µs':>9} {'x raw':>7}")
            for name in given.only or CLIENTS:
                pythons = [sys.executable, *filter(None, [given.peers_python])]
                found = (elsewhere(python, name, url, given.rounds, given.calls) for python in pythons)
                costs = next((costs for costs in found if costs), None)
                if costs:
                    show(name, costs)
                else:
                    print(f"{name:20} not measured: failed, or not installed")
            if given.memory:
                print(memory(url, given.memory))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
