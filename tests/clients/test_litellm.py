"""LiteLLM against the fake platform, where it is installed: as a Mistral provider, whole, streamed, with tools."""

import gc
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from mistral_rag.testing import FakeMistral, Reply, call

pytestmark = pytest.mark.filterwarnings("ignore")
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else importing it asks the network for prices
litellm = pytest.importorskip("litellm")

MODEL = "mistral/mistral-small-latest"
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
ADD = {"type": "function", "function": {"name": "add", "description": "", "parameters": {"type": "object"}}}


@pytest.fixture
def fake() -> Iterator[FakeMistral]:
    with FakeMistral() as fake:
        yield fake
    gc.collect()  # its connections are left to the collector, which must not warn in another module's test


@pytest.fixture
def to_fake(fake: FakeMistral) -> dict[str, Any]:
    return {"model": MODEL, "api_key": fake.key, "api_base": fake.base_url}


def test_it_completes_and_streams(to_fake: dict[str, Any]) -> None:
    reply = litellm.completion(messages=HELLO, temperature=0.3, max_tokens=50, **to_fake)
    assert reply.choices[0].message.content == "You said: hello"
    chunks = litellm.completion(messages=HELLO, stream=True, **to_fake)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "You said: hello"


async def test_it_works_with_coroutines(to_fake: dict[str, Any]) -> None:
    reply = await litellm.acompletion(messages=HELLO, **to_fake)
    assert reply.choices[0].message.content == "You said: hello"


def test_it_calls_tools(fake: FakeMistral, to_fake: dict[str, Any]) -> None:
    pytest.importorskip("mcp", reason="LiteLLM calls no tools without it")
    fake.script(Reply("", [call("add", {"a": 1})]))
    [used] = litellm.completion(messages=HELLO, tools=[ADD], **to_fake).choices[0].message.tool_calls
    assert (used.function.name, json.loads(used.function.arguments)) == ("add", {"a": 1})


def test_it_embeds(to_fake: dict[str, Any]) -> None:
    reply = litellm.embedding(input=["net sales"], **{**to_fake, "model": "mistral/mistral-embed"})
    assert len(reply.data[0]["embedding"]) == 1024


def test_refusals_become_its_errors(to_fake: dict[str, Any]) -> None:
    with pytest.raises(litellm.BadRequestError, match="Invalid model: nobody"):
        litellm.completion(messages=HELLO, **{**to_fake, "model": "mistral/nobody"})
    with pytest.raises(litellm.AuthenticationError):
        litellm.completion(messages=HELLO, **{**to_fake, "api_key": "wrong"})
