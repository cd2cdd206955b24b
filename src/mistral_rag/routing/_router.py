"""ChatRouter: several chat models as one."""

import random
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Self

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator

from mistral_rag.chat_models import ChatMistral
from mistral_rag.errors import ConfigurationError
from mistral_rag.messages._replies.structured import structured
from mistral_rag.messages._requests.schemas import Method
from mistral_rag.routing._breaker import Circuit, CircuitBreaker
from mistral_rag.routing._choice import Mode, conversation_of, order
from mistral_rag.routing._route import CallRoute
from mistral_rag.routing._targets import Target, check_tools


class ChatRouter(BaseChatModel):
    """Several chat models as one: each call goes to one of the targets, and to the next when that one fails.

    `mode` is "fallback" (in the order given), "loadbalance" (at random by weight, the others when one fails) or
    "single" (the first, no other). A stream changes targets only before its first token. `on_status_codes` limits the
    failures after which the next target is asked: those without an answer count as 408 and 503, others without a
    status as 500. Without it every failure counts but a refusal. `breaker` leaves out a target that keeps failing;
    when all are left out all are asked, and None switches it off. With `sticky`, balanced calls of one conversation go
    to the same target: the call's `conversation`, LangGraph's thread, or else the first message of the user names it.
    `seed` makes the draws of load balancing repeatable.

    `response_metadata["routing"]` holds `target`, the name of the one that answered; `failed`, a list of
    `{target, error, status, reason}`; and `skipped`, the targets that the breaker left out. When all fail the error is
    that of the first, with a note on each of the others.

    Retries are those of the targets: with `ChatMistral(max_retries=0)` a failure changes targets at once.

    Example:
        >>> from mistral_rag import ChatMistral
        >>> from mistral_rag.routing import ChatRouter
        >>> small, medium = ChatMistral(max_retries=0), ChatMistral(model="mistral-medium-latest")
        >>> ChatRouter(targets=[small, medium]).invoke("Hello")  # doctest: +SKIP
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    targets: tuple[Any, ...] = Field(min_length=1)
    mode: Mode = "fallback"
    on_status_codes: frozenset[int] | None = None
    breaker: CircuitBreaker | None = Field(default_factory=CircuitBreaker)
    sticky: bool = False
    seed: int | None = None

    _random: random.Random = PrivateAttr()
    _circuits: list[Circuit] = PrivateAttr()

    @field_validator("targets", mode="before")
    @classmethod
    def _as_targets(cls, given: Any) -> Any:
        if not isinstance(given, Iterable) or isinstance(given, BaseChatModel | Runnable | Target):
            raise ConfigurationError("targets is a list of chat models.")
        return tuple(Target.of(target) for target in given)

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.mode == "loadbalance" and not any(target.weight > 0 for target in self.targets):
            raise ConfigurationError("No target has a weight above 0.")
        versions = {target.model.output_version for target in self.targets}
        if self.output_version is None and len(versions) == 1:
            self.output_version = versions.pop()
        return self

    def model_post_init(self, context: Any, /) -> None:
        """Close all circuits."""
        super().model_post_init(context)
        self._random = random.Random(self.seed)  # noqa: S311
        self._circuits = [Circuit(self.breaker or CircuitBreaker()) for _ in self.targets]

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], *, models: Mapping[str, BaseChatModel] | None = None, model: str | None = None
    ) -> "ChatRouter":
        """The router that a configuration of Portkey or LiteLLM describes.

        Portkey's has `strategy` and `targets`; LiteLLM's has `model_list`, as its router takes it or as the proxy's
        file holds it, and `model` is the name in that list that calls ask for (without one the first). Targets of
        Mistral and of hosts with its protocol are made; `models` holds the others, by the name, virtual key, provider
        or model that the configuration gives them.

        Raises:
            ConfigurationError: A part is missing, unknown, or something that this router does not do.
        """
        from mistral_rag.routing._config import router_of

        return router_of(config, models=models or {}, model=model)

    @property
    def _llm_type(self) -> str:
        return "mistral-rag-router"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """Settings by which LangChain's cache tells routers apart."""
        described = [
            {
                "name": target.name,
                "weight": target.weight,
                "params": dict(target.params),
                "model": {"type": target.model._llm_type, **target.model._identifying_params},
            }
            for target in self.targets
        ]
        return {"mode": self.mode, "targets": described}

    def _resolve_model_profile(self) -> ModelProfile | None:
        """Abilities of the first target; the others stand in for it."""
        profile: ModelProfile | None = self.targets[0].model.profile
        return profile

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """A router whose targets may call `tools`; each gets them in its own form.

        Raises:
            ConfigurationError: A target can't call tools.
        """
        options = {"tool_choice": tool_choice, "strict": strict}
        given = {name: value for name, value in options.items() if value is not None}
        check_tools(self.targets, tools, given)
        return self.bind(tools=list(tools), **given, **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        include_raw: bool = False,
        method: Method | None = None,
        strict: bool | None = None,
        repair: bool = False,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """A router that answers with an object of `schema`, as `ChatMistral.with_structured_output` does.

        Without `method` it is "json_schema" where all targets are ChatMistral, and else "function_calling", which
        every chat model with tools has.
        """
        method = method or ("json_schema" if self._is_mistral() else "function_calling")
        return structured(
            self, schema, method=method, strict=strict, include_raw=include_raw, repair=repair, bound=kwargs
        )

    def _is_mistral(self) -> bool:
        return all(
            target.model._is_mistral()
            if isinstance(target.model, ChatRouter)
            else isinstance(target.model, ChatMistral)
            for target in self.targets
        )

    def _route(self, messages: Sequence[BaseMessage], given: Mapping[str, Any]) -> CallRoute:
        arguments = dict(given)
        named = arguments.pop("conversation", None)
        conversation = conversation_of(messages, named) if self.sticky else None
        passed_on = arguments if named is None else {**arguments, "conversation": named}
        chosen = order(self.targets, self.mode, self._random, conversation=conversation)
        return CallRoute(
            (
                (
                    self.targets[at],
                    self._circuits[at] if self.breaker else None,
                    passed_on if isinstance(self.targets[at].model, ChatRouter) else arguments,
                )
                for at in chosen
            ),
            self.on_status_codes,
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        route = self._route(messages, kwargs)
        for attempt in route:
            with attempt:
                return route.answered(attempt, attempt.call().generate(messages, stop))
        raise route.error

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        route = self._route(messages, kwargs)
        for attempt in route:
            with attempt:
                return route.answered(attempt, await attempt.call().agenerate(messages, stop))
        raise route.error

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        route = self._route(messages, kwargs)
        for attempt in route:
            with attempt:
                for chunk in attempt.call().stream(messages, stop):
                    for released in attempt.released(chunk):
                        yield released
                for released in attempt.end():
                    yield released
                return
        raise route.error

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        route = self._route(messages, kwargs)
        for attempt in route:
            with attempt:
                async with aclosing(attempt.call().astream(messages, stop)) as chunks:
                    async for chunk in chunks:
                        for released in attempt.released(chunk):
                            yield released
                for released in attempt.end():
                    yield released
                return
        raise route.error
