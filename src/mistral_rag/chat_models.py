"""ChatMistral: the Mistral platform as a LangChain chat model."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import AliasChoices, ConfigDict, Field, PrivateAttr

from mistral_rag._logger import logger_of
from mistral_rag.api._connection import Connection
from mistral_rag.api._errors import ApiError
from mistral_rag.api._keys import Key
from mistral_rag.api._settings import Timeouts
from mistral_rag.catalogue import ModelCatalogue, load_catalogue
from mistral_rag.catalogue._catalogue import vocabulary
from mistral_rag.messages._profile import profile
from mistral_rag.messages._repair.repair import MessageRules
from mistral_rag.messages._replies.incoming import PROVIDER
from mistral_rag.messages._replies.results import broken_stream, chat_result, combined_output, stream_chunk, stream_end
from mistral_rag.messages._replies.streaming import StreamAssembler, has_content
from mistral_rag.messages._replies.structured import structured
from mistral_rag.messages._requests.outgoing import wire_messages
from mistral_rag.messages._requests.parameters import ChatParameters
from mistral_rag.messages._requests.request import PreparedRequest, build
from mistral_rag.messages._requests.schemas import Method
from mistral_rag.messages._requests.tools import Wire, wire_tool_choice, wire_tools
from mistral_rag.messages._tokens import count_messages, token_ids

__all__ = ["ChatMistral", "ChatMistralAI", "MessageRules"]

DEFAULT_MODEL = "mistral-small-latest"
PATH = "chat/completions"
NOT_SENT = frozenset({"stream", "timeout"})
"""Call arguments that are no parameters of the platform: LangChain's own, and the timeout of one call."""

HARMLESS = frozenset({"a tool call id was rewritten", "the thoughts of a message were joined and put first"})
"""Repairs without a warning: they change no content, and every history of another provider needs them."""

logger = logger_of(__name__)


