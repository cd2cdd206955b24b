"""`FaissStore`: what LangChain's own suite does not ask."""

import asyncio
import datetime
import re
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.indexing import InMemoryRecordManager, index

from mistral_rag import FaissStore
from mistral_rag.errors import (
    ConfigurationError,
    IndexDamagedError,
    IndexLockedError,
    IndexMismatchError,
    IndexNotFoundError,
    InvalidFilterError,
    NotAnIndexError,
)
from mistral_rag.index import Identity, IndexReader, IndexWriter, verify
from mistral_rag.schema import Chunk, Locator, Page, Source, Unit
from mistral_rag.testing import small_document, small_index

AXES = ("north", "east", "up")


class Compass(Embeddings):
    """One axis a word, and a little of the text's length; counts what it embeds."""

    model = "compass-1"

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += texts
        return [[float(axis in text) for axis in AXES] + [len(text) / 100] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


class Nameless(Compass):
    model = ""


@pytest.fixture
def store(tmp_path: Path) -> FaissStore:
    store = FaissStore(Compass(), tmp_path / "index")
    store.add_texts(
        ["go north", "go east", "go up", "north and east"],
        [{"n": 1}, {"n": 2, "tag": "x"}, {"n": 3}, {"n": 4, "tag": "x"}],
        ids=["1", "2", "3", "4"],
    )
    return store


def ids(documents: Sequence[Document]) -> list[str | None]:
    return [document.id for document in documents]


def test_the_nearest_come_first_with_their_cosine(store: FaissStore) -> None:
    found = store.similarity_search_with_score("go north", k=2)
    assert ids([document for document, _ in found]) == ["1", "4"]
    assert found[0][1] == pytest.approx(1, abs=1e-3)
    assert found[0][0] == Document(id="1", page_content="go north", metadata={"n": 1})
    relevant = store.similarity_search_with_relevance_scores("go up", k=4, score_threshold=0.9)
    assert ids([document for document, _ in relevant]) == ["3"]


def test_a_filter_is_applied_before_the_search(store: FaissStore) -> None:
    assert ids(store.similarity_search("go north", k=2, filter={"tag": "x"})) == ["4", "2"]
    assert ids(store.similarity_search("go north", filter={"n": {"$gt": 2}})) == ["4", "3"]
    assert store.similarity_search("go north", filter={"n": 99}) == []
    assert ids(store.as_retriever(search_kwargs={"k": 1, "filter": {"n": 3}}).invoke("north")) == ["3"]
    with pytest.raises(InvalidFilterError):
        store.similarity_search("go north", filter={"$what": 1})


def test_marginal_relevance_prefers_what_differs(store: FaissStore) -> None:
    store.add_texts(["go  north"], ids=["twin"])
    assert set(ids(store.similarity_search("go north", k=2))) == {"1", "twin"}
    diverse = store.max_marginal_relevance_search("go north", k=2, fetch_k=5, lambda_mult=0.1)
    assert diverse[0].id in {"1", "twin"}
    assert diverse[1].id in {"2", "3"}
    vector = Compass().embed_query("go north")
    assert store.max_marginal_relevance_search_by_vector(vector, k=2, fetch_k=5, lambda_mult=0.1) == diverse
    assert ids(store.max_marginal_relevance_search("go north", k=2, filter={"n": 2})) == ["2"]


def test_an_id_that_is_there_is_replaced(store: FaissStore) -> None:
    store.add_documents([Document(id="1", page_content="go up up", metadata={"n": 9})])
    assert store.get_by_ids(["1"]) == [Document(id="1", page_content="go up up", metadata={"n": 9})]
    assert ids(store.similarity_search("go up", k=2)) == ["3", "1"]
    store.add_texts(["first", "second"], ids=["same", "same"])
    assert [document.page_content for document in store.get_by_ids(["same"])] == ["second"]


def test_what_is_there_already_is_not_embedded_again(store: FaissStore) -> None:
    model = store.embeddings
    assert isinstance(model, Compass)
    model.embedded.clear()
    store.add_texts(["go north", "go west", "go west"], ids=["5", "6", "7"])
    assert model.embedded == ["go west"]
    store.delete()
    store.add_texts(["go north"])
    assert model.embedded == ["go west"]


def test_embeddings_without_a_name_are_asked_each_time(tmp_path: Path) -> None:
    model = Nameless()
    store = FaissStore(model, tmp_path / "index")
    store.add_texts(["go north"])
    store.add_texts(["go north"])
    assert model.embedded == ["go north", "go north"]


def test_indexing_again_buys_nothing_and_removes_what_is_gone(tmp_path: Path) -> None:
    model = Compass()
    store = FaissStore(model, tmp_path / "index")
    manager = InMemoryRecordManager("test")
    manager.create_schema()
    documents = [Document(page_content=f"go {n} north", metadata={"source": f"{n // 2}"}) for n in range(20)]

    def build(documents: list[Document]) -> dict[str, Any]:
        return dict(index(documents, manager, store, cleanup="full", source_id_key="source", key_encoder="sha256"))

    assert build(documents)["num_added"] == 20
    documents[3] = Document(page_content="go up", metadata={"source": "1"})
    outcome = build(documents)
    assert (outcome["num_added"], outcome["num_deleted"], outcome["num_skipped"]) == (1, 1, 19)
    assert len(model.embedded) == 21
    assert len(store.similarity_search("go", k=50)) == 20


def test_indexing_one_source_in_many_batches_buys_nothing_twice(tmp_path: Path) -> None:
    # langchain's "incremental" clean-up takes a source's documents out while later batches of it are still to come
    model = Compass()
    store = FaissStore(model, tmp_path / "index")
    manager = InMemoryRecordManager("test")
    manager.create_schema()
    documents = [Document(page_content=f"go {n} north", metadata={"source": "one"}) for n in range(100)]

    def build(documents: list[Document]) -> None:
        index(
            documents,
            manager,
            store,
            batch_size=10,
            cleanup="incremental",
            source_id_key="source",
            key_encoder="sha256",
        )

    build(documents)
    documents[3] = Document(page_content="go up", metadata={"source": "one"})
    build(documents)
    build(documents)
    assert len(model.embedded) == 101
    found = {document.page_content for document in store.similarity_search("go", k=500)}
    assert found == {document.page_content for document in documents}


def test_it_is_there_when_it_is_opened_again(store: FaissStore) -> None:
    again = FaissStore(Compass(), store.path)
    assert ids(again.similarity_search("go north", k=1)) == ["1"]
    assert sorted(path.name for path in store.path.iterdir()) == ["LOCK", "index.db", "index.seal"]
    assert verify(store.path) == []


def test_a_store_sees_what_others_commit(store: FaissStore) -> None:
    other = FaissStore(Compass(), store.path)
    assert len(other.similarity_search("go", k=9)) == 4
    store.delete(["1"])
    store.add_texts(["go north north"], ids=["8"])
    assert ids(other.similarity_search("go north", k=2)) == ["8", "4"]
    assert other.get_by_ids(["1", "8"])[0].id == "8"


def test_a_store_follows_its_folder_when_it_is_made_anew(store: FaissStore, tmp_path: Path) -> None:
    assert len(store.similarity_search("go", k=9)) == 4
    store.path.rename(tmp_path / "away")
    assert store.similarity_search("go") == []
    FaissStore(Compass(), store.path).add_texts(["go anew"], ids=["new"])
    assert ids(store.similarity_search("go")) == ["new"]


def test_a_folder_given_and_a_temporary_one(tmp_path: Path) -> None:
    with_path = FaissStore.from_texts(["go north"], Compass(), path=tmp_path / "index", ids=["a"])
    assert with_path.path == tmp_path / "index"
    temporary = FaissStore.from_documents([Document("go up", id="b")], Compass())
    folder = temporary.path
    assert ids(temporary.similarity_search("up")) == ["b"]
    del temporary
    assert not folder.exists()


def test_nothing_is_made_before_something_is_added(tmp_path: Path) -> None:
    store = FaissStore(Compass(), tmp_path / "index")
    assert store.similarity_search("north") == []
    assert store.max_marginal_relevance_search("north") == []
    assert store.get_by_ids(["1"]) == []
    assert store.delete(["1"])
    assert store.add_texts([]) == []
    assert not (tmp_path / "index").exists()


def test_metadata_comes_back_as_plain_json(store: FaissStore) -> None:
    odd: Any = {"day": datetime.date(2024, 5, 6), "pair": (1, 2), "path": Path("a"), "count": np.int64(3), 5: "five"}
    store.add_texts(["odd"], [odd], ids=["odd"])
    expected = {"day": "2024-05-06", "pair": [1, 2], "path": "a", "count": 3, "5": "five"}
    assert store.get_by_ids(["odd"])[0].metadata == expected
    assert ids(store.similarity_search("odd", filter={"day": {"$gte": "2024-05-01"}})) == ["odd"]


def test_texts_lose_only_their_control_characters(store: FaissStore) -> None:
    store.add_texts(["", "a\x00b\r\nc\ud800"], ids=["empty", "odd"])
    assert [document.page_content for document in store.get_by_ids(["empty", "odd"])] == ["", "a b\nc\ufffd"]


def test_lists_of_another_length_are_refused(store: FaissStore) -> None:
    with pytest.raises(ValueError, match=r"^2 ids for 1 text$"):
        store.add_texts(["a"], ids=["1", "2"])
    with pytest.raises(ValueError, match=r"^2 metadatas for 1 text$"):
        store.add_texts(["a"], [{}, {}])
    with pytest.raises(ValueError, match=r"^1 id for 2 texts$"):
        store.add_texts(["a", "b"], ids=["1"])


def test_other_embeddings_are_refused(store: FaissStore) -> None:
    class Longer(Compass):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[1.0] * 9 for _ in texts]

    class Other(Compass):
        model = "compass-2"

    for other in (Longer(), Other()):
        with pytest.raises(IndexMismatchError, match="built with compass-1"):
            FaissStore(other, store.path).add_texts(["go"])
    with pytest.raises(IndexMismatchError, match=r"compass-1 \(4\); this is compass-1 \(9\)"):
        FaissStore(Longer(), store.path).similarity_search("go")
    with pytest.raises(IndexMismatchError, match="compass-2"):
        FaissStore(Other(), store.path).similarity_search("go")


