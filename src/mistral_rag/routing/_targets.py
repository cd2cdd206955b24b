"""Targets of a router: any chat model of LangChain, with its weight and parameters."""

from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableBinding

from mistral_rag.errors import ConfigurationError

TOOLS = ("tool_choice", "strict", "parallel_tool_calls")
"""Call arguments that belong to `bind_tools`."""


@dataclass(frozen=True, slots=True)
class Target:
    """A chat model to which calls may go.

    `weight` is its share of the calls when they are balanced; one with 0 gets none. `params` are parameters of its
    calls, which replace those of the caller. `name` stands in the metadata; without one it is the model's.
    """

    model: BaseChatModel
    weight: float = field(default=1.0, kw_only=True)
    params: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    name: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        model, bound = unbound(self.model)
        if not isinstance(self.weight, int | float) or not 0 <= self.weight < float("inf"):
            raise ConfigurationError("The weight of a target must be a number of at least 0.")
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "params", {**bound, **self.params})
        object.__setattr__(self, "name", self.name or str(self.params.get("model") or model_name(model)))

    @classmethod
    def of(cls, given: Any) -> "Target":
        """The target for what a caller gives: a target, or a chat model with or without bound arguments."""
        return given if isinstance(given, Target) else cls(given)


def unbound(given: Any) -> tuple[BaseChatModel, dict[str, Any]]:
    """The chat model and its bound arguments.

    Raises:
        ConfigurationError: It is neither a chat model nor one with bound arguments.
    """
    arguments: dict[str, Any] = {}
    while isinstance(given, RunnableBinding):
        arguments = {**given.kwargs, **arguments}
        given = given.bound
    if not isinstance(given, BaseChatModel):
        raise ConfigurationError(f"A target must be a chat model of LangChain, not {type(given).__name__}.")
    return given, arguments


def model_name(model: BaseChatModel) -> str:
    """The name of the model that a chat model asks, or else that of its class."""
    names = (getattr(model, name, None) for name in ("model_name", "model", "model_id", "name"))
    return next((name for name in names if isinstance(name, str) and name), type(model).__name__)


@dataclass(frozen=True, slots=True)
class TargetCall:
    """A call in the form of one target: its own tools, its own parameters.

    The model's own methods are used, below LangChain's callbacks: the router's run is the only one, so that tokens and
    usage are counted once.
    """

    model: BaseChatModel
    arguments: Mapping[str, Any]

    @classmethod
    def of(cls, target: Target, given: Mapping[str, Any]) -> "TargetCall":
        """The call to `target` for the arguments that the router was given."""
        arguments = {**given, **target.params}
        if not arguments.get("tools"):
            return cls(target.model, arguments)
        tools = arguments.pop("tools")
        options = {name: arguments.pop(name) for name in TOOLS if arguments.get(name) is not None}
        model, bound = unbound(target.model.bind_tools(tools, **options))
        return cls(model, {**bound, **arguments})

    def generate(self, messages: list[BaseMessage], stop: list[str] | None) -> ChatResult:
        """The whole answer."""
        if self.model.rate_limiter is not None:
            self.model.rate_limiter.acquire(blocking=True)
        return self.model._generate(messages, stop=stop, **self.arguments)

    async def agenerate(self, messages: list[BaseMessage], stop: list[str] | None) -> ChatResult:
        """`generate` for coroutines."""
        if self.model.rate_limiter is not None:
            await self.model.rate_limiter.aacquire(blocking=True)
        return await self.model._agenerate(messages, stop=stop, **self.arguments)

    def stream(self, messages: list[BaseMessage], stop: list[str] | None) -> Generator[ChatGenerationChunk]:
        """The answer in chunks; in one where the model can't stream."""
        if not self._streams("_stream"):
            yield whole(self.generate(messages, stop))
            return
        if self.model.rate_limiter is not None:
            self.model.rate_limiter.acquire(blocking=True)
        chunks = self.model._stream(messages, stop=stop, **self.arguments)
        with closing(cast("Generator[ChatGenerationChunk]", chunks)):
            yield from chunks

    async def astream(self, messages: list[BaseMessage], stop: list[str] | None) -> AsyncGenerator[ChatGenerationChunk]:
        """`stream` for coroutines."""
        if not self._streams("_stream", "_astream"):
            yield whole(await self.agenerate(messages, stop))
            return
        if self.model.rate_limiter is not None:
            await self.model.rate_limiter.aacquire(blocking=True)
        chunks = self.model._astream(messages, stop=stop, **self.arguments)
        async with aclosing(cast("AsyncGenerator[ChatGenerationChunk]", chunks)):
            async for chunk in chunks:
                yield chunk

    def _streams(self, *methods: str) -> bool:
        disabled = self.model.disable_streaming
        if disabled is True or (disabled == "tool_calling" and self.arguments.get("tools")):
            return False
        return any(getattr(type(self.model), name) is not getattr(BaseChatModel, name) for name in methods)


def whole(result: ChatResult) -> ChatGenerationChunk:
    """An answer as the only chunk of its stream."""
    [generation, *_] = result.generations
    message = generation.message
    names = set(AIMessage.model_fields) - {"type"}
    fields = {name: getattr(message, name) for name in names if hasattr(message, name)}
    return ChatGenerationChunk(message=AIMessageChunk(**fields), generation_info=generation.generation_info)


def check_tools(targets: Sequence[Target], tools: Sequence[Any], options: Mapping[str, Any]) -> None:
    """Check that every target takes these tools; the error is that of the first one that does not."""
    for target in targets:
        try:
            target.model.bind_tools(tools, **options)
        except NotImplementedError as problem:
            raise ConfigurationError(f"The target {target.name!r} can't call tools.") from problem
