"""MistralAgent: messages in, one message with standard content blocks out, whole or streamed."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage

from mistral_rag import MistralAgent, MistralClient
from mistral_rag.errors import ApiError, ConfigurationError
from mistral_rag.testing import FakeMistral, faults


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.fixture
def fake() -> FakeMistral:
    """The fake platform without a server."""
    return FakeMistral()


@pytest.fixture
def to_fake(fake: FakeMistral) -> dict[str, Any]:
    """The arguments that connect a class to it."""
    return {"base_url": fake.base_url, "api_key": fake.key, "transport": fake.transport()}


@pytest.fixture
def clerk(to_fake: dict[str, Any]) -> MistralAgent:
    stored = MistralClient(**to_fake).agents.create("mistral-small-latest", "clerk", tools=["web_search", add])
    return MistralAgent(agent_id=stored.id, **to_fake)


def without_ids(blocks: list[Any]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in block.items() if name not in {"id", "tool_call_id", "index"}}
        for block in blocks
    ]


SEARCHED = [
    {"type": "server_tool_call", "name": "web_search", "args": {"query": "please search"}},
    {"type": "server_tool_result", "status": "success", "output": {}},
    {
        "type": "text",
        "text": "You said: please search",
        "annotations": [
            {"type": "citation", "url": "https://example.com/page", "title": "A page", "cited_text": "About it."}
        ],
    },
]


def test_an_agent_answers_in_plain_text(fake: FakeMistral, clerk: MistralAgent) -> None:
    reply = clerk.invoke("hello")
    assert (reply.content, reply.response_metadata["agent_id"]) == ("You said: hello", clerk.agent_id)
    assert reply.usage_metadata is not None
    assert reply.usage_metadata["output_tokens"] == 3
    assert fake.requests[-1].json == {
        "inputs": [{"type": "message.input", "role": "user", "content": "hello"}],
        "agent_id": clerk.agent_id,
        "store": False,
        "stream": False,
    }


def test_a_built_in_tool_is_a_server_tool_call(clerk: MistralAgent) -> None:
    reply = clerk.invoke("please search")
    assert without_ids(reply.content_blocks) == SEARCHED
    blocks: list[Any] = list(reply.content_blocks)
    called, result = blocks[:2]
    assert result["tool_call_id"] == called["id"]
    assert (reply.text, reply.tool_calls) == ("You said: please search", [])


async def test_a_stream_adds_up_to_the_whole(clerk: MistralAgent) -> None:
    whole: AIMessageChunk | None = None
    async for chunk in clerk.astream("please search"):
        whole = chunk if whole is None else whole + chunk
    assert whole is not None
    assert without_ids(whole.content_blocks) == SEARCHED
    assert whole.usage_metadata == clerk.invoke("please search").usage_metadata
    assert [chunk.text for chunk in clerk.stream("hi")][:3] == ["You", " said:", " hi"]


def test_a_function_is_called_and_answered(clerk: MistralAgent) -> None:
    asked = HumanMessage("add 3 and 4")
    reply = clerk.invoke([asked])
    [call] = reply.tool_calls
    assert (call["name"], call["args"]) == ("add", {"a": 3, "b": 4})
    result = ToolMessage("7", tool_call_id=call["id"])
    assert clerk.invoke([asked, reply, result]).text == "The tool says: 7"
    streamed = [chunk.tool_call_chunks for chunk in clerk.stream("add 3 and 4") if chunk.tool_call_chunks]
    assert streamed[0][0]["args"] == '{"a": 3, "b": 4}'


def test_a_stored_conversation_goes_on_with_what_is_new(fake: FakeMistral, to_fake: dict[str, Any]) -> None:
    model = MistralAgent(model="mistral-small-latest", store=True, instructions="Be brief.", **to_fake).bind_tools(
        [add]
    )
    asked = [SystemMessage("In English."), HumanMessage("add 1 and 2")]
    reply = model.invoke(asked)
    assert fake.requests[-1].json["instructions"] == "Be brief.\n\nIn English."
    result = ToolMessage("3", tool_call_id=reply.tool_calls[0]["id"])
    identity = reply.response_metadata["conversation_id"]
    assert model.invoke([*asked, reply, result], conversation_id=identity).text == "The tool says: 3"
    assert [entry["type"] for entry in fake.requests[-1].json["inputs"]] == ["function.result"]


def test_an_agent_hands_over(to_fake: dict[str, Any]) -> None:
    client = MistralClient(**to_fake)
    expert = client.agents.create("mistral-large-latest", "expert")
    door = client.agents.create("mistral-small-latest", "door", handoffs=[expert.id])
    reply = MistralAgent(agent_id=door.id, **to_fake).invoke("get the expert")
    handoff: Any = reply.content_blocks[0]
    assert handoff["value"]["next_agent_name"] == "expert"
    assert reply.response_metadata["agent_id"] == expert.id


def test_a_broken_stream_keeps_what_came(fake: FakeMistral, clerk: MistralAgent) -> None:
    fake.faults.add(faults.cut_stream(after=3), path="/conversations")
    with pytest.raises(ApiError) as caught:
        list(clerk.stream("hello there friend"))
    assert isinstance(caught.value.partial, AIMessage)
    assert caught.value.partial.text.startswith("You")


def test_wrong_uses_are_refused(clerk: MistralAgent, to_fake: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="its own tools"):
        clerk.bind_tools([add])
    for both in ({}, {"agent_id": "a", "model": "b"}):
        with pytest.raises(ValueError, match="either an agent"):
            MistralAgent(**both, **to_fake)
    with pytest.raises(ConfigurationError, match="block of type 'audio'"):
        clerk.invoke([HumanMessage([{"type": "audio", "base64": "AA==", "mime_type": "audio/wav"}])])
