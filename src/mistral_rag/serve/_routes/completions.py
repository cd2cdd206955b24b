"""The chat completions of OpenAI's API, for programs that speak it: the answer is the chain's, with its citations."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import anyio.to_thread
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from mistral_rag.serve._http.errors import openai_error
from mistral_rag.serve._http.events import event_stream
from mistral_rag.serve._http.paths import OPEN_WEBUI
from mistral_rag.serve._http.requests import base_url, json_body
from mistral_rag.serve._http.responses import JsonReply, as_json, bad_request, not_found
from mistral_rag.serve._routes.asking import MAX_HISTORY, MAX_MESSAGE, MAX_QUESTION, Ask, AskBody, EarlierMessage
from mistral_rag.serve._state import principal_of, readable_of, state_of

MODEL: Final = "documents"
"""The name of the one model there is; any other name is taken for it, since clients make up names."""
READ: Final = frozenset({"text", "input_text"})
"""Types of parts that are read."""


class ContentPart(BaseModel):
    """A part of a message; only text is read."""

    type: str
    text: str = ""


class ChatMessage(BaseModel):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | tuple[ContentPart, ...] | None = None

    @property
    def parts(self) -> tuple[ContentPart, ...]:
        """The parts of the message."""
        if isinstance(self.content, str):
            return (ContentPart(type="text", text=self.content),)
        return self.content or ()

    @property
    def text(self) -> str:
        """The text of the message, without pictures."""
        return "\n".join(part.text for part in self.parts if part.type in READ)

    @property
    def is_empty(self) -> bool:
        """True for a message that says and shows nothing."""
        return not self.text.strip() and all(part.type in READ for part in self.parts)


class StreamOptions(BaseModel):
    """Options of a stream."""

    include_usage: bool = False


class ReplyFormat(BaseModel):
    """The form of the reply: text is all that this model writes."""

    type: Literal["text"]


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
    functions: Annotated[tuple[Any, ...], Field(max_length=0)] | None = None
    logprobs: Literal[False] | None = None
    modalities: tuple[Literal["text"], ...] | None = None
    response_format: ReplyFormat | None = None

    def asked(self, *, may_offer_tools: bool = False) -> AskBody:
        """The question and what was said before it; instructions are no part of that.

        Tools may be on offer to a model that never calls one, where the client sends them with each question.

        Raises:
            RequestError: the last message is none of the user's, or not of text alone; one is too long; or tools are
                to be called.
        """
        if self.tools and not (may_offer_tools and self.tool_choice in (None, "auto", "none")):
            raise bad_request("tools: this model calls none; leave them out")
        said = [message for message in self.messages if message.role in {"user", "assistant"} and not message.is_empty]
        if not said or said[-1].role != "user":
            raise bad_request("messages: the last one must be the user's question")
        *before, question = said
        if not READ.issuperset(part.type for part in question.parts):
            raise bad_request("messages: this model reads text only, no pictures, sounds or files")
        if len(question.text) > MAX_QUESTION:
            raise bad_request(f"messages: a question has at most {MAX_QUESTION} characters")
        earlier = [one for one in before if one.text.strip()][-MAX_HISTORY:]
        if any(len(one.text) > MAX_MESSAGE for one in earlier):
            raise bad_request(f"messages: one before the question has at most {MAX_MESSAGE} characters")
        history = [EarlierMessage(role=_speaker(one.role), content=one.text) for one in earlier]
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


def _described() -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": "index"}


async def models(request: Request) -> Response:
    """`GET /v1/models`: the one model."""
    principal_of(request)
    return JsonReply({"object": "list", "data": [_described()]})


async def model(request: Request) -> Response:
    """`GET /v1/models/{model}`: the one model, by its name."""
    principal_of(request)
    if request.path_params["model"] != MODEL:
        raise not_found()
    return JsonReply(_described())


async def complete(request: Request) -> Response:
    """`POST /v1/chat/completions`: the answer to the last message, whole or as it comes."""
    readable = readable_of(request)
    body = await json_body(request, CompletionBody)
    server, as_events = state_of(request), request.url.path.startswith(OPEN_WEBUI)
    ask = Ask(server, principal_of(request), readable, body.asked(may_offer_tools=as_events), {})
    reply = Completion(ask, body, base_url(request).rstrip("/"), as_events)
    if body.stream:
        return event_stream(reply.chunks, server.gate)
    try:
        whole = await anyio.to_thread.run_sync(reply.whole, limiter=server.gate.limiter)
    except CompletionError as error:
        return JsonReply(openai_error(error.data["code"], error.data["message"], 503), 503)
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
            yield CompletionChunk(openai_error(error.data["code"], error.data["message"]))
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
