"""Citations by their addresses: the page, and the boxes of the quoted words on it."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mistral_rag.schema import Page
from mistral_rag.serve._http.requests import whole_number
from mistral_rag.serve._http.responses import JsonReply, not_found
from mistral_rag.serve._index.addresses import CitationAddress
from mistral_rag.serve._index.citations import FoundCitation, boxes_on, cards, has_picture, look_up
from mistral_rag.serve._index.readable import ReadableIndex
from mistral_rag.serve._index.shown import shown_citation
from mistral_rag.serve._state import readable_of


async def cite(request: Request) -> Response:
    """`GET /api/cite/{address}`."""
    readable = readable_of(request)
    number = whole_number(request, "page", 0, most=10**6)
    return JsonReply(await run_in_threadpool(_cited, readable, request.path_params["address"], number))


def _cited(readable: ReadableIndex, text: str, number: int) -> dict[str, Any]:
    """The citation at an address, with page `number` of its document; 0 is the page where the quote begins."""
    address = CitationAddress.read(text)
    found = None if address is None else look_up(readable, address, number or None)
    if found is None or address is None:
        raise not_found()
    source, citation = found.document.source, found.citation
    shown = _page_shown(found, address.document)
    known = {"state": found.state, "address": address.path, "pages": found.document.pages, **shown}
    if citation is None:
        told = {"title": source.title, "path": source.name, "date": source.modified, "quote": None, "verified": False}
        return {**known, "citation": {**told, "document_id": address.document, "page_index": address.pages[0]}}
    card = cards([citation], {source.uri: source})[0]
    return {
        **known,
        "citation": {**shown_citation(citation), **card},
        "confidence": citation.confidence,
        "quoted_pages": sorted({span.page for span in citation.spans or () if span.role == "quote"}),
    }


def _page_shown(found: FoundCitation, document: str) -> dict[str, Any]:
    """A page with what the citation marks on it."""
    number = found.number
    spans = (found.citation.spans if found.citation else None) or ()
    runs = [[span.start, span.end] for span in spans if span.page == number and span.role == "quote"]
    drawn = has_picture(found.document.source)
    return {
        "boxes": boxes_on(spans, number, role="quote"),
        "header_boxes": boxes_on(spans, number, role="header"),
        "page": None if found.page is None else page_data(found.page, number, document, drawn=drawn),
        "text": None if found.page is None else found.page.text,
        "span": runs[0] if runs else None,
        "spans": runs,
        "previous": number - 1 if number > 1 else None,
        "next": number + 1 if number < found.document.pages else None,
    }


def page_data(page: Page, number: int, document: str, *, drawn: bool) -> dict[str, Any]:
    """A document's page without its text, as the page shows it; `number` counts from 1."""
    return {
        "document_id": document,
        "page_index": number,
        "label": page.locator.label,
        "page_kind": page.locator.kind,
        "place": str(page.locator),
        "width": page.width,
        "height": page.height,
        "has_picture": drawn,
    }
