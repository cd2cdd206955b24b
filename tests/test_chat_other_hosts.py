"""Hosts that deviate from the protocol: unusual replies are read, malformed ones are an error."""

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk, HumanMessage

from mistral_rag import ChatMistral
from mistral_rag.errors import (
    ApiConnectionError,
    ApiError,
    BadRequestError,
    RateLimitError,
    ServerError,
    StreamError,
)

USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def model(reply: Any, **settings: Any) -> ChatMistral:
    """A model whose host always answers with `reply`: JSON, or the text of a stream."""

    def answer(_: httpx.Request) -> httpx.Response:
        if isinstance(reply, str) and reply.startswith(("data:", "event:")):
            return httpx.Response(200, text=reply, headers={"content-type": "text/event-stream"})
        return httpx.Response(200, json=reply)

    transport = httpx.MockTransport(answer)
    return ChatMistral.model_validate({"api_key": "k", "transport": transport, "max_retries": 0, **settings})


def message(**said: Any) -> dict[str, Any]:
    return {"choices": [{"message": said}]}


def event(usage: Any = None, finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "x", "choices": [choice], **({"usage": usage} if usage else {})}


def lines(*events: Any, end: str = "data: [DONE]\n\n") -> str:
    return "".join(f"data: {json.dumps(item)}\n\n" for item in events) + end


def folded(ours: ChatMistral) -> AIMessageChunk:
    first, *others = list(ours.stream("?"))
    return first.__add__(others) if others else first


LAST = event(USAGE, "stop", content="")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"content": None}, ""),
        ({}, ""),
        ({"content": ["Hello ", "you"]}, "Hello you"),
        ({"content": [{"type": "text", "text": "Hello"}, {"type": "text", "text": None}]}, "Hello"),
        ({"content": [{"type": "brand_new"}, {"type": "text", "text": "Hello"}]}, "Hello"),
        ({"content": [{"type": "reference"}, {"type": "text", "text": "Hello"}]}, "Hello"),
        ({"content": "Hello", "tool_calls": None, "refusal": None}, "Hello"),
    ],
)
def test_content_of_any_form_is_read(said: dict[str, Any], text: str) -> None:
    assert model(message(**said)).invoke("?").text == text


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": None, "completion_tokens": None}])
def test_usage_may_be_missing(usage: Any) -> None:
    assert model({**message(content="Hello"), "usage": usage}).invoke("?").text == "Hello"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "Slow down.", "type": "rate_limited", "code": "1300"}},
        {"object": "error", "message": "Slow down.", "type": "rate_limited", "code": "1300"},
        {"message": "Slow down.", "type": "rate_limited"},
    ],
)
def test_an_error_object_is_an_error_whatever_the_status_says(body: dict[str, Any]) -> None:
    for reply in (body, lines(body)):
        with pytest.raises(RateLimitError, match=r"Slow down\."):
            list(model(reply).stream("?"))
    with pytest.raises(RateLimitError, match=r"Slow down\."):
        model(body).invoke("?")


@pytest.mark.parametrize("body", [[], "x", None, 3, {}, {"choices": None}, {"detail": "Not here."}])
def test_a_body_that_is_no_reply_is_an_error(body: Any) -> None:
    with pytest.raises(ApiError):
        model(body).invoke("?")


@pytest.mark.parametrize(
    "text",
    [
        lines(event(content="Hi"), LAST, end="data: [DONE]\n"),
        lines(event(content="Hi"), LAST, end="data: [DONE]"),
        lines(event(content="Hi"), LAST, end="data: [DONE] \r\n\r\n"),
        lines(event(content="Hi"), LAST, end="data:\n\ndata: [DONE]\n\n"),
        lines(event(content="Hi"), event(finish_reason="stop"), {"choices": [], "usage": USAGE}),
        lines({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "usage": USAGE}),
        "event: message\nid: 1\nretry: 5\n" + lines(event(content="Hi"), LAST),
    ],
)
def test_a_stream_that_was_ended_is_whole(text: str) -> None:
    whole = folded(model(text))
    assert (whole.text, whole.response_metadata["finish_reason"]) == ("Hi", "stop")
    assert whole.usage_metadata == {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}


