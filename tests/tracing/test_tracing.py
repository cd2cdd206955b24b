"""Spans as the SDK of OpenTelemetry records them."""

import json
import subprocess
import sys
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.messages import ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from mistral_rag import ChatMistral, MistralClient, MistralEmbeddings, MistralFIM
from mistral_rag.errors import RateLimitError, RefusalError
from mistral_rag.platform import ManagedIndexRetriever
from mistral_rag.routing import ChatRouter
from mistral_rag.testing import FakeMistral, Reply, call, faults
from mistral_rag.tracing import SpanCallback, traced

SWITCH = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


class Recorder:
    """A tracer provider that keeps its spans."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    @property
    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self.exporter.get_finished_spans()}

    def attributes(self, name: str) -> dict[str, Any]:
        return dict(self.spans[name].attributes or {})


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def fake() -> FakeMistral:
    return FakeMistral()


@pytest.fixture
def to_fake(fake: FakeMistral) -> dict[str, Any]:
    return {"base_url": fake.base_url, "api_key": fake.key, "transport": fake.transport()}


def parent_of(span: ReadableSpan, recorder: Recorder) -> str | None:
    names = {one.context.span_id: one.name for one in recorder.exporter.get_finished_spans() if one.context}
    return names[span.parent.span_id] if span.parent else None


def test_a_chat_is_a_span_by_the_conventions(to_fake: dict[str, Any], recorder: Recorder) -> None:
    with traced(tracer_provider=recorder.provider):
        reply = ChatMistral(temperature=0.2, max_tokens=50, stop=["END"], **to_fake).invoke("Good morning")
    found = recorder.attributes("chat mistral-small-latest")
    assert found == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.request.model": "mistral-small-latest",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 50,
        "gen_ai.request.stop_sequences": ("END",),
        "gen_ai.response.model": reply.response_metadata["model_name"],
        "gen_ai.response.id": reply.response_metadata["id"],
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": reply.usage_metadata and reply.usage_metadata["input_tokens"],
        "gen_ai.usage.output_tokens": reply.usage_metadata and reply.usage_metadata["output_tokens"],
        "gen_ai.usage.cache_read.input_tokens": 0,
        "mistral_rag.request_id": reply.response_metadata["request_id"],
    }


async def test_a_stream_has_the_time_of_its_first_chunk(to_fake: dict[str, Any], recorder: Recorder) -> None:
    with traced(tracer_provider=recorder.provider):
        assert [chunk async for chunk in ChatMistral(**to_fake).astream("Good morning")]
    found = recorder.attributes("chat mistral-small-latest")
    assert found["gen_ai.response.time_to_first_chunk"] > 0
    assert found["gen_ai.usage.output_tokens"] > 0


def test_a_chain_is_a_trace_of_its_parts(to_fake: dict[str, Any], recorder: Recorder) -> None:
    embeddings = MistralEmbeddings(**to_fake)
    prompt = ChatPromptTemplate.from_messages([("user", "{question}")])
    embed: RunnableLambda[str, dict[str, str]] = RunnableLambda(
        lambda question: {"question": f"{question}{len(embeddings.embed_query(question))}"}
    )
    chain = (embed | prompt | ChatMistral(**to_fake) | StrOutputParser()).with_config(run_name="answering")
    with traced(tracer_provider=recorder.provider):
        chain.invoke("How many? ")
    assert {name: parent_of(span, recorder) for name, span in recorder.spans.items()} == {
        "invoke_workflow answering": None,
        "embeddings mistral-embed": "invoke_workflow answering",
        "chat mistral-small-latest": "invoke_workflow answering",
    }
    found = recorder.attributes("embeddings mistral-embed")
    assert found["gen_ai.usage.input_tokens"] > 0
    assert found["mistral_rag.request_id"]


def test_a_search_and_a_tool_are_spans(to_fake: dict[str, Any], recorder: Recorder) -> None:
    client = MistralClient(**to_fake)
    client.search_indexes.create("handbook")
    client.search_indexes.add("handbook", [{"id": "a", "content": "The pump is inspected in May."}])

    @tool
    def look_up(question: str) -> list[Document]:
        """Look it up."""
        return ManagedIndexRetriever(index="handbook", client=client).invoke(question)

    with traced(tracer_provider=recorder.provider):
        called = {"name": "look_up", "args": {"question": "pump"}, "id": "call00001", "type": "tool_call"}
        assert isinstance(look_up.invoke(called), ToolMessage)
    search, ran = recorder.spans["retrieval ManagedIndexRetriever"], recorder.spans["execute_tool look_up"]
    assert parent_of(search, recorder) == ran.name
    assert dict(search.attributes or {}) == {"gen_ai.operation.name": "retrieval", "mistral_rag.retrieval.documents": 1}
    assert dict(ran.attributes or {}) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look_up",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "call00001",
    }


@pytest.mark.parametrize(
    ("asked", "shown"), [(None, False), ("true", True), ("SPAN_ONLY", True), ("NO_CONTENT", False)]
)
def test_texts_are_shown_only_when_asked_for(
    fake: FakeMistral,
    to_fake: dict[str, Any],
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    asked: str | None,
    shown: bool,
) -> None:
    monkeypatch.delenv(SWITCH, raising=False)
    if asked:
        monkeypatch.setenv(SWITCH, asked)
    fake.script(Reply(tool_calls=[call("weather", {"city": "secret town"})]))
    with traced(tracer_provider=recorder.provider):
        ChatMistral(**to_fake).invoke([("system", "secret rules"), ("user", "secret question")])
        MistralFIM(**to_fake).invoke("secret code")
        with pytest.raises(RefusalError):
            ChatMistral(**to_fake, guardrails=[{"moderation_llm_v2": {"action": "block"}}]).invoke("secret bomb")
    exported = "".join(span.to_json() for span in recorder.exporter.get_finished_spans())
    assert ("secret" in exported) is shown
    assert fake.key not in exported
    if shown:
        [first, *_] = recorder.exporter.get_finished_spans()
        said = dict(first.attributes or {})
        assert json.loads(str(said["gen_ai.system_instructions"])) == [{"type": "text", "content": "secret rules"}]
        [answered] = json.loads(str(said["gen_ai.output.messages"]))
        assert (answered["parts"][0]["name"], answered["finish_reason"]) == ("weather", "tool_calls")


def test_an_error_is_its_class_and_status_and_not_its_words(
    fake: FakeMistral, to_fake: dict[str, Any], recorder: Recorder
) -> None:
    fake.faults.add(faults.rate_limit(), times=2)
    with traced(tracer_provider=recorder.provider):
        with pytest.raises(RateLimitError) as caught:
            ChatMistral(max_retries=0, **to_fake).invoke("Good morning")
        with pytest.raises(RateLimitError):
            MistralEmbeddings(max_retries=0, **to_fake).embed_query("Good morning")
    for name in ("chat mistral-small-latest", "embeddings mistral-embed"):
        found = recorder.attributes(name)
        assert (found["error.type"], found["http.response.status_code"]) == ("RateLimitError", 429)
        assert (recorder.spans[name].status.status_code, recorder.spans[name].status.description) == (
            StatusCode.ERROR,
            None,
        )
    assert recorder.attributes("chat mistral-small-latest")["mistral_rag.request_id"] == caught.value.request_id


def test_the_callback_alone_follows_one_chain(to_fake: dict[str, Any], recorder: Recorder) -> None:
    callback = SpanCallback(tracer_provider=recorder.provider)
    ChatMistral(**to_fake).invoke("Good morning", config={"callbacks": [callback]})
    ChatMistral(**to_fake).invoke("Good evening")
    assert [span.name for span in recorder.exporter.get_finished_spans()] == ["chat mistral-small-latest"]


def test_nothing_is_recorded_without_an_sdk_or_outside_the_block(to_fake: dict[str, Any], recorder: Recorder) -> None:
    with traced():
        assert ChatMistral(**to_fake).invoke("Good morning").text == "You said: Good morning"
    with traced(tracer_provider=recorder.provider):
        pass
    ChatMistral(**to_fake).invoke("Good morning")
    MistralEmbeddings(**to_fake).embed_query("Good morning")
    assert recorder.spans == {}


def test_without_the_extra_the_command_is_named() -> None:
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from mistral_rag.errors import MissingExtraError\n"
        "try:\n    from mistral_rag.tracing import traced\n"
        "except MissingExtraError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == 'Tracing needs optional packages. Run: pip install "mistral-rag[otel]"\n'


def test_a_stream_that_is_left_is_no_error(to_fake: dict[str, Any], recorder: Recorder) -> None:
    with traced(tracer_provider=recorder.provider):
        stream = ChatMistral(**to_fake).stream("Good morning")
        next(iter(stream))
        del stream
    [span] = recorder.spans.values()
    assert span.status.status_code is StatusCode.UNSET
    assert "error.type" not in (span.attributes or {})


def test_the_provider_is_the_one_that_answered(to_fake: dict[str, Any], recorder: Recorder) -> None:
    with traced(tracer_provider=recorder.provider):
        ChatRouter(targets=[ChatMistral(**to_fake)]).invoke("Good morning")
        MistralFIM(**to_fake).invoke("def a():")
    assert [recorder.attributes(name)["gen_ai.provider.name"] for name in recorder.spans] == ["mistral_ai"] * 2
