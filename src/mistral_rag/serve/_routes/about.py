"""What the page must know before anyone has signed in, and what operators ask."""

from importlib.metadata import version
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from mistral_rag.serve._access.principals import Principal
from mistral_rag.serve._http.responses import JsonReply
from mistral_rag.serve._routes.asking import LANGUAGES
from mistral_rag.serve._state import ServerState, state_of


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
    return JsonReply({**known, "allow_upload": False, "model": None, "documents": None, **told})


def _told(server: ServerState, principal: Principal) -> dict[str, Any]:
    """What is said to those who have signed in."""
    readable = server.index.for_groups(principal.groups)
    model = server.settings.model
    return {
        "principal": principal.name,
        "allow_upload": server.settings.allow_upload and principal.may_write,
        "may_operate": principal.may_operate,
        "model": None if model is None else getattr(model, "model", type(model).__name__),
        "documents": len(readable.documents().by_id),
    }


async def healthz(request: Request) -> Response:
    """`GET /healthz`: the process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """`GET /readyz`: the models are loaded and the index can be read."""
    if not state_of(request).ready.is_set():
        return PlainTextResponse("starting\n", 503)
    return PlainTextResponse("ok\n")
