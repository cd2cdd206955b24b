"""Puts a streamed reply together: events in, message chunks out, no I/O."""

import time
from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import ToolCall, ToolCallChunk, tool_call, tool_call_chunk
from langchain_core.utils.json import parse_partial_json

from mistral_rag.messages._replies.incoming import PROVIDER, content_of, finish_metadata, read_usage
from mistral_rag.messages._requests.content import ContentReader
from mistral_rag.messages._requests.tools import Wire, arguments_text, read_arguments, usable_id

FIRST_AMONG_BLOCKS = 1000
"""Where calls are blocks among others (`output_version` "v1"), LangChain adds up blocks of the same number."""


def has_begun(event: Wire) -> bool:
    """Whether an event holds something of the answer; the first one often holds the role only.

    An event without the form of one counts: what reads it says what is wrong.
    """
    choices = event.get("choices") or []
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        return True
    return any(choice.get("finish_reason") or _says_something(choice) for choice in choices)


def _says_something(choice: Wire) -> bool:
    delta = choice.get("delta") or choice.get("message") or {}
    return not isinstance(delta, dict) or bool(
        delta.get("content") or delta.get("tool_calls") or delta.get("reasoning_content")
    )


class Assembly:
    """One streamed reply. `chunk` for every event, then `last`; the chunks add up to the whole message.

    `as_blocks` says that LangChain will make blocks of everything.
    """

    def __init__(self, reader: ContentReader, *, began: float, as_blocks: bool = False) -> None:
        self._id: str | None = None
        self._began = began
        self._first: float | None = None
        self._finish: dict[str, Any] = {}
        self._usage: Any = None
        self._calls = _Calls(FIRST_AMONG_BLOCKS if as_blocks else 0)
        self._reader = reader
        self._facts: dict[str, Any] = {}
        self._sent: list[AIMessageChunk] = []

    def chunk(self, event: Wire) -> AIMessageChunk | None:
        """What `event` adds to the message; None when it adds nothing that is shown now."""
        if self._id is None:
            self._id = event.get("id")
            self._facts = {name: event[name] for name in ("model", "created") if event.get(name)}
        self._usage = event.get("usage") or self._usage
        choice = next((item for item in event.get("choices") or () if not item.get("index")), None)
        if choice is None:
            return None
        if choice.get("finish_reason") or choice.get("logprobs"):
            said = self._finish.get("logprobs")
            self._finish |= finish_metadata(choice)
            if said is not None:
                self._finish["logprobs"] = _lengthened(said, choice.get("logprobs"))
        delta = choice.get("delta") or choice.get("message") or {}
        content = self._reader.read(content_of(delta))
        calls = self._calls.chunks(delta["tool_calls"], str(self._id)) if delta.get("tool_calls") else []
        if not content and not calls:
            return None
        chunk = AIMessageChunk(content=content, tool_call_chunks=calls, id=self._id)
        if not self._sent:
            self._first = time.monotonic() - self._began
            chunk.response_metadata = {"model_provider": PROVIDER}
        self._sent.append(chunk)
        return chunk

    @property
    def finish_reason(self) -> str | None:
        """Why the model stopped; None while it has not."""
        return self._finish.get("finish_reason")

    @property
    def calls(self) -> list[ToolCall]:
        """The whole tool calls that have come."""
        return self._calls.whole()

    @property
    def facts(self) -> Mapping[str, Any]:
        """Model, creation time and usage, as the platform named them."""
        return {**self._facts, "usage": self._usage}

    def last(self, metadata: Mapping[str, Any]) -> AIMessageChunk:
        """The chunk that ends the message: usage, finish reason and metadata, no text."""
        timings = {"time_to_first_token": self._first, "total_time": time.monotonic() - self._began}
        provider = {} if self._sent else {"model_provider": PROVIDER}
        return AIMessageChunk(
            content=self._reader.end(),
            tool_call_chunks=self._calls.spoilt(),
            id=self._id,
            usage_metadata=read_usage(self._usage),
            response_metadata={**metadata, **self._finish, **provider, **timings},
            chunk_position="last",
        )

    @property
    def partial(self) -> AIMessageChunk | None:
        """The message as far as it has come; None when nothing has."""
        if not self._sent:
            return None
        first, *others = self._sent
        return first.__add__(others) if others else first


