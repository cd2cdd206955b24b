"""Request bodies of chat and embeddings; unknown keys and wrong types are refused at every level.

After the platform's OpenAPI file, with which a test compares these models. Where that file allows additional keys
(guardrails) they are refused all the same, because a client has no reason to send them. Fields of newer clients have
the mark `Newer`: they are parsed, and then refused by `newer_fields.refuse`, unless the fake is a `newer` platform.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """Base of all request bodies."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


NonNegative = Annotated[int, Field(ge=0)]
Penalty = Annotated[float, Field(ge=-2, le=2)]
Temperature = Annotated[float, Field(ge=0, le=1.5)]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Probability = Annotated[float, Field(ge=0, le=1)]
JsonObject = dict[str, Any]


class Newer:
    """Mark of a field that the newest SDK has and the platform's OpenAPI file does not allow."""


@dataclass(frozen=True, slots=True)
class NewerThan:
    """Mark of a field with more values in the newest SDK; `allowed` are those of the OpenAPI file."""

    allowed: tuple[str, ...]


class TextChunk(Body):
    """A piece of text."""

    type: Literal["text"] = "text"
    text: str


class ReferenceChunk(Body):
    """Ids of sources that back the text before it."""

    type: Literal["reference"] = "reference"
    reference_ids: list[int | str]


BuiltIn = Literal["web_search", "web_search_premium", "code_interpreter", "image_generation", "document_library"]


class ToolReferenceChunk(Body):
    """A source that a built-in tool found."""

    type: Literal["tool_reference"] = "tool_reference"
    tool: BuiltIn | str
    title: str
    url: str | None = None
    favicon: str | None = None
    description: str | None = None


class ThinkChunk(Body):
    """A thought of a model."""

    type: Literal["thinking"] = "thinking"
    thinking: list[TextChunk | ToolReferenceChunk | ReferenceChunk]
    closed: bool = True
    signature: Annotated[str | None, Newer()] = None


class ImageURL(Body):
    """URL of an image, with the requested resolution."""

    url: str
    detail: Literal["low", "auto", "high"] | None = None


class ImageURLChunk(Body):
    """An image."""

    type: Literal["image_url"] = "image_url"
    image_url: ImageURL | str


class DocumentURLChunk(Body):
    """A PDF or another document."""

    type: Literal["document_url"] = "document_url"
    document_url: str
    document_name: str | None = None


class FileChunk(Body):
    """An uploaded file."""

    type: Literal["file"] = "file"
    file_id: UUID


class AudioChunk(Body):
    """Audio, as base64 or a URL."""

    type: Literal["input_audio"] = "input_audio"
    input_audio: str


SystemChunk = Annotated[TextChunk | ThinkChunk, Field(discriminator="type")]
ContentChunk = Annotated[
    TextChunk | ImageURLChunk | DocumentURLChunk | ReferenceChunk | FileChunk | ThinkChunk | AudioChunk,
    Field(discriminator="type"),
]


class FunctionCall(Body):
    """Name and arguments of a called function."""

    name: str
    arguments: JsonObject | str


class ToolCall(Body):
    """A tool call of the model."""

    id: str = "null"
    type: Literal["function"] = "function"
    function: FunctionCall
    index: int = 0


class SystemMessage(Body):
    """Instructions."""

    role: Literal["system"] = "system"
    content: str | list[SystemChunk]


class UserMessage(Body):
    """A message of the user."""

    role: Literal["user"] = "user"
    content: str | list[ContentChunk] | None


class AssistantMessage(Body):
    """An earlier message of the model."""

    role: Literal["assistant"] = "assistant"
    content: str | list[ContentChunk] | None = None
    tool_calls: list[ToolCall] | None = None
    prefix: bool = False


class ToolMessage(Body):
    """The result of a tool call."""

    role: Literal["tool"] = "tool"
    content: str | list[ContentChunk] | None
    tool_call_id: str | None = None
    name: str | None = None


Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage


class Function(Body):
    """A function the model may call."""

    name: str
    description: str = ""
    strict: bool = False
    parameters: JsonObject


class Tool(Body):
    """A tool the model may use."""

    type: Literal["function"] = "function"
    function: Function


