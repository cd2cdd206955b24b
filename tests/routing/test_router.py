"""Calls that go to one of several models: who answers, who is asked next, and what the answer says of it."""

import copy
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.language_models import BaseChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from pydantic import BaseModel, Field, ValidationError

from mistral_rag import ChatMistral
from mistral_rag.errors import (
    ApiConnectionError,
    ApiError,
    AuthenticationError,
    ConfigurationError,
    RateLimitError,
    RefusalError,
    ServerError,
)
from mistral_rag.routing import ChatRouter, CircuitBreaker, Target
from mistral_rag.testing import FakeMistral, Reply, call, faults


class Foreign(BaseChatModel):
    """A chat model of another package: no streaming, its own form of tools, errors of its own SDK."""

    error: Any = None
    seen: list[Any] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "foreign"

    def bind_tools(self, tools: Any, *, tool_choice: Any = None, **kwargs: Any) -> Any:
        return self.bind(foreign_tools=[getattr(item, "name", "?") for item in tools], **kwargs)

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        self.seen.append(kwargs)
        if self.error is not None:
            raise self.error
        calls = [{"name": "rate", "args": {"currency": "USD"}, "id": "1"}] if "foreign_tools" in kwargs else []
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        message = AIMessage("foreign", tool_calls=calls, usage_metadata=usage)
        return ChatResult(generations=[ChatGeneration(message=message)])


class ForeignError(Exception):
    """An error of another SDK, whose message holds a key."""

    status_code = 503


def models(fake: FakeMistral, *names: str) -> list[ChatMistral]:
    names = names or ("mistral-small-latest", "mistral-medium-latest")
    return [ChatMistral(model=name, base_url=fake.base_url, api_key=fake.key, max_retries=0) for name in names]


def routing(message: BaseMessage) -> Any:
    return message.response_metadata["routing"]


def asked(fake: FakeMistral) -> list[str]:
    return [request.json["model"] for request in fake.requests]


def of(model: str, fault: faults.Fault) -> faults.Fault:
    """The fault for calls to one model."""
    return lambda request, answer: fault(request, answer) if model in request.body.decode() else answer()


BUSY = {
    "target": "mistral-small-latest",
    "error": "RateLimitError",
    "status": 429,
    "reason": "Mistral API error 429 (rate_limited): Rate limit exceeded.",
}


def test_the_first_target_answers(fake: FakeMistral) -> None:
    answer = ChatRouter(targets=models(fake)).invoke("Hello")
    assert answer.text == "You said: Hello"
    assert routing(answer) == {"target": "mistral-small-latest", "failed": [], "skipped": []}
    assert asked(fake) == ["mistral-small-latest"]


def test_the_next_one_answers_when_it_fails(fake: FakeMistral) -> None:
    fake.faults.add(faults.rate_limit())
    answer = ChatRouter(targets=models(fake)).invoke("Hello")
    assert answer.text == "You said: Hello"
    assert routing(answer) == {"target": "mistral-medium-latest", "failed": [BUSY], "skipped": []}
    assert answer.response_metadata["model_name"] == "mistral-medium-latest"


async def test_coroutines_get_the_same(fake: FakeMistral) -> None:
    router = ChatRouter(targets=models(fake))
    fake.faults.add(faults.rate_limit())
    assert routing(await router.ainvoke("Hello")) == {
        "target": "mistral-medium-latest",
        "failed": [BUSY],
        "skipped": [],
    }
    fake.faults.add(faults.rate_limit())
    chunks = [chunk async for chunk in router.astream("Hello")]
    assert "".join(chunk.text for chunk in chunks) == "You said: Hello"
    assert routing(chunks[0])["target"] == "mistral-medium-latest"


def test_the_first_error_is_raised_when_all_fail(fake: FakeMistral) -> None:
    fake.faults.add(faults.rate_limit())
    fake.faults.add(faults.bad_gateway())
    with pytest.raises(RateLimitError) as raised:
        ChatRouter(targets=models(fake)).invoke("Hello")
    [note] = raised.value.__notes__
    assert note.startswith("The target 'mistral-medium-latest' failed too: ServerError: Mistral API error 502")


@pytest.mark.parametrize("streamed", [False, True])
def test_a_refusal_is_not_gone_around(fake: FakeMistral, streamed: bool) -> None:
    fake.script(Reply("", finish_reason="content_filter"))
    router = ChatRouter(targets=models(fake))
    with pytest.raises(RefusalError):
        _ = list(router.stream("Hello")) if streamed else router.invoke("Hello")
    assert asked(fake) == ["mistral-small-latest"]


