"""What becomes of statements that nothing backs, of markers that point at nothing, and of "I don't know"."""

import json
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableLambda

from mistral_rag import ChatMistral, GroundedQA
from mistral_rag.errors import ConfigurationError, UnsupportedAnswerError
from mistral_rag.grounding import AnswerPiece, fold
from mistral_rag.schema import Answer
from mistral_rag.testing import FakeMistral
from tests.grounding.test_chain import TWO, Scripted, asked, loose, timeless

FALSE = "Trains are booked in first class [E1-NONCE]. Lunch is at noon [E3-NONCE]."


class Retrying(Scripted):
    """Replies with the next of its scripts each time."""

    scripts: list[str]

    def _reply(self, messages: list[BaseMessage]) -> str:
        self.script = self.scripts[min(len(self.seen), len(self.scripts) - 1)]
        nonce = next(m for m in messages if m.type == "human")
        self.seen.append(messages)
        found = str(nonce.content).partition("[E0-")[2].partition("]")[0]
        return self.script.replace("NONCE", found)


def repairing(*scripts: str, **settings: Any) -> tuple[GroundedQA, Retrying]:
    model = Retrying(script="", scripts=list(scripts))
    return GroundedQA(retriever=RunnableLambda(loose), model=model, policy="repair", **settings), model


def foreign(reply: str) -> Answer:
    model = FakeListChatModel(responses=[reply])
    return GroundedQA(retriever=RunnableLambda(loose), model=model).invoke("Which class?")


@pytest.mark.parametrize(
    ("reply", "text", "unknown"),
    [
        ("Kept 99 years [1]. Also [47].", "Kept 99 years. Also.", [("1",), ("47",)]),
        ("Trains are booked in second class [E1].", "Trains are booked in second class.", [("E1",)]),
        ("Trains run [^2]. They stop 【3†source】.", "Trains run. They stop.", [("[^2]",), ("【3†source】",)]),
        ("It is so [Source 4].", "It is so.", [("[Source 4]",)]),
    ],
)
def test_markers_that_are_none_are_listed_with_their_statement(
    reply: str, text: str, unknown: list[tuple[str, ...]]
) -> None:
    answer = foreign(reply)
    assert (answer.text, answer.status) == (text, "abstained")
    assert answer.reason == "no statement of the reply is backed by the evidence"
    assert [claim.unknown_markers for claim in answer.claims] == unknown
    assert {claim.support for claim in answer.claims} == {"unsupported"}
    assert all(marker in answer.warnings[0] for markers in unknown for marker in markers)


@pytest.mark.parametrize(
    "reply",
    [
        "I don't know.",
        "I do not have enough information to answer this question.",
        "The documents do not mention the wages.",
        "Das weiß ich leider nicht.",
        "Dazu steht nichts in den Dokumenten.",
        "Je ne sais pas.",
        "Les documents ne mentionnent pas ce point.",
        "No lo sé.",
        "Los documentos no indican el precio.",
        "Non lo so.",
        "Dat weet ik niet.",
        "Não sei.",
        "Nie wiem.",
        "Det vet jag inte.",
        "Не знаю.",
        "わかりません。",
        "我不知道。",
        "لا أعرف.",
        "잘 모르겠습니다.",
        "Bilmiyorum.",
    ],
)
def test_i_dont_know_in_any_language_abstains(reply: str) -> None:
    answer = foreign(reply)
    assert (answer.status, answer.reason) == ("abstained", "the model found no answer in the evidence")


@pytest.mark.parametrize("fact", ["It was 999.", "Bankrupt.", "Acme is bankrupt:", "I don't know, but it was 999."])
def test_an_uncited_fact_is_no_connective(fact: str) -> None:
    answer = asked(f"Trains are booked in second class [E1-NONCE]. {fact}").invoke("Which class?")
    assert (answer.status, answer.claims[1].kind, answer.claims[1].support) == ("partial", "fact", "unsupported")
    dropped = asked(f"Trains are booked in second class [E1-NONCE]. {fact}", policy="drop").invoke("Which class?")
    assert dropped.text == "Trains are booked in second class [1]."
    assert [removed.text for removed in dropped.removed] == [fact]


@pytest.mark.parametrize("lead", ["Here is the answer:", "In summary:", "However,\n", "## Details\n", "Yes."])
def test_a_lead_in_is_connective(lead: str) -> None:
    answer = asked(f"{lead} \n\nTrains are booked in second class [E1-NONCE].").invoke("Which class?")
    assert answer.status == "answered"


