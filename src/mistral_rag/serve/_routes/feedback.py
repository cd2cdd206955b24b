"""Feedback on answers and citations, and the set of questions that it makes."""

from typing import Annotated, Any, Final

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mistral_rag.serve._http.requests import RequestBody, json_body
from mistral_rag.serve._http.responses import JsonReply, RequestError, as_json, not_found
from mistral_rag.serve._records.feedback import Verdict, feedback_entry, readable_entries
from mistral_rag.serve._state import principal_of, readable_of, state_of

MAX_NOTE: Final = 4_000


class FeedbackBody(RequestBody):
    """A judgement on an answer, or on one of its citations."""

    answer_id: Annotated[str, Field(max_length=64)]
    citation_id: Annotated[str, Field(max_length=16)] | None = None
    verdict: Verdict
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""


async def give(request: Request) -> Response:
    """`POST /api/feedback`."""
    server, principal = state_of(request), principal_of(request)
    body = await json_body(request, FeedbackBody)
    given = server.answers.find(body.answer_id, principal.name)
    if given is None or body.citation_id not in {None, *(one.marker for one in given.answer.citations)}:
        raise not_found()
    entry = feedback_entry(given, body.verdict, body.citation_id, body.note)
    if not await run_in_threadpool(server.feedback.append, entry):
        raise RequestError(507, "not_kept", "the feedback could not be written down")
    return JsonReply({"kept": True}, 201)


async def export(request: Request) -> Response:
    """`GET /api/feedback.jsonl`: own feedback, and for operators everybody's, one JSON object a line."""
    return Response(
        await run_in_threadpool(_lines, request),
        media_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="feedback.jsonl"'},
    )


def _lines(request: Request) -> bytes:
    server, principal, readable = state_of(request), principal_of(request), readable_of(request)
    by = None if principal.may_operate else principal.name
    known = readable.documents().by_id
    found: list[dict[str, Any]] = list(readable_entries(server.feedback.entries(), known.__contains__, by=by))
    return b"".join(as_json(entry) + b"\n" for entry in found)
