"""Hosts that speak the protocol in their own way: replies, errors, addresses and keys."""

import json
from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import httpx
import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool

from mistral_rag import ChatMistral
from mistral_rag.errors import (
    ApiError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    RefusalError,
    UnknownModelError,
)
from mistral_rag.testing import FakeMistral, Reply, thinking

USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def model(fake: FakeMistral, **settings: Any) -> ChatMistral:
    return ChatMistral.model_validate({"base_url": fake.base_url, "api_key": fake.key, "max_retries": 0, **settings})


class Host:
    """A host that gives one response and notes the requests."""

    def __init__(self, response: Callable[[], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self._response = response

    def model(self, **settings: Any) -> ChatMistral:
        given = {"api_key": "a-key-of-sixteen", "base_url": "https://host.example/v1", "max_retries": 0, **settings}
        return ChatMistral.model_validate({**given, "transport": httpx.MockTransport(self._handle)})

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._response()

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.requests[-1].content)
        return body


def choice(message: dict[str, Any], finish: str | None = "stop") -> dict[str, Any]:
    return {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}


def answer(**message: Any) -> dict[str, Any]:
    return {"id": "1", "object": "chat.completion", "model": "m", "choices": [choice(message)], "usage": USAGE}


def answering(body: Any, *, headers: dict[str, str] | None = None, status: int = 200) -> Host:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Host(lambda: httpx.Response(status, content=content, headers=headers or {}))


def streaming(*deltas: dict[str, Any], finish: str | None = "stop") -> Host:
    events = [{"id": "1", "model": "m", "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    last = {"id": "1", "choices": [{"index": 0, "delta": {}, "finish_reason": finish}], "usage": USAGE}
    text = "".join(f"data: {json.dumps(event)}\n\n" for event in [*events, last]) + "data: [DONE]\n\n"
    return answering(text.encode(), headers={"content-type": "text/event-stream"})


# --- thoughts -----------------------------------------------------------------------------------------------------

ONE, TWO = {"type": "reasoning", "reasoning": "one"}, {"type": "reasoning", "reasoning": "two"}
A, B = {"type": "text", "text": "A"}, {"type": "text", "text": "B"}
BOTH = {"type": "thinking", "thinking": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]}


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        ([ONE, TWO, A], [BOTH, A]),
        ([{**ONE, "extras": {"signature": "s1"}}, {**TWO, "extras": {"signature": "s2"}}, A], [BOTH, A]),
        ([ONE, {"type": "text", "text": "  "}, TWO, A], [BOTH, A]),
        ([ONE, A, TWO, B], [BOTH, A, B]),
        ([A, ONE, TWO], [BOTH, A]),
        ([{"type": "thinking", "thinking": "one"}, A, {"type": "thinking", "thinking": "two"}], [BOTH, A]),
    ],
)
def test_thoughts_of_an_earlier_turn_are_one_chunk_before_the_text(
    fake: FakeMistral, content: list[Any], sent: list[Any]
) -> None:
    reply = model(fake).invoke([HumanMessage("hi"), AIMessage(content), HumanMessage("go")])
    assert fake.requests[-1].json["messages"][1] == {"role": "assistant", "content": sent}
    assert reply.response_metadata["repairs"] == ["the thoughts of a message were joined and put first"]


THOUGHTS: list[dict[str, Any]] = [
    {"reasoning": "thought hard"},
    {"reasoning_content": "thought hard"},
    {"reasoning_details": [{"type": "reasoning.text", "text": "thought "}, {"type": "reasoning.text", "text": "hard"}]},
    {"reasoning_details": [{"type": "reasoning.summary", "summary": "thought hard"}]},
    {"thinking_blocks": [{"type": "thinking", "thinking": "thought hard", "signature": "s"}]},
    {"thinking": "thought hard"},
    {"reasoning": "thought hard", "reasoning_details": [{"type": "reasoning.text", "text": "thought hard"}]},
    {"content": [thinking("thought hard"), {"type": "text", "text": "42"}], "reasoning_content": "thought hard"},
]


