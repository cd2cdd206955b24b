"""Keys, routes, records and scripts."""

import threading
from typing import Any

import httpx
import pytest

from mistral_rag.testing import FakeMistral, Reply
from mistral_rag.testing._rules.bodies import ChatRequest

CHAT: dict[str, Any] = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": "hello"}]}


def said(reply: httpx.Response) -> str:
    return str(reply.json()["choices"][0]["message"]["content"])


def test_a_question_is_answered(client: httpx.Client) -> None:
    reply = client.post("/chat/completions", json=CHAT)
    body = reply.json()
    assert {key: body[key] for key in ("object", "model", "choices")} == {
        "object": "chat.completion",
        "model": "mistral-small-latest",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "You said: hello", "tool_calls": None},
            }
        ],
    }
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-ratelimit-tokens-query-cost"] == str(body["usage"]["total_tokens"]) == "8"
    assert {"mistral-correlation-id", "x-ratelimit-remaining-req-minute"} <= set(reply.headers)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"authorization": ""}, {"message": "Unauthorized"}),
        ({"authorization": "Bearer None"}, {"detail": "Unauthorized"}),
    ],
)
def test_without_the_key_nothing_is_answered(
    client: httpx.Client, headers: dict[str, str], body: dict[str, str]
) -> None:
    reply = client.post("/chat/completions", json=CHAT, headers=headers)
    assert reply.status_code == 401
    assert {key: reply.json()[key] for key in body} == body


def test_the_key_of_one_stand_in_is_not_that_of_another(direct: httpx.Client) -> None:
    other = FakeMistral()
    with httpx.Client(transport=other.transport(), base_url=other.base_url, headers=direct.headers) as client:
        assert client.get("/models").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("POST", "/chat/completion", 404, {"detail": "Not Found"}),
        ("GET", "/chat/completions", 405, {"detail": "Method Not Allowed"}),
        ("GET", "/../models", 404, {"message": "no Route matched with those values"}),
    ],
)
def test_wrong_paths_and_methods(
    client: httpx.Client, method: str, path: str, status: int, body: dict[str, str]
) -> None:
    reply = client.request(method, path)
    assert reply.status_code == status
    assert {key: reply.json()[key] for key in body} == body


def test_unknown_models_are_refused_and_retired_ones_too(direct: httpx.Client) -> None:
    unknown = direct.post("/chat/completions", json={**CHAT, "model": "mistral-huge"})
    assert (unknown.status_code, unknown.json()) == (
        400,
        {
            "object": "error",
            "message": "Invalid model: mistral-huge",
            "type": "invalid_model",
            "param": None,
            "code": "1500",
            "raw_status_code": 400,
        },
    )
    retired = direct.post("/chat/completions", json={**CHAT, "model": "open-mistral-7b"}).json()
    assert (retired["code"], retired["message"]) == ("3003", "Model open-mistral-7b is currently not in use")
    assert direct.post("/chat/completions", json={**CHAT, "model": "mistral-embed"}).json()["code"] == "1500"


