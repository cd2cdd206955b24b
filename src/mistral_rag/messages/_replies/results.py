"""Replies as LangChain's results, with what is true about them; and the errors that some replies are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from langchain_core.messages import AIMessage, ToolCall
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from mistral_rag.api._errors import ApiError, RefusalError, ResponseError, StreamError, request_id
from mistral_rag.api._responses import ApiResponse
from mistral_rag.messages._repair.repeats import repeated
from mistral_rag.messages._replies.incoming import PROVIDER, REFUSED, read_message
from mistral_rag.messages._replies.streaming import Assembly
from mistral_rag.messages._requests.request import Request
from mistral_rag.messages._requests.tools import Wire

MALFORMED = (AttributeError, KeyError, TypeError, ValueError)
"""What reading a reply raises that has not the form of one."""


def chat_result(reply: ApiResponse, request: Request) -> ChatResult:
    """The result of a call that did not stream."""
    data = reply.data
    metadata = reply_metadata(data, reply.headers) | request.metadata | {"total_time": monotonic() - request.began}
    try:
        messages = [
            read_message(choice, data, metadata, reader=request.reader(), first=number == 0)
            for number, choice in enumerate(data["choices"])
        ]
    except MALFORMED as problem:
        raise _malformed(problem, reply.headers, data) from problem
    if not messages:
        raise ResponseError("The platform's reply holds no choices.", request_id=request_id(reply.headers), body=data)
    for message in messages:
        _raise_when_failed(message.response_metadata.get("finish_reason"), message, reply.headers)
        message.response_metadata |= _repeats(message.tool_calls, request)
    said = {name: metadata[name] for name in ("model_name", "token_usage") if name in metadata}
    return ChatResult(generations=[_generation(message) for message in messages], llm_output=said)


def _generation(message: AIMessage) -> ChatGeneration:
    reason = message.response_metadata.get("finish_reason")
    return ChatGeneration(message=message, generation_info={"finish_reason": reason} if reason else None)


def combined(outputs: Sequence[Mapping[str, Any] | None]) -> dict[str, Any]:
    """What several calls of one batch told, as one: the tokens added up."""
    told = [output for output in outputs if output]
    usage: Counter[str] = Counter()
    for output in told:
        usage.update({name: n for name, n in output.get("token_usage", {}).items() if isinstance(n, int)})
    return {**(told[-1] if told else {}), **({"token_usage": dict(usage)} if usage else {})}


def stream_chunk(event: Wire, assembly: Assembly, headers: Mapping[str, str]) -> ChatGenerationChunk | None:
    """What one event of a stream adds to the result."""
    try:
        chunk = assembly.chunk(event)
    except MALFORMED as problem:
        raise _malformed(problem, headers, event) from problem
    return None if chunk is None else ChatGenerationChunk(message=chunk)


def stream_end(assembly: Assembly, headers: Mapping[str, str], request: Request) -> ChatGenerationChunk:
    """The chunk that ends a stream; raises when its finish reason says that there is no answer."""
    _raise_when_failed(assembly.finish_reason, assembly.partial, headers)
    metadata = reply_metadata(assembly.facts, headers) | request.metadata | _repeats(assembly.calls, request)
    metadata.pop("model_provider")  # the first chunk has it; strings add up
    return ChatGenerationChunk(message=assembly.last(metadata))


def reply_metadata(facts: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """What is told about every reply."""
    metadata = {
        "model_provider": PROVIDER,
        "model_name": facts.get("model"),
        "created": facts.get("created"),
        "token_usage": usage if isinstance(usage := facts.get("usage"), dict) else None,
        "request_id": request_id(headers),
        "deprecation": headers.get("x-model-deprecation-timestamp"),
        "rate_limits": {name: headers[name] for name in headers if name.startswith("x-ratelimit-")},
    }
    return {name: value for name, value in metadata.items() if value}


def broken_stream(error: ApiError, assembly: Assembly) -> StreamError:
    """The error for a stream that broke off after it had begun."""
    broken = StreamError(
        f"The stream broke off: {error}",
        status=error.status,
        code=error.code,
        type=error.type,
        request_id=error.request_id,
        retry_after=error.retry_after,
        body=error.body,
    )
    broken.partial = assembly.partial
    broken.__cause__ = error
    return broken


def _repeats(calls: Sequence[ToolCall], request: Request) -> dict[str, Any]:
    ids = repeated(calls, request.body["messages"])
    return {"repeated_tool_calls": ids} if ids else {}


def _raise_when_failed(reason: str | None, message: AIMessage | None, headers: Mapping[str, str]) -> None:
    if reason == "error":
        error: ApiError = StreamError("The model failed while it answered.", request_id=request_id(headers))
    elif reason in REFUSED:
        error = RefusalError(f"The model's answer was blocked: {reason}.", request_id=request_id(headers))
        error.categories = (str(reason),)
    else:
        return
    error.partial = message
    raise error


def _malformed(problem: Exception, headers: Mapping[str, str], data: Wire) -> ResponseError:
    """The error for a reply over whose form the reading tripped."""
    reason = f"The platform's reply has not the form of one ({type(problem).__name__}: {problem})."
    return ResponseError(reason, request_id=request_id(headers), body=data)
