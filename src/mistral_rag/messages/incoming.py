"""The platform's replies as LangChain messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata

from mistral_rag.messages.tools import Wire, read_calls

PROVIDER = "mistral"
TRUNCATED = frozenset({"length", "model_length"})
REFUSED = frozenset({"safety", "content_filter", "refusal", "guardrail"})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known about a call beside its reply: goes into `response_metadata`."""

    metadata: Mapping[str, Any] = field(default_factory=dict)


def read_message(choice: Wire, data: Wire, metadata: Mapping[str, Any], *, with_usage: bool = True) -> AIMessage:
    """One choice of a reply as a message."""
    message = choice.get("message") or {}
    calls, invalid = read_calls(message.get("tool_calls") or (), seed=str(data.get("id") or ""))
    return AIMessage(
        content=read_content(message.get("content")),
        tool_calls=calls,
        invalid_tool_calls=invalid,
        usage_metadata=read_usage(data.get("usage")) if with_usage else None,
        response_metadata={**metadata, **finish_metadata(choice)},
        id=data.get("id"),
    )


def read_content(content: Any) -> str | list[str | dict[Any, Any]]:
    """Text as a string; text beside thinking as LangChain's text and reasoning blocks."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    blocks: list[str | dict[Any, Any]] = [block for chunk in content if (block := read_chunk(chunk))]
    texts = [block["text"] for block in blocks if isinstance(block, dict) and block["type"] == "text"]
    return "".join(texts) if len(texts) == len(blocks) else blocks


def read_chunk(chunk: Wire) -> dict[str, Any] | None:
    """One chunk of a reply as a standard block; None for an empty one."""
    if chunk.get("type") == "text":
        return {"type": "text", "text": chunk["text"]} if chunk.get("text") else None
    if chunk.get("type") == "thinking":
        return read_thinking(chunk)
    return {"type": "non_standard", "value": chunk}


def read_thinking(chunk: Wire) -> dict[str, Any]:
    """A thinking chunk as a reasoning block; what is needed to replay it stays in `extras`."""
    parts = chunk.get("thinking") or []
    text = parts if isinstance(parts, str) else "".join(str(part.get("text") or "") for part in parts)
    extras = {key: chunk[key] for key in ("signature", "closed") if chunk.get(key) is not None}
    block: dict[str, Any] = {"type": "reasoning", "reasoning": text}
    return {**block, "extras": extras} if extras else block


def finish_metadata(choice: Wire) -> dict[str, Any]:
    """Why the model stopped, and whether it was cut off."""
    reason = choice.get("finish_reason")
    metadata: dict[str, Any] = {"finish_reason": reason} if reason else {}
    if reason in TRUNCATED:
        metadata["truncated"] = True
    if choice.get("logprobs") is not None:
        metadata["logprobs"] = choice["logprobs"]
    return metadata


def read_usage(usage: Any) -> UsageMetadata | None:
    """Token counts in LangChain's form, cached and reasoning tokens apart; None without usage."""
    if not isinstance(usage, Mapping):
        return None
    given = _number(usage.get("prompt_tokens")) or 0
    made = _number(usage.get("completion_tokens")) or 0
    read = UsageMetadata(
        input_tokens=given, output_tokens=made, total_tokens=_number(usage.get("total_tokens")) or given + made
    )
    cached = _first(
        usage,
        ("num_cached_tokens",),
        ("prompt_tokens_details", "cached_tokens"),
        ("prompt_token_details", "cached_tokens"),
    )
    if cached is not None:
        read["input_token_details"] = InputTokenDetails(cache_read=cached)
    thought = _first(usage, ("reasoning_tokens",), ("completion_tokens_details", "reasoning_tokens"))
    if thought is not None:
        read["output_token_details"] = OutputTokenDetails(reasoning=thought)
    return read


def _first(usage: Mapping[str, Any], *paths: tuple[str, ...]) -> int | None:
    for path in paths:
        value: Any = usage
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if (number := _number(value)) is not None:
            return number
    return None


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