@pytest.mark.parametrize("thoughts", THOUGHTS)
def test_every_spelling_of_a_thought_is_read_once(thoughts: dict[str, Any]) -> None:
    whole = answering(answer(**{"content": "42", **thoughts})).model().invoke("?")
    stream = reduce(add, streaming({"content": "42", **thoughts}).model().stream("?"))
    for message in (whole, stream):
        kinds = [(block["type"], block.get("reasoning") or block.get("text")) for block in message.content_blocks]
        assert kinds == [("reasoning", "thought hard"), ("text", "42")]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("content", [[thinking("hm")], "", "  "])
def test_a_reply_without_an_answer_says_so(fake: FakeMistral, content: Any, *, stream: bool) -> None:
    fake.script(Reply(content, finish_reason="stop"), Reply("42"))
    ours = model(fake)
    first, second = [reduce(add, ours.stream("?")) if stream else ours.invoke("?") for _ in range(2)]
    assert first.response_metadata["empty"] is True
    assert "empty" not in second.response_metadata


def test_a_stream_without_a_reason_for_its_end_is_truncated() -> None:
    whole = reduce(add, streaming({"content": "The answer is"}, finish=None).model().stream("?"))
    assert (whole.text, whole.response_metadata["truncated"]) == ("The answer is", True)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"type": "text", "text": "A"}, "A"),
        ([{"type": "text", "text": "A"}, "B"], "AB"),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}, {"type": "text", "text": "A"}], "A"),
    ],
)
def test_a_chunk_without_a_list_around_it_is_one(content: Any, text: str) -> None:
    assert answering(answer(content=content)).model().invoke("?").text == text
    assert reduce(add, streaming({"content": content}).model().stream("?")).text == text


