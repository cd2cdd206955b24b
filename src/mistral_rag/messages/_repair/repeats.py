"""Detection of tool calls that a model repeats although they were answered.

They are valid, so they are not changed; the reply's metadata lists them, so that an agent can stop a loop.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from langchain_core.messages import ToolCall

from mistral_rag.messages._requests.tools import Wire, read_arguments


def repeated(calls: Iterable[ToolCall], history: Sequence[Wire]) -> list[str]:
    """The ids of the calls with the tool and the arguments of an answered call of `history`."""
    calls = list(calls)
    answered = list(_answered(history)) if calls else []
    return [str(call["id"]) for call in calls if (call["name"], call["args"]) in answered]


def _answered(history: Sequence[Wire]) -> Iterator[tuple[str, dict[str, Any]]]:
    results = {message["tool_call_id"] for message in history if message["role"] == "tool"}
    for message in history:
        for call in message.get("tool_calls") or ():
            arguments, problem = read_arguments(call["function"]["arguments"])
            if call["id"] in results and not problem:
                yield call["function"]["name"], arguments
