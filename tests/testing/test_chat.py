"""Refusals of chat requests that fit the schema."""

import base64
from typing import Any

import httpx
import pytest

SMALL = "mistral-small-latest"
HELLO = [{"role": "user", "content": "hello"}]
NO_IMAGE = (
    "Value error, Image content must be a URL (starting with 'https') or base64 encoded image "
    "(starting with 'data:image/<format>;base64,<image-base64>')."
)
PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()
PDF = "data:application/pdf;base64," + base64.b64encode(b"%PDF-1.7").decode()


def ask(client: httpx.Client, **more: Any) -> httpx.Response:
    return client.post("/chat/completions", json={"model": SMALL, "messages": HELLO, **more})


def shown(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "text", "text": "look"}, *parts]}]


def image(url: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": url}


def tool(name: str = "f", parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters or {}}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature": 0, "top_p": 0.9}, "top_p must be 1 when using greedy sampling."),
        ({"prompt_mode": "reasoning"}, "Reasoning prompt mode is not enabled for this model"),
        (
            {"model": "open-mistral-nemo", "reasoning_effort": "high"},
            "reasoning_effort='high' is not supported for this model",
        ),
        ({"tools": [tool(f"f{n}") for n in range(129)]}, "Too many tools in request. Max is 128 got 129"),
        (
            {"tools": [tool("a b")]},
            "Function name was a b but must be a-z, A-Z, 0-9, or contain underscores and dashes, "
            "with a maximum length of 64.",
        ),
        ({"messages": shown(*[image(PNG)] * 9)}, "Too many images in request. Max is 8 got 9"),
        ({"messages": shown(image("data:image/png;base64,***"))}, "Failed to fetch image"),
        (
            {"messages": [{"role": "user", "content": "a " * 40_000}], "model": "voxtral-small-latest"},
            "Prompt contains 40004 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        ),
    ],
)
def test_400(direct: httpx.Client, change: dict[str, Any], message: str) -> None:
    reply = ask(direct, **change)
    assert (reply.status_code, reply.json()["message"]) == (400, message)


@pytest.mark.parametrize(
    "parameters",
    [{"type": "strng"}, {"properties": []}, {"required": "a"}, {"properties": {"a": {"enum": "b"}}}],
)
def test_a_tool_needs_a_draft_7_schema(direct: httpx.Client, parameters: dict[str, Any]) -> None:
    reply = ask(direct, tools=[tool(parameters=parameters)])
    assert reply.status_code == 400
    assert reply.json()["message"].startswith("Invalid tool schema: ")


def test_a_named_tool_must_be_among_the_tools(direct: httpx.Client) -> None:
    choice = {"type": "function", "function": {"name": "g"}}
    assert ask(direct, tools=[tool("f")], tool_choice=choice).status_code == 400
    assert ask(direct, tools=[tool("f"), tool("g")], tool_choice=choice).status_code == 200


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (image("http://example.com/a.png"), NO_IMAGE),
        (image({"url": "data:text/plain;base64,aGk="}), NO_IMAGE),
        (image("data:image/png,abc"), NO_IMAGE),
        (
            {"type": "document_url", "document_url": "file:///etc/passwd"},
            "Value error, Document content must be a URL (starting with 'https') or a base64 encoded PDF.",
        ),
        ({"type": "input_audio", "input_audio": ""}, "Value error, Audio content must not be empty."),
    ],
)
def test_parts_that_are_no_media_are_422(direct: httpx.Client, part: dict[str, Any], message: str) -> None:
    reply = ask(direct, messages=shown(part))
    assert (reply.status_code, reply.json()["detail"][0]["msg"]) == (422, message)


def test_media_that_are_taken(direct: httpx.Client) -> None:
    parts = [
        image(PNG),
        image({"url": "https://example.com/a.png", "detail": "low"}),
        {"type": "document_url", "document_url": PDF, "document_name": "a.pdf"},
        {"type": "document_url", "document_url": "https://example.com/a.pdf"},
        {"type": "file", "file_id": "00000000-0000-4000-8000-000000000000"},
        {"type": "input_audio", "input_audio": "UklGRg=="},
    ]
    assert ask(direct, messages=shown(*parts)).status_code == 200


def test_an_image_has_at_most_ten_megabytes(direct: httpx.Client) -> None:
    big = "data:image/png;base64," + base64.b64encode(b"x" * (10 * 1024 * 1024 + 1)).decode()
    assert ask(direct, messages=shown(image(big))).json()["message"] == "Image is too large. Max is 10 MB"


@pytest.mark.parametrize("wanted", [{"type": "json_schema"}, {"json_schema": {"name": "a", "schema": {}}}])
def test_a_schema_comes_with_its_type(direct: httpx.Client, wanted: dict[str, Any]) -> None:
    assert ask(direct, response_format=wanted).status_code == 422


def test_every_parameter_of_the_platform_is_taken(direct: httpx.Client) -> None:
    every: dict[str, Any] = {
        "temperature": 1.5,
        "top_p": 0.5,
        "max_tokens": 100,
        "stream": False,
        "stop": ["x"],
        "random_seed": 0,
        "metadata": {"a": [1]},
        "response_format": {"type": "text"},
        "tools": [tool()],
        "tool_choice": "none",
        "presence_penalty": -2,
        "frequency_penalty": 2,
        "n": 2,
        "prediction": {"type": "content", "content": "x"},
        "parallel_tool_calls": False,
        "reasoning_effort": "none",
        "guardrails": [{"block_on_error": True, "moderation_llm_v2": {"action": "block"}}],
        "prompt_cache_key": "k",
        "safe_prompt": True,
    }
    assert ask(direct, **every).status_code == 200
    nulls = ("temperature", "max_tokens", "random_seed", "metadata", "tools", "n", "guardrails", "prompt_cache_key")
    assert ask(direct, **dict.fromkeys(nulls)).status_code == 200