def test_a_thought_without_a_list_around_it_is_one() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}
    reply = answering(answer(content=thought)).model().invoke("?")
    assert [block["type"] for block in reply.content_blocks] == ["reasoning"]
    beside = answering(answer(content={"type": "text", "text": "A"}, reasoning="t")).model().invoke("?")
    assert [block["type"] for block in beside.content_blocks] == ["reasoning", "text"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_in_words_is_one(*, stream: bool) -> None:
    whole = answering(answer(content=None, refusal="I can't help with that."))
    pieces = streaming({"content": "", "refusal": None}, {"refusal": "I can't "}, {"refusal": "help with that."})
    with pytest.raises(RefusalError, match=r"^The model refused to answer: I can't help with that\.$"):
        _ = list(pieces.model().stream("?")) if stream else whole.model().invoke("?")


def test_no_refusal_is_none() -> None:
    assert answering(answer(content="A", refusal=None)).model().invoke("?").text == "A"
    assert reduce(add, streaming({"content": "A", "refusal": ""}).model().stream("?")).text == "A"


def test_counts_below_nothing_are_none() -> None:
    usage = {"prompt_tokens": -5, "completion_tokens": 3, "total_tokens": -2, "num_cached_tokens": -1}
    reply = answering({**answer(content="A"), "usage": usage}).model().invoke("?")
    assert reply.usage_metadata == {"input_tokens": 0, "output_tokens": 3, "total_tokens": 3}


def test_messages_of_tools_that_the_platform_ran_are_one_message() -> None:
    ran = {"id": "Abcdefgh1", "function": {"name": "draw", "arguments": "{}"}}
    asked = {"id": "Abcdefgh2", "function": {"name": "save", "arguments": "{}"}}
    messages = [
        {"role": "assistant", "content": "Drawing. ", "tool_calls": [ran]},
        {"role": "tool", "tool_call_id": "Abcdefgh1", "content": "drawn"},
        {"role": "assistant", "content": "Done.", "tool_calls": [asked]},
    ]
    body = {"id": "1", "choices": [{"index": 0, "messages": messages, "finish_reason": "tool_calls"}], "usage": USAGE}
    reply = answering(body).model().invoke("?")
    assert reply.text == "Drawing. Done."
    assert [call["name"] for call in reply.tool_calls] == ["save"]


# --- ids ----------------------------------------------------------------------------------------------------------


@tool
def weather(city: str) -> str:
    """The weather."""
    return f"sunny in {city}"


@pytest.mark.parametrize("id_", ["", "chatcmpl-0"])
def test_replies_of_one_id_stay_two_messages(id_: str) -> None:
    call = {"id": "Abcdefgh1", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
    replies = iter(
        [
            {"id": id_, "choices": [choice({"content": "", "tool_calls": [call]}, "tool_calls")], "usage": USAGE},
            {"id": id_, "choices": [choice({"content": "Sunny"})], "usage": USAGE},
        ]
    )
    host = Host(lambda: httpx.Response(200, json=next(replies)))
    messages = create_agent(host.model(), [weather]).invoke({"messages": [HumanMessage("?")]})["messages"]
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]
    assert (messages[2].text, messages[3].text) == ("sunny in Rome", "Sunny")
    assert messages[3].response_metadata.get("id") == (id_ or None)


def test_fragments_with_the_name_and_another_id_are_one_call() -> None:
    pieces = ['{"ci', 'ty": "Ro', 'me"}']
    deltas = [
        {"tool_calls": [{"index": 0, "id": f"call_{n}", "function": {"name": "weather", "arguments": piece}}]}
        for n, piece in enumerate(pieces)
    ]
    whole = reduce(add, streaming(*deltas, finish="tool_calls").model().stream("?"))
    assert [(call["name"], call["args"]) for call in whole.tool_calls] == [("weather", {"city": "Rome"})]


def test_calls_of_one_index_with_whole_arguments_are_two() -> None:
    deltas = [
        {"tool_calls": [{"index": 0, "id": "null", "function": {"name": "weather", "arguments": json.dumps(args)}}]}
        for args in ({"city": "Rome"}, {"city": "Oslo"})
    ]
    whole = reduce(add, streaming(*deltas, finish="tool_calls").model().stream("?"))
    assert [call["args"]["city"] for call in whole.tool_calls] == ["Rome", "Oslo"]


# --- bodies that are no stream --------------------------------------------------------------------------------------

REFUSED = {"object": "error", "message": "Tool call id was toolu_01", "type": "invalid_function_call", "code": "3280"}
TYPES = [{"content-type": "text/event-stream"}, {"content-type": "text/plain"}, {}]


@pytest.mark.parametrize("headers", TYPES)
@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n", b"\n\ndata: [DONE]\n\n"])
def test_an_error_instead_of_a_stream_is_not_tried_again(headers: dict[str, str], end: bytes) -> None:
    host = answering(json.dumps(REFUSED).encode() + (end if len(end) < 3 else b""), headers=headers)
    with pytest.raises(BadRequestError) as caught:
        list(host.model(max_retries=2).stream("?"))
    assert caught.value.code == "3280"
    assert len(host.requests) == 1


@pytest.mark.parametrize("headers", TYPES)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_whole_answer_instead_of_a_stream_is_taken(headers: dict[str, str], indent: int | None) -> None:
    host = answering(b"\xef\xbb\xbf \n" + json.dumps(answer(content="Hello"), indent=indent).encode(), headers=headers)
    assert reduce(add, host.model().stream("?")).text == "Hello"


def test_an_error_on_a_line_of_its_own_within_a_stream() -> None:
    event = json.dumps({"id": "1", "choices": [{"index": 0, "delta": {"content": "Hi"}}]})
    host = answering(f"data: {event}\n\n{json.dumps(REFUSED)}\n".encode(), headers=TYPES[0])
    with pytest.raises(BadRequestError) as caught:
        list(host.model().stream("?"))
    assert (caught.value.code, caught.value.partial.text) == ("3280", "Hi")


# --- errors ---------------------------------------------------------------------------------------------------------

NO_MODEL: list[dict[str, Any]] = [
    {"object": "error", "message": "The model `ocr-1` does not exist for router `ocr`.", "type": "model_not_found"},
    {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404},
    {"error": {"message": "The model `x` does not exist or you lack access.", "code": "model_not_found"}},
    {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}},
    {"error": {"message": "model 'x' not found", "type": "api_error", "code": None}},
]


