"""Answers and passages as they leave the server: without the paths of its disk."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mistral_rag.serve._index.addresses import CitationAddress, document_id

if TYPE_CHECKING:
    from mistral_rag.schema import Answer, Citation


def shown_uri(uri: str) -> str:
    """A web address as it is; of anything else the document's id: where files lie is nobody's business."""
    return uri if uri.startswith(("http://", "https://")) else f"document:{document_id(uri)}"


def shown_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a passage with the document's id, and without the place of its file."""
    found = dict(metadata)
    if isinstance(uri := found.get("uri"), str):
        found |= {"uri": shown_uri(uri), "document_id": document_id(uri)}
    return found


def shown_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """A retrieved document, from its JSON."""
    return {**document, "metadata": shown_metadata(document.get("metadata", {}))}


def shown_answer(answer: "Answer") -> dict[str, Any]:
    """An answer as JSON by the names of the schema, with ids in place of paths."""
    given = answer.model_dump(mode="json")
    citations = [shown_citation(citation) for citation in answer.citations]
    return {**given, "citations": citations, "documents": [shown_document(one) for one in given["documents"]]}


def shown_citation(citation: "Citation") -> dict[str, Any]:
    """A citation as JSON by the names of the schema, with ids in place of paths."""
    return {**citation.model_dump(mode="json"), **_places(citation)}


def _places(citation: "Citation") -> dict[str, Any]:
    """The addresses of a citation: its own, unless it is of a web page."""
    address = CitationAddress.of(citation)
    web = citation.url if citation.url and citation.url.startswith(("http://", "https://")) else None
    return {"uri": shown_uri(citation.uri), "url": web or (address.path if address else None)}
