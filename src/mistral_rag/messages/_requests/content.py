"""Conversion of a reply's content (strings; chunks of text, reasoning and references), whole or streamed."""

from collections.abc import Iterator, Mapping
from typing import Any

from langchain_core.utils._merge import merge_lists

from mistral_rag.messages._references import citations
from mistral_rag.messages._requests.thinking import ThinkTags
from mistral_rag.messages._requests.tools import Wire

Content = str | list[str | dict[Any, Any]]
Block = dict[str, Any]


class ContentReader:
    """Converter of content into LangChain's standard blocks.

    Text alone stays a string. After the first chunk of another type, or from the start when there are `sources` to
    cite, everything is a block with an index; LangChain merges blocks of equal index. A citation annotates the text
    since the citation before it.
    """

    def __init__(self, sources: Mapping[str, Wire], *, think_tags: bool = False) -> None:
        self._sources = sources
        self._tags = ThinkTags() if think_tags else None
        self._plain = not sources
        self._number = -1
        self._kind = ""
        self._uncited = ""
        self._cited = (-1, 0, 0)
        self._open_thought = False
        self._closed = -1
        self._signature: str | None = None

    def read(self, content: Any) -> Content:
        """Convert the content of one delta."""
        if isinstance(content, str) and self._plain and self._tags is None:
            return content
        return self._blocks(list(self._split(content)))

    def end(self) -> Content:
        """The content that was held back, to be added after the last delta; marks a thought that was not closed."""
        left = self._blocks(list(self._tags.end())) if self._tags else self._empty()
        if self._open_thought and isinstance(left, list):
            left.append({"type": "reasoning", "reasoning": "", "extras": {"closed": False}, "index": self._number})
        return left

    def whole(self, content: Any) -> Content:
        """Convert the content of a whole reply."""
        if isinstance(content, str) and self._plain and self._tags is None:
            return content
        first, last = self.read(content), self.end()
        if isinstance(first, str) and isinstance(last, str):
            return first + last
        blocks = [first] if isinstance(first, str) and first else list(first)
        merged = merge_lists(blocks, list(last)) if isinstance(last, list) else blocks
        # merged a second time: equal indices within the first list are merged only into another list
        whole = merge_lists([], merged) or []
        return [
            {k: v for k, v in block.items() if k != "index"} if isinstance(block, dict) else block for block in whole
        ]

    def _split(self, content: Any) -> Iterator[Wire]:
        # some hosts send a single chunk without a list around it
        chunks = [content] if isinstance(content, str | dict) else content or ()
        for item in chunks:
            chunk = {"type": "text", "text": item} if isinstance(item, str) else item
            if self._tags is not None and chunk.get("type") == "text":
                yield from self._tags.feed(str(chunk.get("text") or ""))
            else:
                yield chunk

    def _blocks(self, chunks: list[Wire]) -> Content:
        if self._plain and all(chunk.get("type") == "text" for chunk in chunks):
            return "".join(str(chunk.get("text") or "") for chunk in chunks)
        self._plain = False
        return [block for chunk in chunks for block in self._block(chunk)]

    def _empty(self) -> Content:
        return "" if self._plain else []

    def _block(self, chunk: Wire) -> Iterator[Block]:
        kind = chunk.get("type")
        if kind == "text":
            if text := chunk.get("text"):
                yield self._text(str(text))
        elif kind == "thinking":
            yield from self._thought(chunk)
        elif kind == "reference":
            yield from self._reference(chunk)
        elif kind is not None and not isinstance(kind, str):
            raise TypeError("the type of a content chunk is no text")  # LangChain looks types up in sets
        else:
            yield self._numbered("non_standard") | {"value": chunk}

    def _numbered(self, kind: str) -> Block:
        if kind != self._kind or kind == "non_standard":
            self._number += 1
            self._kind = kind
            self._uncited = ""
        return {"type": kind, "index": self._number}

    def _text(self, text: str) -> Block:
        block = self._numbered("text") | {"text": text}
        self._uncited += text
        return block

    def _thought(self, chunk: Wire) -> Iterator[Block]:
        parts = chunk.get("thinking") or []
        text = parts if isinstance(parts, str) else "".join(str(part.get("text") or "") for part in parts)
        signature = chunk.get("signature")
        if self._kind == "reasoning" and self._signature and signature and signature != self._signature:
            self._kind = ""  # each thought has a signature of its own
        block = self._numbered("reasoning") | {"reasoning": text}
        extras: Block = {}
        if chunk.get("closed") and self._closed != block["index"]:
            extras["closed"] = True
            self._closed = block["index"]
        if signature and signature != self._signature:
            extras["signature"] = self._signature = signature
        if not isinstance(parts, str) and any(part.get("type") != "text" for part in parts):
            extras["parts"] = parts
        self._open_thought = chunk.get("closed") is False
        yield block | ({"extras": extras} if extras else {})

    def _reference(self, chunk: Wire) -> Iterator[Block]:
        """Citations of the text since the last citation; without any, of the same text as the last one."""
        if self._kind == "text" and any(character.isalnum() for character in self._uncited):
            start = len(self._uncited) - len(self._uncited.lstrip())
            self._cited = (self._number, start, len(self._uncited.rstrip()))
            self._kind = ""
        elif self._cited[0] < 0:
            self._cited = (self._numbered("text")["index"], 0, 0)
        number, start, end = self._cited
        found = citations(chunk, self._sources, start, end)
        yield {"type": "text", "text": "", "annotations": found, "index": number}
