"""Verification of citations: their location is found again, from the store alone."""

from collections.abc import Iterator, Sequence

from mistral_rag.grounding._evidence.pages import PageSource, PageStore, opened
from mistral_rag.grounding._quotes.boxes import span_of
from mistral_rag.grounding._quotes.citations import address
from mistral_rag.grounding._quotes.quotes import QuoteMatch, find
from mistral_rag.schema import Citation, Location, Page, Source, Span, joined_quote


def verify_citation(store: PageStore | PageSource, citation: Citation) -> Citation:
    """Verify a citation against the store: find its location and spans again.

    - ``exact``: every span stands on its page character for character, at its offsets (or, on a page that was
      parsed again from the same bytes, elsewhere on it);
    - ``normalised``: the quote stands on its page up to white space and typography;
    - ``moved``: it stands elsewhere in the source, or in a newer version of it;
    - ``ambiguous``: it stands in several places;
    - ``not_found``: it stands nowhere in the source;
    - ``stale``: the source is gone, or has changed and does not hold it any more.

    A citation that is not located keeps its quote in `given_quote`. Support is judged elsewhere: see `Claim`.
    """
    with opened(store) as pages:
        try:
            source = pages.source(citation.uri)
        except LookupError:
            return _unlocated(citation, "stale")
        same = citation.digest in {None, source.digest}
        if same and citation.spans and all(_holds(pages, citation.uri, span) for span in citation.spans):
            return _located(citation, source, pages, [_recut(pages, citation.uri, span) for span in citation.spans])
        return _search(pages, source, citation, same=same)


def _holds(pages: PageSource, uri: str, span: Span) -> bool:
    page = _page(pages, uri, span.page)
    return page is not None and page.text_sha256 == span.text_sha256 and page.text[span.start : span.end] == span.quote


def _recut(pages: PageSource, uri: str, span: Span) -> Span:
    """The span with boxes, locator and text taken from its page: those of the given citation are not trusted."""
    return span_of(pages.page(uri, span.page), span.start, span.end, number=span.page, role=span.role)


def _search(pages: PageSource, source: Source, citation: Citation, *, same: bool) -> Citation:
    """Search for the citation on its own page, then on all others."""
    quote = citation.quote or citation.given_quote or ""
    own = _page(pages, citation.uri, citation.page) if citation.page else None
    match = find(own.text, quote) if own is not None else None
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
        match = find(page.text, quote)
        if match.location != "not_found":
            yield number, match
        number += 1


def _relocated(
    pages: PageSource, source: Source, citation: Citation, number: int, match: QuoteMatch, location: Location
) -> Citation:
    page = pages.page(source.uri, number)
    headers = [_header(page, number, span) for span in citation.spans or () if span.role == "header"]
    quotes = [span_of(page, start, end, number=number) for start, end in match.ranges]
    return _located(citation, source, pages, [*filter(None, headers), *quotes], location)


def _header(page: Page, number: int, span: Span) -> Span | None:
    match = find(page.text, span.quote)
    if len(match.ranges) != 1:
        return None
    return span_of(page, *match.ranges[0], number=number, role="header")


def _located(
    citation: Citation, source: Source, pages: PageSource, spans: Sequence[Span], location: Location = "exact"
) -> Citation:
    ordered = sorted(spans, key=lambda span: (span.page, span.start))
    first = next(span for span in ordered if span.role == "quote")
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
    )


def _unlocated(citation: Citation, location: Location) -> Citation:
    given = citation.quote or citation.given_quote
    return _changed(citation, quote=None, spans=None, given_quote=given, location=location)


def _changed(citation: Citation, **changes: object) -> Citation:
    """A validated copy: `model_copy` would not run the validators."""
    fields = {name: getattr(citation, name) for name in Citation.model_fields}
    return Citation(**{**fields, **changes})


def _page(pages: PageSource, uri: str, number: int) -> Page | None:
    try:
        return pages.page(uri, number)
    except LookupError:
        return None
