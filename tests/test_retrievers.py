import asyncio
import gc
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from mistral_rag import FaissStore, GroundedQA, HybridRetriever, verify_citation
from mistral_rag.errors import (
    ConfigurationError,
    IndexDamagedError,
    IndexLockedError,
    IndexMismatchError,
    IndexNotFoundError,
    InvalidFilterError,
)
from mistral_rag.index import Identity, IndexReader, IndexWriter, Profile
from mistral_rag.retrieval import Boosts, Learned, Query, learn
from mistral_rag.retrieval._fusion import remaining_share
from mistral_rag.schema import Source
from mistral_rag.testing import small_document

AXES = {"phone": 0, "mobile": 0, "dividend": 1, "payout": 1, "leave": 2, "vacation": 2}


class Axes(Embeddings):
    """Texts by the subjects they name: words of one subject share an axis."""

    model = "axes"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = np.full(4, 0.01)
        for word, axis in AXES.items():
            vector[axis] += word in text.lower()
        return [float(number) for number in vector / np.linalg.norm(vector)]


def add(writer: IndexWriter, name: str, *texts: str, cover: str = "", **facts: Any) -> Source:
    whole = (cover, *texts) if cover else texts
    source, pages, chunks = small_document(name, whole, **{"media_type": "application/pdf", "language": "en", **facts})
    dense = writer.identity is not None and writer.identity.embedding
    vectors = np.array(Axes().embed_documents([chunk.text for chunk in chunks]), dtype=np.float32) if dense else None
    writer.put(source, pages, chunks, vectors, root="file:///docs")
    return source


