"""Conversations that the platform keeps and runs: built-in tools, handoffs between agents, streams of events."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, closing
from typing import Any, Literal, TypedDict, Unpack

from pydantic import Field

from mistral_rag.api._errors import StreamError, error_from_object
from mistral_rag.api._http.streams import AsyncStream, Stream
from mistral_rag.api._responses import Json
from mistral_rag.errors import ConfigurationError
from mistral_rag.platform._beta.agents import agent_tools
from mistral_rag.platform._calls import Deleted, Listing, PlatformCall, PlatformObject, Resource, given, path

Inputs = str | Sequence[dict[str, Any]]
"""What is said: a text of the user, or entries such as ``{"type": "function.result", "tool_call_id": …}``."""

FAILED = "conversation.response.error"
LAST = frozenset({"conversation.response.done", FAILED})
"""Events that end a stream, which has no other end marker."""


class ConversationOptions(TypedDict, total=False):
    """Options of a start; `append` and `restart` take those that the platform takes there.

    `store` False keeps nothing at the platform. With `handoff_execution` "client" a handoff ends the reply.
    `tool_confirmations` allow or deny calls that wait for it: ``[{"tool_call_id": …, "confirmation": "allow"}]``.
    """

    store: bool
    handoff_execution: Literal["client", "server"]
    completion_args: dict[str, Any]
    guardrails: list[dict[str, Any]]
    instructions: str
    tools: Sequence[Any]
    name: str
    description: str
    metadata: dict[str, Any]
    agent_version: int | str
    tool_confirmations: list[dict[str, str]]


class ConversationUsage(PlatformObject):
    """Tokens of a reply; `connectors` counts the calls of each built-in tool, which have prices of their own."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    connector_tokens: int | None = None
    connectors: dict[str, int] | None = None


class ConversationEntry(PlatformObject):
    """One step: message.input, message.output, function.call, function.result, tool.execution or agent.handoff."""

    type: str
    id: str | None = None
    content: str | list[dict[str, Any]] | None = None
    name: str | None = None
    arguments: str | dict[str, Any] | None = None
    tool_call_id: str | None = None
    result: str | None = None
    info: dict[str, Any] | None = None
    agent_id: str | None = None
    model: str | None = None
    confirmation_status: Literal["pending", "allowed", "denied"] | None = None

    @property
    def text(self) -> str:
        """The text of a message, without its sources and files."""
        if isinstance(self.content, list):
            return "".join(str(chunk.get("text", "")) for chunk in self.content if chunk.get("type") == "text")
        return self.content or ""


class ConversationReply(PlatformObject):
    """Entries that the platform added to a conversation."""

    conversation_id: str
    outputs: list[ConversationEntry]
    usage: ConversationUsage = Field(default_factory=ConversationUsage)

    @property
    def text(self) -> str:
        """The text of all messages."""
        return "".join(entry.text for entry in self.outputs if entry.type == "message.output")

    @property
    def function_calls(self) -> list[ConversationEntry]:
        """The calls that are the caller's to run; their results are appended."""
        return [entry for entry in self.outputs if entry.type == "function.call"]


class Conversation(PlatformObject):
    """A stored conversation."""

    id: str
    agent_id: str | None = None
    model: str | None = None
    name: str | None = None


class ConversationHistory(PlatformObject):
    """All entries of a conversation, or only its messages."""

    conversation_id: str
    entries: list[ConversationEntry] = Field(default_factory=list)
    messages: list[ConversationEntry] = Field(default_factory=list)


class ConversationEvent(PlatformObject):
    """One event of a stream, such as conversation.response.started, message.output.delta or tool.execution.done."""

    type: str
    id: str | None = None
    conversation_id: str | None = None
    output_index: int = 0
    content_index: int = 0
    content: str | dict[str, Any] | None = None
    usage: ConversationUsage | None = None


