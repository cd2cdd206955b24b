"""MistralFIM: code between a prompt and a suffix, as a LangChain LLM."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Annotated, Any, Self

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun, Callbacks
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.llms import BaseLLM
from langchain_core.outputs import Generation, GenerationChunk, LLMResult
from pydantic import AliasChoices, ConfigDict, Field, model_validator

from mistral_rag.api._connection import KEY_OF_ENVIRONMENT, Connection
from mistral_rag.api._errors import ApiError, ResponseError, StreamError, request_id
from mistral_rag.api._keys import as_key
from mistral_rag.api._responses import ApiResponse
from mistral_rag.api._settings import Timeouts
from mistral_rag.messages._replies.incoming import PROVIDER, content_of, finish_metadata, message_of
from mistral_rag.messages._replies.results import MALFORMED, combined_output, reply_metadata

__all__ = ["MistralFIM"]

PATH = "fim/completions"
CODESTRAL_BASE_URL = "https://codestral.mistral.ai/v1"
"""A host with keys of its own: those of the platform are refused there, and its keys elsewhere."""

PARAMETERS = (
    "suffix", "temperature", "top_p", "max_tokens", "min_tokens", "stop", "random_seed", "metadata", "prompt_cache_key",
)  # fmt: skip

OF_LANGCHAIN = frozenset({"tags", "metadata", "run_name", "run_id", "timeout"})
"""Arguments of a call that are no parameters of the platform."""


class MistralFIM(Connection, BaseLLM):
    """A model that fills in code: the prompt is what comes before, `suffix` what comes after.

    With CODESTRAL_API_KEY set, and neither a key nor an address given, calls go to codestral.mistral.ai with that key;
    otherwise to the platform with MISTRAL_API_KEY. The key of one host is never sent to the other by itself.
    `suffix` and every parameter may also be given for one call: ``fim.invoke("def f(", suffix="return x")``.
    Errors are `mistral_rag.errors.ApiError`; a stream that breaks off has the text so far in `partial`.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    model: str = Field(default="codestral-latest", min_length=1, validation_alias=AliasChoices("model", "model_name"))
    suffix: str | None = None
    temperature: Annotated[float, Field(ge=0, le=1.5)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=0)] | None = None
    min_tokens: Annotated[int, Field(ge=0)] | None = None
    stop: str | list[str] | None = None
    random_seed: Annotated[int, Field(ge=0)] | None = Field(
        default=None, validation_alias=AliasChoices("random_seed", "seed")
    )
    prompt_cache_key: str | None = None
    model_kwargs: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _codestral_host(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        key = os.environ.get("CODESTRAL_API_KEY")
        address = given.get("base_url") or given.get("endpoint")
        has_key = any(given.get(name) is not None for name in ("api_key", "mistral_api_key"))
        if not key or has_key or not (address is None or _is_codestral(str(address))):
            return given
        return {**given, "api_key": key, "base_url": address or CODESTRAL_BASE_URL}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        of_host = os.environ.get("CODESTRAL_API_KEY") if _is_codestral(self.base_url) else None
        self.api_key = as_key(of_host or KEY_OF_ENVIRONMENT())

    @property
    def _llm_type(self) -> str:
        return "mistral-fim"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return {"model": self.model, "base_url": self.base_url.partition("?")[0], **self._parameters()}

    def with_suffix(self, suffix: str) -> Self:
        """The same model with another suffix; it shares the open connections."""
        return self.model_copy(update={"suffix": suffix})

    def generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        callbacks: Callbacks | list[Callbacks] = None,
        **kwargs: Any,
    ) -> LLMResult:
        """As in LangChain's LLMs, but parameters of the call are part of a cache's key, above all `suffix`."""
        model, rest = self._of_call(kwargs)
        return super(MistralFIM, model).generate(prompts, stop, callbacks, **rest)

    async def agenerate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        callbacks: Callbacks | list[Callbacks] = None,
        **kwargs: Any,
    ) -> LLMResult:
        """`generate` for coroutines."""
        model, rest = self._of_call(kwargs)
        return await super(MistralFIM, model).agenerate(prompts, stop, callbacks, **rest)

    def _of_call(self, kwargs: Mapping[str, Any]) -> tuple[Self, dict[str, Any]]:
        """The model with the parameters of a call, and what else the call was given."""
        rest = {name: value for name, value in kwargs.items() if name in OF_LANGCHAIN}
        given = {name: value for name, value in kwargs.items() if name not in OF_LANGCHAIN and value is not None}
        if not given:
            return self, rest
        model = given.pop("model", self.model)
        return self.model_copy(update={"model": model, "model_kwargs": self.model_kwargs | given}), rest

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return {**super()._get_ls_params(stop, **kwargs), "ls_provider": PROVIDER}

    def _generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        timeouts = _timeouts(kwargs)
        return _result(
            [
                self.client.post(PATH, self._body(prompt, stop, kwargs), expects="choices", timeouts=timeouts)
                for prompt in prompts
            ]
        )

    async def _agenerate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        timeouts = _timeouts(kwargs)
        calls = [
            self.client.apost(PATH, self._body(prompt, stop, kwargs), expects="choices", timeouts=timeouts)
            for prompt in prompts
        ]
        return _result(await asyncio.gather(*calls))

    def _stream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[GenerationChunk]:
        body, reader = self._body(prompt, stop, kwargs, stream=True), _StreamReader()
        stream = self.client.stream(PATH, body, begun=_begun, timeouts=_timeouts(kwargs))
        try:
            for event in stream:
                if (chunk := reader.chunk(event, stream.headers)) is not None:
                    if run_manager is not None:
                        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk
            reader.check(stream.headers)
        except ApiError as error:
            error.partial = reader.text
            raise
        finally:
            stream.close()

    async def _astream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[GenerationChunk]:
        body, reader = self._body(prompt, stop, kwargs, stream=True), _StreamReader()
        stream = await self.client.astream(PATH, body, begun=_begun, timeouts=_timeouts(kwargs))
        try:
            async for event in stream:
                if (chunk := reader.chunk(event, stream.headers)) is not None:
                    if run_manager is not None:
                        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk
            reader.check(stream.headers)
        except ApiError as error:
            error.partial = reader.text
            raise
        finally:
            await stream.aclose()

    def _parameters(self) -> dict[str, Any]:
        named = {name: getattr(self, name, None) for name in PARAMETERS if name != "metadata"}
        return {name: value for name, value in named.items() if value is not None} | self.model_kwargs

    def _body(
        self, prompt: str, stop: list[str] | None, kwargs: Mapping[str, Any], *, stream: bool = False
    ) -> dict[str, Any]:
        called = {name: value for name, value in kwargs.items() if value is not None and name != "timeout"}
        body = {"model": self.model, "prompt": prompt, **self._parameters(), **called}
        return body | ({"stop": stop} if stop else {}) | ({"stream": True} if stream else {})


