"""The cited pages of answers as one PDF file, with the quoted words as highlight annotations."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mistral_rag.serve._export.conversation import ExportedAnswer, ExportedCitation
from mistral_rag.serve._index.addresses import CitationAddress
from mistral_rag.serve._index.originals import PageImages
from mistral_rag.serve._index.readable import ReadableIndex

if TYPE_CHECKING:
    from mistral_rag.overlay import Layer
    from mistral_rag.schema import Source

PDF = "application/pdf"


def as_pdf(answers: Sequence[ExportedAnswer], index: ReadableIndex, images: PageImages) -> bytes | None:
    """Each cited page of a PDF once, in the order of the citations; None where no citation is of one.

    Raises:
        NotDrawnError: an original is not what was cited.
        ParseError: pages can't be cut out of one.
    """
    layers: dict[str, dict[int, list[Layer]]] = {}
    sources: dict[str, Source] = {}
    marked: set[CitationAddress | None] = set()
    for exported in (citation for one in answers for citation in one.citations):
        if exported.found is None or exported.source is None or exported.source.media_type != PDF:
            continue
        # answers that quote the same words mark them once
        if exported.address in marked:
            continue
        marked.add(exported.address)
        sources[exported.source.uri] = exported.source
        pages = layers.setdefault(exported.source.uri, {})
        for number, marks in _layers(index, exported):
            pages.setdefault(number, []).extend(marks)
    if not sources:
        return None
    return images.highlighted([(sources[uri], list(pages.items())) for uri, pages in layers.items()])


def _layers(index: ReadableIndex, exported: ExportedCitation) -> list[tuple[int, Sequence["Layer"]]]:
    """The marks of a citation by page."""
    from mistral_rag.overlay import citation_layers

    spans = (exported.found.spans if exported.found else None) or ()
    uri = exported.found.uri if exported.found else ""
    return [
        (number, citation_layers(index.reader.page(uri, number), [span for span in spans if span.page == number]))
        for number in sorted({span.page for span in spans})
    ]
