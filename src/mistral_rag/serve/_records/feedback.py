"""Feedback on answers, as a set of questions with judged answers."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from mistral_rag.serve._index.addresses import CitationAddress, document_id
from mistral_rag.serve._records.answers import GivenAnswer

Verdict = Literal["right", "wrong"]


def feedback_entry(given: GivenAnswer, verdict: Verdict, citation_id: str | None, note: str) -> dict[str, Any]:
    """A judgement with all that it is about: question, answer, evidence and commit.

    The names are those of a question set: `question`, `answer`, `answerable`, `source`, `pages`, `evidence`.
    """
    answer = given.answer
    cited = [one for one in answer.citations if citation_id in {None, one.marker}]
    first = cited[0] if cited else None
    return {
        "id": given.id,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": given.principal,
        "verdict": verdict,
        "citation_id": citation_id,
        "note": note,
        "question": answer.standalone_question or answer.question,
        "asked": answer.question,
        "answer": answer.text,
        "answerable": answer.status in {"answered", "partial"},
        "status": answer.status,
        "source": first.source if first else None,
        "pages": sorted({one.page for one in cited if one.page is not None and first and one.uri == first.uri}),
        "evidence": first.quote if first else None,
        "citations": [
            {
                "citation_id": one.marker,
                "document_id": document_id(one.uri),
                "path": one.source,
                "page_index": one.page,
                "quote": one.quote,
                "verified": one.verified,
                "address": address.path if (address := CitationAddress.of(one)) else None,
            }
            for one in answer.citations
        ],
        "retrieved": [
            {"id": one.id, "document_id": document_id(uri), "page_index": one.metadata.get("page_number")}
            for one in answer.documents
            if isinstance(uri := one.metadata.get("uri"), str)
        ],
        "model": answer.model,
        "commit": given.sequence,
    }


def readable_entries(
    entries: Iterable[dict[str, Any]], is_readable: Callable[[str], bool], *, by: str | None
) -> Iterator[dict[str, Any]]:
    """The entries that a reader may see: of principal `by` (None: of all), and about no document hidden from them."""
    for entry in entries:
        listed = [*(entry.get("citations") or ()), *(entry.get("retrieved") or ())]
        if by in {None, entry.get("by")} and all(is_readable(str(one.get("document_id"))) for one in listed):
            yield entry