def test_chunks_of_files_are_found_and_are_not_deleted_one_by_one(tmp_path: Path) -> None:
    text = "Sales went north."
    source = Source(uri="file:///a.pdf", digest="0" * 64, name="a.pdf", title="A", media_type="application/pdf")
    page = Page(locator=Locator(kind="page", number=7, label="vii"), text=text, units=(Unit(start=0, end=17),))
    chunk = Chunk(
        id="c", uri=source.uri, page=1, first_unit=0, last_unit=0, start=0, end=17, text=text, headings=("Sales",)
    )
    with IndexWriter.open(tmp_path / "index", identity=Identity("compass-1", 4, chunker="1", text="1")) as writer:
        writer.put(source, [page], [chunk], np.array([[1, 0, 0, 0]]))
        writer.commit()
    store = FaissStore(Compass(), tmp_path / "index")
    (document,) = store.similarity_search("north", filter={"page_label": "vii", "headings": "Sales"})
    assert (document.metadata["source"], document.metadata["page_number"]) == ("a.pdf", 7)
    with pytest.raises(ValueError, match=r"chunk of a\.pdf"):
        store.delete(["c"])
    store.add_texts(["more north"], ids=["d"])
    assert len(store.similarity_search("north")) == 2


def test_a_negative_number_of_passages_is_refused(tmp_path: Path) -> None:
    store = FaissStore.from_texts(["go north"], Compass(), path=tmp_path / "index")
    assert store.similarity_search("north", k=0) == []
    for search in (store.similarity_search, store.similarity_search_with_score, store.max_marginal_relevance_search):
        with pytest.raises(ValueError, match="k is a number of passages, not -1"):
            search("north", k=-1)


