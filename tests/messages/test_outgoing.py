from datetime import date
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from mistral_rag.errors import ConfigurationError
from mistral_rag.messages._requests.blocks import check_images
from mistral_rag.messages._requests.outgoing import wire_messages

PDF = "JVBERi0="
PNG = "iVBORw0KGgo="


def wired(message: BaseMessage) -> dict[str, Any]:
    return wire_messages([message])[0]


def chunk(block: dict[str, Any]) -> Any:
    """The chunk for a user's block, sent with a text."""
    return wired(HumanMessage([{"type": "text", "text": "See:"}, block]))["content"][1]


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (HumanMessage("Hi", id="1", name="ann"), {"role": "user", "content": "Hi"}),
        (SystemMessage("Be kind."), {"role": "system", "content": "Be kind."}),
        (SystemMessage([{"type": "text", "text": "a"}, "b"]), {"role": "system", "content": "a\nb"}),
        (AIMessage("Hello", id="x"), {"role": "assistant", "content": "Hello"}),
        (ChatMessage(role="developer", content="Be kind."), {"role": "system", "content": "Be kind."}),
        (ChatMessage(role="User", content="Hi"), {"role": "user", "content": "Hi"}),
        (
            ToolMessage("42", tool_call_id="a", name="sum", artifact={"x": 1}, status="error"),
            {"role": "tool", "content": "42", "tool_call_id": "a", "name": "sum"},
        ),
        (
            ToolMessage(
                [{"type": "text", "text": "one", "id": "b1"}, {"type": "text", "text": "two"}], tool_call_id="a"
            ),
            {"role": "tool", "content": "one\ntwo", "tool_call_id": "a"},
        ),
        (
            FunctionMessage(name="sum", content="42"),
            {"role": "tool", "content": "42", "tool_call_id": "", "name": "sum"},
        ),
        (
            HumanMessage([{"type": "text", "text": "Hi", "id": "1", "cache_control": {}}]),
            {"role": "user", "content": "Hi"},
        ),
        (HumanMessage([]), {"role": "user", "content": ""}),
    ],
)
def test_a_message_has_only_what_the_schema_knows(message: BaseMessage, wire: dict[str, Any]) -> None:
    assert wired(message) == wire


IMAGE = {"type": "image_url", "image_url": f"data:image/png;base64,{PNG}"}
DOCUMENT = {"type": "document_url", "document_url": f"data:application/pdf;base64,{PDF}"}


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"type": "image_url", "image_url": "https://a/b.png"}, {"type": "image_url", "image_url": "https://a/b.png"}),
        (
            {"type": "image_url", "image_url": {"url": "https://a/b.png", "detail": "low", "x": 1}},
            {"type": "image_url", "image_url": {"url": "https://a/b.png", "detail": "low"}},
        ),
        ({"type": "image", "url": "https://a/b.png"}, {"type": "image_url", "image_url": "https://a/b.png"}),
        ({"type": "image", "base64": PNG, "mime_type": "image/png", "id": "i"}, IMAGE),
        ({"type": "image", "source_type": "base64", "data": PNG, "mime_type": "image/png"}, IMAGE),
        (
            {"type": "image", "source_type": "url", "url": "https://a/b.png"},
            {"type": "image_url", "image_url": "https://a/b.png"},
        ),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}, IMAGE),
        ({"type": "file", "base64": PDF, "mime_type": "application/pdf"}, DOCUMENT),
        (
            {"type": "file", "base64": PDF, "mime_type": "application/pdf", "extras": {"filename": "a.pdf"}},
            {**DOCUMENT, "document_name": "a.pdf"},
        ),
        ({"type": "file", "source_type": "base64", "data": PDF, "mime_type": "application/pdf"}, DOCUMENT),
        ({"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PDF}"}}, DOCUMENT),
        (
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}},
            DOCUMENT,
        ),
        ({"type": "file", "url": "https://a/b.pdf"}, {"type": "document_url", "document_url": "https://a/b.pdf"}),
        ({"type": "file", "file_id": "f1"}, {"type": "file", "file_id": "f1"}),
        ({"type": "file", "source_type": "id", "id": "f1"}, {"type": "file", "file_id": "f1"}),
        ({"type": "file", "base64": PNG, "mime_type": "image/png"}, IMAGE),
        (
            {"type": "audio", "base64": "UklGRg==", "mime_type": "audio/wav"},
            {"type": "input_audio", "input_audio": "UklGRg=="},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
            {"type": "input_audio", "input_audio": "UklGRg=="},
        ),
        (
            {"type": "file", "base64": "UklGRg==", "mime_type": "audio/wav"},
            {"type": "input_audio", "input_audio": "UklGRg=="},
        ),
        ({"type": "audio", "file_id": "f1"}, {"type": "file", "file_id": "f1"}),
        ({"type": "audio", "url": "https://a/b.wav"}, {"type": "input_audio", "input_audio": "https://a/b.wav"}),
        ({"type": "input_text", "text": "plain"}, {"type": "text", "text": "plain"}),
        ({"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}, IMAGE),
        (
            {"type": "input_file", "file_data": f"data:application/pdf;base64,{PDF}", "filename": "a.pdf"},
            {**DOCUMENT, "document_name": "a.pdf"},
        ),
        ({"type": "input_file", "file_url": "https://a/b"}, {"type": "document_url", "document_url": "https://a/b"}),
        ({"type": "input_image", "file_id": "f1"}, {"type": "file", "file_id": "f1"}),
        ({"type": "media", "mime_type": "image/png", "data": PNG}, IMAGE),
        (
            {"type": "media", "mime_type": "application/pdf", "file_uri": "https://a/b"},
            {"type": "document_url", "document_url": "https://a/b"},
        ),
        (
            {"type": "document_url", "document_url": {"url": "https://a/b"}},
            {"type": "document_url", "document_url": "https://a/b"},
        ),
        ({"type": "text-plain", "text": "plain", "title": "T"}, {"type": "text", "text": "T\nplain"}),
    ],
)
def test_blocks_of_every_kind_become_the_platforms(block: dict[str, Any], expected: Any) -> None:
    assert chunk(block) == expected


