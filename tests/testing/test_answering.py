"""Replies without a script."""

import json
from typing import Any

import pytest

from mistral_rag.testing._content import answering
from mistral_rag.testing._rules.bodies import ChatRequest

EVIDENCE = """Evidence:

# Annual report 2022, p. F-12 (page 14)
~ Years ended December 31: 2022 2021
[E1-k3xq] Net sales 5,000 4,000
[E2-k3xq] Net sales rose by 25 % because of higher prices.
[E3-k3xq] Trains are booked in second class.

Question: {question}"""
ADD = {
    "function": {
        "name": "add_numbers",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "number"}},
            "required": ["a", "b"],
        },
    }
}
OTHER = {"function": {"name": "weather", "parameters": {"properties": {"city": {"type": "string"}}}}}


def answer(text: str, **more: Any) -> Any:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], **more}
    return answering.reply(ChatRequest.model_validate(body))


def test_evidence_is_cited_by_the_words_it_shares_with_the_question() -> None:
    reply = answer(EVIDENCE.format(question="Which class are trains booked in?"))
    assert reply.content == "Trains are booked in second class [E3-k3xq]."


def test_at_most_two_lines_are_cited_in_their_order() -> None:
    reply = answer(EVIDENCE.format(question="Why did net sales rise at higher prices, and who books trains?"))
    assert (
        reply.content == "Net sales 5,000 4,000 [E1-k3xq]. Net sales rose by 25 % because of higher prices [E2-k3xq]."
    )


def test_evidence_that_shares_nothing_is_refused_by_the_marker_zero() -> None:
    reply = answer(EVIDENCE.format(question="Who painted it?"))
    assert reply.content == "[E0-k3xq] No line answers: Who painted it?"


@pytest.mark.parametrize("marker", ["[1]", "[doc-3]", "[a.b#4]"])
def test_other_markers_work_too(marker: str) -> None:
    assert answer(f"{marker} The sky is blue.\n\nWhat is blue?").content == f"The sky is blue {marker}."


def test_brackets_without_a_digit_are_no_marker() -> None:
    assert answer("[INFO] What is up?").content == "You said: [INFO] What is up?"


def test_text_parts_are_read_as_one() -> None:
    parts = [{"type": "text", "text": "[1] Rain falls."}, {"type": "text", "text": "Question: What falls?"}]
    message = {"role": "user", "content": parts}
    assert (
        answering.reply(ChatRequest.model_validate({"model": "m", "messages": [message]})).content == "Rain falls [1]."
    )


def test_a_tool_named_in_the_question_is_called_with_its_numbers() -> None:
    reply = answer("Please add the numbers 3 and 4.5", tools=[OTHER, ADD])
    assert json.loads(reply.tool_calls[0]["function"]["arguments"]) == {"a": 3, "b": 4.5}
    assert reply.tool_calls[0]["function"]["name"] == "add_numbers"
    assert len(reply.tool_calls[0]["id"]) == 9


def test_the_verb_in_a_tools_name_need_not_be_said() -> None:
    tool = {"function": {"name": "get_weather", "parameters": {"properties": {"place": {"type": "string"}}}}}
    [called] = answer("What is the weather in Paris?", tools=[ADD, tool]).tool_calls
    assert called["function"]["name"] == "get_weather"
    assert not answer("Who is in Paris?", tools=[ADD, tool]).tool_calls


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("auto", None),
        ("none", None),
        ("any", "weather"),
        ("required", "weather"),
        ({"type": "function", "function": {"name": "add_numbers"}}, "add_numbers"),
    ],
)
def test_tool_choice_is_obeyed(choice: Any, called: str | None) -> None:
    calls = answer("Paris", tools=[OTHER, ADD], tool_choice=choice).tool_calls
    assert [one["function"]["name"] for one in calls] == ([called] if called else [])


def after_tool(result: str) -> Any:
    call = {"id": "aaaaaaaa1", "function": {"name": "search", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "What is the capital of France?"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "content": result, "tool_call_id": "aaaaaaaa1"},
    ]
    return answering.reply(ChatRequest.model_validate({"model": "m", "messages": messages})).content


def test_a_tool_result_is_passed_on() -> None:
    assert after_tool("Paris") == "The tool says: Paris"
    assert after_tool('{"temperature": 3}') == 'The tool says: {"temperature": 3}'


def test_numbered_sources_of_a_tool_are_cited_by_reference() -> None:
    sources = {
        "0": {"url": "https://example.com/a", "title": "Trains", "snippets": ["Trains are fast."]},
        "7": {"url": "https://example.com/b", "title": "France", "description": "The capital of France is Paris."},
    }
    assert after_tool(json.dumps(sources)) == [
        "The capital of France is Paris. ",
        {"type": "reference", "reference_ids": [7]},
    ]


def test_json_of_any_shape_needs_the_word_in_the_prompt() -> None:
    wanted = {"type": "json_object"}
    assert json.loads(answer("Colour as JSON", response_format=wanted).content) == {"answer": "Colour as JSON"}
    silent = answer("Colour", response_format=wanted)
    assert (silent.content.strip(), silent.finish_reason) == ("", "length")


def test_json_of_a_schema_fits_it() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema}}
    assert json.loads(answer("Bob, 42", response_format=wanted).content) == {"name": "Bob, 42", "age": 42}


def test_effort_makes_it_think_first() -> None:
    thought, said = answer("hello", reasoning_effort="high").content
    assert thought == {
        "type": "thinking",
        "thinking": [{"type": "text", "text": "The question is: hello"}],
        "closed": True,
    }
    assert said == "You said: hello"
