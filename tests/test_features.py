"""The table of features: each line has tests and a place in the manual, and both exist."""

import ast
import json
import re
import socket
from collections.abc import AsyncIterator, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from markdown_it import MarkdownIt

from mistral_rag import ChatMistral, MistralClient, MistralEmbeddings, MistralFIM
from mistral_rag.errors import ApiError, AuthenticationError
from mistral_rag.testing import FakeMistral, Reply, call, faults

CHECKOUT = Path(__file__).parents[1]
PAGE = CHECKOUT / "docs/reference/features.md"
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
LINK = re.compile(r"\[[^\]]+\]\(([^)#]*)#([^)]+)\)")
SYSTEMS = (
    "Pipecat", "provider overviews", "LiteLLM", "API guide", "Portkey", "official SDK", "LangChain",
    "langchain-mistralai", "openai", "Azure", "Google Cloud", "OpenAI-compatible", "Codestral", "OpenTelemetry",
)  # fmt: skip


def rows(section: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    text = PAGE.read_text("utf-8").partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def problems(row: list[str]) -> Iterator[str]:
    """What is missing in a row: its last cell names tests, the one before has links with a fragment."""
    tests, links = NAMED_TEST.findall(row[-1]), LINK.findall(row[-2])
    if not tests:
        yield "names no test"
    if not links:
        yield "has no place in the manual"
    yield from (f"no test {file}::{name}" for file, name in tests if name not in definitions(file))
    yield from (f"no heading {page}#{anchor}" for page, anchor in links if anchor not in headings(page))


@cache
def definitions(file: str) -> set[str]:
    path = CHECKOUT / file
    body = ast.parse(path.read_text("utf-8")).body if path.exists() else []
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}


@cache
def headings(page: str) -> set[str]:
    path = (PAGE.parent / page).resolve()
    tokens = MarkdownIt("commonmark").parse(path.read_text("utf-8")) if path.exists() else []
    titles = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_feature_has_a_line() -> None:
    assert {int(row[0]) for row in rows("Features")} == set(range(1, 29))


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_has_a_line(system: str) -> None:
    assert [row for row in rows("Systems") if system in row[0]]


@pytest.mark.parametrize("row", [*rows("Features"), *rows("Systems")], ids=lambda row: row[0] + row[1][:20])
def test_every_line_has_its_tests_and_its_place_in_the_manual(row: list[str]) -> None:
    assert list(problems(row)) == []


def test_a_line_without_them_is_found() -> None:
    row = ["1", "x", "[a](../models.md#nowhere)", "`tests/test_docs.py::test_nothing`"]
    assert list(problems(row)) == ["no test tests/test_docs.py::test_nothing", "no heading ../models.md#nowhere"]
    assert list(problems(["1", "x", "[a](../models.md)", ""])) == ["names no test", "has no place in the manual"]


def test_the_names_that_a_feature_was_promised_with_are_in_its_line(shared: Path) -> None:
    promised = (shared / "reference/seed_features.md").read_text("utf-8")
    for number, said in re.findall(r"^\| (\d+) \| ([^|]+\|[^|]*)\|$", promised, re.MULTILINE):
        ours = " ".join(row[1] for row in rows("Features") if row[0] == number)
        assert [name for name in re.findall(r"`([^`]+)`", said) if name not in ours] == [], number


PARAMETERS: dict[str, Any] = {
    "temperature": 0.5, "top_p": 0.9, "max_tokens": 50, "min_tokens": 2, "stop": ["END"], "random_seed": 7,
    "presence_penalty": 0.1, "frequency_penalty": 0.2, "n": 2, "safe_prompt": True,
    "prediction": {"type": "content", "content": "x"}, "prompt_mode": "reasoning", "reasoning_effort": "high",
    "parallel_tool_calls": False, "response_format": {"type": "text"}, "prompt_cache_key": "k",
    "guardrails": [{"moderation_llm_v2": {"action": "none"}}], "service_tier": "auto", "logprobs": True,
}  # fmt: skip


