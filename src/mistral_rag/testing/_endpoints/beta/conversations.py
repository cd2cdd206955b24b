"""/v1/conversations: kept in memory, answered like chats; built-in tools and handoffs by simple rules.

A built-in tool is used when the last text of the user has its word (`SIGNS`), and an agent hands over when it has the
name of one of its handoffs.
"""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mistral_rag.testing._content.words import text_of
from mistral_rag.testing._endpoints import catalogue
from mistral_rag.testing._endpoints.beta.agents import Agents
from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import ChatRequest
from mistral_rag.testing._rules.entries import (
    ConversationAppend,
    ConversationRestart,
    ConversationStart,
    MessageInput,
    Said,
)
from mistral_rag.testing._server.exchange import Request, Response, json_bytes, json_response
from mistral_rag.testing._server.routing import Endpoint, paged, parsed

SIGNS = {
    "web_search": "search",
    "web_search_premium": "news",
    "code_interpreter": "compute",
    "document_library": "look",
}
SOURCE = {"type": "tool_reference", "title": "A page", "url": "https://example.com/page", "description": "About it."}


@dataclass(slots=True)
class Kept:
    """A conversation: who answers, and its entries."""

    speaker: dict[str, Any]
    facts: dict[str, Any]
    entries: list[dict[str, Any]] = field(default_factory=list)
    id: str = field(default_factory=lambda: f"conv_{uuid.uuid4().hex}")
    created: str = field(default_factory=lambda: _now())

    def card(self) -> dict[str, Any]:
        """The conversation as the platform shows it."""
        return {"object": "conversation", "id": self.id, "created_at": self.created, "updated_at": _now(), **self.facts}


