"""Pages behind retrieved Documents, from which quotes are cut."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, runtime_checkable

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from mistral_rag.retrieval import Passage
from mistral_rag.schema import Block, Chunk, Locator, Page, Source, Unit, clean_text, text_digest
from mistral_rag.text import sentences


@runtime_checkable
class PageSource(Protocol):
    """A source of pages. Both methods raise a LookupError for a page or source that is not there, or no longer."""

    def page(self, uri: str, number: int, /) -> Page:
        """Read the page at position `number` (from 1) of the source."""

    def source(self, uri: str, /) -> Source:
        """Read the source with this uri."""


@runtime_checkable
class PageStore(Protocol):
    """A store that gives a consistent view of its pages for a short time, as the index does."""

    def view(self) -> AbstractContextManager[Any]:
        """Open a PageSource for a `with` block; pages read through it belong to one commit."""


@runtime_checkable
class PagedRetriever(Protocol):
    """A retriever that knows where the pages behind its Documents are."""

    pages: PageStore | PageSource


@runtime_checkable
class EmbeddingRetriever(Protocol):
    """A retriever that says by which embeddings it searches."""

    embeddings: Embeddings | None


def opened(store: PageStore | PageSource) -> AbstractContextManager[PageSource]:
    """Open a view of the store; a page source is its own view."""
    return store.view() if isinstance(store, PageStore) else nullcontext(store)


class DocumentPages:
    """Documents without pages, each as a source of its own with one page."""

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self._passages = {passage.source.uri: passage for passage in map(as_page, documents)}

    def page(self, uri: str, number: int, /) -> Page:
        """The one page of a Document."""
        if number != 1:
            raise KeyError((uri, number))
        return self._passages[uri].page

    def source(self, uri: str, /) -> Source:
        """The source that a Document is."""
        return self._passages[uri].source


def as_page(document: Document) -> Passage:
    """Make a source with one page of a Document, cut into sentences.

    Several Documents may name the same `source` in their metadata, so the digest of the text is part of the uri.
    """
    meta: Mapping[str, Any] = document.metadata
    text = clean_text(document.page_content)
    digest = text_digest(text)
    name = str(meta.get("source") or meta.get("uri") or "")
    base = str(meta.get("uri") or name)
    label = str(meta.get("page_label") or meta.get("page_number") or "")
    source = Source(
        uri=f"{base}#text={digest[:16]}" if base else f"document:{digest[:32]}",
        digest=digest,
        name=name or f"document {digest[:8]}",
        title=str(meta.get("title") or name or f"document {digest[:8]}"),
        media_type="text/plain",
        language=str(meta.get("language") or ""),
    )
    units = tuple(Unit(start=start, end=end) for start, end in sentences(text, paragraphs=True))
    locator = Locator(kind="part", number=1, label=f"p. {label}" if label else "")
    chunk = Chunk(
        id=document.id or Chunk.make_id(source.uri, text),
        uri=source.uri,
        page=1,
        first_unit=0,
        last_unit=max(len(units) - 1, 0),
        start=0,
        end=len(text),
        text=text,
    )
    blocks = (Block(start=0, end=len(text), kind="text", origin="markup"),) if text else ()
    return Passage(chunk, Page(locator=locator, text=text, blocks=blocks, units=units), source)


def passages(documents: Iterable[Document], pages: PageSource | None) -> tuple[list[Passage], list[str]]:
    """Passages of the Documents, in order, and warnings about those that are gone or no longer fit their page."""
    found: list[Passage] = []
    read: dict[tuple[str, int], tuple[Page, Source]] = {}
    warnings: list[str] = []
    for document in documents:
        if "first_unit" not in document.metadata or pages is None:
            if document.page_content.strip():
                found.append(as_page(document))
            continue
        chunk = Chunk.from_document(document)
        try:
            if (place := (chunk.uri, chunk.page)) not in read:
                read[place] = pages.page(*place), pages.source(chunk.uri)
        except LookupError:
            warnings.append(f"left out, no longer in the index: {document.metadata.get('source', chunk.uri)}")
            continue
        passage = Passage(chunk, *read[place], older=document.metadata.get("older_edition") is True)
        if passage.page.text[chunk.start : chunk.end] == chunk.text:
            found.append(passage)
        else:
            warnings.append(f"left out, changed since it was found: {passage.source.name}, {passage.page.locator}")
    return found, warnings