def cover_of(company: str, form: str, ended: str) -> str:
    return (
        f"FORM {form}\nFor the fiscal year ended {ended}\nCommission File Number: 1-9595\n{company}\n"
        "(Exact name of registrant as specified in its charter)"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def writer(folder: Path) -> Any:
    with IndexWriter.open(folder, identity=Identity("axes", 4)) as writer:
        yield writer


@pytest.fixture
def index(folder: Path, writer: IndexWriter) -> Path:
    add(writer, "shop.txt", "Phones are sold in the shop.", "The dividend is paid in May.")
    add(writer, "people.txt", "Everyone has 27 days of leave.", metadata={"team": "people"})
    writer.commit()
    return folder


@pytest.fixture
def filings(folder: Path, writer: IndexWriter) -> Path:
    for company, name in (("WILLOW INC.", "WILLOW"), ("OAK CORPORATION", "OAK")):
        for year in (2021, 2022):
            cover = cover_of(company, "10-K", f"December 31, {year}")
            add(writer, f"{name}_{year}_10K.pdf", "Net sales of phones rose.", "A dividend was paid.", cover=cover)
    writer.commit()
    return folder


def retriever(folder: Path, **settings: Any) -> HybridRetriever:
    return HybridRetriever.from_index(folder, embeddings=Axes(), **settings)


def texts(hits: Sequence[Any]) -> list[str]:
    return [hit.chunk.text for hit in hits]


def test_passages_are_found_by_their_words(index: Path) -> None:
    assert texts(retriever(index).search("When is the dividend paid?", k=1)) == ["The dividend is paid in May."]


def test_passages_are_found_by_what_they_mean(index: Path) -> None:
    assert texts(retriever(index).search("vacation", k=1)) == ["Everyone has 27 days of leave."]


def test_a_hit_says_what_its_score_is_made_of(index: Path) -> None:
    hit = retriever(index, dense_weight=0.5).search("dividend", k=1)[0]
    assert hit.parts["lexical"] == 1
    assert hit.parts["dense"] == pytest.approx(1, abs=0.01)
    assert hit.parts["document_boost"] == 0
    assert hit.score == pytest.approx(1, abs=0.01)
    assert (hit.source.name, hit.page.locator.number) == ("shop.txt", 2)
    assert hit.ranks == {"lexical": 1, "dense": 1}


def test_of_many_documents_those_of_the_company_named_come_first(filings: Path, writer: IndexWriter) -> None:
    for number in range(40):
        add(writer, f"note{number}.txt", "A dividend was paid.", "Net sales of phones rose.")
    writer.remove("file:///docs/OAK_2022_10K.pdf")
    cover = cover_of("OAK CORPORATION", "10-K", "December 31, 2022")
    add(writer, "OAK_2022_10K.pdf", "A dividend was paid.", cover=cover)
    writer.commit()
    hits = retriever(filings, k=6).search("Which dividend did Oak pay in 2022?")
    names = [hit.source.name for hit in hits]
    assert names[:5] == ["OAK_2022_10K.pdf"] * 2 + ["OAK_2021_10K.pdf"] * 3
    assert (texts(hits)[0], texts(hits)[2], texts(hits)[5]) == ("A dividend was paid.",) * 3
    assert hits[5].parts["document_boost"] == 0


def test_it_is_a_langchain_retriever(index: Path) -> None:
    documents = retriever(index, k=2).invoke("When is the dividend paid?")
    assert len(documents) == 2
    assert documents[0].page_content == "The dividend is paid in May."
    assert documents[0].metadata["source"] == "shop.txt"
    assert documents[0].metadata["page_number"] == 2


async def test_async_gives_the_same(index: Path) -> None:
    made = retriever(index)
    assert await made.ainvoke("dividend") == made.invoke("dividend")
    assert await made.asearch("dividend", k=1) == made.search("dividend", k=1)


def test_the_company_and_year_named_come_first(filings: Path) -> None:
    hits = retriever(filings).search("Did Oak's net sales of phones rise in 2021?", k=4)
    assert [hit.source.name for hit in hits][:2] == ["OAK_2021_10K.pdf", "OAK_2022_10K.pdf"]
    assert texts(hits)[0] == "Net sales of phones rose."
    assert hits[0].parts["document_boost"] == pytest.approx(1.5 * remaining_share(hits[0].parts["covered"]))


def test_without_a_year_the_newest_comes_first(filings: Path) -> None:
    assert retriever(filings).search("Willow's dividend", k=1)[0].source.name == "WILLOW_2022_10K.pdf"


def test_routing_never_filters(filings: Path) -> None:
    names = {hit.source.name for hit in retriever(filings).search("Oak's dividend in 2021", k=12)}
    assert "WILLOW_2022_10K.pdf" in names


@pytest.mark.parametrize(
    ("model", "settings", "embedded"),
    [
        ("local-minilm@axes", {}, ["What is Willow's dividend?", "What is dividend", "What is the dividend?"]),
        ("local-minilm@axes", {"routing": False}, ["What is Willow's dividend?", "What is the dividend?"]),
        ("axes", {}, ["What is Willow's dividend?", "What is the dividend?"]),
    ],
)
def test_a_model_that_gains_by_it_is_asked_without_the_company_too(
    folder: Path, model: str, settings: dict[str, Any], embedded: list[str]
) -> None:
    asked = []

    class Listening(Axes):
        def embed_query(self, text: str) -> list[float]:
            asked.append(text)
            return super().embed_query(text)

    listening = Listening()
    listening.model = model
    with IndexWriter.open(folder, identity=Identity(model, 4)) as writer:
        add(writer, "WILLOW_2022_10K.pdf", "A dividend was paid.", cover=cover_of("WILLOW INC.", "10-K", "May 1, 2022"))
        writer.commit()
    found = HybridRetriever.from_index(folder, embeddings=listening, **settings)
    assert found.search("What is Willow's dividend?")[0].chunk.text == "A dividend was paid."
    assert found.search("What is the dividend?")[0].chunk.text == "A dividend was paid."
    assert asked == embedded


def test_routing_can_be_switched_off(filings: Path) -> None:
    hits = retriever(filings, routing=False).search("Oak's dividend in 2021", k=12)
    assert {hit.parts["document_boost"] for hit in hits} == {0}


def test_a_negative_number_of_passages_is_refused(index: Path) -> None:
    with pytest.raises(ValueError, match="k is a number of passages, not -1"):
        retriever(index).search("dividend", k=-1)


@pytest.mark.parametrize("k", ["1", 1.5, [2], True])
def test_a_number_of_passages_that_is_none_is_refused(index: Path, k: Any) -> None:
    with pytest.raises(ValueError, match=re.escape(f"k is a number of passages, not {k!r}")):
        retriever(index).invoke("dividend", k=k)


def test_filters_hold_before_the_ranking(index: Path) -> None:
    made = retriever(index, filter={"team": "people"}, k=1)
    assert texts(made.search("phone dividend")) == ["Everyone has 27 days of leave."]


def test_what_a_group_may_not_read_is_not_found(folder: Path, writer: IndexWriter) -> None:
    add(writer, "secret.txt", "The dividend will be doubled.", groups=("board",))
    add(writer, "open.txt", "The dividend is paid in May.", groups=("*",))
    add(writer, "new.txt", "No dividend will be paid.")
    writer.commit()
    assert texts(retriever(folder).search("dividend")) == ["The dividend is paid in May."]
    assert texts(retriever(folder, groups=["staff"]).search("dividend")) == ["The dividend is paid in May."]
    assert len(retriever(folder, groups=["board"]).search("dividend")) == 2


def test_as_soon_as_one_document_names_a_group_those_without_are_found_by_nobody(
    folder: Path, writer: IndexWriter
) -> None:
    add(writer, "open.txt", "The dividend is paid in May.")
    writer.commit()
    outsider, insider = retriever(folder), retriever(folder, groups=["board"])
    assert [len(one.search("dividend")) for one in (outsider, insider)] == [1, 1]
    add(writer, "secret.txt", "The dividend will be doubled.", groups=("board",))
    writer.commit()
    assert texts(outsider.search("dividend")) == []
    assert texts(insider.search("dividend")) == ["The dividend will be doubled."]


def test_what_may_not_be_read_moves_nothing(folder: Path, writer: IndexWriter, tmp_path: Path) -> None:
    def scores(path: Path) -> list[tuple[str, float]]:
        hits = retriever(path, groups=["staff"]).search("Oak's phones and dividend", k=9)
        return [(hit.chunk.id, hit.score) for hit in hits]

    cover = cover_of("OAK CORPORATION", "10-K", "December 31, 2020")
    with IndexWriter.open(tmp_path / "other", identity=Identity("axes", 4)) as other:
        for each in (writer, other):
            text = "Net sales of phones rose."
            add(each, "OAK_2020_10K.pdf", text, "A dividend was paid.", cover=cover, groups=("*",))
            add(each, "shop.txt", "Phones are sold in the shop.", groups=("staff",))
            each.commit()
    later = cover_of("OAK CORPORATION", "10-K", "December 31, 2022")
    add(writer, "OAK_2022_10K.pdf", "Phones, phones, phones.", "Dividend.", cover=later, groups=("board",))
    writer.commit()
    assert scores(folder) == scores(tmp_path / "other")


def test_new_commits_are_seen_by_the_next_search(index: Path, writer: IndexWriter) -> None:
    made = retriever(index)
    assert made.search("zebra", k=1)[0].parts["lexical"] == 0
    add(writer, "zoo.txt", "Zebras have stripes.")
    writer.remove("file:///docs/shop.txt")
    writer.commit()
    assert texts(made.search("zebra", k=1)) == ["Zebras have stripes."]
    assert "The dividend is paid in May." not in texts(made.search("dividend", k=9))


def test_an_index_without_vectors_is_searched_by_words(folder: Path) -> None:
    with IndexWriter.open(folder, identity=Identity("", 0)) as writer:
        add(writer, "shop.txt", "Phones are sold in the shop.", "The dividend is paid in May.")
        writer.commit()
    made = HybridRetriever.from_index(folder)
    assert texts(made.search("dividend")) == ["The dividend is paid in May."]
    assert made.search("zebra") == []


def test_an_empty_index_gives_nothing(folder: Path, writer: IndexWriter) -> None:
    writer.commit()
    assert retriever(folder).search("dividend") == []


@pytest.mark.parametrize("question", ["", " ", "the", "?!", "\x00\ud800", "a" * 10_000])
def test_any_question_is_answered(index: Path, question: str) -> None:
    assert len(retriever(index).search(question)) == 3


def test_ranks_may_be_fused_instead_of_scores(index: Path) -> None:
    hit = retriever(index, fusion="rrf").search("dividend", k=1)[0]
    assert hit.score == pytest.approx(2 / 61)


def test_threads_share_a_retriever(index: Path) -> None:
    made = retriever(index, k=1)
    questions = ["dividend", "leave", "phones"] * 20
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda question: made.search(question)[0].chunk.text, questions))
    assert found == [made.search(question)[0].chunk.text for question in questions]


