"""Conversion of replies into LangChain messages."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata

from mistral_rag.messages._requests.content import ContentReader
from mistral_rag.messages._requests.tools import Wire, read_calls

PROVIDER = "mistral"
THOUGHTS = ("reasoning_content", "reasoning", "reasoning_details", "thinking_blocks", "thinking")
"""Names under which hosts send thoughts: LiteLLM and DeepSeek, vLLM and OpenRouter, OpenRouter, LiteLLM, Ollama."""
THOUGHT_NAMES = frozenset(THOUGHTS)
TRUNCATED = frozenset({"length", "model_length"})
REFUSED = frozenset({"safety", "content_filter", "refusal", "guardrail"})


def read_message(
    choice: Wire, data: Wire, metadata: Mapping[str, Any], *, reader: ContentReader, first: bool = True
) -> AIMessage:
    """One choice of a reply as a message; only the first gets the reply's usage, which must not count twice.

    Ids of hosts may be empty, or the same in every reply, and LangChain replaces a message by another one of its id:
    the message gets an id of LangChain's own, and `response_metadata` holds that of the host.
    """
    message = message_of(choice)
    calls, invalid = read_calls(message.get("tool_calls") or (), seed=str(data.get("id") or ""))
    return AIMessage(
        content=reader.whole(content_of(message)),
        tool_calls=calls,
        invalid_tool_calls=invalid,
        usage_metadata=read_usage(data.get("usage")) if first else None,
        response_metadata={**metadata, **finish_metadata(choice)},
    )


def message_of(choice: Wire) -> Wire:
    """The message or delta of a choice.

    Where the platform runs tools, a choice has several messages: the model's are joined, without the calls that have
    their results among them.
    """
    several = choice.get("messages")
    if not several:
        return choice.get("delta") or choice.get("message") or {}
    answered = {message.get("tool_call_id") for message in several}
    spoken = [message for message in several if message.get("role") != "tool"]
    calls = [call for message in spoken for call in message.get("tool_calls") or () if call.get("id") not in answered]
    return {"content": [chunk for message in spoken for chunk in _chunks(content_of(message))], "tool_calls": calls}


def _chunks(content: Any) -> list[Any]:
    return [content] if isinstance(content, str | dict) else content or []


def content_of(message: Wire) -> Any:
    """The content of a message or delta; thoughts that a host sends beside it come first."""
    content = message.get("content")
    thoughts = thoughts_beside(message)
    if not thoughts or (isinstance(content, list) and any(_is_thinking(chunk) for chunk in content)):
        return content
    return [{"type": "thinking", "thinking": [{"type": "text", "text": thoughts}]}, *_chunks(content)]


def thoughts_beside(message: Wire) -> str:
    """The thoughts that stand beside the content; hosts that send them under several names send the same ones."""
    if THOUGHT_NAMES.isdisjoint(message):  # as nearly every chunk of every stream
        return ""
    return next(filter(None, (_text_of(message.get(name)) for name in THOUGHTS)), "")


def _text_of(thoughts: Any) -> str:
    """The text of thoughts: a string, or a list of objects that have it under one of three names."""
    if isinstance(thoughts, list):
        return "".join(map(_text_of, thoughts))
    if isinstance(thoughts, Mapping):
        return next((text for name in ("text", "summary", "thinking") if (text := _text_of(thoughts.get(name)))), "")
    return thoughts if isinstance(thoughts, str) else ""


def _is_thinking(chunk: Any) -> bool:
    return isinstance(chunk, Mapping) and chunk.get("type") == "thinking"


def finish_metadata(choice: Wire) -> dict[str, Any]:
    """Finish reason, `truncated` for an answer that a limit cut off, and log probabilities."""
    reason = choice.get("finish_reason")
    metadata: dict[str, Any] = {"finish_reason": reason} if reason else {}
    if reason in TRUNCATED:
        metadata["truncated"] = True
    if choice.get("logprobs") is not None:
        metadata["logprobs"] = choice["logprobs"]
    return metadata


def read_usage(usage: Any) -> UsageMetadata | None:
    """Token counts in LangChain's form, with cached and reasoning tokens as details; None without usage.

    Hosts name the cached tokens in three ways, the reasoning tokens in two.
    """
    if not isinstance(usage, Mapping):
        return None
    prompt = _number(usage.get("prompt_tokens")) or 0
    completion = _number(usage.get("completion_tokens")) or 0
    metadata = UsageMetadata(
        input_tokens=prompt,
        output_tokens=completion,
        total_tokens=_number(usage.get("total_tokens")) or prompt + completion,
    )
    cached = _first(
        usage,
        ("num_cached_tokens",),
        ("prompt_tokens_details", "cached_tokens"),
        ("prompt_token_details", "cached_tokens"),
    )
    if cached is not None:
        metadata["input_token_details"] = InputTokenDetails(cache_read=cached)
    reasoning = _first(usage, ("reasoning_tokens",), ("completion_tokens_details", "reasoning_tokens"))
    if reasoning is not None:
        metadata["output_token_details"] = OutputTokenDetails(reasoning=reasoning)
    return metadata


def _first(usage: Mapping[str, Any], *paths: tuple[str, ...]) -> int | None:
    for path in paths:
        value: Any = usage
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if (number := _number(value)) is not None:
            return number
    return None


def _number(value: Any) -> int | None:
    is_count = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value >= 0
    return int(value) if is_count else None
