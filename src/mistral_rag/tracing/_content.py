"""Texts in spans, which are taken only when that is asked for: messages in the JSON form of the conventions."""

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any, Final

from langchain_core.documents import Document
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, LLMResult

SWITCH: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
ON: Final = frozenset({"true", "span_only", "span_and_event"})
"""Values of the switch: "true" is the older one. Events are not written, so "event_only" gives nothing."""
ROLES: Final = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}


def is_wanted() -> bool:
    """True when the environment asks for texts in spans."""
    return os.environ.get(SWITCH, "").strip().lower() in ON


def input_texts(messages: Sequence[BaseMessage]) -> dict[str, str]:
    """The attributes for the messages that are sent."""
    system = [part for one in messages if isinstance(one, SystemMessage) for part in _parts(one)]
    others = [_message(one) for one in messages if not isinstance(one, SystemMessage)]
    found = {"gen_ai.input.messages": as_json(others)}
    return found | ({"gen_ai.system_instructions": as_json(system)} if system else {})


def output_texts(result: LLMResult) -> dict[str, str]:
    """The attribute for the reply."""
    said = []
    for one in (each for several in result.generations for each in several):
        if isinstance(one, ChatGeneration):
            reason = one.message.response_metadata.get("finish_reason")
            said.append({**_message(one.message), "finish_reason": reason})
        else:
            said.append({"role": "assistant", "parts": [{"type": "text", "content": one.text}]})
    return {"gen_ai.output.messages": as_json(said)}


def documents_text(documents: Iterable[Document]) -> str:
    """The documents that were found, as JSON: id, score where there is one, and text."""
    rows = [{"id": one.id, "score": one.metadata.get("score"), "content": one.page_content} for one in documents]
    return as_json(rows)


def as_json(value: Any) -> str:
    """JSON of anything; what it does not know is written as Python prints it."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _message(message: BaseMessage) -> dict[str, Any]:
    return {"role": ROLES.get(message.type, message.type), "parts": list(_parts(message))}


def _parts(message: BaseMessage) -> Iterable[dict[str, Any]]:
    if isinstance(message, ToolMessage):
        yield {"type": "tool_call_response", "id": message.tool_call_id, "response": message.text}
        return
    for block in message.content_blocks:
        if block["type"] == "text":
            yield {"type": "text", "content": block["text"]}
        elif block["type"] == "reasoning":
            yield {"type": "reasoning", "content": block.get("reasoning", "")}
        elif block["type"] != "tool_call":
            yield {"type": block["type"]}  # a picture or a file: its bytes are no text
    for call in message.tool_calls if isinstance(message, AIMessage) else ():
        yield {"type": "tool_call", "id": call["id"], "name": call["name"], "arguments": call["args"]}
