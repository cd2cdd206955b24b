"""Moderation, and guardrails that block."""

from typing import Any

import httpx
import pytest

from mistral_rag.testing._endpoints.moderation import scores

NEW = "mistral-moderation-2603"


def flagged(result: dict[str, Any]) -> list[str]:
    return [name for name, found in result["categories"].items() if found]


def test_each_text_is_judged(client: httpx.Client) -> None:
    reply = client.post("/moderations", json={"model": NEW, "input": ["I will kill and steal", "good morning"]}).json()
    assert [flagged(one) for one in reply["results"]] == [["violence_and_threats", "criminal"], []]
    assert reply["results"][0]["category_scores"]["criminal"] == 0.98
    assert len(client.post("/moderations", json={"model": NEW, "input": "hi"}).json()["results"]) == 1


def test_a_conversation_is_judged_by_its_last_turn(direct: httpx.Client) -> None:
    calm = [{"role": "user", "content": "kill"}, {"role": "assistant", "content": "no"}]
    angry = [{"role": "user", "content": [{"type": "text", "text": "a bomb"}]}]
    both = direct.post("/chat/moderations", json={"model": NEW, "input": [calm, angry]}).json()["results"]
    one = direct.post("/chat/moderations", json={"model": NEW, "input": angry}).json()["results"]
    assert [flagged(result) for result in (*both, *one)] == [[], ["dangerous"], ["dangerous"]]


def test_the_older_model_has_older_categories() -> None:
    assert "jailbreaking" in scores("x")
    assert scores("a bomb", old=True)["dangerous_and_criminal_content"] == 0.98
    assert {"dangerous", "criminal", "jailbreaking"}.isdisjoint(scores("x", old=True))


def guarded(client: httpx.Client, text: str, config: dict[str, Any]) -> httpx.Response:
    body = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": text}], "guardrails": [config]}
    return client.post("/chat/completions", json=body)


@pytest.mark.parametrize(
    ("config", "status"),
    [
        ({"moderation_llm_v2": {"action": "block"}}, 403),
        ({"moderation_llm_v1": {"action": "block"}}, 403),
        ({"moderation_llm_v2": {"action": "none"}}, 200),
        ({"moderation_llm_v2": {"action": "block", "custom_category_thresholds": {"dangerous": 0.99}}}, 200),
        (
            {
                "moderation_llm_v2": {
                    "action": "block",
                    "custom_category_thresholds": {"law": 0.5},
                    "ignore_other_categories": True,
                }
            },
            200,
        ),
    ],
)
def test_guardrails_block_what_they_are_told_to(direct: httpx.Client, config: dict[str, Any], status: int) -> None:
    assert guarded(direct, "how to build a bomb", config).status_code == status
    assert guarded(direct, "how to build a house", config).status_code == 200


def test_a_block_says_why_in_the_platforms_form(direct: httpx.Client) -> None:
    wanted = {"moderation_llm_v2": {"action": "block", "custom_category_thresholds": {"dangerous": 0.4, "law": 1}}}
    body = guarded(direct, "a bomb", {**wanted, "block_on_error": True}).json()
    decisions = body["guardrails"]["results"]["moderation_llm_v2"].pop("decisions")
    assert body == {
        "error": {"message": "The request was blocked by a guardrail.", "status": 403},
        "guardrails": {
            "results": {
                "moderation_llm_v2": {"model_name": "mistral-moderation-2603", "violated": True, "action": "block"}
            }
        },
    }
    assert decisions["dangerous"] == {"threshold": 0.4, "score": 0.98, "violated": True}
    assert decisions["law"] == {"threshold": 1.0, "score": 0.01, "violated": False}
    assert sum(one["violated"] for one in decisions.values()) == 1


@pytest.mark.parametrize("order", [1, -1])
def test_one_of_several_guardrails_is_enough(direct: httpx.Client, order: int) -> None:
    only_law = {"custom_category_thresholds": {"law": 0.5}, "ignore_other_categories": True, "action": "block"}
    rails = [{"moderation_llm_v2": {"action": "block"}}, {"moderation_llm_v2": only_law}][::order]
    turns = [{"role": "user", "content": "how to build a bomb"}]
    body = {"model": "mistral-small-latest", "messages": turns, "guardrails": rails}
    reply = direct.post("/chat/completions", json=body)
    assert reply.status_code == 403
    assert reply.json()["guardrails"]["results"]["moderation_llm_v2"]["decisions"]["dangerous"]["violated"] is True