class ChatMistral(ChatParameters, Connection, BaseChatModel):
    """A chat model of the Mistral platform, or of any host with its protocol.

    Construction does no I/O; a missing key is an error of the first call. Only parameters that were set are sent.
    Errors are `mistral_rag.errors.ApiError`. `timeout` is one number or `Timeouts`, for a single call too;
    `max_retries` counts attempts after the first, for streams until the first token.

    Example:
        >>> from mistral_rag import ChatMistral
        >>> ChatMistral(model="mistral-small-latest", temperature=0).invoke("Hello")  # doctest: +SKIP
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    model: str = Field(default=DEFAULT_MODEL, min_length=1, validation_alias=AliasChoices("model", "model_name"))
    streaming: bool = False
    stream_usage: bool | None = None
    """Ask for the usage of streams, which the platform sends unasked and OpenAI-compatible hosts only on request.

    None asks when the key begins with "sk-": such are those of LiteLLM and OpenAI, and none of the platform.
    """
    message_rules: MessageRules | None = None
    catalogue: str | list[dict[str, Any]] | None = None
    """Your own entries of the model catalogue, or the JSON file that holds them; they win over those that ship."""

    _warned: set[str] = PrivateAttr(default_factory=set)
    _entries: tuple[Any, ModelCatalogue] | None = PrivateAttr(default=None)

    @property
    def model_name(self) -> str:
        """The model, by the name other integrations use."""
        return self.model

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Fields that are never serialised, and the environment variables that replace them."""
        return {"api_key": "MISTRAL_API_KEY"}

    @property
    def lc_attributes(self) -> dict[str, Any]:
        """Fields that are serialised in another form."""
        return {"timeout": asdict(self.timeout)} if isinstance(self.timeout, Timeouts) else {}

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """True: LangChain can save and load the model, without its key."""
        return True

    @property
    def _llm_type(self) -> str:
        return "mistral-chat"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model, "model_name": self.model, "base_url": self.base_url, **self.wire()}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop or _as_list(self.stop), **kwargs)
        params["ls_provider"] = PROVIDER
        return params

    def _resolve_model_profile(self) -> ModelProfile | None:
        known = self._models.find(self.model)
        return profile(known) if known else None

    @property
    def _models(self) -> ModelCatalogue:
        """The catalogue with this model's own entries."""
        if self.catalogue is None:
            return load_catalogue()
        if self._entries is None or self._entries[0] is not self.catalogue:
            self._entries = (self.catalogue, load_catalogue(self.catalogue))
        return self._entries[1]

    def get_token_ids(self, text: str) -> list[int]:
        """The token ids of a text, by the model's vocabulary or the nearest one in the mistral-common wheel."""
        if self.custom_get_token_ids is not None:
            return self.custom_get_token_ids(text)
        return token_ids(text, vocabulary=vocabulary(self._models.find(self.model)))

    def get_num_tokens_from_messages(self, messages: Sequence[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """The prompt tokens of a conversation, with control tokens, tools and images."""
        known = self._models.find(self.model)
        return count_messages(wire_messages(messages), wire_tools(tools or []), vocabulary=vocabulary(known))

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | bool | dict[str, Any] | None = None,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """A model that may call `tools`.

        `tool_choice`: "auto", "none", "any" or "required" or True, a tool's name, or the platform's own dict.
        """
        wired = wire_tools(tools, strict=strict)
        choice = wire_tool_choice(tool_choice, wired)
        return self.bind(tools=wired, **({"tool_choice": choice} if choice is not None else {}), **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        include_raw: bool = False,
        method: Method = "json_schema",
        strict: bool | None = None,
        repair: bool = False,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """A model that answers with an object of `schema`.

        `method` is "json_schema" (the platform enforces the schema), "function_calling" or "json_mode" (the prompt
        must describe the object, and `schema` may be None). `strict` is sent as given; None makes "json_schema" strict
        unless the schema has objects with arbitrary keys. With `repair`, output that does not fit is shown to the model
        once more, with the error. Streams yield the object so far whenever it is valid; truncated output raises
        `OutputParserException`.
        """
        return structured(
            self, schema, method=method, strict=strict, include_raw=include_raw, repair=repair, bound=kwargs
        )

    def _combine_llm_outputs(self, llm_outputs: list[dict[str, Any] | None]) -> dict[str, Any]:
        return combined_output(llm_outputs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        request = self._request(messages, stop, kwargs)
        return chat_result(self.client.post(PATH, request.body, expects="choices", timeouts=_timeouts(kwargs)), request)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        request = self._request(messages, stop, kwargs)
        return chat_result(
            await self.client.apost(PATH, request.body, expects="choices", timeouts=_timeouts(kwargs)), request
        )

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        request = self._request(messages, stop, kwargs, stream=True)
        assembler = self._assembler(request)
        stream = self.client.stream(PATH, request.body, begun=has_content, timeouts=_timeouts(kwargs))
        failure: ApiError | None = None
        try:
            for event in stream:
                if (chunk := stream_chunk(event, assembler, stream.headers)) is not None:
                    yield chunk
        except ApiError as error:
            failure = broken_stream(error, assembler)
        finally:
            stream.close()
        try:
            if failure is not None:
                raise failure
        finally:
            del failure  # else error and frame hold each other
        yield stream_end(assembler, stream.headers, request)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        request = self._request(messages, stop, kwargs, stream=True)
        assembler = self._assembler(request)
        stream = await self.client.astream(PATH, request.body, begun=has_content, timeouts=_timeouts(kwargs))
        failure: ApiError | None = None
        try:
            async for event in stream:
                if (chunk := stream_chunk(event, assembler, stream.headers)) is not None:
                    yield chunk
        except ApiError as error:
            failure = broken_stream(error, assembler)
        finally:
            await stream.aclose()
        try:
            if failure is not None:
                raise failure
        finally:
            del failure  # else error and frame hold each other
        yield stream_end(assembler, stream.headers, request)

    def _request(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any], *, stream: bool = False
    ) -> PreparedRequest:
        given = {name: value for name, value in kwargs.items() if value is not None and name not in NOT_SENT}
        model = given.pop("model", None) or given.pop("model_name", None) or self.model
        tools = wire_tools(given.pop("tools", None) or [], strict=given.pop("strict", None))
        choice = wire_tool_choice(given.pop("tool_choice", None), tools)
        if stop:
            given["stop"] = stop
        parameters = self.wire() | (_validated(given) if given else {})
        if tools:
            parameters |= {"tools": tools, **({"tool_choice": choice} if choice is not None else {})}
        if stream:
            parameters["stream"] = True
            if self._asks_for_usage():
                parameters.setdefault("stream_options", {"include_usage": True})
        request = build(
            model,
            messages,
            parameters,
            rules=self.message_rules,
            catalogue=self._models,
            confirmed=self.client.contexts.get(model),
        )
        self._warn_once(request.repairs)
        if request.doubt:
            logger.warning("%s.", request.doubt)
        return request

    def _asks_for_usage(self) -> bool:
        if self.stream_usage is not None:
            return self.stream_usage
        return isinstance(self.api_key, Key) and self.api_key.begins_with("sk-")

    def _assembler(self, request: PreparedRequest) -> StreamAssembler:
        return StreamAssembler(request.reader(), began=request.began, as_blocks=self.output_version == "v1")

    def _warn_once(self, repairs: Sequence[str]) -> None:
        """Log each kind of repair once; the metadata of every reply lists them anyway."""
        if not repairs:
            return
        kinds = {re.sub(r" \(\d+\)$", "", repair) for repair in repairs} - HARMLESS - self._warned
        for kind in sorted(kinds):
            logger.warning("The history was repaired before it was sent: %s.", kind)
        self._warned |= kinds


def _validated(given: Mapping[str, Any]) -> Wire:
    """The parameters of one call, validated like those of the constructor."""
    return ChatParameters.model_validate(given).wire()


def _timeouts(given: Mapping[str, Any]) -> Timeouts | None:
    """The timeouts of one call; None for those of the constructor."""
    return None if given.get("timeout") is None else Timeouts.of(given["timeout"])


def _as_list(stop: str | list[str] | None) -> list[str] | None:
    return [stop] if isinstance(stop, str) else stop


def _register() -> None:
    """Allow LangChain to load saved models of this class, as it does for its own integrations.

    `load` has no public registration. It still needs `valid_namespaces=["mistral_rag"]`.
    """
    loading = import_module("langchain_core.load.load")
    path = tuple(ChatMistral.lc_id())
    loading.ALL_SERIALIZABLE_MAPPINGS.setdefault(path, path)
    if "all" in loading._default_class_paths_cache:
        loading._default_class_paths_cache["all"].add(path)


_register()


ChatMistralAI = ChatMistral
"""The class's name in langchain-mistralai."""
