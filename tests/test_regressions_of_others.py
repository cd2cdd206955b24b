"""What users of other integrations complain about does not happen here. Each test names the public thread."""

import asyncio
import json
from functools import reduce
from operator import add
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel

from mistral_rag import ChatMistral, MistralEmbeddings
from mistral_rag.chat_models import MessageRules
from mistral_rag.errors import ApiTimeoutError, ServerError, UnknownModelError
from mistral_rag.testing import FakeMistral, Reply, Rules, call, faults, references, thinking


def model(fake: FakeMistral, **settings: Any) -> ChatMistral:
    return ChatMistral.model_validate({"base_url": fake.base_url, "api_key": fake.key, **settings})


def sent(fake: FakeMistral) -> dict[str, Any]:
    body: dict[str, Any] = fake.requests[-1].json
    return body


class Weather(BaseModel):
    """The weather."""

    city: str


def test_langchain_36753_a_429_is_tried_again(fake: FakeMistral) -> None:
    fake.faults.add(faults.rate_limit(retry_after=0), times=2)
    assert model(fake, max_retries=2).invoke("?").text
    assert len(fake.requests) == 3


def test_langchain_35735_calls_at_once_are_limited(fake: FakeMistral) -> None:
    fake.latency = 0.02
    model(fake, max_concurrent_requests=2).batch(["?"] * 8)
    assert fake.open_connections <= 2


async def test_langchain_35735_coroutines_at_once_are_limited(fake: FakeMistral) -> None:
    fake.latency = 0.02
    await model(fake, max_concurrent_requests=2).abatch(["?"] * 8)
    assert fake.open_connections <= 2


def test_langchain_34209_a_stream_that_gave_nothing_is_tried_again(fake: FakeMistral) -> None:
    fake.faults.add(faults.cut_stream(after=0))
    fake.faults.add(faults.end_stream(after=1))
    assert "".join(chunk.text for chunk in model(fake, max_retries=2, max_elapsed=60).stream("?"))
    assert len(fake.requests) == 3


def test_langchain_38384_cached_tokens_are_counted(fake: FakeMistral) -> None:
    fake.script(Reply("Hi.", usage={"num_cached_tokens": 5}))
    usage = model(fake).invoke("?").usage_metadata
    assert usage is not None
    assert usage["input_token_details"] == {"cache_read": 5}


def test_langchain_37290_strict_false_is_sent(fake: FakeMistral) -> None:
    fake.script('{"city": "Rome"}')
    model(fake).with_structured_output(Weather, method="json_schema", strict=False).invoke("?")
    assert sent(fake)["response_format"]["json_schema"]["strict"] is False


def test_langchain_29860_structured_output_streams(fake: FakeMistral) -> None:
    fake.script('{"city": "Rome and Paris"}')
    parts = list(model(fake).with_structured_output(Weather.model_json_schema()).stream("?"))
    assert len(parts) > 2


def test_langchain_20596_arguments_as_an_object_are_read(fake: FakeMistral) -> None:
    fake.script(Reply(tool_calls=[call("Weather", {"city": "Rome"}, as_object=True)]))
    assert model(fake).bind_tools([Weather]).invoke("?").tool_calls[0]["args"] == {"city": "Rome"}


def test_langchain_21196_text_beside_calls_is_kept_or_split(fake: FakeMistral) -> None:
    history: list[BaseMessage] = [
        HumanMessage("?"),
        AIMessage("Let me see.", tool_calls=[{"name": "Weather", "args": {"city": "Rome"}, "id": "Abcdefgh1"}]),
        ToolMessage("Sunny.", tool_call_id="Abcdefgh1"),
    ]
    model(fake).invoke(history)
    assert sent(fake)["messages"][1]["content"] == "Let me see."
    fake.rules = Rules(text_beside_calls=False)
    model(fake, model="open-mistral-nemo").invoke(history)
    assert [message["content"] for message in sent(fake)["messages"]] == ["?", "Let me see.", "", "Sunny."]


