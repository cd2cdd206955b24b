"""Does a citation still stand? Its location found anew, from nothing but the store."""

from collections.abc import Iterator, Sequence

from mistral_rag.grounding._evidence.pages import PageSource, PageStore, opened
from mistral_rag.grounding._quotes.boxes import span_of
from mistral_rag.grounding._quotes.citations import address
from mistral_rag.grounding._quotes.quotes import Found, find
from mistral_rag.schema import Citation, Location, Page, Source, Span, joined_quote


def verify_citation(store: PageStore | PageSource, citation: Citation) -> Citation:
    """The citation as it stands in the store now, with its location and spans found anew.

    - ``exact``: every span stands on its page character for character, at its offsets (or, on a page that was
      read anew from the same bytes, elsewhere on it);
    - ``normalised``: the quote stands on its page up to white space and typography;
    - ``moved``: it stands elsewhere in the source, or in a newer version of it;
    - ``ambiguous``: it stands in several places;
    - ``not_found``: it stands nowhere in the source;
    - ``stale``: the source is gone, or has changed and does not hold it any more.

    What is not located keeps its quote in `given_quote`. Support is another question: see `Claim`.
    """
    with opened(store) as pages:
        try:
            source = pages.source(citation.uri)
        except LookupError:
            return _unlocated(citation, "stale")
        same = citation.digest in {None, source.digest}
        if same and citation.spans and all(_stands(pages, citation.uri, span) for span in citation.spans):
            return _located(citation, source, pages, [_anew(pages, citation.uri, span) for span in citation.spans])
        return _searched(pages, source, citation, same=same)


def _stands(pages: PageSource, uri: str, span: Span) -> bool:
    page = _page(pages, uri, span.page)
    return page is not None and page.text_sha256 == span.text_sha256 and page.text[span.start : span.end] == span.quote


def _anew(pages: PageSource, uri: str, span: Span) -> Span:
    """The span with the boxes, locator and text that its page has: those given are not believed."""
    return span_of(pages.page(uri, span.page), span.start, span.end, number=span.page, role=span.role)


def _searched(pages: PageSource, source: Source, citation: Citation, *, same: bool) -> Citation:
    """The citation looked for on its own page, then on all others."""
    quote = citation.quote or citation.given_quote or ""
    own = _page(pages, citation.uri, citation.page) if citation.page else None
    found = find(own.text, quote) if own is not None else None
    if own is not None and citation.page and found and found.location in {"exact", "normalised"}:
        location: Location = "moved" if not same or _displaced(own, citation) else found.location
        return _at(pages, source, citation, citation.page, found, location)
    if found and found.location == "ambiguous":
        return _unlocated(citation, "ambiguous")
    elsewhere = [(n, hit) for n, hit in _hits(pages, citation.uri, quote) if n != citation.page]
    if len(elsewhere) > 1 or any(hit.location == "ambiguous" for _, hit in elsewhere):
        return _unlocated(citation, "ambiguous")
    if elsewhere:
        number, hit = elsewhere[0]
        known = citation.page is None and same
        return _at(pages, source, citation, number, hit, hit.location if known else "moved")
    return _unlocated(citation, "not_found" if same else "stale")


def _displaced(page: Page, citation: Citation) -> bool:
    """Whether the spans name other places of this very text."""
    return any(span.text_sha256 == page.text_sha256 for span in citation.spans or () if span.role == "quote")


def _hits(pages: PageSource, uri: str, quote: str) -> Iterator[tuple[int, Found]]:
    number = 1
    while (page := _page(pages, uri, number)) is not None:
        hit = find(page.text, quote)
        if hit.location != "not_found":
            yield number, hit
        number += 1


def _at(
    pages: PageSource, source: Source, citation: Citation, number: int, found: Found, location: Location
) -> Citation:
    page = pages.page(source.uri, number)
    headers = [_header(page, number, span) for span in citation.spans or () if span.role == "header"]
    quotes = [span_of(page, start, end, number=number) for start, end in found.runs]
    return _located(citation, source, pages, [*filter(None, headers), *quotes], location)


def _header(page: Page, number: int, span: Span) -> Span | None:
    found = find(page.text, span.quote)
    if len(found.runs) != 1:
        return None
    return span_of(page, *found.runs[0], number=number, role="header")


def _located(
    citation: Citation, source: Source, pages: PageSource, spans: Sequence[Span], location: Location = "exact"
) -> Citation:
    ordered = sorted(spans, key=lambda span: (span.page, span.start))
    first = next(span for span in ordered if span.role == "quote")
    page = pages.page(source.uri, first.page)
    confidences = [c for s in ordered if (c := pages.page(source.uri, s.page).confidence) is not None]
    return _with(
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
    return _with(citation, quote=None, spans=None, given_quote=given, location=location)


def _with(citation: Citation, **changes: object) -> Citation:
    """A checked copy: `model_copy` would not run the validators."""
    kept = {name: getattr(citation, name) for name in Citation.model_fields}
    return Citation(**{**kept, **changes})


def _page(pages: PageSource, uri: str, number: int) -> Page | None:
    try:
        return pages.page(uri, number)
    except LookupError:
        return None
