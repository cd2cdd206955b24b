"""The request models against the platform's OpenAPI file, when it is in ../shared."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mistral_rag.testing._endpoints.batch import BatchRequest
from mistral_rag.testing._endpoints.fim import FimRequest
from mistral_rag.testing._endpoints.moderation import ChatModerationRequest, ModerationRequest
from mistral_rag.testing._rules.agent_bodies import AgentCompletion, AgentCreation, AgentUpdate
from mistral_rag.testing._rules.bodies import Body, ChatRequest, EmbeddingRequest
from mistral_rag.testing._rules.ocr_bodies import OcrRequest

BODIES: dict[str, type[Body]] = {
    "AgentCreationRequest": AgentCreation,
    "AgentUpdateRequest": AgentUpdate,
    "AgentsCompletionRequest": AgentCompletion,
    "BatchJobIn": BatchRequest,
    "ChatCompletionRequest": ChatRequest,
    "ChatModerationRequest": ChatModerationRequest,
    "ClassificationRequest": ModerationRequest,
    "EmbeddingRequest": EmbeddingRequest,
    "FIMCompletionRequest": FimRequest,
    "OCRRequest": OcrRequest,
}
NEWER = {
    "logprobs",
    "min_tokens",
    "prompt_logprobs",
    "repetition_penalty",
    "service_tier",
    "signature",
    "top_k",
    "top_logprobs",
    "top_prompt_logprobs",
}
KEPT = ("minimum", "maximum", "exclusiveMinimum", "minItems", "maxItems", "minLength", "maxLength")
OPEN_IN_THE_FILE = {"block_on_error", "custom_id", "endpoint", "model_name", "sexual"}
HELLO = [{"role": "user", "content": "hi"}]


def plain(schema: Any, root: dict[str, Any]) -> Any:
    """A schema with references resolved, and without keywords that do not restrict a body."""
    if "$ref" in schema:
        return plain(at(schema["$ref"], root), root)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            options = {json.dumps(one, sort_keys=True): one for one in (plain(one, root) for one in schema[key])}
            return next(iter(options.values())) if len(options) == 1 else {"any": [options[k] for k in sorted(options)]}
    if "const" in schema or "enum" in schema:
        return {"enum": sorted(schema.get("enum", [schema.get("const")]))}
    if "properties" in schema:
        return plain_object(schema, root)
    if schema.get("type") == "array":
        return {"array": plain(schema["items"], root), **kept(schema)}
    return {"type": schema.get("type"), **kept(schema), **({"uuid": True} if schema.get("format") == "uuid" else {})}


def plain_object(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    fields = {name: plain(inner, root) for name, inner in schema["properties"].items()}
    closed = schema.get("additionalProperties") is False or not OPEN_IN_THE_FILE.isdisjoint(fields)
    return {"fields": fields, "required": sorted(schema.get("required", [])), "closed": closed}


def kept(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: schema[key] for key in KEPT if key in schema}


def at(reference: str, root: dict[str, Any]) -> Any:
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def without_newer(schema: Any) -> Any:
    """Our schema without the fields that only the newest SDK sends, which are refused after parsing."""
    if isinstance(schema, list):
        return [without_newer(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "fields" in schema:
        newer = NEWER if "prompt" not in schema["fields"] else set()
        schema = {**schema, "fields": {k: v for k, v in schema["fields"].items() if k not in newer}}
        if "max" in schema["fields"].get("reasoning_effort", {}).get("enum", ()):
            schema["fields"]["reasoning_effort"] = {"enum": ["high", "none"]}
        if "reference_ids" in schema["fields"]:
            schema["fields"]["reference_ids"] = {"array": {"type": "integer"}}
    return {key: without_newer(inner) for key, inner in schema.items()}


@pytest.fixture(scope="module")
def openapi(shared: Path) -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")
    text = (shared / "reference" / "mistral_openapi.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found


@pytest.mark.parametrize("name", sorted(BODIES))
def test_requests_are_judged_as_the_openapi_file_says(name: str, openapi: dict[str, Any]) -> None:
    ours = BODIES[name].model_json_schema()
    theirs = plain(openapi["components"]["schemas"][name], openapi)
    assert without_newer(plain(ours, ours)) == theirs


@pytest.mark.parametrize("name", sorted(BODIES))
def test_every_object_of_ours_is_closed(name: str) -> None:
    schema = BODIES[name].model_json_schema()
    objects = [one for one in (schema, *schema.get("$defs", {}).values()) if "properties" in one]
    assert [one["title"] for one in objects if one.get("additionalProperties") is not False] == []


@pytest.mark.parametrize(
    ("change", "kind", "place"),
    [
        ({"seed": 1}, "extra_forbidden", ("seed",)),
        ({"temperature": 1.6}, "less_than_equal", ("temperature",)),
        ({"temperature": "0.5"}, "float_type", ("temperature",)),
        ({"max_tokens": True}, "int_type", ("max_tokens",)),
        ({"max_tokens": -1}, "greater_than_equal", ("max_tokens",)),
        ({"n": 0}, "greater_than_equal", ("n",)),
        ({"stream": None}, "bool_type", ("stream",)),
        ({"messages": [{"role": "developer", "content": "x"}]}, "union_tag_invalid", ("messages", 0)),
        ({"messages": [{"content": "x"}]}, "union_tag_not_found", ("messages", 0)),
        (
            {"messages": [{"role": "user", "content": "x", "name": "me"}]},
            "extra_forbidden",
            ("messages", 0, "user", "name"),
        ),
        ({"tools": [{"function": {"name": "f"}}]}, "missing", ("tools", 0, "function", "parameters")),
        ({"response_format": {"type": "json"}}, "literal_error", ("response_format", "type")),
    ],
)
def test_a_wrong_body_is_placed(change: dict[str, Any], kind: str, place: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        ChatRequest.model_validate({"model": "m", "messages": HELLO, **change})
    assert [(error["type"], error["loc"]) for error in caught.value.errors()] == [(kind, place)]
