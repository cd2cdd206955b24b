"""Citations, cut from the units of a page."""

from collections.abc import Iterable, Sequence

from mistral_rag.grounding._quotes.boxes import span_of
from mistral_rag.grounding._quotes.edges import cuts_at
from mistral_rag.retrieval import Passage
from mistral_rag.schema import Citation, Page, Source, Span, joined_quote

MAX_MENDED = 2
"""Units on each side that a quote may take in; of 7,200 units of filings 9 are cut in a wrong place, by one unit."""


def cite(passage: Passage, units: Sequence[int], *, marker: str, start: int, end: int) -> Citation:
    """Cite units of a passage's page (by index) for ``text[start:end]`` of the answer.

    A table row brings the row that names its columns as a span of role "header".
    """
    page, source = passage.page, passage.source
    spans = tuple(_spans(page, units, number=passage.chunk.page))
    return Citation(
        marker=marker,
        source=source.name,
        uri=source.uri,
        title=source.title,
        page=passage.chunk.page,
        page_label=page.locator.label,
        quote=joined_quote(spans),
        spans=spans,
        start=start,
        end=end,
        digest=source.digest,
        origin=page.origin_at(spans[0].start, spans[-1].end),
        confidence=page.confidence,
        chunk_id=passage.chunk.id,
        location="exact",
        url=address(source, page),
        cells=tuple(
            value for span in spans if span.role == "quote" for value in page.cell_values(span.start, span.end)
        ),
    )


def address(source: Source, page: Page) -> str | None:
    """URL that a reader can open: of the file or web page, with the page number where possible; None without one."""
    uri = source.parent or source.uri
    if not uri.startswith(("file:", "http:", "https:")):
        return None
    base = uri.partition("#")[0]
    return f"{base}#page={page.locator.number}" if page.locator.kind == "page" and not source.parent else base


def headers_of(page: Page, units: Iterable[int]) -> list[int]:
    """Indices of the units that name the columns of these units and are not among them."""
    chosen = set(units)
    return sorted({header for i in chosen if (header := page.units[i].header) is not None} - chosen)


def _spans(page: Page, units: Sequence[int], *, number: int) -> Iterable[Span]:
    headers = set(headers_of(page, units))
    behind = 0
    for first, last in _runs(sorted({*units, *headers}), headers):
        start, end = _whole(page, first)[0], _whole(page, last)[1]
        if end > behind:
            yield span_of(page, max(start, behind), end, number=number, role="header" if first in headers else "quote")
            behind = end


def _runs(indices: Sequence[int], headers: set[int]) -> Iterable[tuple[int, int]]:
    """First and last index of each run of neighbours that are all headers, or all none."""
    first = 0
    for at, index in enumerate(indices):
        following = indices[at + 1] if at + 1 < len(indices) else None
        if following != index + 1 or (following in headers) != (index in headers):
            yield indices[first], index
            first = at + 1


def _whole(page: Page, index: int) -> tuple[int, int]:
    """Range of a unit, with those beside it as far as it would cut a word, a number or a sign ("Form 10-" "K.")."""
    units = page.units
    first = last = index
    while first > max(index - MAX_MENDED, 0) and cuts_at(page.text, units[first].start):
        first -= 1
    while last < min(index + MAX_MENDED, len(units) - 1) and cuts_at(page.text, units[last].end):
        last += 1
    return units[first].start, units[last].end
