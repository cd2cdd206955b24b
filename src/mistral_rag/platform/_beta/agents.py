"""Agents: stored instructions, tools and settings, in versions."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, TypedDict, Unpack

from pydantic import Field

from mistral_rag.messages._requests.tools import wire_tools
from mistral_rag.platform._calls import Deleted, Listing, PlatformCall, PlatformObject, Resource, given, path

BUILT_IN = (
    "web_search", "web_search_premium", "code_interpreter", "image_generation", "document_library", "connector",
)  # fmt: skip
"""Kinds of tools that the platform runs itself."""


class AgentSettings(TypedDict, total=False):
    """Settings of an agent. `tools` takes functions as `ChatMistral.bind_tools` does, and built-in tools by name."""

    instructions: str
    description: str
    tools: Sequence[Any]
    completion_args: dict[str, Any]
    guardrails: list[dict[str, Any]]
    handoffs: list[str]
    metadata: dict[str, Any]
    version_message: str


class AgentChanges(AgentSettings, total=False):
    """Settings that a new version of an agent may change."""

    model: str
    name: str


class StoredAgent(PlatformObject):
    """An agent in one version."""

    id: str
    name: str
    model: str
    version: int
    versions: list[int] = Field(default_factory=list)
    instructions: str | None = None
    description: str | None = None
    tools: list[dict[str, Any]] = Field(default_factory=list)
    completion_args: dict[str, Any] = Field(default_factory=dict)
    handoffs: list[str] | None = None
    metadata: dict[str, Any] | None = None


class AgentResource(Resource):
    """`client.agents`."""

    def create(self, model: str, name: str, **fields: Unpack[AgentSettings]) -> StoredAgent:
        """Create an agent."""
        return self._send(_create(model, name, fields))

    async def acreate(self, model: str, name: str, **fields: Unpack[AgentSettings]) -> StoredAgent:
        """`create` for coroutines."""
        return await self._asend(_create(model, name, fields))

    def list(self, *, page: int = 0, page_size: int = 20) -> Listing[StoredAgent]:
        """One page of the agents, newest first."""
        return self._send(_list(page, page_size))

    async def alist(self, *, page: int = 0, page_size: int = 20) -> Listing[StoredAgent]:
        """`list` for coroutines."""
        return await self._asend(_list(page, page_size))

    def iterate(self) -> Iterator[StoredAgent]:
        """Every agent; pages are fetched as they are needed."""
        return self._items(lambda page: _list(page, 100))

    def aiterate(self) -> AsyncIterator[StoredAgent]:
        """`iterate` for coroutines."""
        return self._aitems(lambda page: _list(page, 100))

    def get(self, agent_id: str, *, version: int | str | None = None) -> StoredAgent:
        """The agent, in its present version or in another, by number or alias."""
        return self._send(PlatformCall("GET", path("agents", agent_id, agent_version=version), StoredAgent))

    async def aget(self, agent_id: str, *, version: int | str | None = None) -> StoredAgent:
        """`get` for coroutines."""
        return await self._asend(PlatformCall("GET", path("agents", agent_id, agent_version=version), StoredAgent))

    def update(self, agent_id: str, **fields: Unpack[AgentChanges]) -> StoredAgent:
        """Make a new version with these fields changed; it becomes the present one."""
        return self._send(PlatformCall("PATCH", path("agents", agent_id), StoredAgent, body=_fields(fields), once=True))

    async def aupdate(self, agent_id: str, **fields: Unpack[AgentChanges]) -> StoredAgent:
        """`update` for coroutines."""
        return await self._asend(
            PlatformCall("PATCH", path("agents", agent_id), StoredAgent, body=_fields(fields), once=True)
        )

    def versions(self, agent_id: str, *, page: int = 0, page_size: int = 20) -> Listing[StoredAgent]:
        """One page of the agent's versions, newest first."""
        return self._send(_versions(agent_id, page, page_size))

    async def aversions(self, agent_id: str, *, page: int = 0, page_size: int = 20) -> Listing[StoredAgent]:
        """`versions` for coroutines."""
        return await self._asend(_versions(agent_id, page, page_size))

    def use_version(self, agent_id: str, version: int) -> StoredAgent:
        """Make an earlier version the present one again."""
        return self._send(PlatformCall("PATCH", path("agents", agent_id, "version", version=version), StoredAgent))

    async def ause_version(self, agent_id: str, version: int) -> StoredAgent:
        """`use_version` for coroutines."""
        return await self._asend(
            PlatformCall("PATCH", path("agents", agent_id, "version", version=version), StoredAgent)
        )

    def delete(self, agent_id: str) -> Deleted:
        """Delete the agent with all its versions."""
        return self._send(PlatformCall("DELETE", path("agents", agent_id), Deleted))

    async def adelete(self, agent_id: str) -> Deleted:
        """`delete` for coroutines."""
        return await self._asend(PlatformCall("DELETE", path("agents", agent_id), Deleted))


def agent_tools(tools: Sequence[Any]) -> list[dict[str, Any]]:
    """The tools as the platform takes them: names and dicts of built-in ones, anything else as a function."""
    wired = []
    for tool in tools:
        if isinstance(tool, str) and tool in BUILT_IN:
            wired.append({"type": tool})
        elif isinstance(tool, dict) and tool.get("type") in BUILT_IN:
            wired.append(tool)
        else:
            wired += wire_tools([tool])
    return wired


def _fields(fields: AgentSettings) -> dict[str, Any]:
    body = given(**fields)
    return body | ({"tools": agent_tools(body["tools"])} if "tools" in body else {})


def _create(model: str, name: str, fields: AgentSettings) -> PlatformCall[StoredAgent]:
    return PlatformCall(
        "POST", "agents", StoredAgent, body={"model": model, "name": name, **_fields(fields)}, once=True
    )


def _list(page: int, page_size: int) -> PlatformCall[Listing[StoredAgent]]:
    return PlatformCall("GET", path("agents", page=page, page_size=page_size), Listing[StoredAgent])


def _versions(agent_id: str, page: int, page_size: int) -> PlatformCall[Listing[StoredAgent]]:
    asked = path("agents", agent_id, "versions", page=page, page_size=page_size)
    return PlatformCall("GET", asked, Listing[StoredAgent])
