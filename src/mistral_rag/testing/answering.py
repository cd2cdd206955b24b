"""What the stand-in says when nothing is scripted: plain, repeatable, and grounded in the prompt.

In this order: a call, where the request demands one or the question names a tool; JSON of the shape asked
for; the evidence lines that share most words with the question, with their markers; the question itself.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from mistral_rag.testing.bodies import ChatRequest, Message, ToolChoice
from mistral_rag.testing.replies import Reply, call
from mistral_rag.testing.words import content_words

EVIDENCE = re.compile(r"^\s*(\[[^\[\]\n]{1,40}\])[ \t]+(\S.*)$", re.MULTILINE)
WHITESPACE_FOR_EVER = "\n" * 200


def reply(request: ChatRequest) -> Reply:
    """The stand-in's own reply."""
    question = last_said(request)
    if request.messages[-1].role == "user" and (name := _tool_to_call(request, question)):
        return Reply("", [call(name, _arguments(request, name, question))])
    wanted = request.response_format
    if wanted.json_schema is not None:
        return Reply(json.dumps(sample(wanted.json_schema.schema_definition, question)))
    if wanted.type == "json_object":
        asked = any("json" in text_of(message).lower() for message in request.messages)
        return Reply(json.dumps({"answer": question}) if asked else WHITESPACE_FOR_EVER)
    return Reply(_from_evidence(request, question) or f"You said: {question}")


def text_of(message: Message) -> str:
    """The text of a message, without its other parts."""
    content = message.content or ""
    if isinstance(content, str):
        return content
    return "\n".join(chunk.text for chunk in content if chunk.type == "text")


def last_said(request: ChatRequest) -> str:
    """The newest text of a user or tool."""
    return next((text_of(m) for m in reversed(request.messages) if m.role in ("user", "tool")), "")


def _tool_to_call(request: ChatRequest, question: str) -> str | None:
    names = [tool.function.name for tool in request.tools or ()]
    if not names or request.tool_choice == "none":
        return None
    if isinstance(request.tool_choice, ToolChoice):
        return request.tool_choice.function.name
    named = next((name for name in names if name.lower() in question.lower()), None)
    if named is None and request.tool_choice in ("any", "required"):
        return names[0]
    return named


def _arguments(request: ChatRequest, name: str, question: str) -> dict[str, Any]:
    schema = next(tool.function.parameters for tool in request.tools or () if tool.function.name == name)
    made = sample(schema, question)
    return made if isinstance(made, dict) else {}


def sample(schema: dict[str, Any], text: str) -> Any:
    """A value that fits a JSON schema, its numbers and strings taken from the text."""
    numbers = iter([json.loads(n) for n in re.findall(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", text)])
    return _value(schema, schema.get("$defs") or schema.get("definitions") or {}, numbers, text)


def _value(schema: Any, defs: dict[str, Any], numbers: Iterator[Any], text: str) -> Any:
    if not isinstance(schema, dict):
        return text
    if "$ref" in schema:
        return _value(defs.get(schema["$ref"].rsplit("/", 1)[-1]), defs, numbers, text)
    if "const" in schema or schema.get("enum"):
        return schema.get("const", (schema.get("enum") or [None])[0])
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return _value(schema[key][0], defs, numbers, text)
    return _typed(schema, defs, numbers, text)


def _typed(schema: dict[str, Any], defs: dict[str, Any], numbers: Iterator[Any], text: str) -> Any:
    match schema.get("type", "object" if "properties" in schema else "string"):
        case "object":
            return {key: _value(inner, defs, numbers, text) for key, inner in schema.get("properties", {}).items()}
        case "array":
            return [_value(schema.get("items"), defs, numbers, text) for _ in range(max(1, schema.get("minItems", 1)))]
        case "integer":
            return int(next(numbers, schema.get("minimum", 1)))
        case "number":
            return next(numbers, schema.get("minimum", 1))
        case "boolean":
            return True
        case "null":
            return None
    return text


def _from_evidence(request: ChatRequest, question: str) -> str:
    lines = [found for message in request.messages for found in EVIDENCE.findall(text_of(message))]
    asked = set(content_words(EVIDENCE.sub("", question)))
    scored = [(len(asked & set(content_words(text))), -place) for place, (_, text) in enumerate(lines)]
    best = [-place for score, place in sorted(scored, reverse=True)[:2] if score]
    return " ".join(f"{lines[place][1].strip()} {lines[place][0]}" for place in sorted(best))
