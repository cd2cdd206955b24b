"""Verification of citations: their location is found again, from the store alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from mistral_rag.grounding._evidence.pages import PageSource, PageStore, opened
from mistral_rag.grounding._quotes.boxes import span_of
from mistral_rag.grounding._quotes.citations import address, headers_of
from mistral_rag.grounding._quotes.parts import QuotedText
from mistral_rag.grounding._quotes.pictures import seen
from mistral_rag.grounding._quotes.quotes import QuoteMatch, find
from mistral_rag.schema import Citation, Location, Page, Source, Span, Unit, joined_quote
from mistral_rag.witness import PictureWitness

RECENT_PAGES = 4
"""Pages kept while a citation is verified, so that one of many spans reads each page once."""


def verify_citation(
    store: PageStore | PageSource, citation: Citation, *, picture: bool | PictureWitness = False
) -> Citation:
    """Verify a citation against the store: find its location and spans again.

    - ``exact``: every span stands on its page character for character, at its offsets (or, on a page that was
      parsed again from the same bytes, elsewhere on it);
    - ``normalised``: the quote stands on its page up to white space and typography;
    - ``moved``: it stands elsewhere in the source, or in a newer version of it;
    - ``ambiguous``: it stands in several places;
    - ``not_found``: it stands nowhere in the source;
    - ``stale``: the source is gone, or has changed and does not hold it any more.

    A quote that cuts a word or a number, leaves out a sign or a negation, or joins what does not belong together is
    not found, though its characters stand there. A citation that is not located keeps its quote in `given_quote`.
    Boxes and column headers are those of the page, whatever the citation names. Support is judged elsewhere: see
    `Claim`.

    With `picture` the quote is also compared with the picture of its page, and the outcome is `seen`; a
    `PictureWitness` does so for many citations with one child process. Without, `seen` is "unchecked", unless the
    citation says that its quote "differs".
    """
    with opened(store) as view:
        pages = _RecentPages(view)
        found = _found(pages, citation)
        quoted = {span.page: pages.page(found.uri, span.page) for span in found.spans or ()}
        source = pages.source(found.uri) if quoted else None
    if source is None or not picture:
        return found
    if isinstance(picture, PictureWitness):
        return _looked_at(found, source, quoted, picture)
    with PictureWitness() as witness:
        return _looked_at(found, source, quoted, witness)


def _looked_at(citation: Citation, source: Source, pages: Mapping[int, Page], witness: PictureWitness) -> Citation:
    return seen(citation, lambda _, number: (source, pages[number]), witness)


def _found(pages: "_RecentPages", citation: Citation) -> Citation:
    try:
        source = pages.source(citation.uri)
    except LookupError:
        return _unlocated(citation, "stale")
    same = citation.digest in {None, source.digest}
    spans = [span for span in citation.spans or () if span.role == "quote"]
    if same and spans and all(_holds(pages, citation.uri, span) for span in spans) and _stand(pages, source, spans):
        return _located(citation, source, pages, [_recut(pages, citation.uri, span) for span in spans])
    return _search(pages, source, citation, same=same)


class _RecentPages:
    """A page source that keeps the last pages read."""

    def __init__(self, pages: PageSource) -> None:
        self.source = pages.source
        self.page = lru_cache(maxsize=RECENT_PAGES)(pages.page)


def _holds(pages: PageSource, uri: str, span: Span) -> bool:
    page = _page(pages, uri, span.page)
    return page is not None and page.text_sha256 == span.text_sha256 and page.text[span.start : span.end] == span.quote


def _stand(pages: PageSource, source: Source, spans: Sequence[Span]) -> bool:
    """True when these spans, in this order and on no more than two pages side by side, make a quote."""
    first, last = spans[0].page, spans[-1].page
    if not first <= last <= first + 1:
        return False
    held = {number: pages.page(source.uri, number) for number in range(first, last + 1)}
    offsets = {first: 0, last: 0 if first == last else len(held[first].text) + 1}
    units = [
        (unit.start + offsets[number], unit.end + offsets[number])
        for number, page in held.items()
        for unit in page.units
    ]
    text = "\n".join(page.text for page in held.values())
    if not all(span.page in offsets for span in spans):
        return False
    return QuotedText(text, units).stands([(s.start + offsets[s.page], s.end + offsets[s.page]) for s in spans])


def _recut(pages: PageSource, uri: str, span: Span) -> Span:
    """The span with boxes, locator and text taken from its page: those of the given citation are not trusted."""
    return span_of(pages.page(uri, span.page), span.start, span.end, number=span.page, role=span.role)


def _search(pages: PageSource, source: Source, citation: Citation, *, same: bool) -> Citation:
    """Search for the citation on its own page, then on all others."""
    quote = citation.quote or citation.given_quote or ""
    own = _page(pages, citation.uri, citation.page) if citation.page else None
    match = find(own.text, quote, units=own.units) if own is not None else None
    if own is not None and citation.page and match and match.location in {"exact", "normalised"}:
        location: Location = "moved" if not same or _displaced(own, citation) else match.location
        return _relocated(pages, source, citation, citation.page, match, location)
    if match and match.location == "ambiguous":
        return _unlocated(citation, "ambiguous")
    elsewhere = [(n, other) for n, other in _matches(pages, citation.uri, quote) if n != citation.page]
    if len(elsewhere) > 1 or any(other.location == "ambiguous" for _, other in elsewhere):
        return _unlocated(citation, "ambiguous")
    if elsewhere:
        number, match = elsewhere[0]
        had_no_page = citation.page is None and same
        return _relocated(pages, source, citation, number, match, match.location if had_no_page else "moved")
    return _unlocated(citation, "not_found" if same else "stale")


def _displaced(page: Page, citation: Citation) -> bool:
    """True when the spans have other offsets in this very text."""
    return any(span.text_sha256 == page.text_sha256 for span in citation.spans or () if span.role == "quote")


def _matches(pages: PageSource, uri: str, quote: str) -> Iterator[tuple[int, QuoteMatch]]:
    number = 1
    while (page := _page(pages, uri, number)) is not None:
        match = find(page.text, quote, units=page.units)
        if match.location != "not_found":
            yield number, match
        number += 1


def _relocated(
    pages: PageSource, source: Source, citation: Citation, number: int, match: QuoteMatch, location: Location
) -> Citation:
    page = pages.page(source.uri, number)
    spans = [span_of(page, start, end, number=number) for start, end in match.ranges]
    return _located(citation, source, pages, spans, location)


def _headers(pages: PageSource, uri: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Header spans of the table rows that are quoted, page by page."""
    quoted = list(spans)
    for number in sorted({span.page for span in quoted}):
        page = pages.page(uri, number)
        rows = [
            nth for nth, unit in enumerate(page.units) if any(_overlap(unit, s) for s in quoted if s.page == number)
        ]
        for header in headers_of(page, rows):
            unit = page.units[header]
            yield span_of(page, unit.start, unit.end, number=number, role="header")