@pytest.mark.parametrize(
    "block",
    [
        {"type": "video", "url": "https://a/b.mp4"},
        {"type": "nonsense"},
        {"type": "image"},
        {"type": "image", "url": "file:///etc/passwd"},
        {"type": "image_url", "image_url": {"url": "a.png"}},
        {"type": "document_url", "document_url": "/etc/passwd"},
    ],
)
def test_what_the_platform_can_not_take_is_said(block: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        chunk(block)


def test_what_a_tool_said_is_not_lost_when_the_platform_knows_no_such_block() -> None:
    found = {"type": "search_result", "title": "T"}
    message = ToolMessage([{"type": "text", "text": "Look:"}, found], tool_call_id="a")
    assert wired(message)["content"] == 'Look:\n{"type": "search_result", "title": "T"}'


@pytest.mark.parametrize(
    ("value", "text"), [(date(2026, 11, 21), '"2026-11-21"'), (float("nan"), "null"), (float("-inf"), "null")]
)
def test_arguments_that_json_does_not_know_are_sent_as_json(value: Any, text: str) -> None:
    message = AIMessage("", tool_calls=[{"name": "sum", "args": {"a": value}, "id": "a"}])
    assert wired(message)["tool_calls"][0]["function"]["arguments"] == f'{{"a": {text}}}'


def test_a_system_message_holds_text_only() -> None:
    with pytest.raises(ConfigurationError, match="text only"):
        wired(SystemMessage([{"type": "image", "url": "https://a/b.png"}]))


@pytest.mark.parametrize("message", [RemoveMessage("1"), ChatMessage(role="critic", content="Hm.")])
def test_messages_nobody_can_answer_are_said(message: BaseMessage) -> None:
    with pytest.raises(ConfigurationError):
        wired(message)


def test_nine_images_are_too_many() -> None:
    images = [{"type": "image", "url": f"https://a/{number}.png"} for number in range(9)]
    with pytest.raises(ConfigurationError, match="9 images are too many"):
        check_images(wire_messages([HumanMessage(images[:5]), HumanMessage(images[5:])]))  # type: ignore[arg-type]


def test_an_image_of_eleven_megabytes_is_too_large() -> None:
    image = {"type": "image", "base64": "A" * (11 * 2**20 * 4 // 3), "mime_type": "image/png"}
    with pytest.raises(ConfigurationError, match=r"Image 1 has 11\.0 MB"):
        check_images(wire_messages([HumanMessage([image])]))


def test_thoughts_of_other_providers_stay_behind() -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "theirs"}
    message = AIMessage([thought, {"type": "text", "text": "Hi"}], response_metadata={"model_provider": "anthropic"})
    assert wired(message) == {"role": "assistant", "content": "Hi"}


def test_thoughts_of_nobody_in_particular_are_sent() -> None:
    message = AIMessage([{"type": "reasoning", "reasoning": "Hm."}, {"type": "text", "text": "Hi"}])
    assert wired(message)["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
        {"type": "text", "text": "Hi"},
    ]


def test_calls_in_the_content_are_not_sent_twice() -> None:
    use = {"type": "tool_use", "id": "a", "name": "sum", "input": {}}
    message = AIMessage([{"type": "text", "text": "Wait."}, use], tool_calls=[{"name": "sum", "args": {}, "id": "a"}])
    assert wired(message)["content"] == "Wait."
    assert len(wired(message)["tool_calls"]) == 1


def test_invalid_arguments_are_shown_to_the_model_as_json() -> None:
    invalid = [{"name": "sum", "args": '{"a": 1', "id": "a", "error": None}]
    call = wired(AIMessage("", invalid_tool_calls=invalid))["tool_calls"][0]
    assert call["function"] == {"name": "sum", "arguments": '{"invalid_arguments": "{\\"a\\": 1"}'}


def test_a_prefix_is_asked_for_by_the_caller() -> None:
    assert wired(AIMessage("I am", additional_kwargs={"prefix": True, "tool_calls": None}))["prefix"] is True
