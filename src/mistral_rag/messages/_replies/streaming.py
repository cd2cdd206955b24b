"""Assembly of a streamed reply: events in, message chunks out, no I/O."""

import time
from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import ToolCall, ToolCallChunk, tool_call, tool_call_chunk
from langchain_core.utils.json import parse_partial_json

from mistral_rag.messages._replies.incoming import (
    PROVIDER,
    content_of,
    finish_metadata,
    message_of,
    read_usage,
    thoughts_beside,
)
from mistral_rag.messages._requests.content import ContentReader
from mistral_rag.messages._requests.tools import Wire, arguments_text, read_arguments, usable_id

CALL_INDEX_OFFSET = 1000
"""First index of tool calls that become content blocks (`output_version` "v1").

LangChain merges blocks of equal index; text and reasoning blocks count from 0 and do not get this far.
"""


def has_content(event: Wire) -> bool:
    """True when an event holds a part of the answer; the first event often holds the role only.

    True for a malformed event too: reading it raises the error that describes it.
    """
    choices = event.get("choices") or []
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        return True
    return any(choice.get("finish_reason") or _has_delta(choice) for choice in choices)


def _has_delta(choice: Wire) -> bool:
    if choice.get("messages"):
        return True
    delta = message_of(choice)
    return not isinstance(delta, dict) or bool(
        delta.get("content") or delta.get("tool_calls") or thoughts_beside(delta)
    )


class StreamAssembler:
    """Assembler of one streamed reply: `chunk` for every event, then `last`; the chunks add up to the whole message.

    `as_blocks` is True when LangChain converts all content into blocks (`output_version` "v1"). `refusal` holds the
    text of a refusal so far.
    """

    def __init__(self, reader: ContentReader, *, began: float, as_blocks: bool = False) -> None:
        self._id: str | None = None  # the host's
        self._began = began
        self._first: float | None = None
        self._finish: dict[str, Any] = {}
        self._usage: Any = None
        self._calls = _ToolCallAssembler(CALL_INDEX_OFFSET if as_blocks else 0)
        self._reader = reader
        self._facts: dict[str, Any] = {}
        self._sent: list[AIMessageChunk] = []
        self.refusal = ""

    def chunk(self, event: Wire) -> AIMessageChunk | None:
        """The chunk of the message for `event`; None when the event adds no content."""
        if self._id is None:
            self._id = event.get("id")
            self._facts = {name: event[name] for name in ("id", "model", "created") if event.get(name)}
        self._usage = event.get("usage") or self._usage
        choice = next((item for item in event.get("choices") or () if not item.get("index")), None)
        if choice is None:
            return None
        if choice.get("finish_reason") or choice.get("logprobs"):
            logprobs = self._finish.get("logprobs")
            self._finish |= finish_metadata(choice)
            if logprobs is not None:
                self._finish["logprobs"] = _extended(logprobs, choice.get("logprobs"))
        delta = message_of(choice)
        if "refusal" in delta:
            self.refusal += str(delta["refusal"] or "")
        content = self._reader.read(content_of(delta))
        calls = self._calls.chunks(delta["tool_calls"], str(self._id)) if delta.get("tool_calls") else []
        if not content and not calls:
            return None
        chunk = AIMessageChunk(content=content, tool_call_chunks=calls)
        if not self._sent:
            self._first = time.monotonic() - self._began
            chunk.response_metadata = {"model_provider": PROVIDER}
        self._sent.append(chunk)
        return chunk

    @property
    def finish_reason(self) -> str | None:
        """The finish reason of the reply; None before the event that has it."""
        return self._finish.get("finish_reason")

    @property
    def is_empty(self) -> bool:
        """True as long as neither text nor a call has come."""
        return not any(chunk.tool_call_chunks or str(chunk.text).strip() for chunk in self._sent)

    @property
    def calls(self) -> list[ToolCall]:
        """The tool calls whose arguments are complete."""
        return self._calls.whole()

    @property
    def facts(self) -> Mapping[str, Any]:
        """Model, creation time and usage, by the platform's names."""
        return {**self._facts, "usage": self._usage}

    def last(self, metadata: Mapping[str, Any]) -> AIMessageChunk:
        """The last chunk of the message: usage, finish reason and metadata, and content that was held back."""
        timings = {"time_to_first_token": self._first, "total_time": time.monotonic() - self._began}
        provider = {} if self._sent else {"model_provider": PROVIDER}
        # Some hosts end a stream that was cut off in the proper form, without a reason.
        unfinished = {} if self.finish_reason else {"truncated": True}
        return AIMessageChunk(
            content=self._reader.end(),
            tool_call_chunks=self._calls.invalidated(),
            usage_metadata=read_usage(self._usage),
            response_metadata={**metadata, **self._finish, **unfinished, **provider, **timings},
            chunk_position="last",
        )

    @property
    def partial(self) -> AIMessageChunk | None:
        """The message received so far; None before any content."""
        if not self._sent:
            return None
        first, *others = self._sent
        return first.__add__(others) if others else first


