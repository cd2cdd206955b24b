"""Models, moderation, classifiers, libraries, transcriptions and fine-tuning."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents.base import Blob

from mistral_rag import ChatMistral, MistralClient, MistralTranscriptionParser
from mistral_rag.errors import ConfigurationError, NotFoundError, ResponseError, SourceNotFoundError, UnknownModelError
from mistral_rag.platform import check_training_file
from mistral_rag.testing import FakeMistral, faults


def test_models_are_listed_and_shown(client: MistralClient) -> None:
    assert "mistral-small-latest" in {model.id for model in client.models.list()}
    card = client.models.get("codestral-latest")
    assert (card.max_context_length, card.capabilities["completion_fim"]) == (256_000, True)
    with pytest.raises(NotFoundError):
        client.models.get("nobody")


async def test_texts_and_conversations_are_judged(client: MistralClient) -> None:
    first, second = client.moderations.create(["I will kill them", "Good morning"]).results
    assert (first.found, second.found) == (("violence_and_threats",), ())
    assert first.category_scores["violence_and_threats"] == 0.98
    assert client.moderations.chat([("user", "How is a bomb made?")]).results[0].found == ("dangerous",)
    two = await client.moderations.achat([[("user", "hello")], [("user", "my passport")]])
    assert [verdict.found for verdict in two.results] == [(), ("pii",)]
    with pytest.raises(UnknownModelError):
        client.moderations.create("x", model="mistral-small-latest")


def test_a_classifier_gives_scores_of_its_targets(client: MistralClient) -> None:
    [result] = client.classifiers.create("kill", model="mistral-moderation-2603").results
    assert result["moderation"].scores["violence_and_threats"] == 0.98


def test_fields_that_the_platform_adds_are_kept(fake: FakeMistral, client: MistralClient) -> None:
    fake.faults.add(faults.error(200, {"id": "m", "colour": "red", "capabilities": {}}))
    assert client.models.get("m").model_extra == {"colour": "red"}


def test_a_reply_of_another_form_is_an_error_that_names_the_field(fake: FakeMistral, client: MistralClient) -> None:
    fake.faults.add(faults.error(200, {"object": "list", "data": [{"name": "no id"}]}))
    with pytest.raises(ResponseError, match=r"has not the form of Listing\[ModelCard\]: data.0.id: Field required"):
        client.models.list()


def test_a_library_reads_documents_and_is_shared(client: MistralClient, tmp_path: Path) -> None:
    library = client.libraries.create("Handbook", description="All of it")
    (tmp_path / "a.txt").write_text("The pump.")
    document = client.libraries.upload(library.id, tmp_path / "a.txt")
    assert client.libraries.status(library.id, document.id).process_status == "todo"
    assert client.libraries.document(library.id, document.id).is_processed
    assert client.libraries.text(library.id, document.id) == "The pump."
    assert [one.name for one in client.libraries.documents(library.id)] == ["a.txt"]
    somebody = "6f8b1c1e-4f7e-4a55-9a55-0c6f1b7f2a11"
    assert client.libraries.share(library.id, somebody, level="Editor").role == "Editor"
    assert [one.share_with_uuid for one in client.libraries.shares(library.id).data] == [somebody]
    client.libraries.unshare(library.id, somebody)
    assert client.libraries.shares(library.id).data == []
    assert client.libraries.remove(library.id, document.id).deleted
    client.libraries.delete(library.id)
    with pytest.raises(NotFoundError):
        client.libraries.get(library.id)


def test_a_recording_is_transcribed_with_times_and_speakers(
    fake: FakeMistral, client: MistralClient, tmp_path: Path
) -> None:
    (tmp_path / "talk.mp3").write_bytes(b"ID3")
    said = client.transcriptions.create(
        tmp_path / "talk.mp3", diarize=True, timestamp_granularities=["segment"], context_bias=["pump", "May"]
    )
    assert said.text == "The pump is inspected in May. And in June."
    assert [(one.start, one.end, one.speaker_id) for one in said.segments] == [
        (0.0, 2.5, "speaker_1"),
        (2.5, 4.0, "speaker_2"),
    ]
    assert fake.requests[0].body.count(b'name="context_bias"') == 2
    assert b'filename="talk.mp3"' in fake.requests[0].body


async def test_a_transcription_is_streamed(client: MistralClient) -> None:
    events = [event async for event in client.transcriptions.astream("https://example.com/talk.mp3", language="de")]
    assert "".join(event.text or "" for event in events if event.type == "transcription.text.delta") == events[-1].text
    assert (events[0].audio_language, events[-1].type) == ("de", "transcription.done")
    assert [event.type for event in client.transcriptions.stream(b"RIFF", name="a.wav")][-1] == "transcription.done"


def test_options_of_a_transcription_are_checked(client: MistralClient) -> None:
    with pytest.raises(ConfigurationError, match="context_bias takes a list"):
        client.transcriptions.create(b"x", name="a.wav", context_bias="pump")
    with pytest.raises(NotFoundError):
        client.transcriptions.create("6f8b1c1e-4f7e-4a55-9a55-0c6f1b7f2a11")
    with pytest.raises(Exception, match="exclude each other"):
        client.transcriptions.create(b"x", name="a.wav", language="de", timestamp_granularities=["word"])


def test_a_recording_becomes_documents_with_times(client: MistralClient, tmp_path: Path) -> None:
    (tmp_path / "talk.wav").write_bytes(b"RIFF")
    parser = MistralTranscriptionParser(client, diarize=True)
    first, second = parser.parse(Blob.from_path(tmp_path / "talk.wav"))
    assert first.page_content == "The pump is inspected in May."
    assert (second.metadata["start"], second.metadata["end"], second.metadata["speaker"]) == (2.5, 4.0, "speaker_2")
    [whole] = MistralTranscriptionParser(client, language="en").parse(Blob.from_data(b"RIFF"))
    assert (whole.page_content, whole.metadata["language"]) == ("The pump is inspected in May. And in June.", "en")


def test_a_parser_of_recordings_takes_the_settings_of_a_client(fake: FakeMistral) -> None:
    to_fake: dict[str, Any] = {"base_url": fake.base_url, "api_key": fake.key, "transport": fake.transport()}
    parser = MistralTranscriptionParser(diarize=True, **to_fake)
    assert parser.parse(Blob.from_data(b"RIFF"))[0].metadata["speaker"] == "speaker_1"
    assert fake.key.encode() not in fake.requests[-1].body
    with pytest.raises(ConfigurationError, match="The client has its settings already: api_key"):
        MistralTranscriptionParser(MistralClient(), api_key=fake.key)


GOOD = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}'


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([GOOD, "nothing"], "line 2: no JSON"),
        ([GOOD, "", GOOD], "line 2: empty"),
        (['{"messages": []}'], 'line 1: no list "messages"'),
        (["[]"], 'line 1: no list "messages"'),
        ([GOOD, '{"messages": [{"role": "robot", "content": "x"}]}'], "line 2: message 1 has the role 'robot'"),
        (['{"messages": [{"role": "user", "content": ""}]}'], "line 1: message 1 is empty"),
        (['{"messages": [{"role": "user", "content": "x"}]}'], "line 1: the last message is not by the assistant"),
        ([GOOD] + ["x"] * 12, "and 2 more lines"),
        ([], "has no lines"),
    ],
)
def test_training_data_are_checked_line_by_line(tmp_path: Path, lines: list[str], said: str) -> None:
    file = tmp_path / "train.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(ConfigurationError, match=said):
        check_training_file(file)


def test_a_tuning_job_is_started_and_gives_a_model(fake: FakeMistral, client: MistralClient, tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    file.write_text(f"{GOOD}\n{GOOD}\n")
    assert check_training_file(file) == 2
    with pytest.raises(SourceNotFoundError):
        check_training_file(tmp_path / "none.jsonl")
    uploaded = client.files.upload(file, purpose="fine-tune")
    job = client.tuning.create("mistral-small-latest", [uploaded.id], suffix="ours")
    assert (job.status, client.tuning.get(job.id).status) == ("QUEUED", "VALIDATED")
    assert client.tuning.start(job.id).status == "STARTED"
    assert [client.tuning.get(job.id).status for _ in range(2)] == ["RUNNING", "SUCCESS"]
    tuned = str(client.tuning.get(job.id).fine_tuned_model)
    assert tuned.startswith("ft:mistral-small-latest:")
    chat = ChatMistral(model=tuned, base_url=fake.base_url, api_key=fake.key, transport=fake.transport())
    assert chat.invoke("Hello").response_metadata["model_name"] == tuned
    assert client.models.get(tuned).id == tuned
    assert client.models.delete(tuned).deleted
    with pytest.raises(NotFoundError):
        client.models.delete("mistral-small-latest")
    other = client.tuning.create("mistral-small-latest", [uploaded.id])
    assert client.tuning.cancel(other.id).status == "CANCELLATION_REQUESTED"
    assert [one.id for one in client.tuning.list().data] == [other.id, job.id]
