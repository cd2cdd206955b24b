"""Settings for the page, and figures for who operates the server."""

from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mistral_rag.errors import ConfigurationError, StoreError
from mistral_rag.serve._access.principals import Principal
from mistral_rag.serve._http.requests import whole_number
from mistral_rag.serve._http.responses import JsonReply, not_found
from mistral_rag.serve._routes.asking import LANGUAGES
from mistral_rag.serve._state import ServerState, principal_of, state_of

DEFAULT_DAYS: Final = 30
MAX_DAYS: Final = 3_660


async def settings(request: Request) -> Response:
    """`GET /api/settings`."""
    server, principal = state_of(request), request.scope.get("principal")
    known = {
        "title": server.settings.title,
        "version": version("mistral-rag"),
        "languages": list(LANGUAGES),
        "needs_token": bool(server.settings.tokens),
        "signed_in": principal is not None,
    }
    told = {} if principal is None else await run_in_threadpool(_told, server, principal)
    return JsonReply({**known, "allow_upload": False, "model": None, "documents": None, "hidden_documents": 0, **told})


def _told(server: ServerState, principal: Principal) -> dict[str, Any]:
    """Settings for those who have signed in."""
    documents = server.index.for_groups(principal.groups).documents().by_id.values()
    hidden = 0 if server.settings.tokens else server.index.count() - len(documents)
    return {
        "principal": principal.name,
        "allow_upload": server.settings.allow_upload and principal.may_write,
        "may_operate": principal.may_operate,
        "model": server.settings.model_name,
        "index": server.index.folder.name,
        "documents": sum(one.status == "ok" for one in documents),
        "hidden_documents": max(hidden, 0),
    }


async def metrics(request: Request) -> Response:
    """`GET /metrics`: counts and times in Prometheus's text format, for principals who operate the server."""
    if not principal_of(request).may_operate:
        raise not_found()
    server = state_of(request)
    gauges = {
        "mistral_rag_ready": int(server.ready.is_set()),
        "mistral_rag_streams_open": server.gate.limiter.borrowed_tokens,
        "mistral_rag_index_sequence": await run_in_threadpool(_sequence, server),
    }
    lines = [*server.metrics.lines(), *(f"# TYPE {name} gauge\n{name} {value}" for name, value in gauges.items())]
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


def _sequence(server: ServerState) -> int:
    return server.index.for_groups(server.settings.owner.groups).reader.sequence


async def costs(request: Request) -> Response:
    """`GET /api/costs?days=`: what calls cost by day, for principals who operate the server."""
    if not principal_of(request).may_operate:
        raise not_found()
    days = whole_number(request, "days", DEFAULT_DAYS, most=MAX_DAYS)
    return JsonReply(await run_in_threadpool(_by_day, state_of(request), days))


def _by_day(server: ServerState, days: int) -> dict[str, Any]:
    from mistral_rag.usage import cost_rows, index_ledger, total_row

    since = (datetime.now(UTC) - timedelta(days=max(days - 1, 0))).date().isoformat()
    ledger = index_ledger(server.index.folder)
    try:
        entries = [entry for entry in ledger.entries() if entry.time >= since] if ledger.path.exists() else []
    except ConfigurationError:
        entries = []
    rows = [{"day": row.name, **row.to_json()} for row in cost_rows(entries, by="day")]
    return {"currency": "USD", "since": since, "days": rows, "total": total_row(entries).to_json()}


async def openapi(request: Request) -> Response:
    """`GET /api/openapi.json`: the description of this API."""
    from mistral_rag.serve._openapi import described

    return JsonReply(described([route for route in request.app.routes if isinstance(route, Route)]))


async def healthz(request: Request) -> Response:
    """`GET /healthz`: the process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """`GET /readyz`: the models are loaded and the index can be read."""
    server = state_of(request)
    if not server.ready.is_set():
        return PlainTextResponse("starting\n", 503)
    try:
        await run_in_threadpool(_sequence, server)
    except StoreError:
        return PlainTextResponse("the index can't be read\n", 503)
    return PlainTextResponse("ok\n")