def test_unknown_keys_are_listed_with_their_places(client: httpx.Client) -> None:
    body = {**CHAT, "seed": 1, "messages": [{"role": "user", "content": "x", "id": "1"}]}
    reply = client.post("/chat/completions", json=body)
    assert reply.status_code == 422
    assert reply.json()["detail"] == [
        {
            "type": "extra_forbidden",
            "loc": ["body", "messages", 0, "user", "id"],
            "msg": "Extra inputs are not permitted",
            "input": "1",
        },
        {"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 1},
    ]


def test_a_body_that_is_not_json_is_refused(direct: httpx.Client) -> None:
    broken = direct.post("/chat/completions", content=b'{"model":', headers={"content-type": "application/json"})
    assert (broken.status_code, broken.json()["detail"][0]["type"]) == (422, "json_invalid")
    untyped = direct.post("/chat/completions", content=b'{"model": "m"}')
    assert (untyped.status_code, untyped.json()["detail"][0]["type"]) == (422, "model_attributes_type")


def test_a_body_that_is_too_long_is_refused() -> None:
    with FakeMistral(max_body=1000) as fake:
        headers = {"authorization": f"Bearer {fake.key}"}
        body = {**CHAT, "messages": [{"role": "user", "content": "x" * 2_000_000}]}
        for transport in (None, fake.transport()):
            with httpx.Client(base_url=fake.base_url, headers=headers, transport=transport) as client:
                assert client.post("/chat/completions", json=body).status_code == 413
                assert client.get("/models").status_code == 200


def test_models_are_listed_by_every_name(client: httpx.Client) -> None:
    listed = client.get("/models").json()
    cards = {card["id"]: card for card in listed["data"]}
    assert listed["object"] == "list"
    assert cards["mistral-small-latest"]["capabilities"]["reasoning"]
    assert cards["mistral-embed"]["max_context_length"] == 8192
    assert "open-mistral-7b" not in cards
    assert client.get("/models/mistral-embed").json() == cards["mistral-embed"]
    assert client.get("/models/nobody").json() == {"detail": "Not Found"}


def test_requests_are_kept_without_the_key(fake: FakeMistral, client: httpx.Client) -> None:
    client.post("/chat/completions", json=CHAT, headers={"x-team": "search"})
    client.get("/models?provider=x", headers={"authorization": "Bearer stolen"})
    first, second = fake.requests
    assert (first.method, first.path, first.json, first.key_matches) == ("POST", "/v1/chat/completions", CHAT, True)
    assert first.headers["x-team"] == "search"
    assert (second.query, second.json, second.key_matches) == ({"provider": "x"}, None, False)
    assert fake.key not in repr(fake.requests)
    assert "stolen" not in repr(fake.requests)


def test_only_the_newest_requests_are_kept() -> None:
    fake = FakeMistral(recorded=3)
    with httpx.Client(transport=fake.transport(), base_url=fake.base_url) as client:
        for number in range(5):
            client.get(f"/{number}")
    assert [one.path for one in fake.requests] == ["/v1/2", "/v1/3", "/v1/4"]


def test_scripts_are_used_in_order_and_then_no_more(fake: FakeMistral, client: httpx.Client) -> None:
    def by_request(request: ChatRequest) -> str:
        return f"{len(request.messages)} message"

    fake.script("one", Reply("two", finish_reason="model_length", model="other", usage={"num_cached_tokens": 3}))
    fake.script(by_request)
    replies = [client.post("/chat/completions", json=CHAT) for _ in range(4)]
    assert [said(reply) for reply in replies] == ["one", "two", "1 message", "You said: hello"]
    second = replies[1].json()
    assert (second["choices"][0]["finish_reason"], second["model"]) == ("model_length", "other")
    assert second["usage"]["num_cached_tokens"] == 3


def test_refused_requests_use_up_no_script(fake: FakeMistral, direct: httpx.Client) -> None:
    fake.script("kept")
    direct.post("/chat/completions", json={**CHAT, "seed": 1})
    assert said(direct.post("/chat/completions", json=CHAT)) == "kept"


def test_newer_parameters_pass_only_where_asked_for() -> None:
    body = {**CHAT, "top_k": 5, "reasoning_effort": "low"}
    for newer, status in ((False, 422), (True, 200)):
        fake = FakeMistral(newer=newer)
        headers = {"authorization": f"Bearer {fake.key}"}
        with httpx.Client(transport=fake.transport(), base_url=fake.base_url, headers=headers) as client:
            assert client.post("/chat/completions", json=body).status_code == status


def test_many_threads_are_served_at_once(fake: FakeMistral) -> None:
    headers = {"authorization": f"Bearer {fake.key}"}
    answers: list[str] = []

    def ask(name: str) -> None:
        body = {**CHAT, "messages": [{"role": "user", "content": name}]}
        with httpx.Client(base_url=fake.base_url, headers=headers) as client:
            answers.extend(said(client.post("/chat/completions", json=body)) for _ in range(5))

    threads = [threading.Thread(target=ask, args=(f"thread {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted(f"You said: thread {n}" for n in range(8) for _ in range(5))
    assert len(fake.requests) == 40
