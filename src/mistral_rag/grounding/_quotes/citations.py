"""Citations, cut from the units of a page."""

from collections.abc import Iterable, Sequence

from mistral_rag.grounding._quotes.boxes import span_of
from mistral_rag.retrieval import Passage
from mistral_rag.schema import Citation, Page, Source, Span, Unit, joined_quote


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
    for index in sorted({*units, *headers}):
        unit: Unit = page.units[index]
        yield span_of(page, unit.start, unit.end, number=number, role="header" if index in headers else "quote")