async def test_event_loops_share_a_retriever(index: Path) -> None:
    made = retriever(index, k=1)
    found = await asyncio.gather(*(made.asearch("dividend") for _ in range(8)))
    assert [texts(hits) for hits in found] == [["The dividend is paid in May."]] * 8


def test_another_model_than_the_index_was_built_with_is_refused(index: Path) -> None:
    class Others(Axes):
        model = "others"

    with pytest.raises(IndexMismatchError, match=r"built with axes \(4\); this is others") as caught:
        HybridRetriever.from_index(index, embeddings=Others()).search("dividend")
    assert str(caught.value).endswith(f". Run: ingest build PATH --index {index} --rebuild")


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFoundError):
        HybridRetriever.from_index(tmp_path / "none")


def test_the_index_gives_the_pages_behind_the_passages(index: Path) -> None:
    made = retriever(index)
    hit = made.search("dividend", k=1)[0]
    assert made.pages.page(hit.source.uri, hit.chunk.page).text == "The dividend is paid in May."
    assert made.index is made.pages


BALANCE = "CONSOLIDATED BALANCE SHEETS\nTotal current assets\n" + "\n".join(f"1,2{n} 3,4{n}" for n in range(15))


def test_the_statement_that_shows_what_is_asked_for_comes_first(folder: Path, writer: IndexWriter) -> None:
    cover = cover_of("OAK CORPORATION", "10-K", "December 31, 2022")
    talk = "The current ratio is discussed. Oak minds its ratio."
    add(writer, "OAK_2022_10K.pdf", talk, BALANCE, "Leave and vacation.", cover=cover)
    writer.commit()
    question = "How good was Oak's liquidity in 2022?"
    assert "CONSOLIDATED BALANCE SHEETS" in texts(retriever(folder).search(question, k=1))[0]
    assert "BALANCE" not in texts(retriever(folder, expander=None).search(question, k=1))[0]
    named = retriever(folder, expander=None).search("Oak's current ratio by the balance sheet", k=9)
    by_text = {hit.chunk.text[:6]: hit.parts["page_boost"] for hit in named}
    assert by_text["CONSOL"] > 0
    assert by_text["The cu"] == 0


class Thesaurus:
    def expand(self, question: str) -> str:
        return "stripes" if "zebra" in question else ""


def test_a_statement_that_only_further_words_name_needs_an_open_question(folder: Path, writer: IndexWriter) -> None:
    add(writer, "report.pdf", "The inventory of the shop is counted in May. " * 4, BALANCE)
    writer.commit()
    found = retriever(folder, expander=None)

    class Balance:
        def expand(self, question: str) -> str:
            return "balance sheet"

    guessing = retriever(folder, expander=Balance())
    for question, gained in (("solvency of assets and debts in general", True), ("inventory counted in May", False)):
        bonus = max(hit.parts["page_boost"] for hit in guessing.search(question))
        assert (bonus > 0, max(hit.parts["page_boost"] for hit in found.search(question))) == (gained, 0)
    assert max(hit.parts["page_boost"] for hit in found.search("assets in the balance sheet")) > 0


def test_an_expander_can_be_replaced(index: Path, writer: IndexWriter) -> None:
    add(writer, "zoo.txt", "Stripes are black and white.")
    writer.commit()
    assert retriever(index, expander=None).search("zebra", k=1)[0].parts["lexical"] == 0
    found = retriever(index, expander=Thesaurus()).explain("zebra", k=1)
    assert (texts(found.hits), found.expansion) == (["Stripes are black and white."], "stripes")
    with pytest.raises(ValueError, match="expander"):
        retriever(index, expander=object())


class Longest:
    """A cross-encoder that likes long texts."""

    def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
        return [float(len(text)) for _, text in text_pairs]


async def test_a_reranker_orders_the_candidates(index: Path) -> None:
    made = retriever(index, reranker=Longest(), k=2)
    hits = made.search("dividend")
    assert texts(hits) == ["Everyone has 27 days of leave.", "The dividend is paid in May."]
    assert hits[0].score == 30
    assert hits[0].parts["reranked"] == 30
    assert hits[0].parts["fused"] < 1
    assert texts(await made.asearch("dividend")) == texts(hits)


