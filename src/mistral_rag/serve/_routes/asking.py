"""Questions: an answer as it comes, event by event."""

import time
import uuid
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mistral_rag.defaults import has_key
from mistral_rag.errors import ApiError, CostLimitError, MistralRagError, StoreError
from mistral_rag.serve._http.events import ServerEvent, event_stream
from mistral_rag.serve._http.requests import RequestBody, json_body
from mistral_rag.serve._http.responses import RequestError, index_unavailable, not_found
from mistral_rag.serve._index.citations import cards
from mistral_rag.serve._index.passages import passage_data
from mistral_rag.serve._index.readable import ReadableIndex
from mistral_rag.serve._index.shown import shown_answer, shown_document
from mistral_rag.serve._state import readable_of, state_of

if TYPE_CHECKING:
    from mistral_rag.grounding import QAEvent
    from mistral_rag.schema import Answer

MAX_QUESTION: Final = 8_000
"""Characters of a question: three pages of text."""
MAX_HISTORY: Final = 40
"""Messages before a question, as many as the chain looks at."""
MAX_MESSAGE: Final = 40_000
MAX_CHOSEN: Final = 1_000
CLOSEST: Final = 5
"""Passages that are shown beside an answer, or in place of one."""
LANGUAGES: Final = {"en": "English", "de": "German", "fr": "French"}


class EarlierMessage(RequestBody):
    """A message of the conversation before a question."""

    role: Literal["user", "assistant"]
    content: Annotated[str, Field(max_length=MAX_MESSAGE)]


class AskBody(RequestBody):
    """A question, the conversation before it, and the documents it is about; none named: all."""

    question: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION)]
    history: Annotated[tuple[EarlierMessage, ...], Field(max_length=MAX_HISTORY)] = ()
    documents: Annotated[tuple[str, ...], Field(max_length=MAX_CHOSEN)] | None = None
    language: Literal["en", "de", "fr"] | None = None


async def ask(request: Request) -> Response:
    """`POST /api/ask`: a stream of the chain's events, ending with `done` or `error`."""
    readable = readable_of(request)
    asked = await json_body(request, AskBody)
    if not asked.question.strip():
        raise RequestError(400, "bad_request", "the question is empty", advice="Write one.")
    chosen = await run_in_threadpool(chosen_filter, readable, asked.documents)
    return event_stream(lambda: _events(readable, asked, chosen), state_of(request).gate)


def _events(readable: ReadableIndex, asked: AskBody, chosen: Mapping[str, Any]) -> Generator[ServerEvent, None, None]:
    started = time.perf_counter()
    try:
        given = {"question": asked.question, "chat_history": [(m.role, m.content) for m in asked.history]}
        with ExitStack() as stack:
            stack.enter_context(_paid(readable, asked.question))
            events = stack.enter_context(readable.chain.events(given, **chosen))
            for event in events:
                yield _sent(event, readable, started)
    except MistralRagError as error:
        yield ServerEvent("error", fault_of(error))
    else:
        yield ServerEvent("done", {})


@contextmanager
def _paid(readable: ReadableIndex, question: str) -> Iterator[None]:
    """Tell the index's ledger of the calls, with a digest of the question."""
    if not has_key():  # nobody is paid
        yield
        return
    from mistral_rag.usage import costs, index_ledger, labelled

    named = sha256(question.encode(errors="replace")).hexdigest()[:12]
    with costs(ledger=index_ledger(readable.reader.folder)), labelled(question=named):
        yield


def _sent(event: "QAEvent", readable: ReadableIndex, started: float) -> ServerEvent:
    """An event of the chain as it goes out; the answer with its id and what the page shows below it."""
    from mistral_rag.grounding import AnswerEvent, EvidenceEvent

    kind = type(event).__name__.removesuffix("Event").lower()
    if isinstance(event, EvidenceEvent):
        documents = [shown_document(document.model_dump(mode="json")) for document in event.documents]
        return ServerEvent(kind, {"passages": event.passages, "pages": event.pages, "documents": documents})
    if isinstance(event, AnswerEvent):
        return ServerEvent(kind, answer_data(event.answer, readable, seconds=time.perf_counter() - started))
    return ServerEvent(kind, event)


def answer_data(answer: "Answer", readable: ReadableIndex, *, seconds: float) -> dict[str, Any]:
    """An answer with its id, its citations' addresses, and what it took."""
    from mistral_rag.retrieval import Hit

    cited = {citation.uri for citation in answer.citations}
    ids = [document.id for document in answer.documents if document.id][:CLOSEST]
    with readable.reader.view() as view:
        sources = {one.source.uri: one.source for one in readable.documents().by_id.values() if one.source.uri in cited}
        stored = view.chunks_by_id(ids)
    hits = [Hit(stored[one], 1 / rank) for rank, one in enumerate(ids, 1) if one in stored]
    return {
        "id": uuid.uuid4().hex,
        "answer": shown_answer(answer),
        "citations": cards(answer.citations, sources),
        "passages": [passage_data(hit, answer.question, explain=False) for hit in hits],
        "usage": answer.usage,
        "cost": answer.cost,
        "seconds": round(seconds, 3),
    }


def chosen_filter(readable: ReadableIndex, documents: tuple[str, ...] | None) -> dict[str, Any]:
    """The settings of a search that is cut down to some documents.

    Raises:
        RequestError: one of them is not here, or may not be read.
    """
    if not documents:
        return {}
    known = readable.documents().by_id
    if any(one not in known for one in documents):
        raise not_found()
    return {"filter": {"uri": {"$in": [known[one].source.uri for one in documents]}}}


def fault_of(error: MistralRagError) -> Mapping[str, str]:
    """An error of the chain in words that its reader may know: none of paths, hosts or keys."""
    if isinstance(error, CostLimitError):
        return {"code": "cost_limit", "message": "the limit of costs is reached", "advice": ""}
    if isinstance(error, StoreError):
        return index_unavailable().to_json()
    if isinstance(error, ApiError):
        return {
            "code": "model_unavailable",
            "message": "the model that writes the answers refused or could not be reached",
            "advice": "Search works without it; ask again in a moment.",
        }
    return {"code": "not_answered", "message": "the question could not be answered", "advice": "Say it otherwise."}
