"""Documents of other groups are unknown, whichever door is tried."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda

from mistral_rag import FaissStore, GroundedQA, HybridRetriever, IndexReader, verify_citation
from mistral_rag.errors import InvalidFilterError
from mistral_rag.index import Identity, IndexWriter, UnrestrictedReader
from mistral_rag.schema import Answer
from mistral_rag.testing import small_document
from tests.test_canaries import Hashed

CANARY = "The merger price is 77 crowns."
SECRET = "file:///docs/secret.txt"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A document for staff, one for the board, one for everyone."""
    with IndexWriter.open(tmp_path / "index", identity=Identity("hashed", 16)) as writer:
        for name, text, group in (
            ("plan.txt", "The plan for travel is ready.", "staff"),
            ("secret.txt", CANARY, "board"),
            ("news.txt", "The canteen opens at noon.", "*"),
        ):
            source, pages, chunks = small_document(name, [text], groups=(group,), metadata={"desk": group})
            writer.put(source, pages, chunks, np.array(Hashed().embed_documents([text]), dtype=np.float32))
        writer.commit()
    return tmp_path / "index"


def staff(index: Path) -> HybridRetriever:
    return HybridRetriever.from_index(index, embeddings=Hashed(), groups=["staff"])


def board(index: Path) -> HybridRetriever:
    return HybridRetriever.from_index(index, embeddings=Hashed(), groups=["board"])


def secret_id(index: Path) -> str:
    [found] = [hit.chunk.id for hit in board(index).search("merger price") if hit.source.uri == SECRET]
    return found


def test_a_reader_sees_what_its_groups_may_read_and_an_unrestricted_one_everything(index: Path) -> None:
    def names(reader: IndexReader | UnrestrictedReader) -> list[str]:
        with reader, reader.view() as view:
            assert view.count() == len(list(view.sources())) == len(view.row_sources()) == len(view.vectors()[0])
            return [source.name for source in view.sources()]

    assert names(IndexReader.open(index)) == ["news.txt"]
    assert names(IndexReader.open(index, groups=["staff"])) == ["plan.txt", "news.txt"]
    assert names(IndexReader.open(index, groups=["staff", "board"])) == ["plan.txt", "secret.txt", "news.txt"]
    assert names(UnrestrictedReader.open(index)) == ["plan.txt", "secret.txt", "news.txt"]


@pytest.mark.parametrize(
    "door",
    [
        lambda reader, view: reader.page(SECRET, 1),
        lambda reader, view: reader.source(SECRET),
        lambda reader, view: view.page(SECRET, 1),
        lambda reader, view: view.source(SECRET),
    ],
)
def test_a_forbidden_page_is_as_unknown_as_one_that_never_was(index: Path, door: Callable[[Any, Any], Any]) -> None:
    with IndexReader.open(index, groups=["staff"]) as reader, reader.view() as view, pytest.raises(KeyError) as refused:
        door(reader, view)
    with UnrestrictedReader.open(index) as every, every.view() as view:
        assert door(every, view) is not None
    assert CANARY not in str(refused.value)


def test_views_tell_nothing_of_a_forbidden_document(index: Path) -> None:
    identifier = secret_id(index)
    with IndexReader.open(index, groups=["staff"]) as reader, reader.view() as view:
        assert view.rows_of([identifier]) == {}
        assert view.chunks_by_id([identifier]) == {}
        assert view.chunks(range(10), layouts=True) == view.chunks([1, 3], layouts=True)
        assert list(view.pages(SECRET)) == []
        assert list(view.page_texts(SECRET)) == []
        assert view.content_of(SECRET) == ([], None)
        assert view.page_summaries([SECRET]) == {}
        assert SECRET not in [one.source.uri for one in view.statuses()]
        assert view.profile(SECRET) is None
        assert [uri for uri, _ in view.profiles_by_uri()] == ["file:///docs/plan.txt", "file:///docs/news.txt"]
        assert view.profiles(range(10)).keys() <= {1, 3}
        assert view.vectors_of([1, 2, 3])[0].tolist() == [1, 3]
        filters: list[dict[str, Any] | None] = [None, {"desk": "board"}, {"desk": {"$ne": "staff"}}]
        assert [list(rows) for each in filters if (rows := view.allowed(each)) is not None] == [[1, 3], [], [3]]
        assert view.lexical().rows.tolist() == view.lexical(np.array([1, 2, 3])).rows.tolist() == [1, 3]
        assert view.dense().rows.tolist() == view.dense(np.array([1, 2, 3])).rows.tolist() == [1, 3]
        assert view.nearest(np.array(Hashed().embed_query(CANARY)), 5)[0].tolist().count(2) == 0
        assert (view.vector_count(), view.rows_with_vectors().tolist()) == (2, [1, 3])
        assert [row.title for row in view.lexical_inputs()] == ["plan.txt", "news.txt"]
        assert view.changes(0).added.tolist() == [1, 3]
    counts = {"documents": 2, "pages": 2, "chunks": 2, "hidden": 0, "failures": [], "size_bytes": None}
    assert {name: IndexReader.open(index, groups=["staff"]).status()[name] for name in counts} == counts