def test_a_slow_reranker_keeps_no_view_open(index: Path, writer: IndexWriter) -> None:
    class Purging(Longest):
        def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
            writer.purge()  # raises while anybody reads
            return super().score(text_pairs)

    made = retriever(index, reranker=Purging(), k=1)
    with made.index.view() as view:
        assert view.count() == 3
        with pytest.raises(IndexLockedError):
            writer.purge()
    assert texts(made.search("dividend")) == ["Everyone has 27 days of leave."]


def test_a_reranker_sees_so_many_candidates(folder: Path, writer: IndexWriter) -> None:
    add(writer, "a.txt", *(f"The dividend {'x' * n}." for n in range(30)))
    writer.commit()
    (hit,) = retriever(folder, reranker=Longest(), candidates=1, k=1, expander=None).search("dividend")
    assert hit.parts["reranked"] < 43
    (hit,) = retriever(folder, reranker=Longest(), candidates=30, k=1, expander=None).search("dividend")
    assert hit.parts["reranked"] == 43


def test_a_document_has_its_share_and_no_more(folder: Path, writer: IndexWriter) -> None:
    add(writer, "a.txt", "Dividend dividend.", "A dividend.", "The dividend once more.")
    add(writer, "b.txt", "Some words about a dividend and many other things.")
    writer.commit()
    names = [hit.source.name for hit in retriever(folder, most_per_document=1, k=3).search("dividend")]
    assert sorted(names) == ["a.txt", "b.txt"]
    assert [hit.source.name for hit in retriever(folder, k=3).search("dividend")].count("a.txt") > 1


def test_marginal_relevance_prefers_what_differs(folder: Path, writer: IndexWriter) -> None:
    add(writer, "a.txt", "Phone dividend phone.", "Phone dividend, phone!", "Leave and a phone.")
    writer.commit()
    assert "Leave and a phone." not in texts(retriever(folder, k=2).search("phone dividend"))
    assert texts(retriever(folder, k=2, mmr=0.3).search("phone dividend"))[1] == "Leave and a phone."


def test_neighbours_are_context_behind_the_hits(folder: Path, writer: IndexWriter) -> None:
    add(writer, "a.txt", "First.", "Second: the dividend.", "Third.", "Fourth.")
    add(writer, "b.txt", "Other.")
    writer.commit()
    made = retriever(folder, k=1, neighbours=1)
    hits = made.search("dividend")
    assert texts(hits) == ["Second: the dividend.", "First.", "Third."]
    assert [hit.context for hit in hits] == [False, True, True]
    assert ["context" in document.metadata for document in made.invoke("dividend")] == [False, True, True]


def test_neighbours_do_not_leave_the_filter(folder: Path, writer: IndexWriter) -> None:
    add(writer, "a.txt", "First dividend.", groups=("board",))
    add(writer, "b.txt", "Second dividend.", groups=("*",))
    writer.commit()
    assert texts(retriever(folder, k=1, neighbours=5).search("dividend")) == ["Second dividend."]


def test_a_newer_edition_comes_first_unless_a_year_is_named(folder: Path, writer: IndexWriter) -> None:
    for year in (2021, 2024):
        add(writer, f"handbook {year}.txt", f"Everyone has {year - 2000} days of leave.", title="Handbook")
    writer.commit()
    made = retriever(folder, k=1)
    assert made.search("How many days of leave?")[0].source.name == "handbook 2024.txt"
    assert made.search("How many days of leave in 2021?")[0].source.name == "handbook 2021.txt"
    marks = [document.metadata.get("older_edition") for document in retriever(folder, k=2).invoke("days of leave")]
    assert marks == [None, True]


def test_a_search_explains_itself(filings: Path) -> None:
    made = retriever(filings, filter={"source": {"$prefix": "OAK"}})
    found = made.explain("Oak's dividend in 2021", k=2)
    assert found.hits == tuple(made.search("Oak's dividend in 2021", k=2))
    assert found.to_json() == {
        "expansion": "consolidated statements of cash flows cash dividends paid dividends declared per share",
        "covered": pytest.approx(found.covered),
        "dense_weight": pytest.approx(0.5 * remaining_share(found.covered)),
        "filter": {"source": {"$prefix": "OAK"}},
        "searched": 6,
        "readable": 12,
        "pending": 0,
        "named": ["file:///docs/OAK_2021_10K.pdf", "file:///docs/OAK_2022_10K.pdf"],
    }


def test_a_reader_by_groups_is_told_ranks_and_no_scores(folder: Path, writer: IndexWriter) -> None:
    add(writer, "secret.txt", "The dividend will be doubled.", groups=("board",))
    add(writer, "open.txt", "The dividend is paid in May.", "Everyone has leave.", groups=("*",))
    writer.commit()
    found = retriever(folder, groups=["staff"], filter={"source": {"$exists": True}}).explain("dividend", k=2)
    assert [(hit.score, hit.parts, hit.ranks) for hit in found.hits] == [(1, {}, {}), (0.5, {}, {})]
    assert (found.searched, found.readable) == (2, 2)


@pytest.mark.parametrize("named", [False, True], ids=["its own pages", "the same pages, named"])
def test_a_question_is_answered_in_one_transaction(filings: Path, monkeypatch: pytest.MonkeyPatch, named: bool) -> None:
    begun = []
    begin = IndexReader.connection

    def counted(reader: IndexReader) -> Any:
        begun.append(reader)
        return begin(reader)

    made = retriever(filings, neighbours=1, most_per_document=2, mmr=0.7)
    chain = GroundedQA(retriever=made, pages=made.index if named else None)
    chain.invoke("Did Oak's net sales of phones rise in 2021?")
    monkeypatch.setattr(IndexReader, "connection", counted)
    answer = chain.invoke("Did Oak's net sales of phones rise in 2021?")
    assert answer.citations[0].quote == "Net sales of phones rose."
    assert len(begun) == 1


