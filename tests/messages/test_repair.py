import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage
from mistral_common.protocol.instruct.messages import ChatMessage as AnyRole
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import ValidationMode, get_validator
from mistral_common.tokens.tokenizers.base import TokenizerVersion

from mistral_rag.messages._repair.repair import MessageRules, repair
from mistral_rag.messages._requests.outgoing import wire_messages
from mistral_rag.messages._requests.tools import Wire
from mistral_rag.messages._tokens import count_messages

OLD = [TokenizerVersion.v1, TokenizerVersion.v3]
NEW = [TokenizerVersion.v7, TokenizerVersion.v11, TokenizerVersion.v13, TokenizerVersion.v15]


def check(messages: list[Wire], versions: Iterable[TokenizerVersion]) -> None:
    """Validate with the vendor's own validator, which raises its errors."""
    for version in versions:
        request = ChatCompletionRequest[AnyRole].model_validate({"model": "m", "messages": messages})
        get_validator(version, ValidationMode.serving).validate_request(request)
    for before, after in pairwise(messages):
        assert (before["role"], after["role"]) != ("tool", "user")
        assert after["role"] != "system" or before["role"] == "system"


def user(text: str = "Hello") -> Wire:
    return {"role": "user", "content": text}


def assistant(text: str = "", *ids: str, name: str = "look", arguments: str = "{}") -> Wire:
    calls = [{"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}} for id_ in ids]
    return {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}


def result(id_: str, text: str = "found", **more: str) -> Wire:
    return {"role": "tool", "content": text, "tool_call_id": id_, **more}


def system(text: str = "Be kind.") -> Wire:
    return {"role": "system", "content": text}


def roles(messages: list[Wire]) -> list[str]:
    return [message["role"] for message in messages]


VALID = [
    [user()],
    [system(), system(), user()],
    [user(), assistant("Hi"), user()],
    [user(), user()],
    [user(), assistant("", "Abcdefgh1", "Abcdefgh2"), result("Abcdefgh1"), result("Abcdefgh2")],
    [user(), assistant("Wait.", "Abcdefgh1"), result("Abcdefgh1"), assistant("There."), user()],
    [user(), {**assistant("I am"), "prefix": True}],
    [assistant("Welcome."), user()],
]


@pytest.mark.parametrize("messages", VALID)
def test_a_valid_history_comes_back_unchanged(messages: list[Wire]) -> None:
    before = json.dumps(messages)
    repaired = repair(messages)
    assert repaired.messages == messages
    assert repaired.changes == ()
    assert json.dumps(messages) == before


def test_ids_of_other_providers_are_rewritten_on_both_sides() -> None:
    fixed = repair([user(), assistant("", "call_1", "call_2"), result("call_1"), result("call_2")]).messages
    ids = [call["id"] for call in fixed[1]["tool_calls"]]
    assert [message["tool_call_id"] for message in fixed[2:]] == ids
    assert len(set(ids)) == 2
    assert all(len(id_) == 9 and id_.isalnum() for id_ in ids)


def test_the_same_id_is_rewritten_to_the_same_every_time() -> None:
    history = [user(), assistant("", "call_1"), result("call_1")]
    assert repair(history).messages == repair(history).messages
    assert repair([system(), *history]).messages[2] == repair(history).messages[1]


def test_a_rewritten_id_never_takes_one_that_is_there() -> None:
    new = repair([user(), assistant("", "call_1"), result("call_1")]).messages[2]["tool_call_id"]
    history = [user(), assistant("", "call_1", new), result("call_1", "one"), result(new, "two")]
    fixed = repair(history).messages
    assert fixed[3]["tool_call_id"] == new
    assert fixed[2]["tool_call_id"] != new


def test_a_late_system_message_becomes_a_marked_user_message() -> None:
    repaired = repair([user(), assistant("Hi"), system("Be brief."), user()])
    assert repaired.messages[2] == user("<system>\nBe brief.\n</system>")
    assert repaired.changes == ("a late system message became a user message",)


def test_a_call_without_result_gets_one_that_says_so() -> None:
    fixed = repair([user(), assistant("", "Abcdefgh1"), user("Never mind.")]).messages
    assert fixed[2] == result("Abcdefgh1", "No result: the call was not carried out.")
    assert roles(fixed) == ["user", "assistant", "tool", "assistant", "user"]


def test_results_are_moved_behind_their_calls_in_the_order_of_the_calls() -> None:
    history = [
        user(),
        assistant("", "Abcdefgh1", "Abcdefgh2"),
        user("Quick!"),
        result("Abcdefgh2", "two"),
        result("Abcdefgh1", "one"),
    ]
    repaired = repair(history)
    assert [message["content"] for message in repaired.messages] == ["Hello", "", "one", "two", "Understood.", "Quick!"]
    assert "tool results were moved behind their calls" in repaired.changes


def test_a_result_without_a_call_becomes_a_user_message() -> None:
    assert repair([user(), result("Abcdefgh1", "42", name="sum")]).messages == [
        user(),
        user("Result of the tool sum:\n42"),
    ]


def test_two_results_of_one_call_are_joined() -> None:
    history = [user(), assistant("", "Abcdefgh1"), result("Abcdefgh1", "one"), result("Abcdefgh1", "two")]
    assert repair(history).messages[2:] == [result("Abcdefgh1", "one\ntwo")]


def test_a_call_that_is_there_twice_is_sent_once() -> None:
    history = [user(), assistant("", "Abcdefgh1", "Abcdefgh1"), result("Abcdefgh1", "one")]
    repaired = repair(history)
    assert len(repaired.messages[1]["tool_calls"]) == 1
    assert "a repeated tool call was dropped" in repaired.changes


def test_a_call_that_was_answered_before_is_not_answered_with_an_error() -> None:
    history = [user(), assistant("", "Abcdefgh1"), result("Abcdefgh1", "42"), assistant("", "Abcdefgh1"), user("So?")]
    repaired = repair(history)
    assert repaired.messages[4] == result("Abcdefgh1", "42")
    assert "a call that was answered before got that result again" in repaired.changes


def test_results_without_ids_are_given_to_calls_by_name_and_order() -> None:
    calls = assistant("", "null", "null")
    calls["tool_calls"][1]["function"] = {"name": "count", "arguments": "{}"}
    fixed = repair([user(), calls, result("", "7", name="count"), result("", "seen", name="look")]).messages
    assert [message["content"] for message in fixed[2:]] == ["seen", "7"]
    assert len({message["tool_call_id"] for message in fixed[2:]}) == 2


def test_empty_assistant_messages_are_dropped() -> None:
    assert repair([user(), assistant(""), user("Still there?")]).messages == [user(), user("Still there?")]


def test_a_trailing_assistant_message_is_followed_by_a_user() -> None:
    assert repair([user(), assistant("Once upon")]).messages[-1] == user("Continue.")


def test_a_prefix_that_is_not_last_is_forgotten() -> None:
    fixed = repair([user(), {**assistant("I am"), "prefix": True}, user()]).messages
    assert fixed[1] == assistant("I am")


def test_names_that_no_tool_can_have_are_made_to_fit() -> None:
    fixed = repair([user(), assistant("", "Abcdefgh1", name="find it!"), result("Abcdefgh1", name="find it!")]).messages
    assert fixed[1]["tool_calls"][0]["function"]["name"] == "find_it_"
    assert fixed[2]["name"] == "find_it_"


def test_rules_switch_what_models_differ_in() -> None:
    history = [user(), assistant("Wait.", "Abcdefgh1"), result("Abcdefgh1"), user("And?")]
    assert repair(history, MessageRules(user_after_tool=True)).messages == history
    split = repair(history, MessageRules(text_beside_calls=False)).messages
    assert roles(split) == ["user", "assistant", "assistant", "tool", "assistant", "user"]
    assert split[1] == assistant("Wait.")


# --- whatever comes -----------------------------------------------------------------------------------------------

THOUGHT: Any = [{"type": "text", "text": "said"}, {"type": "reasoning", "reasoning": "hm"}]
IDS = st.sampled_from(["", "null", "call_1", "call_2", "Abcdefgh1", "Abcdefgh2", "abcdefghi", "0"])
NAMES = st.sampled_from(["look", "count", "find it!", "x" * 70, ""])
TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=12)
LONE = st.sampled_from(["\ud800", "ok \udfff", "plain"])


@st.composite
def tool_calls(draw: st.DrawFn) -> list[dict[str, Any]]:
    arguments = st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 2), max_size=2)
    count = draw(st.integers(0, 3))
    return [{"name": draw(NAMES), "args": draw(arguments), "id": draw(IDS)} for _ in range(count)]


