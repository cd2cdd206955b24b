"""/v1/connectors: MCP servers by name, each with one tool that says what it was given."""

import json
import re
import threading
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import Body, JsonObject
from mistral_rag.testing._server.exchange import Request, Response, json_response
from mistral_rag.testing._server.routing import Endpoint, numbers, parsed

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
TOOL = "echo"
Server = Annotated[str, Field(min_length=1, max_length=2083, pattern=r"^https?://")]


class ConnectorCreation(Body):
    """POST /v1/connectors."""

    name: str
    description: str
    server: Server
    icon_url: str | None = None
    visibility: Literal["private", "shared_workspace", "shared_org"] = "shared_org"
    headers: JsonObject | None = None
    system_prompt: str | None = None
    protocol: Literal["mcp"] = "mcp"


class ConnectorUpdate(Body):
    """PATCH /v1/connectors/{id}."""

    name: str | None = None
    description: str | None = None
    server: Server | None = None
    icon_url: str | None = None
    headers: JsonObject | None = None
    system_prompt: str | None = None


class ConnectorCall(Body):
    """POST /v1/connectors/{id}/tools/{tool}/call."""

    arguments: JsonObject = Field(default_factory=dict)


class Connectors:
    """Connector endpoints; no server is called."""

    def __init__(self) -> None:
        self._connectors: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def routes(self) -> dict[str, Endpoint]:
        """The routes of these endpoints."""
        return {
            "POST /connectors": self.create,
            "GET /connectors": self.listed,
            "GET /connectors/{id}": self.shown,
            "PATCH /connectors/{id}": self.changed,
            "DELETE /connectors/{id}": self.deleted,
            "GET /connectors/{id}/tools": self.tools,
            "POST /connectors/{id}/tools/{tool}/call": self.call,
        }

    def create(self, request: Request) -> Response:
        """Register a connector."""
        body = parsed(ConnectorCreation, request)
        if not NAME.fullmatch(body.name):
            message = "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"
            raise refusals.invalid("string_pattern_mismatch", message, loc=("name",), given=body.name)
        now = datetime.now(UTC).isoformat()
        connector = {
            "id": str(uuid.uuid4()),
            # what goes to the server with a key in it is never shown again
            **body.model_dump(exclude={"headers"}),
            "created_at": now,
            "modified_at": now,
            "owner_type": "workspace",
            "private_tool_execution": False,
            "supports_mcp": True,
        }
        with self._lock:
            self._connectors[str(connector["id"])] = connector
        return json_response(connector, status=201)

    def listed(self, request: Request) -> Response:
        """One page of the connectors; the cursor is the place of the next one."""
        size = numbers(request, page_size=100)["page_size"]
        start = numbers(request, cursor=0)["cursor"]
        with self._lock:
            all_of_them = list(self._connectors.values())
        following = str(start + size) if start + size < len(all_of_them) else None
        pagination = {"page_size": size, "next_cursor": following}
        return json_response({"items": all_of_them[start : start + size], "pagination": pagination})

    def shown(self, _request: Request, identity: str) -> Response:
        """One connector, by id or name."""
        return json_response(self._connector(identity))

    def changed(self, request: Request, identity: str) -> Response:
        """Change a connector."""
        body = parsed(ConnectorUpdate, request)
        connector = self._connector(identity)
        connector.update(body.model_dump(exclude_unset=True, exclude={"headers"}))
        return json_response(connector)

    def deleted(self, _request: Request, identity: str) -> Response:
        """Delete a connector."""
        connector = self._connector(identity)
        with self._lock:
            del self._connectors[connector["id"]]
        return json_response({"message": f"Connector {connector['id']} deleted"})

    def tools(self, _request: Request, identity: str) -> Response:
        """The tools of a connector."""
        self._connector(identity)
        schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
        return json_response([{"name": TOOL, "description": "Say what was given.", "inputSchema": schema}])

    def call(self, request: Request, identity: str, tool: str) -> Response:
        """Call a tool; one without its argument fails as MCP servers do, with status 200."""
        self._connector(identity)
        if tool != TOOL:
            raise refusals.not_found()
        arguments = parsed(ConnectorCall, request).arguments
        failed = "text" not in arguments
        text = "Missing argument: text" if failed else f"You said: {json.dumps(arguments['text'])}"
        content = [{"type": "text", "text": text}]
        return json_response({"content": content, "metadata": {"mcp_meta": {"isError": failed}}})

    def _connector(self, identity: str) -> dict[str, Any]:
        with self._lock:
            for connector in self._connectors.values():
                if identity in {connector["id"], connector["name"]}:
                    return connector
        raise refusals.not_found()