def named(chunk_id: str, document: Any) -> Any:
    """A document whose one chunk has this id."""
    source, pages, chunks = document
    return source, pages, [chunk.model_copy(update={"id": chunk_id}) for chunk in chunks]


def test_groups_are_kept_apart(tmp_path: Path) -> None:
    groups_of = {"open": ("*",), "closed": ("staff",), "unnamed": ()}
    small_index(
        tmp_path / "index",
        [named(name, small_document(name, ["go north"], groups=groups)) for name, groups in groups_of.items()],
        embeddings=Compass(),
    )
    outsider, insider = (FaissStore(Compass(), tmp_path / "index", groups=groups) for groups in (None, ["staff"]))
    assert ids(outsider.similarity_search("north")) == ["open"]
    assert ids(outsider.get_by_ids(["open", "closed"])) == ["open"]
    assert sorted(map(str, ids(insider.similarity_search("north")))) == ["closed", "open"]
    insider.add_texts(["go north"], ids=["added"])
    assert ids(outsider.similarity_search("north")) == ["open"]
    assert sorted(map(str, ids(insider.similarity_search("north")))) == ["added", "closed", "open"]


def test_a_folder_of_langchains_faiss_is_taken_over_without_embedding(tmp_path: Path) -> None:
    model = Compass()
    saved = Path(__file__).parent / "index" / "saved_by_langchain"
    ours = FaissStore.from_faiss_folder(saved, model, path=tmp_path / "ours")
    assert model.embedded == []
    assert ours.get_by_ids(["3", "1"]) == [
        Document("go up", id="3"),
        Document("go north", id="1", metadata={"n": 1, "day": "2024-05-06"}),
    ]
    assert ids(ours.similarity_search("go north", filter={"day": {"$lt": datetime.date(2024, 6, 1)}})) == ["1"]
    ours.add_texts(["go up"])
    assert model.embedded == ["go north"]
    with pytest.raises(NotAnIndexError):
        FaissStore.from_faiss_folder(tmp_path, model)


