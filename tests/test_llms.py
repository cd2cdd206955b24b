"""MistralFIM: code between a prompt and a suffix, on the platform and on Codestral's own host."""

import copy
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.outputs import GenerationChunk

from mistral_rag import MistralFIM
from mistral_rag.errors import ApiError, AuthenticationError, InvalidRequestError, StreamError, UnknownModelError
from mistral_rag.testing import FakeMistral, Reply, faults


@pytest.fixture
def fim(fake: FakeMistral) -> MistralFIM:
    return MistralFIM(base_url=fake.base_url, api_key=fake.key, transport=fake.transport())


@pytest.fixture
def fake() -> FakeMistral:
    """The fake platform without a server."""
    return FakeMistral()


def test_code_comes_between_prompt_and_suffix(fake: FakeMistral, fim: MistralFIM) -> None:
    fake.script(lambda request: f"{request.prompt}|{request.suffix}|{request.max_tokens}")
    fim = fim.model_copy(update={"max_tokens": 50})
    assert fim.invoke("def f(x):", suffix="\nprint(f(1))") == "def f(x):|\nprint(f(1))|50"
    assert fake.requests[0].path == "/v1/fim/completions"
    assert fake.requests[0].json == {
        "model": "codestral-latest",
        "prompt": "def f(x):",
        "suffix": "\nprint(f(1))",
        "max_tokens": 50,
    }


def test_only_what_was_set_is_sent(fake: FakeMistral, fim: MistralFIM) -> None:
    fim.invoke("a")
    fim.with_suffix("z").bind(random_seed=3).invoke("a", stop=["\n"])
    assert fake.requests[0].json == {"model": "codestral-latest", "prompt": "a"}
    assert fake.requests[1].json == {
        "model": "codestral-latest", "prompt": "a", "suffix": "z", "random_seed": 3, "stop": ["\n"],
    }  # fmt: skip


async def test_several_prompts_keep_their_order(fim: MistralFIM) -> None:
    assert fim.batch(["def a():", "def b():"]) == ["    return a\n", "    return b\n"]
    result = await fim.agenerate(["def a():", "def b():"])
    assert [found[0].text for found in result.generations] == ["    return a\n", "    return b\n"]
    assert result.llm_output is not None
    assert result.llm_output["token_usage"]["completion_tokens"] == 4
    assert result.generations[0][0].generation_info is not None
    assert result.generations[0][0].generation_info["finish_reason"] == "stop"


async def test_code_is_streamed(fake: FakeMistral, fim: MistralFIM) -> None:
    fake.script("a = 1\nb = 2", "a = 1\nb = 2")
    assert "".join(fim.stream("#")) == "a = 1\nb = 2"
    assert "".join([piece async for piece in fim.astream("#")]) == "a = 1\nb = 2"
    assert fake.requests[0].json["stream"] is True


def test_the_last_chunk_has_reason_and_usage(fim: MistralFIM) -> None:
    chunks: list[GenerationChunk] = list(fim._stream("def a():"))
    info: dict[str, Any] = chunks[-1].generation_info or {}
    assert (info["finish_reason"], info["token_usage"]["completion_tokens"]) == ("stop", 2)


def test_a_stream_that_breaks_keeps_its_text(fake: FakeMistral, fim: MistralFIM) -> None:
    fake.script("one two three four five six")
    fake.faults.add(faults.cut_stream(after=3))
    with pytest.raises(ApiError) as caught:
        list(fim.stream("#"))
    assert str(caught.value.partial).startswith("one")


def test_a_stream_without_an_end_is_not_whole(fake: FakeMistral, fim: MistralFIM) -> None:
    fake.script("one two three four five six")
    fake.faults.add(faults.end_stream(after=3))
    with pytest.raises((StreamError, ApiError)):
        list(fim.stream("#"))


def test_refusals_are_typed(fake: FakeMistral, fim: MistralFIM) -> None:
    with pytest.raises(UnknownModelError):
        fim.bind(model="mistral-large-latest").invoke("x")
    with pytest.raises(InvalidRequestError, match="nonsense"):
        fim.bind(nonsense=1).invoke("x")
    with pytest.raises(ValueError, match="temperature"):
        MistralFIM(temperature=2)
    fake.script(Reply("cut", finish_reason="error"))
    with pytest.raises(StreamError):
        fim.invoke("x")


def test_codestral_has_a_host_and_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESTRAL_API_KEY", "codestral-key-of-nobody")
    monkeypatch.setenv("MISTRAL_API_KEY", "platform-key-of-nobody")
    own = MistralFIM()
    assert (own.base_url, own.api_key and own.api_key.get_secret_value()) == (
        "https://codestral.mistral.ai/v1",
        "codestral-key-of-nobody",
    )
    elsewhere = MistralFIM(base_url="https://api.mistral.ai/v1")
    assert elsewhere.api_key is not None
    assert elsewhere.api_key.get_secret_value() == "platform-key-of-nobody"
    given = MistralFIM(api_key="given")
    assert given.base_url == "https://api.mistral.ai/v1"
    named = MistralFIM(base_url="https://codestral.mistral.ai/v1/")
    assert named.api_key is not None
    assert named.api_key.get_secret_value() == "codestral-key-of-nobody"


def test_a_kept_state_holds_no_key_and_takes_that_of_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESTRAL_API_KEY", "codestral-key-of-nobody")
    fim = MistralFIM()
    kept = fim.__getstate__()
    assert "codestral-key-of-nobody" not in repr(kept) + repr(fim)
    again = copy.copy(fim)
    again.__setstate__(kept)
    assert again.api_key is not None
    assert again.api_key.get_secret_value() == "codestral-key-of-nobody"


def test_without_a_key_the_first_call_says_so(fake: FakeMistral) -> None:
    with pytest.raises(AuthenticationError, match="MISTRAL_API_KEY"):
        MistralFIM(base_url=fake.base_url, transport=fake.transport()).invoke("x")


async def test_a_cache_tells_suffixes_and_parameters_of_a_call_apart(fake: FakeMistral, fim: MistralFIM) -> None:
    cached = fim.model_copy(update={"cache": InMemoryCache()})
    fake.script(*[lambda request: f"{request.suffix}|{request.temperature}|{request.model}"] * 5)
    calls: list[dict[str, Any]] = [
        {}, {"suffix": "x"}, {"suffix": "y"}, {"temperature": 0.5}, {"model": "codestral-2508"},
    ]  # fmt: skip
    expected = [
        "|None|codestral-latest", "x|None|codestral-latest", "y|None|codestral-latest", "|0.5|codestral-latest",
        "|None|codestral-2508",
    ]  # fmt: skip
    assert [cached.invoke("def a():", **given) for given in calls] == expected
    assert [await cached.ainvoke("def a():", **given) for given in calls] == expected
    assert len(fake.requests) == 5
