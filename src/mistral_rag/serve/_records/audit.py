"""The audit log: who asked what, which documents were used, how long it took and what it cost."""

from typing import Any

from mistral_rag.serve._records.answers import GivenAnswer


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
