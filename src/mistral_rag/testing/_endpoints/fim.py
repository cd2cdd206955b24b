"""POST /v1/fim/completions: code between a prompt and a suffix."""

from pydantic import Field

from mistral_rag.testing._content.completions import GenerationLimits
from mistral_rag.testing._content.replies import Reply
from mistral_rag.testing._content.words import count_tokens
from mistral_rag.testing._endpoints import catalogue
from mistral_rag.testing._rules.bodies import Body, JsonObject, NonNegative, Probability, Temperature


class FimRequest(Body):
    """The request's body."""

    model: str
    prompt: str
    suffix: str | None = ""
    temperature: Temperature | None = None
    top_p: Probability = 1.0
    max_tokens: NonNegative | None = None
    min_tokens: NonNegative | None = None
    stream: bool = False
    stop: str | list[str] = Field(default_factory=list)
    random_seed: NonNegative | None = None
    metadata: JsonObject | None = None
    prompt_cache_key: str | None = None


def limits(request: FimRequest) -> GenerationLimits:
    """The limits of the request.

    Raises:
        RequestRefusedError: The model does not complete code.
    """
    catalogue.require(request.model, "completion_fim")
    prompt_tokens = count_tokens(request.prompt) + count_tokens(request.suffix or "")
    return GenerationLimits.of(request.model, prompt_tokens, request.stop, request.max_tokens)


def reply(request: FimRequest) -> Reply:
    """The reply without a script: a line of code with the last word of the prompt."""
    words = request.prompt.split()
    return Reply(f"    return {words[-1].strip('():,') if words else 'None'}\n")
