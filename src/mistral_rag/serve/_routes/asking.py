"""Questions: an answer as it comes, event by event."""

import time
import uuid
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mistral_rag._logger import logger_of
from mistral_rag.errors import CostLimitError, MistralRagError, StoreError
from mistral_rag.serve._access.principals import Principal
from mistral_rag.serve._http.events import ServerEvent, event_stream
from mistral_rag.serve._http.requests import RequestBody, json_body
from mistral_rag.serve._http.responses import RequestError, index_unavailable, not_found
from mistral_rag.serve._index.citations import cards
from mistral_rag.serve._index.passages import passage_data
from mistral_rag.serve._index.readable import ReadableIndex
from mistral_rag.serve._index.shown import shown_answer, shown_document
from mistral_rag.serve._records.answers import GivenAnswer
from mistral_rag.serve._records.audit import audit_entry, unanswered_entry
from mistral_rag.serve._state import ServerState, principal_of, readable_of, state_of
from mistral_rag.usage import question_costs

if TYPE_CHECKING:
    from mistral_rag.grounding import QAEvent

logger = logger_of(__name__)

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
    server = state_of(request)
    return event_stream(Ask(server, principal_of(request), readable, asked, chosen).events, server.gate)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question of a principal, to be answered from what its groups may read."""

    server: ServerState
    principal: Principal
    readable: ReadableIndex
    body: AskBody
    settings: Mapping[str, Any]
    """Settings of the search, such as a filter."""

    def events(self) -> Generator[ServerEvent, None, None]:
        """The events of the answer; an error is the last one."""
        started, missing = time.perf_counter(), "left"
        try:
            with question_costs(self.readable.reader.folder, self.body.question):
                for event in self._answered():
                    missing = "" if event.kind == "answer" else missing
                    yield event
        except MistralRagError as error:
            missing = type(error).__name__
            logger.warning("A question was not answered: %s: %s", missing, error)
            yield ServerEvent("error", fault_of(error))
        else:
            yield ServerEvent("done", {})
        finally:
            if missing and self.server.audit is not None:
                seconds = time.perf_counter() - started
                entry = unanswered_entry(self.principal.name, self.body.question, seconds, missing)
                self.server.audit.append(entry)

    def _answered(self) -> Iterator[ServerEvent]:
        from mistral_rag.grounding import AnswerEvent

        started, sequence = time.perf_counter(), self.readable.reader.sequence
        earlier = [(message.role, message.content) for message in self.body.history]
        given = {"question": self.body.question, "chat_history": earlier}
        with self.readable.chain.events(given, **self.settings) as events:
            for event in events:
                if isinstance(event, AnswerEvent):
                    seconds = time.perf_counter() - started
                    answered = GivenAnswer.now(uuid.uuid4().hex, self.principal.name, event.answer, sequence, seconds)
                    self._keep(answered)
                    yield ServerEvent("answer", answer_data(answered, self.readable))
                else:
                    yield _sent(event)

    def _keep(self, answered: GivenAnswer) -> None:
        """Keep an answer for feedback and exports, and note it in the audit log."""
        self.server.answers.keep(answered)
        if self.server.audit is not None:
            self.server.audit.append(audit_entry(answered))


def _sent(event: "QAEvent") -> ServerEvent:
    """An event of the chain as it goes out."""
    from mistral_rag.grounding import EvidenceEvent

    kind = type(event).__name__.removesuffix("Event").lower()
    if isinstance(event, EvidenceEvent):
        documents = [shown_document(document.model_dump(mode="json")) for document in event.documents]
        return ServerEvent(kind, {"passages": event.passages, "pages": event.pages, "documents": documents})
    return ServerEvent(kind, event)


def answer_data(given: GivenAnswer, readable: ReadableIndex) -> dict[str, Any]:
    """An answer with its id, its citations' addresses, the closest passages, and what it took."""
    from mistral_rag.retrieval import Hit

    answer = given.answer
    cited = {citation.uri for citation in answer.citations}
    sources = {one.source.uri: one.source for one in readable.documents().by_id.values() if one.source.uri in cited}
    ids = [document.id for document in answer.documents if document.id][:CLOSEST]
    with readable.reader.view() as view:
        stored = view.chunks_by_id(ids)
    hits = [Hit(stored[one], 1 / rank) for rank, one in enumerate(ids, 1) if one in stored]
    return {
        "id": given.id,
        "answer": shown_answer(answer),
        "citations": cards(answer.citations, sources),
        "passages": [passage_data(hit, answer.question, explain=False) for hit in hits],
        "usage": answer.usage,
        "cost": answer.cost,
        "seconds": round(given.seconds, 3),
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
    # the platform's errors are LangChain's, which take a tenth of a second to import
    from mistral_rag.errors import ApiError

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
