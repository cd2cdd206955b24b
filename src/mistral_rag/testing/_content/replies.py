"""What the model says: scripted, or made from the evidence in the prompt.

A `Reply` holds content as the wire has it: a string, or a list of strings and chunks. `thinking`,
`references` and `call` write the chunks for you.
"""

import json
import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mistral_rag.testing._rules.bodies import Body

Chunk = Mapping[str, Any]
ALPHANUMERIC = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Reply:
    """One choice of a completion.

    Attributes:
        content: text, or text and chunks in order; None for nothing but tool calls.
        tool_calls: as `call` makes them; sent as they are, so that odd ones can be scripted.
        finish_reason: by default "tool_calls" with calls, "length" when cut by max_tokens, else "stop".
        usage: keys put over the counted ones (cached tokens, for example).
        model: the name in the reply; by default the one asked for.
        headers: response headers put over the usual ones.
        logprobs: sent as it is.
        message: keys put over the message (or the first delta).
    """

    content: str | Sequence[str | Chunk] | None = ""
    tool_calls: Sequence[Chunk] = ()
    finish_reason: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    logprobs: Any = None
    message: Mapping[str, Any] = field(default_factory=dict)


Script = str | Reply | Callable[[Any], "str | Reply"]
"""A text, a reply, or a function that makes one of them from the parsed request."""


def as_reply(script: Script, request: Body) -> Reply:
    """The reply that a script stands for."""
    if callable(script):
        script = script(request)
    return Reply(script) if isinstance(script, str) else script


def thinking(text: str, *, closed: bool = True, **extra: Any) -> Chunk:
    """A chunk of thought."""
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}], "closed": closed, **extra}


def references(*ids: int | str) -> Chunk:
    """A chunk that cites sources by id, for the text before it."""
    return {"type": "reference", "reference_ids": list(ids)}


def call(name: str, arguments: Mapping[str, Any] | str, *, id: str | None = None, as_object: bool = False) -> Chunk:
    """A tool call; arguments go as a JSON string, or as an object where asked for (as some hosts do)."""
    plain = arguments if as_object or isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {"id": new_call_id() if id is None else id, "function": {"name": name, "arguments": plain}}


def new_call_id() -> str:
    """Nine random letters and digits."""
    return "".join(secrets.choice(ALPHANUMERIC) for _ in range(9))
