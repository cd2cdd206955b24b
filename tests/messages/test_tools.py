from typing import Any, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from pydantic import BaseModel
from pydantic.v1 import BaseModel as OldModel

from mistral_rag.errors import ConfigurationError
from mistral_rag.messages._requests.tools import ID, read_calls, short_id, wire_tool_choice, wire_tools


class Sum(BaseModel):
    """Add."""

    a: int


class OldSum(OldModel):
    """Add."""

    a: int


class DictSum(TypedDict):
    """Add."""

    a: int


def add(a: int) -> int:
    """Add."""
    return a


PARAMETERS = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
AS_DICT = {"name": "add", "description": "Add.", "parameters": PARAMETERS}
ANTHROPIC = {"name": "add", "description": "Add.", "input_schema": PARAMETERS}
AS_SCHEMA = {"title": "add", "description": "Add.", **PARAMETERS}


@pytest.mark.parametrize("given_tool", [Sum, add, AS_DICT, ANTHROPIC, {"type": "function", "function": AS_DICT}])
def test_strict_is_told_for_tools_in_every_form(given_tool: Any) -> None:
    (wired,) = wire_tools([given_tool], strict=True)
    assert wired["function"]["strict"] is True
    assert wired["function"]["parameters"]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("choice", "wire"), [({"type": "any"}, "any"), ({"type": "auto"}, "auto"), ({"type": "none"}, "none")]
)
def test_a_choice_may_be_an_object_of_one_word(choice: dict[str, str], wire: str) -> None:
    assert wire_tool_choice(choice, wire_tools([add])) == wire


@pytest.mark.parametrize(
    "given_tool",
    [
        Sum,
        OldSum,
        DictSum,
        add,
        tool(add),
        AS_DICT,
        ANTHROPIC,
        AS_SCHEMA,
        {"type": "function", "function": AS_DICT},
    ],
)
def test_a_tool_in_every_form(given_tool: Any) -> None:
    (wired,) = wire_tools([given_tool])
    assert wired["type"] == "function"
    assert wired["function"].keys() == {"name", "description", "parameters"}
    assert wired["function"]["description"] == "Add."
    assert wired["function"]["parameters"]["properties"]["a"]["type"] == "integer"
    assert wired["function"]["parameters"]["required"] == ["a"]


@pytest.mark.filterwarnings("ignore:This API is in beta")
def test_a_runnable_is_a_tool() -> None:
    runnable = RunnableLambda(lambda value: value["a"]).as_tool(
        name="addition", description="Add.", arg_types={"a": int}
    )
    assert wire_tools([runnable])[0]["function"]["name"] == "addition"


def test_parameters_are_always_there() -> None:
    assert wire_tools([{"name": "now", "description": "The time."}])[0]["function"]["parameters"] == {
        "type": "object",
        "properties": {},
    }


def test_strict_stands_in_the_function() -> None:
    assert wire_tools([Sum], strict=True)[0]["function"]["strict"] is True
    assert wire_tools([Sum], strict=False)[0]["function"]["strict"] is False


def test_the_platforms_own_tools_go_through() -> None:
    assert wire_tools([{"type": "web_search"}]) == [{"type": "web_search"}]


def test_two_tools_of_one_name_are_said() -> None:
    with pytest.raises(ConfigurationError, match="same name: add"):
        wire_tools([add, {**AS_DICT, "parameters": {"type": "object", "properties": {"b": {"type": "string"}}}}])
    assert len(wire_tools([add, tool(add)])) == 1


def test_a_name_that_no_tool_can_have_is_said() -> None:
    with pytest.raises(ConfigurationError, match="'add it!'"):
        wire_tools([{**AS_DICT, "name": "add it!"}])


def test_too_many_tools_are_said() -> None:
    with pytest.raises(ConfigurationError, match="129 tools are too many"):
        wire_tools([{**AS_DICT, "name": f"add{number}"} for number in range(129)])


def test_true_means_any_of_several_tools() -> None:
    assert wire_tool_choice(True, wire_tools([AS_DICT, {**AS_DICT, "name": "sum"}])) == "any"


def test_a_choice_of_no_tool_is_said() -> None:
    with pytest.raises(ConfigurationError, match="'substract', which is none of the tools: add"):
        wire_tool_choice("substract", wire_tools([AS_DICT]))


@given(st.lists(st.text(), unique=True, max_size=50))
def test_ids_are_nine_letters_and_digits_and_all_different(texts: list[str]) -> None:
    taken: set[str] = set()
    for text in texts:
        taken.add(short_id(text, taken))
    assert len(taken) == len(texts)
    assert all(ID.fullmatch(id_) for id_ in taken)


def test_ids_do_not_depend_on_the_run() -> None:
    assert short_id("call_abc") == short_id("call_abc") != short_id("call_abd")


@pytest.mark.parametrize(
    ("arguments", "args"),
    [('{"a": 1}', {"a": 1}), ({"a": 1}, {"a": 1}), ("", {}), (None, {}), ("  ", {}), ("{}", {})],
)
def test_arguments_in_every_form(arguments: Any, args: dict[str, Any]) -> None:
    calls, invalid = read_calls([{"id": "Abcdefgh1", "function": {"name": "add", "arguments": arguments}}])
    assert (calls[0]["args"], invalid) == (args, [])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [('{"a": 1', "no JSON"), ("[1]", "no JSON object"), ("null", "no JSON object"), ("1", "no JSON object")],
)
def test_arguments_that_are_no_object_make_a_call_invalid(arguments: str, error: str) -> None:
    calls, invalid = read_calls([{"id": "Abcdefgh1", "function": {"name": "add", "arguments": arguments}}])
    assert calls == []
    assert invalid[0]["args"] == arguments
    assert error in str(invalid[0]["error"])


def test_a_call_without_a_name_is_invalid() -> None:
    assert (
        read_calls([{"id": "Abcdefgh1", "function": {"arguments": "{}"}}])[1][0]["error"] == "The call names no tool."
    )
