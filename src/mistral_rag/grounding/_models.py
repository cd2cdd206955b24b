"""Calls of a chat model that drafts an answer, and what becomes of a reply that breaks off."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Final

from langchain_core.exceptions import ModelError
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig

from mistral_rag.errors import RefusalError
from mistral_rag.grounding._drafting.answer_builder import AnswerBuilder

Model = Runnable[Any, Any]
AskModel = Callable[[Model, Sequence[BaseMessage], RunnableConfig], Iterator[BaseMessage]]
AskModelAsync = Callable[[Model, Sequence[BaseMessage], RunnableConfig], AsyncIterator[BaseMessage]]
INTERRUPTIONS: Final = (ModelError, ConnectionError, TimeoutError)
"""Errors that may end a reply in the middle; any other is a mistake and is raised."""


def invoked(model: Model, messages: Sequence[BaseMessage], config: RunnableConfig) -> Iterator[BaseMessage]:
    """The whole reply, as one message."""
    yield model.invoke(messages, config)


def streamed(model: Model, messages: Sequence[BaseMessage], config: RunnableConfig) -> Iterator[BaseMessage]:
    """The chunks of the reply."""
    return model.stream(messages, config)


async def ainvoked(model: Model, messages: Sequence[BaseMessage], config: RunnableConfig) -> AsyncIterator[BaseMessage]:
    """`invoked` for coroutines."""
    yield await model.ainvoke(messages, config)


def astreamed(model: Model, messages: Sequence[BaseMessage], config: RunnableConfig) -> AsyncIterator[BaseMessage]:
    """`streamed` for coroutines."""
    return model.astream(messages, config)


def interruption(builder: AnswerBuilder, error: Exception) -> str | None:
    """Reason of an interrupted reply, None for a refusal; raises the error when no text had come."""
    if isinstance(error, RefusalError):
        builder.refused(str(error))
        return None
    if not builder.begun:
        raise error
    return f"the model's reply broke off: {error}"
