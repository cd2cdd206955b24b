"""Questions for documents by what they hold, answered from the index."""

from pathlib import Path

import pytest

from mistral_rag import cli as program
from mistral_rag.grounding import GroundedQA
from mistral_rag.grounding._collection.listings import listing_asked
from mistral_rag.retrievers import HybridRetriever


@pytest.mark.parametrize(
    ("question", "listing"),
    [
        ("Which documents mention annual leave?", ("mentions", "annual leave")),
        ("documents that mention the word “parking”", ("mentions", "parking")),
        ("List all files about trains", ("mentions", "trains")),
        ("Do you have any documents about laptops?", ("mentions", "laptops")),
        ("Welche Dokumente erwähnen Urlaub?", ("mentions", "Urlaub")),
        ("In welchen Dateien kommt Reisekosten vor?", ("mentions", "Reisekosten")),
        ("Quels documents parlent de congés ?", ("mentions", "congés")),
        ("¿Qué documentos hablan de vacaciones?", ("mentions", "vacaciones")),
        ("Welke documenten gaan over verlof?", ("mentions", "verlof")),
        ("How many documents mention leave?", ("count", "leave")),
        ("How many pages does the handbook have?", ("pages", "handbook")),
        ("Wie viele Seiten hat das Handbuch?", ("pages", "Handbuch")),
        ("Combien de pages compte le rapport ?", ("pages", "rapport")),
        ("What has changed since 2021?", ("changes", "")),
        ("Was hat sich seit 2021 geändert?", ("changes", "")),
        ("Which documents are needed for the claim?", None),
        ("What documents must mention the tax number?", None),
        ("How many documents must be filed for a visa?", None),
        ("What is the handbook about?", None),
        ("What does the contract say about files?", None),
    ],
)
def test_listings_are_told_by_their_words(question: str, listing: tuple[str, str] | None) -> None:
    found = listing_asked(question)
    assert (None if found is None else (found.kind, found.subject)) == listing


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("listings")
    documents = folder / "documents"
    documents.mkdir()
    (documents / "leave.md").write_text("# Leave\n\nStaff have 25 days of annual leave.\n")
    (documents / "parking.md").write_text("# Parking\n\nStaff on leave may park for free.\n\n## Annual fee\n\nNone.\n")
    (documents / "trains.md").write_text("# Trains\n\nTrains are booked in second class.\n")
    assert program.ingest(["build", str(documents), "--index", str(folder / "index"), "--embeddings", "none"]) == 0
    return folder / "index"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (
            "Which documents mention leave?",
            "2 documents have the words “leave” on one page:\n- Leave (leave.md)\n- Parking (parking.md)",
        ),
        (
            "Which documents mention annual leave?",
            "1 document has the words “annual leave” on one page:\n- Leave (leave.md)",
        ),
        ("How many documents mention staff?", "2 documents have the words “staff” on one page."),
        ("Which files are about submarines?", "No document has the words “submarines” on one page."),
        ("How many pages does trains.md have?", "Trains (trains.md) has 1 page."),
    ],
)
def test_documents_are_listed_by_their_words(index: Path, question: str, text: str) -> None:
    answer = GroundedQA(retriever=HybridRetriever.from_index(index)).invoke(question)
    assert (answer.status, answer.text, answer.citations) == ("answered", text, ())


def test_a_listing_is_what_the_filter_leaves(index: Path) -> None:
    retriever = HybridRetriever.from_index(index, filter={"source": "leave.md"})
    assert GroundedQA(retriever=retriever).invoke("How many documents mention staff?").text == (
        "1 document has the words “staff” on one page."
    )


def test_changes_are_said_to_be_out_of_reach(index: Path) -> None:
    answer = GroundedQA(retriever=HybridRetriever.from_index(index)).invoke("What has changed since last year?")
    assert answer.status == "abstained"
    assert (answer.reason or "").startswith("what changed since then is out of reach")