@st.composite
def assistants(draw: st.DrawFn) -> AIMessage:
    content: Any = draw(st.one_of(TEXTS, st.just(THOUGHT)))
    invalid: list[Any] = draw(st.lists(st.builds(dict, name=NAMES, args=LONE, id=IDS, error=st.none()), max_size=1))
    extra = draw(st.sampled_from([{}, {"prefix": True}]))
    return AIMessage(
        content=content, tool_calls=draw(tool_calls()), invalid_tool_calls=invalid, additional_kwargs=extra
    )


TOOL_CONTENT = st.one_of(TEXTS, st.just([{"type": "text", "text": "one"}, {"type": "text", "text": "two", "id": "x"}]))
MESSAGES = st.one_of(
    st.builds(HumanMessage, TEXTS),
    st.builds(SystemMessage, TEXTS),
    st.builds(lambda text: ChatMessage(content=text, role="developer"), TEXTS),
    assistants(),
    st.builds(lambda content, id_, name: ToolMessage(content, tool_call_id=id_, name=name), TOOL_CONTENT, IDS, NAMES),
)


def thoughtless(messages: list[Wire]) -> list[Wire]:
    """The messages without thinking chunks, which older validators refuse."""
    return [{**message, "content": "said"} if isinstance(message["content"], list) else message for message in messages]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MESSAGES, min_size=1, max_size=8), st.sampled_from(["tekken", "v3", "v7"]))
def test_whatever_comes_its_tokens_can_be_counted(history: list[BaseMessage], vocabulary: Any) -> None:
    assert count_messages(wire_messages(history), vocabulary=vocabulary) >= 3


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MESSAGES, min_size=1, max_size=8))
def test_whatever_comes_the_vendors_validator_accepts_it(history: list[BaseMessage]) -> None:
    wired = wire_messages(history)
    repaired = repair(wired)
    check(thoughtless(repaired.messages), NEW)
    check(thoughtless(repair(wired, MessageRules(text_beside_calls=False)).messages), OLD)
    again = repair(repaired.messages)
    assert again.messages == repaired.messages
    assert again.changes == ()
    kept = "\n".join(str(message["content"]) for message in repaired.messages)
    assert all(str(message["content"]) in kept for message in wired if message["role"] in {"user", "tool", "system"})