class FunctionName(Body):
    """The name of the one function to call."""

    name: str


class ToolChoice(Body):
    """One named function."""

    type: Literal["function"] = "function"
    function: FunctionName


class JsonSchema(Body):
    """The JSON schema of the answer."""

    name: str
    description: str | None = None
    schema_definition: JsonObject = Field(alias="schema")
    strict: bool = False


class ResponseFormat(Body):
    """The format of the answer: text, any JSON object, or JSON of a schema."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: JsonSchema | None = None


class Prediction(Body):
    """The expected answer, for speculative decoding."""

    type: Literal["content"] = "content"
    content: str = ""


class ThresholdsV1(Body):
    """Scores above which a category counts, first generation."""

    sexual: float | None = None
    hate_and_discrimination: float | None = None
    violence_and_threats: float | None = None
    dangerous_and_criminal_content: float | None = None
    selfharm: float | None = None
    health: float | None = None
    financial: float | None = None
    law: float | None = None
    pii: float | None = None


class ThresholdsV2(Body):
    """Scores above which a category counts, second generation."""

    sexual: float | None = None
    hate_and_discrimination: float | None = None
    violence_and_threats: float | None = None
    dangerous: float | None = None
    criminal: float | None = None
    selfharm: float | None = None
    health: float | None = None
    financial: float | None = None
    law: float | None = None
    pii: float | None = None
    jailbreaking: float | None = None


class ModerationV1(Body):
    """A guardrail by the first moderation model."""

    model_name: str = "mistral-moderation-2411"
    custom_category_thresholds: ThresholdsV1 | None = None
    ignore_other_categories: bool = False
    action: Literal["none", "block"] = "none"


class ModerationV2(Body):
    """A guardrail by the second moderation model."""

    model_name: str = "mistral-moderation-2603"
    custom_category_thresholds: ThresholdsV2 | None = None
    ignore_other_categories: bool = False
    action: Literal["none", "block"] = "none"


class Guardrail(Body):
    """A check of the input that may block it."""

    block_on_error: bool = False
    moderation_llm_v1: ModerationV1 | None = None
    moderation_llm_v2: ModerationV2 | None = None


class ChatRequest(Body):
    """POST /v1/chat/completions."""

    model: str
    messages: list[Annotated[Message, Field(discriminator="role")]]
    temperature: Temperature | None = None
    top_p: Probability = 1.0
    max_tokens: NonNegative | None = None
    stream: bool = False
    stop: str | list[str] = Field(default_factory=list)
    random_seed: NonNegative | None = None
    metadata: JsonObject | None = None
    response_format: ResponseFormat = ResponseFormat()
    tools: list[Tool] | None = None
    tool_choice: ToolChoice | Literal["auto", "none", "any", "required"] = "auto"
    presence_penalty: Penalty = 0.0
    frequency_penalty: Penalty = 0.0
    n: Annotated[int, Field(ge=1)] | None = None
    prediction: Prediction = Prediction()
    parallel_tool_calls: bool = True
    prompt_mode: Literal["reasoning"] | None = None
    reasoning_effort: Annotated[Effort, NewerThan(("high", "none"))] = "none"
    guardrails: list[Guardrail] | None = None
    prompt_cache_key: str | None = None
    safe_prompt: bool = False
    min_tokens: Annotated[NonNegative | None, Newer()] = None
    repetition_penalty: Annotated[float | None, Newer()] = None
    top_k: Annotated[NonNegative | None, Newer()] = None
    logprobs: Annotated[bool | None, Newer()] = None
    top_logprobs: Annotated[NonNegative | None, Newer()] = None
    prompt_logprobs: Annotated[bool | None, Newer()] = None
    top_prompt_logprobs: Annotated[NonNegative | None, Newer()] = None
    service_tier: Annotated[Literal["auto", "standard_only"] | None, Newer()] = None


class EmbeddingRequest(Body):
    """POST /v1/embeddings."""

    model: str
    input: str | list[str]
    metadata: JsonObject | None = None
    output_dimension: Annotated[int, Field(gt=0)] | None = None
    output_dtype: Literal["float", "int8", "uint8", "binary", "ubinary"] = "float"
    encoding_format: Literal["float", "base64"] = "float"