def test_langchain_36427_citations_point_somewhere(fake: FakeMistral) -> None:
    fake.script(Reply(["It is sunny.", references(0)]))
    source = json.dumps({"0": {"title": "Weather report", "url": "https://w.example"}})
    history: list[BaseMessage] = [
        HumanMessage("?"),
        AIMessage("", tool_calls=[{"name": "search", "args": {}, "id": "Abcdefgh1"}]),
        ToolMessage(source, tool_call_id="Abcdefgh1"),
    ]
    (block,) = model(fake).invoke(history).content_blocks
    (note,) = block["annotations"]  # type: ignore[typeddict-item]
    assert (note["title"], block["text"][note["start_index"] : note["end_index"]]) == (  # type: ignore[typeddict-item]
        "Weather report",
        "It is sunny.",
    )


@pytest.mark.parametrize("kind", [HumanMessage, SystemMessage])
def test_mcp_adapters_411_ids_of_blocks_stay_behind(fake: FakeMistral, kind: type[BaseMessage]) -> None:
    model(fake).invoke([kind([{"type": "text", "text": "Hi", "id": "lc_1"}]), HumanMessage("?")])
    assert sent(fake)["messages"][0]["content"] == "Hi"


def test_langchain_34470_lists_in_tool_results_are_sent(fake: FakeMistral) -> None:
    model(fake).invoke(
        [
            HumanMessage("?"),
            AIMessage("", tool_calls=[{"name": "look", "args": {}, "id": "Abcdefgh1"}]),
            ToolMessage(
                [{"type": "text", "text": "a", "id": "1"}, {"type": "text", "text": "b"}], tool_call_id="Abcdefgh1"
            ),
        ]
    )
    assert sent(fake)["messages"][2]["content"] == "a\nb"


def test_langchain_20618_counting_tokens_downloads_nothing(fake: FakeMistral) -> None:
    assert model(fake).get_num_tokens("Hello world!") == 3
    assert not fake.requests


def test_langchain_20523_a_text_that_is_too_long_does_not_fail_the_call(fake: FakeMistral) -> None:
    ours = MistralEmbeddings(base_url=fake.base_url, api_key=fake.key)
    assert len(ours.embed_documents(["word " * 10_000, "short"])) == 2


def test_aifaq_116_embedding_texts_of_any_length_needs_no_hub(fake: FakeMistral) -> None:
    # the token counts that this takes come from no network: only loopback is open here
    ours = MistralEmbeddings(base_url=fake.base_url, api_key=fake.key)
    assert len(ours.embed_documents(["12 % of 3,400 " * 100] * 2 + ["word " * 9_000])) == 3


async def test_langchain_29125_embeddings_are_tried_again(fake: FakeMistral) -> None:
    ours = MistralEmbeddings(base_url=fake.base_url, api_key=fake.key, max_retries=2)
    fake.faults.add(faults.rate_limit(retry_after=0))
    fake.faults.add(faults.server_error(503))
    assert len(ours.embed_documents(["a"])) == 1
    fake.faults.add(faults.reset())
    fake.faults.add(faults.rate_limit(retry_after=0))
    assert len(await ours.aembed_documents(["a"])) == 1
    assert len(fake.requests) == 6


