"""Agents in versions, and conversations: starts, appends, restarts, built-in tools, handoffs, streams."""

import pytest
from langchain_core.messages import HumanMessage

from mistral_rag import MistralAgent, MistralClient
from mistral_rag.errors import (
    ApiError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    RateLimitError,
    ResponseError,
    ServerError,
)
from mistral_rag.platform import StoredAgent
from mistral_rag.testing import FakeMistral, faults
from mistral_rag.testing._server.exchange import Response

ADD = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add.",
        "parameters": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
    },
}


@pytest.fixture
def clerk(client: MistralClient) -> StoredAgent:
    return client.agents.create("mistral-small-latest", "clerk", tools=["web_search", ADD], instructions="Be brief.")


def test_an_agent_has_versions(client: MistralClient, clerk: StoredAgent) -> None:
    assert [tool["type"] for tool in clerk.tools] == ["web_search", "function"]
    second = client.agents.update(clerk.id, instructions="Be long.")
    assert (second.version, second.versions) == (1, [1, 0])
    assert client.agents.get(clerk.id, version=0).instructions == "Be brief."
    assert [one.version for one in client.agents.versions(clerk.id).data] == [1, 0]
    assert client.agents.use_version(clerk.id, 0).instructions == "Be brief."
    assert client.agents.get(clerk.id).version == 0
    assert client.agents.update(clerk.id, description="x").version == 2
    assert [one.id for one in client.agents.iterate()] == [clerk.id]
    assert client.agents.delete(clerk.id).deleted
    with pytest.raises(NotFoundError):
        client.agents.get(clerk.id)


def test_a_conversation_is_kept_and_restarted(client: MistralClient, clerk: StoredAgent) -> None:
    first = client.conversations.start("hello", agent_id=clerk.id)
    assert (first.text, first.usage.total_tokens > 0) == ("You said: hello", True)
    second = client.conversations.append(first.conversation_id, "once more")
    assert (second.conversation_id, second.text) == (first.conversation_id, "You said: once more")
    entries = client.conversations.history(first.conversation_id).entries
    assert [entry.type for entry in entries] == ["message.input", "message.output"] * 2
    other = client.conversations.restart(first.conversation_id, "instead", from_entry_id=str(entries[1].id))
    assert other.conversation_id != first.conversation_id
    said = [entry.text for entry in client.conversations.messages(other.conversation_id).messages]
    assert said == ["hello", "You said: hello", "instead", "You said: instead"]
    assert len(list(client.conversations.iterate())) == 2
    client.conversations.delete(first.conversation_id)
    with pytest.raises(NotFoundError):
        client.conversations.get(first.conversation_id)


def test_nothing_is_kept_when_store_is_false(client: MistralClient) -> None:
    reply = client.conversations.start("hello", model="mistral-small-latest", store=False)
    with pytest.raises(NotFoundError):
        client.conversations.append(reply.conversation_id, "more")


def test_a_built_in_tool_is_run_by_the_platform(client: MistralClient, clerk: StoredAgent) -> None:
    reply = client.conversations.start("please search for pumps", agent_id=clerk.id)
    assert [entry.type for entry in reply.outputs] == ["tool.execution", "message.output"]
    assert reply.outputs[0].name == "web_search"
    content = reply.outputs[1].content
    assert isinstance(content, list)
    assert content[1]["url"] == "https://example.com/page"
    assert (reply.usage.connectors, reply.usage.connector_tokens) == ({"web_search": 1}, 8)
    assert reply.text == "You said: please search for pumps"


def test_a_function_is_the_callers_to_run(client: MistralClient, clerk: StoredAgent) -> None:
    reply = client.conversations.start("add 3 and 4", agent_id=clerk.id)
    [call] = reply.function_calls
    assert (call.name, call.arguments) == ("add", '{"a": 3, "b": 4}')
    result = {"type": "function.result", "tool_call_id": call.tool_call_id, "result": "7"}
    assert client.conversations.append(reply.conversation_id, [result]).text == "The tool says: 7"


