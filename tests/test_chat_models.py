import asyncio
import copy
import gc
import json
import logging
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.reduction import ForkingPickler
from typing import Annotated, Any, TypedDict

import httpx
import pytest
from langchain.agents import create_agent
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.exceptions import ModelAPIError, ModelConnectionError, ModelError, OutputParserException
from langchain_core.load import dumps, load
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    trim_messages,
)
from langchain_core.runnables import ConfigurableField
from langchain_core.tools import tool
from pydantic import BaseModel, ValidationError

from mistral_rag import ChatMistral
from mistral_rag.api import Timeouts
from mistral_rag.errors import (
    ApiConnectionError,
    ApiError,
    ApiTimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    RateLimitError,
    RefusalError,
    ResponseError,
    UnknownModelError,
)
from mistral_rag.testing import FakeMistral, Reply, call, faults, references, thinking


def model(fake: FakeMistral, **settings: Any) -> ChatMistral:
    return ChatMistral.model_validate({"base_url": fake.base_url, "api_key": fake.key, "max_retries": 0, **settings})


def sent(fake: FakeMistral) -> dict[str, Any]:
    body: dict[str, Any] = fake.requests[-1].json
    return body


def folded(chunks: Iterator[AIMessageChunk] | list[AIMessageChunk]) -> AIMessageChunk:
    first, *others = chunks
    return first.__add__(others) if others else first


def read_into(texts: list[str], chunks: Iterator[AIMessageChunk]) -> None:
    for chunk in chunks:
        texts.append(chunk.text)


async def acollected(chunks: AsyncIterator[AIMessageChunk]) -> list[AIMessageChunk]:
    return [chunk async for chunk in chunks]


@tool
def weather(city: str, days: int = 1) -> str:
    """Tell the weather."""
    return f"Sunny in {city} for {days} days."


class Person(BaseModel):
    """A person."""

    name: str
    age: int


# --- a call -------------------------------------------------------------------------------------------------------


def test_a_question_is_answered(fake: FakeMistral) -> None:
    fake.script("Paris.")
    message = model(fake).invoke("What is the capital of France?")
    assert message.content == "Paris."
    assert sent(fake) == {
        "model": "mistral-small-latest",
        "messages": [{"role": "user", "content": "What is the capital of France?"}],
    }


def test_all_ways_give_the_same_answer(fake: FakeMistral) -> None:
    fake.script(*["Paris, of course."] * 5)
    ours = model(fake)
    assert ours.invoke("?").content == "Paris, of course."
    assert asyncio.run(ours.ainvoke("?")).content == "Paris, of course."
    assert folded(list(ours.stream("?"))).content == "Paris, of course."
    assert folded(asyncio.run(acollected(ours.astream("?")))).content == "Paris, of course."
    assert ours.batch(["?"])[0].content == "Paris, of course."


def test_only_what_was_set_is_sent(fake: FakeMistral) -> None:
    model(fake, temperature=0.0, max_completion_tokens=5, seed=7, safe_mode=False, stop=[]).invoke("?", stop=["x"])
    body = sent(fake)
    assert body.keys() == {"model", "messages", "temperature", "max_tokens", "random_seed", "safe_prompt", "stop"}
    assert (body["temperature"], body["max_tokens"], body["random_seed"]) == (0.0, 5, 7)
    assert (body["safe_prompt"], body["stop"]) == (False, ["x"])