@pytest.mark.parametrize("body", NO_MODEL)
def test_a_404_for_a_model_is_not_about_the_address(body: dict[str, Any]) -> None:
    with pytest.raises(UnknownModelError) as caught:
        answering(body, status=404).model().invoke("?")
    assert "base_url" not in str(caught.value)
    assert caught.value.status == caught.value.status_code == 404


def test_another_404_is_about_the_address() -> None:
    with pytest.raises(NotFoundError, match="base_url"):
        answering({"detail": "Not Found"}, status=404).model().invoke("?")


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        ({"detail": "File 6f8b1c1e not found"}, "(NotFoundError): File 6f8b1c1e not found."),
        (
            {"object": "error", "message": "No batch job with this id", "type": "not_found"},
            "No batch job with this id.",
        ),
        ({"message": "Library does not exist"}, "Library does not exist."),
        ({"detail": "Not Found"}, "Not Found. Check the id, and base_url: it includes /v1."),
        (
            {"message": "no Route matched with those values"},
            "no Route matched with those values. Check the id, and base_url: it includes /v1.",
        ),
        ({"message": "404 page not found"}, "404 page not found. Check the id, and base_url: it includes /v1."),
    ],
)
def test_a_404_that_says_what_is_missing_is_not_about_the_address(body: dict[str, Any], advice: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        answering(body, status=404).model().invoke("?")
    assert str(caught.value).endswith(advice)


def test_an_error_has_its_status_as_a_number() -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        answering({"message": "You shall not pass"}, status=403).model().invoke("?")
    assert caught.value.status_code == 403


@pytest.mark.parametrize("body", [b'{"data": []}', b"", b"<html>busy</html>", b"data: []\n\n", b"[]"])
@pytest.mark.parametrize("stream", [False, True])
def test_an_unusable_200_is_asked_for_again_then_an_error(body: bytes, *, stream: bool) -> None:
    kind = "text/event-stream" if stream else "application/json"
    host = answering(body, headers={"content-type": kind})
    ours = host.model(max_retries=1, max_elapsed=60)
    with pytest.raises(ApiError):
        list(ours.stream("?")) if stream else ours.invoke("?")
    assert len(host.requests) == 2


# --- schemas of other dialects ----------------------------------------------------------------------------------------

SCHEMAS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"$schema": "http://json-schema.org/draft-07/schema#", "$id": "x", "properties": {"a": {"$id": "y"}}},
        {"properties": {"a": {}}},
    ),
    ({"properties": {"$id": {"type": "string"}}}, {"properties": {"$id": {"type": "string"}}}),
    (
        {"properties": {"a": {"type": "integer", "minimum": 0, "exclusiveMinimum": True}}},
        {"properties": {"a": {"type": "integer", "exclusiveMinimum": 0}}},
    ),
    (
        {"properties": {"a": {"type": "number", "maximum": 5, "exclusiveMaximum": False}}},
        {"properties": {"a": {"type": "number", "maximum": 5}}},
    ),
    (
        {"properties": {"a": {"type": "string", "required": True}, "b": {"type": "any", "required": False}}},
        {"properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]},
    ),
    (
        {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True, "enum": ["x"]}}},
        {"type": "object", "properties": {"a": {"type": ["string", "null"], "enum": ["x", None]}}},
    ),
    (
        {"properties": {"required": {"type": "bool"}, "type": {"type": "list", "items": {"type": "float"}}}},
        {"properties": {"required": {"type": "boolean"}, "type": {"type": "array", "items": {"type": "number"}}}},
    ),
]


