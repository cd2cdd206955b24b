"""The audit log: who asked what, which documents were used, how long it took and what it cost."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from mistral_rag.serve._records.answers import GivenAnswer


def unanswered_entry(principal: str, question: str, seconds: float, reason: str) -> dict[str, Any]:
    """A question that got no answer, or whose asker left before."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "event": "unanswered",
        "principal": principal,
        "question": question,
        "reason": reason,
        "seconds": round(seconds, 3),
    }


def search_entry(principal: str, query: str, documents: Iterable[str], seconds: float) -> dict[str, Any]:
    """A search as the audit log has it."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "event": "search",
        "principal": principal,
        "question": query,
        "documents": sorted(set(documents)),
        "seconds": round(seconds, 3),
    }


def audit_entry(given: GivenAnswer) -> dict[str, Any]:
    """An answer as the audit log has it: of documents their paths, of their texts nothing."""
    answer = given.answer
    return {
        "time": given.time,
        "event": "answer",
        "principal": given.principal,
        "id": given.id,
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "status": answer.status,
        "documents": sorted({str(one.metadata.get("source")) for one in answer.documents}),
        "cited": sorted({one.source for one in answer.citations}),
        "model": answer.model,
        "usage": answer.usage,
        "cost": answer.cost,
        "seconds": round(given.seconds, 3),
        "timings": answer.timings,
        "commit": given.sequence,
    }
