"""The answer as typed events, under tracers, and when it is stopped."""

import asyncio
import threading
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.runnables import RunnableLambda

from mistral_rag import Answer, GroundedQA
from mistral_rag.errors import ServerError
from mistral_rag.grounding import (
    AnswerEvent,
    AnswerPiece,
    ClaimEvent,
    EvidenceEvent,
    QAEvent,
    SearchEvent,
    TextEvent,
    fold,
)
from tests.grounding.test_chain import LOOSE, TWO, asked, loose, timeless

SHOWN = "Trains are booked in second class [1]. Lunch is at noon [2]."


def kinds(events: list[QAEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


def text_of(events: list[QAEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextEvent))


async def test_every_step_is_an_event() -> None:
    chain = asked(TWO)
    events = list(chain.events("Which class?"))
    search, evidence, *_, first, second, last = events
    assert search == SearchEvent("Which class?")
    assert isinstance(evidence, EvidenceEvent)
    assert (evidence.passages, evidence.pages) == (2, 2)
    assert [document.page_content for document in evidence.documents] == [d.page_content for d in LOOSE]
    assert text_of(events) == SHOWN
    assert isinstance(first, ClaimEvent)
    assert isinstance(second, ClaimEvent)
    assert (first.text, first.claim.support) == ("Trains are booked in second class", "supported")
    assert second.claim.citations == ("2",)
    assert isinstance(last, AnswerEvent)
    assert timeless(last.answer) == timeless(chain.invoke("Which class?"))
    again = [event async for event in chain.aevents("Which class?")]
    assert kinds(again) == kinds(events)
    assert text_of(again) == SHOWN


def test_without_a_model_there_are_events_too() -> None:
    chain = GroundedQA(retriever=RunnableLambda(loose))
    events = list(chain.events("Which class are trains booked in?"))
    assert kinds(events)[:3] == ["SearchEvent", "EvidenceEvent", "TextEvent"]
    assert text_of(events) == chain.invoke("Which class are trains booked in?").text


def test_a_follow_up_is_told_as_what_it_means() -> None:
    given = {"question": "And lunch?", "chat_history": [("When are trains booked?", "Always.")]}
    (search, *_) = asked(TWO, condense="rules").events(given)
    assert search == SearchEvent("When are trains booked (lunch)?")


@pytest.mark.parametrize("taken", [0, 1, 2, 3, 8, 12])
async def test_an_answer_that_is_stopped_is_incomplete_and_valid(taken: int) -> None:
    events = asked(TWO).events("Which class?")
    seen = [next(events) for _ in range(taken)]
    stopped = events.answer
    assert (stopped.question, stopped.status) == ("Which class?", "incomplete")
    assert stopped.reason == "the answer was stopped before its end"
    # what is held back as the beginning of a marker may come with the end
    assert stopped.text.startswith(text_of(seen).rstrip())
    assert list(events) == []
    assert Answer.model_validate_json(stopped.model_dump_json()) == stopped
    later = asked(TWO).aevents("Which class?")
    async with later:
        for _ in range(taken):
            await anext(later)
    assert timeless(later.answer) == timeless(stopped)


def test_a_stopped_answer_keeps_the_citations_that_it_has() -> None:
    seen: list[QAEvent] = []
    with asked(TWO).events("Which class?") as events:
        for event in events:
            seen.append(event)
            if text_of(seen).endswith("[1]. Lunch"):
                break
    answer = events.answer
    assert (answer.status, [citation.quote for citation in answer.citations]) == (
        "incomplete",
        ["Trains are booked in second class."],
    )


def test_a_whole_answer_stays_whole_when_it_is_closed() -> None:
    with asked(TWO).events("Which class?") as events:
        *_, last = events
    assert isinstance(last, AnswerEvent)
    assert events.answer == last.answer


async def test_a_cancelled_task_leaves_an_answer() -> None:
    started = asyncio.Event()
    events = asked(TWO).aevents("Which class?")

    async def read() -> None:
        async for event in events:
            if isinstance(event, TextEvent):
                started.set()
                await asyncio.sleep(60)

    task = asyncio.create_task(read())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert events.answer.status == "incomplete"
    assert SHOWN.startswith(events.answer.text[:5])


def test_errors_before_the_first_word_are_raised() -> None:
    with pytest.raises(ServerError):
        list(asked(TWO, breaks=ServerError("down"), breaks_after=0).events("Which class?"))
    with pytest.raises(ValueError, match="a question is a string"):
        asked(TWO).events("  ")


class Listener(BaseCallbackHandler):
    """Keeps what LangChain's tracers are told."""

    def __init__(self) -> None:
        self.ended: list[Any] = []
        self.searched: list[str] = []

    def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        self.ended.append(outputs)

    def on_retriever_start(self, serialized: Any, query: str, **kwargs: Any) -> None:
        self.searched.append(query)


async def test_tracers_see_the_answer_at_the_end_of_a_stream() -> None:
    listener = Listener()
    config: Any = {"callbacks": [listener]}
    whole = timeless(asked(TWO).invoke("Which class?"))
    list(asked(TWO).stream("Which class?", config))
    assert timeless(listener.ended[-1]) == whole
    assert [piece async for piece in asked(TWO).astream("Which class?", config)]
    assert timeless(listener.ended[-1]) == whole
    list(asked(TWO).events("Which class?", config))
    assert timeless(listener.ended[-1].answer) == whole


async def test_the_stream_of_langchains_events_folds_to_the_answer() -> None:
    chain = asked(TWO)
    pieces: list[AnswerPiece | Answer] = []
    ended: list[Any] = []
    async for event in chain.astream_events("Which class?", version="v2"):
        if event["name"] == "GroundedQA" and event["event"] == "on_chain_stream":
            pieces.append(event["data"]["chunk"])
        if event["name"] == "GroundedQA" and event["event"] == "on_chain_end":
            ended.append(event["data"]["output"])
    whole = timeless(chain.invoke("Which class?"))
    assert timeless(fold(pieces)) == whole
    assert "".join(piece.text for piece in pieces[:-1]) == SHOWN
    assert [timeless(answer) for answer in ended] == [whole]


async def test_langchains_events_show_the_call_that_makes_a_follow_up_whole() -> None:
    model = FakeListChatModel(responses=["When is lunch?", "Noon."])
    chain = GroundedQA(retriever=RunnableLambda(loose), model=model)
    given = {"question": "And lunch?", "chat_history": [("When are trains booked?", "Always.")]}
    runs = [
        (event["name"], event["tags"])
        async for event in chain.astream_events(given, version="v2")
        if event["event"] == "on_chat_model_start"
    ]
    assert runs[0] == ("condense_question", ["condense_question", "nostream"])
    assert runs[1][0] == "FakeListChatModel"


def test_threads_have_events_of_their_own() -> None:
    chain = asked(TWO)
    answers: list[Answer] = []

    def read() -> None:
        *_, last = chain.events("Which class?")
        assert isinstance(last, AnswerEvent)
        answers.append(last.answer)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.text for answer in answers} == {SHOWN}
