"""POST /v1/chat/completions: the checks of a request beyond its schema."""

import base64
import binascii
import re
from collections.abc import Iterator

from mistral_rag.testing._content.completions import prompt_tokens
from mistral_rag.testing._endpoints import catalogue
from mistral_rag.testing._endpoints.catalogue import ServedModel
from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import (
    AudioChunk,
    ChatRequest,
    ContentChunk,
    DocumentURLChunk,
    ImageURLChunk,
    Tool,
    ToolChoice,
)
from mistral_rag.testing._rules.conversation_rules import Rules, check_function_name, check_messages

MAX_TOOLS = 128
"""Tools of one request; the platform's limit."""

MAX_IMAGES = 8
"""Images of one request; the platform's limit."""

MAX_IMAGE_BYTES = 10 * 1024 * 1024
"""Bytes of one image, before base64; the platform's limit."""

NO_IMAGE = (
    "Value error, Image content must be a URL (starting with 'https') or base64 encoded image "
    "(starting with 'data:image/<format>;base64,<image-base64>')."
)
NO_DOCUMENT = "Value error, Document content must be a URL (starting with 'https') or a base64 encoded PDF."
DATA_IMAGE = re.compile(r"data:image/[a-z0-9.+-]+;base64,", re.IGNORECASE)
DATA_DOCUMENT = re.compile(r"data:application/pdf;base64,", re.IGNORECASE)


def check(request: ChatRequest, rules: Rules) -> None:
    """Check a request that fits the schema.

    Raises:
        RequestRefusedError: The platform would refuse it.
    """
    model = catalogue.require(request.model, "completion_chat")
    check_messages(request.messages, rules)
    _check_sampling(request)
    _check_reasoning(request, model)
    _check_tools(request)
    _check_format(request)
    _check_media(request)
    _check_context(request, model)


def _check_sampling(request: ChatRequest) -> None:
    if request.temperature == 0 and request.top_p != 1:
        raise refusals.bad_request("top_p must be 1 when using greedy sampling.")


def _check_reasoning(request: ChatRequest, model: ServedModel) -> None:
    if request.prompt_mode is not None:
        raise refusals.bad_request("Reasoning prompt mode is not enabled for this model")
    if "reasoning_effort" in request.model_fields_set and "reasoning" not in model.capabilities:
        raise refusals.bad_request(f"reasoning_effort={request.reasoning_effort!r} is not supported for this model")


def _check_tools(request: ChatRequest) -> None:
    tools = request.tools or []
    if len(tools) > MAX_TOOLS:
        raise refusals.bad_request(f"Too many tools in request. Max is {MAX_TOOLS} got {len(tools)}")
    for tool in tools:
        check_function_name(tool.function.name)
        _check_parameters(tool)
    choice = request.tool_choice
    if isinstance(choice, ToolChoice) and choice.function.name not in {tool.function.name for tool in tools}:
        raise refusals.bad_request(
            f"Tool choice names the function {choice.function.name}, which is not among the tools"
        )


def _check_parameters(tool: Tool) -> None:
    # Imports jsonschema, which most requests do not need.
    from mistral_common.utils.json_utils import validate_json_schema_by_draft7

    try:
        validate_json_schema_by_draft7(value=tool.function.parameters)
    except ValueError as error:
        raise refusals.bad_request(f"Invalid tool schema: {error}") from error


def _check_format(request: ChatRequest) -> None:
    wanted = request.response_format
    if (wanted.type == "json_schema") != (wanted.json_schema is not None):
        message = "json_schema must be given exactly when the type is json_schema"
        raise refusals.invalid("value_error", message, loc=("response_format", "json_schema"))


def _check_media(request: ChatRequest) -> None:
    images = 0
    for chunk in _chunks(request):
        if isinstance(chunk, ImageURLChunk):
            images += 1
            _check_image(chunk)
        elif isinstance(chunk, DocumentURLChunk):
            _check_document(chunk)
        elif isinstance(chunk, AudioChunk) and not chunk.input_audio:
            raise refusals.invalid("value_error", "Value error, Audio content must not be empty.", loc=())
    if images > MAX_IMAGES:
        raise refusals.bad_request(f"Too many images in request. Max is {MAX_IMAGES} got {images}")


def _chunks(request: ChatRequest) -> Iterator[ContentChunk]:
    for message in request.messages:
        yield from message.content if isinstance(message.content, list) else ()


def _check_image(chunk: ImageURLChunk) -> None:
    url = chunk.image_url if isinstance(chunk.image_url, str) else chunk.image_url.url
    if url.startswith("https://"):
        return
    match = DATA_IMAGE.match(url)
    if match is None:
        raise refusals.invalid("value_error", NO_IMAGE, loc=(), given=url[:100])
    if len(_decoded(url[match.end() :], "image")) > MAX_IMAGE_BYTES:
        raise refusals.bad_request("Image is too large. Max is 10 MB")


def _check_document(chunk: DocumentURLChunk) -> None:
    url = chunk.document_url
    if url.startswith("https://"):
        return
    match = DATA_DOCUMENT.match(url)
    if match is None:
        raise refusals.invalid("value_error", NO_DOCUMENT, loc=(), given=url[:100])
    _decoded(url[match.end() :], "document")


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise refusals.bad_request(f"Failed to fetch {what}", code=None) from error


def _check_context(request: ChatRequest, model: ServedModel) -> None:
    prompt = prompt_tokens(request)
    if prompt + (request.max_tokens or 0) > model.context:
        raise refusals.bad_request(
            f"Prompt contains {prompt} tokens and 0 draft tokens, "
            f"too large for model with {model.context} maximum context length",
            kind="invalid_request_prompt",
            code="3051",
        )
