"""A stand-in for LangChain's `create_retrieval_chain`: the same keys, whole and as a stream."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, cast

from langchain_core.documents import Document
from langchain_core.runnables import Runnable, RunnableConfig, RunnableGenerator
from langchain_core.runnables.utils import AddableDict

from mistral_rag.grounding._conversation.turns import turn_of
from mistral_rag.grounding._steps import (
    AnswerEvent,
    AnswerEvents,
    AsyncAnswerEvents,
    EvidenceEvent,
    QAEvent,
    TextEvent,
)

Events = Callable[..., AnswerEvents]
AsyncEvents = Callable[..., AsyncAnswerEvents]


def retrieval_chain(events: Events, aevents: AsyncEvents) -> Runnable[Any, dict[str, Any]]:
    """A Runnable that gives what it was given, and "context", "answer" and "grounded", the whole `Answer`.

    As a stream it gives one dict a key, and one for each piece of the answer, as `create_retrieval_chain` does.
    """

    def stream(given: Iterator[Any], config: RunnableConfig, **settings: Any) -> Iterator[AddableDict]:
        asked = _joined(list(given))
        yield _given(asked)
        for event in events(asked, config, **settings):
            yield from _parts(event)

    async def astream(given: AsyncIterator[Any], config: RunnableConfig, **settings: Any) -> AsyncIterator[AddableDict]:
        asked = _joined([piece async for piece in given])
        yield _given(asked)
        async for event in aevents(asked, config, **settings):
            for part in _parts(event):
                yield part

    # its types leave out the config, which it gives to who asks for it
    return RunnableGenerator(cast(Any, stream), cast(Any, astream), name="GroundedRetrievalChain")


def _joined(pieces: list[Any]) -> Any:
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole + piece
    return whole


def _given(asked: Any) -> AddableDict:
    """The given dict, with the question under "input"."""
    given = dict(asked) if isinstance(asked, Mapping) else {}
    return AddableDict({**given, "input": given.get("input", turn_of(asked).question)})


def _parts(event: QAEvent) -> Iterator[AddableDict]:
    if isinstance(event, EvidenceEvent):
        documents = [Document(d.page_content, id=d.id, metadata=d.metadata) for d in event.documents]
        yield AddableDict({"context": documents})
    elif isinstance(event, TextEvent):
        yield AddableDict({"answer": event.text})
    elif isinstance(event, AnswerEvent):
        if not event.answer.text:
            # who reads the key "answer" alone is told why there is none
            yield AddableDict({"answer": event.answer.reason or ""})
        yield AddableDict({"grounded": event.answer})