class Conversations:
    """Conversation endpoints; `generate` responds to a chat request."""

    def __init__(self, agents: Agents, generate: Callable[[ChatRequest], Response]) -> None:
        self._agents = agents
        self._generate = generate
        self._kept: dict[str, Kept] = {}
        self._lock = threading.Lock()

    def routes(self) -> dict[str, Endpoint]:
        """The routes of these endpoints."""
        return {
            "POST /conversations": self.start,
            "GET /conversations": self.listed,
            "GET /conversations/{id}": self.shown,
            "DELETE /conversations/{id}": self.deleted,
            "POST /conversations/{id}": self.append,
            "POST /conversations/{id}/restart": self.restart,
            "GET /conversations/{id}/history": self.history,
            "GET /conversations/{id}/messages": self.messages,
        }

    def start(self, request: Request) -> Response:
        """Begin a conversation with a model or an agent."""
        body = parsed(ConversationStart, request)
        if (body.agent_id is None) == (body.model is None):
            raise refusals.invalid("value_error", "Value error, give either agent_id or model.", loc=())
        facts: dict[str, Any] = {"name": body.name, "description": body.description, "metadata": body.metadata}
        given = body.model_dump(mode="json", by_alias=True, exclude_unset=True)
        if body.agent_id is not None:
            speaker = self._agents.find(body.agent_id, body.agent_version)
            facts |= {"agent_id": body.agent_id, "agent_version": body.agent_version}
        else:
            catalogue.require(str(body.model), "completion_chat")
            speaker = {"model": body.model, "instructions": None, "tools": [], "completion_args": {}}
            speaker |= {name: given[name] for name in ("instructions", "tools", "completion_args") if given.get(name)}
            facts |= {name: speaker[name] for name in ("model", "instructions", "tools", "completion_args")}
        kept = Kept(speaker, facts)
        return self._answer(kept, body.inputs, store=body.store is not False, stream=bool(body.stream))

    def append(self, request: Request, identity: str) -> Response:
        """Go on with a conversation."""
        body = parsed(ConversationAppend, request)
        return self._answer(self._conversation(identity), body.inputs, store=body.store, stream=body.stream)

    def restart(self, request: Request, identity: str) -> Response:
        """A new conversation from an entry of another."""
        body = parsed(ConversationRestart, request)
        old = self._conversation(identity)
        ids = [entry["id"] for entry in old.entries]
        if body.from_entry_id not in ids:
            raise refusals.not_found()
        kept = Kept(old.speaker, old.facts, old.entries[: ids.index(body.from_entry_id) + 1])
        return self._answer(kept, body.inputs, store=body.store, stream=body.stream)

    def listed(self, request: Request) -> Response:
        """A page of the conversations, newest first."""
        with self._lock:
            kept = list(self._kept.values())[::-1]
        return json_response([one.card() for one in paged(request, kept)])

    def shown(self, _request: Request, identity: str) -> Response:
        """One conversation."""
        return json_response(self._conversation(identity).card())

    def deleted(self, _request: Request, identity: str) -> Response:
        """Delete a conversation."""
        self._conversation(identity)
        with self._lock:
            self._kept.pop(identity, None)
        return Response(204)

    def history(self, _request: Request, identity: str) -> Response:
        """All entries."""
        entries = self._conversation(identity).entries
        return json_response({"object": "conversation.history", "conversation_id": identity, "entries": entries})

    def messages(self, _request: Request, identity: str) -> Response:
        """The messages alone."""
        said = [one for one in self._conversation(identity).entries if one["type"].startswith("message.")]
        return json_response({"object": "conversation.messages", "conversation_id": identity, "messages": said})

    def _conversation(self, identity: str) -> Kept:
        with self._lock:
            kept = self._kept.get(identity)
        if kept is None:
            raise refusals.not_found()
        return kept

    def _answer(self, kept: Kept, said: Said, *, store: bool, stream: bool) -> Response:
        entries = [*kept.entries, *_given(said)]
        outputs, speaker = list(self._before(kept.speaker, entries)), kept.speaker
        for output in outputs:
            if output["type"] == "agent.handoff":
                speaker = self._agents.find(output["next_agent_id"], None)
        completion = _completed(self._generate(_chat(speaker, entries)))
        outputs += _spoken(completion["choices"][0]["message"], speaker, outputs)
        usage = {name: completion["usage"][name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
        used = [one["name"] for one in outputs if one["type"] == "tool.execution"]
        usage["total_tokens"] += 8 * len(used)
        usage |= {"connector_tokens": 8 * len(used) or None, "connectors": {name: used.count(name) for name in used}}
        if store:
            kept.entries, kept.speaker = [*entries, *outputs], speaker
            with self._lock:
                self._kept[kept.id] = kept
        if stream:
            return Response(
                200,
                {"content-type": "text/event-stream; charset=utf-8"},
                (_event(one) for one in _events(kept.id, outputs, usage)),
            )
        reply = {"object": "conversation.response", "conversation_id": kept.id, "outputs": outputs, "usage": usage}
        return json_response({**reply, "guardrails": None})

    def _before(self, speaker: dict[str, Any], entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Entries before the message: runs of built-in tools, and a handoff."""
        last = entries[-1] if entries else {}
        text = _text(last).lower() if last.get("type") == "message.input" else ""
        for tool in speaker.get("tools") or ():
            sign = SIGNS.get(tool["type"])
            if sign and sign in text.split():
                yield _entry("tool.execution", name=tool["type"], arguments=json.dumps({"query": text}), info={})
        for identity in speaker.get("handoffs") or ():
            other = self._agents.find(identity, None)
            if other["name"].lower() in text.split():
                yield _entry(
                    "agent.handoff",
                    previous_agent_id=speaker["id"],
                    previous_agent_name=speaker["name"],
                    next_agent_id=other["id"],
                    next_agent_name=other["name"],
                )


def _given(said: Said) -> list[dict[str, Any]]:
    inputs = [MessageInput(role="user", content=said)] if isinstance(said, str) else said
    return [_filled(one.model_dump(mode="json", exclude_none=True)) for one in inputs]


def _filled(entry: dict[str, Any]) -> dict[str, Any]:
    now = _now()
    kind = {"type": entry["type"], "object": "entry"}
    return {"id": uuid.uuid4().hex, "created_at": now, "completed_at": now, **entry, **kind}


def _entry(kind: str, **fields: Any) -> dict[str, Any]:
    return _filled({"type": kind, **fields})


def _spoken(message: dict[str, Any], speaker: dict[str, Any], before: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The entries of a message: its text, with the source of a search, and its calls."""
    who = {"agent_id": speaker.get("id"), "model": speaker["model"]}
    content = message["content"]
    searches = [one["name"] for one in before if one.get("name", "").startswith("web_search")]
    if searches and isinstance(content, str):
        content = [{"type": "text", "text": content}, {**SOURCE, "tool": searches[0]}]
    if content:
        yield _entry("message.output", role="assistant", content=content, **who)
    for call in message.get("tool_calls") or ():
        function = call["function"]
        called = {"tool_call_id": call["id"], "name": function["name"], "arguments": function["arguments"]}
        yield _entry("function.call", **called, **who)


def _chat(speaker: dict[str, Any], entries: list[dict[str, Any]]) -> ChatRequest:
    """The entries as a chat."""
    messages: list[dict[str, Any]] = []
    if speaker.get("instructions"):
        messages.append({"role": "system", "content": speaker["instructions"]})
    for entry in entries:
        if entry["type"] == "message.input":
            messages.append({"role": entry["role"], "content": _text(entry)})
        elif entry["type"] == "message.output":
            messages.append({"role": "assistant", "content": _text(entry)})
        elif entry["type"] == "function.call":
            arguments = entry["arguments"]
            function = {"name": entry["name"], "arguments": arguments}
            call = {"id": entry["tool_call_id"], "function": function}
            if not (messages and messages[-1].get("role") == "assistant"):
                messages.append({"role": "assistant", "content": "", "tool_calls": []})
            messages[-1].setdefault("tool_calls", []).append(call)
        elif entry["type"] == "function.result":
            messages.append({"role": "tool", "content": entry["result"], "tool_call_id": entry["tool_call_id"]})
    functions = [tool for tool in speaker.get("tools") or () if tool["type"] == "function"]
    settings = {name: value for name, value in (speaker.get("completion_args") or {}).items() if value is not None}
    return ChatRequest.model_validate(
        {"model": speaker["model"], "messages": messages, "tools": functions or None, **settings}
    )


def _completed(response: Response) -> dict[str, Any]:
    completion: dict[str, Any] = json.loads(response.body)  # type: ignore[arg-type]  # no stream was asked for
    return completion


def _events(identity: str, outputs: list[dict[str, Any]], usage: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": "conversation.response.started", "created_at": _now(), "conversation_id": identity}
    for number, entry in enumerate(outputs):
        base = {"created_at": entry["created_at"], "id": entry["id"], "output_index": number}
        if entry["type"] == "message.output":
            yield from _deltas(entry, base)
        elif entry["type"] == "function.call":
            called = {name: entry[name] for name in ("name", "tool_call_id", "arguments", "model", "agent_id")}
            yield {"type": "function.call.delta", **base, **called}
        elif entry["type"] == "tool.execution":
            started = {"name": entry["name"], "arguments": entry["arguments"]}
            yield {"type": "tool.execution.started", **base, **started}
            yield {"type": "tool.execution.done", **base, "name": entry["name"], "info": entry["info"]}
        else:
            previous = {name: entry[name] for name in ("previous_agent_id", "previous_agent_name")}
            yield {"type": "agent.handoff.started", **base, **previous}
            following = {name: entry[name] for name in ("next_agent_id", "next_agent_name")}
            yield {"type": "agent.handoff.done", **base, **following}
    yield {"type": "conversation.response.done", "created_at": _now(), "usage": usage}


def _deltas(entry: dict[str, Any], base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    who = {"role": "assistant", "model": entry["model"], "agent_id": entry["agent_id"]}
    chunks = entry["content"] if isinstance(entry["content"], list) else [{"type": "text", "text": entry["content"]}]
    for index, chunk in enumerate(chunks):
        pieces = chunk["text"].split(" ") if chunk["type"] == "text" else [chunk]
        for number, piece in enumerate(pieces):
            content = piece if isinstance(piece, dict) or not number else f" {piece}"
            yield {"type": "message.output.delta", **base, "content_index": index, "content": content, **who}


def _event(event: dict[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (event["type"].encode(), json_bytes(event))


def _text(entry: dict[str, Any]) -> str:
    content = entry["content"]
    if isinstance(content, list):
        return "".join(chunk.get("text", "") for chunk in content)
    return text_of(content)


def _now() -> str:
    return datetime.now(UTC).isoformat()
