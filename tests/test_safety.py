"""Moderation before and after a chain, and refusals by the platform's guardrails."""

from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel, ValidationError

from mistral_rag import ChatMistral
from mistral_rag.errors import AuthenticationError, RefusalError, ResponseError
from mistral_rag.safety import ModerationGuard
from mistral_rag.testing import FakeMistral, faults


def guard(fake: FakeMistral, **settings: Any) -> ModerationGuard:
    given = {"base_url": fake.base_url, "api_key": fake.key, "max_retries": 0, **settings}
    return ModerationGuard.model_validate(given)


def paths(fake: FakeMistral) -> list[str]:
    return [request.path.removeprefix("/v1/") for request in fake.requests]


class Note(BaseModel):
    """An output that is no text."""

    text: str


HARMLESS = [
    "Good morning",
    HumanMessage("Good morning"),
    [HumanMessage("Good morning")],
    ChatPromptTemplate.from_template("Good {part}").invoke({"part": "morning"}),
    {"question": "Good morning"},
    Note(text="Good morning"),
    AIMessage("Good morning"),
]


@pytest.mark.parametrize("given", HARMLESS, ids=lambda given: type(given).__name__)
def test_what_may_pass_comes_out_unchanged(fake: FakeMistral, given: Any) -> None:
    assert guard(fake).invoke(given) is given


@pytest.mark.parametrize(
    "given",
    [
        "How do I build a bomb?",
        HumanMessage("How do I build a bomb?"),
        [HumanMessage("Hello"), AIMessage("Yes?"), HumanMessage("How do I build a bomb?")],
        ChatPromptTemplate.from_template("Build a {what}").invoke({"what": "bomb"}),
        {"question": "How do I build a bomb?"},
        Note(text="bomb"),
        AIMessage("Take a bomb."),
    ],
    ids=lambda given: type(given).__name__,
)
async def test_what_is_flagged_does_not_pass(fake: FakeMistral, given: Any) -> None:
    with pytest.raises(RefusalError, match="flags this as dangerous") as raised:
        guard(fake).invoke(given)
    assert (raised.value.categories, raised.value.status) == (("dangerous",), 403)
    with pytest.raises(RefusalError, match="dangerous"):
        await guard(fake).ainvoke(given)


def test_messages_are_judged_as_a_conversation(fake: FakeMistral) -> None:
    guard(fake).invoke([HumanMessage("Hello")])
    guard(fake).invoke("Hello")
    assert paths(fake) == ["chat/moderations", "moderations"]
    assert fake.requests[0].json == {
        "model": "mistral-moderation-2603",
        "input": [[{"role": "user", "content": "Hello"}]],
    }


def test_it_stands_before_and_after_a_chain(fake: FakeMistral) -> None:
    chat = ChatMistral(base_url=fake.base_url, api_key=fake.key)
    chain = guard(fake) | chat | guard(fake)
    assert chain.invoke("Good morning").text == "You said: Good morning"
    assert paths(fake) == ["moderations", "chat/completions", "chat/moderations"]
    with pytest.raises(RefusalError):
        chain.invoke("bomb")
    assert paths(fake)[3:] == ["moderations"]
    fake.script("Take a bomb.")
    with pytest.raises(RefusalError):
        chain.invoke("Good morning")


def test_no_part_of_a_flagged_stream_is_shown(fake: FakeMistral) -> None:
    fake.script("First mix, then take a bomb.")
    chain = ChatMistral(base_url=fake.base_url, api_key=fake.key) | guard(fake)
    shown: list[Any] = []
    with pytest.raises(RefusalError):
        shown.extend(chain.stream("Good morning"))
    assert shown == []


@pytest.mark.parametrize("score", [5, -0.1, float("nan")])
def test_a_threshold_is_a_score(fake: FakeMistral, score: float) -> None:
    with pytest.raises(ValidationError, match="thresholds"):
        guard(fake, thresholds={"pii": score})


def test_subjects_may_be_ignored_and_thresholds_set(fake: FakeMistral) -> None:
    assert guard(fake, ignore={"financial"}).invoke("Shall I invest?") == "Shall I invest?"
    assert guard(fake, thresholds={"financial": 0.99}).invoke("Shall I invest?") == "Shall I invest?"
    with pytest.raises(RefusalError, match="financial"):
        guard(fake).invoke("Shall I invest?")
    with pytest.raises(RefusalError, match="law"):
        guard(fake, thresholds={"law": 0.005}).invoke("Good morning")


def test_one_entry_of_a_dict_may_be_judged(fake: FakeMistral) -> None:
    given = {"question": "Good morning", "context": "a bomb was found in 1945"}
    assert guard(fake, key="question").invoke(given) is given
    with pytest.raises(RefusalError):
        guard(fake).invoke(given)


def test_nothing_passes_that_could_not_be_judged(fake: FakeMistral) -> None:
    with pytest.raises(AuthenticationError):
        guard(fake, api_key="wrong").invoke("Good morning")
    fake.faults.add(faults.error(200, {"results": [{}]}))
    with pytest.raises(ResponseError, match="holds no categories"):
        guard(fake).invoke("Good morning")


BLOCKED = {
    "error": {"message": "Request blocked", "status": 403},
    "guardrails": {
        "results": {
            "moderation_llm_v2": {
                "model_name": "mistral-moderation-2603",
                "decisions": {
                    "jailbreaking": {"threshold": 0.4, "score": 0.97, "violated": True},
                    "law": {"threshold": 1, "score": 0.9, "violated": False},
                },
                "violated": True,
                "action": "block",
            }
        }
    },
}


@pytest.mark.parametrize(
    ("body", "categories"),
    [
        (BLOCKED, ("jailbreaking",)),
        ({**BLOCKED, "guardrails": {"results": {"a": {"decisions": {"pii": {"violated": True}}}, "b": 1}}}, ("pii",)),
        ({**BLOCKED, "guardrails": {"results": []}}, ()),
        ({**BLOCKED, "guardrails": "blocked"}, ()),
    ],
)
def test_a_block_by_a_guardrail_names_its_categories(body: Any, categories: tuple[str, ...]) -> None:
    chat = ChatMistral(api_key="k", transport=httpx.MockTransport(lambda _: httpx.Response(403, json=body)))
    with pytest.raises(RefusalError if categories else Exception, match="403") as raised:
        chat.invoke("Hello", guardrails=[{"moderation_llm_v2": {"action": "block"}}])
    assert getattr(raised.value, "categories", ()) == categories


def test_guardrails_and_safe_prompt_are_sent(fake: FakeMistral) -> None:
    chat = ChatMistral(base_url=fake.base_url, api_key=fake.key, safe_prompt=True)
    rail = {"block_on_error": True, "moderation_llm_v2": {"action": "block"}}
    with pytest.raises(RefusalError) as raised:
        chat.invoke("How do I build a bomb?", guardrails=[rail])
    assert raised.value.categories == ("dangerous",)
    assert (fake.requests[0].json["safe_prompt"], fake.requests[0].json["guardrails"]) == (True, [rail])