def test_aifaq_116_counting_tokens_says_nothing_of_hugging_face(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HF_TOKEN", "x")
    assert ChatMistral(api_key="k").get_num_tokens_from_messages([HumanMessage("Hello world!")]) == 6
    assert not caplog.records


@pytest.mark.parametrize("streamed", [False, True])
def test_langchain_31121_null_beside_a_call_is_no_text(fake: FakeMistral, streamed: bool) -> None:
    fake.script(Reply(None, tool_calls=[call("Weather", {"city": "Rome"})]))
    ours = model(fake).bind_tools([Weather])
    message = reduce(add, ours.stream("?")) if streamed else ours.invoke("?")
    assert (message.text, message.tool_calls[0]["args"]) == ("", {"city": "Rome"})


def test_langchain_27886_an_error_event_is_not_swallowed(fake: FakeMistral) -> None:
    fake.script("one two three four")
    fake.faults.add(faults.stream_error(after=3))
    with pytest.raises(ServerError):
        list(model(fake).stream("?"))


def test_langchain_20737_an_error_with_status_200_is_an_error(fake: FakeMistral) -> None:
    fake.faults.add(faults.error_as_success())
    with pytest.raises(ServerError):
        model(fake, max_retries=0).invoke("?")


def test_llama_index_13827_a_second_event_loop_works(fake: FakeMistral) -> None:
    ours = model(fake)
    assert asyncio.run(ours.ainvoke("?")).text
    assert asyncio.run(ours.ainvoke("?")).text


def test_client_python_449_a_server_that_says_nothing_is_left(fake: FakeMistral) -> None:
    fake.latency = 5.0
    with pytest.raises(ApiTimeoutError):
        model(fake, timeout=0.1, max_retries=0).invoke("?")


def test_client_python_532_refused_streams_give_their_connection_back(fake: FakeMistral) -> None:
    ours = model(fake, model="mistral-unknown", max_concurrent_requests=1)
    for _ in range(5):
        with pytest.raises(UnknownModelError):
            list(ours.stream("?"))
    assert fake.open_connections <= 1


def test_client_python_431_a_new_parameter_needs_no_release() -> None:
    bodies: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json={"choices": [{"message": {"content": "Hi"}, "finish_reason": "brand_new"}]})

    ours = ChatMistral(api_key="k", transport=httpx.MockTransport(answer), model_kwargs={"brand_new": 1})
    assert ours.invoke("?").response_metadata["finish_reason"] == "brand_new"
    assert bodies[0]["brand_new"] == 1


def test_client_python_168_odd_chunks_do_not_break_a_stream() -> None:
    events = [
        {"choices": [{"index": 0, "delta": {"role": "assistant"}}]},
        {"choices": []},
        {"id": "x", "choices": [{"index": 0, "delta": {"content": "Hi"}, "new": 1}], "usage": None},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "brand_new"}]},
        {"usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
    ]
    lines = "".join(f": ping\r\ndata: {json.dumps(event)}\r\n\r\n" for event in events) + "data: [DONE]\r\n\r\n"
    served = httpx.MockTransport(
        lambda _: httpx.Response(200, text=lines, headers={"content-type": "text/event-stream"})
    )
    message = reduce(add, ChatMistral(api_key="k", transport=served).stream("?"))
    assert (message.text, message.response_metadata["finish_reason"]) == ("Hi", "brand_new")
    assert message.usage_metadata == {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}


ORPHANED: list[BaseMessage] = [
    HumanMessage("?"),
    AIMessage(
        "",
        tool_calls=[{"name": "look", "args": {}, "id": "call_1"}, {"name": "look", "args": {"a": 1}, "id": "call_2"}],
    ),
    ToolMessage("one", tool_call_id="call_1"),
    HumanMessage("Well?"),
]


def test_client_python_234_calls_without_results_are_answered(fake: FakeMistral) -> None:
    assert model(fake).invoke(ORPHANED).text
    assert [message["role"] for message in sent(fake)["messages"]].count("tool") == 2


def test_litellm_17761_a_user_turn_after_a_tool_result_is_accepted(fake: FakeMistral) -> None:
    model(fake).invoke(ORPHANED)
    assert [message["role"] for message in sent(fake)["messages"]][-3:] == ["tool", "assistant", "user"]


def test_rig_708_a_trailing_assistant_is_accepted(fake: FakeMistral) -> None:
    model(fake).invoke([HumanMessage("?"), AIMessage("Once upon")])
    assert sent(fake)["messages"][-1]["role"] == "user"


