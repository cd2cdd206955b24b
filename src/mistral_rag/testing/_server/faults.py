"""Faults on demand: each is a function around the correct response.

    fake.faults.add(faults.rate_limit(retry_after=2), times=3)
    fake.faults.add(faults.cut_stream(after=4), path="/chat/completions")

A fault takes the request and a function that returns the correct response, and returns the response for the client.
Streams break after a number of events.
"""

import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mistral_rag.testing._rules.refusals import error_object
from mistral_rag.testing._server.exchange import Break, Pause, Piece, Request, Response, json_bytes, json_response

Fault = Callable[[Request, Callable[[], Response]], Response]
HTML = "<html><head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body></html>\r\n"


def answers(response: Response) -> Fault:
    """This response to any request."""
    return lambda _request, _answer: response


def error(status: int, body: Any, *, headers: Mapping[str, str] | None = None) -> Fault:
    """A status with any body: a JSON value, or text that is sent unchanged."""
    if isinstance(body, str):
        return answers(Response(status, {"content-type": "text/plain", **(headers or {})}, body.encode()))
    return answers(json_response(body, status=status, headers=headers))


def rate_limit(*, retry_after: float | str | None = None) -> Fault:
    """429 with the platform's body, and a Retry-After header if given (seconds, or an HTTP date as text)."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return error(429, error_object("Rate limit exceeded", "rate_limited", "1300", status=429), headers=headers)


def server_error(status: int = 503, body: str | None = None) -> Fault:
    """5xx with the platform's JSON, or with `body` as text or HTML."""
    if body is not None:
        kind = "text/html" if body.startswith("<") else "text/plain"
        return error(status, body, headers={"content-type": kind})
    return error(status, error_object("Internal server error", "internal_server_error", "1000", status=status))


def bad_gateway() -> Fault:
    """502 with a proxy's HTML page."""
    return server_error(502, HTML)


def slow(seconds: float) -> Fault:
    """A delay before the first byte."""
    return lambda _request, answer: replace(answer(), delay=seconds)


def reset() -> Fault:
    """A connection reset before the first byte of the response."""
    return answers(Response(refused=True))


def cut_body(*, after: int = 20) -> Fault:
    """A connection that closes after this many bytes of a body with a greater Content-Length."""

    def fault(_request: Request, answer: Callable[[], Response]) -> Response:
        whole = answer()
        body = whole.body if isinstance(whole.body, bytes) else b"".join(p for p in whole.body if isinstance(p, bytes))
        headers = {**whole.headers, "content-length": str(len(body))}
        return replace(whole, headers=headers, body=[body[:after], Break()])

    return fault


def bad_json() -> Fault:
    """200 with truncated JSON."""

    def fault(_request: Request, _answer: Callable[[], Response]) -> Response:
        return Response(200, {"content-type": "application/json"}, b'{"id": "cut", "choices": [{"index": 0, "mess')

    return fault


def error_as_success() -> Fault:
    """200 with the platform's error object."""
    return error(200, error_object("Service unavailable", "internal_error_proxy", "1000", status=503))


def changed_pages(change: Callable[[list[Any]], list[Any]]) -> Fault:
    """An OCR response with changed pages: missing, duplicate, or with wrong indices."""
    return _with("pages", change)


def missing_embedding(index: int = 0) -> Fault:
    """A response without the embedding of this index."""
    return _with("data", lambda data: [item for item in data if item["index"] != index])


def shuffled_embeddings() -> Fault:
    """Embeddings in reverse order, with their correct indices."""
    return _with("data", lambda data: data[::-1])


def _with(name: str, change: Callable[[list[Any]], list[Any]]) -> Fault:
    def fault(_request: Request, answer: Callable[[], Response]) -> Response:
        response = answer()
        body = json.loads(response.body) if isinstance(response.body, bytes) else {}
        body[name] = change(body.get(name, []))
        return replace(response, body=json_bytes(body))

    return fault


def _after(count: int, then: Callable[[], Iterator[Piece]]) -> Fault:
    def fault(_request: Request, answer: Callable[[], Response]) -> Response:
        response = answer()
        return replace(response, body=_first(response, count, then))

    return fault


def _first(response: Response, count: int, then: Callable[[], Iterator[Piece]]) -> Iterator[Piece]:
    events = iter([response.body] if isinstance(response.body, bytes) else response.body)
    sent = 0
    for piece in events:
        if sent == count and isinstance(piece, bytes):
            break
        sent += isinstance(piece, bytes)
        yield piece
    yield from then()


def cut_stream(*, after: int = 2, reset: bool = False) -> Fault:
    """A connection that closes, or is reset, after this many events."""
    return _after(after, lambda: iter([Break("reset" if reset else "close")]))


def end_stream(*, after: int = 2) -> Fault:
    """A stream that ends properly after this many events, but without `[DONE]`."""
    return _after(after, lambda: iter([]))


def stream_error(message: str = "Internal server error", *, after: int = 2) -> Fault:
    """An error object after this many events, at the end of the stream."""
    event = b"data: " + json_bytes(error_object(message, "internal_server_error", "1000", status=500)) + b"\n\n"
    return _after(after, lambda: iter([event]))


def stalled_stream(seconds: float, *, after: int = 2) -> Fault:
    """A pause after this many events, before the connection closes."""
    return _after(after, lambda: iter([Pause(seconds), Break("close")]))


CHAT_FAULTS: tuple[Fault, ...] = (
    rate_limit(retry_after=0),
    server_error(500),
    server_error(503),
    bad_gateway(),
    reset(),
    cut_body(),
    bad_json(),
    error_as_success(),
    cut_stream(after=1),
    cut_stream(after=4),
    cut_stream(after=4, reset=True),
    end_stream(after=2),
    end_stream(after=5),
    stream_error(after=0),
    stream_error(after=3),
)
"""Every kind of fault of a chat call that does not wait, for tests and benchmarks that mix them at random."""


@dataclass(slots=True)
class PlannedFault:
    """A fault with its conditions; `hits` counts the requests that it struck."""

    fault: Fault
    times: int | None
    path: str
    skip: int
    share: float
    hits: int = 0


@dataclass(slots=True)
class Faults:
    """The planned faults, in the order in which they were added. Thread-safe."""

    planned: list[PlannedFault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _random: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311

    def add(
        self, fault: Fault, *, times: int | None = 1, path: str = "", skip: int = 0, share: float = 1.0
    ) -> PlannedFault:
        """Plan a fault.

        Args:
            fault: A fault of this module, or any function of that form.
            times: Number of requests that it strikes; None for no limit.
            path: Suffix of the path of matching requests.
            skip: Number of matching requests that pass first.
            share: Share of the matching requests that it strikes, at random but reproducibly.

        Returns:
            The planned fault.
        """
        plan = PlannedFault(fault, times, path, skip, share)
        with self._lock:
            self.planned.append(plan)
        return plan

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self.planned.clear()

    def take(self, request: Request) -> Fault | None:
        """The fault that strikes this request; None without one."""
        with self._lock:
            for plan in self.planned:
                if self._strikes(plan, request):
                    plan.hits += 1
                    return plan.fault
        return None

    def _strikes(self, plan: PlannedFault, request: Request) -> bool:
        if not request.path.endswith(plan.path) or plan.hits == plan.times:
            return False
        if plan.skip:
            plan.skip -= 1
            return False
        return plan.share >= 1 or self._random.random() < plan.share
