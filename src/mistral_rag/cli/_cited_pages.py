"""Citations with the pages that they quote: looked up in the index once more, then drawn over the original."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mistral_rag.errors import ParseError
from mistral_rag.grounding import verify_citation
from mistral_rag.overlay import (
    CITATION_LEGEND,
    Layer,
    NotDrawnError,
    PagePictures,
    PageView,
    Section,
    cell_lines,
    citation_layers,
    definitions,
    file_of,
    is_printed,
    png,
    quotation,
    quoted_text,
    unchanged_copy,
)
from mistral_rag.schema import Citation, Page, Source, Span

if TYPE_CHECKING:
    from mistral_rag.index import IndexReader

SEEN = {
    "agrees": "agrees: the picture of the page says the same",
    "differs": "differs: the picture of the page says something else",
    "unreadable": "unreadable: nothing could be read in the picture at this place",
    "unchecked": "unchecked: the picture of the page was not compared",
}
"""Verdicts on the picture, in words."""


@dataclass(frozen=True, slots=True)
class CitedPage:
    """A page of a citation, with the spans that stand on it, and what is drawn of it."""

    page: Page
    spans: tuple[Span, ...]
    view: PageView | None = None

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The marks over its picture."""
        return citation_layers(self.page, self.spans)


@dataclass(frozen=True, slots=True)
class CitedPages:
    """A citation as the index has it now; `problem` says why nothing of it is drawn."""

    citation: Citation
    source: Source | None = None
    pages: tuple[CitedPage, ...] = ()
    problem: str | None = None

    @property
    def is_printed(self) -> bool:
        """True when the source has pages with pictures."""
        return self.source is not None and is_printed(self.source)

    @property
    def name(self) -> str:
        """Marker, title, path and page, in a line."""
        citation = self.citation
        where = f", {self.pages[0].page.locator}" if self.pages else ""
        return f"[{citation.marker}] {citation.title}, {citation.source}{where}"

    @property
    def verdict(self) -> str:
        """The outcome of the checks, in a line."""
        citation = self.citation
        verified = "verified" if citation.verified else "not verified"
        return f"{verified} ({citation.location}); seen: {citation.seen}"


def look_up(reader: "IndexReader", citation: Citation) -> CitedPages:
    """The citation verified against the index once more, as the reader's groups may read it, and its pages."""
    with reader.view() as view:
        try:
            source = view.source(citation.uri)
        except KeyError:
            return CitedPages(citation, problem="the index holds no such document")
        found = _with_verdict(verify_citation(view, citation), citation)
        if citation.digest not in {None, source.digest}:
            return CitedPages(found, source, problem="stale: the document has changed since it was cited")
        if not found.spans:
            return CitedPages(found, source, problem=f"{found.location}: the document does not hold this quote")
        numbers = sorted({span.page for span in found.spans})
        pages = [
            CitedPage(view.page(source.uri, number), tuple(span for span in found.spans if span.page == number))
            for number in numbers
        ]
    return CitedPages(found, source, tuple(pages))


def _with_verdict(found: Citation, given: Citation) -> Citation:
    """The citation with the answer's verdict on the picture, as long as it is of the same quote."""
    if found.seen != "unchecked" or not found.spans or found.quote != given.quote:
        return found
    return found.model_copy(update={"seen": given.seen, "seen_text": given.seen_text})


def drawn(cited: CitedPages) -> CitedPages:
    """The citation with pictures of its pages; with the problem where its original is not what was cited."""
    if cited.problem is not None or cited.source is None:
        return cited
    if not cited.is_printed and file_of(cited.source) is None:
        # a text that is kept in the index alone: there is no original to compare it with
        return cited
    try:
        with unchanged_copy(cited.source) as copy:
            if not cited.is_printed:
                return cited
            with PagePictures(copy, cited.source.media_type) as pictures:
                return replace(cited, pages=tuple(_with_picture(page, pictures) for page in cited.pages))
    except (NotDrawnError, ParseError) as error:
        return replace(cited, problem=str(error))


def _with_picture(cited: CitedPage, pictures: PagePictures) -> CitedPage:
    number = cited.spans[0].page
    return replace(cited, view=PageView(cited.page, cited.layers, pictures.page(number).raster))


def picture(cited: CitedPages) -> bytes:
    """The drawn pages of a citation, one below the other, as a PNG file that says what is marked."""
    views = [page.view for page in cited.pages if page.view is not None]
    verified = "verified" if cited.citation.verified else "not verified"
    notes = [
        cited.name,
        f"{verified} ({cited.citation.location}); seen {SEEN[cited.citation.seen]}",
        *cells_of(cited),
    ]
    names = {layer.name for view in views for layer in view.layers}
    legend = [entry for entry, name in zip(CITATION_LEGEND, ("quote", "header"), strict=True) if name in names]
    return png(views, legend=legend, notes=notes)


def highlighted(cited: CitedPages) -> bytes:
    """The cited pages as a PDF with highlight annotations.

    Raises:
        NotDrawnError: the original is not what was cited.
        ParseError: it is no PDF, or its pages can't be cut out.
    """
    if cited.problem is not None or cited.source is None:
        raise NotDrawnError(cited.problem or "the index holds no such document")
    with unchanged_copy(cited.source) as copy, PagePictures(copy, cited.source.media_type) as pictures:
        return pictures.highlighted([(page.spans[0].page, page.layers) for page in cited.pages])


def sections(cited: CitedPages) -> Iterator[Section]:
    """The parts of an HTML file that show a citation: one a page."""
    if cited.problem is not None:
        yield Section(cited.name, beside=_card(cited), notes=(f"nothing is drawn: {cited.problem}",))
        return
    for at, page in enumerate(cited.pages):
        text = quoted_text(page.page, page.spans) if page.view is None else ""
        yield Section(
            f"{cited.name}" if at == 0 else str(page.page.locator), page.view, (_card(cited) if at == 0 else "") + text
        )


def _card(cited: CitedPages) -> str:
    """The citation in words."""
    citation = cited.citation
    quote = citation.quote if citation.quote is not None else citation.given_quote
    page = cited.pages[0].page if cited.pages else None
    facts = [
        ("title", citation.title),
        ("source", citation.source),
        ("page", str(page.locator) if page else str(citation.page or "")),
        ("page label", citation.page_label),
        ("verified", f"{'yes' if citation.verified else 'no'} ({citation.location})"),
        ("seen", SEEN[citation.seen]),
        ("read there", citation.seen_text or ""),
        *(("cell", cell) for cell in cells_of(cited)),
        *(("header", span.quote) for span in citation.spans or () if span.role == "header"),
        ("origin", citation.origin or ""),
    ]
    return quotation(quote or "") + definitions(facts)


def cells_of(cited: CitedPages) -> list[str]:
    """The cells within the quote in words, with the names of their columns and rows."""
    return [line for page in cited.pages for line in cell_lines(page.page, page.spans)]