class ConversationResource(Resource):
    """`client.conversations`. What makes entries is not sent again when a connection breaks: it may have arrived."""

    def start(
        self,
        inputs: Inputs,
        *,
        agent_id: str | None = None,
        model: str | None = None,
        **options: Unpack[ConversationOptions],
    ) -> ConversationReply:
        """Begin a conversation with an agent or with a model.

        Raises:
            ConfigurationError: Neither is named, or both.
        """
        return self._send(_call(*start_request(inputs, agent_id, model, options)))

    async def astart(
        self,
        inputs: Inputs,
        *,
        agent_id: str | None = None,
        model: str | None = None,
        **options: Unpack[ConversationOptions],
    ) -> ConversationReply:
        """`start` for coroutines."""
        return await self._asend(_call(*start_request(inputs, agent_id, model, options)))

    def append(
        self, conversation_id: str, inputs: Inputs = (), **options: Unpack[ConversationOptions]
    ) -> ConversationReply:
        """Say something more, or give the results of function calls."""
        return self._send(_call(*append_request(conversation_id, inputs, options)))

    async def aappend(
        self, conversation_id: str, inputs: Inputs = (), **options: Unpack[ConversationOptions]
    ) -> ConversationReply:
        """`append` for coroutines."""
        return await self._asend(_call(*append_request(conversation_id, inputs, options)))

    def restart(
        self, conversation_id: str, inputs: Inputs, *, from_entry_id: str, **options: Unpack[ConversationOptions]
    ) -> ConversationReply:
        """Begin a new conversation with the entries of another up to one of them, and `inputs` after it."""
        return self._send(_call(*_restart_request(conversation_id, inputs, from_entry_id, options)))

    async def arestart(
        self, conversation_id: str, inputs: Inputs, *, from_entry_id: str, **options: Unpack[ConversationOptions]
    ) -> ConversationReply:
        """`restart` for coroutines."""
        return await self._asend(_call(*_restart_request(conversation_id, inputs, from_entry_id, options)))

    def stream(
        self,
        inputs: Inputs = (),
        *,
        conversation_id: str | None = None,
        agent_id: str | None = None,
        model: str | None = None,
        **options: Unpack[ConversationOptions],
    ) -> Iterator[ConversationEvent]:
        """`start`, or `append` where there is a `conversation_id`, as events while they come.

        Raises:
            ApiError: The platform says that it failed, or the stream breaks off.
        """
        place, body = _either(inputs, conversation_id, agent_id, model, options)
        with closing(self.opened(place, body)) as events:
            for event in events:
                yield ConversationEvent.model_validate(checked_event(event))

    async def astream(
        self,
        inputs: Inputs = (),
        *,
        conversation_id: str | None = None,
        agent_id: str | None = None,
        model: str | None = None,
        **options: Unpack[ConversationOptions],
    ) -> AsyncIterator[ConversationEvent]:
        """`stream` for coroutines."""
        place, body = _either(inputs, conversation_id, agent_id, model, options)
        async with aclosing(await self.aopened(place, body)) as events:
            async for event in events:
                yield ConversationEvent.model_validate(checked_event(event))

    def opened(self, place: str, body: dict[str, Any]) -> Stream:
        """An open stream of the platform's events as they are."""
        return self._connection.client.stream(
            place, body | {"stream": True}, begun=lambda _: True, is_last=_is_last, once=True
        )

    async def aopened(self, place: str, body: dict[str, Any]) -> AsyncStream:
        """`opened` for coroutines."""
        return await self._connection.client.astream(
            place, body | {"stream": True}, begun=lambda _: True, is_last=_is_last, once=True
        )

    def list(self, *, page: int = 0, page_size: int = 100) -> Listing[Conversation]:
        """One page of the conversations, newest first."""
        return self._send(_list(page, page_size))

    async def alist(self, *, page: int = 0, page_size: int = 100) -> Listing[Conversation]:
        """`list` for coroutines."""
        return await self._asend(_list(page, page_size))

    def iterate(self) -> Iterator[Conversation]:
        """Every conversation; pages are fetched as they are needed."""
        return self._items(lambda page: _list(page, 100))

    def aiterate(self) -> AsyncIterator[Conversation]:
        """`iterate` for coroutines."""
        return self._aitems(lambda page: _list(page, 100))

    def get(self, conversation_id: str) -> Conversation:
        """The conversation's description."""
        return self._send(PlatformCall("GET", path("conversations", conversation_id), Conversation))

    async def aget(self, conversation_id: str) -> Conversation:
        """`get` for coroutines."""
        return await self._asend(PlatformCall("GET", path("conversations", conversation_id), Conversation))

    def history(self, conversation_id: str) -> ConversationHistory:
        """All entries, oldest first."""
        return self._send(PlatformCall("GET", path("conversations", conversation_id, "history"), ConversationHistory))

    async def ahistory(self, conversation_id: str) -> ConversationHistory:
        """`history` for coroutines."""
        return await self._asend(
            PlatformCall("GET", path("conversations", conversation_id, "history"), ConversationHistory)
        )

    def messages(self, conversation_id: str) -> ConversationHistory:
        """The messages alone, oldest first."""
        return self._send(PlatformCall("GET", path("conversations", conversation_id, "messages"), ConversationHistory))

    async def amessages(self, conversation_id: str) -> ConversationHistory:
        """`messages` for coroutines."""
        return await self._asend(
            PlatformCall("GET", path("conversations", conversation_id, "messages"), ConversationHistory)
        )

    def delete(self, conversation_id: str) -> Deleted:
        """Delete the conversation."""
        return self._send(PlatformCall("DELETE", path("conversations", conversation_id), Deleted))

    async def adelete(self, conversation_id: str) -> Deleted:
        """`delete` for coroutines."""
        return await self._asend(PlatformCall("DELETE", path("conversations", conversation_id), Deleted))


