"""Search indexes of the platform, and their LangChain retriever."""

import pytest

from mistral_rag import GroundedQA, MistralClient
from mistral_rag.errors import NotFoundError
from mistral_rag.platform import ManagedIndexRetriever
from mistral_rag.testing import FakeMistral

DOCUMENTS = [
    {"id": "leave", "content": "Staff get 27 days of leave.", "year": 2024},
    {"id": "pump", "content": "The pump is inspected in May.", "year": 2023},
    {"id": "old", "content": "Staff get 25 days of leave.", "year": 2019},
]


@pytest.fixture
def filled(client: MistralClient) -> MistralClient:
    """A client with an index "handbook" of three documents."""
    client.search_indexes.create("handbook", document_fields={"year": {"type": "int", "required": True}})
    client.search_indexes.add("handbook", DOCUMENTS)
    return client


def test_an_index_is_made_filled_and_deleted(fake: FakeMistral, filled: MistralClient) -> None:
    assert fake.requests[-2].json == {
        "name": "handbook",
        "config": {"embedding": {"type": "mistral", "name": "mistral-embed", "dimensions": 1024}},
        "schema": {"document_fields": {"year": {"type": "int", "required": True}}},
    }
    assert filled.search_indexes.get("handbook").status == "ready"
    assert [one.name for one in filled.search_indexes.iterate()] == ["handbook"]
    removed = filled.search_indexes.remove("handbook", ["old", "nobody"])
    assert (removed.deleted_document_ids, removed.missing) == (["old"], ["nobody"])
    assert filled.search_indexes.delete("handbook").status == "deleting"
    with pytest.raises(NotFoundError):
        filled.search_indexes.get("handbook")


def test_a_document_that_does_not_fit_is_named_and_the_others_are_taken(filled: MistralClient) -> None:
    added = filled.search_indexes.add("handbook", [{"content": "x", "year": "two"}, {"content": "y", "year": 2}])
    assert (added.accepted, added.rejected) == (1, 1)
    assert [(one.position, one.status) for one in added.results] == [(0, "rejected"), (1, "accepted")]
    assert added.results[0].errors[0]["message"] == "Value should be of the type int"


async def test_a_search_is_one_of_the_platforms(filled: MistralClient) -> None:
    hits = filled.search_indexes.search("handbook", {"type": "keyword", "query": "pump"})
    assert [(hit.chunk.source_id, hit.score) for hit in hits] == [("pump", 1.0)]
    near = {"type": "nearest_neighbour", "query": "days of leave", "top_k": 2}
    assert {hit.chunk.source_id for hit in await filled.search_indexes.asearch("handbook", near)} == {"leave", "old"}


def test_a_source_is_read_and_looked_through(filled: MistralClient) -> None:
    assert [one.content for one in filled.search_indexes.read("handbook", "pump")] == ["The pump is inspected in May."]
    assert [one.id for one in filled.search_indexes.grep("handbook", "pump", "in may")] == ["pump-0"]
    assert filled.search_indexes.grep("handbook", "pump", "inspect", mode="term") == []
    with pytest.raises(NotFoundError):
        filled.search_indexes.read("handbook", "nobody")


async def test_it_is_a_langchain_retriever(fake: FakeMistral, filled: MistralClient) -> None:
    retriever = ManagedIndexRetriever(index="handbook", k=2, client=filled)
    found = retriever.invoke("days of leave")
    assert [(one.id, one.metadata["source"], one.metadata["year"]) for one in found] == [
        ("leave-0", "leave", 2024),
        ("old-0", "old", 2019),
    ]
    assert fake.requests[-1].json["retriever"] == {
        "type": "rrf",
        "retrievers": [
            {"type": "keyword", "query": "days of leave", "top_k": 2},
            {"type": "nearest_neighbour", "query": "days of leave", "top_k": 2},
        ],
        "top_k": 2,
    }
    assert await retriever.ainvoke("days of leave") == found


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"type": "equal", "field": "year", "value": 2019}, ["old"]),
        ({"type": "in", "field": "year", "values": [2023, 2024]}, ["leave", "pump"]),
        ({"type": "range", "field": "year", "gte": 2023}, ["leave", "pump"]),
        ({"type": "not", "match": {"type": "range", "field": "year", "lt": 2024}}, ["leave"]),
    ],
)
def test_filters_narrow_a_search(filled: MistralClient, condition: dict[str, object], found: list[str]) -> None:
    retriever = ManagedIndexRetriever(
        index="handbook", k=9, search="nearest_neighbour", filter=condition, client=filled
    )
    assert sorted(one.metadata["source"] for one in retriever.invoke("leave")) == found


def test_an_answer_cites_what_the_platform_found(filled: MistralClient) -> None:
    answer = GroundedQA(retriever=ManagedIndexRetriever(index="handbook", k=1, client=filled)).invoke(
        "How many days of leave do staff get?"
    )
    assert [citation.quote for citation in answer.citations] == ["Staff get 27 days of leave."]