@pytest.mark.parametrize(
    ("name", "value", "range_"),
    [
        ("temperature", 1.6, "1.5"),
        ("temperature", -0.1, "0"),
        ("top_p", 1.1, "1"),
        ("max_tokens", -1, "0"),
        ("presence_penalty", 2.1, "2"),
        ("n", 0, "1"),
        ("random_seed", -1, "0"),
        ("reasoning_effort", "huge", "'high'"),
        ("response_format", {"type": "xml"}, "json_schema"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_right(fake: FakeMistral, name: str, value: Any, range_: str) -> None:
    with pytest.raises(ValidationError, match=range_):
        model(fake, **{name: value})
    with pytest.raises(ValueError, match=range_):
        model(fake).invoke("?", **{name: value})
    assert not fake.requests


def test_none_means_not_given(fake: FakeMistral, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
    monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
    names = ("base_url", "api_key", "model", "model_kwargs", "default_headers", "max_retries", "timeout", "temperature")
    ours = ChatMistral.model_validate(dict.fromkeys(names))
    ours.invoke("?")
    assert sent(fake).keys() == {"model", "messages"}
    assert ours.max_retries == 4


@pytest.mark.parametrize("address", ["", "localhost/v1", "ftp://localhost/v1", "http://"])
def test_an_address_that_is_none_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValidationError, match="base_url must begin with http:// or https://"):
        ChatMistral(api_key="k", base_url=address)


def test_an_empty_model_name_is_refused_at_once() -> None:
    with pytest.raises(ValidationError, match="at least 1 character"):
        ChatMistral(api_key="k", model="")


def test_parameters_that_are_set_later_are_checked_too(fake: FakeMistral) -> None:
    ours = model(fake)
    with pytest.raises(ValidationError, match=r"1\.5"):
        ours.temperature = 9
    ours.temperature = 0.5
    ours.invoke("?")
    assert sent(fake)["temperature"] == 0.5


def test_a_misspelt_parameter_is_not_swallowed(fake: FakeMistral) -> None:
    with pytest.raises(ValidationError, match="no parameter temprature; did you mean temperature"):
        model(fake, temprature=0.5)
    with pytest.raises(ValidationError, match="no parameter extra_headers; did you mean default_headers"):
        model(fake, extra_headers={"x-team": "a"})
    with pytest.raises(ValueError, match="no parameter temprature; did you mean temperature"):
        model(fake).invoke("?", temprature=0.5)


def test_parameters_newer_than_this_release_go_through(fake: FakeMistral) -> None:
    fake.newer = True
    model(fake, model_kwargs={"metadata": {"team": "a"}}).invoke("?", model_kwargs={"prompt_cache_key": "k"})
    assert (sent(fake)["metadata"], sent(fake)["prompt_cache_key"]) == ({"team": "a"}, "k")


def test_settings_can_change_in_the_middle_of_a_conversation(fake: FakeMistral) -> None:
    ours = model(fake, temperature=0.2).configurable_fields(temperature=ConfigurableField(id="heat"))
    ours.invoke("?", {"configurable": {"heat": 0.7}})
    assert sent(fake)["temperature"] == 0.7
    message = model(fake).bind(temperature=0.9).invoke("?", model="ministral-8b-latest")
    assert (sent(fake)["temperature"], sent(fake)["model"]) == (0.9, "ministral-8b-latest")
    assert message.response_metadata["model_name"] == "ministral-8b-latest"


def test_several_answers(fake: FakeMistral) -> None:
    result = model(fake).generate([[HumanMessage("?")]], n=2)
    assert len(result.generations[0]) == 2
    assert [g.message.usage_metadata is None for g in result.generations[0]] == [False, True]  # type: ignore[union-attr]


def test_several_answers_do_not_stream(fake: FakeMistral) -> None:
    with pytest.raises(ConfigurationError, match="can't be streamed"):
        list(model(fake, n=2).stream("?"))


def test_no_message_is_said_at_once(fake: FakeMistral) -> None:
    with pytest.raises(ConfigurationError, match="no message"):
        model(fake).invoke([])


# --- metadata -----------------------------------------------------------------------------------------------------


def test_metadata_tell_the_truth(fake: FakeMistral) -> None:
    headers = {"mistral-correlation-id": "abc", "x-model-deprecation-timestamp": "2027-01-31T00:00:00Z"}
    fake.script(Reply("Hi.", model="mistral-small-2603", headers=headers))
    metadata = model(fake).invoke("?").response_metadata
    assert metadata["model_name"] == "mistral-small-2603"
    assert metadata["request_id"] == "abc"
    assert metadata["id"]
    assert metadata["deprecation"] == "2027-01-31T00:00:00Z"
    assert metadata["finish_reason"] == "stop"
    assert metadata["model_provider"] == "mistral"
    assert metadata["created"] > 0
    assert "x-ratelimit-remaining-tokens-minute" in metadata["rate_limits"]
    assert metadata["total_time"] > 0


def test_a_stream_tells_the_same(fake: FakeMistral) -> None:
    whole = folded(list(model(fake).stream("Tell me more")))
    once = model(fake).invoke("Tell me more")
    volatile = {"id", "request_id", "rate_limits", "total_time", "time_to_first_token", "created"}
    assert {k: v for k, v in whole.response_metadata.items() if k not in volatile} == {
        k: v for k, v in once.response_metadata.items() if k not in volatile
    }
    assert whole.usage_metadata == once.usage_metadata
    assert whole.response_metadata.keys() >= {"request_id", "rate_limits", "time_to_first_token", "created"}


@pytest.mark.parametrize(
    "usage",
    [
        {"num_cached_tokens": 3},
        {"num_cached_tokens": None, "prompt_tokens_details": {"cached_tokens": 3}},
        {"num_cached_tokens": None, "prompt_tokens_details": None, "prompt_token_details": {"cached_tokens": 3}},
    ],
)
def test_cached_tokens_are_counted_in_every_spelling(fake: FakeMistral, usage: dict[str, Any]) -> None:
    fake.script(Reply("Hi.", usage={"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12, **usage}))
    assert model(fake).invoke("?").usage_metadata == {
        "input_tokens": 10,
        "output_tokens": 2,
        "total_tokens": 12,
        "input_token_details": {"cache_read": 3},
    }


def test_reasoning_tokens_are_counted(fake: FakeMistral) -> None:
    fake.script(Reply("Hi.", usage={"completion_tokens_details": {"reasoning_tokens": 7}}))
    usage = model(fake).invoke("?").usage_metadata
    assert usage is not None
    assert usage["output_token_details"] == {"reasoning": 7}


def test_usage_callbacks_see_the_model(fake: FakeMistral) -> None:
    handler = UsageMetadataCallbackHandler()
    model(fake).invoke("?", {"callbacks": [handler]})
    list(model(fake).stream("?", {"callbacks": [handler]}))
    assert handler.usage_metadata.keys() == {"mistral-small-latest"}


def test_tracing_names_the_provider() -> None:
    params = ChatMistral(model="mistral-large-latest", api_key="k", temperature=0.3, stop=["x"])._get_ls_params()
    assert params == {
        "ls_provider": "mistral",
        "ls_model_type": "chat",
        "ls_model_name": "mistral-large-latest",
        "ls_temperature": 0.3,
        "ls_stop": ["x"],
    }


# --- streams ------------------------------------------------------------------------------------------------------


def test_a_stream_comes_piece_by_piece_and_says_when_it_ends(fake: FakeMistral) -> None:
    fake.script("one two three")
    chunks = list(model(fake).stream("?"))
    assert "".join(chunk.text for chunk in chunks) == "one two three"
    assert len(chunks) > 3
    assert [chunk.chunk_position for chunk in chunks[-2:]] == [None, "last"]
    assert [chunk.usage_metadata is not None for chunk in chunks].count(True) == 1
    assert chunks[-1].response_metadata["finish_reason"] == "stop"


BREAKS = [
    (faults.cut_stream(after=3), ModelConnectionError),
    (faults.cut_stream(after=3, reset=True), ModelConnectionError),
    (faults.end_stream(after=3), ModelConnectionError),
    (faults.stream_error(after=3), ModelAPIError),
]


@pytest.mark.parametrize(("fault", "kind"), BREAKS)
def test_a_broken_stream_is_an_error_with_what_had_come(
    fake: FakeMistral, fault: faults.Fault, kind: type[ModelError]
) -> None:
    fake.script("one two three four five six")
    fake.faults.add(fault)
    got: list[str] = []
    with pytest.raises(ApiError, match="broke off") as caught:
        read_into(got, model(fake, max_retries=3).stream("?"))
    assert isinstance(caught.value, kind)
    assert caught.value.partial.text == "".join(got) == "one two"
    assert len(fake.requests) == 1


@pytest.mark.parametrize(("fault", "kind"), BREAKS)
async def test_a_broken_stream_is_an_error_for_coroutines_too(
    fake: FakeMistral, fault: faults.Fault, kind: type[ModelError]
) -> None:
    fake.script("one two three four five six")
    fake.faults.add(fault)
    with pytest.raises(ApiError) as caught:
        await acollected(model(fake).astream("?"))
    assert isinstance(caught.value, kind)
    assert caught.value.partial.text == "one two"


def test_a_stream_is_tried_again_until_its_first_token(fake: FakeMistral) -> None:
    fake.faults.add(faults.rate_limit(retry_after=0))
    fake.faults.add(faults.stream_error(after=1))
    assert folded(list(model(fake, max_retries=2, max_elapsed=60).stream("Hello"))).text
    assert len(fake.requests) == 3


@pytest.mark.parametrize("reason", ["error", "content_filter"])
def test_a_finish_reason_that_means_no_answer_is_an_error(fake: FakeMistral, reason: str) -> None:
    fake.script(Reply("Half of", finish_reason=reason), Reply("Half of", finish_reason=reason))
    expected: type[Exception] = ResponseError if reason == "error" else RefusalError
    with pytest.raises(expected) as caught:
        model(fake).invoke("?")
    assert caught.value.partial.text == "Half of"  # type: ignore[attr-defined]
    with pytest.raises(expected) as caught:
        list(model(fake).stream("?"))
    assert caught.value.partial.text == "Half of"  # type: ignore[attr-defined]


def test_an_answer_that_was_cut_off_says_so(fake: FakeMistral) -> None:
    fake.script("one two three four five", "one two three four five")
    assert model(fake, max_tokens=2).invoke("?").response_metadata["truncated"] is True
    metadata = folded(list(model(fake, max_tokens=2).stream("?"))).response_metadata
    assert (metadata["truncated"], metadata["finish_reason"]) == (True, "length")


async def test_leaving_a_stream_closes_its_connection(fake: FakeMistral) -> None:
    fake.event_latency = 0.02
    fake.script("one two three four five six seven eight nine ten", "one two three four five six seven eight nine ten")
    ours = model(fake)
    for _ in ours.stream("?"):
        break
    async for _ in ours.astream("?"):
        break
    for _ in range(200):
        await asyncio.sleep(0.01)
        if not fake.open_connections:
            return
    pytest.fail("a connection stayed open")


# --- errors -------------------------------------------------------------------------------------------------------


def test_a_busy_server_is_asked_again(fake: FakeMistral) -> None:
    fake.faults.add(faults.rate_limit(retry_after=0), times=2)
    assert model(fake, max_retries=2).invoke("?").text


def test_a_further_attempt_is_in_the_log(fake: FakeMistral, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mistral_rag")
    fake.faults.add(faults.rate_limit(retry_after=0))
    model(fake, max_retries=1).invoke("?")
    (line,) = caplog.messages
    assert line.startswith("Attempt 1 failed (request ")
    assert ", the next one is in 0.0 s: Mistral API error 429 (rate_limited)" in line
    assert fake.key not in line


ODD = [{}, {"choices": []}, {"choices": [None]}, {"choices": [{"message": {"content": 7}}]}, {"choices": 3}]


@pytest.mark.parametrize("body", ODD)
def test_a_reply_without_the_form_of_one_is_a_typed_error(fake: FakeMistral, body: dict[str, Any]) -> None:
    fake.faults.add(faults.error(200, body), times=2)
    with pytest.raises(ResponseError):
        model(fake).invoke("?")
    with pytest.raises((ResponseError, ApiConnectionError)):
        list(model(fake).stream("?"))


def test_a_wait_that_is_too_long_is_not_waited(fake: FakeMistral) -> None:
    fake.faults.add(faults.rate_limit(retry_after=3600))
    with pytest.raises(RateLimitError) as caught:
        model(fake, max_retries=2).invoke("?")
    assert caught.value.retry_after == 3600.0
    assert len(fake.requests) == 1


async def test_one_call_can_have_less_patience(fake: FakeMistral) -> None:
    ours = model(fake)
    fake.faults.add(faults.slow(5.0), times=4)
    with pytest.raises(ApiTimeoutError):
        ours.invoke("?", timeout=0.1)
    with pytest.raises(ApiTimeoutError):
        await ours.ainvoke("?", timeout=0.1)
    with pytest.raises(ApiTimeoutError):
        list(ours.bind(timeout=Timeouts(read=0.1)).stream("?"))
    with pytest.raises(ApiTimeoutError):
        await acollected(ours.astream("?", timeout=httpx.Timeout(5.0, read=0.1)))
    assert ours.invoke("?").text
    assert "timeout" not in sent(fake)


def test_a_timeout_may_be_httpxs(fake: FakeMistral) -> None:
    ours = model(fake, timeout=httpx.Timeout(7.0, connect=2.0))
    assert ours.timeout == Timeouts(connect=2.0, read=7.0, write=7.0, pool=7.0)


@pytest.mark.parametrize("seconds", [0, -1, "5", True])
def test_a_timeout_that_is_none_is_refused(fake: FakeMistral, seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match="above 0"):
        model(fake).invoke("?", timeout=seconds)
    assert not fake.requests


def test_an_unknown_model_is_named(fake: FakeMistral) -> None:
    with pytest.raises(UnknownModelError, match="mistral-huge"):
        model(fake, model="mistral-huge").invoke("?")


def test_a_wrong_key_is_said_without_the_key(fake: FakeMistral) -> None:
    with pytest.raises(AuthenticationError) as caught:
        model(fake, api_key="wr0ng-key").invoke("?")
    assert "wr0ng" not in str(caught.value)


def test_a_missing_key_says_where_to_get_one(fake: FakeMistral) -> None:
    with pytest.raises(AuthenticationError, match=r"https://console\.mistral\.ai/api-keys"):
        model(fake, api_key=None).invoke("?")
    assert not fake.requests


# --- tools --------------------------------------------------------------------------------------------------------


def test_a_tool_is_called_and_its_result_read(fake: FakeMistral) -> None:
    fake.script(Reply(tool_calls=[call("weather", {"city": "Paris"}, id="Abcdefgh1")]), "It is sunny.")
    ours = model(fake).bind_tools([weather])
    asked = ours.invoke("How is the weather?")
    assert asked.tool_calls == [{"name": "weather", "args": {"city": "Paris"}, "id": "Abcdefgh1", "type": "tool_call"}]
    answer = ours.invoke([HumanMessage("How is the weather?"), asked, weather.invoke(asked.tool_calls[0])])
    assert answer.content == "It is sunny."
    assert sent(fake)["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {
                    "id": "Abcdefgh1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city": "Paris"}'},
                }
            ],
        },
        {
            "role": "tool",
            "content": "Sunny in Paris for 1 days.",
            "tool_call_id": "Abcdefgh1",
            "name": "weather",
        },
    ]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("id_", ["null", "", "sameIdAll"])
def test_parallel_calls_without_ids_of_their_own_stay_apart(fake: FakeMistral, id_: str, streamed: bool) -> None:
    fake.script(
        Reply("Looking.", tool_calls=[call("weather", {"city": c}, id=id_) for c in ("Paris", "Rome", "Paris")])
    )
    ours = model(fake).bind_tools([weather])
    message = folded(list(ours.stream("?"))) if streamed else ours.invoke("?")  # type: ignore[arg-type]
    assert [item["args"] for item in message.tool_calls] == [{"city": "Paris"}, {"city": "Rome"}, {"city": "Paris"}]
    assert len({item["id"] for item in message.tool_calls}) == 3
    assert "null" not in {item["id"] for item in message.tool_calls}
    assert message.text == "Looking."


def test_arguments_may_come_as_an_object(fake: FakeMistral) -> None:
    fake.script(*[Reply(tool_calls=[call("weather", {"city": "Paris"}, as_object=True)])] * 2)
    ours = model(fake).bind_tools([weather])
    assert ours.invoke("?").tool_calls[0]["args"] == {"city": "Paris"}
    assert folded(list(ours.stream("?"))).tool_calls[0]["args"] == {"city": "Paris"}  # type: ignore[arg-type]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("arguments", ['{"city": "Par', '{"city": ["a", {"b": "c', "[1]", "{,}", '{"city"'])
def test_cut_arguments_are_invalid_and_not_completed(fake: FakeMistral, arguments: str, streamed: bool) -> None:
    fake.script(Reply(tool_calls=[call("weather", arguments)], finish_reason="length"))
    ours = model(fake).bind_tools([weather])
    message = folded(list(ours.stream("?"))) if streamed else ours.invoke("?")  # type: ignore[arg-type]
    assert message.tool_calls == []
    assert len(message.invalid_tool_calls) == 1
    assert str(message.invalid_tool_calls[0]["args"]).startswith(arguments)


@pytest.mark.parametrize(
    ("choice", "wire"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("any", "any"),
        ("required", "any"),
        (True, {"type": "function", "function": {"name": "weather"}}),
        ("weather", {"type": "function", "function": {"name": "weather"}}),
        ({"type": "function", "function": {"name": "weather"}}, {"type": "function", "function": {"name": "weather"}}),
        (None, None),
        (False, None),
    ],
)
def test_a_tool_choice_in_every_form(fake: FakeMistral, choice: Any, wire: Any) -> None:
    model(fake).bind_tools([weather], tool_choice=choice, parallel_tool_calls=False).invoke("?")
    assert sent(fake).get("tool_choice") == wire
    assert sent(fake)["parallel_tool_calls"] is False


def test_no_tools_are_not_sent(fake: FakeMistral) -> None:
    model(fake).bind_tools([]).invoke("?")
    assert sent(fake).keys() == {"model", "messages"}


def test_a_history_of_another_provider_is_repaired_and_told(fake: FakeMistral) -> None:
    history: list[BaseMessage] = [
        HumanMessage("How is the weather?"),
        AIMessage("", tool_calls=[{"name": "weather", "args": {"city": "Paris"}, "id": "call_abcdefghijkl"}]),
        ToolMessage("Sunny.", tool_call_id="call_abcdefghijkl"),
        HumanMessage("And in Rome?"),
    ]
    metadata = model(fake).invoke(history).response_metadata
    assert metadata["repairs"] == [
        "a tool call id was rewritten",
        "an assistant message was put between a tool result and a user message",
    ]
    assert folded(list(model(fake).stream(history))).response_metadata["repairs"] == metadata["repairs"]


def test_an_agent_uses_tools_and_the_platforms_own_schema(fake: FakeMistral) -> None:
    fake.script(Reply(tool_calls=[call("weather", {"city": "Paris"})]), '{"name": "Paris", "age": 2000}')
    agent = create_agent(model(fake), tools=[weather], response_format=Person)
    state = agent.invoke({"messages": [HumanMessage("How is the weather?")]})
    assert state["structured_response"] == Person(name="Paris", age=2000)
    assert sent(fake)["response_format"]["type"] == "json_schema"
    assert len(fake.requests) == 2


@pytest.mark.parametrize("version", ["v0", "v1"])
def test_text_thoughts_and_calls_stay_apart_in_both_output_versions(fake: FakeMistral, version: str) -> None:
    calls = [call("weather", {"city": "Paris"}, id="Abcdefgh1"), call("weather", {"city": "Rome"}, id="Abcdefgh2")]
    fake.script(*[Reply([thinking("Hm."), "Look."], tool_calls=calls)] * 2)
    ours = model(fake, output_version=version).bind_tools([weather])
    whole, streamed = ours.invoke("?"), folded(list(ours.stream("?")))  # type: ignore[arg-type]
    for message in (whole, streamed):
        kinds = [block["type"] for block in message.content_blocks]
        assert kinds == ["reasoning", "text", "tool_call", "tool_call"]
        assert [found["args"] for found in message.tool_calls] == [{"city": "Paris"}, {"city": "Rome"}]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_call_made_again_after_it_was_answered_is_told(fake: FakeMistral, streamed: bool) -> None:
    asked = call("weather", {"city": "Paris"}, id="Abcdefgh1")
    history = [
        HumanMessage("?"),
        AIMessage("", tool_calls=[{"name": "weather", "args": {"city": "Paris"}, "id": "Abcdefgh0"}]),
        ToolMessage("Sunny.", tool_call_id="Abcdefgh0"),
    ]
    fake.script(Reply(tool_calls=[asked, call("weather", {"city": "Rome"}, id="Abcdefgh2")]))
    ours = model(fake)
    message = folded(list(ours.stream(history))) if streamed else ours.invoke(history)
    assert message.response_metadata["repeated_tool_calls"] == ["Abcdefgh1"]
    assert len(message.tool_calls) == 2


def test_a_repair_is_a_warning_once(fake: FakeMistral, caplog: pytest.LogCaptureFixture) -> None:
    ours = model(fake)
    for _ in range(3):
        ours.invoke([HumanMessage("Hi"), AIMessage("Hello")])
    assert caplog.messages == ["The history was repaired before it was sent: a user message was added at the end."]


# --- reasoning ----------------------------------------------------------------------------------------------------


def test_thoughts_are_apart_from_the_text_and_replayed(fake: FakeMistral) -> None:
    fake.newer = True
    fake.script(*[Reply([thinking("Two and two.", signature="sig"), "Four."])] * 2)
    ours = model(fake, reasoning_effort="high")
    message = ours.invoke("2 + 2?")
    assert message.content == [
        {"type": "reasoning", "reasoning": "Two and two.", "extras": {"closed": True, "signature": "sig"}},
        {"type": "text", "text": "Four."},
    ]
    assert message.text == "Four."
    streamed = folded(list(ours.stream("2 + 2?")))
    assert [{k: v for k, v in block.items() if k != "index"} for block in streamed.content_blocks] == message.content
    ours.invoke([HumanMessage("2 + 2?"), message, HumanMessage("And 3 + 3?")])
    assert sent(fake)["messages"][1]["content"] == [
        {
            "type": "thinking",
            "thinking": [{"type": "text", "text": "Two and two."}],
            "closed": True,
            "signature": "sig",
        },
        {"type": "text", "text": "Four."},
    ]


@pytest.mark.parametrize(
    ("effort", "sent_effort"), [("high", "high"), ("low", "high"), ("max", "high"), ("none", "none")]
)
def test_the_effort_is_fitted_to_the_model(fake: FakeMistral, effort: str, sent_effort: str) -> None:
    metadata = model(fake, reasoning_effort=effort).invoke("?").response_metadata
    assert sent(fake)["reasoning_effort"] == sent_effort
    assert ("notes" in metadata) == (effort != sent_effort)


def test_a_model_that_does_not_reason_is_not_asked_to(fake: FakeMistral) -> None:
    metadata = model(fake, model="ministral-8b-latest", reasoning_effort="low").invoke("?").response_metadata
    assert "reasoning_effort" not in sent(fake)
    assert metadata["notes"] == ["reasoning_effort was left out: ministral-8b-latest does not reason"]


# --- citations ----------------------------------------------------------------------------------------------------

SOURCES = json.dumps(
    {
        "0": {"url": "https://a.example", "title": "A", "snippets": [["Paris is the capital."]], "page": 3},
        "1": {"url": "https://b.example", "title": "B", "snippets": [["Rome is old."]], "document_id": "doc-b"},
    }
)
ASKED = [
    HumanMessage("?"),
    AIMessage("", tool_calls=[{"name": "search", "args": {}, "id": "Abcdefgh1"}]),
    ToolMessage(SOURCES, tool_call_id="Abcdefgh1"),
]


@pytest.mark.parametrize("streamed", [False, True])
def test_references_become_citations_of_the_text_before_them(fake: FakeMistral, streamed: bool) -> None:
    fake.script(Reply(["The capital is Paris. ", references(0), "Rome is older", references(1), ", they say."]))
    ours = model(fake)
    message = folded(list(ours.stream(ASKED))) if streamed else ours.invoke(ASKED)
    assert message.text == "The capital is Paris. Rome is older, they say."
    cited = [
        (block["text"][note["start_index"] : note["end_index"]], note)
        for block in message.content_blocks
        if block["type"] == "text"
        for note in block.get("annotations", [])
        if note["type"] == "citation"
    ]
    assert [text for text, _ in cited] == ["The capital is Paris.", "Rome is older"]
    assert cited[0][1]["title"] == "A"
    assert cited[0][1]["url"] == "https://a.example"
    assert cited[0][1]["cited_text"] == "Paris is the capital."
    assert cited[0][1]["extras"] == {"reference_id": 0, "page": 3}
    assert cited[1][1]["extras"] == {"reference_id": 1, "document_id": "doc-b"}


def test_citations_are_replayed(fake: FakeMistral) -> None:
    fake.script(Reply(["The capital is Paris.", references(0), " So it is."]))
    answer = model(fake).invoke(ASKED)
    model(fake).invoke([*ASKED, answer, HumanMessage("Sure?")])
    assert sent(fake)["messages"][3]["content"] == [
        {"type": "text", "text": "The capital is Paris."},
        {"type": "reference", "reference_ids": [0]},
        {"type": "text", "text": " So it is."},
    ]


# --- structured output --------------------------------------------------------------------------------------------


class City(TypedDict):
    """A city."""

    name: Annotated[str, ..., "its name"]


METHODS = ["json_schema", "function_calling", "json_mode"]


def answered(method: str, text: str, *, name: str = "Person", finish_reason: str | None = None) -> Reply:
    if method == "function_calling":
        return Reply(tool_calls=[call(name, text)], finish_reason=finish_reason)
    return Reply(text, finish_reason=finish_reason)


@pytest.mark.parametrize("method", METHODS)
def test_an_object_comes_back(fake: FakeMistral, method: Any) -> None:
    fake.script(*[answered(method, '{"name": "Ann", "age": 7}')] * 3)
    ours = model(fake).with_structured_output(Person, method=method)
    assert ours.invoke("As JSON: who?") == Person(name="Ann", age=7)
    assert asyncio.run(ours.ainvoke("As JSON: who?")) == Person(name="Ann", age=7)
    assert list(ours.stream("As JSON: who?"))[-1] == Person(name="Ann", age=7)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", ['{"name": "Ann", "age": 7', '{"name": "Ann", "age": 71}'])
def test_cut_output_never_passes_as_whole(fake: FakeMistral, method: Any, text: str) -> None:
    fake.script(*[answered(method, text, finish_reason="length")] * 3)
    ours = model(fake).with_structured_output(Person, method=method)
    with pytest.raises(OutputParserException):
        ours.invoke("JSON?")
    with pytest.raises(OutputParserException):
        list(ours.stream("JSON?"))
    raw = model(fake).with_structured_output(Person, method=method, include_raw=True).invoke("JSON?")
    assert (raw["parsed"], type(raw["parsing_error"])) == (None, OutputParserException)


@pytest.mark.parametrize("method", METHODS)
def test_output_that_does_not_fit_is_an_error(fake: FakeMistral, method: Any) -> None:
    fake.script(answered(method, '{"name": "Ann"}'))
    with pytest.raises(OutputParserException, match="does not fit Person"):
        model(fake).with_structured_output(Person, method=method).invoke("JSON?")


@pytest.mark.parametrize("method", METHODS)
def test_the_model_is_shown_its_mistake_once(fake: FakeMistral, method: Any) -> None:
    fake.script(answered(method, '{"name": "Ann"}'), answered(method, '{"name": "Ann", "age": 7}'))
    ours = model(fake).with_structured_output(Person, method=method, repair=True)
    assert ours.invoke("JSON?") == Person(name="Ann", age=7)
    assert "age" in str(sent(fake)["messages"][2]["content"])
    fake.script(*[answered(method, '{"name": "Ann"}')] * 2)
    with pytest.raises(OutputParserException):
        asyncio.run(ours.ainvoke("JSON?"))
    assert len(fake.requests) == 4


def test_an_object_grows_while_it_streams(fake: FakeMistral) -> None:
    fake.script('{"name": "Ann and Bob", "age": 7}')
    schema = {
        "title": "person",
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    }
    parts = list(model(fake).with_structured_output(schema).stream("?"))
    assert len(parts) > 2
    assert parts[-1] == {"name": "Ann and Bob", "age": 7}
    assert all(str(part.get("name", "")) in "Ann and Bob" for part in parts)


@pytest.mark.parametrize(
    ("schema", "strict", "sent_strict"),
    [(Person, None, True), (Person, False, False), (Person, True, True), (dict, None, None)],
)
def test_strict_is_sent_as_it_was_asked_for(fake: FakeMistral, schema: Any, strict: Any, sent_strict: Any) -> None:
    if schema is dict:
        schema = {"title": "free", "type": "object", "additionalProperties": {"type": "string"}}
        sent_strict = False
    fake.script('{"name": "Ann", "age": 7}')
    model(fake).with_structured_output(schema, strict=strict).invoke("?")
    sent_format = sent(fake)["response_format"]["json_schema"]
    assert sent_format["strict"] is sent_strict


def test_json_mode_needs_no_schema(fake: FakeMistral) -> None:
    fake.script('{"name": "Rome"}')
    assert model(fake).with_structured_output(method="json_mode").invoke("JSON?") == {"name": "Rome"}
    with pytest.raises(ConfigurationError, match="schema"):
        model(fake).with_structured_output()


def test_typed_dicts_and_whole_formats_are_schemas(fake: FakeMistral) -> None:
    fake.script(*['{"name": "Rome"}'] * 3)
    assert model(fake).with_structured_output(City).invoke("?") == {"name": "Rome"}
    assert sent(fake)["response_format"]["json_schema"]["name"] == "City"
    inner = {"name": "city", "schema": {"type": "object", "properties": {"name": {"type": "string"}}}, "strict": False}
    for schema in (inner, {"type": "json_schema", "json_schema": inner}):
        assert model(fake).with_structured_output(schema).invoke("?") == {"name": "Rome"}
        assert sent(fake)["response_format"]["json_schema"] == inner


def test_a_class_can_be_the_response_format(fake: FakeMistral) -> None:
    fake.script('{"name": "Ann", "age": 7}')
    model(fake).bind(response_format=Person).invoke("?")
    told = sent(fake)["response_format"]["json_schema"]
    assert (told["name"], told["strict"], list(told["schema"]["properties"])) == ("Person", True, ["name", "age"])


class Branch(BaseModel):
    """A tree."""

    branches: list["Branch"] = []


def test_a_schema_that_refers_to_itself_has_its_keys_at_the_root(fake: FakeMistral) -> None:
    fake.script('{"branches": [{"branches": []}]}')
    assert model(fake).with_structured_output(Branch).invoke("?") == Branch(branches=[Branch()])
    told = sent(fake)["response_format"]["json_schema"]["schema"]
    assert (told["type"], list(told["properties"]), list(told["$defs"])) == ("object", ["branches"], ["Branch"])


@pytest.mark.parametrize("around", ["```json\n{}\n```", "Here it is:\n```\n{}\n```\nGood luck!"])
def test_a_fenced_object_is_read(fake: FakeMistral, around: str) -> None:
    fake.script(around.replace("{}", '{"name": "Ann", "age": 7}'))
    assert model(fake).with_structured_output(Person).invoke("?") == Person(name="Ann", age=7)


def test_json_mode_has_the_word_json_in_its_prompt(fake: FakeMistral) -> None:
    fake.script("{}", "{}")
    model(fake).bind(response_format={"type": "json_object"}).invoke("Who?")
    assert "JSON" in sent(fake)["messages"][0]["content"]
    model(fake).bind(response_format={"type": "json_object"}).invoke("Who? As json.")
    assert sent(fake)["messages"] == [{"role": "user", "content": "Who? As json."}]


# --- LangChain ----------------------------------------------------------------------------------------------------


def test_the_key_is_nowhere_to_be_seen(fake: FakeMistral, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ours = model(fake, default_headers={"x-gateway-key": "s3cret"})
    ours.invoke("?")
    told = repr(ours) + str(ours) + dumps(ours) + json.dumps(ours.asdict()) + caplog.text
    assert fake.key not in told
    assert "s3cret" not in told
    assert fake.requests[0].headers["x-gateway-key"] == "s3cret"


def test_a_login_in_the_base_url_is_sent_and_never_seen(fake: FakeMistral, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    address = fake.base_url.replace("http://", "http://bob:s3cr%40t@")
    ours = model(fake, base_url=address)
    copied = model(fake).model_copy(update={"base_url": address})
    fake.faults.add(faults.error(400, {"message": "Who is Ym9iOnMzY3JAdA==?"}), times=2)
    for one in (ours, copied):
        with pytest.raises(BadRequestError, match=r"Who is \[key\]\?"):
            one.invoke("?")
        assert one.client.settings.authorization == "Basic Ym9iOnMzY3JAdA=="
    with pytest.raises(ApiConnectionError) as failed:
        model(fake, base_url="http://bob:s3cr%40t@127.0.0.1:9/v1").invoke("?")
    shown = [repr(ours), str(ours), dumps(ours), json.dumps(ours.asdict()), caplog.text, str(failed.value)]
    assert "127.0.0.1:9/v1" in shown[-1]
    assert not [text for text in shown if "s3cr" in text or "Ym9iOnMzY3JAdA" in text]


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "http://bob:s3c/ret@localhost/v1"},
        {"api_key": "s3cret", "response_format": {"type": "xml"}},
        {"apikey": "s3cret"},
        {"api_key": ["s3cret"]},
    ],
)
def test_a_wrong_setting_is_refused_without_showing_what_was_set(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="ChatMistral") as refused:
        ChatMistral.model_validate(settings)
    assert "s3c" not in str(refused.value)


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
def test_a_saved_model_is_loaded_without_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    patience = Timeouts(connect=1.0, read=2.0)
    ours = ChatMistral(model="mistral-large-latest", api_key="k", temperature=0.1, timeout=patience)
    saved = json.loads(dumps(ours))
    monkeypatch.setenv("MISTRAL_API_KEY", "another")
    again = load(saved, allowed_objects=[ChatMistral], valid_namespaces=["mistral_rag"], secrets_from_env=True)
    told = (again.model, again.temperature, again.timeout, again.api_key.get_secret_value())
    assert told == ("mistral-large-latest", 0.1, patience, "another")


def test_answers_can_be_cached(fake: FakeMistral) -> None:
    ours = model(fake, cache=InMemoryCache())
    assert ours.invoke("?").content == ours.invoke("?").content
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("name", "tokens", "prompt"),
    [
        ("mistral-small-latest", 9, 11),
        ("a-model-of-tomorrow", 9, 11),
        ("codestral-2405", 12, 13),
        ("mistral-large-2411", 12, 13),
    ],
)
def test_tokens_are_counted_by_the_models_own_vocabulary(name: str, tokens: int, prompt: int) -> None:
    ours = ChatMistral(model=name, api_key="k")
    assert ours.get_num_tokens("L'été 12345 naïve") == tokens
    assert ours.get_num_tokens_from_messages([SystemMessage("Be kind."), HumanMessage("Good morning, all!")]) == prompt


def test_a_history_can_be_trimmed_to_a_number_of_tokens() -> None:
    calls = [{"name": "weather", "args": {"city": "Rome"}, "id": "Abcdefgh1"}]
    history = [
        SystemMessage("Be kind."),
        HumanMessage("Tell me all about Rome. " * 20),
        AIMessage("Rome is old."),
        HumanMessage("How is the weather there?"),
        AIMessage("Let me see.", tool_calls=calls),
        ToolMessage("Sunny.", tool_call_id="Abcdefgh1"),
        AIMessage("It is sunny."),
    ]
    ours = ChatMistral(api_key="k")
    kept = trim_messages(
        history, max_tokens=100, token_counter=ours, strategy="last", start_on="human", include_system=True
    )
    assert [message.type for message in kept] == ["system", "human", "ai", "tool", "ai"]
    assert ours.get_num_tokens_from_messages([]) == 0


def test_names_that_other_integrations_use(fake: FakeMistral) -> None:
    ours = ChatMistral.model_validate({"model_name": "m", "mistral_api_key": "k", "endpoint": "http://localhost/v1"})
    assert (ours.model, ours.model_name, ours.endpoint) == ("m", "m", "http://localhost/v1")
    assert ours.mistral_api_key is not None


async def test_requests_can_go_through_clients_of_the_callers() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"choices": [{"message": {"content": "Hi."}}]})

    headers = {"Authorization": "Bearer theirs", "x-team": "a"}
    options: dict[str, Any] = {"transport": httpx.MockTransport(answer), "headers": headers, "base_url": "http://h/v1"}
    with httpx.Client(**options) as client:
        async with httpx.AsyncClient(**options) as async_client:
            ours = ChatMistral.model_validate({"client": client, "async_client": async_client})
            assert (ours.invoke("?").text, (await ours.ainvoke("?")).text) == ("Hi.", "Hi.")
            assert "theirs" not in repr(ours) + dumps(ours)
            del ours
            gc.collect()
            assert (client.is_closed, async_client.is_closed) == (False, False)
    assert {str(request.url) for request in seen} == {"http://h/v1/chat/completions"}
    assert {request.headers["authorization"] for request in seen} == {"Bearer theirs"}
    assert {request.headers["x-team"] for request in seen} == {"a"}


