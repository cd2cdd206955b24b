"""The message rules, compared with the vendor's open validator."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mistral_common.exceptions import MistralCommonException
from mistral_common.protocol.instruct.messages import AssistantMessage, SystemMessage, ToolMessage, UserMessage
from mistral_common.protocol.instruct.validator import (
    MistralRequestValidatorV5,
    MistralRequestValidatorV11,
    MistralRequestValidatorV13,
    ValidationMode,
)
from pydantic import TypeAdapter

from mistral_rag.testing import Rules
from mistral_rag.testing._rules.bodies import Message
from mistral_rag.testing._rules.conversation_rules import check_messages
from mistral_rag.testing._rules.refusals import RequestRefusedError

MESSAGES: TypeAdapter[list[Message]] = TypeAdapter(list[Message])
THEIRS = {"system": SystemMessage, "user": UserMessage, "assistant": AssistantMessage, "tool": ToolMessage}
SYSTEM = {"role": "system", "content": "be brief"}
USER = {"role": "user", "content": "hi"}
SAID = {"role": "assistant", "content": "hello"}


def asks(*ids: str, content: str = "", name: str = "add") -> dict[str, Any]:
    calls = [{"id": one, "function": {"name": name, "arguments": "{}"}} for one in ids]
    return {"role": "assistant", "content": content, "tool_calls": calls}


def result(identity: str | None, **more: Any) -> dict[str, Any]:
    return {"role": "tool", "content": "7", "tool_call_id": identity, **more}


def refusal(messages: list[dict[str, Any]], **switches: bool) -> tuple[str, str | None] | None:
    """Message and code of our refusal, None when accepted."""
    try:
        check_messages(MESSAGES.validate_python(messages), Rules(**switches))
    except RequestRefusedError as refused:
        return refused.body["message"], refused.body["code"]
    return None


ORDER, CALL = "3230", "3280"
A, B = "aaaaaaaa1", "bbbbbbbb2"
UNEVEN = "Not the same number of function calls and responses"
LAST = "Expected last role User or Tool (or Assistant with prefix True) for serving but got"


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([], ("Conversation must have at least one message", ORDER)),
        ([SAID], ("Conversation must start with a user message or system message", ORDER)),
        ([USER, SAID], (f"{LAST} assistant", ORDER)),
        ([USER, SYSTEM], (f"{LAST} system", ORDER)),
        ([USER, SAID, SYSTEM, USER], ("Unexpected role 'system' after role 'assistant'", ORDER)),
        ([USER, asks(A), result(A), USER], ("Unexpected role 'user' after role 'tool'", ORDER)),
        ([USER, result(A)], ("Unexpected role 'tool' after role 'user'", ORDER)),
        ([USER, asks(A, B), result(A)], (UNEVEN, ORDER)),
        ([asks(A), result(A)], (UNEVEN, ORDER)),
        ([USER, asks(A), SAID, USER], (UNEVEN, ORDER)),
        ([USER, asks(A, A), result(A)], (f"Duplicate tool call id {A} in assistant message", ORDER)),
        ([USER, asks(A), result(A), result(A)], (f"Duplicate tool call id {A} in tool results", ORDER)),
        ([USER, asks(A), result(B)], (f"Unexpected tool call id {B} in tool results", ORDER)),
        ([USER, asks(A), result(None)], ("Tool call id has to be defined.", None)),
        (
            [USER, asks("call_1"), result("call_1")],
            ("Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.", CALL),
        ),
        ([USER, asks("null"), result("null")], ("Tool call id has to be defined in serving mode.", CALL)),
        (
            [USER, asks(A, name="a.b"), result(A)],
            (
                "Function name was a.b but must be a-z, A-Z, 0-9, or contain underscores and dashes, "
                "with a maximum length of 64.",
                CALL,
            ),
        ),
        (
            [USER, {"role": "assistant", "content": ""}, USER],
            ("Assistant message must have either content or tool_calls, but not none.", None),
        ),
        (
            [USER, {**SAID, "prefix": True}, USER],
            ("Assistant message with prefix True must be last message", None),
        ),
        (
            [USER, {"role": "assistant", "content": [{"type": "image_url", "image_url": "https://x/y.png"}]}, USER],
            ("Unexpected content chunk types in assistant message: ['image_url']", None),
        ),
    ],
)
def test_refusals_in_the_platforms_words(messages: list[dict[str, Any]], expected: tuple[str, str | None]) -> None:
    assert refusal(messages) == expected


@pytest.mark.parametrize(
    "messages",
    [
        [USER],
        [SYSTEM],
        [SYSTEM, SYSTEM, USER],
        [USER, USER],
        [USER, SYSTEM, USER],
        [USER, SAID, SAID, USER],
        [USER, {**SAID, "prefix": True}],
        [USER, asks(A, B, content="Let me see."), result(B, name="add"), result(A), SAID, USER],
        [USER, {"role": "assistant", "content": [{"type": "thinking", "thinking": []}]}, USER],
    ],
)
def test_what_is_accepted(messages: list[dict[str, Any]]) -> None:
    assert refusal(messages) is None


@pytest.mark.parametrize(
    ("switch", "messages"),
    [
        ({"user_after_tool": True}, [USER, asks(A), result(A), USER]),
        ({"any_call_id": True}, [USER, asks("call_1"), result("call_1")]),
        ({"empty_assistant": True}, [USER, {"role": "assistant", "content": ""}, USER]),
    ],
)
def test_a_rule_can_be_relaxed(switch: dict[str, bool], messages: list[dict[str, Any]]) -> None:
    assert refusal(messages) is not None
    assert refusal(messages, **switch) is None


@pytest.mark.parametrize(
    ("switch", "messages", "words"),
    [
        ({"text_beside_calls": False}, [USER, asks(A, content="So:"), result(A)], "but not both"),
        (
            {"media_from_tools": False},
            [USER, asks(A), result(A, content=[{"type": "image_url", "image_url": "https://x/y.png"}])],
            "Unexpected content chunk types in tool message: ['image_url']",
        ),
    ],
)
def test_a_rule_can_be_tightened(switch: dict[str, bool], messages: list[dict[str, Any]], words: str) -> None:
    assert refusal(messages) is None
    assert words in str(refusal(messages, **switch))


IDS = st.sampled_from([A, B, "call_1", "null"])
GOOD_IDS = st.sampled_from([A, B])


def messages_with(ids: st.SearchStrategy[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.one_of(
        st.sampled_from([SYSTEM, USER, USER, SAID, {**SAID, "prefix": True}, {"role": "assistant", "content": ""}]),
        st.lists(ids, min_size=1, max_size=2).map(lambda found: asks(*found)),
        ids.map(lambda found: asks(found, content="So:")),
        ids.map(result),
        ids.map(result),
    )
    return st.lists(one, max_size=7)


def judged(validator: Any, messages: list[dict[str, Any]]) -> str | None:
    try:
        validator(mode=ValidationMode.serving).validate_messages([THEIRS[m["role"]](**m) for m in messages])
    except MistralCommonException as error:
        return str(error)
    return None


@settings(max_examples=200, deadline=None)
@given(messages_with(IDS))
def test_what_we_accept_every_validator_accepts(messages: list[dict[str, Any]]) -> None:
    if refusal(messages) is None:
        judges = (MistralRequestValidatorV5, MistralRequestValidatorV11, MistralRequestValidatorV13)
        assert [judged(judge, messages) for judge in judges] == [None, None, None]


@settings(max_examples=200, deadline=None)
@given(messages_with(GOOD_IDS))
def test_what_a_validator_accepts_we_refuse_only_for_the_known_differences(messages: list[dict[str, Any]]) -> None:
    ours = refusal(messages, user_after_tool=True, empty_assistant=True)
    if ours is not None and judged(MistralRequestValidatorV11, messages) is None:
        unasked = messages[0]["role"] == "tool" or "tool_calls" in messages[0]
        assert ours[0] == f"{LAST} system" or unasked
