"""The platform's chat parameters, typed and validated before a request."""

from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator, model_validator

from mistral_rag._nearest import check_names
from mistral_rag.messages._requests.schemas import output_schema
from mistral_rag.messages._requests.tools import Wire

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Penalty = Annotated[float | None, Field(ge=-2.0, le=2.0)]
Count = Annotated[int | None, Field(ge=0)]

WIRE_NAMES = {"request_metadata": "metadata"}
"""Parameters with another name on the wire: `metadata` is LangChain's own field, for tracing."""


class ChatParameters(BaseModel):
    """Parameters of a chat call; None means not given, and is not sent.

    The ranges are those of the platform's OpenAPI file.

    Aliases: `max_completion_tokens`, `seed`, `safe_mode`, `stop_sequences`. `request_metadata` is the platform's
    `metadata`. `response_format` may be a class, such as a Pydantic model. Parameters that this release does not
    know go into `model_kwargs`.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True, hide_input_in_errors=True)

    temperature: Annotated[float | None, Field(ge=0.0, le=1.5)] = None
    top_p: Annotated[float | None, Field(ge=0.0, le=1.0)] = None
    max_tokens: Count = Field(default=None, validation_alias=AliasChoices("max_tokens", "max_completion_tokens"))
    min_tokens: Count = None
    stop: str | list[str] | None = Field(default=None, validation_alias=AliasChoices("stop", "stop_sequences"))
    random_seed: Count = Field(default=None, validation_alias=AliasChoices("random_seed", "seed"))
    presence_penalty: Penalty = None
    frequency_penalty: Penalty = None
    repetition_penalty: Annotated[float | None, Field(gt=0.0)] = None
    top_k: Annotated[int | None, Field(ge=1)] = None
    n: Annotated[int | None, Field(ge=1)] = None
    safe_prompt: bool | None = Field(default=None, validation_alias=AliasChoices("safe_prompt", "safe_mode"))
    prediction: str | Wire | None = None
    prompt_mode: Literal["reasoning"] | None = None
    reasoning_effort: Effort | None = None
    parallel_tool_calls: bool | None = None
    response_format: Wire | None = None
    request_metadata: Wire | None = None
    prompt_cache_key: Annotated[str | None, Field(pattern=r"^[\x20-\x7e]+$")] = None
    guardrails: list[Wire] | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    logprobs: bool | None = None
    top_logprobs: Count = None
    prompt_logprobs: bool | int | None = None
    top_prompt_logprobs: Count = None
    model_kwargs: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        return check_names(cls, given)

    @field_validator("response_format", mode="before")
    @classmethod
    def _format_of_class(cls, given: Any) -> Any:
        return output_schema(given).response_format(None) if isinstance(given, type) else given

    @model_validator(mode="after")
    def _known_format(self) -> Self:
        kinds = ("text", "json_object", "json_schema")
        if self.response_format is not None and self.response_format.get("type") not in kinds:
            raise ValueError(f"response_format needs a type, one of {', '.join(kinds)}")
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        """Validate assigned parameters like those of the constructor."""
        if name in CHECKED and value is not None:
            value = getattr(ChatParameters.model_validate({name: value}), name)
        super().__setattr__(name, value)

    def wire(self) -> Wire:
        """The parameters that were set, by the platform's names."""
        fields = self.__dict__
        given = {name: value for name in PARAMETERS if (value := fields.get(name)) is not None and value != []}
        values = {WIRE_NAMES.get(name, name): value for name, value in given.items()}
        if isinstance(self.prediction, str):
            values["prediction"] = {"type": "content", "content": self.prediction}
        return values | self.model_kwargs


PARAMETERS = tuple(name for name in ChatParameters.model_fields if name != "model_kwargs")
CHECKED = frozenset(PARAMETERS)