def test_a_reader_that_is_open_follows_groups_that_change(index: Path) -> None:
    reader = IndexReader.open(index, groups=["staff"])
    retriever = staff(index)
    assert CANARY not in [hit.chunk.text for hit in retriever.search("merger price")]
    with IndexWriter.open(index) as writer:
        writer.set_groups(SECRET, ["staff"])
        writer.set_groups("file:///docs/plan.txt", ["board"])
        writer.commit()
    assert reader.page(SECRET, 1).text == CANARY
    assert {hit.source.name for hit in retriever.search("merger price plan travel canteen")} == {
        "secret.txt",
        "news.txt",
    }
    with pytest.raises(KeyError):
        reader.page("file:///docs/plan.txt", 1)


FORGED = {
    "uri": SECRET,
    "source": "secret.txt",
    "title": "secret.txt",
    "page": 1,
    "page_number": 1,
    "start_index": 0,
    "first_unit": 0,
    "last_unit": 0,
    "headings": [],
    "kind": "text",
    "digest": "0" * 64,
    "url": SECRET,
}


def told(answer: Answer) -> bool:
    return "crowns" in answer.model_dump_json().replace(answer.question, "")


@pytest.mark.parametrize("text", ["", " ", "price", "The merger price is"])
def test_metadata_of_a_text_that_names_a_forbidden_page_reads_nothing(index: Path, text: str) -> None:
    store = FaissStore(Hashed(), index, groups=["staff"])
    store.add_texts([text], [FORGED], ids=[secret_id(index)])
    retriever = staff(index)
    question = "What is the merger price?"
    assert not told(GroundedQA(retriever=retriever).invoke(question))
    assert not told(GroundedQA(retriever=store.as_retriever(), pages=retriever.pages).invoke(question))
    given = [Document(text or "price", metadata=FORGED, id=secret_id(index)), Document("x", metadata=FORGED)]
    for pages in (retriever.pages, retriever.index, IndexReader.open(index)):
        assert not told(GroundedQA(retriever=RunnableLambda(lambda _: given), pages=pages).invoke(question))


@pytest.mark.parametrize(
    "metadata",
    [
        {"first_unit": "a"},
        {"first_unit": 0},
        {"headings": None, "first_unit": 1},
        {"source": ["a"], "page": 0, "first_unit": 0, "last_unit": -1, "start_index": 10**30, "kind": "x"},
        {"uri": {"a": 1}, "language": ["de"], "title": None, "page_label": {"b": [None]}},
        {"": {"": [[], {}]}, "older_edition": True, "groups": ["board"], "digest": 1.5},
    ],
)
def test_metadata_of_a_users_own_are_data(tmp_path: Path, metadata: dict[str, Any]) -> None:
    store = FaissStore(Hashed(), tmp_path / "index")
    store.add_texts(["The tram leaves at noon. It is red."], [metadata], ids=["1"])
    assert store.get_by_ids(["1"])[0].metadata == metadata
    retriever = HybridRetriever.from_index(tmp_path / "index", embeddings=Hashed())
    for chain in (
        GroundedQA(retriever=retriever),
        GroundedQA(retriever=store.as_retriever(), pages=retriever.pages),
        GroundedQA(retriever=RunnableLambda(lambda q: store.similarity_search(q))),
    ):
        answer = chain.invoke("When does the tram leave?")
        assert [citation.quote for citation in answer.citations] == ["The tram leaves at noon."]
        # a page that the metadata state is named, and opens nothing
        label = "p. 1, text without a file" if metadata.get("page") == 0 else "text without a file"
        assert [citation.page_label for citation in answer.citations] == [label]


