"""GroundedQA: from a question to an answer, whole or in pieces, with any model and any retriever."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.load import dumps
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough
from pydantic import Field

from mistral_rag import ChatMistral, GroundedQA
from mistral_rag.errors import AuthenticationError, RefusalError, ServerError
from mistral_rag.grounding import AnswerPiece, fold
from mistral_rag.schema import Answer
from mistral_rag.testing import FakeMistral

if TYPE_CHECKING:
    from tests.grounding.conftest import Shelf

EVIDENCE_LINE = re.compile(r"^\[E(?P<number>[1-9]\d*)-(?P<nonce>[a-z0-9]+)\] (?P<text>.+)$", re.MULTILINE)
"""An evidence line of the human message."""
LOOSE = [
    Document("Trains are booked in second class. Flights may be booked in premium.", metadata={"source": "travel.md"}),
    Document("Lunch is at noon. Dinner is at seven."),
]


class Scripted(BaseChatModel):
    """Replies as it is told, with the nonce put in where the script says NONCE."""

    script: str
    finish: str | None = "stop"
    breaks: Exception | None = None
    breaks_after: int = 10**6
    seen: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _reply(self, messages: list[BaseMessage]) -> str:
        self.seen.append(messages)
        line = EVIDENCE_LINE.search(str(messages[-1].content))
        assert line is not None
        return self.script.replace("NONCE", line["nonce"])

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        if self.breaks is not None:
            raise self.breaks
        message = AIMessage(
            self._reply(messages),
            response_metadata={"finish_reason": self.finish, "model_name": "scripted-1"},
            usage_metadata={"input_tokens": 7, "output_tokens": 3, "total_tokens": 10},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        for at, char in enumerate(self._reply(messages)):
            if at == self.breaks_after and self.breaks is not None:
                raise self.breaks
            yield ChatGenerationChunk(message=AIMessageChunk(content=char))
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                response_metadata={"finish_reason": self.finish, "model_name": "scripted-1"},
                usage_metadata={"input_tokens": 7, "output_tokens": 3, "total_tokens": 10},
                chunk_position="last",
            )
        )


def loose(_: str) -> list[Document]:
    return LOOSE


def asked(script: str, **settings: Any) -> GroundedQA:
    kept = {name: settings.pop(name) for name in ("finish", "breaks", "breaks_after") if name in settings}
    return GroundedQA(retriever=RunnableLambda(loose), model=Scripted(script=script, **kept), **settings)


def timeless(answer: Answer) -> Answer:
    return answer.model_copy(update={"timings": {}})


TWO = "Trains are booked in second class [E1-NONCE]. Lunch is at noon [E3-NONCE]."


def test_an_answer_cites_what_the_model_points_at() -> None:
    answer = asked(TWO).invoke("Which class?")
    assert answer.text == "Trains are booked in second class [1]. Lunch is at noon [2]."
    assert answer.status == "answered"
    assert [(c.marker, c.source, c.quote, c.verified) for c in answer.citations] == [
        ("1", "travel.md", "Trains are booked in second class.", True),
        ("2", answer.citations[1].source, "Lunch is at noon.", True),
    ]
    assert [answer.text[c.start : c.end] for c in answer.citations] == [
        "Trains are booked in second class",
        "Lunch is at noon",
    ]
    assert [(claim.support, claim.citations) for claim in answer.claims] == [
        ("supported", ("1",)),
        ("supported", ("2",)),
    ]
    assert (answer.model, answer.usage["total_tokens"]) == ("scripted-1", 10)
    assert set(answer.timings) == {"retrieve", "answer"}
    assert [document.page_content for document in answer.documents] == [d.page_content for d in LOOSE]


SCRIPTS = [
    TWO,
    "Nothing is cited here. [9] And [E99-NONCE] neither. [E1-aaaa]",
    "[E0-NONCE] Wages are not named.",
    "Trains [E1-NONCE][E1-NONCE, E3-NONCE]. [E4-NONCE]\n\nIn 2031 lunch is at 9 [E3-NONCE]. So:",
    "",
    "Torn off [E1-NO",
]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("policy", ["mark", "drop"])
async def test_a_stream_adds_up_to_what_invoke_gives(script: str, policy: Any) -> None:
    chain = asked(script, policy=policy)
    whole = timeless(chain.invoke("Which class?"))
    pieces = list(chain.stream({"question": "Which class?"}))
    apieces = [piece async for piece in chain.astream("Which class?")]
    for parts in (pieces, apieces):
        assert timeless(fold(parts)) == whole
        assert "".join(part.text for part in parts if isinstance(part, AnswerPiece)) == whole.text
        total: AnswerPiece | Answer = AnswerPiece("")
        for part in parts:
            assert isinstance(total, AnswerPiece)
            total = total + part
        assert total == parts[-1]
    assert timeless(await chain.ainvoke("Which class?")) == whole
    assert Answer.model_validate_json(whole.model_dump_json()) == whole


@pytest.mark.parametrize("finish", ["length", "model_length", "error", "max_tokens"])
def test_a_reply_that_was_cut_off_is_incomplete(finish: str) -> None:
    for answer in (asked(TWO, finish=finish).invoke("Which?"), fold(asked(TWO, finish=finish).stream("Which?"))):
        assert answer.status == "incomplete"
        assert finish in (answer.reason or "")


def test_a_stream_that_breaks_off_is_incomplete_with_the_text_so_far() -> None:
    chain = asked(TWO, breaks=ServerError("the server went away"), breaks_after=50)
    pieces = list(chain.stream("Which class?"))
    answer = fold(pieces)
    assert answer.status == "incomplete"
    assert "the server went away" in (answer.reason or "")
    assert answer.text == "Trains are booked in second class [1]. Lunch"
    assert len(answer.citations) == 1


def test_a_model_that_fails_before_its_first_word_raises() -> None:
    chain = asked(TWO, breaks=AuthenticationError("wrong key"), breaks_after=0)
    with pytest.raises(AuthenticationError):
        chain.invoke("Which class?")
    with pytest.raises(AuthenticationError):
        list(chain.stream("Which class?"))


def test_a_refused_reply_is_blocked() -> None:
    chain = asked(TWO, breaks=RefusalError("a guardrail spoke"), breaks_after=0)
    for answer in (chain.invoke("Which class?"), fold(chain.stream("Which class?"))):
        assert (answer.status, answer.reason, answer.text) == ("blocked", "a guardrail spoke", "")
    assert asked(TWO, finish="content_filter").invoke("Which class?").status == "blocked"


def test_pieces_without_their_answer_are_incomplete() -> None:
    pieces = list(asked(TWO).stream("Which class?"))
    answer = fold(pieces[:3], question="Which class?")
    assert (answer.status, answer.question) == ("incomplete", "Which class?")


def test_a_model_without_evidence_is_not_asked() -> None:
    model = Scripted(script=TWO)
    answer = GroundedQA(retriever=RunnableLambda(lambda _: []), model=model).invoke("Which class?")
    assert (answer.status, answer.reason) == ("abstained", "nothing was found for this question")
    assert model.seen == []


def test_a_model_may_abstain() -> None:
    answer = asked("[E0-NONCE] Wages are not named.").invoke("What are the wages?")
    assert (answer.status, answer.text) == ("abstained", "Wages are not named.")
    assert answer.reason == "the model found no answer in the evidence"
    assert (answer.citations, answer.claims) == ((), ())


def test_a_model_without_words_is_incomplete() -> None:
    assert asked("").invoke("Which class?").status == "incomplete"


@pytest.mark.parametrize("script", ["[E1-NONCE]", "[E1-NONCE] [E2-NONCE].", "[9]"])
@pytest.mark.parametrize("policy", ["mark", "drop"])
def test_a_reply_of_markers_is_no_answer(script: str, policy: Any) -> None:
    answer = asked(script, policy=policy).invoke("Which class?")
    assert (answer.status, answer.text, answer.citations) == ("incomplete", "", ())
    assert answer.reason == "the model replied without text"


def test_a_forged_marker_is_taken_out_and_told() -> None:
    answer = asked("Trains are booked in second class [2] [E1-NONCE] [E8-NONCE].").invoke("Which class?")
    assert answer.text == "Trains are booked in second class [1]."
    assert answer.warnings == (
        "took out markers that point at no evidence: '2', 'E8' (at 'Trains are booked in second class.')",
    )
    assert answer.claims[0].unknown_markers == ("2", "E8")


def test_a_statement_that_nothing_backs_is_flagged() -> None:
    answer = asked(TWO + " Bananas are yellow. Trains run at 9000 km [E1-NONCE].").invoke("Which class?")
    assert answer.status == "partial"
    assert answer.reason == "2 of 4 statements are not backed by what they cite"
    assert [(claim.support, claim.numbers_ok) for claim in answer.claims[2:]] == [
        ("unsupported", None),
        ("unsupported", False),
    ]
    assert answer.claims[2].reasons == ("cites nothing",)
    assert "9000 stands in nothing it cites" in answer.claims[3].reasons


def test_a_statement_that_nothing_backs_can_be_withheld() -> None:
    answer = asked(TWO + " Bananas are yellow.", policy="drop").invoke("Which class?")
    assert answer.text == "Trains are booked in second class [1]. Lunch is at noon [2]."
    assert (answer.status, answer.reason) == ("partial", "1 statement was withheld")
    assert [(removed.text, removed.reason) for removed in answer.removed] == [("Bananas are yellow.", "cites nothing")]


DATED = [
    ("Die Frist lief bis zum 3. Mai 2024.", "Bis wann lief die Frist?"),
    ("Der 4. Senat entschied am 12. Okt. 2023 über Dr. Meiers Antrag.", "Wer entschied?"),
    ("El plazo del art. 5, p. ej. Madrid, acaba el 3 de mayo.", "¿Cuándo acaba el plazo?"),
    ("Le délai de l'art. 12 court, cf. M. Dupont, jusqu'au 3 mai.", "Jusqu'à quand ?"),
    ("Umowa nr 5 z 3 maja 2024 r. Alfa sp. z o.o. wygasa.", "Kiedy?"),
]


@pytest.mark.parametrize("policy", ["mark", "drop"])
@pytest.mark.parametrize(("text", "question"), DATED)
def test_a_verbatim_statement_with_dots_inside_is_one_claim(text: str, question: str, policy: Any) -> None:
    found = [Document(text, metadata={"source": "frist.txt"})]
    model = Scripted(script=f"{text.removesuffix('.')} [E1-NONCE].")
    chain = GroundedQA(retriever=RunnableLambda(lambda _: found), model=model, policy=policy)
    answer = chain.invoke(question)
    assert answer.text == f"{text.removesuffix('.')} [1]."
    assert answer.status == "answered"
    assert [(claim.support, claim.citations) for claim in answer.claims] == [("supported", ("1",))]
    assert [(c.quote, c.verified) for c in answer.citations] == [(text, True)]
    assert answer.removed == ()


def test_a_reply_of_which_nothing_is_left_abstains() -> None:
    answer = asked("Bananas are yellow.", policy="drop").invoke("Which class?")
    assert (answer.status, answer.text) == ("abstained", "")


def test_without_a_model_passages_are_quoted(shelf: "Shelf") -> None:
    found = [shelf.document(shelf.REPORT, 2, 2, 4), shelf.document(shelf.HANDBOOK, 1, 0, 0)]
    chain = GroundedQA(retriever=RunnableLambda(lambda _: found), pages=shelf)
    answer = chain.invoke("What were net sales in 2022?")
    assert (answer.status, answer.model, answer.generation) == ("answered", None, 7)
    assert answer.citations[0].quote == "Net sales ........ $ 5,000 $ 4,000"
    assert "“Net sales ........ $ 5,000 $ 4,000” (columns: (in millions) 2022 2021) [1]" in answer.text
    assert timeless(fold(chain.stream("What were net sales in 2022?"))) == timeless(answer)


def test_documents_that_changed_since_they_were_found_are_left_out(shelf: "Shelf") -> None:
    gone, moved = shelf.document(shelf.HANDBOOK, 1, 0, 0), shelf.document(shelf.REPORT, 2, 2, 4)
    del shelf.sources[shelf.HANDBOOK]
    shelf.put(shelf.REPORT, shelf.page_of("x"), shelf.page_of("quite another text of the page, as long as before" * 3))
    answer = GroundedQA(retriever=RunnableLambda(lambda _: [gone, moved]), pages=shelf).invoke("What were net sales?")
    assert answer.status == "abstained"
    assert answer.warnings == (
        "left out, no longer in the index: handbook.pdf",
        "left out, changed since it was found: report.pdf, p. 1",
    )


def test_it_works_inside_of_a_chain() -> None:
    chain: Runnable[Any, Any] = RunnablePassthrough[Any]() | asked(TWO) | RunnableLambda(lambda answer: answer.text)
    text = "Trains are booked in second class [1]. Lunch is at noon [2]."
    assert chain.invoke("Which class?") == text
    assert list(chain.stream("Which class?")) == [text]
    spread = {"question": RunnablePassthrough()} | asked(TWO)
    assert spread.invoke("Which class?").text == text


def test_its_steps_are_traced() -> None:
    names: list[str] = []

    class Listener(BaseCallbackHandler):
        def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
            names.append(str(kwargs.get("name")))

    asked(TWO).invoke("Which class?", {"callbacks": [Listener()]})
    assert names[0] == "GroundedQA"


@pytest.mark.parametrize("question", ["", "  ", {"question": ""}, {"question": 3}])
def test_a_question_is_a_text(question: Any) -> None:
    with pytest.raises(ValueError, match="a question is a string"):
        asked(TWO).invoke(question)


def test_pages_must_be_readable() -> None:
    with pytest.raises(ValueError, match="pages needs the methods"):
        GroundedQA(retriever=RunnableLambda(loose), pages="index")


def test_another_vendors_model_will_do() -> None:
    chain = GroundedQA(retriever=RunnableLambda(loose), model=FakeListChatModel(responses=["I do not know."]))
    answer = chain.invoke("Which class?")
    assert (answer.status, answer.reason) == ("abstained", "the model found no answer in the evidence")
    assert [claim.kind for claim in answer.claims] == ["abstention"]


def test_with_the_platform_and_without_showing_the_key() -> None:
    with FakeMistral() as fake:
        model = ChatMistral(base_url=fake.base_url, api_key=fake.key)
        chain = GroundedQA(retriever=RunnableLambda(loose), model=model)
        answer = chain.invoke("In which class are trains booked?")
        assert answer.text.startswith("Trains are booked in second class [1].")
        assert timeless(fold(chain.stream("In which class are trains booked?"))) == timeless(answer)
        assert chain.invoke("Who is the king of Spain?").status == "abstained"
        for shown in (repr(chain), str(chain), dumps(chain), str(chain.model_dump())):
            assert fake.key not in shown


HALF = "\ud800"


def foreign(_: str) -> list[Document]:
    metadata = {"source": f"a{HALF}", "deep": [{HALF: HALF}]}
    return [Document(f"{document.page_content}{HALF}", metadata=metadata) for document in LOOSE[:1]]


@pytest.mark.parametrize("policy", ["mark", "drop"])
def test_half_a_surrogate_pair_from_anywhere_is_replaced(policy: Any) -> None:
    script = f"Trains are booked in second class{HALF} [E1-NONCE]. {HALF}Cheese is the price of moons. [E9-NONCE{HALF}]"
    model = Scripted(script=script, finish=f"stop{HALF}")
    chain = GroundedQA(retriever=RunnableLambda(foreign), model=model, policy=policy)
    answer = chain.invoke(f"Which class{HALF}?")
    assert Answer.model_validate_json(answer.model_dump_json()) == answer
    assert answer.text.startswith("Trains are booked in second class\ufffd [1].")
    assert answer.question == "Which class\ufffd?"
    assert answer.documents[0].metadata == {"source": "a\ufffd", "deep": [{"\ufffd": "\ufffd"}]}
    pieces = [piece.text for piece in chain.stream(f"Which class{HALF}?") if isinstance(piece, AnswerPiece)]
    assert "".join(pieces) == answer.text


def test_half_a_surrogate_pair_in_a_reason_is_replaced() -> None:
    chain = asked(TWO, breaks=ServerError(f"no more {HALF}"), breaks_after=20)
    answer = fold(list(chain.stream("Which class?")))
    assert answer.reason == "the model's reply broke off: no more \ufffd"
    assert Answer.model_validate_json(answer.model_dump_json()) == answer
