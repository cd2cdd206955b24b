"""Doors for what a platform answers: replies of chat, streams, embeddings and OCR, read by the real clients."""
# ruff: noqa: E501 (tables)

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import httpx
from hypothesis import strategies as st
from rounds import Door  # type: ignore[import-not-found]
from values import as_bytes, changed_bytes, changed_json, json_values, texts, written_json  # type: ignore[import-not-found]

from mistral_rag import ChatMistral, MistralEmbeddings, MistralOCR
from mistral_rag.testing import FakeMistral, Reply, call, references, thinking

STATUSES = st.sampled_from((200, 200, 200, 200, 200, 200, 200, 201, 204, 302, 400, 401, 404, 413, 422, 429, 500, 503))
HEADERS = st.sampled_from((
    {"content-type": "application/json"}, {"content-type": "text/event-stream"}, {"content-type": "text/html"}, {},
    {"content-type": "application/json", "retry-after": "nan"}, {"content-type": "application/json", "retry-after": "-1"},
    {"content-type": "application/json", "x-ratelimit-limit-req-minute": "x", "x-ratelimit-remaining-req-minute": "1e99"},
))  # fmt: skip
Answer = tuple[int, dict[str, str], bytes]
REPLY = Reply(
    [thinking("so"), "Net sales rose.", references(0, "1"), " Costs fell."],
    tool_calls=[call("a", {"b": 1}, id="abcdefghi")],
)
ANSWERS = ("choices", "message", "delta", "content", "tool_calls", "function", "arguments", "name", "id", "index", "usage",
           "finish_reason", "type", "text", "thinking", "reference_ids", "error", "detail", "message", "object", "role")  # fmt: skip


class Answering(httpx.MockTransport):
    """A platform that always answers the same."""

    def __init__(self, answer: Answer) -> None:
        status, headers, body = answer
        super().__init__(lambda _: httpx.Response(status, headers=headers, content=body))


def _settings(answer: Answer) -> dict[str, Any]:
    return {"api_key": "key", "base_url": "http://fake/v1", "transport": Answering(answer), "max_retries": 0}


def _chat(answer: Answer) -> None:
    model = ChatMistral(**_settings(answer))
    message = model.invoke("Hello")
    message.model_dump_json()
    _ = message.content_blocks


def _structured(answer: Answer) -> None:
    schema = {"title": "A", "type": "object", "properties": {"b": {"type": "integer"}}}
    for method in ("json_schema", "function_calling", "json_mode"):
        model = ChatMistral(**_settings(answer)).with_structured_output(schema, method=method, include_raw=True)
        model.invoke("Hello")


def _stream(answer: Answer) -> None:
    whole: Any = None
    for chunk in ChatMistral(**_settings(answer)).stream("Hello"):
        whole = chunk if whole is None else whole + chunk
    if whole is not None:
        _ = whole.content_blocks


def _embed(answer: Answer) -> None:
    for encoding in ("base64", "float"):
        model = MistralEmbeddings(**_settings(answer), encoding_format=encoding)
        model.embed_documents(["a", "b c"])


def _read(answer: Answer) -> None:
    reader = MistralOCR(**_settings(answer), compare_text_layer=False)
    result = reader.read("https://example.com/a.pdf")
    for page in result.pages:
        repr(page)


@cache
def recorded(path: str) -> Any:
    """The fake's own answer, as JSON; of a stream the list of its events."""
    bodies: dict[str, Callable[[FakeMistral], bytes]] = {
        "chat": lambda fake: _post(fake, "chat/completions", {"messages": [{"role": "user", "content": "Hi"}]}),
        "stream": lambda fake: _post(
            fake, "chat/completions", {"messages": [{"role": "user", "content": "Hi"}], "stream": True}
        ),
        "embeddings": lambda fake: _post(fake, "embeddings", {"model": "mistral-embed", "input": ["a", "b c"]}),
    }
    with FakeMistral() as fake:
        fake.script(REPLY)
        data = bodies[path](fake).decode()
    if path == "stream":
        lines = (line.removeprefix("data: ") for line in data.split("\n") if line.startswith("data: "))
        return [json.loads(line) for line in lines if line != "[DONE]"]
    return json.loads(data)