def test_what_the_evidence_does_not_say_makes_the_answer_partial() -> None:
    script = "Trains are booked in second class [E1-NONCE]. The evidence does not state the price."
    answer = asked(script).invoke("Which class, and what does it cost?")
    assert (answer.status, answer.reason) == ("partial", "the evidence does not answer all of the question")
    assert [claim.kind for claim in answer.claims] == ["fact", "abstention"]


def test_a_contradicted_statement_is_told() -> None:
    answer = asked("Trains are not booked in second class [E1-NONCE]. Lunch is at noon [E3-NONCE].").invoke("Which?")
    assert [claim.support for claim in answer.claims] == ["contradicted", "supported"]
    assert answer.reason == "1 of 2 statements are not backed by what they cite; 1 of them say the opposite"


NOT = "Trains are not booked in second class [E1-NONCE]. Lunch is at noon [E3-NONCE]."


def test_repair_shows_the_verdicts_once() -> None:
    chain, model = repairing(NOT, TWO, NOT)
    answer = chain.invoke("Which class?")
    assert answer.text == "Trains are booked in second class [1]. Lunch is at noon [2]."
    assert (answer.status, answer.usage["total_tokens"]) == ("answered", 20)
    assert len(model.seen) == 2
    assert "Trains are not booked in second class (contradicted: " in str(model.seen[1][-1].content)


def test_a_repair_that_is_no_better_leaves_the_first_reply() -> None:
    chain, model = repairing(NOT, "Bananas are yellow. Apples are red.")
    assert chain.invoke("Which class?").text.startswith("Trains are not booked in second class [1].")
    chain, model = repairing(TWO)
    assert chain.invoke("Which class?").status == "answered"
    assert len(model.seen) == 1


def test_raise_raises_with_the_rest_of_the_answer() -> None:
    for ask in (lambda c: c.invoke("Which class?"), lambda c: list(c.stream("Which class?"))):
        with pytest.raises(UnsupportedAnswerError, match="Trains are not booked") as raised:
            ask(asked(NOT, policy="raise"))
        assert raised.value.answer.text == "Lunch is at noon [1]."
    assert asked(TWO, policy="raise").invoke("Which class?").status == "answered"


def test_gated_gives_whole_sentences() -> None:
    pieces = [p.text for p in asked(TWO, mode="gated").stream("Which class?") if isinstance(p, AnswerPiece)]
    assert all(piece.endswith("].") for piece in pieces)
    assert "".join(pieces) == "Trains are booked in second class [1]. Lunch is at noon [2]."


@pytest.mark.parametrize("settings", [{"policy": "repair"}, {"mode": "gated"}, {"form": "structured"}, {"judge": True}])
async def test_every_setting_streams_to_what_invoke_gives(settings: dict[str, Any]) -> None:
    if settings.get("judge"):
        settings = {"judge": FakeListChatModel(responses=["1: UNSUPPORTED - no"]), "policy": "drop"}
    chain = repairing(NOT)[0] if settings.get("policy") == "repair" else asked(NOT, **settings)
    whole = timeless(chain.invoke("Which class?"))
    for parts in (list(chain.stream("Which class?")), [part async for part in chain.astream("Which class?")]):
        assert timeless(fold(parts)) == whole
        assert "".join(part.text for part in parts if isinstance(part, AnswerPiece)) == whole.text
    assert timeless(await chain.ainvoke("Which class?")) == whole


def test_a_judge_makes_a_verdict_worse_and_never_better() -> None:
    judge = FakeListChatModel(responses=["1: CONTRADICTED - it says noon\n2: SUPPORTED"])
    answer = asked("Lunch is at noon [E3-NONCE]. Dinner is at 9000 [E4-NONCE].", judge=judge).invoke("When?")
    assert [claim.support for claim in answer.claims] == ["contradicted", "unsupported"]
    assert [claim.numbers_ok for claim in answer.claims] == [None, False]
    assert answer.claims[0].reasons[-1] == "the judge says contradicted: it says noon"


def test_what_a_judge_refuses_is_dropped() -> None:
    judge = FakeListChatModel(responses=["1: UNSUPPORTED - no\n2: SUPPORTED - yes"])
    answer = asked(TWO, judge=judge, policy="drop").invoke("When?")
    assert answer.text == "Lunch is at noon [1]."
    assert [removed.reason for removed in answer.removed] == ["the judge says unsupported: no"]