def test_citations_of_a_text_without_a_file_say_so_and_hold(tmp_path: Path) -> None:
    store = FaissStore(Hashed(), tmp_path / "index")
    store.add_texts(
        ["The tram leaves at noon."], [{"source": "bus.pdf", "title": "Bus", "uri": "file:///docs/bus.pdf"}]
    )
    retriever = HybridRetriever.from_index(tmp_path / "index", embeddings=Hashed())
    [citation] = GroundedQA(retriever=retriever).invoke("When does the tram leave?").citations
    assert (citation.url, citation.page_label) == (None, "text without a file")
    assert citation.uri.startswith("document:")
    assert verify_citation(retriever.index, citation) == citation


def test_a_citation_of_a_forbidden_document_is_stale_like_one_of_none(index: Path) -> None:
    [citation] = GroundedQA(retriever=board(index)).invoke("What is the merger price?").citations
    assert citation.quote == CANARY
    retriever = staff(index)
    guessed = citation.model_copy(update={"uri": "file:///docs/never.txt"})
    for store in (retriever.index, retriever.pages, IndexReader.open(index)):
        refused, unknown = (verify_citation(store, each) for each in (citation, guessed))
        assert (refused.location, refused.quote, refused.url) == ("stale", None, citation.url)
        assert unknown == refused.model_copy(update={"uri": "file:///docs/never.txt"})
    assert verify_citation(UnrestrictedReader.open(index), citation).location == "exact"


def test_copies_of_a_retriever_see_what_their_own_groups_and_filter_allow(index: Path) -> None:
    def names(retriever: HybridRetriever) -> set[str]:
        return {hit.source.name for hit in retriever.search("merger price plan travel canteen")}

    retriever = board(index)
    assert names(retriever) == {"secret.txt", "news.txt"}
    assert names(retriever.model_copy(update={"groups": ("staff",)})) == {"plan.txt", "news.txt"}
    assert names(retriever.model_copy(update={"groups": None})) == {"news.txt"}
    assert names(retriever.model_copy(update={"filter": {"desk": "*"}})) == {"news.txt"}
    assert names(retriever.model_copy()) == {"secret.txt", "news.txt"}
    copy = retriever.model_copy(update={"groups": ("staff",)})
    assert (copy.groups, copy.index.groups, copy.pages.groups) == (("staff",), ("staff",), ("staff",))
    with pytest.raises(ValueError, match="frozen"):
        retriever.groups = ("staff",)  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        retriever.index = IndexReader.open(index, groups=["staff"])  # type: ignore[misc]
    retriever.filter = {"desk": "*"}
    assert names(retriever) == {"news.txt"}
    with pytest.raises(ValueError, match="not one text"):
        retriever.model_copy(update={"groups": "staff"})
    with pytest.raises(ValueError, match="top_k"):
        retriever.model_copy(update={"top_k": 1})


def test_a_retriever_reads_as_its_reader_does_unless_groups_are_named(index: Path) -> None:
    reader = IndexReader.open(index, groups=["board"])
    assert HybridRetriever(index=reader, embeddings=Hashed()).groups == ("board",)
    assert HybridRetriever(index=reader, embeddings=Hashed(), groups=("staff",)).index.groups == ("staff",)
    assert HybridRetriever(index=reader, embeddings=Hashed(), groups=None).index.groups == ()
    with pytest.raises(ValueError, match="IndexReader"):
        HybridRetriever(index=UnrestrictedReader.open(index), embeddings=Hashed())


@pytest.mark.parametrize("groups", ["staff", [""], [" "], ["a\nb"], [1], [None], ["a\x00"]])
def test_groups_are_names(index: Path, groups: Any) -> None:
    with pytest.raises(InvalidFilterError):
        IndexReader.open(index, groups=groups)
    with pytest.raises(InvalidFilterError):
        FaissStore(Hashed(), index, groups=groups)


