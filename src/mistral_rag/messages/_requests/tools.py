"""Conversion of tools, tool choices and tool calls between LangChain and the platform's JSON."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import InvalidToolCall, ToolCall
from langchain_core.messages.tool import invalid_tool_call, tool_call
from langchain_core.utils.function_calling import convert_to_openai_tool

from mistral_rag.api._formats.json_text import load_json
from mistral_rag.errors import ConfigurationError
from mistral_rag.messages._requests.dialects import cleaned

Wire = dict[str, Any]

ID = re.compile(r"[A-Za-z0-9]{9}")
"""Ids of tool calls that the platform takes, by mistral-common's validator."""

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Names of functions that the platform takes, by mistral-common's validator."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MAX_TOOLS = 128
"""Tools of one request; the platform refuses more."""

CHOICES = {"auto": "auto", "none": "none", "any": "any", "required": "any"}
NO_ARGUMENTS: Wire = {"type": "object", "properties": {}}


def wire_tools(tools: Sequence[Any], *, strict: bool | None = None) -> list[Wire]:
    """Tools in the platform's form.

    Takes every form that LangChain takes: tools, functions, Pydantic classes of both versions, TypedDicts, dicts. A
    dict of one of the platform's own types ("web_search", "connector", …) stays unchanged.

    Raises:
        ConfigurationError: Too many tools, an invalid name, or different tools of one name.
    """
    if len(tools) > MAX_TOOLS:
        raise ConfigurationError(f"{len(tools)} tools are too many: the platform takes at most {MAX_TOOLS}.")
    wired: dict[str, Wire] = {}
    for tool in (_wire_tool(tool, strict) for tool in tools):
        name = tool["function"]["name"] if tool["type"] == "function" else json.dumps(tool, sort_keys=True)
        if _untitled(wired.setdefault(name, tool)) != _untitled(tool):
            raise ConfigurationError(f"Two different tools have the same name: {name}.")
    return list(wired.values())


def _untitled(schema: Any) -> Any:
    """A schema without the titles that Pydantic adds, which differ for equal schemas."""
    if isinstance(schema, dict):
        return {
            key: _untitled(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))
        }
    return [_untitled(item) for item in schema] if isinstance(schema, list) else schema


def _wire_tool(tool: Any, strict: bool | None) -> Wire:
    if (
        isinstance(tool, Mapping)
        and tool.get("type") not in {None, "function", "object"}
        and "input_schema" not in tool
    ):
        return dict(tool)
    function = dict(convert_to_openai_tool(tool, strict=strict)["function"])
    name = function["name"]
    if not NAME.fullmatch(name):
        raise ConfigurationError(f"A tool's name must be 1 to 64 of a-z, A-Z, 0-9, _ and -; this one is {name!r}.")
    function["parameters"] = cleaned(function.get("parameters")) or NO_ARGUMENTS
    if strict is not None:  # LangChain sets it only for what it converts, not in a dict
        function["strict"] = strict
        function["parameters"] = closed(function["parameters"]) if strict else function["parameters"]
    known = {key: function[key] for key in ("name", "description", "parameters", "strict") if key in function}
    return {"type": "function", "function": known}


