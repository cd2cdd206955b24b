"""Citations are cut from pages and hold, or say how they do not."""

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from mistral_rag.grounding import verify_citation
from mistral_rag.grounding._evidence.pages import passages
from mistral_rag.grounding._quotes.boxes import span_of
from mistral_rag.grounding._quotes.citations import cite
from mistral_rag.schema import Citation, joined_quote

if TYPE_CHECKING:
    from tests.grounding.conftest import Shelf


def citation_of(shelf: "Shelf", *units: int) -> Citation:
    found, _ = passages([shelf.document(shelf.REPORT, 2, min(units), max(units))], shelf)
    return cite(found[0], units, marker="1", start=0, end=4)


def changed(citation: Citation, **changes: Any) -> Citation:
    kept = {name: getattr(citation, name) for name in Citation.model_fields}
    return Citation(**{**kept, **changes})


def test_a_citation_is_cut_from_its_page(shelf: "Shelf") -> None:
    citation = citation_of(shelf, 4)
    assert citation.quote == "Net sales rose by 25 % because of higher prices [2]. Costs did not fall."
    assert (citation.source, citation.title, citation.page, citation.page_label) == (
        "report.pdf",
        "Annual report 2022",
        2,
        "F-2",
    )
    assert citation.url == "file:///docs/report.pdf#page=2"
    assert citation.verified
    assert verify_citation(shelf, citation) == citation


def test_a_table_row_brings_its_header(shelf: "Shelf") -> None:
    citation = citation_of(shelf, 2)
    assert citation.spans is not None
    assert [(span.role, span.quote) for span in citation.spans] == [
        ("header", "(in millions) 2022 2021"),
        ("quote", "Net sales ........ $ 5,000 $ 4,000"),
    ]
    assert citation.quote == "Net sales ........ $ 5,000 $ 4,000"


def test_boxes_cover_the_words_and_nothing_else(shelf: "Shelf") -> None:
    citation = citation_of(shelf, 2, 3)
    page = shelf.page(shelf.REPORT, 2)
    for span in citation.spans or ():
        assert span.box_precision == "word"
        assert len(span.boxes) == span.quote.count("\n") + 1
        inside = [
            page.text[word.start : word.end]
            for word in page.words
            if any(
                box.left <= (word.box.left + word.box.right) / 2 <= box.right
                and box.top <= (word.box.top + word.box.bottom) / 2 <= box.bottom
                for box in span.boxes
            )
        ]
        assert inside == span.quote.split()


def test_without_word_boxes_the_block_or_page_is_shown(shelf: "Shelf") -> None:
    page = shelf.page(shelf.REPORT, 2)
    bare = page.model_copy(update={"words": type(page.words)()})
    shelf.held[shelf.REPORT][1] = bare
    assert {span.box_precision for span in citation_of(shelf, 2).spans or ()} == {"block"}
    shelf.held[shelf.REPORT][1] = bare.model_copy(update={"blocks": ()})
    assert {span.box_precision for span in citation_of(shelf, 2).spans or ()} == {"page"}
    shelf.held[shelf.REPORT][1] = bare.model_copy(update={"blocks": (), "width": 0.0})
    assert {span.box_precision for span in citation_of(shelf, 2).spans or ()} == {"none"}


def test_a_quote_without_spans_is_looked_for(shelf: "Shelf") -> None:
    asked = changed(
        citation_of(shelf, 2), quote=None, spans=None, location="not_found", given_quote="Net loss -120 -80"
    )
    found = verify_citation(shelf, asked)
    assert (found.location, found.quote) == ("normalised", "Net loss (120) (80)")


def test_a_wrong_quote_is_not_found(shelf: "Shelf") -> None:
    asked = changed(citation_of(shelf, 2), quote=None, spans=None, location="not_found", given_quote="Net loss 120")
    found = verify_citation(shelf, asked)
    assert (found.location, found.quote, found.spans, found.verified) == ("not_found", None, None, False)
    assert found.given_quote == "Net loss 120"


