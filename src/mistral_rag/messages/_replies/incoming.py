"""The platform's replies as LangChain messages."""

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
    """One choice of a reply as a message; only the first has the reply's id and usage."""
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
    """The content of a message or delta; thoughts that a gateway put beside it come first."""
    content = message.get("content")
    beside = message.get("reasoning_content")
    if not isinstance(beside, str) or not beside:
        return content
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": beside}]}
    rest = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    return [thought, *rest]


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
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) else None
