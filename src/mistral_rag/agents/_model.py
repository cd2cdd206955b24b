"""MistralAgent: an agent of the platform as a LangChain chat model, with its tools run by the platform."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from typing import Any, Self

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import ConfigDict, Field, model_validator

from mistral_rag.agents._entries import entries, new_messages
from mistral_rag.agents._events import AgentEventReader
from mistral_rag.agents._replies import chat_result_of
from mistral_rag.api._connection import Connection
from mistral_rag.api._errors import ApiError
from mistral_rag.api._responses import encode
from mistral_rag.errors import ConfigurationError
from mistral_rag.platform import ConversationReply
from mistral_rag.platform._beta.agents import agent_tools
from mistral_rag.platform._beta.conversations import ConversationResource, append_request, start_request

OPTIONS = frozenset({"completion_args", "handoff_execution", "store", "tools", "tool_confirmations", "agent_version"})


class MistralAgent(Connection, BaseChatModel):
    """An agent (`agent_id`), or a model with built-in tools (`model` and `tools`), as a Runnable of messages.

    Built-in tools ("web_search", "code_interpreter" …) run at the platform: their calls, results and sources are in
    `content_blocks`. Functions come as `tool_calls`; invoke again with their `ToolMessage`.

    Nothing is kept at the platform unless `store` is True. Then `response_metadata["conversation_id"]` is the
    conversation, and `agent.invoke(messages, conversation_id=…)` goes on with it: only the messages after the last
    `AIMessage` are sent.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    agent_id: str | None = None
    model: str | None = None
    agent_version: int | str | None = None
    instructions: str | None = None
    tools: list[Any] = Field(default_factory=list)
    completion_args: dict[str, Any] = Field(default_factory=dict)
    handoff_execution: str | None = None
    store: bool = False

    @model_validator(mode="after")
    def _agent_or_model(self) -> Self:
        if (self.agent_id is None) == (self.model is None):
            raise ConfigurationError("Name either an agent (agent_id) or a model, not both.")
        return self

    @property
    def _llm_type(self) -> str:
        return "mistral-agent"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"agent_id": self.agent_id, "model": self.model, "agent_version": self.agent_version}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with these tools besides its own: functions, and built-in tools by name.

        An agent's tools belong to the agent: change it by `MistralClient().agents.update`.

        Raises:
            ConfigurationError: This is an agent.
        """
        if self.agent_id is not None:
            raise ConfigurationError("An agent has its own tools: change them with MistralClient().agents.update.")
        chosen = {"completion_args": {**self.completion_args, "tool_choice": tool_choice}} if tool_choice else {}
        return self.bind(tools=[*agent_tools(self.tools), *agent_tools(tools)], **chosen, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        place, body = self._request(messages, stop, kwargs)
        reply = self.client.send("POST", place, content=encode(body | {"stream": False}), once=True, expects="outputs")
        return chat_result_of(ConversationReply.model_validate(reply.data))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        place, body = self._request(messages, stop, kwargs)
        content = encode(body | {"stream": False})
        reply = await self.client.asend("POST", place, content=content, once=True, expects="outputs")
        return chat_result_of(ConversationReply.model_validate(reply.data))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        reader = AgentEventReader()
        with closing(self._conversations.opened(*self._request(messages, stop, kwargs))) as events:
            try:
                for event in events:
                    if (chunk := reader.chunk(event)) is not None:
                        yield chunk
            except ApiError as error:
                error.partial = reader.partial
                raise

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        reader = AgentEventReader()
        async with aclosing(await self._conversations.aopened(*self._request(messages, stop, kwargs))) as events:
            try:
                async for event in events:
                    if (chunk := reader.chunk(event)) is not None:
                        yield chunk
            except ApiError as error:
                error.partial = reader.partial
                raise

    @property
    def _conversations(self) -> ConversationResource:
        return ConversationResource(self)

    def _request(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        called = {name: value for name, value in kwargs.items() if value is not None}
        conversation = called.pop("conversation_id", None)
        options: dict[str, Any] = {"store": self.store, "handoff_execution": self.handoff_execution}
        options["completion_args"] = {**self.completion_args, **({"stop": stop} if stop else {})} or None
        options |= {name: value for name, value in called.items() if name in OPTIONS}
        if conversation is not None:
            options.pop("tools", None)  # an append takes none: they are the conversation's
            return append_request(conversation, entries(new_messages(messages)), {**options, "store": True})  # type: ignore[typeddict-item]
        options.setdefault("tools", self.tools or None)
        options.setdefault("agent_version", self.agent_version)
        options["instructions"], said = self._instructed(messages)
        return start_request(entries(said), self.agent_id, self.model, options)  # type: ignore[arg-type]

    def _instructed(self, messages: Sequence[BaseMessage]) -> tuple[str | None, list[BaseMessage]]:
        """The instructions of a model, with system messages; an agent has its own, and gets these as messages."""
        if self.agent_id is not None:
            return self.instructions, list(messages)
        told = [str(message.text) for message in messages if isinstance(message, SystemMessage)]
        said = [message for message in messages if not isinstance(message, SystemMessage)]
        return "\n\n".join(filter(None, [self.instructions, *told])) or None, said
