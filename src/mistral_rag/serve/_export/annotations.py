"""Citations as W3C Web Annotations (https://www.w3.org/TR/annotation-model/), in JSON-LD."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from mistral_rag.serve._export.conversation import ExportedAnswer, ExportedCitation
from mistral_rag.serve._index.addresses import document_id
from mistral_rag.serve._index.readable import ReadableIndex

if TYPE_CHECKING:
    from mistral_rag.schema import Span

CONTEXT: Final = "http://www.w3.org/ns/anno.jsonld"
PDF_FRAGMENT: Final = "http://tools.ietf.org/rfc/rfc3778"
AFFIX: Final = 32
"""Characters before and behind a quote, by which others find it again."""


def as_annotations(answers: Sequence[ExportedAnswer], index: ReadableIndex, *, base: str) -> dict[str, Any]:
    """The citations that still stand as an annotation collection; `base` is the server's URL."""
    items = [item for one in answers for citation in one.citations for item in _items(one, citation, index, base)]
    return {
        "@context": CONTEXT,
        "id": f"{base}api/export",
        "type": "AnnotationCollection",
        "label": "Citations",
        "total": len(items),
        "first": {"id": f"{base}api/export#1", "type": "AnnotationPage", "startIndex": 0, "items": items},
    }


def _items(
    one: ExportedAnswer, exported: ExportedCitation, index: ReadableIndex, base: str
) -> Iterator[dict[str, Any]]:
    """An annotation for a citation that still stands."""
    citation, answer = exported.found, one.given.answer
    if citation is None or exported.address is None or not citation.spans:
        return
    statement = answer.text[exported.given.start : exported.given.end]
    yield {
        "@context": CONTEXT,
        "id": f"{base}{exported.address.path[1:]}#{one.given.id}-{exported.marker}",
        "type": "Annotation",
        "motivation": "identifying",
        "created": one.given.time.replace("+00:00", "Z"),
        "body": {"type": "TextualBody", "value": statement, "format": "text/plain", "purpose": "describing"},
        "target": [_target(span, citation.uri, index, base) for span in citation.spans if span.role == "quote"],
    }


def _target(span: "Span", uri: str, index: ReadableIndex, base: str) -> dict[str, Any]:
    """The place of a span: its words with those around them, its offsets on its page, and for a PDF the page."""
    text = index.reader.page(uri, span.page).text
    source = uri if uri.startswith(("http://", "https://")) else f"{base}api/documents/{document_id(uri)}/original"
    position = {"type": "TextPositionSelector", "start": span.start, "end": span.end}
    quote = {
        "type": "TextQuoteSelector",
        "exact": span.quote,
        "prefix": text[max(span.start - AFFIX, 0) : span.start],
        "suffix": text[span.end : span.end + AFFIX],
        "refinedBy": position,
    }
    if span.locator.kind != "page":
        return {"source": source, "selector": quote}
    page = {"type": "FragmentSelector", "conformsTo": PDF_FRAGMENT, "value": f"page={span.page}", "refinedBy": quote}
    return {"source": source, "selector": page}
