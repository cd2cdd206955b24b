"""Replies as LangChain's results with their metadata; errors for refused, failed and malformed replies."""

from collections import Counter
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, Final

from langchain_core.messages import AIMessage, ToolCall
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from mistral_rag.api._errors import ApiError, RefusalError, ResponseError, StreamError, request_id
from mistral_rag.api._responses import ApiResponse
from mistral_rag.messages._repair.repeats import repeated
from mistral_rag.messages._replies.incoming import PROVIDER, REFUSED, message_of, read_message
from mistral_rag.messages._replies.streaming import StreamAssembler
from mistral_rag.messages._requests.request import PreparedRequest
from mistral_rag.messages._requests.tools import Wire

LITELLM: Final = "llm_provider-"
"""Prefix that a LiteLLM proxy puts before the headers of the host behind it."""
MALFORMED = (AttributeError, KeyError, TypeError, ValueError)
"""Exceptions that reading a malformed reply raises."""


def chat_result(reply: ApiResponse, request: PreparedRequest) -> ChatResult:
    """The result of a call without streaming.

    Raises:
        ApiError: The reply is malformed, was refused, or the model failed.
    """
    data = reply.data
    metadata = reply_metadata(data, reply.headers) | request.metadata | {"total_time": monotonic() - request.began}
    try:
        messages = [
            read_message(choice, data, metadata, reader=request.reader(), first=number == 0)
            for number, choice in enumerate(data["choices"])
        ]
    except MALFORMED as problem:
        raise _malformed_error(problem, reply.headers, data) from problem
    if not messages:
        raise ResponseError("The platform's reply holds no choices.", request_id=request_id(reply.headers), body=data)
    for choice, message in zip(data["choices"], messages, strict=True):
        refusal = message_of(choice).get("refusal")
        failure = _failure(message.response_metadata.get("finish_reason"), reply.headers, refusal)
        if failure is not None:
            failure.partial = message
            raise failure
        message.response_metadata |= _repeats(message.tool_calls, request)
        if not (str(message.text).strip() or message.tool_calls or message.invalid_tool_calls):
            message.response_metadata["empty"] = True
    output = {name: metadata[name] for name in ("model_name", "token_usage") if name in metadata}
    return ChatResult(generations=[_generation(message) for message in messages], llm_output=output)


def _generation(message: AIMessage) -> ChatGeneration:
    reason = message.response_metadata.get("finish_reason")
    return ChatGeneration(message=message, generation_info={"finish_reason": reason} if reason else None)


def combined_output(outputs: Sequence[Mapping[str, Any] | None]) -> dict[str, Any]:
    """The `llm_output` of several calls of one batch as one, with the sum of their tokens."""
    present = [output for output in outputs if output]
    usage: Counter[str] = Counter()
    for output in present:
        usage.update({name: n for name, n in output.get("token_usage", {}).items() if isinstance(n, int)})
    return {**(present[-1] if present else {}), **({"token_usage": dict(usage)} if usage else {})}


def stream_chunk(event: Wire, assembler: StreamAssembler, headers: Mapping[str, str]) -> ChatGenerationChunk | None:
    """The chunk of the result for one event of a stream; None when the event adds no content."""
    try:
        chunk = assembler.chunk(event)
    except MALFORMED as problem:
        raise _malformed_error(problem, headers, event) from problem
    return None if chunk is None else ChatGenerationChunk(message=chunk)


def stream_end(assembler: StreamAssembler, headers: Mapping[str, str], request: PreparedRequest) -> ChatGenerationChunk:
    """The last chunk of a stream.

    Raises:
        ApiError: The finish reason says that the answer was refused or the model failed.
    """
    failure = _failure(assembler.finish_reason, headers, assembler.refusal)
    if failure is not None:
        failure.partial = assembler.partial
        raise failure
    metadata = reply_metadata(assembler.facts, headers) | request.metadata | _repeats(assembler.calls, request)
    if assembler.is_empty:
        metadata["empty"] = True  # a model that thought and then stopped has not answered
    metadata.pop("model_provider")  # the first chunk has it, and LangChain concatenates strings
    return ChatGenerationChunk(message=assembler.last(metadata))


def reply_metadata(facts: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """The `response_metadata` that every reply has; entries without a value are left out."""
    metadata = {
        "id": facts.get("id"),
        "model_provider": PROVIDER,
        "model_name": facts.get("model"),
        "created": facts.get("created"),
        "token_usage": usage if isinstance(usage := facts.get("usage"), dict) else None,
        "request_id": request_id(headers),
        "deprecation": headers.get("x-model-deprecation-timestamp"),
        "rate_limits": {
            name.removeprefix(LITELLM): value
            for name, value in headers.items()
            if name.removeprefix(LITELLM).startswith("x-ratelimit-")
        },
    }
    return {name: value for name, value in metadata.items() if value}


def broken_stream(error: ApiError, assembler: StreamAssembler) -> ApiError:
    """The error for a stream that broke off after its first content: of the same class, with what was received."""
    kind = StreamError if type(error) is ResponseError else type(error)
    broken = kind(
        f"The stream broke off: {error}",
        status=error.status,
        code=error.code,
        type=error.type,
        request_id=error.request_id,
        retry_after=error.retry_after,
        body=error.body,
    )
    if isinstance(broken, RefusalError) and isinstance(error, RefusalError):
        broken.categories = error.categories
    broken.partial = assembler.partial
    broken.__cause__ = error
    return broken


def _repeats(calls: Sequence[ToolCall], request: PreparedRequest) -> dict[str, Any]:
    ids = repeated(calls, request.body["messages"])
    return {"repeated_tool_calls": ids} if ids else {}


def _failure(reason: str | None, headers: Mapping[str, str], refused: Any = None) -> ApiError | None:
    """The error that a finish reason stands for, or a text in the place of a refusal; None for an answer.

    OpenAI's models, which gateways put behind the same protocol, refuse so, and end with "stop".
    """
    if isinstance(refused, str) and refused.strip():
        return RefusalError(f"The model refused to answer: {refused.strip()}", request_id=request_id(headers))
    if reason == "error":
        return StreamError("The model failed while it answered.", request_id=request_id(headers))
    if reason not in REFUSED:
        return None
    refusal = RefusalError(f"The model's answer was blocked: {reason}.", request_id=request_id(headers))
    refusal.categories = (str(reason),)
    return refusal


def _malformed_error(problem: Exception, headers: Mapping[str, str], data: Wire) -> ResponseError:
    """The error for a reply whose form is not that of the platform's schema."""
    reason = f"The platform's reply has not the form of one ({type(problem).__name__}: {problem})."
    return ResponseError(reason, request_id=request_id(headers), body=data)
