"""Conversion of LangChain messages into the platform's JSON.

Only keys of the platform's schema are written: ids, names, cache marks and other providers' extras are left out.
Nothing is reordered or repaired here; see `mistral_rag.messages._repair.repair`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from mistral_rag.errors import ConfigurationError
from mistral_rag.messages._requests.blocks import user_chunk
from mistral_rag.messages._requests.tools import Wire, json_text, wire_calls

Content = str | list[Wire]

ROLES = {"user": "user", "human": "user", "assistant": "assistant", "ai": "assistant", "developer": "system"}
CALL_BLOCKS = frozenset(
    {"tool_call", "tool_use", "tool_call_chunk", "invalid_tool_call", "input_json_delta", "function_call"}
)
OWN_PROVIDERS = frozenset({"mistral", "mistralai"})
"""Values of `model_provider` whose thoughts are sent back; those of other providers, and their signatures, are not."""


def wire_messages(messages: Sequence[BaseMessage]) -> list[Wire]:
    """Each message in the platform's form, in the same order.

    Raises:
        ConfigurationError: A message, role or block has no counterpart on the platform.
    """
    return [_wire_message(message) for message in messages]


def _wire_message(message: BaseMessage) -> Wire:
    if isinstance(message, HumanMessage):
        return {"role": "user", "content": _content(message)}
    if isinstance(message, AIMessage):
        return _assistant(message)
    if isinstance(message, SystemMessage):
        return {"role": "system", "content": _text_only(message)}
    if isinstance(message, ToolMessage):
        wired = {"role": "tool", "content": _tool_content(message), "tool_call_id": message.tool_call_id}
        return {**wired, "name": message.name} if message.name else wired
    if isinstance(message, FunctionMessage):
        return {"role": "tool", "content": _tool_content(message), "tool_call_id": "", "name": message.name}
    if isinstance(message, ChatMessage):
        return _by_role(message)
    raise ConfigurationError(f"A {type(message).__name__} can't be sent to a chat model.")


def _by_role(message: ChatMessage) -> Wire:
    role = ROLES.get(message.role.lower(), message.role.lower())
    if role == "tool":
        return {"role": "tool", "content": _tool_content(message), "tool_call_id": ""}
    if role not in {"user", "assistant", "system"}:
        raise ConfigurationError(f"The platform knows no role {message.role!r}: use user, assistant, system or tool.")
    return {"role": role, "content": _content(message) if role == "user" else _text_only(message)}


def _content(message: BaseMessage) -> Content:
    if isinstance(message.content, str):
        return message.content
    return _flat([chunk for block in _blocks(message) if (chunk := user_chunk(block)) is not None])


def _tool_content(message: BaseMessage) -> Content:
    """The content of a tool's result: texts joined into one string, which every model takes; other blocks as a list."""
    content = message.content if isinstance(message.content, str) else _flat(list(map(_tool_chunk, _blocks(message))))
    if isinstance(content, str) or any(chunk["type"] != "text" for chunk in content):
        return content
    return "\n".join(chunk["text"] for chunk in content)


def _tool_chunk(block: Wire) -> Wire:
    """A block of a tool's result; one that the platform does not take becomes JSON text, so that nothing is lost."""
    try:
        return user_chunk(block) or {"type": "text", "text": ""}
    except ConfigurationError:
        return {"type": "text", "text": json_text(block)}


def _text_only(message: BaseMessage) -> str:
    content = _content(message)
    if isinstance(content, str):
        return content
    if other := next((chunk["type"] for chunk in content if chunk["type"] != "text"), None):
        raise ConfigurationError(f"A {message.type} message can hold text only, not {other}.")
    return "\n".join(chunk["text"] for chunk in content)


def _assistant(message: AIMessage) -> Wire:
    wired: Wire = {"role": "assistant", "content": _assistant_content(message)}
    if calls := wire_calls(message.tool_calls, message.invalid_tool_calls):
        wired["tool_calls"] = calls
    if message.additional_kwargs.get("prefix"):
        wired["prefix"] = True
    return wired


def _assistant_content(message: AIMessage) -> Content:
    if isinstance(message.content, str):
        return message.content
    provider = message.response_metadata.get("model_provider")
    keep_thinking = provider is None or provider in OWN_PROVIDERS
    return _flat([chunk for block in _blocks(message) for chunk in _assistant_chunks(block, keep_thinking)])


def _assistant_chunks(block: Wire, keep_thinking: bool) -> Iterable[Wire]:
    kind = block.get("type")
    if kind in CALL_BLOCKS:
        return
    if kind in {"reasoning", "thinking"}:
        if keep_thinking and (thinking := thinking_chunk(block)):
            yield thinking
    elif kind == "text":
        if block.get("text"):
            yield {"type": "text", "text": block["text"]}
        if ids := _cited(block):
            yield {"type": "reference", "reference_ids": ids}
    elif kind == "reference":
        yield {"type": "reference", "reference_ids": block.get("reference_ids") or []}
    elif kind == "refusal":
        yield {"type": "text", "text": str(block.get("refusal") or "")}


def _cited(block: Wire) -> list[Any]:
    """The platform's reference ids in a text block's citations."""
    ids: list[Any] = []
    for note in block.get("annotations") or ():
        extras = note.get("extras") or {}
        id_ = extras.get("reference_id")
        if id_ is not None and id_ not in ids:
            ids.append(id_)
    return ids


def thinking_chunk(block: Mapping[str, Any]) -> Wire | None:
    """A reasoning block as the platform's thinking chunk; None for an empty block."""
    extras = block.get("extras") or {}
    thoughts = block.get("reasoning") if block.get("type") == "reasoning" else block.get("thinking")
    parts = [{"type": "text", "text": thoughts}] if isinstance(thoughts, str) and thoughts else thoughts or []
    parts = extras.get("parts") or parts
    signature = extras.get("signature")
    if not parts and not signature:
        return None
    chunk: Wire = {"type": "thinking", "thinking": parts}
    if isinstance(extras.get("closed"), bool):
        chunk["closed"] = extras["closed"]
    if isinstance(signature, str):
        chunk["signature"] = signature
    return chunk


def _blocks(message: BaseMessage) -> Iterable[Wire]:
    for block in message.content:
        yield {"type": "text", "text": block} if isinstance(block, str) else block


def _flat(chunks: list[Wire]) -> Content:
    """A single text as a string, no chunk as an empty string."""
    if not chunks:
        return ""
    if len(chunks) == 1 and chunks[0]["type"] == "text":
        return str(chunks[0]["text"])
    return chunks
