"""Scripted replies of the model.

The content of a `Reply` is that of the wire: a string, or a list of strings and chunks. `thinking`, `references` and
`call` create the chunks.
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
        content: Text, or texts and chunks in order; None for tool calls alone.
        tool_calls: Calls as `call` creates them; sent unchanged, so that invalid ones can be scripted.
        finish_reason: By default "tool_calls" with calls, "length" when cut by max_tokens, else "stop".
        usage: Keys that replace counted ones (cached tokens, for example).
        model: The name in the reply; by default the requested one.
        headers: Response headers that replace the usual ones.
        logprobs: Sent unchanged.
        message: Keys that replace those of the message (or of the first delta).
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
"""A text, a reply, or a function from the parsed request to one of them."""


def as_reply(script: Script, request: Body) -> Reply:
    """The reply of a script for a request."""
    if callable(script):
        script = script(request)
    return Reply(script) if isinstance(script, str) else script


def thinking(text: str, *, closed: bool = True, **extra: Any) -> Chunk:
    """A thinking chunk."""
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}], "closed": closed, **extra}


def references(*ids: int | str) -> Chunk:
    """A reference chunk: cites sources by id, for the text before it."""
    return {"type": "reference", "reference_ids": list(ids)}


def call(name: str, arguments: Mapping[str, Any] | str, *, id: str | None = None, as_object: bool = False) -> Chunk:
    """A tool call; arguments are sent as a JSON string, or with `as_object` as an object, as some hosts do."""
    sent = arguments if as_object or isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {"id": new_call_id() if id is None else id, "function": {"name": name, "arguments": sent}}


def new_call_id() -> str:
    """Nine random letters and digits."""
    return "".join(secrets.choice(ALPHANUMERIC) for _ in range(9))
