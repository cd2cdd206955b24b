"""Connectors: MCP servers that the platform calls."""

import pytest

from mistral_rag import MistralClient
from mistral_rag.errors import InvalidRequestError, NotFoundError
from mistral_rag.testing import FakeMistral, faults

SERVER = "https://tools.example.com/mcp"


def test_a_connector_is_made_changed_and_deleted(fake: FakeMistral, client: MistralClient) -> None:
    made = client.connectors.create("stock", "What is in stock", SERVER, headers={"x-team": "a"})
    assert fake.requests[-1].json == {
        "name": "stock",
        "description": "What is in stock",
        "server": SERVER,
        "headers": {"x-team": "a"},
    }
    assert client.connectors.get("stock").id == made.id
    assert client.connectors.update(made.id, description="Stock").description == "Stock"
    assert client.connectors.delete(made.id).message == f"Connector {made.id} deleted"
    with pytest.raises(NotFoundError):
        client.connectors.get("stock")


async def test_every_page_of_connectors_is_read(client: MistralClient) -> None:
    for number in range(3):
        client.connectors.create(f"c{number}", "", SERVER)
    page = client.connectors.list(page_size=2)
    assert ([one.name for one in page.items], page.pagination.next_cursor) == (["c0", "c1"], "2")
    assert [one.name for one in client.connectors.list(cursor="2", page_size=2).items] == ["c2"]
    assert [one.name for one in client.connectors.iterate()] == ["c0", "c1", "c2"]
    assert [one.name async for one in client.connectors.aiterate()] == ["c0", "c1", "c2"]


async def test_tools_are_listed_and_called_without_a_model(fake: FakeMistral, client: MistralClient) -> None:
    client.connectors.create("stock", "", SERVER)
    [tool] = client.connectors.tools("stock")
    assert (tool.name, tool.input_schema and tool.input_schema["required"]) == ("echo", ["text"])
    result = client.connectors.call("stock", "echo", {"text": "pumps"}, credentials="mine")
    assert (result.text, result.is_error) == ('You said: "pumps"', False)
    assert fake.requests[-1].query == {"credentials_name": "mine"}
    failed = await client.connectors.acall("stock", "echo")
    assert (failed.text, failed.is_error) == ("Missing argument: text", True)


def test_a_call_that_may_have_arrived_is_not_made_twice(fake: FakeMistral, client: MistralClient) -> None:
    client.connectors.create("stock", "", SERVER)
    before = len(fake.requests)
    fake.faults.add(faults.error(500, {"message": "?"}), times=3)
    with pytest.raises(Exception, match="500"):
        client.connectors.call("stock", "echo", {"text": "x"})
    assert len(fake.requests) == before + 1


@pytest.mark.parametrize(("name", "server"), [("two words", SERVER), ("x" * 65, SERVER), ("x", "ftp://example.com")])
def test_what_the_platform_refuses_is_named(client: MistralClient, name: str, server: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"name|server"):
        client.connectors.create(name, "", server)
