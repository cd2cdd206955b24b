"""The older LangChain package against the fake platform, where it is installed."""

import gc
from collections.abc import Iterator

import pytest

from mistral_rag.testing import FakeMistral, Reply, call

pytestmark = pytest.mark.filterwarnings("ignore")
langchain_mistralai = pytest.importorskip("langchain_mistralai")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMistral]:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with FakeMistral() as fake:
        yield fake
    gc.collect()  # its connections are left to the collector, which must not warn in another module's test


def test_it_invokes_streams_and_calls_tools(fake: FakeMistral) -> None:
    chat = langchain_mistralai.ChatMistralAI(
        model="mistral-small-latest", api_key=fake.key, base_url=fake.base_url, max_retries=1
    )
    assert chat.invoke("hello").content == "You said: hello"
    assert "".join(chunk.content for chunk in chat.stream("hello")) == "You said: hello"
    fake.script(Reply("", [call("add", {"a": 1}, id="aaaaaaaa1")]))
    schema = {"name": "add", "description": "", "parameters": {"type": "object", "properties": {}}}
    [used] = chat.bind_tools([schema]).invoke("1 and 1").tool_calls
    assert (used["name"], used["args"], used["id"]) == ("add", {"a": 1}, "aaaaaaaa1")


async def test_it_works_with_coroutines(fake: FakeMistral) -> None:
    chat = langchain_mistralai.ChatMistralAI(model="mistral-small-latest", api_key=fake.key, base_url=fake.base_url)
    assert (await chat.ainvoke("hello")).content == "You said: hello"


def test_it_embeds(fake: FakeMistral) -> None:
    embeddings = langchain_mistralai.MistralAIEmbeddings(api_key=fake.key, endpoint=f"{fake.base_url}/")
    assert [len(vector) for vector in embeddings.embed_documents(["net sales", "trains"])] == [1024, 1024]
