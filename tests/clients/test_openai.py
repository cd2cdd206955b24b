"""The openai client against the fake platform, as people use it with the platform."""

import json
from collections.abc import Iterator

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from mistral_rag.testing import FakeMistral, faults

MODEL = "mistral-small-latest"
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello there"}]
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def client(fake: FakeMistral) -> Iterator[OpenAI]:
    with OpenAI(api_key=fake.key, base_url=fake.base_url, max_retries=0) as client:
        yield client


def test_a_completion(client: OpenAI) -> None:
    reply = client.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=2)
    assert (reply.choices[0].message.content, reply.choices[0].finish_reason) == ("You said:", "length")


def test_a_stream(client: OpenAI) -> None:
    chunks = list(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "You said: hello there"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 10


async def test_async_stream(fake: FakeMistral) -> None:
    async with AsyncOpenAI(api_key=fake.key, base_url=fake.base_url, max_retries=0) as client:
        stream = await client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
        said = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(said) == "You said: hello there"


def test_tools(client: OpenAI) -> None:
    reply = client.chat.completions.create(model=MODEL, messages=HELLO, tools=[WEATHER], tool_choice="required")
    calls = reply.choices[0].message.tool_calls or []
    assert [used.type for used in calls] == ["function"]
    assert json.loads(calls[0].function.arguments) == {"city": "hello there"}  # type: ignore[union-attr]
    assert reply.choices[0].finish_reason == "tool_calls"


def test_embeddings_as_base64_which_the_client_asks_for_by_itself(fake: FakeMistral, client: OpenAI) -> None:
    reply = client.embeddings.create(model="mistral-embed", input=["net sales"])
    assert len(reply.data[0].embedding) == 1024
    assert fake.requests[-1].json["encoding_format"] == "base64"


def test_models(client: OpenAI) -> None:
    assert MODEL in {model.id for model in client.models.list()}


@pytest.mark.parametrize("extra", [{"max_completion_tokens": 5}, {"seed": 1}, {"stream_options": {}}, {"user": "me"}])
def test_what_only_openai_knows_is_refused(client: OpenAI, extra: dict[str, object]) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        client.chat.completions.create(model=MODEL, messages=HELLO, extra_body=extra)
    detail = caught.value.response.json()["detail"]
    assert [(one["type"], one["loc"]) for one in detail] == [("extra_forbidden", ["body", *extra])]


def test_errors_are_typed(fake: FakeMistral, client: OpenAI) -> None:
    fake.faults.add(faults.rate_limit())
    with pytest.raises(openai.RateLimitError):
        client.models.list()
    with pytest.raises(openai.BadRequestError, match="Invalid model: gpt-9"):
        client.chat.completions.create(model="gpt-9", messages=HELLO)
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").models.list()
