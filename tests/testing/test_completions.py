"""Replies as bodies and as events: limits, stops, thinking, references, tool calls."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.testing import FakeMistral, Reply, call, references, thinking
from mistral_rag.testing._content import completions
from mistral_rag.testing._content.completions import GenerationLimits

ASK: dict[str, Any] = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": "hello"}]}


def whole(client: httpx.Client, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = client.post("/chat/completions", json={**ASK, **more}).json()
    return body


def streamed(client: httpx.Client, **more: Any) -> list[dict[str, Any]]:
    with client.stream("POST", "/chat/completions", json={**ASK, **more, "stream": True}) as reply:
        assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
        text = reply.read().decode()
    *events, done, after = text.split("\n\n")
    assert (done, after) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in events]


def deltas(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event["choices"][0]["delta"] for event in events]


def test_a_stream_starts_with_the_role_and_ends_with_usage(client: httpx.Client) -> None:
    events = streamed(client)
    assert deltas(events) == [
        {"role": "assistant", "content": ""},
        {"content": "You"},
        {"content": " said:"},
        {"content": " hello"},
        {"content": ""},
    ]
    assert [event["choices"][0]["finish_reason"] for event in events] == [None, None, None, None, "stop"]
    assert ["usage" in event for event in events] == [False, False, False, False, True]
    assert {event["object"] for event in events} == {"chat.completion.chunk"}
    assert events[-1]["usage"] == whole(client)["usage"]


@pytest.mark.parametrize(("limit", "said"), [(0, ""), (1, "You"), (2, "You said:")])
def test_max_tokens_cuts_the_answer(direct: httpx.Client, limit: int, said: str) -> None:
    body = whole(direct, max_tokens=limit)
    choice = body["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == (said, "length")
    assert body["usage"]["completion_tokens"] == limit
    events = streamed(direct, max_tokens=limit)
    assert "".join(delta["content"] for delta in deltas(events)) == said
    assert events[-1]["choices"][0]["finish_reason"] == "length"


def test_enough_tokens_do_not_cut(direct: httpx.Client) -> None:
    assert whole(direct, max_tokens=3)["choices"][0]["finish_reason"] == "stop"


def test_thinking_is_cut_too(fake: FakeMistral, direct: httpx.Client) -> None:
    fake.script(Reply([thinking("one two three"), "four"]))
    choice = whole(direct, max_tokens=2)["choices"][0]
    assert choice["message"]["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "one two"}], "closed": False}
    ]
    assert choice["finish_reason"] == "length"


@pytest.mark.parametrize("stop", ["said", ["never", " said"]])
def test_nothing_is_said_after_a_stop(direct: httpx.Client, stop: str | list[str]) -> None:
    choice = whole(direct, stop=stop)["choices"][0]
    assert (choice["message"]["content"].strip(), choice["finish_reason"]) == ("You", "stop")


def test_several_choices_are_several_replies(fake: FakeMistral, direct: httpx.Client) -> None:
    fake.script("first", "the second", "first", "the second")
    body = whole(direct, n=2)
    assert [(one["index"], one["message"]["content"]) for one in body["choices"]] == [(0, "first"), (1, "the second")]
    assert body["usage"]["completion_tokens"] == 3
    events = streamed(direct, n=2)
    assert [(e["choices"][0]["index"], e["choices"][0]["delta"]["content"]) for e in events] == [
        (0, ""),
        (0, "first"),
        (0, ""),
        (1, ""),
        (1, "the"),
        (1, " second"),
        (1, ""),
    ]
    assert [event for event in events if "usage" in event] == [events[-1]]


def test_thinking_streams_as_lists_with_a_mixed_one_at_the_switch(fake: FakeMistral, direct: httpx.Client) -> None:
    reply = Reply([thinking("hm so", signature="s1"), "It is", references(1), " so."])
    fake.script(reply, reply)
    assert whole(direct)["choices"][0]["message"]["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm so"}], "closed": True, "signature": "s1"},
        {"type": "text", "text": "It is"},
        {"type": "reference", "reference_ids": [1]},
        {"type": "text", "text": " so."},
    ]
    assert [delta["content"] for delta in deltas(streamed(direct))] == [
        "",
        [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": False}],
        [
            {"type": "thinking", "thinking": [{"type": "text", "text": " so"}], "closed": True, "signature": "s1"},
            {"type": "text", "text": "It"},
        ],
        " is",
        [{"type": "reference", "reference_ids": [1]}],
        " so.",
        "",
    ]


def test_thinking_without_text_is_closed_all_the_same(fake: FakeMistral, direct: httpx.Client) -> None:
    fake.script(Reply([thinking("hm")], [call("f", {})]))
    contents = [delta["content"] for delta in deltas(streamed(direct))]
    assert contents == ["", [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}], ""]


def folded(contents: list[Any]) -> list[tuple[str, Any]]:
    """The content that a client sees, independent of how it was cut: runs of text and of thought, and references."""
    seen: list[tuple[str, Any]] = []
    for content in contents:
        parts: list[Any] = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for part in parts:
            kind = part["type"]
            value = part.get("text", part.get("reference_ids"))
            if kind == "thinking":
                value = "".join(inner["text"] for inner in part["thinking"])
            if seen and seen[-1][0] == kind != "reference":
                seen[-1] = (kind, seen[-1][1] + value)
            elif value:
                seen.append((kind, value))
    return seen


PARTS = st.one_of(st.text(max_size=20), st.text(max_size=20).map(thinking), st.just(references(1, 2)))


@given(st.lists(PARTS, max_size=6))
def test_a_stream_folds_to_what_the_whole_reply_says(parts: list[Any]) -> None:
    limits = GenerationLimits.of("m", 1, (), None)
    one = completions.choice(Reply(parts), limits)
    content = completions.body(limits, [one], {})["choices"][0]["message"]["content"]
    lines = b"".join(completions.events(limits, [one], {})).split(b"\n\n")[:-2]
    events = [json.loads(line.removeprefix(b"data: ")) for line in lines]
    assert folded([delta["content"] for delta in deltas(events)]) == folded([content])


def test_tool_calls_come_whole_in_the_last_delta(fake: FakeMistral, direct: httpx.Client) -> None:
    reply = Reply("So:", [call("add", {"a": 1}, id="aaaaaaaa1"), call("add", {"a": 2}, id="null", as_object=True)])
    fake.script(reply, reply)
    choice = whole(direct)["choices"][0]
    first = {"id": "aaaaaaaa1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}, "index": 0}
    second = {"id": "null", "type": "function", "function": {"name": "add", "arguments": {"a": 2}}, "index": 0}
    assert choice["message"] == {"role": "assistant", "content": "So:", "tool_calls": [first, second]}
    assert choice["finish_reason"] == "tool_calls"
    last = streamed(direct)[-1]["choices"][0]
    assert last["delta"]["tool_calls"] == [first, {**second, "index": 1}]
    assert last["finish_reason"] == "tool_calls"


def test_a_reply_may_be_nothing_but_calls_with_no_content(fake: FakeMistral, direct: httpx.Client) -> None:
    fake.script(Reply(None, [call("f", "not json")]))
    message = whole(direct)["choices"][0]["message"]
    assert message["content"] is None
    assert message["tool_calls"][0]["function"]["arguments"] == "not json"


def test_headers_and_extra_keys_can_be_scripted(fake: FakeMistral, direct: httpx.Client) -> None:
    fake.script(Reply("x", headers={"x-model-deprecation-timestamp": "2027-01-01"}, message={"prefix": False}))
    reply = direct.post("/chat/completions", json=ASK)
    assert reply.headers["x-model-deprecation-timestamp"] == "2027-01-01"
    assert reply.json()["choices"][0]["message"]["prefix"] is False
    fake.script(Reply("x", logprobs={"content": []}))
    assert whole(direct)["choices"][0]["logprobs"] == {"content": []}


def test_the_prompt_is_counted_with_its_parts(direct: httpx.Client) -> None:
    image = {"type": "image_url", "image_url": "https://example.com/a.png"}
    parts = [{"role": "user", "content": [{"type": "text", "text": "what is this"}, image]}]
    assert whole(direct)["usage"]["prompt_tokens"] == 5
    assert whole(direct, messages=parts)["usage"]["prompt_tokens"] == 4 + 3 + 256
