"""Documents that come without pages: each is its own source with one page, and comes back as it was given."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from langchain_core.documents import Document
from pydantic_core import to_jsonable_python

from mistral_rag.index._filters.filter_fields import BARE_TYPE
from mistral_rag.index._writer import IndexWriter
from mistral_rag.schema import Chunk, Locator, Page, Source, Unit, clean_text, text_digest


def bare_source(document: Document, groups: tuple[str, ...] = ()) -> tuple[Source, Page, Chunk]:
    """A Document with an id and clean text as a source of `groups`, its one page of one unit, and its one chunk."""
    text, meta = document.page_content, document.metadata
    uri = f"document:{document.id}"
    source = Source(
        uri=uri,
        digest=text_digest(text),
        name=str(meta.get("source") or document.id),
        title=str(meta.get("title") or meta.get("source") or document.id),
        media_type=BARE_TYPE,
        language=str(meta.get("language") or ""),
        groups=groups,
        metadata=meta,
    )
    units = (Unit(start=0, end=len(text)),) if text else ()
    page = Page(locator=Locator(kind="part", number=1), text=text, units=units)
    chunk = Chunk(id=str(document.id), uri=uri, page=1, first_unit=0, last_unit=0, start=0, end=len(text), text=text)
    return source, page, chunk


def as_documents(
    texts: Iterable[str], metadatas: Sequence[dict[str, Any]] | None, ids: Sequence[str | None] | None
) -> list[Document]:
    """Clean Documents with plain metadata, each with an id."""
    every = [clean_text(text) for text in texts]
    for name, given in (("metadatas", metadatas), ("ids", ids)):
        if given is not None and len(given) != len(every):
            raise ValueError(f"{len(given)} {name} were given for {len(every)} texts")
    return [
        Document(id=given or str(uuid.uuid4()), page_content=text, metadata=to_jsonable_python(meta, fallback=_plain))
        for text, meta, given in zip(every, metadatas or ({} for _ in every), ids or (None for _ in every), strict=True)
    ]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)


def remove_documents(writer: IndexWriter, ids: Sequence[str]) -> None:
    """Take out the texts with these ids; refuse those that are chunks of a file."""
    with writer.view() as view:
        stored = view.chunks(view.rows_of(ids).values())
    for chunk in stored:
        if chunk.source.media_type != BARE_TYPE:
            raise ValueError(f"{chunk.chunk.id} is a chunk of {chunk.source.name}, which can only be removed whole")
    for chunk in stored:
        writer.remove(chunk.source.uri)
