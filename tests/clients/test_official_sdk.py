"""The vendor's own client against the fake platform: whatever it can't do here, the fake refuses wrongly."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mistralai.client import Mistral
from mistralai.client import errors as sdk_errors
from mistralai.client.models import BaseModelCard

from mistral_rag import MistralOCR
from mistral_rag.testing import FakeMistral, Reply, ScriptedPage, call, faults, references, thinking

MODEL = "mistral-small-latest"
HELLO: list[Any] = [{"role": "user", "content": "hello there"}]
ADD: Any = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add two numbers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        },
    },
}


@pytest.fixture
def client(fake: FakeMistral) -> Iterator[Mistral]:
    with Mistral(api_key=fake.key, server_url=fake.base_url.removesuffix("/v1")) as client:
        yield client


def test_a_completion(client: Mistral) -> None:
    reply = client.chat.complete(model=MODEL, messages=HELLO, temperature=0.2, random_seed=7)
    choice = reply.choices[0]
    assert choice.message is not None
    assert (choice.message.content, choice.finish_reason) == ("You said: hello there", "stop")
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens) == (6, 4, 10)


def test_a_stream_ends_with_usage_and_finish_reason(client: Mistral) -> None:
    with client.chat.stream(model=MODEL, messages=HELLO) as events:
        chunks = [event.data for event in events]
    assert "".join(str(chunk.choices[0].delta.content) for chunk in chunks) == "You said: hello there"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "stop"]
    assert chunks[-1].usage is not None
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)


async def test_async_calls_and_streams(fake: FakeMistral) -> None:
    async with Mistral(api_key=fake.key, server_url=fake.base_url.removesuffix("/v1")) as client:
        reply = await client.chat.complete_async(model=MODEL, messages=HELLO)
        stream = await client.chat.stream_async(model=MODEL, messages=HELLO)
        async with stream:
            said = [event.data.choices[0].delta.content async for event in stream]
    assert reply.choices[0].message is not None
    assert "".join(map(str, said)) == reply.choices[0].message.content == "You said: hello there"


def test_a_tool_is_called_and_its_result_used(client: Mistral) -> None:
    asked: list[Any] = [{"role": "user", "content": "Please add 3 and 4"}]
    message = client.chat.complete(model=MODEL, messages=asked, tools=[ADD], tool_choice="auto").choices[0].message
    assert message is not None
    assert message.tool_calls
    used = message.tool_calls[0]
    assert (used.function.name, json.loads(str(used.function.arguments))) == ("add", {"a": 3, "b": 4})
    result = {"role": "tool", "content": "7", "tool_call_id": used.id, "name": "add"}
    after = client.chat.complete(model=MODEL, messages=[*asked, message, result], tools=[ADD])
    assert after.choices[0].message is not None
    assert after.choices[0].message.content == "The tool says: 7"


def test_thinking_and_references_come_as_chunks(fake: FakeMistral, client: Mistral) -> None:
    script = Reply([thinking("Let me see."), "Paris ", references(0), "of course."])
    fake.script(script, script)
    whole = client.chat.complete(model="magistral-medium-latest", messages=HELLO).choices[0].message
    assert whole is not None
    assert isinstance(whole.content, list)
    assert [chunk.type for chunk in whole.content] == ["thinking", "text", "reference", "text"]
    with client.chat.stream(model="magistral-medium-latest", messages=HELLO) as events:
        deltas = [event.data.choices[0].delta.content for event in events]
    kinds = [[part.type for part in delta] if isinstance(delta, list) else delta for delta in deltas]
    assert kinds == ["", ["thinking"], ["thinking"], ["thinking", "text"], ["reference"], "of", " course.", ""]


def test_json_of_a_schema(client: Mistral) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "city", "schema": schema, "strict": True}}
    message = client.chat.complete(model=MODEL, messages=HELLO, response_format=wanted).choices[0].message
    assert message is not None
    assert json.loads(str(message.content)) == {"city": "hello there"}


def test_embeddings_in_order(client: Mistral) -> None:
    reply = client.embeddings.create(model="mistral-embed", inputs=["net sales", "travel by train"])
    assert [(item.index, len(item.embedding or ())) for item in reply.data] == [(0, 1024), (1, 1024)]
    assert reply.usage.prompt_tokens == 5


def test_models_are_listed(client: Mistral) -> None:
    cards = client.models.list().data or []
    assert {"mistral-small-latest", "mistral-embed", "mistral-ocr-latest"} <= {
        card.id for card in cards if isinstance(card, BaseModelCard)
    }
    card = client.models.retrieve(model_id=MODEL)
    assert isinstance(card, BaseModelCard)
    assert (card.id, card.capabilities.vision) == (MODEL, True)


def test_a_refused_body_is_the_sdks_validation_error(client: Mistral) -> None:
    with pytest.raises(sdk_errors.HTTPValidationError) as caught:
        client.chat.complete(model=MODEL, messages=HELLO, top_k=3)
    assert caught.value.data.detail is not None
    assert caught.value.data.detail[0].loc == ["body", "top_k"]


def test_a_wrong_key_is_refused(fake: FakeMistral) -> None:
    server = fake.base_url.removesuffix("/v1")
    with Mistral(api_key="wrong", server_url=server) as client, pytest.raises(sdk_errors.SDKError) as caught:
        client.chat.complete(model=MODEL, messages=HELLO)
    assert caught.value.status_code == 401


def test_a_rate_limit_is_an_error_of_the_sdk(fake: FakeMistral, client: Mistral) -> None:
    fake.faults.add(faults.rate_limit(retry_after=1))
    with pytest.raises(sdk_errors.SDKError) as caught:
        client.chat.complete(model=MODEL, messages=HELLO)
    assert (caught.value.status_code, caught.value.headers["retry-after"]) == (429, "1")


def test_scripted_calls_reach_the_sdk_in_one_delta(fake: FakeMistral, client: Mistral) -> None:
    fake.script(Reply("One moment.", [call("add", {"a": 1, "b": 2}, id="abcDEF123"), call("add", {"a": 3, "b": 4})]))
    with client.chat.stream(model=MODEL, messages=HELLO, tools=[ADD]) as events:
        calls = [event.data.choices[0].delta.tool_calls for event in events]
    assert [len(found) for found in calls if found] == [2]
    assert calls[-1]
    assert calls[-1][0].id == "abcDEF123"


def test_code_between_code(client: Mistral) -> None:
    reply = client.fim.complete(model="codestral-latest", prompt="def f(x):", suffix="f(1)", max_tokens=8)
    assert reply.choices[0].message is not None
    assert reply.choices[0].message.content == "    return f(x\n"
    with client.fim.stream(model="codestral-latest", prompt="def f(x):") as events:
        assert "".join(str(event.data.choices[0].delta.content) for event in events) == "    return f(x\n"


def test_moderation(client: Mistral) -> None:
    results = client.classifiers.moderate(model="mistral-moderation-2603", inputs=["kill", "good day"]).results
    assert [(result.categories or {})["violence_and_threats"] for result in results] == [True, False]
    turns: Any = [{"role": "user", "content": "a bomb"}]
    judged = client.classifiers.moderate_chat(model="mistral-moderation-2603", inputs=turns).results
    assert (judged[0].categories or {})["dangerous"]


def test_files_are_uploaded_listed_read_and_deleted(client: Mistral) -> None:
    card = client.files.upload(file={"file_name": "a.pdf", "content": b"%PDF-1.7"}, purpose="ocr")
    assert (card.filename, card.size_bytes, card.purpose) == ("a.pdf", 8, "ocr")
    assert [one.id for one in client.files.list(purpose="ocr").data] == [card.id]
    assert client.files.retrieve(file_id=card.id).filename == "a.pdf"
    assert client.files.download(file_id=card.id).read() == b"%PDF-1.7"
    assert card.id in client.files.get_signed_url(file_id=card.id).url
    assert client.files.delete(file_id=card.id).deleted


def test_a_batch_runs_inline(client: Mistral) -> None:
    requests: Any = [{"custom_id": str(n), "body": {"messages": HELLO, "max_tokens": 3}} for n in range(3)]
    job = client.batch.jobs.create(endpoint="/v1/chat/completions", model=MODEL, requests=requests)
    seen = [client.batch.jobs.get(job_id=job.id, inline=True) for _ in range(2)]
    assert [job.status, *(one.status for one in seen)] == ["QUEUED", "RUNNING", "SUCCESS"]
    assert [one["custom_id"] for one in seen[1].outputs or []] == ["2", "1", "0"]
    assert [one.id for one in client.batch.jobs.list().data or []] == [job.id]
    other = client.batch.jobs.create(endpoint="/v1/chat/completions", model=MODEL, requests=requests)
    assert client.batch.jobs.cancel(job_id=other.id).status == "CANCELLATION_REQUESTED"


def test_ocr_with_everything_on(fake: FakeMistral, client: Mistral) -> None:
    fake.script_pages(ScriptedPage("# Title\n\n| a | b |\n| --- | --- |\n| 1 | 2 |", header="ACME", footer="7"))
    fake.documents["https://example.com/a.pdf"] = b"%PDF-1.7"
    document: Any = {"type": "document_url", "document_url": "https://example.com/a.pdf"}
    reply = client.ocr.process(
        model="mistral-ocr-latest",
        document=document,
        table_format="html",
        extract_header=True,
        extract_footer=True,
        include_blocks=True,
        confidence_scores_granularity="word",
    )
    [page] = reply.pages
    assert (page.header, page.footer, page.markdown) == ("ACME", "7", "# Title\n\n[tbl-0.html](tbl-0.html)")
    assert [table.format_ for table in page.tables or []] == ["html"]
    assert [block.type for block in page.blocks or []] == ["title", "table"]
    assert reply.usage_info.pages_processed == 1


def test_an_uploaded_file_is_read_as_ours_is(fake: FakeMistral, client: Mistral, checkout: Path) -> None:
    path = checkout / "data" / "2022 Q3 AAPL.pdf"
    file = client.files.upload(file={"file_name": path.name, "content": path.read_bytes()}, purpose="ocr")
    document: Any = {"type": "file", "file_id": file.id}
    theirs = client.ocr.process(model="mistral-ocr-latest", document=document, pages=[3, 4], table_format="html")
    reader = MistralOCR(base_url=fake.base_url, api_key=fake.key, compare_text_layer=False)
    ours = reader.read(path, pages=[4, 5], upload_above=0)
    assert [page.markdown for page in theirs.pages] == [page.markdown for page in ours.pages]
    assert [page.index + 1 for page in theirs.pages] == [page.locator.number for page in ours.pages]
    assert [one.id for one in client.files.list(purpose="ocr").data] == [file.id]


def test_an_agent_is_made_and_asked(client: Mistral) -> None:
    agent = client.beta.agents.create(model=MODEL, name="clerk", instructions="Be brief.", tools=[ADD])
    assert client.beta.agents.get(agent_id=agent.id).instructions == "Be brief."
    assert client.beta.agents.update(agent_id=agent.id, description="adds").version == 1
    reply = client.agents.complete(agent_id=agent.id, messages=HELLO)
    assert reply.choices[0].message is not None
    assert reply.choices[0].message.content == "You said: hello there"
    client.beta.agents.delete(agent_id=agent.id)
    with pytest.raises(sdk_errors.SDKError):
        client.beta.agents.get(agent_id=agent.id)


def test_versions_of_an_agent(client: Mistral) -> None:
    agent = client.beta.agents.create(model=MODEL, name="clerk", instructions="Be brief.")
    client.beta.agents.update(agent_id=agent.id, instructions="Be long.")
    assert [one.version for one in client.beta.agents.list_versions(agent_id=agent.id)] == [1, 0]
    assert client.beta.agents.update_version(agent_id=agent.id, version=0).instructions == "Be brief."


def test_a_conversation_with_tools_and_events(client: Mistral) -> None:
    search: Any = {"type": "web_search"}
    started = client.beta.conversations.start(model=MODEL, inputs="please search", tools=[search])
    assert [one.type for one in started.outputs] == ["tool.execution", "message.output"]
    identity = started.conversation_id
    assert client.beta.conversations.append(conversation_id=identity, inputs="more").usage.total_tokens
    history = client.beta.conversations.get_history(conversation_id=identity)
    assert next(one.type for one in history.entries if str(one.type).startswith("message")) == "message.input"
    with client.beta.conversations.append_stream(conversation_id=identity, inputs="please search") as events:
        kinds = [event.data.type for event in events]
    assert kinds[:3] == ["conversation.response.started", "tool.execution.started", "tool.execution.done"]
    assert kinds[-1] == "conversation.response.done"
    client.beta.conversations.delete(conversation_id=identity)


def test_a_recording_is_transcribed(client: Mistral) -> None:
    recording: Any = {"file_name": "a.mp3", "content": b"ID3"}
    said = client.audio.transcriptions.complete(model="voxtral-mini-latest", file=recording, diarize=True)
    assert (said.text, [one.speaker_id for one in said.segments or []]) == (
        "The pump is inspected in May. And in June.",
        ["speaker_1", "speaker_2"],
    )
    with client.audio.transcriptions.stream(model="voxtral-mini-latest", file=recording) as events:
        assert [event.data.type for event in events][-1] == "transcription.done"


@pytest.mark.filterwarnings("ignore:.*DEPRECATED:DeprecationWarning")  # of fields that the SDK itself reads
def test_a_library_and_its_documents(client: Mistral) -> None:
    library = client.beta.libraries.create(name="Handbook")
    file: Any = {"file_name": "a.txt", "content": b"The pump."}
    document = client.beta.libraries.documents.upload(library_id=library.id, file=file)
    client.beta.libraries.documents.status(library_id=library.id, document_id=document.id)
    text = client.beta.libraries.documents.text_content(library_id=library.id, document_id=document.id)
    assert text.text == "The pump."
    assert [one.id for one in client.beta.libraries.documents.list(library_id=library.id).data] == [document.id]
    client.beta.libraries.documents.delete(library_id=library.id, document_id=document.id)
    client.beta.libraries.delete(library_id=library.id)


def test_a_classifier(client: Mistral) -> None:
    reply = client.classifiers.classify(model="mistral-moderation-2603", inputs=["kill"])
    assert reply.results[0]["moderation"].scores["violence_and_threats"] == 0.98


@pytest.mark.filterwarnings("ignore:.*DEPRECATED:DeprecationWarning")
def test_a_connector_and_its_tools(client: Mistral) -> None:
    made: Any = client.beta.connectors.create(
        request={"name": "stock", "description": "", "server": "https://tools.example.com/mcp", "protocol": "mcp"}
    )
    result = client.beta.connectors.call_tool(connector_id_or_name="stock", tool_name="echo", arguments={"text": "x"})
    assert result.content[0].model_dump()["text"] == 'You said: "x"'
    client.beta.connectors.delete(connector_id=made.id)


def test_a_search_index(client: Mistral) -> None:
    indexes = client.beta.context.search_indexes
    embedding: Any = {"type": "mistral", "name": "mistral-embed", "dimensions": 1024}
    assert indexes.create(name="handbook", config={"embedding": embedding}).result.status == "provisioning"
    assert indexes.get(index_name="handbook").status == "ready"
    added = indexes.ingest_documents(index_name="handbook", documents=[{"id": "a", "content": "The pump."}])
    assert (added.accepted, added.rejected) == (1, 0)
    keyword: Any = {"type": "keyword", "query": "pump"}
    fused: Any = {"type": "rrf", "retrievers": [keyword, {"type": "nearest_neighbour", "query": "pump"}]}
    for retriever in (keyword, fused):
        [hit] = indexes.search(index_name="handbook", retriever=retriever).hits
        assert (hit.chunk.source_id, hit.chunk.content) == ("a", "The pump.")
    indexes.delete(index_name="handbook")
