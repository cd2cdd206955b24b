"""OCR as LangChain's document loader and blob parser: one Document a page."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Unpack

from langchain_core.document_loaders import BaseBlobParser, BaseLoader
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from mistral_rag.errors import ParseError
from mistral_rag.ocr._model import MistralOCR, PageSelection
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._requests.documents import DocumentInput, LocalDocument, RemoteDocument, document
from mistral_rag.ocr._requests.keywords import OcrSettings
from mistral_rag.ocr._result import OcrPage
from mistral_rag.schema import Chunk

__all__ = ["MistralOCRLoader", "MistralOCRParser"]


class MistralOCRLoader(BaseLoader):
    """Loads documents through the platform's OCR, one Document a page, as they are read.

    `sources` is one document or several, each as `MistralOCR.read` takes it. `ocr` is the reader; without one, the
    `options` are those of a new `MistralOCR`, else they are for these documents only. A page that can't be read is
    left out; when all others have been given, ParseError names it and the reason.
    """

    def __init__(
        self,
        sources: DocumentInput | Sequence[DocumentInput],
        *,
        ocr: MistralOCR | None = None,
        pages: PageSelection = None,
        **options: Unpack[OcrSettings],
    ) -> None:
        self._sources: Sequence[Any] = [sources]
        if isinstance(sources, Sequence) and not isinstance(sources, str | bytes | bytearray | memoryview):
            self._sources = sources
        self._ocr = MistralOCR.model_validate(options) if ocr is None else ocr.changed(options)
        self._pages = pages if pages is None or isinstance(pages, int | str) else tuple(pages)

    def lazy_load(self) -> Iterator[Document]:
        """The pages of each document in turn."""
        for source in self._sources:
            yield from _documents(self._ocr, document(source), self._pages)

    async def alazy_load(self) -> AsyncIterator[Document]:
        """`lazy_load` for coroutines."""
        for source in self._sources:
            given = document(source)
            failures: list[PageFailure] = []
            async with aclosing(self._ocr.aiter_pages(given, pages=self._pages)) as pages:
                async for page in pages:
                    if isinstance(page, PageFailure):
                        failures.append(page)
                    else:
                        yield _to_document(page, given)
            _raise_failures(given, failures)


class MistralOCRParser(BaseBlobParser):
    """Parses blobs through the platform's OCR, one Document a page; the same as `MistralOCRLoader` otherwise."""

    def __init__(
        self, *, ocr: MistralOCR | None = None, pages: PageSelection = None, **options: Unpack[OcrSettings]
    ) -> None:
        self._ocr = MistralOCR.model_validate(options) if ocr is None else ocr.changed(options)
        self._pages = pages if pages is None or isinstance(pages, int | str) else tuple(pages)

    def lazy_parse(self, blob: Blob) -> Iterator[Document]:
        """The pages of a blob; its metadata go with each."""
        name = Path(str(blob.source)).name if blob.source else None
        source = blob.path if blob.data is None and blob.path is not None else blob.as_bytes()
        for page in _documents(self._ocr, document(source, name=name), self._pages):
            page.metadata |= {key: value for key, value in blob.metadata.items() if key not in page.metadata}
            yield page


def _documents(ocr: MistralOCR, given: LocalDocument | RemoteDocument, pages: PageSelection) -> Iterator[Document]:
    failures: list[PageFailure] = []
    for page in ocr.iter_pages(given, pages=pages):
        if isinstance(page, PageFailure):
            failures.append(page)
        else:
            yield _to_document(page, given)
    _raise_failures(given, failures)


def _raise_failures(given: LocalDocument | RemoteDocument, failures: Iterable[PageFailure]) -> None:
    if reasons := "; ".join(f"page {failure.number}: {failure.reason}" for failure in failures):
        raise ParseError(f"{given.name}: {reasons}")


def _to_document(page: OcrPage, given: LocalDocument | RemoteDocument) -> Document:
    """A page as a LangChain Document, its metadata by the names all Documents of this package have."""
    local = given if isinstance(given, LocalDocument) else None
    metadata: dict[str, Any] = {
        "source": given.name if local is None else local.given or local.name,
        "uri": given.name if local is None else local.uri,
        "title": given.name if local is None else Path(local.name).stem,
        "page_number": page.locator.number,
        "page_label": page.locator.label,
        "locator": page.locator.kind,
        "page": page.locator.number,
        "start_index": 0,
        "digest": "" if local is None else local.digest,
        "origin": "mistral-ocr",
        "confidence": page.confidence,
        "doubtful": page.doubtful,
    }
    identity = Chunk.make_id(metadata["uri"], page.text, page.locator.number)
    return Document(id=identity, page_content=page.text, metadata=metadata)
