"""Replies without a script: simple, reproducible, and grounded in the prompt.

In this order: a tool call, when the request demands one or the question names a tool; JSON of the requested schema; the
lines of evidence or tool results that share most words with the question, with their markers or references; the
question itself. With a reasoning effort a thought comes first.

A line of evidence starts with a marker in brackets that contains a digit: `[E1-k3xq] Net sales rose.` The question
is the text after the last `Question: `, or the whole message without its evidence.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mistral_rag.testing._content.replies import Reply, call, references, thinking
from mistral_rag.testing._content.samples import sample
from mistral_rag.testing._content.words import content_words, text_of
from mistral_rag.testing._rules.bodies import ChatRequest, ToolChoice, ToolMessage

EVIDENCE = re.compile(r"^[ \t]*(\[(?=[^\]\n]*\d)[^\[\]\n]{1,40}\])[ \t]+(\S.*)$", re.MULTILINE)
QUESTION = re.compile(r"^.*^Question: ?", re.MULTILINE | re.DOTALL)
FIRST_NUMBER = re.compile(r"\d+")
VERBS = frozenset({"get", "set", "fetch", "find", "look", "lookup", "make", "run", "do", "call", "tool", "function"})
"""Words of a tool's name that a question need not contain to name it."""

MAX_CITED_LINES = 2
"""Enough for an answer with more than one citation."""

ENDLESS_WHITESPACE = "\n" * 1000
"""Content of a model in JSON mode whose prompt does not ask for JSON."""


def reply(request: ChatRequest) -> Reply:
    """The reply to a chat request without a script."""
    answer = _without_thinking(request)
    if request.reasoning_effort == "none":
        return answer
    parts = [answer.content] if isinstance(answer.content, str) else list(answer.content or ())
    thought = thinking(f"The question is: {question_of(request)}")
    return Reply([thought, *parts], answer.tool_calls, answer.finish_reason)


def _without_thinking(request: ChatRequest) -> Reply:
    question = question_of(request)
    if request.messages[-1].role == "user" and (name := _tool_to_call(request, question)):
        return Reply("", [call(name, _arguments(request, name, question))])
    wanted = request.response_format
    if wanted.json_schema is not None:
        return Reply(json.dumps(sample(wanted.json_schema.schema_definition, question), ensure_ascii=False))
    if wanted.type == "json_object":
        return _any_json(request, question)
    return _from_sources(request, question) or Reply(f"You said: {question}")


def _any_json(request: ChatRequest, question: str) -> Reply:
    if any("json" in text_of(message.content).lower() for message in request.messages):
        return Reply(json.dumps({"answer": question}, ensure_ascii=False))
    # The platform's documentation warns that the model may never stop without that word in the prompt.
    return Reply(ENDLESS_WHITESPACE, finish_reason="length")


def question_of(request: ChatRequest) -> str:
    """The last user message's question, without the evidence around it."""
    text = next((text_of(message.content) for message in reversed(request.messages) if message.role == "user"), "")
    return EVIDENCE.sub("", QUESTION.sub("", text)).strip()


def _tool_to_call(request: ChatRequest, question: str) -> str | None:
    names = [tool.function.name for tool in request.tools or ()]
    if not names or request.tool_choice == "none":
        return None
    if isinstance(request.tool_choice, ToolChoice):
        return request.tool_choice.function.name
    named = next((name for name in names if _mentioned(name, question)), None)
    return named or (names[0] if request.tool_choice in ("any", "required") else None)


def _mentioned(name: str, question: str) -> bool:
    words = [word for word in re.split(r"[_-]+", name.lower()) if word]
    distinctive = [word for word in words if word not in VERBS] or words
    return all(word in question.lower() for word in distinctive)


def _arguments(request: ChatRequest, name: str, question: str) -> dict[str, Any]:
    schema = next(tool.function.parameters for tool in request.tools or () if tool.function.name == name)
    arguments = sample({"type": "object", **schema}, question)
    return arguments if isinstance(arguments, dict) else {}


def _from_sources(request: ChatRequest, question: str) -> Reply | None:
    last = request.messages[-1]
    if isinstance(last, ToolMessage):
        return _from_tool(text_of(last.content), question)
    lines = EVIDENCE.findall(text_of(last.content))
    return Reply(_cited(lines, question)) if lines else None


def _cited(lines: Sequence[tuple[str, str]], question: str) -> str:
    best = _best([text for _, text in lines], question)
    if not best:
        return f"{FIRST_NUMBER.sub('0', lines[0][0], count=1)} No line answers: {question}"
    return " ".join(f"{lines[position][1].strip().rstrip('.')} {lines[position][0]}." for position in best)


def _best(texts: Sequence[str], question: str) -> list[int]:
    """The positions of the texts that share most words with the question, ascending."""
    words = set(content_words(question))
    scored = [(len(words & set(content_words(text))), -position) for position, text in enumerate(texts)]
    return sorted(-position for score, position in sorted(scored, reverse=True)[:MAX_CITED_LINES] if score)


def _from_tool(result: str, question: str) -> Reply:
    sources = _numbered_sources(result)
    if not sources:
        return Reply(f"The tool says: {result}")
    texts = [_source_text(source) for source in sources.values()]
    best = _best(texts, question) or [0]
    keys = list(sources)
    parts = [part for position in best for part in (f"{texts[position]} ", references(int(keys[position])))]
    return Reply(parts)


def _numbered_sources(result: str) -> Mapping[str, Any]:
    """The sources of a tool result that is a JSON object with numbers as keys; else none."""
    try:
        value = json.loads(result)
    except ValueError:
        return {}
    numbered = isinstance(value, dict) and all(key.isdecimal() for key in value)
    return value if numbered else {}


def _source_text(source: Any) -> str:
    if not isinstance(source, dict):
        return str(source)
    snippets = source.get("snippets") or [source.get("description") or source.get("title") or ""]
    return " ".join(str(snippet) for snippet in ([snippets] if isinstance(snippets, str) else snippets))