async def test_an_answer_is_of_the_commit_that_was_searched(index: Path, writer: IndexWriter) -> None:
    class Rewriting(Longest):
        def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
            writer.remove("file:///docs/shop.txt")
            writer.commit()
            return super().score(text_pairs)

    question = "When is the dividend paid?"
    chain = GroundedQA(retriever=retriever(index, reranker=Rewriting(), k=3))
    answer = chain.invoke(question)
    assert (answer.warnings, answer.citations[0].quote) == ((), "The dividend is paid in May.")
    assert verify_citation(retriever(index).index, answer.citations[0]).location == "stale"
    add(writer, "shop.txt", "The dividend is paid in June.")
    writer.commit()
    assert (await chain.ainvoke(question)).citations[0].quote == "The dividend is paid in June."


def test_a_retriever_behind_settings_still_gives_its_pages(index: Path) -> None:
    started = []

    class Listening(BaseCallbackHandler):
        def on_retriever_start(self, serialized: Any, query: str, **kwargs: Any) -> None:
            started.append((query, kwargs["tags"]))

    bound = retriever(index).with_config(tags=["bound"])
    answer = GroundedQA(retriever=bound).invoke("When is the dividend paid?", {"callbacks": [Listening()]})
    assert (answer.citations[0].quote, answer.generation) == ("The dividend is paid in May.", 1)
    assert started == [("When is the dividend paid?", ["bound"])]


def test_texts_without_pages_are_answered_from(tmp_path: Path) -> None:
    store = FaissStore(Axes(), tmp_path / "texts")
    store.add_texts(["The dividend is paid in May. It was paid in June before."], [{"source": "memo"}])
    answer = GroundedQA(retriever=retriever(tmp_path / "texts")).invoke("When is the dividend paid?")
    assert (answer.citations[0].source, answer.citations[0].quote) == ("memo", "The dividend is paid in May.")


def test_other_groups_or_filters_are_searched_anew(folder: Path, writer: IndexWriter) -> None:
    add(writer, "secret.txt", "The dividend will be doubled.", groups=("board",), metadata={"team": "board"})
    add(writer, "open.txt", "The dividend is paid in May.", groups=("*",))
    writer.commit()
    made = retriever(folder, groups=["board"])
    assert len(made.search("dividend")) == 2
    copy = made.model_copy(update={"groups": ("staff",)})
    assert texts(copy.search("dividend")) == ["The dividend is paid in May."]
    made.filter = {"team": "board"}
    assert texts(made.search("dividend")) == ["The dividend will be doubled."]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"top_k": 3}, "no setting top_k; did you mean k?"),
        ({"rerankr": None}, "no setting rerankr; did you mean reranker?"),
        ({"filters": {}}, "no setting filters; did you mean filter?"),
        ({"Neighbors": 1}, "no setting Neighbors; did you mean neighbours?"),
        ({"colour": 1}, "no setting colour; there are: candidates, dense_weight, expander, fetch_k, "),
        ({"search_kwargs": {"topk": 1, "top_k": 3}}, "no setting topk; "),
        ({"search_type": "mrr"}, "no search_type mrr; did you mean mmr?"),
        ({"search_type": "similarity_score_threshold"}, "needs a score_threshold"),
        ({"search_type": "similarity", "lambda_mult": 0.5}, 'for search_type "mmr", not "similarity"'),
        ({"k": 8, "search_kwargs": {"k": 3}}, "k is given twice: by itself and in search_kwargs"),
        ({"fetch_k": 3, "candidates": 3}, "candidates is given twice, also as fetch_k"),
        ({"fusion": "sum"}, "fusion"),
        ({"score_threshold": 0.5, "groups": ["board"]}, "score_threshold is not for a retriever with groups"),
    ],
)
def test_a_wrong_setting_is_refused_with_the_way_out(index: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        retriever(index, **wrong)


def test_langchains_names_of_settings_are_known(index: Path) -> None:
    made = retriever(index, search_type="mmr", search_kwargs={"k": 2, "fetch_k": 30, "lambda_mult": 0.25})
    assert (made.k, made.candidates, made.mmr) == (2, 30, 0.25)
    assert retriever(index, search_type="mmr").mmr == 0.5
    assert retriever(index, search_type="similarity").mmr is None
    assert made.model_copy(update={"lambda_mult": 1.0}).mmr == 1.0


def test_passages_below_a_least_score_are_left_out(index: Path) -> None:
    made = retriever(index, search_type="similarity_score_threshold", score_threshold=0.9)
    assert texts(made.search("When is the dividend paid?")) == ["The dividend is paid in May."]
    assert retriever(index, score_threshold=3).search("When is the dividend paid?") == []


def test_a_call_may_give_settings_of_its_own(index: Path) -> None:
    made = retriever(index)
    assert len(made.invoke("dividend", k=1)) == 1
    assert [d.page_content for d in made.invoke("dividend", filter={"team": "people"})] == [
        "Everyone has 27 days of leave."
    ]
    assert len(made.invoke("dividend", search_kwargs={"k": 2}, search_type="mmr")) == 2
    assert made.invoke("dividend", score_threshold=9) == []
    assert len(made.invoke("dividend")) == 3
    assert made.mmr is None


def test_a_filter_of_a_call_narrows_that_of_the_retriever(index: Path) -> None:
    made = retriever(index, filter={"source": "shop.txt"})
    assert made.invoke("dividend", filter={"team": "people"}) == []
    assert len(made.invoke("dividend", filter=None)) == 2
    assert len(made.invoke("dividend", filter={"page": 2})) == 1


async def test_a_call_may_give_settings_of_its_own_async_too(index: Path) -> None:
    made = retriever(index)
    assert len(await made.ainvoke("dividend", k=1)) == 1
    assert [d.page_content for d in await made.ainvoke("dividend", filter={"team": "people"})] == [
        "Everyone has 27 days of leave."
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"groups": ["board"]}, "groups can't be given to a call: groups are fixed when a retriever is made"),
        ({"search_kwargs": {"groups": []}}, "groups can't be given to a call"),
        ({"index": None}, "index can't be given to a call"),
        ({"top_k": 1}, "no setting top_k; did you mean k?"),
        ({"k": -1}, "k is a number of passages, not -1"),
        ({"mmr": 7}, "less than or equal to 1"),
    ],
)
async def test_a_call_refuses_what_it_does_not_know(index: Path, wrong: dict[str, Any], said: str) -> None:
    made = retriever(index)
    with pytest.raises(ValueError, match=re.escape(said)):
        made.invoke("dividend", **wrong)
    with pytest.raises(ValueError, match=re.escape(said)):
        await made.ainvoke("dividend", **wrong)


