"""Request bodies of the agents' endpoints."""

from typing import Annotated, Literal

from pydantic import Field

from mistral_rag.testing._rules.bodies import (
    Body,
    Function,
    Guardrail,
    JsonObject,
    Message,
    NonNegative,
    Penalty,
    Prediction,
    Probability,
    ResponseFormat,
    Tool,
    ToolChoice,
)

Choice = Literal["auto", "none", "any", "required"]
Effort = Literal["high", "none"]


class ToolConfiguration(Body):
    """Functions of a built-in tool to include or exclude."""

    exclude: list[str] | None = None
    include: list[str] | None = None
    requires_confirmation: list[str] | None = None


class FunctionTool(Body):
    """A function of the caller."""

    type: Literal["function"] = "function"
    function: Function


class BuiltInTool(Body):
    """Base of the platform's own tools."""

    tool_configuration: ToolConfiguration | None = None


class WebSearchTool(BuiltInTool):
    """Search of the web."""

    type: Literal["web_search"] = "web_search"


class WebSearchPremiumTool(BuiltInTool):
    """Search of the web and of news agencies."""

    type: Literal["web_search_premium"] = "web_search_premium"


class CodeInterpreterTool(BuiltInTool):
    """Python in a sandbox."""

    type: Literal["code_interpreter"] = "code_interpreter"


class ImageGenerationTool(BuiltInTool):
    """Pictures."""

    type: Literal["image_generation"] = "image_generation"


class DocumentLibraryTool(BuiltInTool):
    """Search of uploaded documents."""

    type: Literal["document_library"] = "document_library"
    library_ids: Annotated[list[str], Field(min_length=1)]


class OAuth2TokenAuth(Body):
    """A token for a connector."""

    type: Literal["oauth2-token"] = "oauth2-token"
    value: str


class APIKeyAuth(Body):
    """A key for a connector."""

    type: Literal["api-key"] = "api-key"
    value: str


class CustomConnector(BuiltInTool):
    """A connector of the workspace."""

    type: Literal["connector"] = "connector"
    connector_id: str
    authorization: Annotated[OAuth2TokenAuth | APIKeyAuth, Field(discriminator="type")] | None = None


AgentTool = Annotated[
    FunctionTool
    | WebSearchTool
    | WebSearchPremiumTool
    | CodeInterpreterTool
    | ImageGenerationTool
    | DocumentLibraryTool
    | CustomConnector,
    Field(discriminator="type"),
]


class CompletionArgs(Body):
    """Parameters of an agent's completions."""

    stop: str | list[str] | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    temperature: Probability | None = None
    top_p: Probability | None = None
    max_tokens: NonNegative | None = None
    random_seed: NonNegative | None = None
    prediction: Prediction | None = None
    response_format: ResponseFormat | None = None
    tool_choice: Choice = "auto"
    reasoning_effort: Effort | None = None


class AgentFields(Body):
    """Fields that the creation and the update of an agent share."""

    instructions: str | None = None
    tools: list[AgentTool] = Field(default_factory=list)
    completion_args: CompletionArgs = CompletionArgs()
    guardrails: list[Guardrail] | None = None
    description: str | None = None
    handoffs: Annotated[list[str], Field(min_length=1)] | None = None
    metadata: JsonObject | None = None
    version_message: Annotated[str, Field(max_length=500)] | None = None


class AgentCreation(AgentFields):
    """POST /v1/agents."""

    model: str
    name: str


class AgentUpdate(AgentFields):
    """PATCH /v1/agents/{id}."""

    model: str | None = None
    name: str | None = None
    deployment_chat: bool | None = None


class AgentCompletion(Body):
    """POST /v1/agents/completions."""

    agent_id: str
    messages: list[Annotated[Message, Field(discriminator="role")]]
    max_tokens: NonNegative | None = None
    stream: bool = False
    stop: str | list[str] = Field(default_factory=list)
    random_seed: NonNegative | None = None
    metadata: JsonObject | None = None
    response_format: ResponseFormat = ResponseFormat()
    tools: list[Tool] | None = None
    tool_choice: ToolChoice | Choice = "auto"
    presence_penalty: Penalty = 0.0
    frequency_penalty: Penalty = 0.0
    n: Annotated[int, Field(ge=1)] | None = None
    prediction: Prediction = Prediction()
    parallel_tool_calls: bool = True
    prompt_mode: Literal["reasoning"] | None = None
    reasoning_effort: Effort = "none"
    prompt_cache_key: str | None = None
