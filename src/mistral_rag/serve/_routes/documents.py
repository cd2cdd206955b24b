"""Documents, their pages and pictures, and their files."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mistral_rag.serve._http.requests import page_number, whole_number
from mistral_rag.serve._http.responses import JsonReply, bad_request, not_found
from mistral_rag.serve._index.addresses import document_id
from mistral_rag.serve._index.citations import has_original, has_picture, sides
from mistral_rag.serve._index.passages import shown_groups
from mistral_rag.serve._index.readable import ReadableIndex
from mistral_rag.serve._routes.citing import page_data
from mistral_rag.serve._state import readable_of

if TYPE_CHECKING:
    from mistral_rag.index import PageSummary, SourceStatus

MAX_LISTED: Final = 500
DEFAULT_LISTED: Final = 50
STATES: Final = ("ok", "failed")
HOW: Final = ("text_layer", "ocr", "markup", "blank", "failed")


async def documents(request: Request) -> Response:
    """`GET /api/documents`: those whose name or title holds `q`, in `state`, of `type`; by path."""
    readable = readable_of(request)
    limit = whole_number(request, "limit", DEFAULT_LISTED, most=MAX_LISTED)
    offset = whole_number(request, "offset", 0, most=10**9)
    wanted = {name: request.query_params.get(name, "") for name in ("q", "state", "type")}
    if wanted["state"] and wanted["state"] not in STATES:
        raise bad_request(f"state is one of {', '.join(STATES)}")
    return JsonReply(await run_in_threadpool(_listed, readable, wanted, offset, limit))


def _listed(readable: ReadableIndex, wanted: Mapping[str, str], offset: int, limit: int) -> dict[str, Any]:
    found = [one for one in readable.documents().by_id.values() if _is_wanted(one, wanted)]
    found.sort(key=lambda one: (one.source.name, one.source.uri))
    chosen = found[offset : offset + limit]
    with readable.reader.view() as view:
        pages = view.page_summaries([one.source.uri for one in chosen])
    return {
        "total": len(found),
        "types": sorted({one.source.media_type for one in readable.documents().by_id.values()}),
        "documents": [_row(one, pages.get(one.source.uri, ()), readable.groups) for one in chosen],
    }


def _is_wanted(one: "SourceStatus", wanted: Mapping[str, str]) -> bool:
    text = f"{one.source.name}\n{one.source.title}".casefold()
    return (
        wanted["q"].casefold() in text
        and wanted["state"] in {"", one.status}
        and wanted["type"] in {"", one.source.media_type}
    )


def _row(one: "SourceStatus", pages: "Sequence[PageSummary]", groups: tuple[str, ...] | None) -> dict[str, Any]:
    source = one.source
    readings = Counter(map(how_read, pages))
    return {
        "document_id": document_id(source.uri),
        "title": source.title,
        "path": source.name,
        "type": source.media_type,
        "language": source.language,
        "groups": shown_groups(source, groups),
        "pages": one.pages,
        "state": one.status,
        "modified": source.modified,
        "size": max(one.size, 0) or None,
        "reading": {name: readings[name] for name in HOW},
        "has_original": one.status == "ok" and has_original(one.source),
        "problems": problems_of(one),
    }


def how_read(page: "PageSummary") -> str:
    """The way in which a page was read; "markup" is the text of a file that has no paper."""
    return "markup" if page.reading == "text_layer" and page.locator.kind != "page" else page.reading


def problems_of(one: "SourceStatus") -> list[dict[str, Any]]:
    """Parts of a document that could not be read, with the reason and the way out."""
    found = [{"reason": one.reason, "page_index": None, "advice": ADVICE}] if one.reason else []
    return [*found, *({"reason": text, "page_index": page, "advice": ADVICE} for page, text in one.problems)]


ADVICE: Final = "Mend or replace the file; the next build reads it again."


async def document(request: Request) -> Response:
    """`GET /api/documents/{id}`: one document, with the list of its pages."""
    readable = readable_of(request)
    return JsonReply(await run_in_threadpool(_detailed, readable, request.path_params["id"]))


def found_document(readable: ReadableIndex, identifier: str) -> "SourceStatus":
    """The document with this id. Raises RequestError (404) where these groups read none."""
    one = readable.document(identifier)
    if one is None:
        raise not_found()
    return one


def _detailed(readable: ReadableIndex, identifier: str) -> dict[str, Any]:
    one = found_document(readable, identifier)
    with readable.reader.view() as view:
        pages = view.page_summaries([one.source.uri]).get(one.source.uri, [])
    drawn = has_picture(one.source)
    listed = [
        {
            "page_index": page.number,
            "label": page.locator.label,
            "page_kind": page.locator.kind,
            "place": str(page.locator),
            "how": how_read(page),
            "width": page.width,
            "height": page.height,
            "confidence": page.confidence,
            "has_picture": drawn,
        }
        for page in pages
    ]
    return {**_row(one, pages, readable.groups), "page_list": listed}


async def page(request: Request) -> Response:
    """`GET /api/documents/{id}/pages/{number}`: the text of a page, and how it was read."""
    readable = readable_of(request)
    return JsonReply(await run_in_threadpool(_page, readable, request.path_params["id"], page_number(request)))


def _page(readable: ReadableIndex, identifier: str, number: int) -> dict[str, Any]:
    one = found_document(readable, identifier)
    with readable.reader.view() as view:
        try:
            found = view.page(one.source.uri, number)
        except KeyError:
            raise not_found() from None
        summary = view.page_summaries([one.source.uri])[one.source.uri][number - 1]
    return {
        **page_data(found, number, identifier, drawn=has_picture(one.source)),
        "how": how_read(summary),
        "text": found.text,
        "units": [[unit.start, unit.end, unit.kind] for unit in found.units],
        "blocks": [
            {
                "kind": block.kind,
                "start": block.start,
                "end": block.end,
                "box": sides(block.box) if block.box else None,
                "origin": block.origin,
            }
            for block in found.blocks
        ],
        "origins": sorted({block.origin for block in found.blocks}),
        "doubts": found.doubts,
        "confidence": found.confidence,
        "problems": [text for page, text in one.problems if page == number],
    }
