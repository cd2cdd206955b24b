"""Replies as completion bodies or as the events of a stream."""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from mistral_rag.testing._content.replies import Chunk, Reply
from mistral_rag.testing._content.words import count_tokens, tokenize
from mistral_rag.testing._rules.bodies import ChatRequest
from mistral_rag.testing._server.exchange import json_bytes

DONE = b"data: [DONE]\n\n"
Parts = list[str | Chunk]
"""Content of a reply: texts and chunks in order."""


@dataclass(frozen=True, slots=True)
class GenerationLimits:
    """Model, prompt tokens and limits of a request, for chat and fill-in-the-middle alike."""

    model: str
    prompt_tokens: int
    stops: Sequence[str]
    max_tokens: int | None

    @classmethod
    def of(cls, model: str, prompt_tokens: int, stop: str | Sequence[str], max_tokens: int | None) -> Self:
        """The limits of a request, whose `stop` may be one text or several."""
        return cls(model, prompt_tokens, [stop] if isinstance(stop, str) else stop, max_tokens)

    @classmethod
    def of_chat(cls, request: ChatRequest) -> Self:
        """The limits of a chat request."""
        return cls.of(request.model, prompt_tokens(request), request.stop, request.max_tokens)


@dataclass(frozen=True, slots=True)
class Choice:
    """A reply within the request's limits."""

    parts: Parts
    calls: Sequence[Chunk]
    finish_reason: str
    tokens: int
    reply: Reply


def choice(reply: Reply, limits: GenerationLimits) -> Choice:
    """Cut a reply at the first stop text and at `max_tokens`."""
    parts: Parts = [reply.content] if isinstance(reply.content, str) else list(reply.content or ())
    parts, tokens, cut = _up_to(_until_stop(parts, limits.stops), limits.max_tokens)
    calls = () if cut else tuple(reply.tool_calls)
    reason = "length" if cut else "tool_calls" if calls else "stop"
    return Choice(parts, calls, reply.finish_reason or reason, tokens + 10 * len(calls), reply)


def _until_stop(parts: Parts, stops: Sequence[str]) -> Parts:
    before: Parts = []
    for part in parts:
        if isinstance(part, str) and (positions := [part.find(stop) for stop in stops if stop and stop in part]):
            return [*before, part[: min(positions)]]
        before.append(part)
    return before


def _up_to(parts: Parts, limit: int | None) -> tuple[Parts, int, bool]:
    within: Parts = []
    used = 0
    for part in parts:
        text = _text(part)
        tokens = tokenize(text)
        if limit is not None and used + len(tokens) > limit:
            short = "".join(tokens[: limit - used])
            return [*within, *([_with_text(part, short)] if short else [])], limit, True
        used += len(tokens)
        within.append(part)
    return within, used, False


def _text(part: str | Chunk) -> str:
    if isinstance(part, str):
        return part
    return "".join(inner.get("text", "") for inner in part.get("thinking", ())) or part.get("text", "")


def _with_text(part: str | Chunk, text: str) -> str | Chunk:
    if isinstance(part, str):
        return text
    if part.get("type") == "thinking":
        return {**part, "thinking": [{"type": "text", "text": text}], "closed": False}
    return {**part, "text": text}


def usage(limits: GenerationLimits, choices: Sequence[Choice]) -> dict[str, Any]:
    """Token counts; the prompt counts once for any number of choices."""
    completion = sum(one.tokens for one in choices)
    counts: dict[str, Any] = {
        "prompt_tokens": limits.prompt_tokens,
        "total_tokens": limits.prompt_tokens + completion,
        "completion_tokens": completion,
        "num_cached_tokens": 0,
        "prompt_tokens_details": {"cached_tokens": 0},
    }
    return {**counts, **choices[0].reply.usage}


def prompt_tokens(request: ChatRequest) -> int:
    """The prompt's tokens: text by `count_tokens`, 256 an image, and a few for each message, tool and call.

    Constants of the order of the platform's templates; no test of a client should need more precision.
    """
    return sum(4 + _message_tokens(message) for message in request.messages) + sum(
        10 + count_tokens(tool.function.description) + count_tokens(str(tool.function.parameters))
        for tool in request.tools or ()
    )