def test_only_the_named_statuses_change_targets(fake: FakeMistral) -> None:
    router = ChatRouter(targets=models(fake), on_status_codes=[429])
    fake.faults.add(faults.rate_limit())
    assert routing(router.invoke("Hello"))["target"] == "mistral-medium-latest"
    fake.faults.add(faults.server_error(500))
    with pytest.raises(ServerError):
        router.invoke("Hello")
    fake.faults.add(faults.reset())
    with pytest.raises(ApiConnectionError):
        router.invoke("Hello")
    fake.faults.add(faults.reset())
    wider = ChatRouter(targets=models(fake), on_status_codes=[503])  # no answer counts as 503
    assert routing(wider.invoke("Hello"))["failed"][0]["error"] == "ApiConnectionError"


def test_single_asks_nobody_else(fake: FakeMistral) -> None:
    fake.faults.add(faults.rate_limit())
    with pytest.raises(RateLimitError):
        ChatRouter(targets=models(fake), mode="single").invoke("Hello")
    assert asked(fake) == ["mistral-small-latest"]


def test_a_target_of_another_package_stands_in(fake: FakeMistral) -> None:
    fake.faults.add(faults.bad_gateway())
    answer = ChatRouter(targets=[*models(fake, "mistral-small-latest"), Foreign()]).invoke("Hello")
    assert answer.text == "foreign"
    assert routing(answer)["target"] == "Foreign"


def test_the_message_of_a_foreign_error_is_not_stored(fake: FakeMistral) -> None:
    failing = Foreign(error=ForeignError("no answer to Bearer sk-secret"))
    answer = ChatRouter(targets=[failing, *models(fake)]).invoke("Hello")
    assert routing(answer)["failed"] == [
        {"target": "Foreign", "error": "ForeignError", "status": 503, "reason": "ForeignError"}
    ]


def test_parameters_of_a_target_replace_those_of_the_call(fake: FakeMistral) -> None:
    [small, medium] = models(fake)
    fake.faults.add(faults.rate_limit())
    targets = [Target(small, params={"temperature": 0.1}), medium.bind(max_tokens=7)]
    ChatRouter(targets=targets).invoke("Hello", temperature=0.9)
    first, second = [request.json for request in fake.requests]
    assert (first["temperature"], first.get("max_tokens")) == (0.1, None)
    assert (second["temperature"], second["max_tokens"]) == (0.9, 7)


def test_a_stream_changes_targets_before_its_first_token(fake: FakeMistral) -> None:
    fake.faults.add(faults.cut_stream(after=1))
    chunks = list(ChatRouter(targets=models(fake)).stream("Hello"))
    assert "".join(chunk.text for chunk in chunks) == "You said: Hello"
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert routing(whole)["target"] == "mistral-medium-latest"
    assert [failure["error"] for failure in routing(whole)["failed"]] == ["ApiConnectionError"]
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["output_tokens"] > 0


def test_a_stream_keeps_its_target_after_its_first_token(fake: FakeMistral) -> None:
    fake.faults.add(faults.cut_stream(after=3))
    shown: list[str] = []
    with pytest.raises(ApiConnectionError) as raised:
        shown.extend(chunk.text for chunk in ChatRouter(targets=models(fake)).stream("Hello"))
    assert "".join(shown) == raised.value.partial.text
    assert asked(fake) == ["mistral-small-latest"]


def test_a_model_that_does_not_stream_answers_in_one_chunk(fake: FakeMistral) -> None:
    fake.faults.add(faults.bad_gateway())
    router = ChatRouter(targets=[*models(fake, "mistral-small-latest"), Foreign()])
    chunks = list(router.stream("Hello"))
    assert [chunk.text for chunk in chunks if chunk.text] == ["foreign"]
    assert routing(chunks[0])["target"] == "Foreign"