def test_ids_are_a_stores_own(index: Path) -> None:
    ours, theirs = (FaissStore(Hashed(), index, groups=[group]) for group in ("staff", "board"))
    assert theirs.add_texts(["Their first note."], ids=["1"]) == ["1"]
    assert ours.add_texts(["Our first note."], ids=["1"]) == ["1"]
    assert [document.page_content for document in ours.get_by_ids(["1"])] == ["Our first note."]
    assert [(document.id, document.page_content) for document in theirs.get_by_ids(["1"])] == [
        ("1", "Their first note.")
    ]
    assert ours.add_texts(["Our second note."], ids=["1"]) == ["1"]
    assert [d.page_content for d in theirs.similarity_search("note", 9) if d.id == "1"] == ["Their first note."]
    assert ours.delete(["1", secret_id(index), "never"]) is True
    assert ours.get_by_ids(["1"]) == []
    assert [document.page_content for document in theirs.get_by_ids(["1"])] == ["Their first note."]
    assert ours.delete() is True
    assert [document.page_content for document in theirs.get_by_ids(["1"])] == ["Their first note."]
    assert {document.page_content for document in theirs.similarity_search("merger", 9)} == {
        "Their first note.",
        CANARY,
        "The canteen opens at noon.",
    }


def test_an_id_of_a_forbidden_chunk_is_one_that_never_was(index: Path) -> None:
    store = FaissStore(Hashed(), index, groups=["staff"])
    identifier = secret_id(index)
    assert store.get_by_ids([identifier]) == store.get_by_ids(["never"]) == []
    assert store.delete([identifier]) is store.delete(["never"]) is True
    assert store.add_texts(["Mine."], ids=[identifier]) == [identifier]
    assert [document.page_content for document in store.get_by_ids([identifier])] == ["Mine."]
    assert secret_id(index) == identifier
    without_groups = FaissStore(Hashed(), index)
    assert without_groups.add_texts(["Nobody's."], ids=[identifier]) == [identifier]
    assert without_groups.delete([identifier]) is True
    assert secret_id(index) == identifier


def test_a_text_that_others_may_read_is_changed_by_a_store_of_them_all(index: Path) -> None:
    both = FaissStore(Hashed(), index, groups=["staff", "board"])
    both.add_texts(["For both."], ids=["shared"])
    one = FaissStore(Hashed(), index, groups=["staff"])
    [shown] = [d for d in one.similarity_search("For both.", 9) if d.page_content == "For both."]
    with pytest.raises(ValueError, match="other groups, too"):
        one.delete([str(shown.id)])
    assert one.add_texts(["Only ours."], ids=["shared"]) == ["shared"]
    assert one.delete(["shared"]) is True
    assert [document.page_content for document in both.get_by_ids(["shared"])] == ["For both."]
    assert both.delete(["shared"]) is True
    assert both.get_by_ids(["shared"]) == []


def test_embedding_a_text_costs_the_same_whether_or_not_another_store_has_it(index: Path) -> None:
    class Counting(Hashed):
        seen: list[str] = []  # noqa: RUF012

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            self.seen.extend(texts)
            return super().embed_documents(texts)

    FaissStore(Counting(), index, groups=["board"]).add_texts(["A secret text."])
    Counting.seen.clear()
    FaissStore(Counting(), index, groups=["staff"]).add_texts(["A secret text."])
    assert Counting.seen == ["A secret text."]


def test_statements_past_the_gate_ask_for_it_by_name(index: Path) -> None:
    with IndexReader.open(index, groups=["staff"]) as reader, reader.connection() as connection:
        assert connection.execute("SELECT count(*) FROM sources").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM main.sources").fetchone() == (3,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("INSERT INTO granted VALUES ('board')")


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize("depth", [150, 195, 199, 200, 220, 254, 255, 300, 5000])
def test_metadata_of_one_store_leave_the_questions_of_others_alone(index: Path, depth: int) -> None:
    store = FaissStore(Hashed(), index, groups=["board"])
    try:
        store.add_texts(["A text."], [nested(depth)], ids=["1"])
    except (ValueError, RecursionError) as error:
        assert "nested" in str(error) or "depth" in str(error) or "Circular" in str(error)  # noqa: PT017
    else:
        assert [document.page_content for document in store.get_by_ids(["1"])] == ["A text."]
        assert store.delete(["1"]) is True
    assert {hit.source.name for hit in staff(index).search("plan travel canteen")} == {"plan.txt", "news.txt"}


