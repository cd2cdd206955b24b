"""Citations by their addresses: the page, and the boxes of the quoted words on it."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mistral_rag.schema import Page
from mistral_rag.serve._http.responses import JsonReply, not_found
from mistral_rag.serve._index.addresses import CitationAddress
from mistral_rag.serve._index.citations import FoundCitation, boxes_on, cards, has_picture, look_up
from mistral_rag.serve._index.readable import ReadableIndex
from mistral_rag.serve._index.shown import shown_citation
from mistral_rag.serve._state import readable_of


async def cite(request: Request) -> Response:
    """`GET /api/cite/{address}`."""
    readable = readable_of(request)
    address = CitationAddress.read(request.path_params["address"])
    found = None if address is None else await run_in_threadpool(look_up, readable, address)
    if found is None or address is None:
        raise not_found()
    return JsonReply(await run_in_threadpool(_shown, readable, found, address))


def _shown(readable: ReadableIndex, found: FoundCitation, address: CitationAddress) -> dict[str, Any]:
    source, page, citation = found.document.source, found.page, found.citation
    number = address.spans[0][0]
    known = {"state": found.state, "address": address.path, "pages": found.document.pages}
    if page is None or citation is None:
        told = {"title": source.title, "path": source.name, "page_index": number, "date": source.modified}
        return {**known, "citation": {**told, "document_id": address.document}, "page": None}
    card = cards([citation], {source.uri: source})[0]
    spans = citation.spans or ()
    quoted = [span for span in spans if span.role == "quote"]
    return {
        **known,
        "citation": {**shown_citation(citation), **card},
        "boxes": boxes_on(spans, number, role="quote"),
        "header_boxes": boxes_on(spans, number, role="header"),
        "page": page_data(page, number, address.document, drawn=has_picture(source)),
        "text": page.text,
        "span": [quoted[0].start, quoted[0].end],
        "spans": [[span.start, span.end] for span in quoted if span.page == number],
        "confidence": citation.confidence,
        "previous": number - 1 if number > 1 else None,
        "next": number + 1 if number < found.document.pages else None,
        "other_pages": [
            {
                "page_index": other,
                "boxes": boxes_on(spans, other, role="quote"),
                "header_boxes": boxes_on(spans, other, role="header"),
            }
            for other in sorted({span.page for span in spans} - {number})
        ],
    }


def page_data(page: Page, number: int, document: str, *, drawn: bool) -> dict[str, Any]:
    """What the page shows of a document's page beside its text; `number` counts from 1."""
    return {
        "document_id": document,
        "page_index": number,
        "label": page.locator.label,
        "place": str(page.locator),
        "width": page.width,
        "height": page.height,
        "has_picture": drawn,
    }
