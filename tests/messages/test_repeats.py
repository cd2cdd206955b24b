from typing import Any

from langchain_core.messages.tool import tool_call

from mistral_rag.messages._repair.repeats import repeated

HISTORY: list[dict[str, Any]] = [
    {"role": "user", "content": "?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "Abcdefgh1", "function": {"name": "weather", "arguments": '{"city": "Paris", "days": 1}'}},
            {"id": "Abcdefgh2", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}},
        ],
    },
    {"role": "tool", "content": "Sunny.", "tool_call_id": "Abcdefgh1"},
]


def test_a_call_that_was_answered_is_found_whatever_its_id_and_the_order_of_its_arguments() -> None:
    again = tool_call(name="weather", args={"days": 1, "city": "Paris"}, id="new")
    other = tool_call(name="weather", args={"days": 2, "city": "Paris"}, id="other")
    assert repeated([other, again], HISTORY) == ["new"]


def test_a_call_that_was_not_answered_is_not_repeated() -> None:
    assert repeated([tool_call(name="weather", args={"city": "Rome"}, id="new")], HISTORY) == []