def test_structured_output_gives_the_same_answer() -> None:
    statements = [
        {"text": "Trains are booked in second class.", "evidence": [1]},
        {"text": "Lunch is at noon.", "evidence": ["E3"]},
    ]
    script = f"```json\n{json.dumps({'statements': statements, 'missing': ''})}\n```"
    structured, marked = asked(script, form="structured").invoke("Which?"), asked(TWO).invoke("Which?")
    assert (structured.text, structured.status) == (marked.text, "answered")
    assert timeless(structured).citations == timeless(marked).citations
    nothing = asked('{"statements": [], "missing": "Wages are not named."}', form="structured").invoke("Which?")
    assert (nothing.status, nothing.text) == ("abstained", "Wages are not named.")
    wrong = asked('{"statements": [{"text": "Bananas are yellow.", "evidence": [77]}]}', form="structured").invoke("?")
    assert wrong.claims[0].unknown_markers == ("E77",)
    assert asked("Not JSON at all.", form="structured").invoke("Which?").status == "abstained"


def test_references_of_the_platform_give_citations() -> None:
    with FakeMistral() as fake:
        model = ChatMistral(base_url=fake.base_url, api_key=fake.key)
        chain = GroundedQA(retriever=RunnableLambda(loose), model=model, form="references")
        answer = chain.invoke("In which class are trains booked?")
        assert answer.citations[0].quote == "Trains are booked in second class."
        assert timeless(fold(chain.stream("In which class are trains booked?"))) == timeless(answer)


def test_instructions_and_a_template_reach_the_model() -> None:
    model = Scripted(script=TWO)
    chain = GroundedQA(retriever=RunnableLambda(loose), model=model, instructions="Write like a pirate.")
    chain.invoke("Which class?")
    assert str(model.seen[0][0].content).endswith("Write like a pirate.")
    template = "Lines:\n{evidence}\nCite as {marker}; else {no_answer}.\nQ: {question}"
    chain = GroundedQA(retriever=RunnableLambda(loose), model=model, template=template)
    assert chain.invoke("Which {class}?").status == "answered"
    assert str(model.seen[1][-1].content).startswith("Lines:\n# ")
    assert str(model.seen[1][-1].content).endswith("Q: Which {class}?")


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{evidence}", "lacks {question}, {marker}, {no_answer}"),
        ("{evidence} {question} {marker} {no_answer} {sources}", "has {sources}, which nothing fills"),
    ],
)
def test_a_template_without_its_places_is_refused(template: str, told: str) -> None:
    with pytest.raises((ConfigurationError, ValueError), match="template") as raised:
        GroundedQA(retriever=RunnableLambda(loose), model=Scripted(script=TWO), template=template)
    assert told in str(raised.value)


def test_the_system_message_is_the_same_for_every_question() -> None:
    model = Scripted(script=TWO)
    chain = GroundedQA(retriever=RunnableLambda(loose), model=model)
    chain.invoke("Which class?")
    chain.invoke("When is lunch?")
    assert model.seen[0][0] == model.seen[1][0]


def test_evidence_stays_within_its_tokens_and_what_is_left_out_is_told() -> None:
    texts = [f"Rule {at} says that {'x' * at} is paid in euros." for at in range(20)]
    found = [Document(text, metadata={"source": "a"}) for text in texts]
    model = Scripted(script="Rule 0 [E1-NONCE].")
    chain = GroundedQA(retriever=RunnableLambda(lambda _: found), model=model, budget=120)
    answer = chain.invoke("Which rule?")
    assert len(str(model.seen[0][-1].content).encode()) < 120 * 4 + 150
    assert answer.warnings[0].startswith("left out ")
    assert "the budget is 120 tokens (estimated as four bytes each" in answer.warnings[0]


def test_a_text_that_stands_twice_is_shown_once() -> None:
    text = "Trains are booked in second class, and flights in premium economy."
    found = [Document(text, metadata={"source": "a"}), Document(text.upper(), metadata={"source": "b"})]
    model = Scripted(script="Trains are booked in second class [E1-NONCE].")
    GroundedQA(retriever=RunnableLambda(lambda _: found), model=model).invoke("Which class?")
    assert str(model.seen[0][-1].content).count("-") >= 1
    assert "[E2-" not in str(model.seen[0][-1].content)
