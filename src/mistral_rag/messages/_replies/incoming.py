"""Conversion of replies into LangChain messages."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata

from mistral_rag.messages._requests.content import ContentReader
from mistral_rag.messages._requests.tools import Wire, read_calls

PROVIDER = "mistral"
TRUNCATED = frozenset({"length", "model_length"})
REFUSED = frozenset({"safety", "content_filter", "refusal", "guardrail"})


def read_message(
    choice: Wire, data: Wire, metadata: Mapping[str, Any], *, reader: ContentReader, first: bool = True
) -> AIMessage:
    """One choice of a reply as a message; only the first gets the reply's id and usage, which must not count twice."""
    message = choice.get("message") or {}
    calls, invalid = read_calls(message.get("tool_calls") or (), seed=str(data.get("id") or ""))
    return AIMessage(
        content=reader.whole(content_of(message)),
        tool_calls=calls,
        invalid_tool_calls=invalid,
        usage_metadata=read_usage(data.get("usage")) if first else None,
        response_metadata={**metadata, **finish_metadata(choice)},
        id=data.get("id") if first else None,
    )


def content_of(message: Wire) -> Any:
    """The content of a message or delta; `reasoning_content`, which some gateways send beside it, comes first."""
    content = message.get("content")
    reasoning = message.get("reasoning_content")
    if not isinstance(reasoning, str) or not reasoning:
        return content
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": reasoning}]}
    rest = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    return [thought, *rest]


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
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) else None