def test_a_failed_addition_adds_nothing(store: FaissStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="surrogates"):
        store.add_texts(["one", "two"], [{}, {"bad": "\ud800"}], ids=["a", "b"])
    assert store.get_by_ids(["a", "b"]) == []
    with IndexWriter.open(store.path):
        monkeypatch.setattr("mistral_rag.vectorstores._folder.LOCK_SECONDS", 0.1)
        with pytest.raises(IndexLockedError):
            store.add_texts(["one"])


def test_a_damaged_index_is_said_to_be(store: FaissStore) -> None:
    (store.path / "index.seal").unlink()
    with pytest.raises(IndexDamagedError):
        FaissStore(Compass(), store.path).similarity_search("north")


def test_threads_add_and_search_beside_each_other(tmp_path: Path) -> None:
    store = FaissStore(Compass(), tmp_path / "index")
    store.add_texts(["go north"], ids=["first"])
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                store.add_texts([f"go up {number} {turn}"], ids=[f"{number}-{turn}"])
                assert store.get_by_ids([f"{number}-{turn}"])
                assert store.similarity_search("go north", k=1)[0].id == "first"
        except BaseException as error:  # noqa: BLE001 (handed to the test's own thread)
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(store.similarity_search("go", k=99)) == 21


class Slow(Compass):
    """Sleeps where it may: the async way in `asyncio`, the sync way in the thread that called."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        assert threading.current_thread() is not threading.main_thread(), "the loop's thread was blocked"
        return super().embed_documents(texts)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        await asyncio.sleep(0.01)
        return Compass.embed_documents(self, texts)

    async def aembed_query(self, text: str) -> list[float]:
        return (await self.aembed_documents([text]))[0]


async def test_the_loop_beats_on_while_the_store_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening, writing, searching and removing are each made to take long; the loop must run meanwhile."""

    def slowly(call: Callable[..., Any]) -> Callable[..., Any]:
        def late(*args: Any, **kwargs: Any) -> Any:
            started.set()
            released.wait(10)
            return call(*args, **kwargs)

        return late

    async def beats(work: Coroutine[Any, Any, Any]) -> int:
        started.clear()
        released.clear()
        task = asyncio.ensure_future(work)
        await asyncio.to_thread(started.wait, 10)
        count = 0
        for _ in range(20):  # would not be reached while the loop's thread was held
            await asyncio.sleep(0)
            count += 1
        released.set()
        await task
        return count

    started, released = threading.Event(), threading.Event()
    store = await FaissStore.afrom_texts(["go north", "go up"], Compass(), path=tmp_path / "index", ids=["1", "2"])
    vector = Compass().embed_query("go up")
    monkeypatch.setattr(IndexWriter, "open", slowly(IndexWriter.open))
    assert await beats(store.aadd_texts(["go east"], ids=["3"])) == 20
    assert await beats(store.adelete(["3"])) == 20
    monkeypatch.setattr(IndexReader, "view", slowly(IndexReader.view))
    works = [
        store.asimilarity_search("up"),
        store.asimilarity_search_with_score("up"),
        store.asimilarity_search_with_relevance_scores("up"),
        store.asimilarity_search_by_vector(vector),
        store.amax_marginal_relevance_search("up"),
        store.amax_marginal_relevance_search_by_vector(vector),
        store.aget_by_ids(["1"]),
        store.aadd_documents([Document("go west")]),
        store.as_retriever().ainvoke("up"),
    ]
    assert [await beats(work) for work in works] == [20] * len(works)