def _message_tokens(message: Any) -> int:
    content = message.content or ""
    calls = sum(10 + count_tokens(str(call.function.arguments)) for call in getattr(message, "tool_calls", None) or ())
    if isinstance(content, str):
        return calls + count_tokens(content)
    return calls + sum(count_tokens(c.text) if c.type == "text" else 256 for c in content)


def body(limits: GenerationLimits, choices: Sequence[Choice], usage: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a completion without streaming."""
    return {
        "id": uuid.uuid4().hex,
        "created": int(time.time()),
        "model": choices[0].reply.model or limits.model,
        "usage": usage,
        "object": "chat.completion",
        "choices": [_whole(index, one) for index, one in enumerate(choices)],
    }


def _whole(index: int, one: Choice) -> dict[str, Any]:
    message = {
        "role": "assistant",
        "tool_calls": [{"type": "function", "index": 0, **call} for call in one.calls] or None,
        "content": None if one.reply.content is None else _content(one.parts),
        **one.reply.message,
    }
    logprobs = {} if one.reply.logprobs is None else {"logprobs": one.reply.logprobs}
    return {"index": index, "finish_reason": one.finish_reason, "message": message, **logprobs}


def _content(parts: Parts) -> str | list[Chunk]:
    if all(isinstance(part, str) for part in parts):
        return "".join(str(part) for part in parts)
    return [{"type": "text", "text": part} if isinstance(part, str) else part for part in parts]


def events(limits: GenerationLimits, choices: Sequence[Choice], usage: Mapping[str, Any]) -> Iterator[bytes]:
    """The events of a stream: the role, deltas, finish reason and usage, `[DONE]`."""
    head = {
        "id": uuid.uuid4().hex,
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": choices[0].reply.model or limits.model,
    }
    last = len(choices) - 1
    for index, one in enumerate(choices):
        for delta in _deltas(one):
            yield _event(head, {"index": index, "delta": delta, "finish_reason": None})
        final: dict[str, Any] = {"index": index, "delta": {"content": ""}, "finish_reason": one.finish_reason}
        if one.calls:
            final["delta"]["tool_calls"] = [
                {"type": "function", "index": position, **call} for position, call in enumerate(one.calls)
            ]
        if one.reply.logprobs is not None:
            final["logprobs"] = one.reply.logprobs
        yield _event(head, final, usage=usage if index == last else None)
    yield DONE


def _event(head: Mapping[str, Any], one: Mapping[str, Any], usage: Mapping[str, Any] | None = None) -> bytes:
    tail = {"usage": usage} if usage is not None else {}
    return b"data: " + json_bytes({**head, "choices": [one], **tail}) + b"\n\n"


def _deltas(one: Choice) -> Iterator[dict[str, Any]]:
    """Deltas of a choice: text as strings, thoughts as lists of chunks.

    As on the platform, the last chunk of a thought is sent in one list with the text after it.
    """
    yield {"role": "assistant", "content": "", **one.reply.message}
    held: list[Chunk] = []
    for part in one.parts:
        if isinstance(part, str):
            tokens = tokenize(part)
            if held and tokens:
                yield {"content": [*held, {"type": "text", "text": tokens.pop(0)}]}
                held = []
            yield from ({"content": token} for token in tokens)
        elif part.get("type") == "thinking":
            *before, last = _thoughts(part)
            yield from ({"content": [chunk]} for chunk in [*held, *before])
            held = [last]
        else:
            yield {"content": [*held, part]}
            held = []
    if held:
        yield {"content": held}


def _thoughts(part: Chunk) -> list[Chunk]:
    """A chunk for each token of a thought; only the last one is closed and has the other keys of the chunk."""
    if any(inner.get("type") != "text" for inner in part["thinking"]):
        return [part]
    tokens = tokenize(_text(part)) or [""]
    thoughts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": token}], "closed": False} for token in tokens
    ]
    return [*thoughts[:-1], {**part, "thinking": thoughts[-1]["thinking"]}]
