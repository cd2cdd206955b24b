"""Fill in the middle."""

from typing import Any

import httpx

from mistral_rag.testing import FakeMistral


def ask(client: httpx.Client, **more: Any) -> httpx.Response:
    body = {"model": "codestral-latest", "prompt": "def double(value):", "suffix": "print(double(2))", **more}
    return client.post("/fim/completions", json=body)


def test_code_comes_as_a_chat_reply(client: httpx.Client) -> None:
    body = ask(client).json()
    assert body["choices"][0]["message"]["content"] == "    return double(value\n"
    assert body["usage"]["prompt_tokens"] == 5
    assert ask(client, stream=True).text.endswith("data: [DONE]\n\n")


def test_it_can_be_scripted_and_cut(fake: FakeMistral, direct: httpx.Client) -> None:
    fake.script("return 2 * value", lambda request: request.suffix)
    first = ask(direct, max_tokens=2).json()["choices"][0]
    assert (first["message"]["content"], first["finish_reason"]) == ("return 2", "length")
    assert ask(direct).json()["choices"][0]["message"]["content"] == "print(double(2))"


def test_a_chat_model_can_not_do_it(direct: httpx.Client) -> None:
    assert ask(direct, model="mistral-small-latest").json()["code"] == "1500"
    assert ask(direct, messages=[]).status_code == 422