def _overlap(unit: Unit, span: Span) -> bool:
    return unit.start < span.end and span.start < unit.end


def _located(
    citation: Citation, source: Source, pages: PageSource, spans: Sequence[Span], location: Location = "exact"
) -> Citation:
    headers = _headers(pages, source.uri, spans)
    ordered = sorted([*spans, *headers], key=lambda span: (span.page, span.start))
    first = spans[0]
    page = pages.page(source.uri, first.page)
    confidences = [c for s in ordered if (c := pages.page(source.uri, s.page).confidence) is not None]
    return _changed(
        citation,
        source=source.name,
        title=source.title,
        page=first.page,
        page_label=page.locator.label,
        quote=joined_quote(ordered),
        spans=tuple(ordered),
        digest=source.digest,
        origin=page.origin_at(first.start, first.end),
        confidence=min(confidences, default=None),
        location=location,
        url=address(source, page),
        cells=tuple(
            value for span in spans for value in pages.page(source.uri, span.page).cell_values(span.start, span.end)
        ),
        # only bad news is taken from others
        seen="differs" if citation.seen == "differs" else "unchecked",
        seen_text=citation.seen_text if citation.seen == "differs" else None,
    )


def _unlocated(citation: Citation, location: Location) -> Citation:
    given = citation.quote or citation.given_quote
    return _changed(
        citation, quote=None, spans=None, given_quote=given, location=location, seen="unchecked", seen_text=None
    )


def _changed(citation: Citation, **changes: object) -> Citation:
    """A validated copy: `model_copy` would not run the validators."""
    fields = {name: getattr(citation, name) for name in Citation.model_fields}
    return Citation(**{**fields, **changes})


def _page(pages: PageSource, uri: str, number: int) -> Page | None:
    try:
        return pages.page(uri, number)
    except LookupError:
        return None