@pytest.mark.parametrize(
    "wanted",
    [
        {"taem": "people"},
        {"source": "shop.txt", "taem": {"$in": ["people"]}},
        {"$or": [{"team": "people"}, {"taem": {"$gte": 1}}]},
        {"taem": {"$exists": True}},
    ],
)
def test_a_filter_by_a_field_that_no_document_has_says_which_there_are(index: Path, wanted: dict[str, Any]) -> None:
    fields = (
        "no document has a field taem to filter by; there are: digest, first_unit, headings, kind, language, "
        "last_unit, locator, page, page_label, page_number, source, start_index, team, title, uri"
    )
    with pytest.raises(InvalidFilterError, match=f"^{fields}$"):
        retriever(index, filter=wanted).search("dividend")
    with pytest.raises(InvalidFilterError, match=f"^{fields}$"):
        retriever(index).invoke("dividend", filter=wanted)


@pytest.mark.parametrize(
    "wanted", [{"draft": {"$ne": True}}, {"$not": {"draft": True}}, {"draft": {"$exists": False}}, {}, None]
)
def test_documents_may_be_asked_for_that_lack_a_field_nobody_has(index: Path, wanted: dict[str, Any] | None) -> None:
    assert len(retriever(index, filter=wanted).search("dividend")) == 3


def test_an_empty_index_misses_no_field(folder: Path, writer: IndexWriter) -> None:
    writer.commit()
    assert retriever(folder, filter={"team": "people"}).search("dividend") == []


class Contracts:
    """A signal of a user: contracts name their parties, and come first where one is named."""

    name = "contracts"
    version = 1

    def __init__(self) -> None:
        self.learned: list[str] = []

    def learn(self, source: Source, pages: Sequence[str], /) -> Learned | None:
        self.learned.append(source.name)
        parties = re.findall(r"party: (\w+)", " ".join(pages))
        return Learned({"parties": parties}, label="contract") if parties else None

    def index(self) -> "ContractIndex":
        return ContractIndex()


class ContractIndex:
    def __init__(self) -> None:
        self.parties: dict[int, list[str]] = {}

    def add(self, document: int, profile: Mapping[str, Any], /) -> None:
        self.parties[document] = profile["parties"]

    def remove(self, document: int, /) -> None:
        self.parties.pop(document, None)

    def read(self, question: str, /) -> Query:
        return Query(named=frozenset(self._of(question)), expansion="agreement" if self.parties else "")

    def boosts(self, question: str, /, *, expansion: str, covered: float) -> Boosts:
        return Boosts(dict.fromkeys(self._of(question), 2.0))

    def _of(self, question: str) -> list[int]:
        return [document for document, parties in self.parties.items() if set(parties) & set(question.split())]


def test_a_signal_of_ones_own_learns_and_boosts(folder: Path, writer: IndexWriter) -> None:
    signal = Contracts()
    add(writer, "a.txt", "The fee is 3 euros. party: Lark")
    add(writer, "b.txt", "The fee is 4 euros. party: Wren")
    add(writer, "c.txt", "The fee is known. The fee, the fee.")
    writer.commit()
    made = retriever(folder, signals=[signal])
    explained = made.explain("Which fee pays Wren")
    assert texts(explained.hits)[0] == "The fee is 4 euros. party: Wren"
    assert explained.hits[0].parts["document_boost"] == 2
    assert (explained.named, explained.expansion) == (("file:///docs/b.txt",), "agreement")
    writer.remove("file:///docs/b.txt")
    add(writer, "d.txt", "The fee is 5 euros. party: Wren")
    writer.commit()
    assert made.explain("Which fee pays Wren").named == ("file:///docs/d.txt",)
    # of documents without a profile a search learns, each once; the next build would keep it
    assert signal.learned == ["a.txt", "b.txt", "c.txt", "d.txt"]


def test_what_was_learned_is_learned_once(folder: Path, writer: IndexWriter) -> None:
    signal = Contracts()
    source = add(writer, "a.txt", "The fee is 3 euros. party: Lark")
    writer.set_profile(source.uri, learn(source, ["The fee is 3 euros. party: Lark"], [signal]))
    writer.commit()
    assert signal.learned == ["a.txt"]
    made = retriever(folder, signals=[signal])
    assert made.explain("Which fee pays Lark").named == ("file:///docs/a.txt",)
    assert texts(made.search("contract", k=1)) == ["The fee is 3 euros. party: Lark"]
    assert signal.learned == ["a.txt"]
    signal.version = 2
    assert retriever(folder, signals=[signal]).explain("Which fee pays Lark").named == ("file:///docs/a.txt",)
    assert signal.learned == ["a.txt", "a.txt"]


