import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from mistral_rag.api._client import Client
from mistral_rag.api._settings import Settings
from mistral_rag.errors import AuthenticationError, ConfigurationError
from mistral_rag.testing import FakeMistral

BODY = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": "Hello"}]}
CHAT = "chat/completions"


def client(transport: Any, **settings: Any) -> Client:
    return Client(
        Settings(**{"base_url": "http://localhost/v1", "key": SecretStr("k"), "transport": transport, **settings})
    )


def seen(requests: list[httpx.Request], reply: bytes = b'{"a": 1}', **options: Any) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, content=reply, **options)

    return httpx.MockTransport(answer)


def test_a_request_has_these_headers_and_no_others() -> None:
    requests: list[httpx.Request] = []
    client(seen(requests)).post(CHAT, {"a": 1})
    headers = requests[0].headers
    assert list(headers) == [
        "host",
        "content-length",
        "user-agent",
        "accept",
        "accept-encoding",
        "content-type",
        "authorization",
    ]
    assert (headers["host"], headers["content-length"], headers["authorization"]) == ("localhost", "7", "Bearer k")
    assert requests[0].content == b'{"a":1}'


def test_own_headers_take_the_place_of_ours() -> None:
    requests: list[httpx.Request] = []
    client(seen(requests), headers={"USER-AGENT": "me", "x-team": "a"}).post(CHAT, BODY)
    assert requests[0].headers.get_list("user-agent") == ["me"]
    assert requests[0].headers["x-team"] == "a"


def test_who_brings_an_authorization_needs_no_key() -> None:
    requests: list[httpx.Request] = []
    client(seen(requests), key=None, headers={"authorization": "Bearer own"}).post(CHAT, BODY)
    assert requests[0].headers.get_list("authorization") == ["Bearer own"]
    with pytest.raises(AuthenticationError):
        client(seen(requests), key=None, headers={"x-team": "a"}).post(CHAT, BODY)


@pytest.mark.parametrize("header", [{"x-team": "s3crét"}, {"x-team": "s3cret\r\nx: 1"}, {"é": "s3cret"}])
def test_a_header_that_can_not_be_sent_is_named_without_its_value(header: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="default_headers") as refused:
        client(seen([]), headers=header).post(CHAT, BODY)
    assert "s3cr" not in str(refused.value)


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("http://localhost/v1/", "http://localhost/v1/chat/completions"),
        ("http://localhost:80/models?api-version=1", "http://localhost/models/chat/completions?api-version=1"),
    ],
)
def test_the_path_goes_behind_that_of_the_base_url(base: str, address: str) -> None:
    requests: list[httpx.Request] = []
    client(seen(requests), base_url=base).post(CHAT, BODY)
    assert str(requests[0].url) == address


@pytest.mark.parametrize("base", ["http://\u2603.com/v1", "http://a..b/v1", f"http://{'a' * 70}/v1"])
def test_an_address_that_no_host_can_have_is_said(base: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url is no address"):
        client(None, base_url=base).post(CHAT, BODY)


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_replies_are_read(coding: str, pack: Callable[[bytes], bytes]) -> None:
    ours = client(seen([], pack(b'{"a": 1}'), headers={"content-encoding": coding}))
    assert ours.post(CHAT, BODY).data == asyncio.run(ours.apost(CHAT, BODY)).data == {"a": 1}


class Kept(httpx.MockTransport):
    """A transport that records whether it was closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


def test_a_transport_of_the_callers_is_not_closed() -> None:
    transport = Kept(lambda _: httpx.Response(200, json={"a": 1}))
    ours = client(transport)
    ours.post(CHAT, BODY)
    del ours
    assert not transport.closed


def test_a_transport_for_threads_only_says_so() -> None:
    with httpx.HTTPTransport() as transport, pytest.raises(ConfigurationError, match="AsyncBaseTransport"):
        asyncio.run(client(transport).apost(CHAT, BODY))
    with pytest.raises(ConfigurationError, match=r"no httpx\.BaseTransport"):
        client(httpx.AsyncHTTPTransport()).post(CHAT, BODY)


@pytest.fixture
async def proxy() -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy that answers requests itself, and the first lines of its requests."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode().partition("\r\n")[0])
        body = json.dumps({"a": 1}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b" % (len(body), body))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


async def test_the_proxy_of_the_environment_is_used(
    proxy: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, asked = proxy
    monkeypatch.setenv("http_proxy", address)
    monkeypatch.setenv("no_proxy", "")
    ours = Client(Settings(base_url="http://platform.example/v1", key=SecretStr("k")))
    assert (await ours.apost(CHAT, BODY)).data == {"a": 1}
    assert (await asyncio.to_thread(ours.post, CHAT, BODY)).data == {"a": 1}
    assert asked == ["POST http://platform.example/v1/chat/completions HTTP/1.1"] * 2


def test_hosts_that_need_no_proxy_are_reached_directly(fake: FakeMistral, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert Client(Settings(base_url=fake.base_url, key=SecretStr(fake.key))).post(CHAT, BODY).data


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n"
EVENTS = b'data: {"choices": [{"delta": {"content": "Hi"}}]}\n\ndata: [DONE]\n\n'


@asynccontextmanager
async def streaming(*, ended: bool) -> AsyncIterator[tuple[Client, list[str]]]:
    """A client of a host that streams and ends the response or not, and an entry for each connection."""
    connections: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append("opened")
        try:
            while await reader.readuntil(b"}]}"):
                writer.write(STREAM % (len(EVENTS), EVENTS))
                await asyncio.sleep(0.01)
                writer.write(b"0\r\n\r\n" if ended else b"")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # hung up
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield Client(Settings(base_url=address, key=SecretStr("k"))), connections
    finally:
        # not waited for: from Python 3.12 on that waits for all connections, and a client keeps its own open
        server.close()


def read(ours: Client) -> list[Any]:
    stream = ours.stream(CHAT, BODY, begun=bool)
    try:
        return list(stream)
    finally:
        stream.close()


async def aread(ours: Client) -> list[Any]:
    stream = await ours.astream(CHAT, BODY, begun=bool)
    try:
        return [event async for event in stream]
    finally:
        await stream.aclose()


async def test_a_stream_that_was_read_gives_its_connection_back() -> None:
    async with streaming(ended=True) as (ours, connections):
        for _ in range(3):
            assert len(await aread(ours)) == len(await asyncio.to_thread(read, ours)) == 1
        assert len(connections) == 2


async def test_a_host_that_keeps_the_line_open_after_the_end_mark_is_left() -> None:
    async with streaming(ended=False) as (ours, connections), asyncio.timeout(10):
        for _ in range(2):
            assert len(await aread(ours)) == len(await asyncio.to_thread(read, ours)) == 1
        assert len(connections) == 4
