"""The ASGI application: routes, what stands before them, and what is started and ended with it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from mistral_rag._logger import logger_of
from mistral_rag.errors import MistralRagError, StoreError
from mistral_rag.serve._http.errors import error_reply
from mistral_rag.serve._http.events import StreamGate
from mistral_rag.serve._http.guard import OriginGuard, SecurityHeaders, TokenGuard
from mistral_rag.serve._http.observing import CLIENT_LEFT, Observer, RequestMetrics
from mistral_rag.serve._http.paths import OPENAI
from mistral_rag.serve._http.rate_guard import RateGuard
from mistral_rag.serve._http.responses import RequestError, index_unavailable, not_found, unexpected
from mistral_rag.serve._index.originals import PageImages
from mistral_rag.serve._index.served import ServedIndex
from mistral_rag.serve._records.answers import GivenAnswers
from mistral_rag.serve._records.json_lines import JsonLines
from mistral_rag.serve._routes import (
    about,
    asking,
    citing,
    completions,
    documents,
    exporting,
    feedback,
    page_files,
    page_images,
    searching,
    uploads,
)
from mistral_rag.serve._settings import ServeSettings
from mistral_rag.serve._state import ServerState
from mistral_rag.serve._uploads.files import UploadFolder
from mistral_rag.serve._uploads.jobs import IndexJobs
from mistral_rag.serve._uploads.watching import watch
from mistral_rag.workers import available_cores

logger = logger_of(__name__)

WAITING_STREAMS: Final = 64
"""Answers of a model that are written at once: each waits for the platform and costs a thread.

Without a model an answer is work of this machine: as many at once as there are cores; with more, each takes longer and
none is done sooner.
"""


def routes() -> list[Route]:
    """The routes of the server."""
    return [
        Route("/", page_files.index),
        Route("/cite/{address}", page_files.index),
        Route("/static/{path:path}", page_files.static),
        Route("/api/settings", about.settings),
        Route("/api/ask", asking.ask, methods=["POST"]),
        Route("/api/cite/{address}", citing.cite),
        Route("/api/search", searching.search),
        Route("/api/documents", documents.documents),
        Route("/api/documents", uploads.add, methods=["POST"]),
        Route("/api/documents/{id}", documents.document),
        Route("/api/documents/{id}", uploads.replace, methods=["PUT"]),
        Route("/api/documents/{id}", uploads.delete, methods=["DELETE"]),
        Route("/api/jobs/{id}", uploads.job),
        Route("/api/documents/{id}/original", page_images.original),
        Route("/api/documents/{id}/pages/{number}", documents.page),
        Route("/api/pages/{id}/{number}.png", page_images.picture),
        Route("/api/feedback", feedback.give, methods=["POST"]),
        Route("/api/feedback.jsonl", feedback.export),
        Route("/api/export", exporting.export, methods=["POST"]),
        Route("/api/costs", about.costs),
        *(
            route
            for prefix in OPENAI
            for route in (
                Route(f"{prefix}models", completions.models),
                Route(f"{prefix}models/{{model}}", completions.model),
                Route(f"{prefix}chat/completions", completions.complete, methods=["POST"]),
            )
        ),
        Route("/api/openapi.json", about.openapi),
        Route("/metrics", about.metrics),
        Route("/healthz", about.healthz),
        Route("/readyz", about.readyz),
    ]


def create_app(settings: ServeSettings) -> Starlette:
    """The application that serves one index. It opens nothing before it is started."""
    served, metrics = routes(), RequestMetrics()
    app = Starlette(
        routes=served,
        middleware=[
            Middleware(Observer, metrics=metrics, routes=served),
            Middleware(SecurityHeaders),
            Middleware(OriginGuard, names=(settings.host, *settings.names)),
            Middleware(TokenGuard, tokens=settings.tokens, owner=settings.owner),
            Middleware(RateGuard, counts=bool(settings.tokens)),
        ],
        exception_handlers={
            RequestError: _refused,
            HTTPException: _http_error,
            StoreError: _index_fault,
            ClientDisconnect: _left,
            Exception: _unexpected,
        },
        lifespan=_lifespan,
    )
    app.state.settings, app.state.metrics = settings, metrics
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    settings: ServeSettings = app.state.settings
    index, images = ServedIndex(settings.index, model=settings.model), PageImages()
    gate = StreamGate(WAITING_STREAMS if settings.model is not None else max(2, available_cores()))
    app.state.server = server = ServerState(
        settings,
        index,
        images,
        gate,
        app.state.metrics,
        GivenAnswers(),
        JsonLines(settings.data_folder / "feedback.jsonl"),
        JsonLines(settings.data_folder / "audit.jsonl") if settings.audit else None,
        UploadFolder(settings.data_folder / "uploads"),
        IndexJobs(),
    )
    tasks = [asyncio.create_task(_warm_up(server))]
    if settings.watch:
        tasks.append(asyncio.create_task(watch(settings.watch, settings.index)))
    try:
        yield
    finally:
        gate.stopping.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, server.jobs.close(), return_exceptions=True)
        await run_in_threadpool(images.close)
        index.close()


async def _warm_up(server: ServerState) -> None:
    """Load the models and the caches of the index, so that the first question need not wait for them."""
    try:
        await run_in_threadpool(_first_search, server)
    except MistralRagError as error:
        logger.warning("The index is not ready: %s", error)
    else:
        server.ready.set()


def _first_search(server: ServerState) -> None:
    server.index.for_groups(server.settings.owner.groups).chain.invoke("hello")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)  # noqa: S101 (as it is registered)
    return error_reply(error, request.scope)


async def _http_error(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    if status == 404:
        return error_reply(not_found(), request.scope)
    headers: Any = getattr(error, "headers", None)
    refused = RequestError(status, "refused", str(getattr(error, "detail", "refused")), headers=headers)
    return error_reply(refused, request.scope)


async def _index_fault(request: Request, error: Exception) -> Response:
    logger.warning("The index can't be read: %s", error)
    return error_reply(index_unavailable(), request.scope)


async def _unexpected(request: Request, error: Exception) -> Response:
    return error_reply(unexpected(), request.scope)


async def _left(request: Request, error: Exception) -> Response:
    """A reply that nobody reads: the client has left before its body was whole."""
    return Response(status_code=CLIENT_LEFT)