def _post(fake: FakeMistral, path: str, body: dict[str, Any]) -> bytes:
    with httpx.Client(transport=fake.transport()) as client:
        headers = {"authorization": f"Bearer {fake.key}"}
        model = {} if "model" in body else {"model": "mistral-small-latest"}
        return client.post(
            f"{fake.base_url}/v1/{path}".replace("/v1/v1", "/v1"), json={**model, **body}, headers=headers
        ).content


PAGE: dict[str, Any] = {
    "index": 0,
    "markdown": "# Title\n\nNet **sales** $x^2$ [tbl-0.html](tbl-0.html)\n\n- a\n- b\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "images": [{"id": "img-0.jpeg", "top_left_x": 1, "top_left_y": 2, "bottom_right_x": 30, "bottom_right_y": 40,
                "image_base64": None, "image_annotation": None}],
    "tables": [{"id": "tbl-0.html", "content": "<table><tr><td rowspan='2'>a</td></tr></table>", "format": "html"}],
    "hyperlinks": ["https://example.com"], "header": "Head", "footer": "Foot",
    "dimensions": {"dpi": 200, "height": 2200, "width": 1700},
    "blocks": [{"type": "text", "content": "Net sales", "top_left_x": 0, "top_left_y": 0, "bottom_right_x": 9, "bottom_right_y": 9}],
    "confidence_scores": {"average_page_confidence_score": 0.9, "minimum_page_confidence_score": 0.5,
                          "word_confidence_scores": [{"text": "Net", "confidence": 0.9, "start_index": 9}]},
}  # fmt: skip
READ: dict[str, Any] = {"pages": [PAGE], "model": "mistral-ocr-latest", "document_annotation": None,
        "usage_info": {"pages_processed": 1, "doc_size_bytes": 3}}  # fmt: skip


def _answers(bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[Answer]:
    return st.tuples(STATUSES, HEADERS, bodies)


def _json_of(path: str) -> st.SearchStrategy[bytes]:
    return st.deferred(
        lambda: st.one_of(
            written_json(changed_json(recorded(path), ANSWERS)),
            written_json(changed_json(recorded(path), ANSWERS)),
            written_json(json_values(ANSWERS)),
            changed_bytes([json.dumps(recorded(path)).encode()]),
        )
    )


def _read_json() -> st.SearchStrategy[bytes]:
    keys = (*READ, *PAGE)
    texted = st.builds(lambda text: {**READ, "pages": [{**PAGE, "markdown": text}]}, texts)
    table = st.builds(
        lambda text: {**READ, "pages": [{**PAGE, "tables": [{**PAGE["tables"][0], "content": text}]}]}, texts
    )
    every: st.SearchStrategy[Any] = st.one_of(changed_json(READ, keys), changed_json(READ, keys), texted, table)
    read: st.SearchStrategy[bytes] = written_json(every)
    return read


def _events(values: Sequence[Any], end: bytes, name: bytes) -> bytes:
    return b"".join(name + b"data: " + as_bytes(value) + end for value in values) + b"data: [DONE]" + end


def _streams() -> st.SearchStrategy[bytes]:
    events = recorded("stream")
    ends = st.sampled_from((b"\n\n", b"\n\n", b"\r\n\r\n", b"\r\r", b"\n", b""))
    names = st.sampled_from((b"", b"", b"event: error\n", b": ping\n\n", b"\xef\xbb\xbf"))
    changed = st.builds(
        _events, changed_json(events, ANSWERS).filter(lambda value: isinstance(value, list)), ends, names
    )
    return st.one_of(changed, changed, changed_bytes([_events(events, b"\n\n", b"")]))


STREAMED = st.one_of(
    st.just({"content-type": "text/event-stream"}), st.just({"content-type": "text/event-stream"}), HEADERS
)

DOORS = {
    "chat": Door(_answers(_json_of("chat")), _chat),
    "structured": Door(_answers(_json_of("chat")), _structured),
    "streams": Door(st.tuples(STATUSES, STREAMED, st.deferred(_streams)), _stream),
    "embeddings": Door(_answers(_json_of("embeddings")), _embed),
    "ocr": Door(_answers(_read_json()), _read),
}


def samples() -> Iterator[Any]:
    """The good answers."""
    yield from (recorded(path) for path in ("chat", "stream", "embeddings"))
    yield READ
