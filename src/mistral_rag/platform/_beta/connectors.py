"""Connectors: MCP servers that the platform calls for agents, and for callers directly."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Literal, TypedDict, Unpack

from pydantic import Field

from mistral_rag.platform._calls import PlatformCall, PlatformObject, Resource, given, path


class ConnectorSettings(TypedDict, total=False):
    """Settings of a connector. `headers` go to its server with every call, and may hold a key."""

    visibility: Literal["private", "shared_workspace", "shared_org"]
    headers: dict[str, str]
    icon_url: str
    system_prompt: str


class ConnectorChanges(ConnectorSettings, total=False):
    """Settings that may be changed."""

    name: str
    description: str
    server: str


class StoredConnector(PlatformObject):
    """A connector; as a tool of an agent ``{"type": "connector", "connector_id": connector.id}``."""

    id: str
    name: str
    description: str = ""
    server: str | None = None
    visibility: str | None = None


class ConnectorPages(PlatformObject):
    """The place of a page within a list; the last one has no `next_cursor`."""

    page_size: int
    next_cursor: str | None = None


class ConnectorListing(PlatformObject):
    """One page of the connectors."""

    items: list[StoredConnector]
    pagination: ConnectorPages


class ConnectorTool(PlatformObject):
    """A tool of a connector. Its schema is `inputSchema`, or `jsonschema` where the platform rewrote it."""

    name: str
    description: str | None = None
    input_schema: dict[str, Any] | None = Field(default=None, alias="inputSchema")
    jsonschema: dict[str, Any] | None = None


class ConnectorTools(PlatformObject):
    """The tools of a connector."""

    data: list[ConnectorTool]


class ConnectorResult(PlatformObject):
    """The reply of a tool: MCP content, and what the server says of it in `metadata`."""

    content: list[dict[str, Any]]
    metadata: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """The text parts, one on a line."""
        return "\n".join(str(part.get("text", "")) for part in self.content if part.get("type") == "text")

    @property
    def is_error(self) -> bool:
        """True when the server says that the tool failed."""
        return bool(((self.metadata or {}).get("mcp_meta") or {}).get("isError"))


class ConnectorMessage(PlatformObject):
    """The reply to a deletion."""

    message: str = ""


class ConnectorResource(Resource):
    """`client.connectors`. Credentials and OAuth are set up in the platform's console."""

    def create(self, name: str, description: str, server: str, **fields: Unpack[ConnectorSettings]) -> StoredConnector:
        """Register the MCP server at the URL `server`. `name` has at most 64 letters, digits, "_" and "-"."""
        return self._send(_create(name, description, server, fields))

    async def acreate(
        self, name: str, description: str, server: str, **fields: Unpack[ConnectorSettings]
    ) -> StoredConnector:
        """`create` for coroutines."""
        return await self._asend(_create(name, description, server, fields))

    def list(self, *, cursor: str | None = None, page_size: int = 100) -> ConnectorListing:
        """One page of the connectors."""
        return self._send(_list(cursor, page_size))

    async def alist(self, *, cursor: str | None = None, page_size: int = 100) -> ConnectorListing:
        """`list` for coroutines."""
        return await self._asend(_list(cursor, page_size))

    def iterate(self) -> Iterator[StoredConnector]:
        """Every connector; pages are fetched as they are needed."""
        cursor: str | None = None
        while True:
            page = self.list(cursor=cursor)
            yield from page.items
            cursor, last = page.pagination.next_cursor, cursor
            if not cursor or cursor == last:
                return

    async def aiterate(self) -> AsyncIterator[StoredConnector]:
        """`iterate` for coroutines."""
        cursor: str | None = None
        while True:
            page = await self.alist(cursor=cursor)
            for connector in page.items:
                yield connector
            cursor, last = page.pagination.next_cursor, cursor
            if not cursor or cursor == last:
                return

    def get(self, connector: str) -> StoredConnector:
        """The connector of this id or name."""
        return self._send(PlatformCall("GET", path("connectors", connector), StoredConnector))

    async def aget(self, connector: str) -> StoredConnector:
        """`get` for coroutines."""
        return await self._asend(PlatformCall("GET", path("connectors", connector), StoredConnector))

    def update(self, connector_id: str, **fields: Unpack[ConnectorChanges]) -> StoredConnector:
        """Change settings of a connector."""
        return self._send(
            PlatformCall("PATCH", path("connectors", connector_id), StoredConnector, body=given(**fields))
        )

    async def aupdate(self, connector_id: str, **fields: Unpack[ConnectorChanges]) -> StoredConnector:
        """`update` for coroutines."""
        return await self._asend(
            PlatformCall("PATCH", path("connectors", connector_id), StoredConnector, body=given(**fields))
        )

    def delete(self, connector_id: str) -> ConnectorMessage:
        """Delete a connector."""
        return self._send(PlatformCall("DELETE", path("connectors", connector_id), ConnectorMessage))

    async def adelete(self, connector_id: str) -> ConnectorMessage:
        """`delete` for coroutines."""
        return await self._asend(PlatformCall("DELETE", path("connectors", connector_id), ConnectorMessage))

    def tools(self, connector: str, *, credentials: str | None = None) -> Sequence[ConnectorTool]:
        """The tools of a connector; `credentials` names those of several that are stored."""
        return self._send(_tools(connector, credentials)).data

    async def atools(self, connector: str, *, credentials: str | None = None) -> Sequence[ConnectorTool]:
        """`tools` for coroutines."""
        return (await self._asend(_tools(connector, credentials))).data

    def call(
        self, connector: str, tool: str, arguments: dict[str, Any] | None = None, *, credentials: str | None = None
    ) -> ConnectorResult:
        """Call a tool at once, without a model or a conversation; not sent again when it may have arrived."""
        return self._send(_call(connector, tool, arguments, credentials))

    async def acall(
        self, connector: str, tool: str, arguments: dict[str, Any] | None = None, *, credentials: str | None = None
    ) -> ConnectorResult:
        """`call` for coroutines."""
        return await self._asend(_call(connector, tool, arguments, credentials))


def _create(name: str, description: str, server: str, fields: ConnectorSettings) -> PlatformCall[StoredConnector]:
    body = {"name": name, "description": description, "server": server, **given(**fields)}
    return PlatformCall("POST", "connectors", StoredConnector, body=body, once=True)


def _list(cursor: str | None, page_size: int) -> PlatformCall[ConnectorListing]:
    return PlatformCall("GET", path("connectors", cursor=cursor, page_size=page_size), ConnectorListing)


def _tools(connector: str, credentials: str | None) -> PlatformCall[ConnectorTools]:
    return PlatformCall("GET", path("connectors", connector, "tools", credentials_name=credentials), ConnectorTools)


def _call(
    connector: str, tool: str, arguments: dict[str, Any] | None, credentials: str | None
) -> PlatformCall[ConnectorResult]:
    asked = path("connectors", connector, "tools", tool, "call", credentials_name=credentials)
    return PlatformCall("POST", asked, ConnectorResult, body={"arguments": arguments or {}}, once=True)