def test_opencode_1680_ids_are_nine_letters_and_digits(fake: FakeMistral) -> None:
    raw = {"id": "call_abcdef", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    called = AIMessage("", additional_kwargs={"tool_calls": [raw]})
    model(fake).invoke([HumanMessage("?"), called, ToolMessage("one", tool_call_id="call_abcdef")])
    id_ = sent(fake)["messages"][1]["tool_calls"][0]["id"]
    assert len(id_) == 9
    assert sent(fake)["messages"][2]["tool_call_id"] == id_


def test_litellm_39736_a_named_tool_choice_is_kept(fake: FakeMistral) -> None:
    model(fake).bind_tools([Weather], tool_choice="Weather").invoke("?")
    assert sent(fake)["tool_choice"] == {"type": "function", "function": {"name": "Weather"}}


def test_litellm_30835_other_providers_extras_are_not_replayed(fake: FakeMistral) -> None:
    extras: dict[str, Any] = {"reasoning_content": "Hm.", "refusal": None, "function_call": None, "annotations": []}
    model(fake).invoke([HumanMessage("?"), AIMessage("Hi", additional_kwargs=extras, name="bot"), HumanMessage("?")])
    assert sent(fake)["messages"][1] == {"role": "assistant", "content": "Hi"}


def test_litellm_30882_metadata_of_messages_stay_behind(fake: FakeMistral) -> None:
    block = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}, "annotations": []}
    question = HumanMessage([block], name="ann", id="1", additional_kwargs={"metadata": {}}, response_metadata={"a": 1})
    model(fake).invoke([SystemMessage([block], name="boss"), question], {"metadata": {"run": "1"}, "tags": ["t"]})
    assert sent(fake) == {
        "model": "mistral-small-latest",
        "messages": [{"role": "system", "content": "Hi"}, {"role": "user", "content": "Hi"}],
    }


def test_copilot_4884_text_beside_calls_is_a_switch(fake: FakeMistral) -> None:
    history: list[BaseMessage] = [
        HumanMessage("?"),
        AIMessage("Let me see.", tool_calls=[{"name": "Weather", "args": {}, "id": "Abcdefgh1"}]),
        ToolMessage("Sunny.", tool_call_id="Abcdefgh1"),
    ]
    fake.rules = Rules(text_beside_calls=False)
    strict = model(fake, message_rules=MessageRules(text_beside_calls=False))
    assert strict.invoke(history).response_metadata["repairs"] == [
        "an assistant message with text and tool calls was split"
    ]


def test_litellm_16272_thoughts_stream(fake: FakeMistral) -> None:
    fake.script(Reply([thinking("One and one."), "Two."]))
    message = reduce(add, model(fake, reasoning_effort="high").stream("?"))
    assert [block["type"] for block in message.content_blocks] == ["reasoning", "text"]


@pytest.mark.parametrize("effort", ["low", "medium", "xhigh"])
def test_any_llm_1241_any_effort_is_accepted(fake: FakeMistral, effort: str) -> None:
    model(fake, reasoning_effort=effort).invoke("?")
    assert sent(fake)["reasoning_effort"] == "high"
    model(fake, model="ministral-3b-latest", reasoning_effort=effort).invoke("?")
    assert "reasoning_effort" not in sent(fake)


def test_any_llm_1241_prompt_mode_is_not_sent_to_models_that_refuse_it(fake: FakeMistral) -> None:
    metadata = model(fake, prompt_mode="reasoning").invoke("?").response_metadata
    assert "prompt_mode" not in sent(fake)
    assert metadata["notes"] == ["prompt_mode was left out: no model takes it any more; use reasoning_effort"]


