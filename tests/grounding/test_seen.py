"""Citations with what the pictures of their pages show: in answers, and when they are verified."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest

from ingest import Build
from mistral_rag import GroundedQA, HybridRetriever, verify_citation
from mistral_rag.cli import _program as program
from mistral_rag.index import IndexReader, IndexWriter
from mistral_rag.schema import Answer, Citation
from mistral_rag.witness import PictureWitness
from mistral_rag.witness import _witness as module
from tests.witness.conftest import line, pdf_of

pytest.importorskip("rapidocr")

QUESTION = "How much were the total net sales?"


PRINTED = "Total net sales were 81,797 in the year 2023."


def built(folder: Path) -> Path:
    root = folder / "documents"
    root.mkdir()
    (root / "report.pdf").write_bytes(pdf_of(line(PRINTED)))
    for _ in Build([root], folder / "index", embeddings="none"):
        pass
    return folder / "index"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of a report, whose text says what is printed."""
    return built(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def own_index(tmp_path: Path) -> Path:
    """The same, to be changed."""
    return built(tmp_path)


@pytest.fixture(scope="module")
def lying_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same index with a file that prints another number."""
    index = built(tmp_path_factory.mktemp("lying"))
    other = pdf_of(line("Total net sales were 81,791 in the year 2023."))
    with IndexWriter.open(index) as writer:
        [state] = writer.sources().values()
        with writer.view() as view:
            pages = list(view.pages(state.source.uri))
            chunks, _ = view.content_of(state.source.uri)
        (index.parent / "documents" / "report.pdf").write_bytes(other)
        source = state.source.model_copy(update={"digest": sha256(other).hexdigest()})
        writer.put(source, pages, chunks, None, root=state.root)
        writer.commit()
    return index


def asked(index: Path, **settings: float) -> Answer:
    return GroundedQA(retriever=HybridRetriever.from_index(index), **settings).invoke(QUESTION)


def test_a_quote_of_an_answer_agrees_with_its_picture(index: Path) -> None:
    [citation] = asked(index).citations
    assert (citation.seen, citation.verified) == ("agrees", True)
    assert citation.seen_text == "Total net sales were 81,797 in the year 2023."


def test_a_quote_that_differs_from_its_picture_is_not_verified(lying_index: Path) -> None:
    [citation] = asked(lying_index).citations
    assert (citation.location, citation.seen, citation.verified) == ("exact", "differs", False)
    assert citation.seen_text == "Total net sales were 81,791 in the year 2023."


def test_async_sees_the_same(lying_index: Path) -> None:
    chain = GroundedQA(retriever=HybridRetriever.from_index(lying_index))
    [citation] = asyncio.run(chain.ainvoke(QUESTION)).citations
    assert (citation.seen, citation.verified) == ("differs", False)


@pytest.mark.parametrize("seconds", [0, 0.001])
def test_without_time_quotes_stay_unchecked(index: Path, seconds: float) -> None:
    [citation] = asked(index, picture_seconds=seconds).citations
    assert (citation.seen, citation.seen_text, citation.verified) == ("unchecked", None, True)


def test_without_the_extra_an_answer_says_so_once(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGES", ("no_such_package",))
    answer = asked(index)
    assert [citation.seen for citation in answer.citations] == ["unchecked"]
    assert answer.warnings == (
        'the quotes were not compared with the pictures of their pages; for that run: pip install "mistral-rag[local]"',
    )


def test_a_file_that_is_gone_leaves_quotes_unchecked(own_index: Path) -> None:
    (own_index.parent / "documents" / "report.pdf").unlink()
    answer = asked(own_index)
    assert [(citation.seen, citation.verified) for citation in answer.citations] == [("unchecked", True)]
    assert answer.warnings == ()


@pytest.fixture(scope="module")
def citation(index: Path) -> Citation:
    [citation] = asked(index, picture_seconds=0).citations
    return citation


def test_verification_looks_at_the_picture_when_asked(index: Path, citation: Citation) -> None:
    with IndexReader.open(index) as store:
        assert verify_citation(store, citation).seen == "unchecked"
        assert verify_citation(store, citation, picture=True).seen == "agrees"


def test_one_witness_serves_many_verifications(lying_index: Path) -> None:
    [citation] = asked(lying_index, picture_seconds=0).citations
    with IndexReader.open(lying_index) as store, PictureWitness() as witness:
        found = [verify_citation(store, citation, picture=witness) for _ in range(2)]
    assert [(each.seen, each.verified) for each in found] == [("differs", False)] * 2


def test_good_news_is_not_taken_from_others_and_bad_news_is(index: Path, citation: Citation) -> None:
    with IndexReader.open(index) as store:
        claimed = citation.model_copy(update={"seen": "agrees", "seen_text": "Total net sales were 81,797"})
        warned = citation.model_copy(update={"seen": "differs", "seen_text": "Total net sales were 81,791"})
        assert verify_citation(store, claimed).seen == "unchecked"
        assert verify_citation(store, warned).verified is False
        assert verify_citation(store, warned, picture=True).verified is True


def test_a_quote_that_is_nowhere_is_not_looked_for(index: Path, citation: Citation) -> None:
    foreign = citation.model_copy(
        update={"location": "not_found", "quote": None, "spans": None, "given_quote": "Total net losses"}
    )
    with IndexReader.open(index) as store:
        assert verify_citation(store, foreign, picture=True).seen == "unchecked"


def test_what_a_reader_may_not_read_is_not_looked_at(own_index: Path) -> None:
    [citation] = asked(own_index, picture_seconds=0).citations
    with IndexWriter.open(own_index) as writer:
        writer.set_groups(citation.uri, ("board",))
        writer.commit()
    with IndexReader.open(own_index, groups=("staff",)) as store:
        found = verify_citation(store, citation, picture=True)
    assert (found.location, found.seen, found.seen_text) == ("stale", "unchecked", None)


def test_the_terminal_shows_what_was_seen(lying_index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.main(["ask", QUESTION, "--index", str(lying_index), "--extractive"])
    assert (
        capsys.readouterr()
        .out.splitlines()[-1]
        .endswith(
            ', p. 1 (not verified: the picture shows "Total net sales were 81,791 in the year 2023."): '
            '"Total net sales were 81,797 in the year 2023."'
        )
    )