BROKEN = [
    (lines(event(content="Hi"), end=""), ApiConnectionError),
    (lines(event(content="Hi"), {"object": "error", "message": "x", "type": "internal_server_error"}), ServerError),
    (lines(event(content="Hi"), {"object": "error", "message": "x", "type": "rate_limited"}), RateLimitError),
    (lines(event(content="Hi"), {"error": {"message": "x", "code": 429}}), RateLimitError),
    (lines(event(content="Hi"), {"error": {"message": "x", "type": "overloaded_error"}}), ServerError),
    (
        lines(event(content="Hi"), {"object": "error", "message": "x", "code": "3280", "type": "invalid_x"}),
        BadRequestError,
    ),
    (lines(event(content="Hi"), end='{"object": "error", "message": "x", "raw_status_code": 503}\n'), ServerError),
    (lines(event(content="Hi"), {"error": "x"}), StreamError),
    (lines(event(content="Hi"), {"message": "Overloaded."}), StreamError),
    (lines(event(content="Hi"), end='event: error\ndata: {"reason": "x"}\n\ndata: [DONE]\n\n'), StreamError),
    (lines(event(content="Hi"), end="data: {bad\n\ndata: [DONE]\n\n"), StreamError),
    (lines(event(content="Hi"), event(finish_reason="error")), StreamError),
]


@pytest.mark.parametrize(("text", "kind"), BROKEN)
def test_what_came_before_an_error_is_in_the_error(text: str, kind: type[ApiError]) -> None:
    got: list[str] = []
    with pytest.raises(ApiError) as caught:
        got.extend(chunk.text for chunk in model(text).stream("?"))
    assert type(caught.value) is kind
    assert caught.value.partial.text == "Hi"