def test_any_llm_1241_thoughts_are_replayed_beside_calls(fake: FakeMistral) -> None:
    fake.script(Reply([thinking("Rome, then.")], tool_calls=[call("Weather", {"city": "Rome"}, id="Abcdefgh1")]))
    asked = model(fake).bind_tools([Weather]).invoke("?")
    model(fake).invoke([HumanMessage("?"), asked, ToolMessage("Sunny.", tool_call_id="Abcdefgh1")])
    (thought,) = sent(fake)["messages"][1]["content"]
    assert thought["thinking"] == [{"type": "text", "text": "Rome, then."}]


def test_pydantic_ai_4762_the_default_is_the_platforms_own_schema(fake: FakeMistral) -> None:
    fake.script('{"city": "Rome"}')
    model(fake).with_structured_output(Weather).invoke("?")
    assert sent(fake)["response_format"]["type"] == "json_schema"


def test_edgequake_74_a_batch_has_at_most_256_texts(fake: FakeMistral) -> None:
    MistralEmbeddings(base_url=fake.base_url, api_key=fake.key).embed_documents([str(number) for number in range(300)])
    assert sorted(len(request.json["input"]) for request in fake.requests) == [44, 256]


def test_chroma_5597_a_batch_has_at_most_16384_tokens(fake: FakeMistral) -> None:
    texts = [f"{number} " + "1 2 3 4 5 " * 600 for number in range(12)]
    assert len(MistralEmbeddings(base_url=fake.base_url, api_key=fake.key).embed_documents(texts)) == 12


@pytest.mark.parametrize(
    "message",
    ["Too many tokens in batch. Max is 16384 got 20000", "Too many tokens overall, split into more batches."],
)
def test_dust_10654_a_batch_with_too_many_tokens_is_made_smaller(fake: FakeMistral, message: str) -> None:
    fake.faults.add(faults.error(400, {"object": "error", "message": message, "code": "3210"}))
    assert len(MistralEmbeddings(base_url=fake.base_url, api_key=fake.key).embed_documents(["a", "b", "c"])) == 3
    assert [request.json["input"] for request in fake.requests] == [["a", "b", "c"], ["a"], ["b", "c"]]


def test_llama_index_13827_embeddings_work_in_a_second_event_loop(fake: FakeMistral) -> None:
    ours = MistralEmbeddings(base_url=fake.base_url, api_key=fake.key)
    assert asyncio.run(ours.aembed_query("a")) == asyncio.run(ours.aembed_query("a"))


@pytest.mark.parametrize(
    "cached",
    [
        {"num_cached_tokens": 3},
        {"prompt_tokens_details": {"cached_tokens": 3}},
        {"prompt_token_details": {"cached_tokens": 3}},
    ],
)
def test_vercel_14382_cached_tokens_in_three_spellings(cached: dict[str, Any]) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11, **cached}
    reply = {"choices": [{"message": {"content": "Hi"}}], "usage": usage}
    served = httpx.MockTransport(lambda _: httpx.Response(200, json=reply))
    told = ChatMistral(api_key="k", transport=served).invoke("?").usage_metadata
    assert told is not None
    assert told["input_token_details"] == {"cache_read": 3}


def test_client_ts_169_rate_limit_headers_are_shown(fake: FakeMistral) -> None:
    assert model(fake).invoke("?").response_metadata["rate_limits"]["x-ratelimit-limit-tokens-minute"]


def test_livekit_7308_a_wrong_model_is_asked_for_once(fake: FakeMistral) -> None:
    with pytest.raises(UnknownModelError):
        model(fake, model="open-mistral-7b", max_retries=3).invoke("?")
    assert len(fake.requests) == 1


def test_pi_9815_retry_after_is_honoured(fake: FakeMistral) -> None:
    fake.faults.add(faults.rate_limit(retry_after=1))
    with pytest.raises(Exception, match="Rate limit") as caught:
        model(fake, max_retries=3, max_elapsed=0.5).invoke("?")
    assert caught.value.retry_after == 1.0  # type: ignore[attr-defined]
    assert len(fake.requests) == 1