def test_spans_that_name_another_place_are_moved_to_where_it_stands(shelf: "Shelf") -> None:
    citation = citation_of(shelf, 3)
    assert citation.spans is not None
    span = citation.spans[-1]
    lied = span.model_copy(update={"start": span.start + 1, "end": span.end + 1})
    found = verify_citation(shelf, changed(citation, spans=(lied,)))
    assert (found.location, found.verified) == ("moved", False)
    assert found.spans is not None
    assert found.spans[-1].start == span.start


def test_boxes_that_were_made_up_are_replaced(shelf: "Shelf") -> None:
    citation = citation_of(shelf, 4)
    assert citation.spans is not None
    forged = citation.spans[0].model_copy(update={"boxes": (), "box_precision": "none"})
    assert verify_citation(shelf, changed(citation, spans=(forged,))) == citation


def test_a_quote_on_another_page_has_moved(shelf: "Shelf") -> None:
    citation = changed(
        citation_of(shelf, 4), page=1, spans=None, quote=None, location="stale", given_quote="Costs did not fall."
    )
    found = verify_citation(shelf, citation)
    assert (found.location, found.page) == ("moved", 2)


def test_a_quote_that_stands_twice_is_ambiguous(shelf: "Shelf") -> None:
    shelf.put(shelf.REPORT, *[shelf.page_of("Twice here."), shelf.page_of("Twice here.")])
    citation = Citation(
        marker="1",
        source="report.pdf",
        uri=shelf.REPORT,
        title="",
        start=0,
        end=0,
        location="not_found",
        given_quote="Twice here.",
    )
    assert verify_citation(shelf, citation).location == "ambiguous"


def test_a_removed_source_is_stale(shelf: "Shelf") -> None:
    citation = citation_of(shelf, 4)
    del shelf.sources[shelf.REPORT]
    found = verify_citation(shelf, citation)
    assert (found.location, found.quote, found.given_quote) == ("stale", None, citation.quote)


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("A new first line\nNet sales rose by 25 % because of higher prices [2]. Costs did not fall.", "moved"),
        ("Net sales rose by 26 % because of higher prices [2]. Costs did not fall.", "stale"),
    ],
)
def test_in_a_changed_source_a_quote_has_moved_or_is_stale(shelf: "Shelf", text: str, location: str) -> None:
    citation = citation_of(shelf, 4)
    source = shelf.put(shelf.REPORT, shelf.page_of("x"), shelf.page_of(text))
    found = verify_citation(shelf, citation)
    assert (found.location, found.verified) == (location, False)
    if location == "moved":
        assert found.digest == source.digest


STATEMENT = (
    "Costs did not fall in 2021. Net sales were $ 5,000 and the margin was -3.5 % of them.\n"
    "Die Löhne sanken nicht. Les ventes ne baissent pas. The dividend is paid only if the board agrees.\n"
    "Taxes rose by two percent. Wages stayed the same in May."
)


def spanned(shelf: "Shelf", *quotes: str) -> Citation:
    """A citation as JSON from elsewhere: each quote a span that stands on the page, character for character."""
    source = shelf.put(shelf.REPORT, shelf.page_of(STATEMENT))
    page = shelf.page(shelf.REPORT, 1)
    starts = [STATEMENT.index(quote) for quote in quotes]
    spans = tuple(span_of(page, at, at + len(quote), number=1) for at, quote in zip(starts, quotes, strict=True))
    given = Citation(
        marker="1",
        source=source.name,
        uri=source.uri,
        title="",
        page=1,
        start=0,
        end=0,
        digest=source.digest,
        location="exact",
        spans=spans,
        quote=joined_quote(spans),
    )
    return Citation.model_validate_json(given.model_dump_json())


