"""The in-process transport with async clients; tests/testing/test_faults.py has its faults."""

import asyncio
from typing import Any

import httpx
import pytest

from mistral_rag.testing import FakeMistral, faults

CHAT: dict[str, Any] = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": "hello"}]}


def client_of(fake: FakeMistral) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {fake.key}"}
    return httpx.AsyncClient(transport=fake.transport(), base_url=fake.base_url, headers=headers)


async def test_calls_and_streams() -> None:
    fake = FakeMistral()
    async with client_of(fake) as client:
        whole = await client.post("/chat/completions", json=CHAT)
        async with client.stream("POST", "/chat/completions", json={**CHAT, "stream": True}) as reply:
            lines = [line async for line in reply.aiter_lines() if line]
    assert whole.json()["choices"][0]["message"]["content"] == "You said: hello"
    assert (len(lines), lines[-1]) == (6, "data: [DONE]")


async def test_latency_does_not_block_the_loop() -> None:
    fake = FakeMistral(latency=0.02, event_latency=0.001)
    async with client_of(fake) as client:
        replies = await asyncio.gather(*(client.post("/chat/completions", json=CHAT) for _ in range(20)))
    assert {reply.status_code for reply in replies} == {200}


async def test_broken_connections_raise_what_httpx_raises() -> None:
    fake = FakeMistral()
    for fault in (faults.reset(), faults.cut_body(), faults.slow(30), faults.cut_stream(reset=True)):
        fake.faults.add(fault)
    expected = [httpx.ReadError, httpx.RemoteProtocolError, httpx.ReadTimeout, httpx.ReadError]
    async with client_of(fake) as client:
        for error in expected:
            with pytest.raises(error):
                await client.post("/chat/completions", json={**CHAT, "stream": True})


async def test_the_server_serves_async_clients_on_one_connection_each(fake: FakeMistral) -> None:
    headers = {"authorization": f"Bearer {fake.key}"}
    async with httpx.AsyncClient(base_url=fake.base_url, headers=headers) as client:
        replies = await asyncio.gather(*(client.post("/chat/completions", json=CHAT) for _ in range(30)))
    assert {reply.status_code for reply in replies} == {200}
