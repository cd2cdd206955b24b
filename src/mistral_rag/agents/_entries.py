"""Messages as entries of a conversation."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from mistral_rag.errors import ConfigurationError


def entries(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """Messages as entries of a conversation; a system message becomes one of the user."""
    found: list[dict[str, Any]] = []
    for message in messages:
        if isinstance(message, ToolMessage):
            found.append({"type": "function.result", "tool_call_id": message.tool_call_id, "result": str(message.text)})
        elif isinstance(message, AIMessage):
            found += _replayed(message)
        else:
            found.append({"type": "message.input", "role": "user", "content": _input(message)})
    return found


def _replayed(message: AIMessage) -> Iterator[dict[str, Any]]:
    if text := str(message.text):
        yield {"type": "message.output", "content": text}
    for call in message.tool_calls:
        arguments = json.dumps(call["args"], ensure_ascii=False)
        yield {"type": "function.call", "tool_call_id": call["id"], "name": call["name"], "arguments": arguments}


def _input(message: BaseMessage) -> Any:
    if isinstance(message.content, str):
        return message.content
    chunks = []
    for block in message.content_blocks:
        if block["type"] == "text":
            chunks.append({"type": "text", "text": block["text"]})
        elif block["type"] == "image" and block.get("url"):
            chunks.append({"type": "image_url", "image_url": block["url"]})
        elif block["type"] == "image" and block.get("base64"):
            data = f"data:{block.get('mime_type', 'image/png')};base64,{block['base64']}"
            chunks.append({"type": "image_url", "image_url": data})
        elif block["type"] == "file" and block.get("url"):
            chunks.append({"type": "document_url", "document_url": block["url"]})
        else:
            raise ConfigurationError(f"An agent can't be sent a block of type {block['type']!r}.")
    return chunks


def new_messages(messages: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
    """The messages after the last one of the agent, which the platform has."""
    last = max((at for at, message in enumerate(messages) if isinstance(message, AIMessage)), default=-1)
    return messages[last + 1 :]
