"""Calls that a model makes again although they were answered: valid, so they go through, but told."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from langchain_core.messages import ToolCall

from mistral_rag.messages._requests.tools import Wire, read_arguments


def repeated(calls: Iterable[ToolCall], history: Sequence[Wire]) -> list[str]:
    """The ids of the calls that ask for what a call of `history` was answered: the same tool, the same arguments."""
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
