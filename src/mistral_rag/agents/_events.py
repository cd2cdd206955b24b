"""Events of a conversation's stream as chunks of one message."""

import json
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from mistral_rag.agents._replies import arguments_of, chunk_block, reply_facts, usage_of
from mistral_rag.platform import ConversationEntry, ConversationUsage
from mistral_rag.platform._beta.conversations import checked_event

DONE, STARTED = "conversation.response.done", "conversation.response.started"


class AgentEventReader:
    """Events of a stream as chunks of one message."""

    def __init__(self) -> None:
        self.partial: AIMessageChunk | None = None
        self._conversation: str | None = None
        self._entry = ConversationEntry(type="none")
        self._arguments: dict[str, str] = {}

    def chunk(self, event: dict[str, Any]) -> ChatGenerationChunk | None:
        """The chunk of an event; None for one that adds nothing."""
        message = self._message(event)
        if message is None:
            return None
        self.partial = message if self.partial is None else self.partial + message
        return ChatGenerationChunk(message=message)

    def _message(self, event: dict[str, Any]) -> AIMessageChunk | None:
        kind = str(checked_event(event).get("type"))
        if kind == STARTED:
            self._conversation = event.get("conversation_id")
            return None
        if kind == DONE:
            return self._last(ConversationUsage.model_validate(event.get("usage") or {}))
        if kind == "message.output.delta":
            self._entry = ConversationEntry(type="last", model=event.get("model"), agent_id=event.get("agent_id"))
            return _content(_delta_block(event))
        if kind == "function.call.delta":
            called = tool_call_chunk(
                name=event.get("name"),
                args=_text_of_arguments(event.get("arguments")),
                id=event.get("tool_call_id"),
                index=event.get("output_index"),
            )
            return AIMessageChunk(content=[], tool_call_chunks=[called])
        return self._of_tool(kind, event)

    def _of_tool(self, kind: str, event: dict[str, Any]) -> AIMessageChunk | None:
        number = event.get("output_index")
        identity = str(event.get("id"))
        if kind in {"tool.execution.started", "tool.execution.delta"}:
            self._arguments[identity] = self._arguments.get(identity, "") + str(event.get("arguments") or "")
            return None  # the call is one block, given when its arguments are whole
        if kind == "tool.execution.done":
            args = arguments_of(self._arguments.pop(identity, ""))
            call = {"type": "server_tool_call", "id": identity, "name": event.get("name"), "args": args}
            result = {"type": "server_tool_result", "tool_call_id": identity, "status": "success"}
            return _content(
                {**call, "index": f"lc_{number}_call"},
                {**result, "output": event.get("info") or {}, "index": f"lc_{number}_result"},
            )
        return _content({"type": "non_standard", "value": event, "index": f"lc_{number}_{kind}"})

    def _last(self, usage: ConversationUsage) -> AIMessageChunk:
        metadata = reply_facts(self._conversation, [self._entry]) | {"output_version": "v1"}
        return AIMessageChunk(
            content=[], usage_metadata=usage_of(usage), response_metadata=metadata, chunk_position="last"
        )


def _content(*blocks: dict[str, Any]) -> AIMessageChunk:
    return AIMessageChunk(content=list(blocks))


def _delta_block(event: dict[str, Any]) -> dict[str, Any]:
    content, index = event.get("content"), event.get("content_index") or 0
    if isinstance(content, str):
        return {"type": "text", "text": content, "index": f"lc_{event.get('output_index')}_{index}"}
    block = chunk_block(content or {})
    # a source belongs to the text before it, which has the index before
    before = index - 1 if (content or {}).get("type") == "tool_reference" and index else index
    return {**block, "index": f"lc_{event.get('output_index')}_{before}"}


def _text_of_arguments(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