def closed(schema: Any) -> Any:
    """The schema with `additionalProperties` false in every object that lists its properties."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if isinstance(result.get("properties"), dict) and result.get("type") == "object":
        result.setdefault("additionalProperties", False)
    return result


def wire_tool_choice(choice: str | bool | Mapping[str, Any] | None, tools: Sequence[Wire]) -> str | Wire | None:
    """The platform's form of a tool choice.

    "required" and True mean "any"; True with one tool means that tool; a tool's name means that tool. False and None
    leave the choice out.

    Raises:
        ConfigurationError: It names no tool of the request.
    """
    names = [tool["function"]["name"] for tool in tools if tool["type"] == "function"]
    if choice is None or choice is False:
        return None
    if choice is True:
        return _named(names[0]) if len(names) == 1 else "any"
    if isinstance(choice, Mapping):
        inner = choice.get("function")
        name = str((inner if isinstance(inner, Mapping) else choice).get("name") or "")
        if not name and choice.get("type") in CHOICES:
            return CHOICES[choice["type"]]
    elif choice in CHOICES and choice not in names:
        return CHOICES[choice]
    else:
        name = choice
    if name not in names:
        raise ConfigurationError(
            f"tool_choice names {name!r}, which is none of the tools: {', '.join(names) or 'none'}."
        )
    return _named(name)


def _named(name: str) -> Wire:
    return {"type": "function", "function": {"name": name}}


def short_id(text: str, taken: Collection[str] = ()) -> str:
    """A call id of nine letters and digits, derived from `text` by a hash, that is not in `taken`."""
    for attempt in range(1_000_000):
        digest = hashlib.blake2b(f"{attempt}:{text}".encode(errors="replace"), digest_size=8).digest()
        number = int.from_bytes(digest)
        characters = []
        for _ in range(9):
            number, rest = divmod(number, len(ALPHABET))
            characters.append(ALPHABET[rest])
        if (id_ := "".join(characters)) not in taken:
            return id_
    raise AssertionError("unreachable")


def fit_name(name: str) -> str:
    """`name` as a valid function name: other characters become underscores, and it is cut at 64."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64] or "unnamed"


def read_calls(raw: Iterable[Wire], *, seed: str = "") -> tuple[list[ToolCall], list[InvalidToolCall]]:
    """The calls of a reply, and the invalid ones, whose arguments are no JSON object.

    A call without a usable id (the platform sends the literal "null"), or with that of an earlier call, gets one
    derived from `seed` and its position.
    """
    calls: list[ToolCall] = []
    invalid: list[InvalidToolCall] = []
    taken: set[str] = set()
    for position, item in enumerate(raw):
        function = item.get("function") or {}
        name = function.get("name") or ""
        id_ = usable_id(item.get("id"), taken, f"{seed}:{position}:{name}")
        taken.add(id_)
        arguments, problem = read_arguments(function.get("arguments"))
        if problem or not name:
            text = arguments_text(function.get("arguments"))
            invalid.append(invalid_tool_call(name=name, args=text, id=id_, error=problem or "The call names no tool."))
        else:
            calls.append(tool_call(name=name, args=arguments, id=id_))
    return calls, invalid


def usable_id(id_: Any, taken: Collection[str], seed: str) -> str:
    """`id_` itself, or a new one derived from `seed` when it is missing, the literal "null", or taken."""
    if isinstance(id_, str) and id_ not in {"", "null", "None"} and id_ not in taken:
        return id_
    return short_id(seed, taken)


def read_arguments(arguments: Any) -> tuple[dict[str, Any], str | None]:
    """The arguments as a dict, and an error message or None; a JSON string and an object are both legal."""
    if isinstance(arguments, dict):
        return arguments, None
    if arguments is None or (isinstance(arguments, str) and not arguments.strip()):
        return {}, None
    try:
        value = load_json(arguments)
    except (TypeError, ValueError) as error:
        return {}, f"The arguments are no JSON: {error}"
    if not isinstance(value, dict):
        return {}, "The arguments are no JSON object."
    return value, None


def arguments_text(arguments: Any) -> str:
    """Arguments as JSON text."""
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else json_text(arguments)


def json_text(value: Any) -> str:
    """Strict JSON of any value: unknown types become their `str`, NaN and infinities null."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)
    except ValueError:
        text = json.dumps(value, default=str)
        return json.dumps(json.loads(text, parse_constant=lambda _: None), ensure_ascii=False)


def wire_calls(calls: Sequence[ToolCall], invalid: Sequence[InvalidToolCall] = ()) -> list[Wire]:
    """Calls of an earlier turn in the platform's form.

    The arguments of an invalid call are wrapped into a JSON object, so that the model sees its mistake next to the
    result that reports it.
    """
    wired = [_wire_call(call["name"], json_text(call["args"]), call.get("id")) for call in calls]
    for call in invalid:
        arguments, problem = read_arguments(call.get("args"))
        value = {"invalid_arguments": call.get("args")} if problem else arguments
        wired.append(_wire_call(call.get("name") or "", json_text(value), call.get("id")))
    return wired


def _wire_call(name: str, arguments: str, id_: str | None) -> Wire:
    return {"id": id_ or "", "type": "function", "function": {"name": name, "arguments": arguments}}