def test_a_model_can_be_copied(fake: FakeMistral) -> None:
    ours = model(fake)
    ours.invoke("?")
    assert copy.deepcopy(ours).invoke("?").text
    warmer = ours.model_copy(update={"temperature": 0.9, "base_url": "http://127.0.0.1:9/v1"})
    with pytest.raises(ApiConnectionError):
        warmer.invoke("?")


def test_configured_models_share_their_connections(fake: FakeMistral) -> None:
    ours = model(fake).configurable_fields(temperature=ConfigurableField(id="heat"))
    for heat in (0.1, 0.2, 0.3):
        ours.invoke("?", {"configurable": {"heat": heat}})
    assert fake.open_connections == 1


def test_a_copy_with_other_settings_leaves_the_connections_of_the_first(fake: FakeMistral) -> None:
    ours = model(fake)
    hasty = ours.model_copy(update={"timeout": 5.0})
    for _ in range(3):
        assert ours.invoke("?").text == hasty.invoke("?").text
    assert fake.open_connections == 2


def test_a_model_can_be_sent_to_another_process(fake: FakeMistral, monkeypatch: pytest.MonkeyPatch) -> None:
    # the key is not sent along: the other process has it in its environment
    monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
    ours = model(fake)
    ours.invoke("?")
    again = ForkingPickler.loads(ForkingPickler.dumps(ours))
    assert again == ours
    assert again.invoke("?").text == ours.invoke("?").text


def test_one_model_serves_many_threads_and_loops(fake: FakeMistral) -> None:
    ours = model(fake)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: asyncio.run(ours.ainvoke(str(n))) if n % 2 else ours.invoke(str(n)), range(16))
        )
    assert all(answer.text for answer in answers)


def test_a_stand_in_can_be_asked_without_a_socket() -> None:
    fake = FakeMistral()
    ours = model(fake, transport=fake.transport())
    assert ours.invoke("?").text == asyncio.run(ours.ainvoke("?")).text
    assert folded(list(ours.stream("?"))).text


def test_system_text_stays_first(fake: FakeMistral) -> None:
    model(fake).invoke([SystemMessage("Be kind."), HumanMessage("?")])
    assert [message["role"] for message in sent(fake)["messages"]] == ["system", "user"]
