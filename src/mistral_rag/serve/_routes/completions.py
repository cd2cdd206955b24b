"""The chat completions of OpenAI's API, for programs that speak it: the answer is the chain's, with its citations."""

import time
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, Final, Literal

import anyio.to_thread
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from mistral_rag.serve._http.events import event_stream
from mistral_rag.serve._http.requests import base_of, json_body
from mistral_rag.serve._http.responses import JsonReply, RequestError, as_json, bad_request
from mistral_rag.serve._routes.asking import MAX_HISTORY, MAX_MESSAGE, MAX_QUESTION, Ask, AskBody, EarlierMessage
from mistral_rag.serve._state import principal_of, readable_of, state_of

MODEL: Final = "documents"
"""The name of the one model there is; any other name is taken for it, since clients make up names."""
OPEN_WEBUI: Final = "/open-webui"
"""Prefix of the routes whose sources come as Open WebUI's own events, which show the quotes, in place of annotations,
which it shows by title alone. It offers tools of its own with each question (36 in version 0.12)."""
_ERRORS: Final = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}

Route = Callable[[Request], Coroutine[Any, Any, Response]]


class ContentPart(BaseModel):
    """A part of a message; only text is read."""

    type: str
    text: Annotated[str, Field(max_length=MAX_MESSAGE)] = ""


class ChatMessage(BaseModel):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[str, Field(max_length=MAX_MESSAGE)] | tuple[ContentPart, ...] | None = None

    @property
    def text(self) -> str:
        """The text of the message, without pictures."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "\n".join(part.text for part in self.content if part.type in {"text", "input_text"})


class StreamOptions(BaseModel):
    """Options of a stream."""

    include_usage: bool = False


class CompletionBody(BaseModel):
    """A request for a completion.

    Settings of sampling are ignored, as any client sends some; what would change the shape of the reply is refused.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: str = MODEL
    messages: Annotated[tuple[ChatMessage, ...], Field(min_length=1)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    tools: tuple[Any, ...] | None = None
    tool_choice: Any = None
    response_format: Any = None

    def asked(self, *, may_offer_tools: bool = False) -> AskBody:
        """The question and what was said before it; instructions are no part of that.

        Tools may be on offer to a model that never calls one, where the client sends them with each question.

        Raises:
            RequestError: the last message is none of the user's, the reply is to be JSON, or tools are to be called.
        """
        if self.tools and not (may_offer_tools and self.tool_choice in {None, "auto", "none"}):
            raise bad_request("tools: this model calls none; leave them out")
        kind = self.response_format.get("type") if isinstance(self.response_format, dict) else None
        if kind not in {None, "text"}:
            raise bad_request("response_format: this model answers with text and citations only")
        said = [message for message in self.messages if message.role in {"user", "assistant"} and message.text.strip()]
        if not said or said[-1].role != "user":
            raise bad_request("messages: the last one must be the user's question")
        *before, question = said
        if len(question.text) > MAX_QUESTION:
            raise bad_request(f"messages: a question has at most {MAX_QUESTION} characters")
        history = [EarlierMessage(role=_speaker(one.role), content=one.text) for one in before[-MAX_HISTORY:]]
        return AskBody(question=question.text, history=tuple(history))


def _speaker(role: str) -> Literal["user", "assistant"]:
    return "user" if role == "user" else "assistant"


@dataclass(frozen=True, slots=True)
class CompletionChunk:
    """An event of a stream of OpenAI's: data without a kind; None is its end."""

    data: Any

    def encoded(self) -> bytes:
        """The event on the wire."""
        return b"data: " + (b"[DONE]" if self.data is None else as_json(self.data)) + b"\n\n"


class CompletionError(Exception):
    """An answer that failed; `data` is its error as the chain's stream has it."""

    def __init__(self, data: Any) -> None:
        super().__init__(data["message"])
        self.data = data


def in_their_shape(route: Route) -> Route:
    """The route with its refusals in the shape that OpenAI's clients read."""

    @wraps(route)
    async def refusing(request: Request) -> Response:
        try:
            return await route(request)
        except RequestError as error:
            body = _error(error.code, " ".join([f"{error.message}.", error.advice]).strip(), error.status)
            return JsonReply(body, error.status, error.headers)

    return refusing


def _error(code: str, message: str, status: int = 500) -> dict[str, Any]:
    kind = _ERRORS.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


@in_their_shape
async def models(request: Request) -> Response:
    """`GET /v1/models`: the one model."""
    principal_of(request)
    return JsonReply({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "index"}]})