async def test_async_gives_the_same_and_leaves_the_loop_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(*args: Any, **kwargs: Any) -> IndexWriter:
        assert threading.current_thread() is not threading.main_thread(), "the loop's thread was blocked"
        time.sleep(0.01)
        return opened(*args, **kwargs)

    opened = IndexWriter.open
    monkeypatch.setattr(IndexWriter, "open", elsewhere)
    store = await FaissStore.afrom_texts(["go north", "go up"], Slow(), path=tmp_path / "index", ids=["1", "2"])
    await store.aadd_documents([Document("go east", id="3", metadata={"n": 3})])
    assert ids(await store.asimilarity_search("go up", k=1)) == ["2"]
    assert (await store.asimilarity_search_with_score("go up", k=1))[0][1] == pytest.approx(1, abs=1e-3)
    assert ids(await store.asimilarity_search("go up", filter={"n": 3})) == ["3"]
    vector = Compass().embed_query("go up")
    assert ids(await store.asimilarity_search_by_vector(vector, k=1)) == ["2"]
    assert (await store.amax_marginal_relevance_search("go up", k=1))[0].id == "2"
    assert (await store.amax_marginal_relevance_search_by_vector(vector, k=1))[0].id == "2"
    assert ids(await store.aget_by_ids(["1"])) == ["1"]
    await store.adelete(["1"])
    assert await store.aget_by_ids(["1"]) == []
    assert ids(await store.as_retriever(search_kwargs={"k": 1}).ainvoke("east")) == ["3"]


class Lengths(Embeddings):
    """A text's vector points one way and is as long as the text."""

    model = "lengths"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(len(text)), 0.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [2.0, 0.0]


def test_inner_products_count_how_long_vectors_are(tmp_path: Path) -> None:
    store = FaissStore.from_texts(["a", "aaa", "aa"], Lengths(), path=tmp_path / "ip", metric="ip")
    found = store.similarity_search_with_score("x", k=3)
    assert [(document.page_content, score) for document, score in found] == [("aaa", 6.0), ("aa", 4.0), ("a", 2.0)]
    with pytest.raises(IndexMismatchError, match="metric"):
        FaissStore(Lengths(), tmp_path / "ip").similarity_search("x")


