"""Replies of a conversation as messages with LangChain's standard content blocks."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult

from mistral_rag.messages._replies.incoming import PROVIDER
from mistral_rag.platform import ConversationEntry, ConversationReply, ConversationUsage


def chat_result_of(reply: ConversationReply) -> ChatResult:
    """The result of a call without streaming."""
    blocks = [block for entry in reply.outputs for block in _blocks(entry)]
    calls = [_call(entry) for entry in reply.function_calls]
    plain = all(block["type"] == "text" and not block.get("annotations") for block in blocks)
    message = AIMessage(
        content="".join(block["text"] for block in blocks) if plain else [*blocks],
        tool_calls=[call for call in calls if "error" not in call],
        invalid_tool_calls=[call for call in calls if "error" in call],
        usage_metadata=usage_of(reply.usage),
        response_metadata=reply_facts(reply.conversation_id, reply.outputs),
    )
    if not plain:
        message.response_metadata["output_version"] = "v1"
    return ChatResult(generations=[ChatGeneration(message=message)])


def reply_facts(conversation_id: str | None, outputs: Sequence[ConversationEntry]) -> dict[str, Any]:
    """The `response_metadata`: conversation, model, agent, and the calls that wait for a confirmation."""
    model = next((entry.model for entry in reversed(outputs) if entry.model), None)
    agent = next((entry.agent_id for entry in reversed(outputs) if entry.agent_id), None)
    facts = {"conversation_id": conversation_id, "model_name": model, "agent_id": agent, "model_provider": PROVIDER}
    waiting = [entry.tool_call_id for entry in outputs if entry.confirmation_status == "pending"]
    return {name: value for name, value in facts.items() if value} | (
        {"awaiting_confirmation": waiting} if waiting else {}
    )


def _blocks(entry: ConversationEntry) -> Iterator[dict[str, Any]]:
    """The content blocks of an entry; function calls are no blocks."""
    if entry.type == "message.output":
        yield from _message_blocks(entry.content)
    elif entry.type == "tool.execution":
        yield {"type": "server_tool_call", "id": entry.id, "name": entry.name, "args": arguments_of(entry.arguments)}
        yield {"type": "server_tool_result", "tool_call_id": entry.id, "status": "success", "output": entry.info or {}}
    elif entry.type != "function.call":
        yield {"type": "non_standard", "value": entry.model_dump(exclude_none=True)}


def _message_blocks(content: str | list[dict[str, Any]] | None) -> Iterator[dict[str, Any]]:
    """The blocks of a message; a source is an annotation of the text before it."""
    last: dict[str, Any] | None = None
    for chunk in [{"type": "text", "text": content}] if isinstance(content, str) else content or []:
        block = chunk_block(chunk)
        if chunk.get("type") == "tool_reference" and last is not None:
            last.setdefault("annotations", []).append(_citation(chunk))
            continue
        if last is not None:
            yield last
        last = block
    if last is not None:
        yield last


def chunk_block(chunk: dict[str, Any]) -> dict[str, Any]:
    """The content block of a chunk of a message; a source that stands alone is one of an empty text."""
    if chunk.get("type") == "text":
        return {"type": "text", "text": chunk.get("text") or ""}
    if chunk.get("type") == "thinking":
        thought = "".join(str(part.get("text", "")) for part in chunk.get("thinking") or [])
        return {"type": "reasoning", "reasoning": thought}
    if chunk.get("type") == "tool_reference":
        return {"type": "text", "text": "", "annotations": [_citation(chunk)]}
    return {"type": "non_standard", "value": chunk}


def _citation(chunk: dict[str, Any]) -> dict[str, Any]:
    named = {"url": chunk.get("url"), "title": chunk.get("title"), "cited_text": chunk.get("description")}
    return {"type": "citation", **{name: value for name, value in named.items() if value}}


def arguments_of(arguments: Any) -> dict[str, Any]:
    """Arguments of a built-in tool, which come as JSON, and are given as they are when they are none."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return {"arguments": arguments}
    return arguments if isinstance(arguments, dict) else {}


def _call(entry: ConversationEntry) -> dict[str, Any]:
    named = {"id": entry.tool_call_id, "name": entry.name or ""}
    try:
        args = json.loads(entry.arguments) if isinstance(entry.arguments, str) else entry.arguments
    except ValueError as problem:
        return {"type": "invalid_tool_call", **named, "args": str(entry.arguments), "error": f"no JSON: {problem}"}
    return {"type": "tool_call", **named, "args": args or {}}


def usage_of(usage: ConversationUsage) -> UsageMetadata:
    """The tokens; what built-in tools gave the model counts as input, as it does in the platform's total."""
    connectors = usage.connector_tokens or 0
    return UsageMetadata(
        input_tokens=usage.prompt_tokens + connectors,
        output_tokens=usage.completion_tokens,
        total_tokens=usage.total_tokens or usage.prompt_tokens + connectors + usage.completion_tokens,
    )