def _lengthened(logprobs: Any, more: Any) -> Any:
    """The log probabilities of a stream so far, with those of its next tokens."""
    if not (isinstance(logprobs, dict) and isinstance(more, dict)):
        return logprobs if more is None else more
    both = {name: [*logprobs[name], *more[name]] for name in logprobs if _lists(logprobs[name], more.get(name))}
    return logprobs | more | both


def _lists(*values: Any) -> bool:
    return all(isinstance(value, list) for value in values)


class _Calls:
    """Tool calls by position: the platform's index is 0 for every call, its id may be "null"."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._ids: list[str] = []
        self._names: list[str] = []
        self._raw: list[tuple[str, Any]] = []
        self._text: list[str] = []

    def chunks(self, deltas: Any, seed: str) -> list[ToolCallChunk]:
        return [self._chunk(delta, seed) for delta in deltas]

    def whole(self) -> list[ToolCall]:
        """The calls whose arguments are complete."""
        read = zip(self._names, map(read_arguments, self._text), self._ids, strict=True)
        return [tool_call(name=name, args=args, id=id_) for name, (args, problem), id_ in read if not problem]

    def spoilt(self) -> list[ToolCallChunk]:
        """Chunks that make calls with cut arguments invalid.

        LangChain completes cut JSON when it adds chunks up; a call that was cut off must not look whole. So what is
        appended is something that can't be completed.
        """
        return [
            tool_call_chunk(name=None, args=_spoiler(text), id=None, index=self._first + number)
            for number, text in enumerate(self._text)
            if text.strip() and not self._whole(text)
        ]

    def _chunk(self, delta: Wire, seed: str) -> ToolCallChunk:
        function = delta.get("function") or {}
        text = arguments_text(function.get("arguments"))
        name = function.get("name") or None
        known = self._continued(delta, name)
        if known is not None:
            self._text[known] += text
            name = None if self._names[known] else name
            self._names[known] = self._names[known] or name or ""
            return tool_call_chunk(name=name, args=text, id=None, index=self._first + known)
        number = len(self._ids)
        id_ = usable_id(delta.get("id"), self._ids, f"{seed}:{number}:{name}")
        self._ids.append(id_)
        self._names.append(name or "")
        self._raw.append((delta.get("id") or "null", delta.get("index")))
        self._text.append(text)
        return tool_call_chunk(name=name, args=text, id=id_, index=self._first + number)

    def _continued(self, delta: Wire, name: str | None) -> int | None:
        """The position of the call that a delta goes on with; None for a new call."""
        if not self._ids:
            return None
        id_, index = delta.get("id") or "null", delta.get("index")
        last = len(self._ids) - 1
        if name and self._names[last]:
            # A host may say id and name again with every piece.
            repeats = id_ != "null" and id_ == self._raw[last][0] and not self._whole(self._text[last])
            return last if repeats else None
        if id_ != "null" and (same := self._positions(0, id_)):
            return same[-1]
        if same := self._positions(1, index):
            return same[-1]
        return last if id_ == "null" else None

    def _positions(self, part: int, value: Any) -> list[int]:
        """Where id (part 0) or index (part 1) were told to be `value`."""
        return [number for number, raw in enumerate(self._raw) if raw[part] == value]

    @staticmethod
    def _whole(text: str) -> bool:
        return bool(text.strip()) and read_arguments(text)[1] is None


def _spoiler(text: str) -> str:
    """What makes `text` impossible to complete to a JSON object."""
    for end in ("", '"', "]", "}", '"]', '"}', '"]"]', '"}"}', "]" * len(text) + "}", '"' + "]" * len(text) + "}"):
        if not _completed(text + end):
            return end
    return "}" * len(text)


def _completed(text: str) -> bool:
    try:
        return isinstance(parse_partial_json(text), dict)
    except ValueError:
        return False