@in_their_shape
async def complete(request: Request) -> Response:
    """`POST /v1/chat/completions`: the answer to the last message, whole or as it comes."""
    readable = readable_of(request)
    body = await json_body(request, CompletionBody)
    server, as_events = state_of(request), request.url.path.startswith(OPEN_WEBUI)
    ask = Ask(server, principal_of(request), readable, body.asked(may_offer_tools=as_events), {})
    reply = Completion(ask, body, base_of(request).rstrip("/"), as_events)
    if body.stream:
        return event_stream(reply.chunks, server.gate)
    try:
        whole = await anyio.to_thread.run_sync(reply.whole, limiter=server.gate.limiter)
    except CompletionError as error:
        return JsonReply(_error(error.data["code"], error.data["message"], 503), 503)
    return JsonReply(whole)


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer in OpenAI's shape; `base` is the server's own address, as the client calls it."""

    ask: Ask
    body: CompletionBody
    base: str
    as_events: bool

    def whole(self) -> dict[str, Any]:
        """The completion. Raises CompletionError."""
        for kind, data in self._events():
            if kind == "answer":
                said = {"role": "assistant", "content": _text(data), "refusal": None}
                message = {**said, "annotations": self._annotations(data)}
                choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
                return {**self._head("chat.completion"), "choices": [choice], "usage": _usage(data), **_ours(data)}
        raise CompletionError({"code": "not_answered", "message": "the answer broke off"})

    def chunks(self) -> Generator[CompletionChunk, None, None]:
        """The completion as it comes."""
        head = self._head("chat.completion.chunk")
        yield CompletionChunk({**head, "choices": _delta({"role": "assistant", "content": ""})})
        try:
            yield from self._pieces(head)
        except CompletionError as error:
            yield CompletionChunk(_error(error.data["code"], error.data["message"]))
        yield CompletionChunk(None)

    def _pieces(self, head: dict[str, Any]) -> Iterator[CompletionChunk]:
        written = False
        for kind, data in self._events():
            if kind == "text":
                written = True
                yield CompletionChunk({**head, "choices": _delta({"content": data.text})})
            elif kind == "answer":
                if not written:
                    yield CompletionChunk({**head, "choices": _delta({"content": _text(data)})})
                yield from self._sources(head, data)
                yield CompletionChunk({**head, "choices": _delta({}, "stop"), **_ours(data)})
                if self.body.stream_options and self.body.stream_options.include_usage:
                    yield CompletionChunk({**head, "choices": [], "usage": _usage(data)})

    def _sources(self, head: dict[str, Any], data: Any) -> Iterator[CompletionChunk]:
        if self.as_events:
            for card in _cited(data):
                place = {"name": card["title"], "url": self.base + card["address"]}
                source = {"source": place, "document": [card["quote"]], "metadata": [{"source": place["url"], **place}]}
                yield CompletionChunk({"event": {"type": "source", "data": source}})
        elif annotations := self._annotations(data):
            yield CompletionChunk({**head, "choices": _delta({"annotations": annotations})})

    def _events(self) -> Iterator[tuple[str, Any]]:
        for event in self.ask.events():
            if event.kind == "error":
                raise CompletionError(event.data)
            yield event.kind, event.data

    def _head(self, kind: str) -> dict[str, Any]:
        made = int(time.time())
        return {"id": f"chatcmpl-{id(self):x}{made:x}", "object": kind, "created": made, "model": MODEL}

    def _annotations(self, data: Any) -> list[dict[str, Any]]:
        """Citations at the statements that they back, by addresses that open the page with the quote marked."""
        spans = {one["marker"]: (one["start"], one["end"]) for one in data["answer"]["citations"]}
        return [
            {
                "type": "url_citation",
                "url_citation": {
                    "start_index": spans[card["citation_id"]][0],
                    "end_index": spans[card["citation_id"]][1],
                    "title": card["title"],
                    "url": self.base + card["address"],
                },
            }
            for card in _cited(data)
        ]


def _cited(data: Any) -> Sequence[Any]:
    return [card for card in data["citations"] if card["address"] is not None]


def _text(data: Any) -> str:
    """The text of an answer; where there is none, why not: a client shows nothing else."""
    return str(data["answer"]["text"] or data["answer"]["reason"] or "")


def _usage(data: Any) -> dict[str, int]:
    given, made = (int(data["usage"].get(name, 0)) for name in ("input_tokens", "output_tokens"))
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


def _ours(data: Any) -> dict[str, Any]:
    """The whole answer with its verdicts, for programs that know us."""
    return {"mistral_rag": {"id": data["id"], "answer": data["answer"], "citations": data["citations"]}}


def _delta(delta: dict[str, Any], finish: str | None = None) -> list[dict[str, Any]]:
    return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
