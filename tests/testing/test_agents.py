"""Agents: creation, update, completions, deletion."""

from typing import Any

import httpx
import pytest

from mistral_rag.testing import FakeMistral

PARAMETERS = {"type": "object", "properties": {"a": {"type": "integer"}}}
ADD = {"type": "function", "function": {"name": "add", "parameters": PARAMETERS}}


def create(client: httpx.Client, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = client.post(
        "/agents", json={"model": "mistral-small-latest", "name": "clerk", **more}
    ).json()
    return body


def ask(client: httpx.Client, agent: str, text: str = "hello", **more: Any) -> Any:
    body = {"agent_id": agent, "messages": [{"role": "user", "content": text}], **more}
    return client.post("/agents/completions", json=body).json()


def test_an_agent_is_kept_with_its_versions(client: httpx.Client) -> None:
    agent = create(client, instructions="Be brief.", tools=[{"type": "web_search"}], metadata={"a": 1})
    assert (agent["object"], agent["version"], agent["versions"], agent["handoffs"]) == ("agent", 0, [0], None)
    changed = client.patch(f"/agents/{agent['id']}", json={"description": "x", "deployment_chat": True}).json()
    assert (changed["version"], changed["versions"], changed["instructions"]) == (1, [1, 0], "Be brief.")
    assert client.get(f"/agents/{agent['id']}").json() == changed
    assert client.get("/agents").json() == [changed]
    assert client.delete(f"/agents/{agent['id']}").status_code == 204
    assert client.get(f"/agents/{agent['id']}").status_code == 404


def test_an_agent_answers_with_its_own_settings(fake: FakeMistral, direct: httpx.Client) -> None:
    agent = create(direct, instructions="Be brief.", tools=[ADD], completion_args={"max_tokens": 2})
    fake.script(lambda request: f"{request.messages[0].content} {len(request.messages)} {request.max_tokens}")
    said = ask(direct, agent["id"], max_tokens=9)
    assert said["choices"][0]["message"]["content"] == "Be brief. 2 9"
    assert said["model"] == "mistral-small-latest"
    assert ask(direct, agent["id"])["choices"][0]["finish_reason"] == "length"
    [used] = ask(direct, agent["id"], "add 3", max_tokens=99)["choices"][0]["message"]["tool_calls"]
    assert used["function"] == {"name": "add", "arguments": '{"a": 3}'}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"model": "nobody"}, 400),
        ({"tools": [{"type": "document_library", "library_ids": []}]}, 422),
        ({"tools": [{"type": "browser"}]}, 422),
        ({"completion_args": {"temperature": 1.2}}, 422),
        ({"handoffs": []}, 422),
        ({"temperature": 0.2}, 422),
    ],
)
def test_wrong_agents_are_refused(direct: httpx.Client, change: dict[str, Any], status: int) -> None:
    body = {"model": "mistral-small-latest", "name": "clerk", **change}
    assert direct.post("/agents", json=body).status_code == status


def test_an_unknown_agent_and_a_wrong_conversation_are_refused(direct: httpx.Client) -> None:
    assert ask(direct, "ag_none") == {"detail": "Not Found"}
    agent = create(direct)["id"]
    body = {"agent_id": agent, "messages": [{"role": "assistant", "content": "x"}]}
    assert direct.post("/agents/completions", json=body).json()["code"] == "3230"
