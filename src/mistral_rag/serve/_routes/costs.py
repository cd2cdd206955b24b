"""Costs by day, from the index's ledger."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mistral_rag.errors import ConfigurationError
from mistral_rag.serve._http.requests import whole_number
from mistral_rag.serve._http.responses import JsonReply, not_found
from mistral_rag.serve._state import ServerState, principal_of, state_of

DEFAULT_DAYS: Final = 30
MAX_DAYS: Final = 3_660


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
