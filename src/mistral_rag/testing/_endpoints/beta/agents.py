"""/v1/agents: stored in memory with their versions, and called through /v1/agents/completions.

An agent's functions and settings are used; its built-in tools are stored and listed, but not run.
"""

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mistral_rag.testing._endpoints import catalogue
from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.agent_bodies import AgentCompletion, AgentCreation, AgentUpdate
from mistral_rag.testing._rules.bodies import ChatRequest
from mistral_rag.testing._server.exchange import Request, Response, json_response
from mistral_rag.testing._server.routing import Endpoint, paged, parsed


class Agents:
    """Agents endpoints; `generate` responds to a chat request."""

    def __init__(self, generate: Callable[[ChatRequest], Response]) -> None:
        self._generate = generate
        self._agents: dict[str, dict[str, Any]] = {}
        self._versions: dict[str, list[dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def routes(self) -> dict[str, Endpoint]:
        """The routes of these endpoints."""
        return {
            "POST /agents": self.create,
            "GET /agents": self.listed,
            "POST /agents/completions": self.complete,
            "GET /agents/{id}": self.shown,
            "GET /agents/{id}/versions": self.versions,
            "GET /agents/{id}/versions/{version}": self.version,
            "PATCH /agents/{id}/version": self.choose,
            "PATCH /agents/{id}": self.change,
            "DELETE /agents/{id}": self.deleted,
        }

    def create(self, request: Request) -> Response:
        """Create an agent."""
        body = parsed(AgentCreation, request)
        catalogue.require(body.model, "completion_chat")
        now = _now()
        agent = {
            **_plain(body, unset=True),
            "object": "agent",
            "id": f"ag_{uuid.uuid4().hex}",
            "version": 0,
            "versions": [0],
            "created_at": now,
            "updated_at": now,
            "deployment_chat": False,
            "source": "api",
        }
        with self._lock:
            self._agents[agent["id"]] = agent
            self._versions[agent["id"]] = [agent]
        return json_response(agent)

    def listed(self, request: Request) -> Response:
        """A page of the agents, newest first."""
        with self._lock:
            agents = list(self._agents.values())[::-1]
        return json_response(paged(request, agents))

    def shown(self, request: Request, identity: str) -> Response:
        """One agent, in its present version or in that of the query."""
        return json_response(self.find(identity, request.query.get("agent_version")))

    def versions(self, request: Request, identity: str) -> Response:
        """A page of the versions, newest first."""
        with self._lock:
            self._agent(identity)
            return json_response(paged(request, self._versions[identity][::-1]))

    def version(self, _request: Request, identity: str, version: str) -> Response:
        """One version."""
        return json_response(self.find(identity, version))

    def choose(self, request: Request, identity: str) -> Response:
        """Make a version the present one."""
        if "version" not in request.query:
            raise refusals.invalid("missing", "Field required", loc=("version",), location="query")
        chosen = self.find(identity, request.query["version"])
        with self._lock:
            present = {"versions": self._agents[identity]["versions"], "updated_at": _now()}
            self._agents[identity] = {**chosen, **present}
            return json_response(self._agents[identity])

    def find(self, identity: str, version: int | str | None) -> dict[str, Any]:
        """The agent in a version; None for the present one.

        Raises:
            RequestRefusedError: 404, there is none.
        """
        with self._lock:
            agent = self._agent(identity)
            if version is None:
                return agent
            for one in self._versions[identity]:
                if str(one["version"]) == str(version):
                    return one
        raise refusals.not_found()

    def change(self, request: Request, identity: str) -> Response:
        """Create a new version of an agent."""
        changes = _plain(parsed(AgentUpdate, request), unset=False)
        with self._lock:
            agent = self._agent(identity)
            earlier = [one["version"] for one in self._versions[identity][::-1]]
            version = earlier[0] + 1
            history = {"version": version, "versions": [version, *earlier], "updated_at": _now()}
            changed = self._agents[identity] = {**agent, **changes, **history}
            self._versions[identity].append(changed)
        return json_response(changed)

    def deleted(self, _request: Request, identity: str) -> Response:
        """Delete an agent."""
        with self._lock:
            self._agent(identity)
            del self._agents[identity]
        return Response(204)

    def complete(self, request: Request) -> Response:
        """A turn of a conversation with an agent; settings of the request replace those of the agent."""
        body = parsed(AgentCompletion, request)
        agent = self._agent(body.agent_id)
        sent = _plain(body, unset=False)
        instructions = [{"role": "system", "content": agent["instructions"]}] if agent["instructions"] else []
        functions = [tool for tool in agent["tools"] if tool["type"] == "function"]
        settings = {name: value for name, value in agent["completion_args"].items() if value is not None}
        whole = {"model": agent["model"], "tools": functions, "guardrails": agent["guardrails"], **settings, **sent}
        messages = [*instructions, *sent["messages"]]
        del whole["agent_id"]
        return self._generate(ChatRequest.model_validate({**whole, "messages": messages}))

    def _agent(self, identity: str) -> dict[str, Any]:
        if identity not in self._agents:
            raise refusals.not_found()
        return self._agents[identity]


def _plain(body: AgentCreation | AgentUpdate | AgentCompletion, *, unset: bool) -> dict[str, Any]:
    return body.model_dump(mode="json", by_alias=True, exclude_unset=not unset)


def _now() -> str:
    return datetime.now(UTC).isoformat()