@pytest.mark.parametrize(("given", "sent"), SCHEMAS)
def test_schemas_of_other_dialects_are_translated_for_tools_and_outputs(
    fake: FakeMistral, given: dict[str, Any], sent: dict[str, Any]
) -> None:
    given, sent = {"type": "object", **given}, {"type": "object", **sent}
    function = {"name": "f", "description": "d", "parameters": given}
    model(fake).bind_tools([{"type": "function", "function": function}]).invoke("?")
    assert fake.requests[-1].json["tools"][0]["function"]["parameters"] == sent
    host = answering(answer(content="{}"))
    host.model().with_structured_output({"title": "f", **given}, strict=False).invoke("?")
    assert host.body["response_format"]["json_schema"]["schema"] == {"title": "f", **sent}


# --- addresses and keys -------------------------------------------------------------------------------------------

VERTEX = "https://eu-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/mistralai/models/m"


@pytest.mark.parametrize(
    ("pasted", "called", "streamed"),
    [
        ("https://x.example/providers/mistral/azure/ocr", "/providers/mistral/azure/chat/completions", ""),
        ("https://api.mistral.ai/v1/chat/completions", "/v1/chat/completions", ""),
        ("https://api.mistral.ai/v1/embeddings/", "/v1/chat/completions", ""),
        ("https://api.mistral.ai", "/v1/chat/completions", ""),
        ("https://x.example/models", "/models/chat/completions", ""),
        (f"{VERTEX}:rawPredict", f"{VERTEX[36:]}:rawPredict", f"{VERTEX[36:]}:streamRawPredict"),
    ],
)
def test_addresses_as_people_paste_them(pasted: str, called: str, streamed: str) -> None:
    host = answering(answer(content="x"))
    host.model(base_url=pasted).invoke("?")
    assert host.requests[-1].url.path == called
    list(host.model(base_url=pasted).stream("?"))
    assert host.requests[-1].url.path == (streamed or called)


def test_a_key_in_a_header_of_its_own_keeps_the_key_of_the_environment_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "the-key-of-the-platform")
    host = answering(answer(content="x"))
    host.model(api_key=None, default_headers={"api-key": "azure"}).invoke("?")
    assert host.requests[-1].headers["api-key"] == "azure"
    assert "authorization" not in host.requests[-1].headers
    host.model(api_key="given", default_headers={"x-api-key": "gateway"}).invoke("?")
    assert host.requests[-1].headers["authorization"] == "Bearer given"


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({"api_key": "sk-of-a-proxy"}, {"include_usage": True}),
        ({"api_key": "sk-of-a-proxy", "stream_usage": False}, None),
        ({"stream_usage": True}, {"include_usage": True}),
        ({}, None),
    ],
)
def test_the_usage_of_streams_is_asked_for_where_hosts_want_that(settings: dict[str, Any], sent: Any) -> None:
    host = streaming({"content": "x"})
    whole = reduce(add, host.model(**settings).stream("?"))
    assert host.body.get("stream_options") == sent
    assert whole.usage_metadata is not None
    whole_host = answering(answer(content="x"))
    whole_host.model(**settings).invoke("?")
    assert "stream_options" not in whole_host.body


def test_headers_behind_a_litellm_proxy_are_read() -> None:
    headers = {"llm_provider-x-ratelimit-remaining-req-minute": "7", "x-litellm-call-id": "c-1"}
    metadata = answering(answer(content="x"), headers=headers).model().invoke("?").response_metadata
    assert metadata["rate_limits"] == {"x-ratelimit-remaining-req-minute": "7"}
    assert metadata["request_id"] == "c-1"
    platforms = headers | {"llm_provider-mistral-correlation-id": "m-1"}
    assert (
        answering(answer(content="x"), headers=platforms).model().invoke("?").response_metadata["request_id"] == "m-1"
    )