def test_an_agent_hands_over_to_another(client: MistralClient) -> None:
    expert = client.agents.create("mistral-large-latest", "expert")
    door = client.agents.create("mistral-small-latest", "door", handoffs=[expert.id])
    reply = client.conversations.start("get the expert", agent_id=door.id)
    assert [entry.type for entry in reply.outputs] == ["agent.handoff", "message.output"]
    assert (reply.outputs[1].agent_id, reply.outputs[1].model) == (expert.id, "mistral-large-latest")


async def test_events_come_as_they_are_made(client: MistralClient, clerk: StoredAgent) -> None:
    events = [event async for event in client.conversations.astream("please search", agent_id=clerk.id)]
    kinds = [event.type for event in events]
    assert kinds[:3] == ["conversation.response.started", "tool.execution.started", "tool.execution.done"]
    assert kinds[-1] == "conversation.response.done"
    assert "".join(event.content for event in events if isinstance(event.content, str)) == "You said: please search"
    identity = str(events[0].conversation_id)
    more = list(client.conversations.stream("more", conversation_id=identity))
    assert more[0].conversation_id == identity


def test_a_stream_that_breaks_is_an_error(fake: FakeMistral, client: MistralClient, clerk: StoredAgent) -> None:
    fake.faults.add(faults.end_stream(after=3), path="/conversations")
    with pytest.raises(Exception, match="ended before"):
        list(client.conversations.stream("hello there", agent_id=clerk.id))


@pytest.mark.parametrize("identity", ['"id":"entry-1",', ""])
@pytest.mark.parametrize(("code", "kind"), [(503, ServerError), (429, RateLimitError), (3000, ResponseError)])
async def test_a_conversation_that_failed_is_an_error(
    fake: FakeMistral, client: MistralClient, clerk: StoredAgent, code: int, kind: type[ApiError], identity: str
) -> None:
    said = f'{{{identity}"type":"conversation.response.error","message":"Out of order","code":{code}}}'
    events = f'data: {{"type":"conversation.response.started","conversation_id":"c"}}\n\ndata: {said}\n\n'.encode()
    fake.faults.add(faults.answers(Response(200, {"content-type": "text/event-stream"}, events)), times=3)
    with pytest.raises(kind, match="Out of order"):
        list(client.conversations.stream("hello", agent_id=clerk.id))
    with pytest.raises(kind, match="Out of order"):
        [event async for event in client.conversations.astream("hello", agent_id=clerk.id)]
    agent = MistralAgent(agent_id=clerk.id, base_url=fake.base_url, api_key=fake.key, transport=fake.transport())
    with pytest.raises(kind, match="Out of order"):
        list(agent.stream("hello"))


def test_what_may_have_arrived_is_not_said_twice(fake: FakeMistral, client: MistralClient) -> None:
    fake.faults.add(faults.reset(), path="/conversations")
    with pytest.raises(Exception, match="No answer"):
        client.conversations.start("hello", model="mistral-small-latest")
    assert len(fake.requests) == 1


def test_refusals_are_typed(client: MistralClient) -> None:
    with pytest.raises(ConfigurationError, match="either an agent"):
        client.conversations.start("x")
    with pytest.raises(ConfigurationError, match="not both"):
        client.conversations.start("x", model="a", agent_id="b")
    with pytest.raises(InvalidRequestError, match="tools"):
        client.conversations.append("conv_x", "x", tools=[])
    with pytest.raises(InvalidRequestError):
        client.conversations.start([{"type": "message.input", "role": "robot", "content": "x"}], model="x")
    with pytest.raises(NotFoundError):
        client.conversations.start("x", agent_id="ag_nobody")


def test_messages_of_chat_need_no_kind(fake: FakeMistral, client: MistralClient) -> None:
    client.conversations.start([{"role": "user", "content": "Hello"}], model="mistral-small-latest")
    assert fake.requests[-1].json["inputs"] == [{"type": "message.input", "role": "user", "content": "Hello"}]
    with pytest.raises(ConfigurationError, match="not HumanMessage; MistralAgent takes messages"):
        client.conversations.start([HumanMessage("Hello")], model="mistral-small-latest")  # type: ignore[list-item]
