"""Search: passages with the words marked, facets, and on demand what the ranking went by."""

import re
import time
from collections.abc import Mapping
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mistral_rag.serve._http.requests import whole_number
from mistral_rag.serve._http.responses import JsonReply, bad_request
from mistral_rag.serve._index.addresses import document_id
from mistral_rag.serve._index.passages import facets, is_chosen, passage_data
from mistral_rag.serve._index.readable import ReadableIndex
from mistral_rag.serve._records.audit import search_entry
from mistral_rag.serve._state import principal_of, readable_of, state_of

MAX_QUERY: Final = 2_000
"""Characters of a query string's `q`."""
MAX_RESULTS: Final = 100
"""Passages that a search looks at: facets count these, and pages of results end here."""
DEFAULT_RESULTS: Final = 10
_NAMES: Final = ("type", "source", "group", "year", "date_from", "date_to")
_DATE: Final = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")


async def search(request: Request) -> Response:
    """`GET /api/search`."""
    readable = readable_of(request)
    query = request.query_params.get("q", "")
    if not query.strip() or len(query) > MAX_QUERY:
        raise bad_request(f"q is what to search for, of at most {MAX_QUERY} characters")
    limit = whole_number(request, "limit", DEFAULT_RESULTS, most=MAX_RESULTS)
    offset = whole_number(request, "offset", 0, most=MAX_RESULTS)
    wanted = {name: request.query_params.get(name, "") for name in _NAMES}
    if any(wanted[name] and not _DATE.fullmatch(wanted[name]) for name in ("date_from", "date_to")):
        raise bad_request("date_from and date_to are dates such as 2024-04-01, or 2024")
    explain, started = request.query_params.get("explain") == "1", time.perf_counter()
    found = await run_in_threadpool(_found, readable, query, wanted, slice(offset, offset + limit), explain)
    if (audit := state_of(request).audit) is not None:
        paths = [one["path"] for one in found["results"]]
        entry = search_entry(principal_of(request).name, query, paths, time.perf_counter() - started)
        await run_in_threadpool(audit.append, entry)
    return JsonReply(found)


def _found(
    readable: ReadableIndex, query: str, wanted: Mapping[str, str], shown: slice, explain: bool
) -> dict[str, Any]:
    chosen = _chosen(readable, wanted)
    if chosen == []:
        return {"total": 0, "most": MAX_RESULTS, "results": [], "facets": facets((), readable.groups), "warnings": []}
    settings = {} if chosen is None else {"filter": {"uri": {"$in": chosen}}}
    found = readable.retriever.explain(query, k=MAX_RESULTS, **settings)
    hits = [hit for hit in found.hits if not hit.context]
    told = {"explanation": _explained(found.to_json())} if explain else {}
    return {
        "total": len(hits),
        "most": MAX_RESULTS,
        "results": [passage_data(hit, query, explain=explain) for hit in hits[shown]],
        "facets": facets(hits, readable.groups),
        "warnings": found.warnings,
        **told,
    }


def _chosen(readable: ReadableIndex, wanted: Mapping[str, str]) -> list[str] | None:
    """The uris of the documents that are wanted; None for all."""
    if not any(wanted.values()):
        return None
    return [one.source.uri for one in readable.documents().by_id.values() if is_chosen(one, wanted, readable.groups)]


def _explained(explanation: dict[str, Any]) -> dict[str, Any]:
    """The reasons of the ranking, with ids in place of addresses of files."""
    return {**explanation, "filter": None, "named": [document_id(uri) for uri in explanation["named"]]}