def test_an_empty_stream_is_a_failure(fake: FakeMistral) -> None:
    class Empty(Foreign):
        def _stream(self, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
            yield from ()

    chunks = list(ChatRouter(targets=[Empty(), *models(fake)]).stream("Hello"))
    assert "".join(chunk.text for chunk in chunks) == "You said: Hello"
    assert routing(chunks[0])["failed"][0]["error"] == "ResponseError"


@tool
def rate(currency: str) -> str:
    """The rate of a currency to the euro."""
    return "1.08"


def test_each_target_gets_tools_in_its_own_form(fake: FakeMistral) -> None:
    foreign = Foreign(seen=[])
    router = ChatRouter(targets=[*models(fake, "mistral-small-latest"), foreign])
    fake.faults.add(faults.rate_limit())
    answer = router.bind_tools([rate], tool_choice="any").invoke("What is the rate?")
    assert answer.tool_calls == [{"name": "rate", "args": {"currency": "USD"}, "id": "1", "type": "tool_call"}]
    [request] = fake.requests
    assert request.json["tools"][0]["function"]["name"] == "rate"
    assert request.json["tool_choice"] in ("any", "required")
    assert foreign.seen == [{"foreign_tools": ["rate"]}]


def test_calls_stream_too(fake: FakeMistral) -> None:
    foreign = ChatRouter(targets=[Foreign()])
    whole: Any = AIMessageChunk(content="")
    for chunk in foreign.bind_tools([rate]).stream("What is the rate?"):
        whole += chunk
    assert [call["args"] for call in whole.tool_calls] == [{"currency": "USD"}]
    fake.faults.add(faults.cut_stream(after=1))
    fake.script(Reply("", tool_calls=[call("rate", {"currency": "USD"})]))
    whole = AIMessageChunk(content="")
    for chunk in ChatRouter(targets=models(fake)).bind_tools([rate]).stream("What is the rate?"):
        whole += chunk
    assert asked(fake) == ["mistral-small-latest", "mistral-medium-latest"]


def test_a_target_without_tools_is_named_at_once(fake: FakeMistral) -> None:
    without = GenericFakeChatModel(messages=iter([]), name="parrot")
    with pytest.raises(ConfigurationError, match="The target 'parrot' can't call tools"):
        ChatRouter(targets=[*models(fake), without]).bind_tools([rate])


class Rate(BaseModel):
    """A rate of exchange."""

    currency: str


@pytest.mark.parametrize("method", [None, "json_schema", "function_calling", "json_mode"])
def test_structured_output_works_through_it(fake: FakeMistral, method: Any) -> None:
    router = ChatRouter(targets=models(fake))
    fake.faults.add(faults.bad_gateway())
    if method == "json_mode":
        fake.script('{"currency": "USD"}')
    structured = router.with_structured_output(Rate, method=method, include_raw=True)
    answer = structured.invoke("Which currency? As JSON.")
    assert isinstance(answer["parsed"], Rate)
    assert routing(answer["raw"])["target"] == "mistral-medium-latest"
    assert ("response_format" in fake.requests[0].json) == (method != "function_calling")


def test_structured_output_of_mixed_targets_goes_by_tools(fake: FakeMistral) -> None:
    ChatRouter(targets=[*models(fake), Foreign()]).with_structured_output(Rate).invoke("Which currency?")
    assert "response_format" not in fake.requests[0].json
    assert fake.requests[0].json["tools"][0]["function"]["name"] == "Rate"


def test_an_agent_takes_it_for_a_model(fake: FakeMistral) -> None:
    fake.script(Reply("", tool_calls=[call("rate", {"currency": "USD"})]), "It is 1.08.")
    fake.faults.add(faults.bad_gateway(), skip=1)
    agent = create_agent(ChatRouter(targets=models(fake)), [rate])
    messages = agent.invoke({"messages": [HumanMessage("What is the rate?")]})["messages"]
    assert messages[-1].text == "It is 1.08."
    assert asked(fake) == ["mistral-small-latest", "mistral-small-latest", "mistral-medium-latest"]


def test_calls_are_shared_by_weight(fake: FakeMistral) -> None:
    [small, medium, large] = models(fake, "mistral-small-latest", "mistral-medium-latest", "mistral-large-latest")
    targets = [Target(small, weight=3), Target(medium, weight=1), Target(large, weight=0)]
    router = ChatRouter(targets=targets, mode="loadbalance", seed=1)
    shares = Counter(routing(router.invoke("Hello"))["target"] for _ in range(400))
    assert shares == {"mistral-small-latest": 297, "mistral-medium-latest": 103}


def test_a_balanced_call_that_fails_goes_to_another(fake: FakeMistral) -> None:
    router = ChatRouter(targets=models(fake), mode="loadbalance", seed=1)
    fake.faults.add(faults.rate_limit())
    assert len(routing(router.invoke("Hello"))["failed"]) == 1
    assert len(set(asked(fake))) == 2


def test_a_conversation_keeps_its_target(fake: FakeMistral) -> None:
    router = ChatRouter(targets=models(fake), mode="loadbalance", sticky=True)
    first = {routing(router.invoke("Hello", conversation=f"thread {n}"))["target"] for n in range(20)}
    assert first == {"mistral-small-latest", "mistral-medium-latest"}
    for number in range(5):
        history: list[BaseMessage] = [HumanMessage(f"Question {number}")]
        for _ in range(3):
            history += [router.invoke(history), HumanMessage("And then?")]
        assert len({routing(message)["target"] for message in history if isinstance(message, AIMessage)}) == 1


def test_the_thread_of_a_graph_names_the_conversation(fake: FakeMistral) -> None:
    router = ChatRouter(targets=models(fake), mode="loadbalance", sticky=True)
    chain = RunnableLambda(lambda question: question) | router
    targets = {
        thread: {
            routing(chain.invoke(f"Question {n}", {"configurable": {"thread_id": thread}}))["target"] for n in range(4)
        }
        for thread in ("a", "b", "c", "d", "e", "f")
    }
    assert [len(found) for found in targets.values()] == [1] * 6
    assert len(set.union(*targets.values())) == 2


def test_a_target_that_keeps_failing_is_left_out_and_tried_again(fake: FakeMistral) -> None:
    router = ChatRouter(targets=models(fake), breaker=CircuitBreaker(failures=2, cooldown=0.05))
    fake.faults.add(of("mistral-small-latest", faults.bad_gateway()), times=4)
    for _ in range(2):
        assert [failure["status"] for failure in routing(router.invoke("Hello"))["failed"]] == [502]
    assert routing(router.invoke("Hello")) == {
        "target": "mistral-medium-latest",
        "failed": [],
        "skipped": ["mistral-small-latest"],
    }
    assert asked(fake) == ["mistral-small-latest", "mistral-medium-latest"] * 2 + ["mistral-medium-latest"]
    threading.Event().wait(0.06)
    assert routing(router.invoke("Hello"))["target"] == "mistral-small-latest"


def test_requests_that_are_wrong_open_no_circuit(fake: FakeMistral) -> None:
    router = ChatRouter(targets=models(fake), breaker=CircuitBreaker(failures=1))
    wrong = faults.error(400, {"object": "error", "message": "no", "type": "invalid_request_error"})
    fake.faults.add(of("mistral-small-latest", wrong), times=None)
    router.invoke("Hello")
    assert routing(router.invoke("Hello"))["skipped"] == []


def test_all_are_asked_when_all_are_left_out(fake: FakeMistral) -> None:
    router = ChatRouter(targets=models(fake), breaker=CircuitBreaker(failures=1, cooldown=1000))
    fake.faults.add(faults.bad_gateway(), times=2)
    with pytest.raises(ServerError):
        router.invoke("Hello")
    assert routing(router.invoke("Hello")) == {"target": "mistral-small-latest", "failed": [], "skipped": []}


def test_a_copy_works_and_begins_closed(fake: FakeMistral) -> None:
    router = ChatRouter(targets=models(fake), breaker=CircuitBreaker(failures=1, cooldown=1000))
    fake.faults.add(faults.bad_gateway())
    router.invoke("Hello")
    assert routing(router.invoke("Hello"))["skipped"] == ["mistral-small-latest"]
    assert routing(copy.deepcopy(router).invoke("Hello"))["skipped"] == []


def test_a_router_may_be_a_target(fake: FakeMistral) -> None:
    inner = ChatRouter(targets=models(fake), name="europe")
    fake.faults.add(faults.rate_limit())
    answer = ChatRouter(targets=[Target(inner, name="europe"), Foreign()]).invoke("Hello")
    assert routing(answer) == {"target": "europe/mistral-medium-latest", "failed": [BUSY], "skipped": []}
    fake.faults.add(faults.rate_limit(), times=2)
    answer = ChatRouter(targets=[Target(inner, name="europe"), Foreign()]).invoke("Hello")
    assert [failure["target"] for failure in routing(answer)["failed"]] == ["europe"]


def test_nothing_else_is_taken_for_a_target() -> None:
    with pytest.raises(ValueError, match="A target must be a chat model of LangChain, not RunnableLambda"):
        ChatRouter(targets=[RunnableLambda(str)])
    with pytest.raises(ConfigurationError, match="a number of at least 0"):
        Target(ChatMistral(api_key="k"), weight=-1)
    with pytest.raises(ValueError, match="No target has a weight above 0"):
        ChatRouter(targets=[Target(ChatMistral(api_key="k"), weight=0)], mode="loadbalance")


def test_a_target_without_a_key_is_one_that_failed(fake: FakeMistral) -> None:
    keyless = ChatMistral(base_url=fake.base_url, max_retries=0)
    answer = ChatRouter(targets=[keyless, *models(fake)]).invoke("Hello")
    assert [failure["error"] for failure in routing(answer)["failed"]] == [AuthenticationError.__name__]


def test_usage_is_counted_once(fake: FakeMistral) -> None:
    counted = UsageMetadataCallbackHandler()
    fake.faults.add(faults.rate_limit())
    answer = ChatRouter(targets=models(fake)).invoke("Hello", {"callbacks": [counted]})
    assert answer.usage_metadata is not None
    [(name, usage)] = counted.usage_metadata.items()
    assert (name, usage["total_tokens"]) == ("mistral-medium-latest", answer.usage_metadata["total_tokens"])


NAMES = ("mistral-small-latest", "mistral-medium-latest", "ministral-8b-latest")


def unreliable(mode: Any) -> ChatRouter:
    """Two targets that fail in every way that there is, and one that does not."""
    fakes = [FakeMistral(key="key-of-the-fake-platform") for _ in NAMES]
    for fake in fakes[:2]:
        for fault in faults.CHAT_FAULTS:
            fake.faults.add(fault, times=None, share=0.1)
    targets = [
        ChatMistral(base_url=fake.base_url, api_key=fake.key, transport=fake.transport(), max_retries=0, model=name)
        for fake, name in zip(fakes, NAMES, strict=True)
    ]
    return ChatRouter(targets=targets, mode=mode, seed=7, breaker=CircuitBreaker(failures=5, cooldown=0.0))


def streamed(router: ChatRouter, question: str, config: Any) -> tuple[str, Any, ApiError | None]:
    """What was shown, the sum of the chunks, and the error that ended them."""
    shown = ""
    whole: Any = AIMessageChunk(content="")
    try:
        for chunk in router.stream(question, config):
            shown, whole = shown + chunk.text, whole + chunk
    except ApiError as error:
        return shown, whole, error
    return shown, whole, None


@pytest.mark.parametrize("mode", ["fallback", "loadbalance"])
def test_a_thousand_random_failures_lose_and_double_nothing(mode: Any) -> None:
    router, counted = unreliable(mode), UsageMetadataCallbackHandler()
    failed = broken = tokens = 0
    for number in range(1000):
        question = f"Question {number} of many"
        if number % 2:
            answer = router.invoke(question, {"callbacks": [counted]})
        else:
            shown, answer, error = streamed(router, question, {"callbacks": [counted]})
            if error is not None:  # after the first token: what was shown is what the error holds
                assert f"You said: {question}".startswith(shown)
                assert error.partial.text == shown != ""
                broken += 1
                continue
        assert answer.text == f"You said: {question}"
        assert answer.usage_metadata is not None
        failed += len(routing(answer)["failed"])
        tokens += answer.usage_metadata["total_tokens"]
    assert (failed > 500, broken > 50) == (True, True)
    assert sum(usage["total_tokens"] for usage in counted.usage_metadata.values()) == tokens


@pytest.mark.parametrize("names", [{"type": "rate_limited", "code": "1300"}, {"type": "too_many_requests"}])
def test_an_error_at_the_beginning_of_a_stream_has_a_status_too(fake: FakeMistral, names: dict[str, str]) -> None:
    router = ChatRouter(targets=models(fake), on_status_codes=[429])
    event = b"data: " + json.dumps({"object": "error", "message": "Slow down.", **names}).encode() + b"\n\n"
    fake.faults.add(lambda _request, answer: replace(answer(), body=[event]))
    chunks = list(router.stream("Hello"))
    assert "".join(chunk.text for chunk in chunks) == "You said: Hello"
    assert routing(chunks[0])["failed"][0]["status"] == 429


@pytest.mark.parametrize("targets", ["mistral-small-latest", ChatMistral(), Target(ChatMistral()), 5])
def test_targets_that_are_no_list_say_so(targets: Any) -> None:
    with pytest.raises(ValidationError, match=r"targets is a list of chat models|must be a chat model of LangChain"):
        ChatRouter(targets=targets)