def _extended(logprobs: Any, more: Any) -> Any:
    """The log probabilities of a stream so far, followed by those of its next tokens."""
    if not (isinstance(logprobs, dict) and isinstance(more, dict)):
        return logprobs if more is None else more
    both = {name: [*logprobs[name], *more[name]] for name in logprobs if _lists(logprobs[name], more.get(name))}
    return logprobs | more | both


def _lists(*values: Any) -> bool:
    return all(isinstance(value, list) for value in values)


class _ToolCallAssembler:
    """Assembler of tool calls from deltas, by their order: all calls of the platform may have index 0 and id "null"."""

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

    def invalidated(self) -> list[ToolCallChunk]:
        """Chunks that invalidate the calls with truncated arguments.

        LangChain completes truncated JSON when it adds up chunks, and a truncated call must not look complete. So each
        chunk appends a text to the arguments that makes completion impossible.
        """
        return [
            tool_call_chunk(name=None, args=_invalidating_suffix(text), id=None, index=self._first + number)
            for number, text in enumerate(self._text)
            if text.strip() and not self._whole(text)
        ]

    def _chunk(self, delta: Wire, seed: str) -> ToolCallChunk:
        function = delta.get("function") or {}
        text = arguments_text(function.get("arguments"))
        name = function.get("name") or None
        position = self._continued(delta, name)
        if position is not None:
            self._text[position] += text
            name = None if self._names[position] else name
            self._names[position] = self._names[position] or name or ""
            return tool_call_chunk(name=name, args=text, id=None, index=self._first + position)
        position = len(self._ids)
        id_ = usable_id(delta.get("id"), self._ids, f"{seed}:{position}:{name}")
        self._ids.append(id_)
        self._names.append(name or "")
        self._raw.append((delta.get("id") or "null", delta.get("index")))
        self._text.append(text)
        return tool_call_chunk(name=name, args=text, id=id_, index=self._first + position)

    def _continued(self, delta: Wire, name: str | None) -> int | None:
        """The position of the call that a delta continues; None for a new call."""
        if not self._ids:
            return None
        id_, index = delta.get("id") or "null", delta.get("index")
        last = len(self._ids) - 1
        if name and self._names[last]:
            # Some hosts repeat the name in every delta, and the id, or a new one.
            unfinished = not self._whole(self._text[last])
            same_id = id_ != "null" and id_ == self._raw[last][0]
            begun = name == self._names[last] and index == self._raw[last][1] and bool(self._text[last].strip())
            return last if unfinished and (same_id or begun) else None
        if id_ != "null" and (same := self._positions(0, id_)):
            return same[-1]
        if same := self._positions(1, index):
            return same[-1]
        return last if id_ == "null" else None

    def _positions(self, column: int, value: Any) -> list[int]:
        """The positions of the calls whose raw id (column 0) or raw index (column 1) is `value`."""
        return [position for position, raw in enumerate(self._raw) if raw[column] == value]

    @staticmethod
    def _whole(text: str) -> bool:
        return bool(text.strip()) and read_arguments(text)[1] is None


def _invalidating_suffix(text: str) -> str:
    """A suffix after which LangChain can't complete `text` to a JSON object any more.

    Found by trying: the completion is lenient, and differs by what is open at the end of the text.
    """
    for end in ("", '"', "]", "}", '"]', '"}', '"]"]', '"}"}', "]" * len(text) + "}", '"' + "]" * len(text) + "}"):
        if not _completed(text + end):
            return end
    return "}" * len(text)


def _completed(text: str) -> bool:
    try:
        return isinstance(parse_partial_json(text), dict)
    except ValueError:
        return False
