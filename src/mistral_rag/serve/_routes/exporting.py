"""Exports of answers that their principal was given: Markdown, PDF, annotations."""

from typing import Annotated, Final, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mistral_rag.errors import ParseError
from mistral_rag.overlay import NotDrawnError
from mistral_rag.serve._export.annotations import as_annotations
from mistral_rag.serve._export.cited_pages import as_pdf
from mistral_rag.serve._export.conversation import exported
from mistral_rag.serve._export.markdown import as_markdown
from mistral_rag.serve._http.requests import RequestBody, base_url, json_body
from mistral_rag.serve._http.responses import RequestError, as_json, not_found
from mistral_rag.serve._records.answers import GivenAnswer
from mistral_rag.serve._routes.page_images import stale
from mistral_rag.serve._state import principal_of, readable_of, state_of

MAX_ANSWERS: Final = 100
"""Answers of one export: a long conversation."""
NAMES: Final = {
    "markdown": ("answers.md", "text/markdown; charset=utf-8"),
    "pdf": ("cited-pages.pdf", "application/pdf"),
    "annotations": ("annotations.json", 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'),
}


class ExportBody(RequestBody):
    """Answers by id, in the order of the conversation, and the format."""

    answer_ids: Annotated[tuple[str, ...], Field(min_length=1, max_length=MAX_ANSWERS)]
    format: Literal["markdown", "pdf", "annotations"]


async def export(request: Request) -> Response:
    """`POST /api/export`."""
    server, principal = state_of(request), principal_of(request)
    body = await json_body(request, ExportBody)
    found = [server.answers.find(one, principal.name) for one in body.answer_ids]
    given = [one for one in found if one is not None]
    if len(given) < len(found):
        raise not_found()
    data = await run_in_threadpool(_made, request, body.format, given)
    name, media_type = NAMES[body.format]
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": media_type}
    return Response(data, headers=headers)


def _made(request: Request, kind: str, given: list[GivenAnswer]) -> bytes:
    readable, base = readable_of(request), base_url(request)
    answers = exported(readable, given)
    if kind == "markdown":
        return as_markdown(answers, base=base).encode()
    if kind == "annotations":
        return as_json(as_annotations(answers, readable, base=base))
    try:
        made = as_pdf(answers, readable, state_of(request).images)
    except NotDrawnError:
        raise stale() from None
    except ParseError:
        raise RequestError(422, "not_drawn", "pages can't be cut out of a cited file") from None
    if made is None:
        raise RequestError(422, "no_pages", "no citation is of a PDF", advice="Export as Markdown.")
    return made