@pytest.mark.parametrize("profile", [None, [], {"parties": 7}, {}])
def test_a_profile_that_is_none_is_damage(folder: Path, writer: IndexWriter, profile: Any) -> None:
    source = add(writer, "a.txt", "The fee is 3 euros.")
    writer.set_profile(source.uri, Profile("", {"filings": {"version": 5, "profile": profile}}))
    writer.commit()
    if profile is None:
        assert len(retriever(folder).search("fee")) == 1
    else:
        with pytest.raises(IndexDamagedError, match="can't be read by the signal filings"):
            retriever(folder).search("fee")


def test_a_handbook_is_searched_without_the_words_of_filings(index: Path, writer: IndexWriter) -> None:
    question = "What does liquidity mean?"
    assert retriever(index).explain(question).expansion == ""
    add(writer, "OAK_2022_10K.pdf", "Sales.", cover=cover_of("OAK CORPORATION", "10-K", "December 31, 2022"))
    writer.commit()
    assert "total current assets" in retriever(index).explain(question).expansion


def change_something(writer: IndexWriter, rng: np.random.Generator, grouped: float) -> None:
    """Add, replace or remove one of eight documents, or change its groups, and commit."""
    words = ["dividend", "phone", "leave", "Oak", "Willow", "sales"]
    number = int(rng.integers(8))
    name = f"OAK_{2015 + number}_10K.pdf"
    some = (("board",), ("staff", "board"), ("*",), ())
    groups = some[int(rng.integers(4))] if rng.random() < grouped else ()
    held = f"file:///docs/{name}" in writer.sources()
    kind = rng.random()
    if held and kind < 0.25:
        writer.remove(f"file:///docs/{name}")
    elif held and kind < 0.45:
        writer.set_groups(f"file:///docs/{name}", groups)
    else:
        cover = cover_of("OAK CORPORATION" if number % 2 else "WILLOW INC.", "10-K", f"December 31, {2015 + number}")
        text = " ".join(rng.choice(words, 6).tolist())
        facts = {"language": "de" if number % 3 == 0 else "en", "metadata": {"team": f"team-{number % 2}"}}
        add(writer, name, text, BALANCE, cover=cover, groups=groups, **facts)
    writer.commit()


@pytest.mark.parametrize(("seed", "grouped"), [(5, 0.9), (6, 0.15), (7, 0.3)])
def test_a_search_that_follows_commits_finds_what_a_new_one_finds(
    folder: Path, writer: IndexWriter, seed: int, grouped: float
) -> None:
    rng = np.random.default_rng(seed)
    words = ["dividend", "phone", "leave", "Oak", "Willow", "sales", "balance sheet", "2017"]
    filters: list[dict[str, Any] | None] = [None, {"team": "team-1"}]
    followers = [
        retriever(folder, groups=groups, filter=filter) for groups in (None, ["board"], ["staff"]) for filter in filters
    ]
    seen: set[bool] = set()
    for _ in range(30):
        change_something(writer, rng, grouped)
        question = " ".join(rng.choice(words, 3).tolist())
        for follower in followers:
            anew = retriever(folder, groups=follower.groups, filter=follower.filter).explain(question)
            found = follower.explain(question)
            seen.add(bool(found.hits))
            assert [hit.chunk.id for hit in found.hits] == [hit.chunk.id for hit in anew.hits]
            assert (found.named, found.expansion, found.searched) == (anew.named, anew.expansion, anew.searched)
            for one, other in zip(found.hits, anew.hits, strict=True):
                assert dict(one.parts) == pytest.approx(dict(other.parts), rel=1e-5)
    assert seen == {True, False}


def test_the_first_document_of_a_group_hides_the_others_and_they_stay_hidden_when_it_goes(
    folder: Path, writer: IndexWriter
) -> None:
    add(writer, "a.txt", "The alpha dividend.", metadata={"team": "one"})
    writer.commit()
    made = retriever(folder, filter={"team": "one"})
    assert texts(made.search("dividend")) == ["The alpha dividend."]
    add(writer, "b.txt", "The beta dividend.", groups=("board",))
    writer.commit()
    assert texts(made.search("dividend")) == []
    writer.remove("file:///docs/b.txt")
    writer.commit()
    assert texts(made.search("dividend")) == []
    assert retriever(folder).search("dividend") == []
    writer.set_groups("file:///docs/a.txt", ["*"])
    writer.commit()
    assert texts(made.search("dividend")) == ["The alpha dividend."]


def test_many_threads_find_what_there_is_while_a_writer_replaces_all_of_it(folder: Path, writer: IndexWriter) -> None:
    def write(version: int) -> None:
        for number in range(8):
            add(writer, f"{number}.txt", f"The dividend number {number} is {version} euros.")
        writer.commit()

    write(0)
    made = retriever(folder, k=8)
    done = Event()
    wrong: list[Any] = []

    def ask() -> None:
        while not done.is_set():
            found = texts(made.search("dividend"))
            if len(found) != 8 or len({text.split()[-2] for text in found}) != 1:
                wrong.append(found)

    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(ask) for _ in range(12)]
        for version in range(1, 25):
            write(version)
        done.set()
    assert [one.exception() for one in asked] == [None] * 12
    assert wrong == []


def test_groups_that_are_one_text_are_refused_also_in_a_copy(folder: Path, writer: IndexWriter) -> None:
    add(writer, "a.txt", "The dividend is 3 euros.", groups=("a",))
    writer.commit()
    made = retriever(folder, groups=["a"])
    assert len(made.search("dividend")) == 1
    with pytest.raises(ValueError, match="groups are a collection of names, not one text"):
        made.model_copy(update={"groups": "a"}).search("dividend")


