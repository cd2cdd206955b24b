import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.messages import AIMessageChunk, ToolMessage

from mistral_rag.messages._references import numbered_sources, sources_in
from mistral_rag.messages._requests.content import ContentReader

SOURCES = {"0": {"url": "https://a", "title": "A"}, "1": {"url": "https://b", "title": "B"}}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def refer(*ids: Any) -> dict[str, Any]:
    return {"type": "reference", "reference_ids": list(ids)}


def thought(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [text(words)], **more}


def whole(content: Any, **options: Any) -> Any:
    return ContentReader(options.pop("sources", {}), **options).whole(content)


def streamed(pieces: list[Any], **options: Any) -> Any:
    reader = ContentReader(options.pop("sources", {}), **options)
    contents = [*(reader.read(piece) for piece in pieces), reader.end()]
    first, *others = [AIMessageChunk(content=content) for content in contents if content] or [
        AIMessageChunk(content="")
    ]
    content = first.__add__(others).content if others else first.content
    if isinstance(content, str):
        return content
    return [{k: v for k, v in b.items() if k != "index"} if isinstance(b, dict) else b for b in content]


def annotations(content: Any) -> list[dict[str, Any]]:
    return [note for block in content for note in block.get("annotations", [])]


def problems(content: Any) -> list[str | None]:
    return [note["extras"].get("problem") for note in annotations(content)]


def test_text_alone_is_a_string() -> None:
    assert whole("Hi") == whole([text("Hi")]) == whole([text("H"), text("i")]) == "Hi"
    assert whole(None) == whole("") == whole([]) == ""


def test_a_thought_that_was_not_closed_says_so() -> None:
    expected = [{"type": "reasoning", "reasoning": "Hm", "extras": {"closed": False}}]
    assert whole([thought("Hm", closed=False)]) == expected
    assert streamed([[thought("H", closed=False)], [thought("m", closed=False)]]) == expected


def test_two_signed_thoughts_stay_two() -> None:
    blocks = whole([thought("a", signature="s1"), thought("b", signature="s2")])
    assert [(block["reasoning"], block["extras"]["signature"]) for block in blocks] == [("a", "s1"), ("b", "s2")]


def test_references_inside_thoughts_are_kept_for_replay() -> None:
    parts = [text("see "), refer(0)]
    (block,) = whole([{"type": "thinking", "thinking": parts}])
    assert (block["reasoning"], block["extras"]["parts"]) == ("see ", parts)


def test_chunks_that_nobody_knows_are_kept() -> None:
    assert whole([text("a"), {"type": "new", "x": 1}]) == [
        text("a"),
        {"type": "non_standard", "value": {"type": "new", "x": 1}},
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([text("A."), refer(7)], ["no source has this id"]),
        ([text("A."), refer(0, 0)], [None, "cited twice in one place"]),
        ([text("A."), refer([0, 1])], ["the id came inside a list"] * 2),
        ([refer(0), text("A.")], ["no text stands before the citation"]),
        ([text("A."), refer("0"), text(", "), refer(1), text(" B.")], [None, None]),
    ],
)
def test_odd_references_are_flagged_and_no_text_is_lost(content: Any, expected: list[str | None]) -> None:
    blocks = whole(content, sources=SOURCES)
    assert problems(blocks) == expected
    assert "".join(block["text"] for block in blocks) == "".join(chunk.get("text", "") for chunk in content)


def test_a_second_reference_right_behind_cites_the_same_text() -> None:
    first, second = annotations(whole([text(" A is B. "), refer(0), refer(1)], sources=SOURCES))
    assert (first["start_index"], first["end_index"]) == (second["start_index"], second["end_index"]) == (1, 8)


CHUNKS = st.lists(
    st.one_of(
        st.builds(text, st.text(max_size=8)),
        st.builds(refer, st.sampled_from([0, 1, "1", 7])),
        st.builds(lambda words: thought(words, closed=True), st.text(min_size=1, max_size=8)),
    ),
    max_size=8,
)


@given(CHUNKS)
def test_a_stream_adds_up_to_the_whole(content: list[dict[str, Any]]) -> None:
    assert (streamed([[chunk] for chunk in content], sources=SOURCES) or []) == whole(content, sources=SOURCES)
    said = "".join(chunk["text"] for chunk in content if chunk["type"] == "text")
    blocks = whole(content, sources=SOURCES)
    assert "".join(block["text"] for block in blocks if block["type"] == "text") == said


TAGGED = "\n<think>One and <b>one</b>.</think>\n\nTwo."


@given(st.lists(st.integers(0, len(TAGGED)), max_size=6))
def test_think_tags_part_the_text_wherever_it_is_cut(cuts: list[int]) -> None:
    places = sorted({0, len(TAGGED), *cuts})
    pieces = [TAGGED[start:end] for start, end in pairwise(places)]
    blocks = streamed(pieces, think_tags=True)
    assert blocks == [
        {"type": "reasoning", "reasoning": "One and <b>one</b>.", "extras": {"closed": True}},
        text("Two."),
    ]


@pytest.mark.parametrize("words", ["No tags.", "<thin", "<", "A <think>b</think>"])
def test_text_without_think_tags_at_its_start_is_left_alone(words: str) -> None:
    assert whole(words, think_tags=True) == words
    assert streamed(list(words), think_tags=True) == words


def test_documents_become_numbered_sources_and_are_found_again() -> None:
    document = Document("Paris is the capital.", id="d1", metadata={"title": "A", "uri": "file:///a", "page_number": 3})
    content = numbered_sources([document, Document("x")], first=5)
    assert json.loads(content)["5"]["snippets"] == [["Paris is the capital."]]
    sources = sources_in([ToolMessage(content, tool_call_id="a"), ToolMessage("{broken", tool_call_id="b")])
    assert sources.keys() == {"5", "6"}
    (note,) = annotations(whole([text("Paris."), refer(5)], sources=sources))
    assert (note["url"], note["title"], note["cited_text"]) == ("file:///a", "A", "Paris is the capital.")
    assert note["extras"] == {"reference_id": 5, "page": 3, "document_id": "d1"}


def test_results_that_only_look_like_sources_are_none() -> None:
    assert sources_in([ToolMessage('{"city": "Paris"}', tool_call_id="a"), ToolMessage("[1]", tool_call_id="b")]) == {}
