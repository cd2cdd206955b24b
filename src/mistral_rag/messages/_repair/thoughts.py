"""Thoughts of earlier turns: the platform takes one thinking chunk, at the start of an assistant message.

Replies may alternate between thoughts and text, and histories from elsewhere have a block for each thought.
"""

from collections.abc import Callable, Iterator

from mistral_rag.messages._requests.tools import Wire


def thoughts_first(messages: list[Wire], note: Callable[[str], None]) -> Iterator[Wire]:
    """Join the thoughts of each assistant message into one chunk before its text."""
    for message in messages:
        if message["role"] != "assistant" or is_in_order(message["content"]):
            yield message
        else:
            note("the thoughts of a message were joined and put first")
            yield {**message, "content": _joined(message["content"])}


def is_in_order(content: str | list[Wire]) -> bool:
    """True when at most the first chunk is a thought."""
    return isinstance(content, str) or all(chunk["type"] != "thinking" for chunk in content[1:])


def _joined(content: list[Wire]) -> list[Wire]:
    thoughts = [chunk for chunk in content if chunk["type"] == "thinking"]
    # Blank text separates thoughts; as the only text of a message it says nothing.
    others = [chunk for chunk in content if chunk["type"] != "thinking" and not _is_blank(chunk)]
    return [{"type": "thinking", "thinking": [part for chunk in thoughts for part in chunk["thinking"]]}, *others]


def _is_blank(chunk: Wire) -> bool:
    return chunk["type"] == "text" and not chunk["text"].strip()