@pytest.mark.parametrize("metadata", [{"a": {"\ud800": 1}}, {"a": [{"\udfff": [None]}]}])
def test_metadata_with_half_a_surrogate_pair_is_refused(metadata: dict[str, Any]) -> None:
    from mistral_rag.vectorstores._documents import as_documents

    with pytest.raises(ValueError, match=r"^metadata holds half of a surrogate pair"):
        as_documents(["a"], [metadata], [None])


def test_a_store_is_saved_and_loaded_as_people_know_it(store: FaissStore, tmp_path: Path) -> None:
    store.save_local(tmp_path / "copy")
    store.add_texts(["go north again"], ids=["5"])
    copy = FaissStore.load_local(tmp_path / "copy", Compass(), allow_dangerous_deserialization=True)
    assert ids(copy.similarity_search("north", k=9)) == ["1", "4", "2", "3"]
    store.save_local(store.path)
    assert ids(FaissStore.load_local(store.path, Compass()).get_by_ids(["5"])) == ["5"]
    saved = Path(__file__).parent / "index" / "saved_by_langchain"
    assert ids(FaissStore.load_local(saved, Compass()).get_by_ids(["3", "1"])) == ["3", "1"]


def test_what_can_not_be_saved_or_loaded_is_said(store: FaissStore, tmp_path: Path) -> None:
    with pytest.raises(NotAnIndexError, match="not empty"):
        store.save_local(store.path.parent)
    with pytest.raises(IndexNotFoundError):
        FaissStore.load_local(tmp_path / "nowhere", Compass())
    with pytest.raises(IndexNotFoundError):
        FaissStore(Compass()).save_local(tmp_path / "nothing")
    with pytest.raises(ConfigurationError, match="what other groups may read"):
        FaissStore(Compass(), store.path, groups=["board"]).save_local(tmp_path / "stolen")
    assert not (tmp_path / "stolen").exists()


@pytest.mark.parametrize(
    ("setting", "said"),
    [("top_k", "no setting top_k; did you mean k?"), ("fiter", "no setting fiter; did you mean filter?")],
)
async def test_an_unknown_setting_of_a_search_is_refused(store: FaissStore, setting: str, said: str) -> None:
    wrong: dict[str, Any] = {setting: 3}
    for search in (store.similarity_search, store.similarity_search_with_score, store.max_marginal_relevance_search):
        with pytest.raises(ConfigurationError, match=re.escape(said)):
            search("north", **wrong)
    for asearch in (store.asimilarity_search, store.amax_marginal_relevance_search):
        with pytest.raises(ConfigurationError, match=re.escape(said)):
            await asearch("north", **wrong)
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        store.as_retriever(search_kwargs=wrong).invoke("north")


def test_langchains_settings_of_a_search_work(store: FaissStore) -> None:
    by_score = store.as_retriever(search_type="similarity_score_threshold", search_kwargs={"score_threshold": 0.9})
    assert ids(by_score.invoke("go north")) == ["1"]
    assert ids(store.similarity_search("go north", k=2, fetch_k=50, score_threshold=0.6)) == ["1", "4"]
    varied = store.as_retriever(search_type="mmr", search_kwargs={"k": 2, "fetch_k": 4, "lambda_mult": 0.1})
    assert ids(varied.invoke("go north"))[0] == "1"


def test_a_filter_by_a_field_that_no_text_has_says_which_there_are(store: FaissStore) -> None:
    with pytest.raises(
        InvalidFilterError, match=r"no document has a field tga to filter by; there are: .*, n, .*, tag"
    ):
        store.similarity_search("north", filter={"tga": "x"})
    assert len(store.similarity_search("north", filter={"tga": {"$ne": "x"}})) == 4
    assert FaissStore(Compass()).similarity_search("north", filter={"tga": "x"}) == []