def test_when_the_last_group_is_gone_what_names_none_stays_hidden(folder: Path, writer: IndexWriter) -> None:
    open_one = add(writer, "a.txt", "The alpha dividend.", groups=("*",))
    add(writer, "b.txt", "The beta dividend.")
    writer.commit()
    made = retriever(folder)
    assert texts(made.search("dividend")) == ["The alpha dividend."]
    writer.set_groups(open_one.uri, [])
    writer.commit()
    assert texts(made.search("dividend")) == []
    add(writer, "c.txt", "The gamma dividend.", groups=("*",))
    writer.commit()
    assert texts(made.search("dividend")) == ["The gamma dividend."]


def test_a_profile_that_changes_is_followed(folder: Path, writer: IndexWriter) -> None:
    source = add(writer, "a.txt", "The dividend is 3 euros.")
    add(writer, "b.txt", "The dividend is 4 euros.")
    writer.commit()
    made = retriever(folder, signals=[Contracts()])
    assert made.explain("Which fee pays Lark").named == ()
    learned = {"contracts": {"version": 1, "profile": {"parties": ["Lark"]}}}
    writer.set_profile(source.uri, Profile("zetacorp", learned))
    writer.commit()
    explained = made.explain("zetacorp pays Lark")
    assert explained.named == (source.uri,)
    assert [hit.parts["lexical"] > 0 for hit in explained.hits] == [True, False]
    anew = retriever(folder, signals=[Contracts()]).explain("zetacorp pays Lark")
    assert [hit.score for hit in explained.hits] == pytest.approx([hit.score for hit in anew.hits])


class Broken(Contracts):
    """A contract signal that fails in one of its methods, or gives what it may not."""

    def __init__(self, method: str, given: Any) -> None:
        super().__init__()
        self.method, self.given = method, given

    def index(self) -> Any:
        made = super().index()

        def fail(*_: Any, **__: Any) -> Any:
            if isinstance(self.given, Exception):
                raise self.given
            return self.given

        setattr(made, self.method, fail)
        return made


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("read", RuntimeError("boom")),
        ("read", None),
        ("boosts", RuntimeError("boom")),
        ("boosts", None),
        ("boosts", Boosts({1: float("nan")})),
        ("boosts", Boosts(page_boost=float("inf"))),
        ("boosts", Boosts(pages={"all": np.zeros(3, np.int64)}, page_boost=1.0)),
    ],
)
def test_a_signal_that_fails_is_named(index: Path, method: str, given: Any) -> None:
    with pytest.raises(ConfigurationError, match="the signal contracts failed with"):
        retriever(index, signals=[Broken(method, given)]).search("dividend")


def test_signals_are_objects_with_names_of_their_own(index: Path) -> None:
    with pytest.raises(ConfigurationError, match="is no signal"):
        retriever(index, signals=[Contracts]).search("dividend")
    with pytest.raises(ConfigurationError, match="two signals have the name 'contracts'"):
        retriever(index, signals=[Contracts(), Contracts()]).search("dividend")


def test_what_wraps_a_retriever_is_not_passed_over(index: Path) -> None:
    made = retriever(index)
    assert len(GroundedQA(retriever=made.bind(k=1)).invoke("When is the dividend paid?").documents) == 1


def test_a_retriever_is_made_of_documents(tmp_path: Path) -> None:
    documents = [
        Document("The dividend is paid in May.", metadata={"source": "shop.pdf", "page": 2, "total_pages": 9}),
        Document("Everyone has 27 days of leave.", metadata={"source": "people.pdf", "page_number": 7}),
    ]
    made = HybridRetriever.from_documents(documents, Axes(), k=1)
    assert made.invoke("payout") == [documents[0].model_copy(update={"id": made.invoke("payout")[0].id})]
    answer = GroundedQA(retriever=made).invoke("How many days of leave are there?")
    assert [(c.source, c.page_label) for c in answer.citations] == [("people.pdf", "p. 7, text without a file")]
    made.save_local(tmp_path / "saved")
    loaded = HybridRetriever.load_local(tmp_path / "saved", Axes(), k=2)
    assert texts(loaded.search("leave"))[0] == "Everyone has 27 days of leave."
    kept = HybridRetriever.from_documents(documents, Axes(), path=tmp_path / "kept", search_kwargs={"k": 5})
    assert (kept.k, len(kept.invoke("leave"))) == (5, 2)
    with pytest.raises(ConfigurationError, match="what other groups may read"):
        kept.model_copy(update={"groups": ["board"]}).save_local(tmp_path / "stolen")


@pytest.mark.parametrize("documents", [[], ["text"], [None]])
def test_a_retriever_is_made_of_documents_alone(documents: Any) -> None:
    with pytest.raises(ConfigurationError, match="at least one LangChain Document"):
        HybridRetriever.from_documents(documents, Axes())


def test_documents_may_be_for_groups(tmp_path: Path) -> None:
    document = Document("The dividend is paid in May.")
    made = HybridRetriever.from_documents([document], Axes(), path=tmp_path / "i", groups=["board"])
    assert len(made.invoke("dividend")) == 1
    assert HybridRetriever.load_local(tmp_path / "i", Axes()).invoke("dividend") == []


def test_a_temporary_folder_lives_as_long_as_its_retriever_or_a_copy() -> None:
    made = HybridRetriever.from_documents([Document("The dividend is paid.")], Axes())
    folder = made.index.folder
    copy = made.model_copy(update={"k": 1})
    del made
    gc.collect()
    assert len(copy.invoke("dividend")) == 1
    del copy
    gc.collect()
    assert not folder.exists()
