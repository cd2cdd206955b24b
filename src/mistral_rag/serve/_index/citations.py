"""Citations as the page shows them: their addresses, and what the index holds there now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mistral_rag.overlay import file_of, is_printed
from mistral_rag.schema import Box, Citation, Page, Source, Span, joined_quote, text_digest
from mistral_rag.serve._index.addresses import CitationAddress, digest_of, document_id

if TYPE_CHECKING:
    from mistral_rag.index import SourceStatus, View
    from mistral_rag.serve._index.readable import ReadableIndex


@dataclass(frozen=True, slots=True)
class FoundCitation:
    """A citation's address as the index answers it now.

    `state` is "stale" where the cited text is no longer there; then there is no citation. `page` is the page `number`
    as it is now: the one that was asked for, or the first one quoted; None where there is none.
    """

    state: Literal["current", "stale"]
    document: "SourceStatus"
    number: int
    citation: Citation | None = None
    page: Page | None = None


def look_up(index: "ReadableIndex", address: CitationAddress, number: int | None = None) -> FoundCitation | None:
    """The citation at an address, with page `number` of its document, by default the first one it quotes.

    None where these groups read nothing there, no quote can stand there, or the document has no such page.
    """
    # a second to import: the server is up before
    from mistral_rag.grounding import verify_citation

    document = index.document(address.document)
    if document is None or document.status != "ok":
        return None
    uri = document.source.uri
    with index.reader.view() as view:
        shift = _shift(view, uri, address)
        now = address.shifted(shift or 0)
        at = number or now.pages[0]
        shown = _page(view, uri, at)
        if shown is None and number is not None:
            return None
        if shift is None:
            return FoundCitation("stale", document, at, page=shown)
        given = _given(view, document.source, now)
        found = None if given is None else verify_citation(view, given)
        if found is None or found.location != "exact":
            return None
    return FoundCitation("current", document, at, found, shown)


def _shift(view: "View", uri: str, address: CitationAddress) -> int | None:
    """The pages by which the cited texts have moved, which pages that were put in before them do; None: they are gone.

    Where they stand in several places, the nearest one.
    """
    first, last = min(address.pages), max(address.pages)
    here = [_page(view, uri, number) for number in address.pages]
    if all(here) and digest_of(page.text_sha256 for page in here if page) == address.digest:
        return 0
    digests = [text_digest(text) for text in view.page_texts(uri)]
    shifts = range(1 - first, len(digests) - last + 1)
    fitting = (s for s in shifts if digest_of(digests[number + s - 1] for number in address.pages) == address.digest)
    return min(fitting, key=abs, default=None)


def _page(view: "View", uri: str, number: int) -> Page | None:
    try:
        return view.page(uri, number)
    except KeyError:
        return None


def _given(view: "View", source: Source, address: CitationAddress) -> Citation | None:
    """The citation that an address claims; None where its runs are beyond the pages."""
    spans = []
    for number, start, end in address.spans:
        page = _page(view, source.uri, number)
        if page is None or end > len(page.text):
            return None
        spans.append(
            Span(
                page=number,
                locator=page.locator,
                start=start,
                end=end,
                quote=page.text[start:end],
                text_sha256=page.text_sha256,
            )
        )
    return Citation(
        marker="1",
        source=source.name,
        uri=source.uri,
        title=source.title,
        page=spans[0].page,
        quote=joined_quote(spans),
        spans=tuple(spans),
        start=0,
        end=0,
        digest=source.digest,
        location="exact",
    )


def has_picture(source: Source) -> bool:
    """True when pages of a source can be drawn: it is a PDF or an image, and its file is where it was."""
    return is_printed(source) and has_original(source)


def has_original(source: Source) -> bool:
    """True when a source's file is on this machine."""
    path = file_of(source)
    return path is not None and path.is_file()


def boxes_on(spans: Sequence[Span], number: int, *, role: str) -> list[list[float]]:
    """The boxes of spans on a page as left, top, right, bottom, each once."""
    found = [sides(box) for span in spans if span.page == number and span.role == role for box in span.boxes]
    return list(map(list, dict.fromkeys(map(tuple, found))))


def sides(box: Box) -> list[float]:
    """A box as left, top, right, bottom in fractions of the page."""
    return [box.left, box.top, box.right, box.bottom]


def cards(citations: Iterable[Citation], sources: Mapping[str, Source]) -> list[dict[str, Any]]:
    """Citations as the page shows them below an answer; `sources` are those of the index by uri."""
    return [_card(citation, sources.get(citation.uri)) for citation in citations]


def _card(citation: Citation, source: Source | None) -> dict[str, Any]:
    address = CitationAddress.of(citation)
    return {
        "address": address.path if address else None,
        "citation_id": citation.marker,
        "document_id": document_id(citation.uri),
        "title": citation.title,
        "path": citation.source,
        "page_index": citation.page,
        "page_label": citation.page_label,
        "page_kind": citation.spans[0].locator.kind if citation.spans else None,
        "quote": citation.quote if citation.quote is not None else citation.given_quote,
        "verified": citation.verified,
        "seen": citation.seen,
        "date": source.modified if source else None,
        "has_picture": source is not None and has_picture(source),
    }