KEYS = st.sampled_from(
    [
        *("type", "text", "thinking", "reference_ids", "id", "index", "function", "name", "arguments", "signature"),
        *(
            "content",
            "tool_calls",
            "error",
            "object",
            "closed",
            "prompt_tokens",
            "prompt_tokens_details",
            "cached_tokens",
        ),
    ]
)
WORDS = st.sampled_from(["", "text", "thinking", "reference", "null", "{", '{"a": 1}', "error"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is slow
@given(said=ANYTHING, usage=ANYTHING, reason=ANYTHING)
def test_whatever_a_host_says_is_a_reply_or_a_typed_error(said: Any, usage: Any, reason: Any) -> None:
    choice = {"message": said, "finish_reason": reason, "logprobs": usage}
    with suppress(ApiError):
        assert model({"choices": [choice], "usage": usage}).invoke("?").type == "ai"
    with suppress(ApiError):
        first, second = ({"choices": [{"delta": delta, "logprobs": usage}]} for delta in (said, {"content": said}))
        assert folded(model(lines(first, second, {"choices": [choice], "usage": usage}))).chunk_position == "last"


def test_an_error_of_any_form_has_its_words() -> None:
    with pytest.raises(ApiError, match="no_such_thing"):
        model({"error": {"reason": {"kind": "no_such_thing"}}}).invoke("?")


def test_an_error_before_the_first_token_is_the_error_itself() -> None:
    with pytest.raises(ServerError):
        list(model(lines({"object": "error", "message": "x", "code": "1000"})).stream("?"))


def call(index: int | None, id_: str | None, name: str | None = None, arguments: Any = None) -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {"index": index, **({"id": id_} if id_ else {}), "function": function}


TWO = [("f", {"a": 1}), ("g", {"b": 2})]


@pytest.mark.parametrize(
    ("deltas", "calls"),
    [
        ([[call(0, "i", "f", '{"a":1}'), call(0, "j", "g", '{"b":2}')]], TWO),
        ([[call(0, "i", "f", "")], [call(0, None, None, '{"a":1}')], [call(1, "j", "g", '{"b":2}')]], TWO),
        (
            [
                [call(0, "i", "f", ""), call(1, "j", "g", "")],
                [call(0, None, None, '{"a":'), call(1, None, None, '{"b":')],
                [call(0, None, None, "1}"), call(1, None, None, "2}")],
            ],
            TWO,
        ),
        (
            [
                [call(0, "i", "f", "{"), call(0, "j", "g", "{")],
                [call(0, "i", None, '"a":1}'), call(0, "j", None, '"b":2}')],
            ],
            TWO,
        ),
        ([[call(0, "i", "f", '{"a":')], [call(0, "i", "f", "1}")], [call(1, "j", "g", '{"b":2}')]], TWO),
        ([[call(0, "null", "f", '{"a":1}')], [call(0, "null", "g", '{"b":2}')]], TWO),
        ([[call(0, None, "f", '{"a":1}')], [call(1, None, "f", '{"a":1}')]], [("f", {"a": 1})] * 2),
        ([[call(0, "i")], [call(0, None, "f")], [call(0, None, None, '{"a":1}')]], TWO[:1]),
        ([[call(0, "i", "f", '{"a":')], [call(0, "k", None, "1}")]], TWO[:1]),
        ([[call(None, "i", "f", {"a": 1})]], TWO[:1]),
        ([[call(0, "i", "f")]], [("f", {})]),
    ],
)
def test_pieces_of_calls_find_their_call(deltas: list[Any], calls: list[Any]) -> None:
    text = lines(*(event(tool_calls=delta) for delta in deltas), event(finish_reason="tool_calls"))
    assert [(found["name"], found["args"]) for found in folded(model(text)).tool_calls] == calls


def test_log_probabilities_of_a_stream_are_all_there() -> None:
    said = [event(content=word) for word in ("one ", "two")]
    for item, word in zip(said, ("one ", "two"), strict=True):
        item["choices"][0]["logprobs"] = {"content": [{"token": word, "logprob": -0.5}]}
    told = folded(model(lines(*said, LAST), logprobs=True)).response_metadata["logprobs"]
    assert told == {"content": [{"token": "one ", "logprob": -0.5}, {"token": "two", "logprob": -0.5}]}


def test_usage_is_told_as_it_was_sent_too() -> None:
    usage = {**USAGE, "brand_new_tokens": 4}
    assert model({**message(content="Hi"), "usage": usage}).invoke("?").response_metadata["token_usage"] == usage
    text = lines(event(content="Hi"), event(usage, "stop"))
    assert folded(model(text)).response_metadata["token_usage"] == usage


def test_the_usage_of_a_batch_is_added_up() -> None:
    reply = {**message(content="Hi"), "model": "mistral-small-2603", "usage": USAGE}
    told = model(reply).generate([[HumanMessage("a")], [HumanMessage("b")]]).llm_output
    total = {"prompt_tokens": 2, "completion_tokens": 4, "total_tokens": 6}
    assert told == {"model_name": "mistral-small-2603", "token_usage": total}


@pytest.mark.parametrize("kind", [[], {}, {"a": None}, 5])
def test_a_content_chunk_whose_type_is_no_text_is_an_error(kind: Any) -> None:
    chunks = [{"type": "text", "text": "Hello"}, {"type": kind, "reference_ids": [0]}]
    with pytest.raises(ApiError, match="the type of a content chunk is no text"):
        model(message(content=chunks)).invoke("?")
    with pytest.raises(ApiError, match="the type of a content chunk is no text"):
        list(model(lines(event(content=chunks), LAST)).stream("?"))


@pytest.mark.parametrize("body", ["[" * 100_000, '{"choices":' + "[" * 500 + "]" * 500 + "}", '{"a":' * 5_000])
@pytest.mark.parametrize("status", [200, 400])
def test_a_reply_that_is_nested_too_deep_is_an_error(body: str, status: int) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, text=body))
    ours = ChatMistral.model_validate({"api_key": "k", "transport": transport, "max_retries": 0})
    with pytest.raises(ApiError):
        ours.invoke("?")


@pytest.mark.parametrize("arguments", ["[" * 100_000, '{"a":' + "[" * 500 + "]" * 500 + "}"])
def test_arguments_that_are_nested_too_deep_are_an_invalid_call(arguments: str) -> None:
    call = {"id": "abcdefghi", "function": {"name": "f", "arguments": arguments}}
    (invalid,) = model(message(content="", tool_calls=[call])).invoke("?").invalid_tool_calls
    assert invalid["error"] == "The arguments are no JSON: JSON is nested deeper than 100 levels"