@pytest.mark.parametrize(
    "quotes",
    [
        ["5,0"],
        ["Net sales were $ 5"],
        ["3.5 % of them"],
        ["the margin was -3.5"],
        ["were $ 5,000 and the mar"],
        ["5,000 and the margin"],
        ["Costs did", "fall in 2021."],
        ["Costs", "fall in 2021."],
        ["fall in 2021."],
        ["Die Löhne sanken"],
        ["Die Löhne sanken", "."],
        ["Les ventes", "baissent"],
        ["The dividend is paid", "the board agrees."],
        ["C", "o", "s", "t", "s", "f"],
        ["Net sales were", "the margin was"],
        ["Costs did not fall in 2021.", "rose by two percent."],
        ["Wages stayed the same in May.", "Taxes rose by two percent."],
        ["Taxes rose by two percent.", "Taxes rose by two percent."],
    ],
)
def test_spans_are_held_to_the_rules_of_quotes(shelf: "Shelf", quotes: list[str]) -> None:
    found = verify_citation(shelf, spanned(shelf, *quotes))
    assert (found.location, found.verified, found.quote) == ("not_found", False, None)


@pytest.mark.parametrize(
    "quotes",
    [
        ["Costs did not fall in 2021."],
        ["Net sales were $ 5,000 and the margin was -3.5 % of them."],
        ["Taxes rose by two percent.", "Wages stayed the same in May."],
        ["Die Löhne sanken nicht.", "Les ventes ne baissent pas."],
    ],
)
def test_spans_of_whole_sentences_hold(shelf: "Shelf", quotes: list[str]) -> None:
    found = verify_citation(shelf, spanned(shelf, *quotes))
    assert (found.location, found.quote) == ("exact", " … ".join(quotes))


def test_spans_of_pages_far_apart_are_no_quote(shelf: "Shelf") -> None:
    pages = [shelf.page_of("Taxes rose by two percent."), shelf.page_of("Wages stayed."), shelf.page_of("Costs fell.")]
    source = shelf.put(shelf.REPORT, *pages)
    near = [span_of(pages[n], 0, len(pages[n].text), number=n + 1) for n in (0, 1)]
    far = [span_of(pages[n], 0, len(pages[n].text), number=n + 1) for n in (0, 2)]
    held = {"marker": "1", "source": "", "uri": source.uri, "title": "", "page": 1, "start": 0, "end": 0}
    located = {"digest": source.digest, "location": "exact"}
    locations = [
        verify_citation(shelf, Citation(**held, **located, spans=tuple(spans), quote=joined_quote(spans))).location
        for spans in (near, far)
    ]
    assert locations == ["exact", "not_found"]


def test_a_citation_without_a_quoted_span_is_refused(shelf: "Shelf") -> None:
    citation = citation_of(shelf, 2)
    assert citation.spans is not None
    header = citation.spans[0]
    assert header.role == "header"
    with pytest.raises(ValueError, match="a located citation needs a span of role 'quote'"):
        changed(citation, spans=(header,), quote="")
    unchecked = citation.model_copy(update={"spans": (header,), "quote": ""})
    assert verify_citation(shelf, unchecked).location == "not_found"


def test_a_header_of_another_table_is_replaced_by_the_row_s_own(shelf: "Shelf") -> None:
    citation = citation_of(shelf, 2)
    assert citation.spans is not None
    header, quote = citation.spans
    page = shelf.page(shelf.REPORT, 2)
    forged = span_of(page, page.units[3].start, page.units[3].end, number=2, role="header")
    assert verify_citation(shelf, changed(citation, spans=(quote, forged))) == citation
    assert verify_citation(shelf, changed(citation, spans=(quote,))) == citation
    assert header.quote == "(in millions) 2022 2021"


def test_a_unit_that_was_cut_inside_a_word_is_quoted_with_its_neighbour(shelf: "Shelf") -> None:
    shelf.put(shelf.REPORT, shelf.page_of("x"), shelf.page_of("See Form 10-\nK. We undertake no obligation."))
    citation = citation_of(shelf, 1)
    assert citation.quote == "See Form 10-\nK. We undertake no obligation."
    assert verify_citation(shelf, citation).location == "exact"


@pytest.mark.parametrize("location", [[], {"exact": 1}, ["exact"], None, 1])
def test_a_location_that_is_no_word_is_a_validation_error(shelf: "Shelf", location: Any) -> None:
    fields = citation_of(shelf, 0).model_dump(mode="json") | {"location": location}
    with pytest.raises(ValidationError):
        Citation.model_validate(fields)