class _StreamReader:
    """The chunks of a stream, and the text so far."""

    def __init__(self) -> None:
        self.text = ""
        self._reason: str | None = None

    def chunk(self, event: dict[str, Any], headers: Mapping[str, str]) -> GenerationChunk | None:
        try:
            choices = event.get("choices") or [{}]
            text, finish = _text(choices[0]), finish_metadata(choices[0])
        except MALFORMED as problem:
            raise _malformed(event, headers) from problem
        self.text += text
        self._reason = finish.get("finish_reason") or self._reason
        if not text and not finish:
            return None
        return GenerationChunk(text=text, generation_info=finish | reply_metadata(event, headers) if finish else None)

    def check(self, headers: Mapping[str, str]) -> None:
        """Raise for a stream that did not end by itself, or in which the model failed."""
        if self._reason is None or self._reason == "error":
            raise StreamError("The stream of code ended before it was whole.", request_id=request_id(headers))


def _result(replies: Sequence[ApiResponse]) -> LLMResult:
    generations: list[Any] = [_generations(reply) for reply in replies]
    outputs = [
        {"model_name": reply.data.get("model"), "token_usage": reply.data.get("usage") or {}} for reply in replies
    ]
    return LLMResult(generations=generations, llm_output=combined_output(outputs))


def _generations(reply: ApiResponse) -> list[Generation]:
    try:
        found = [(_text(choice), finish_metadata(choice)) for choice in reply.data["choices"]]
    except MALFORMED as problem:
        raise _malformed(reply.data, reply.headers) from problem
    if any(finish.get("finish_reason") == "error" for _, finish in found):
        error = StreamError("The model failed while it wrote.", request_id=request_id(reply.headers))
        error.partial = found[0][0]
        raise error
    metadata = reply_metadata(reply.data, reply.headers)
    return [Generation(text=text, generation_info=metadata | finish) for text, finish in found]


def _text(choice: dict[str, Any]) -> str:
    content = content_of(message_of(choice))
    if isinstance(content, list):
        return "".join(chunk["text"] for chunk in content if chunk.get("type") == "text")
    return str(content or "")


def _begun(event: dict[str, Any]) -> bool:
    choices = event.get("choices")
    return isinstance(choices, list) and any(choice.get("finish_reason") or _text(choice) for choice in choices)


def _malformed(data: dict[str, Any], headers: Mapping[str, str]) -> ResponseError:
    return ResponseError("The platform's reply has not the form of one.", request_id=request_id(headers), body=data)


def _is_codestral(address: str) -> bool:
    return address.rstrip("/").removesuffix("/v1") == CODESTRAL_BASE_URL.removesuffix("/v1")


def _timeouts(given: Mapping[str, Any]) -> Timeouts | None:
    return None if given.get("timeout") is None else Timeouts.of(given["timeout"])
