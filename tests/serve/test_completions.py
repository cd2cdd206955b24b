"""The server as a model of OpenAI's API, seen by the clients that people have."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from mistral_rag.serve import Tokens
from mistral_rag.testing import small_index
from tests.serve.conftest import TOKENS, Serve, Served

QUESTION = "How many days of holiday does every employee have?"
QUOTE = "Every employee has 28 days of holiday a year."


@pytest.fixture(scope="module")
def served(serve: Serve, tenants: Path, tokens: Tokens) -> Iterator[Served]:
    with serve(tenants, tokens=tokens) as served:
        yield served


@pytest.fixture
def anna(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=TOKENS["anna"], max_retries=0) as client:
        yield client


def user(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def test_a_whole_answer_has_its_citations_as_addresses_that_open(anna: openai.OpenAI, served: Served) -> None:
    reply = anna.chat.completions.create(model="documents", messages=user(QUESTION), temperature=0.2)
    [choice] = reply.choices
    text = choice.message.content or ""
    assert QUOTE in text
    assert choice.finish_reason == "stop"
    cited = (choice.message.annotations or [])[0].url_citation
    assert QUOTE in text[cited.start_index : cited.end_index]
    assert cited.url.startswith(f"{served.url}/cite/")
    with served.client("anna") as client:
        found = client.get(cited.url.replace("/cite/", "/api/cite/")).json()
    assert (found["state"], found["citation"]["quote"]) == ("current", QUOTE)
    ours = (reply.model_extra or {})["mistral_rag"]
    assert ours["answer"]["citations"][0]["verified"] is True


def test_addresses_are_of_tls_where_a_proxy_speaks_it(served: Served) -> None:
    with served.client("anna", **{"X-Forwarded-Proto": "https"}) as client:
        reply = client.post("/v1/chat/completions", json={"messages": user(QUESTION)}).json()
    cited = reply["choices"][0]["message"]["annotations"][0]["url_citation"]
    assert cited["url"].startswith(served.url.replace("http://", "https://") + "/cite/")


def test_a_stream_folds_to_the_same_text(anna: openai.OpenAI) -> None:
    whole = anna.chat.completions.create(model="documents", messages=user(QUESTION)).choices[0].message.content
    options: Any = {"include_usage": True}
    chunks = list(anna.chat.completions.create(model="x", messages=user(QUESTION), stream=True, stream_options=options))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == whole
    [marked] = [c for c in chunks if c.choices and (c.choices[0].delta.model_extra or {}).get("annotations")]
    assert (marked.choices[0].delta.model_extra or {})["annotations"][0]["type"] == "url_citation"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 0


def test_a_follow_up_is_understood_from_the_messages_before(anna: openai.OpenAI) -> None:
    first = anna.chat.completions.create(model="x", messages=user("When does the lease of the warehouse end?"))
    messages: list[Any] = [
        {"role": "system", "content": "Be brief."},
        *user("When does the lease of the harbour warehouse end?"),
        {"role": "assistant", "content": first.choices[0].message.content},
        {"role": "user", "content": [{"type": "text", "text": "And which deposit does the tenant pay for it?"}]},
    ]
    reply = anna.chat.completions.create(model="x", messages=messages)
    assert "12,500 euros" in (reply.choices[0].message.content or "")


def test_what_the_documents_do_not_say_is_said(anna: openai.OpenAI) -> None:
    reply = anna.chat.completions.create(model="x", messages=user("Who is the chief executive of Veldmoor?"))
    assert reply.choices[0].message.content
    assert reply.choices[0].message.annotations == []
    assert (reply.model_extra or {})["mistral_rag"]["answer"]["status"] == "abstained"


def test_a_token_is_the_key_and_its_groups_are_all_that_is_read(served: Served) -> None:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=TOKENS["bob"], max_retries=0) as bob:
        reply = bob.chat.completions.create(model="x", messages=user("When does the lease of the warehouse end?"))
    assert "2027" not in reply.model_dump_json()
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key="nobody", max_retries=0) as nobody:
        with pytest.raises(openai.AuthenticationError, match="asks for a token"):
            nobody.models.list()
        with pytest.raises(openai.AuthenticationError):
            nobody.chat.completions.create(model="x", messages=user(QUESTION))


def test_models_are_listed(anna: openai.OpenAI) -> None:
    assert [model.id for model in anna.models.list()] == ["documents"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "hello"}]}, "the last one must be the user's question"),
        ({"messages": user("hello"), "tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"messages": user("hello"), "n": 2}, "n"),
        ({"messages": user("hello"), "response_format": {"type": "json_object"}}, "response_format"),
        ({"messages": user("x" * 9_000)}, "at most 8000 characters"),
        ({"messages": user("hello"), "functions": [{"name": "f", "parameters": {}}]}, "functions"),
        ({"messages": user("hello"), "logprobs": True}, "logprobs"),
        ({"messages": user("hello"), "modalities": ["text", "audio"]}, "modalities"),
        ({"messages": user("hello"), "extra_body": {"response_format": "json"}}, "response_format"),
        ({"messages": user("hello"), "extra_body": {"n": 0}}, "n"),
    ],
)
def test_what_would_change_the_reply_is_refused_in_their_shape(
    anna: openai.OpenAI, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=said) as raised:
        anna.chat.completions.create(model="x", **given)
    assert raised.value.type == "invalid_request_error"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "kind"),
    [
        ("GET", "/v1/chat/completions", {}, 405, "invalid_request_error"),
        ("POST", "/v1/embeddings", {}, 404, "not_found_error"),
        ("GET", "/v1/models/gpt-4", {}, 404, "not_found_error"),
        ("GET", "/open-webui/v1/nothing", {}, 404, "not_found_error"),
        ("GET", "/v1/models", {"Host": "evil.example"}, 421, "invalid_request_error"),
        ("GET", "/v1/models", {"Origin": "https://evil.example"}, 403, "permission_error"),
        ("GET", "/v1/models", {"Authorization": "Bearer nobody"}, 401, "authentication_error"),
        ("POST", "/v1/chat/completions", {"Content-Type": "text/plain"}, 415, "invalid_request_error"),
    ],
)
def test_every_refusal_is_of_their_shape(
    served: Served, method: str, path: str, headers: dict[str, str], status: int, kind: str
) -> None:
    with served.client("root") as client:
        response = client.request(method, path, headers=headers)
    assert response.status_code == status
    error = response.json()["error"]
    assert (sorted(error), error["type"]) == (["code", "message", "param", "type"], kind)


def test_asking_too_often_is_their_error_of_rates(serve: Serve, tenants: Path, tokens: Tokens) -> None:
    with serve(tenants, tokens=tokens) as at, at.client() as nobody:
        refused = [nobody.get("/v1/models") for _ in range(25)][-1]
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "rate_limit_error")
    assert int(refused.headers["retry-after"]) >= 1


def test_an_index_that_is_gone_is_an_error_of_their_shape(serve: Serve, tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", {"a.txt": ["The gazebo is green."]})
    with serve(index) as at, at.client() as client:
        index.rename(tmp_path / "old")
        response = client.post("/v1/chat/completions", json={"messages": user(QUESTION)})
    assert (response.status_code, response.json()["error"]["type"]) == (503, "server_error")
    assert str(tmp_path) not in response.text


def test_one_model_is_described(anna: openai.OpenAI) -> None:
    assert anna.models.retrieve("documents").id == "documents"
    with pytest.raises(openai.NotFoundError, match="no such"):
        anna.models.retrieve("gpt-4")


PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize(
    "content",
    [
        [PICTURE],
        [{"type": "text", "text": QUESTION}, PICTURE],
        [{"type": "text", "text": QUESTION}, {"type": "file", "file": {"file_data": "AAAA"}}],
        [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}],
    ],
)
def test_a_question_about_a_picture_or_a_file_is_refused(anna: openai.OpenAI, content: list[Any]) -> None:
    messages: list[Any] = [*user(QUESTION), {"role": "user", "content": content}]
    with pytest.raises(openai.BadRequestError, match="this model reads text only"):
        anna.chat.completions.create(model="x", messages=messages)


def test_a_picture_before_the_question_is_passed_over(anna: openai.OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": [PICTURE]}, {"role": "assistant", "content": "A cat."}]
    reply = anna.chat.completions.create(model="x", messages=[*messages, *user(QUESTION)])
    assert QUOTE in (reply.choices[0].message.content or "")


def test_instructions_and_results_of_tools_may_be_long(anna: openai.OpenAI) -> None:
    before: list[Any] = [
        {"role": "system", "content": "x" * 100_000},
        {"role": "tool", "tool_call_id": "1", "content": "x" * 100_000},
    ]
    reply = anna.chat.completions.create(model="x", messages=[*before, *user(QUESTION)])
    assert QUOTE in (reply.choices[0].message.content or "")
    long: list[Any] = [{"role": "assistant", "content": "x" * 50_000}]
    with pytest.raises(openai.BadRequestError, match="at most 40000 characters"):
        anna.chat.completions.create(model="x", messages=[*user("hello"), *long, *user(QUESTION)])


def test_open_webui_gets_its_own_source_events(served: Served) -> None:
    body = {"model": "documents", "messages": user(QUESTION), "stream": True}
    with served.client("anna") as client:
        reply = client.post("/open-webui/v1/chat/completions", json=body)
    assert '"annotations"' not in reply.text.replace('"annotations":[]', "")
    [event] = [line for line in reply.text.splitlines() if '"event"' in line]
    data = json.loads(event.removeprefix("data: "))["event"]["data"]
    assert data["document"] == [QUOTE]
    assert data["source"]["url"].startswith(f"{served.url}/cite/")
    assert reply.text.endswith("data: [DONE]\n\n")


OFFERED = [{"type": "function", "function": {"name": "search_web", "parameters": {}}}]


@pytest.mark.parametrize(
    ("choice", "status"), [({}, 200), ({"tool_choice": "auto"}, 200), ({"tool_choice": "required"}, 400)]
)
def test_tools_that_open_webui_offers_with_each_question_are_not_called(
    served: Served, choice: dict[str, str], status: int
) -> None:
    body = {"model": "documents", "messages": user(QUESTION), "tools": OFFERED, **choice}
    with served.client("anna") as client:
        reply = client.post("/open-webui/v1/chat/completions", json=body)
    assert reply.status_code == status
    assert (QUOTE in reply.text) == (status == 200)
    assert ("tools: this model calls none" in reply.text) == (status == 400)


def test_addresses_of_citations_are_those_of_the_proxy_in_front(served: Served) -> None:
    with served.client("anna", **{"X-Forwarded-Proto": "https"}) as client:
        reply = client.post("/v1/chat/completions", json={"model": "documents", "messages": user(QUESTION)})
    (annotation,) = reply.json()["choices"][0]["message"]["annotations"]
    assert annotation["url_citation"]["url"].startswith(served.url.replace("http://", "https://") + "/cite/")


LITELLM = """
import json, sys
import litellm
messages, settings = json.load(sys.stdin)
print(litellm.completion(messages=messages, **settings).choices[0].message.content)
chunks = litellm.completion(messages=messages, stream=True, **settings)
print("".join(chunk.choices[0].delta.content or "" for chunk in chunks))
"""


@pytest.mark.skipif(find_spec("litellm") is None, reason="LiteLLM is not installed")
def test_litellm_passes_it_on(served: Served) -> None:
    """In a process of its own: it leaves an event loop behind, of which another test would be told."""
    settings = {"model": "openai/documents", "api_base": f"{served.url}/v1", "api_key": TOKENS["anna"]}
    done = subprocess.run(
        [sys.executable, "-c", LITELLM],
        input=json.dumps([user(QUESTION), settings]),
        env=os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"},  # else importing it asks the network for prices
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count(QUOTE) == 2


def test_a_page_of_another_site_gets_nothing(served: Served) -> None:
    body = {"model": "x", "messages": user(QUESTION)}
    with served.client("anna", origin="https://evil.example") as client:
        assert client.post("/v1/chat/completions", json=body).status_code == 403
    assert httpx.post(f"{served.url}/v1/chat/completions", json=body).status_code == 401


def test_it_is_a_chat_model_of_langchain(served: Served) -> None:
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model="documents", base_url=f"{served.url}/v1", api_key=TOKENS["anna"], max_retries=0)
    assert QUOTE in str(model.invoke(QUESTION).text)
    assert QUOTE in "".join(str(chunk.text) for chunk in model.stream(QUESTION))