def test_every_parameter_goes_out_under_its_name() -> None:
    fake = FakeMistral(newer=True)
    to_fake: dict[str, Any] = {"base_url": fake.base_url, "api_key": fake.key, "transport": fake.transport()}
    chat = ChatMistral(model="our-model", request_metadata={"team": "a"}, **PARAMETERS, **to_fake)
    with pytest.raises(Exception, match="our-model"):
        chat.invoke("Hello")
    sent = {name: value for name, value in fake.requests[-1].json.items() if name not in {"model", "messages"}}
    assert sent == PARAMETERS | {"metadata": {"team": "a"}}
    ChatMistral(**{"max_completion_tokens": 9, "seed": 3, **to_fake}).invoke("Hello")
    assert {name: fake.requests[-1].json[name] for name in ("max_tokens", "random_seed")} == {
        "max_tokens": 9,
        "random_seed": 3,
    }


def test_a_voice_turn_streams_and_calls_no_tool_twice() -> None:
    fake = FakeMistral()
    ran: list[str] = []

    @tool
    def weather(city: str) -> str:
        """The weather."""
        ran.append(city)
        return "rain"

    model = ChatMistral(base_url=fake.base_url, api_key=fake.key, transport=fake.transport()).bind_tools([weather])
    fake.script(*[Reply(tool_calls=[call("weather", {"city": "Oslo"})])] * 2, "It rains.")
    history: list[Any] = [HumanMessage("How is the weather in Oslo?")]
    results: dict[str, str] = {}
    for _ in range(3):
        chunks = list(model.stream(history))
        said: Any = chunks[0]
        for chunk in chunks[1:]:
            said += chunk
        history.append(said)
        for asked in said.tool_calls:
            if asked["id"] not in said.response_metadata.get("repeated_tool_calls", ()):
                results[asked["name"]] = weather.invoke(asked["args"])
            history.append(ToolMessage(results[asked["name"]], tool_call_id=asked["id"]))
    assert ran == ["Oslo"]
    assert [message.text for message in history[2::2]] == ["rain", "rain"]
    assert history[-1].text == "It rains."


def test_key_and_host_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeMistral() as fake:
        monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
        monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
        assert ChatMistral().invoke("Hello").text == "You said: Hello"
        assert len(fake.requests) == 1
        monkeypatch.setenv("MISTRAL_API_KEY", "another-key-of-nobody")
        with pytest.raises(AuthenticationError):
            ChatMistral(max_retries=0).invoke("Hello")


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Three events of a stream, noted as they leave."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def __iter__(self) -> Iterator[bytes]:
        for text in ("one", "two", "three"):
            self.sent.append(text)
            choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
            yield b"data: " + json.dumps({"id": "1", "model": "m", "choices": [choice]}).encode() + b"\n\n"
        yield b"data: [DONE]\n\n"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


async def test_a_piece_is_here_before_the_next_is_sent() -> None:
    pieces = Pieces()
    headers = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, stream=pieces))
    chat = ChatMistral(api_key="a-key-of-sixteen", base_url="https://host.example/v1", transport=transport)
    expected = [("one", ["one"]), ("two", ["one", "two"]), ("three", ["one", "two", "three"])]
    assert [(chunk.text, list(pieces.sent)) for chunk in chat.stream("?")][:3] == expected
    pieces.sent.clear()
    assert [(chunk.text, list(pieces.sent)) async for chunk in chat.astream("?")][:3] == expected


async def test_calls_go_to_the_configured_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: set[Any] = set()
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        reached.add(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    with FakeMistral() as fake:
        to_fake: dict[str, Any] = {"base_url": fake.base_url, "api_key": fake.key, "max_retries": 0}
        chat, client = ChatMistral(**to_fake), MistralClient(**to_fake)
        chat.invoke("Hello")
        _ = list(chat.stream("Hello"))
        await chat.ainvoke("Hello")
        MistralEmbeddings(**to_fake).embed_query("Hello")
        MistralFIM(**to_fake).invoke("def a():")
        client.files.upload(b"Hello", name="a.txt")
        fake.faults.add(faults.error(307, "", headers={"location": "http://127.0.0.2:9/v1"}))
        with pytest.raises(ApiError, match="sends elsewhere"):
            chat.invoke("Hello")
        host = fake.base_url.removeprefix("http://").partition("/")[0].partition(":")
    assert {address for address in reached if isinstance(address, tuple)} == {(host[0], int(host[2]))}
