"""Server-sent events: made in a thread, sent as they come, stopped when the reader has gone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Generator
from dataclasses import dataclass
from typing import Any, Final, Protocol

import anyio
import anyio.to_thread
from starlette.responses import StreamingResponse

from mistral_rag._logger import logger_of
from mistral_rag.serve._http.responses import as_json, unexpected

logger = logger_of(__name__)

PING_SECONDS: Final = 15.0
"""Time without an event after which a comment is sent: proxies end connections that are silent for longer."""
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""nginx would gather the events into one reply."""


class Encodable(Protocol):
    """An event as it goes on the wire."""

    def encoded(self) -> bytes:
        """Its lines, with the empty one that ends it."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """An event: its kind, and data that become JSON."""

    kind: str
    data: Any

    def encoded(self) -> bytes:
        """The event on the wire; JSON has no line breaks."""
        return b"event: " + self.kind.encode() + b"\ndata: " + as_json(self.data) + b"\n\n"


STOPPING: Final = ServerEvent(
    "error", {"code": "stopping", "message": "the server was stopped", "advice": "Ask again in a moment."}
)
"""The last event of streams that a shutdown ends."""
_END: Final = object()


def unexpected_event() -> ServerEvent:
    """The last event of streams that nobody thought could fail."""
    return ServerEvent("error", unexpected().to_json())


MakeEvents = Callable[[], Generator[Encodable, None, None]]


class StreamGate:
    """Bounds the streams that are at work at once; `stopping` ends them all."""

    def __init__(self, count: int) -> None:
        self.limiter = anyio.CapacityLimiter(count)
        self.stopping = asyncio.Event()


def event_stream(make: MakeEvents, gate: StreamGate) -> StreamingResponse:
    """A response of the events that `make` gives, in a thread of the gate's; they are closed when their reader leaves.

    `make` turns errors into events; what it raises all the same is told as unexpected.
    """
    return StreamingResponse(_sent(make, gate), media_type="text/event-stream", headers=HEADERS)


async def _sent(make: MakeEvents, gate: StreamGate) -> AsyncIterator[bytes]:
    queue: asyncio.Queue[Any] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    left = False

    def put(item: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(queue.put_nowait, item)

    def work() -> None:
        try:
            with contextlib.closing(make()) as events:
                for event in events:
                    put(event.encoded())
                    if left:
                        return
        except Exception:  # (the edge of a thread: who waits is told that no more comes)
            logger.exception("A stream of events has failed.")
            put(unexpected_event().encoded())
        finally:
            put(_END)

    task = asyncio.create_task(anyio.to_thread.run_sync(work, limiter=gate.limiter))
    stop = asyncio.create_task(gate.stopping.wait())
    try:
        async for piece in _pieces(queue, stop, task):
            yield piece
    finally:
        left = True
        stop.cancel()
        # one that waits for its turn is given up; one at work stops behind its next event
        task.cancel()


async def _pieces(
    queue: "asyncio.Queue[Any]", stop: "asyncio.Task[Any]", task: "asyncio.Task[None]"
) -> AsyncIterator[bytes]:
    get = asyncio.create_task(queue.get())
    try:
        while True:
            waited = {get, stop} if task.done() else {get, stop, task}
            done, _ = await asyncio.wait(waited, timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if get in done:
                if get.result() is _END:
                    return
                yield get.result()
                get = asyncio.create_task(queue.get())
            elif stop in done:
                yield STOPPING.encoded()
                return
            elif not done:
                yield b": still at work\n\n"
    finally:
        # a reader that leaves ends this in the middle
        get.cancel()
