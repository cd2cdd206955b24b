"""Parsing of structured output: strict when it is complete, lenient while it streams."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from operator import itemgetter
from typing import Any

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage, convert_to_messages
from langchain_core.output_parsers.transform import BaseTransformOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda, RunnableMap, RunnablePassthrough
from langchain_core.utils.json import parse_partial_json

from mistral_rag.api._formats.json_text import load_json
from mistral_rag.errors import ConfigurationError
from mistral_rag.messages._requests.schemas import METHODS, Method, is_model, output_schema

FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)


class StructuredParser(BaseTransformOutputParser[Any]):
    """Parser of a model's message into the requested object.

    `target` is a Pydantic class, or None for plain dicts. `tool` is the function whose arguments are the object; None
    when the text is the object. Truncated output, invalid JSON and values that do not fit raise
    `OutputParserException`. While a message streams, each prefix that is valid already is yielded.
    """

    target: Any = None
    tool: str | None = None

    @property
    def _type(self) -> str:
        return "mistral-structured"

    def parse(self, text: str) -> Any:
        """The object in a text."""
        return self._validated(_loads(text), text)

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """The object in a complete message; with `partial`, the object so far, or None."""
        message = result[0].message if isinstance(result[0], ChatGeneration) else AIMessage(result[0].text)
        return self._so_far(message) if partial else self._whole(message)

    def _whole(self, message: BaseMessage) -> Any:
        text = str(message.text)
        if message.response_metadata.get("truncated"):
            raise OutputParserException(
                "The output was cut off before its end. Raise max_tokens or ask for less.", llm_output=text
            )
        if self.tool is None:
            return self.parse(text)
        call = self._call(message)
        return self._validated(call["args"], json.dumps(call["args"], ensure_ascii=False))

    def _call(self, message: BaseMessage) -> Any:
        invalid = getattr(message, "invalid_tool_calls", [])
        for call in getattr(message, "tool_calls", []):
            if call["name"] == self.tool:
                return call
        if invalid:
            raise OutputParserException(f"{invalid[0]['error'] or 'No JSON'}", llm_output=str(invalid[0]["args"]))
        raise OutputParserException(f"The model did not call {self.tool}.", llm_output=str(message.text))

    def _validated(self, value: Any, text: str) -> Any:
        if not is_model(self.target):
            return value
        try:
            return self._instance(value)
        except ValueError as error:  # of Pydantic 1 and 2 alike
            raise OutputParserException(
                f"The output does not fit {self.target.__name__}: {error}", llm_output=text
            ) from error

    def _instance(self, value: Any) -> Any:
        validate = getattr(self.target, "model_validate", None) or self.target.parse_obj
        return validate(value)

    def _so_far(self, message: BaseMessage) -> Any:
        """The object so far; None when it is not valid yet."""
        if self.tool is None:
            text = str(message.text).strip()
            value = _partial(text.removeprefix("```json").removeprefix("```")) if text else None
        else:
            calls = getattr(message, "tool_calls", [])
            value = next((call["args"] for call in calls if call["name"] == self.tool), None)
        if not is_model(self.target) or value is None:
            return value
        try:
            return self._instance(value)
        except ValueError:
            return None

    def _transform(self, input: Iterator[str | BaseMessage]) -> Iterator[Any]:
        stream = _Accumulator(self)
        for chunk in input:
            yield from stream.add(chunk)
        yield from stream.end()

    async def _atransform(self, input: AsyncIterator[str | BaseMessage]) -> AsyncIterator[Any]:
        stream = _Accumulator(self)
        async for chunk in input:
            for value in stream.add(chunk):
                yield value
        for value in stream.end():
            yield value


class _Accumulator:
    """Accumulator of chunks; yields the object after each chunk that changed it."""

    def __init__(self, parser: StructuredParser) -> None:
        self._parser = parser
        self._whole: Any = None
        self._last: Any = None

    def add(self, chunk: Any) -> Iterator[Any]:
        message = chunk if isinstance(chunk, BaseMessage) else AIMessage(chunk)
        self._whole = message if self._whole is None else self._whole + message
        yield from self._new(self._parser.parse_result([ChatGeneration(message=self._whole)], partial=True))

    def end(self) -> Iterator[Any]:
        if self._whole is not None:
            yield from self._new(self._parser.parse_result([ChatGeneration(message=self._whole)]))

    def _new(self, value: Any) -> Iterator[Any]:
        if value is not None and value != self._last:
            self._last = value
            yield value


def _loads(text: str) -> Any:
    fenced = FENCE.findall(text) if not text.lstrip().startswith(("{", "[")) else []
    try:
        return load_json(fenced[0] if len(fenced) == 1 else text)
    except ValueError as error:
        raise OutputParserException(f"The output is no JSON: {error}", llm_output=text) from error


def _partial(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None  # LangChain's reader would try each of its prefixes
    try:
        return parse_partial_json(text)
    except (ValueError, RecursionError):  # LangChain's reader completes and reads the text itself
        return None


def correction_turns(message: AIMessage, error: OutputParserException) -> list[BaseMessage]:
    """The turns that show the model its output and the error in it."""
    request = f"That output can't be used: {error}\nGive the whole output again, corrected."
    ids = [call["id"] for call in (*message.tool_calls, *message.invalid_tool_calls) if call["id"]]
    if ids:
        return [message, *(ToolMessage(request, tool_call_id=id_, status="error") for id_ in ids)]
    return [message, HumanMessage(request)]


def structured(
    model: BaseChatModel,
    schema: dict[str, Any] | type | None,
    *,
    method: Method,
    strict: bool | None,
    include_raw: bool,
    repair: bool,
    bound: Mapping[str, Any],
) -> Runnable[LanguageModelInput, Any]:
    """The model with the `schema` and the arguments of each call in `bound`, as `with_structured_output` gives it.

    Raises:
        ConfigurationError: There is no such method, or the schema is none.
    """
    if method not in METHODS:
        raise ConfigurationError(f"method must be one of {', '.join(METHODS)}, not {method!r}.")
    wanted = output_schema({"type": "object"} if schema is None and method == "json_mode" else schema)
    tracing: dict[str, Any] = {
        "ls_structured_output_format": {"kwargs": {"method": method, "strict": strict}, "schema": schema}
    }
    parser = StructuredParser(target=schema if is_model(schema) else None)
    asking: Runnable[LanguageModelInput, AIMessage]
    if method == "function_calling":
        parser.tool = wanted.name
        asking = model.bind_tools([wanted.tool(strict)], tool_choice=wanted.name, **bound, **tracing)
    else:
        wire = {"type": "json_object"} if method == "json_mode" else wanted.response_format(strict)
        asking = model.bind(response_format=wire, **bound, **tracing)
    return _parsed(asking, parser, include_raw=include_raw, repair=repair)


def _parsed(
    model: Runnable[LanguageModelInput, AIMessage], parser: StructuredParser, *, include_raw: bool, repair: bool
) -> Runnable[LanguageModelInput, Any]:
    """The model followed by the parser, in the form of LangChain's `with_structured_output`."""
    if repair:
        model = _repairing(model, parser)
    if not include_raw:
        return model | parser
    parsed = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=model) | parsed.with_fallbacks([failed], exception_key="parsing_error")


def _repairing(
    model: Runnable[LanguageModelInput, AIMessage], parser: StructuredParser
) -> Runnable[LanguageModelInput, AIMessage]:
    """The model with one more turn to correct output that can't be parsed. It does not stream."""

    def once(question: LanguageModelInput, config: RunnableConfig) -> AIMessage:
        message = model.invoke(question, config)
        turns = _correction(parser, message)
        return model.invoke([*_messages(question), *turns], config) if turns else message

    async def aonce(question: LanguageModelInput, config: RunnableConfig) -> AIMessage:
        message = await model.ainvoke(question, config)
        turns = _correction(parser, message)
        return await model.ainvoke([*_messages(question), *turns], config) if turns else message

    return RunnableLambda(once, aonce)


def _correction(parser: StructuredParser, message: AIMessage) -> list[BaseMessage]:
    try:
        parser.parse_result([ChatGeneration(message=message)])
    except OutputParserException as error:
        return correction_turns(message, error)
    return []


def _messages(question: LanguageModelInput) -> list[BaseMessage]:
    if isinstance(question, str):
        return [HumanMessage(question)]
    return question.to_messages() if isinstance(question, PromptValue) else convert_to_messages(question)
