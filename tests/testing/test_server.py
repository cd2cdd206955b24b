"""The HTTP server alone: keep-alive, bodies, connections that end."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mistral_rag.testing import FakeMistral
from mistral_rag.testing._server.exchange import Pause, Request, Response
from mistral_rag.testing._server.server import Server

CHAT: dict[str, Any] = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": "hello"}]}


def raw(fake: FakeMistral, *parts: bytes) -> bytes:
    """The response to bytes that are sent in chunks, until the server closes."""
    host, port = fake.base_url.removeprefix("http://").removesuffix("/v1").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        for part in parts:
            sock.sendall(part)
        got = b""
        while data := sock.recv(65536):
            got += data
    return got


def until(true: Callable[[], bool]) -> bool:
    """True when the condition becomes true within some seconds."""
    for _ in range(500):
        if true():
            return True
        time.sleep(0.01)
    return False


def test_one_connection_serves_many_requests(fake: FakeMistral) -> None:
    headers = {"authorization": f"Bearer {fake.key}"}
    with httpx.Client(base_url=fake.base_url, headers=headers) as client:
        for _ in range(5):
            assert client.post("/chat/completions", json=CHAT).status_code == 200
            assert client.post("/chat/completions", json={**CHAT, "stream": True}).status_code == 200
        assert fake.open_connections == 1
    assert until(lambda: fake.open_connections == 0)


def test_a_chunked_body_and_a_late_one_are_read_whole(fake: FakeMistral) -> None:
    body = json.dumps(CHAT).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {fake.key}\r\n"
        "Content-Type: application/json\r\nConnection: close\r\n"
    ).encode()
    chunked = [b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\n" + body[:5] + b"\r\n", b"%x;a=b\r\n" % len(body[5:])]
    reply = raw(fake, head, *chunked, body[5:] + b"\r\n0\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 200 OK\r\n")
    waiting = b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(body)
    assert raw(fake, head, waiting, body).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("nonsense", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"])
def test_nonsense_closes_the_connection_and_nothing_else(fake: FakeMistral, nonsense: bytes) -> None:
    assert raw(fake, nonsense) == b""
    assert httpx.get(f"{fake.base_url}/models").status_code == 401


def test_a_client_that_leaves_a_stream_frees_its_connection(fake: FakeMistral) -> None:
    fake.event_latency = 0.05
    fake.script("word " * 10_000)
    headers = {"authorization": f"Bearer {fake.key}"}
    with (
        httpx.Client(base_url=fake.base_url, headers=headers) as client,
        client.stream("POST", "/chat/completions", json={**CHAT, "stream": True}) as reply,
    ):
        next(reply.iter_raw())
        assert fake.open_connections == 1
    assert until(lambda: fake.open_connections == 0)


def test_events_are_sent_as_they_come() -> None:
    def respond(_request: Request) -> Response:
        return Response(200, {}, [b"one", Pause(30), b"two"])

    server = Server(respond)
    server.start()
    try:
        with httpx.stream("GET", server.url) as reply:
            assert next(reply.iter_raw()) == b"one"
    finally:
        server.stop()


def test_the_query_and_an_encoded_path_are_decoded() -> None:
    seen: list[Request] = []

    def respond(request: Request) -> Response:
        seen.append(request)
        return Response(204)

    server = Server(respond)
    server.start()
    try:
        httpx.get(f"{server.url}/a%20b?x=1%262&y=")
    finally:
        server.stop()
    assert [(one.path, one.query) for one in seen] == [("/a b", {"x": "1&2", "y": ""})]


def test_a_taken_port_is_said_at_once(fake: FakeMistral) -> None:
    port = int(fake.base_url.removesuffix("/v1").rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        FakeMistral().start(port=port)


async def test_it_knows_how_many_requests_it_had_at_once(fake: FakeMistral) -> None:
    fake.latency = 0.1
    headers = {"authorization": f"Bearer {fake.key}"}
    async with httpx.AsyncClient(base_url=fake.base_url, headers=headers) as client:
        await asyncio.gather(*(client.get("/models") for _ in range(5)))
    assert 2 <= fake.most_at_once <= 5


def test_stopping_closes_what_is_open() -> None:
    fake = FakeMistral(latency=30)
    fake.start()
    host, port = fake.base_url.removeprefix("http://").removesuffix("/v1").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        sock.sendall(b"GET /v1/models HTTP/1.1\r\n\r\n")
        assert until(lambda: len(fake.requests) == 1)
        fake.stop()
        assert sock.recv(10) == b""
