"""Attributes of spans, by the GenAI semantic conventions of OpenTelemetry 1.45 (still called experimental there).

Only fields that are named here are ever taken: no header, no key, no text.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from mistral_rag.api._errors import ApiError
from mistral_rag.api._ledger import FinishedCall
from mistral_rag.usage import counts_of

Attributes = dict[str, str | int | float | bool | Sequence[str]]

PROVIDERS: Final[Mapping[str, str]] = {
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "azure": "azure.ai.openai",
    "google_vertexai": "gcp.vertex_ai",
    "google_genai": "gcp.gemini",
    "bedrock": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
}
"""The conventions' names of providers by LangChain's; of others LangChain's is used."""

REQUEST: Final[Mapping[str, str]] = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "max_tokens": "gen_ai.request.max_tokens",
    "random_seed": "gen_ai.request.seed",
    "seed": "gen_ai.request.seed",
    "n": "gen_ai.request.choice.count",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "stream": "gen_ai.request.stream",
}
OPERATIONS: Final[Mapping[str, str]] = {"embedding": "embeddings", "fim": "text_completion"}
"""The conventions' names of what the client calls otherwise; "ocr", "moderation", … have none there and keep theirs."""


def request_attributes(metadata: Mapping[str, Any], parameters: Mapping[str, Any]) -> Attributes:
    """Provider, model and settings of a chat or completion that begins."""
    provider = str(metadata.get("ls_provider") or "")
    model = metadata.get("ls_model_name") or parameters.get("model")
    found: Attributes = {"gen_ai.provider.name": PROVIDERS.get(provider, provider or "unknown")}
    if model:
        found["gen_ai.request.model"] = str(model)
    for name, attribute in REQUEST.items():
        if isinstance(value := parameters.get(name), bool | int | float):
            found[attribute] = value
    stop = parameters.get("stop") or metadata.get("ls_stop")
    if stop:
        found["gen_ai.request.stop_sequences"] = [stop] if isinstance(stop, str) else [str(one) for one in stop]
    return found


def result_attributes(result: LLMResult) -> Attributes:
    """Model, ids, reasons and tokens of a reply; each of several messages is counted."""
    generations = [one for several in result.generations for one in several]
    messages = [
        one.message for one in generations if isinstance(one, ChatGeneration) and isinstance(one.message, AIMessage)
    ]
    if not messages:
        return _completion_attributes(generations[0].generation_info or {}) if generations else {}
    metadata = messages[0].response_metadata
    found = _reply_attributes(metadata)
    if reasons := [str(one.response_metadata["finish_reason"]) for one in messages if _reason(one)]:
        found["gen_ai.response.finish_reasons"] = reasons
    if (usage := messages[0].usage_metadata) is not None:
        found["gen_ai.usage.input_tokens"] = usage["input_tokens"]
        found["gen_ai.usage.output_tokens"] = usage["output_tokens"]
        if (cached := (usage.get("input_token_details") or {}).get("cache_read")) is not None:
            found["gen_ai.usage.cache_read.input_tokens"] = cached
        if (thought := (usage.get("output_token_details") or {}).get("reasoning")) is not None:
            found["gen_ai.usage.reasoning.output_tokens"] = thought
    return found


def _reason(message: AIMessage) -> Any:
    return message.response_metadata.get("finish_reason")


def _completion_attributes(info: Mapping[str, Any]) -> Attributes:
    found = _reply_attributes(info)
    if reason := info.get("finish_reason"):
        found["gen_ai.response.finish_reasons"] = [str(reason)]
    return found | _counts(info.get("usage") or info.get("token_usage") or {})


def _reply_attributes(metadata: Mapping[str, Any]) -> Attributes:
    provider = metadata.get("model_provider")  # of a router it is known only now
    named = {
        "gen_ai.provider.name": PROVIDERS.get(str(provider), provider),
        "gen_ai.response.model": metadata.get("model_name") or metadata.get("model"),
        "gen_ai.response.id": metadata.get("id"),
        "gen_ai.conversation.id": metadata.get("conversation_id"),
        "mistral_rag.request_id": metadata.get("request_id"),
    }
    return {name: str(value) for name, value in named.items() if value}


def call_attributes(call: FinishedCall) -> Attributes:
    """Attributes of a call that LangChain's callbacks do not see."""
    found: Attributes = {
        "gen_ai.operation.name": OPERATIONS.get(call.kind, call.kind),
        "gen_ai.provider.name": "mistral_ai",
        **_counts(call.usage),
    }
    named = {
        "gen_ai.request.model": call.asked,
        "gen_ai.response.model": call.model,
        "gen_ai.response.id": call.reply_id,
        "mistral_rag.request_id": call.request_id,
        "server.address": call.host.partition("://")[2].partition("/")[0].partition(":")[0] or call.host,
        "error.type": call.error,
    }
    found |= {name: value for name, value in named.items() if value}
    if call.error and call.status:
        found["http.response.status_code"] = call.status
    return found


def _counts(usage: Mapping[str, Any]) -> Attributes:
    counts = counts_of(usage)
    named = {
        "gen_ai.usage.input_tokens": counts.input_tokens,
        "gen_ai.usage.output_tokens": counts.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": counts.cached_tokens,
        "mistral_rag.pages": counts.pages,
    }
    return {name: value for name, value in named.items() if value}


def error_attributes(error: BaseException) -> Attributes:
    """Class, status and request id of an error; its message may quote what was sent, and stays out."""
    found: Attributes = {"error.type": type(error).__name__}
    if isinstance(error, ApiError):
        if error.status:
            found["http.response.status_code"] = error.status
        if error.request_id:
            found["mistral_rag.request_id"] = error.request_id
    return found
