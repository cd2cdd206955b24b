"""The parts that the routes of a server share."""

import asyncio
from dataclasses import dataclass, field

from starlette.requests import Request

from mistral_rag.serve._access.principals import Principal
from mistral_rag.serve._http.events import StreamGate
from mistral_rag.serve._http.observing import RequestMetrics
from mistral_rag.serve._http.responses import RequestError
from mistral_rag.serve._index.originals import PageImages
from mistral_rag.serve._index.readable import ReadableIndex
from mistral_rag.serve._index.served import ServedIndex
from mistral_rag.serve._records.answers import GivenAnswers
from mistral_rag.serve._records.json_lines import JsonLines
from mistral_rag.serve._settings import ServeSettings
from mistral_rag.serve._uploads.files import UploadFolder
from mistral_rag.serve._uploads.jobs import IndexJobs


@dataclass(frozen=True, slots=True)
class ServerState:
    """The parts of one running server."""

    settings: ServeSettings
    index: ServedIndex
    images: PageImages
    gate: StreamGate
    metrics: RequestMetrics
    answers: GivenAnswers
    feedback: JsonLines
    audit: JsonLines | None
    uploads: UploadFolder
    jobs: IndexJobs
    ready: asyncio.Event = field(default_factory=asyncio.Event)


def state_of(request: Request) -> ServerState:
    """The parts of the server that got this request."""
    found: ServerState = request.app.state.server
    return found


def principal_of(request: Request) -> Principal:
    """The principal that signed a request. Raises RequestError (401) where none did."""
    found: Principal | None = request.scope.get("principal")
    if found is None:
        raise RequestError(
            401,
            "sign_in",
            "this server asks for a token",
            advice="Send it as: Authorization: Bearer TOKEN",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return found


def readable_of(request: Request) -> ReadableIndex:
    """The index as the groups of a request's principal may read it."""
    return state_of(request).index.for_groups(principal_of(request).groups)