def test_languages_of_hidden_documents_change_no_score(tmp_path: Path) -> None:
    for name in ("alone", "both"):
        FaissStore(Hashed(), tmp_path / name, groups=["staff"]).add_texts(
            ["The tram leaves at noon.", "The bus is red."], [{"language": "en"}, {"language": "en"}], ids=["1", "2"]
        )
    languages = [{"language": language} for language in ("fr", "de", "xx", "a language")]
    FaissStore(Hashed(), tmp_path / "both", groups=["board"]).add_texts(["Le tram.", "Der Bus.", "x", "y"], languages)
    found = [
        HybridRetriever.from_index(tmp_path / name, embeddings=Hashed(), groups=["staff"]).explain("tram noon")
        for name in ("alone", "both")
    ]
    assert found[0].to_json() == found[1].to_json()
    assert [hit.chunk.id for hit in found[0].hits] == [hit.chunk.id for hit in found[1].hits]


def test_a_store_for_groups_changes_nothing_of_an_index_where_nobody_names_any(tmp_path: Path) -> None:
    everybody = FaissStore(Hashed(), tmp_path / "index")
    everybody.add_texts(["For all."], ids=["x"])
    store = FaissStore(Hashed(), tmp_path / "index", groups=["board"])
    with pytest.raises(ValueError, match="other groups, too"):
        store.delete(["x"])
    assert store.delete() is True
    assert [document.page_content for document in everybody.get_by_ids(["x"])] == ["For all."]
    assert store.add_texts(["Ours."], ids=["x"]) == ["x"]
    with UnrestrictedReader.open(tmp_path / "index") as reader, reader.view() as view:
        assert [source.groups for source in view.sources()] == [(), ("board",)]


def test_what_is_hidden_stays_hidden_when_the_last_group_goes(index: Path) -> None:
    with IndexWriter.open(index) as writer:
        writer.set_groups(SECRET, [])
        writer.set_groups("file:///docs/plan.txt", [])
        writer.set_groups("file:///docs/news.txt", ["board"])
        writer.commit()
    FaissStore(Hashed(), index, groups=["board"]).delete()
    for reader in (IndexReader.open(index), IndexReader.open(index, groups=["board"])):
        assert reader.status()["documents"] == 0
    with UnrestrictedReader.open(index) as every:
        assert (every.status()["documents"], every.status()["hidden"]) == (2, 2)


def test_kept_embeddings_are_found_by_those_who_kept_them(index: Path) -> None:
    key = b"k" * 32
    with IndexWriter.open(index) as writer:
        writer.keep_embeddings("hashed", [key], np.ones((1, 16), np.float32))
        writer.keep_embeddings("hashed", [key], np.full((1, 16), 2, np.float32), groups=["board"])
        writer.commit()

    def first(groups: list[str] | None) -> list[float]:
        with IndexReader.open(index, groups=groups) as reader, reader.view() as view:
            return [float(vector[0]) for vector in view.cached_embeddings("hashed", [key]).values()]

    assert (first(["board"]), first(["staff"]), first(["board", "staff"]), first(None)) == ([2.0], [], [], [])


def test_rows_that_are_asked_for_twice_open_no_door(index: Path) -> None:
    with IndexReader.open(index, groups=["staff"]) as reader, reader.view() as view:
        assert view.dense(np.array([2, 2])).rows.tolist() == view.lexical(np.array([2, 2])).rows.tolist() == []


def test_readers_of_very_many_groups_see_the_same(index: Path) -> None:
    many = ["staff", *(f"group {number}" for number in range(2000))]
    with IndexReader.open(index, groups=many) as reader, reader.view() as view:
        assert [source.name for source in view.sources()] == ["plan.txt", "news.txt"]
        assert list(view.pages(SECRET)) == []
        assert view.page("file:///docs/plan.txt", 1).units
