"""Chunks, and the LangChain Documents that they become and come from."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from mistral_rag.schema._base import Model, Number, Offset, text_digest
from mistral_rag.schema._pages import BlockKind, Placed, Source

if TYPE_CHECKING:
    from langchain_core.documents import Document


class Chunk(Model):
    """A run of whole units of one page: what is embedded and found.

    `page` is the page's position in its source, from 1; `first_unit` and `last_unit` (inclusive) index
    `Page.units`; `text` is ``page.text[start:end]``.
    """

    id: Annotated[str, Field(min_length=1)]
    uri: str
    page: Number
    first_unit: Offset
    last_unit: Offset
    start: Offset
    end: Offset
    text: str
    headings: tuple[str, ...] = ()
    kind: BlockKind = "text"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.end - self.start != len(self.text):
            raise ValueError("a chunk's text must be as long as its range")
        if self.first_unit > self.last_unit:
            raise ValueError("a chunk's first unit comes after its last")
        return self

    @staticmethod
    def make_id(uri: str, text: str, ordinal: int = 0) -> str:
        """The id of the `ordinal`-th chunk (from 0) with this text in its source: survives edits elsewhere."""
        return hashlib.sha256(f"{uri}\0{ordinal}\0{text}".encode()).hexdigest()[:32]

    def to_document(self, source: Source, page: "Placed") -> "Document":
        """The chunk as a LangChain Document: id, text and metadata by the design's names.

        `page` is the page it stands on, or anything else that has its `locator`.
        """
        from langchain_core.documents import Document

        metadata: dict[str, Any] = {
            **source.metadata,
            "source": source.name,
            "uri": source.uri,
            "title": source.title,
            "page_number": page.locator.number,
            "page_label": page.locator.label,
            "locator": page.locator.kind,
            "page": self.page,
            "start_index": self.start,
            "first_unit": self.first_unit,
            "last_unit": self.last_unit,
            "headings": list(self.headings),
            "kind": self.kind,
            "digest": source.digest,
            "language": source.language,
        }
        return Document(id=self.id, page_content=self.text, metadata=metadata)

    @classmethod
    def from_document(cls, document: "Document") -> "Chunk":
        """The chunk a Document was made from.

        A Document that no chunk became is its own source with one page: its text is one unit at offset 0.
        """
        meta: Mapping[str, Any] = document.metadata
        text = document.page_content
        uri = str(meta.get("uri") or meta.get("source") or f"document:{text_digest(text)[:32]}")
        start = int(meta["start_index"]) if "first_unit" in meta else 0
        return cls(
            id=document.id or cls.make_id(uri, text),
            uri=uri,
            page=int(meta["page"]) if "first_unit" in meta else 1,
            first_unit=int(meta.get("first_unit", 0)),
            last_unit=int(meta.get("last_unit", 0)),
            start=start,
            end=start + len(text),
            text=text,
            headings=tuple(meta["headings"]) if "first_unit" in meta else (),
            kind=meta["kind"] if "first_unit" in meta else "text",
        )