def start_request(
    inputs: Inputs, agent_id: str | None, model: str | None, options: ConversationOptions
) -> tuple[str, dict[str, Any]]:
    """Path and body of a start."""
    if (agent_id is None) == (model is None):
        raise ConfigurationError("Name either an agent (agent_id) or a model, not both.")
    body = given(inputs=_entries(inputs), agent_id=agent_id, model=model, **options)
    return "conversations", body | ({"tools": agent_tools(body["tools"])} if "tools" in body else {})


def append_request(conversation_id: str, inputs: Inputs, options: ConversationOptions) -> tuple[str, dict[str, Any]]:
    """Path and body of an append."""
    return path("conversations", conversation_id), given(inputs=_entries(inputs), **options)


def _restart_request(
    conversation_id: str, inputs: Inputs, from_entry_id: str, options: ConversationOptions
) -> tuple[str, dict[str, Any]]:
    body = given(inputs=_entries(inputs), from_entry_id=from_entry_id, **options)
    return path("conversations", conversation_id, "restart"), body


def _either(
    inputs: Inputs, conversation_id: str | None, agent_id: str | None, model: str | None, options: ConversationOptions
) -> tuple[str, dict[str, Any]]:
    if conversation_id is not None:
        return append_request(conversation_id, inputs, options)
    return start_request(inputs, agent_id, model, options)


def _entries(inputs: Inputs) -> Any:
    if isinstance(inputs, str):
        return inputs
    wrong = next((type(entry).__name__ for entry in inputs if not isinstance(entry, dict)), None)
    if wrong is not None:
        raise ConfigurationError(f"Inputs are a text or entries as dicts, not {wrong}; MistralAgent takes messages.")
    # a message as chat has it: only its kind is missing, which the official SDK adds, too
    return [{"type": "message.input", **entry} if "role" in entry else entry for entry in inputs]


def _call(place: str, body: dict[str, Any]) -> PlatformCall[ConversationReply]:
    return PlatformCall("POST", place, ConversationReply, body=body | {"stream": False}, once=True)


def _list(page: int, page_size: int) -> PlatformCall[Listing[Conversation]]:
    return PlatformCall("GET", path("conversations", page=page, page_size=page_size), Listing[Conversation])


def checked_event(event: Json) -> Json:
    """The event, unless it says that the conversation failed.

    Raises:
        ApiError: It does; of the class of its status, where its code is one, else `StreamError`.
    """
    if event.get("type") != FAILED:
        return event
    error = error_from_object({"object": "error", "message": event.get("message"), "code": event.get("code")}, {})
    if error.status:
        raise error
    raise StreamError(f"The conversation failed while it was answered: {event.get('message')}", code=error.code)


def _is_last(event: Json) -> bool:
    return event.get("type") in LAST
