"""Documents that come without pages: each is its own source with one page, and comes back as it was given."""

from typing import Final

from langchain_core.documents import Document

from mistral_rag.index._filters.filter_fields import BARE_TYPE
from mistral_rag.schema import Chunk, Locator, Page, Source, Unit, text_digest

BARE_LABEL: Final = "text without a file"
"""The page label in citations: name and title of such a text are what somebody gave it."""


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
    page = Page(locator=Locator(kind="part", number=1, label=BARE_LABEL), text=text, units=units)
    chunk = Chunk(id=str(document.id), uri=uri, page=1, first_unit=0, last_unit=0, start=0, end=len(text), text=text)
    return source, page, chunk
