"""Pages behind retrieved Documents, from which quotes are cut."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, runtime_checkable

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from mistral_rag.index import StoredChunk, stated_locator
from mistral_rag.retrieval import Passage
from mistral_rag.schema import Block, Chunk, Page, Source, Unit, clean_text, text_digest
from mistral_rag.text import drop_invisible, sentences


@runtime_checkable
class PageSource(Protocol):
    """A source of pages. Both methods raise a LookupError for a page or source that is not there, or no longer."""

    def page(self, uri: str, number: int, /) -> Page:
        """Read the page at position `number` (from 1) of the source."""

    def source(self, uri: str, /) -> Source:
        """Read the source with this uri."""


@runtime_checkable
class ChunkSource(Protocol):
    """A source of pages that also knows its chunks by id, as a view of the index does."""

    def chunks_by_id(self, ids: Iterable[str], /, *, layouts: bool = False) -> Mapping[str, StoredChunk]:
        """Chunks by id; unknown ids are left out. `layouts`: with words, blocks and units of their pages."""


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
    """Documents of any loader, each as a source of its own with one page: the one that its metadata state, or 1."""

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self._passages = {passage.source.uri: passage for passage in map(as_page, documents)}

    def page(self, uri: str, number: int, /) -> Page:
        """The one page of a Document, by the number that its metadata state, else 1."""
        passage = self._passages[uri]
        if number != passage.chunk.page:
            raise KeyError((uri, number))
        return passage.page

    def source(self, uri: str, /) -> Source:
        """The source that a Document is."""
        return self._passages[uri].source


def as_page(document: Document) -> Passage:
    """Make a source with one page of a Document, cut into sentences.

    Its metadata are what somebody wrote: they name it and its page, but the uri is of the text and opens no file or
    web page.
    """
    meta: Mapping[str, Any] = document.metadata
    text = clean_text(drop_invisible(document.page_content))
    digest = text_digest(text)
    name = clean_text(str(meta.get("source") or meta.get("uri") or ""))
    source = Source(
        uri=f"document:{text_digest(name + text)[:32]}",
        digest=digest,
        name=name or f"document {digest[:8]}",
        title=clean_text(str(meta.get("title") or name or f"document {digest[:8]}")),
        media_type="text/plain",
        language=clean_text(str(meta.get("language") or "")),
    )
    units = tuple(Unit(start=start, end=end) for start, end in sentences(text, paragraphs=True))
    locator = stated_locator(meta)
    chunk = Chunk(
        id=document.id or Chunk.make_id(source.uri, text),
        uri=source.uri,
        page=locator.number,
        first_unit=0,
        last_unit=max(len(units) - 1, 0),
        start=0,
        end=len(text),
        text=text,
    )
    blocks = (Block(start=0, end=len(text), kind="text", origin="markup"),) if text else ()
    return Passage(chunk, Page(locator=locator, text=text, blocks=blocks, units=units), source)


def passages(documents: Sequence[Document], pages: PageSource | None) -> tuple[list[Passage], list[str]]:
    """Passages of the Documents, in order, and warnings about those that are gone or no longer fit their page.

    In an index a Document is found by its id, which the index gave it, and never by its metadata, which anybody may
    have written. A Document that is from nowhere is its own source.
    """
    known = pages.chunks_by_id(_ids(documents), layouts=True) if isinstance(pages, ChunkSource) else {}
    found: list[Passage] = []
    warnings: list[str] = []
    for document in documents:
        passage = _stored(document, known) if isinstance(pages, ChunkSource) else _placed(document, pages)
        if isinstance(passage, str):
            warnings.append(passage)
        elif passage is not None:
            found.append(passage)
        elif document.page_content.strip():
            found.append(as_page(document))
    return found, warnings


def _ids(documents: Iterable[Document]) -> list[str]:
    return [document.id for document in documents if document.id]


def _stored(document: Document, known: Mapping[str, StoredChunk]) -> Passage | str | None:
    """The passage of a Document that the index gave, a warning where it has changed, None for a foreign one."""
    stored = known.get(document.id or "")
    if stored is None:
        # retrievers that change a text make a new Document of it, with the metadata of the old one
        gone = document.id and _names_place(document)
        return f"left out, no longer in the index: {_name(document)}" if gone else None
    if stored.chunk.text != document.page_content:
        return f"left out, changed since it was found: {stored.source.name}, {stored.page.locator}"
    return Passage.of(stored, older=document.metadata.get("older_edition") is True)


def _placed(document: Document, pages: PageSource | None) -> Passage | str | None:
    """As `_stored`, of a page source that is no index: there a Document's metadata name its place."""
    if pages is None or not _names_place(document):
        return None
    try:
        chunk = Chunk.from_document(document)
    except (KeyError, TypeError, ValueError):
        return None
    try:
        page, source = pages.page(chunk.uri, chunk.page), pages.source(chunk.uri)
    except LookupError:
        return f"left out, no longer in the index: {_name(document)}"
    if page.text[chunk.start : chunk.end] != chunk.text:
        return f"left out, changed since it was found: {source.name}, {page.locator}"
    return Passage(chunk, page, source, older=document.metadata.get("older_edition") is True)


def _names_place(document: Document) -> bool:
    return "first_unit" in document.metadata


def _name(document: Document) -> str:
    return str(document.metadata.get("source") or document.metadata.get("uri") or document.id)
