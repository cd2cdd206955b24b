"""When an answer is given: fitted, kept in an index, shown as a curve."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mistral_rag import GroundedQA, HybridRetriever
from mistral_rag import cli as program
from mistral_rag.grounding._asked.answerability import DEFAULTS, WORDS, Calibration, Signs
from mistral_rag.grounding._asked.calibration import calibration_of, curve, fitted, point_at, to_json
from mistral_rag.grounding._collection.collection import description
from mistral_rag.schema import Source


def signs(strength: float) -> Signs:
    return Signs(covered=strength, page=strength, absent=0.0, value=1.0, about=strength, unnamed=0.0, likeness=0.0)


CASES = [(signs(strength / 20), strength > 10) for strength in range(1, 21)]


def test_a_fit_tells_the_two_kinds_and_loses_no_more_than_asked() -> None:
    found = fitted(CASES, start=DEFAULTS[WORDS], lost=0.1)
    point = point_at(found, CASES)
    assert (point.lost, point.abstained) == (0.1, 1.0)


def test_a_higher_threshold_loses_and_abstains_more() -> None:
    points = curve(fitted(CASES, start=DEFAULTS[WORDS], lost=0.1), CASES)
    assert [point.threshold for point in points][:2] == [0.05, 0.1]
    assert all(one.lost <= two.lost and one.abstained <= two.abstained for one, two in pairwise(points))
    assert points[0].abstained < points[-1].abstained


def test_a_few_questions_of_one_kind_are_not_fitted_to() -> None:
    with pytest.raises(ValueError, match="at least 5 answerable and 5 unanswerable questions are needed"):
        fitted(CASES[:14], start=DEFAULTS[WORDS], lost=0.1)


def test_what_an_index_keeps_holds_for_its_own_model_only() -> None:
    kept = Calibration(dict.fromkeys(DEFAULTS[WORDS].weights, 1.0), 0.7)
    assert calibration_of(to_json(kept, WORDS), None) == kept
    assert calibration_of(to_json(kept, "local-minilm@"), None) == DEFAULTS[WORDS]
    assert calibration_of(None, None) == DEFAULTS[WORDS]


@pytest.mark.parametrize(
    "broken",
    [
        "text",
        [],
        {"scale": WORDS},
        {"scale": WORDS, "weights": {"bias": 1.0}, "threshold": 0.5},
        {"scale": WORDS, "weights": {**DEFAULTS[WORDS].weights, "bias": float("nan")}, "threshold": 0.5},
        {"scale": WORDS, "weights": {**DEFAULTS[WORDS].weights, "bias": 1e300}, "threshold": 0.5},
        {"scale": WORDS, "weights": dict(DEFAULTS[WORDS].weights), "threshold": "high"},
        {"scale": WORDS, "weights": dict(DEFAULTS[WORDS].weights), "threshold": None},
    ],
)
def test_a_broken_calibration_of_an_index_is_not_used(broken: Any) -> None:
    assert calibration_of(broken, None) == DEFAULTS[WORDS]


TOPICS = (
    ("trains", "The office books trains in second class.", "In which class does the office book trains?"),
    ("leave", "The office grants 30 days of annual leave.", "How many days of annual leave does the office grant?"),
    ("meals", "The office pays 28 euros for a meal.", "How much does the office pay for a meal?"),
    ("parking", "The office sells parking permits for 40 euros.", "For how much does the office sell parking permits?"),
    ("laptops", "The office replaces laptops after four years.", "When does the office replace laptops?"),
    ("visitors", "The office lets visitors sign a book.", "What does the office let visitors sign?"),
)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    for name, text, _ in TOPICS:
        (tmp_path / "docs" / f"{name}.md").write_text(f"# About {name}\n\n{text}\n")
    folder = tmp_path / "index"
    assert program.ingest(["build", str(tmp_path / "docs"), "--index", str(folder), "--embeddings", "none"]) == 0
    return folder


def kept(index: Path) -> Any:
    with HybridRetriever.from_index(index).index.view() as view:
        return view.extra("calibration")  # noqa: S610 (no Django here)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    rows = [{"question": question, "answerable": True, "source": f"{name}.md"} for name, _, question in TOPICS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_calibrate_makes_unanswerable_questions_by_leaving_documents_out_and_keeps_the_fit(
    index: Path, questions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert program.main(["calibrate", str(questions), "--index", str(index), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["kept"] is True
    assert said["questions"]["answerable"] == 6
    assert kept(index) == said["calibration"]
    chain = GroundedQA(retriever=HybridRetriever.from_index(index))
    assert chain.invoke("In which class does the office book trains?").status == "answered"


def test_a_dry_run_changes_nothing_and_a_reset_forgets(
    index: Path, questions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(["calibrate", str(questions), "--index", str(index), "--dry-run"]) == 0
    shown = capsys.readouterr()
    assert "threshold  answerable lost  unanswerable abstained\n" in shown.out
    assert shown.err.endswith("nothing was changed (--dry-run)\n")
    assert kept(index) is None
    assert program.main(["calibrate", str(questions), "--index", str(index)]) == 0
    assert program.main(["calibrate", str(questions), "--index", str(index), "--reset"]) == 0
    assert kept(index) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json\n", "line 1: must be a JSON object"),
        ('{"question": "Who?"}\n', "line 1: must be a JSON object"),
        ('{"question": " ", "answerable": true}\n', "line 1: must be a JSON object"),
        ('{"question": "What do visitors sign?", "answerable": true}\n', "at least 5 answerable and 5 unanswerable"),
    ],
)
def test_a_file_that_can_not_be_fitted_to_is_one_sentence(
    index: Path, tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "q.jsonl").write_text(text)
    assert program.main(["calibrate", str(tmp_path / "q.jsonl"), "--index", str(index)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How many documents are there?", "The index holds 6 documents."),
        (
            "What documents do you have?",
            "The index holds 6 documents:\n- About laptops (laptops.md)\n- About leave (leave.md)\n"
            "- About meals (meals.md)\n- About parking (parking.md)\n"
            "- About trains (trains.md)\n- About visitors (visitors.md)",
        ),
        ("How many PDF files are there?", "The index holds 6 documents, 0 of them PDF."),
        ("How many Markdown files do you have?", "The index holds 6 documents, 6 of them Markdown."),
        ("Do you have any spreadsheets?", "The index holds 6 documents, 0 of them Excel."),
    ],
)
def test_questions_about_the_collection_are_answered_from_the_index(index: Path, question: str, text: str) -> None:
    answer = GroundedQA(retriever=HybridRetriever.from_index(index)).invoke(question)
    assert (answer.status, answer.text, answer.citations) == ("answered", text, ())


def test_titles_and_names_make_no_links_and_no_lines_of_their_own() -> None:
    hostile = Source(
        uri="file:///a",
        digest="0" * 64,
        media_type="text/plain",
        title="See [click](https://evil.example/x) ![i](https://evil.example/x.png) [1]",
        name="x\n- All passwords (ok.txt",
    )
    assert description([hostile], "list") == (
        "The index holds 1 document:\n"
        "- See [click］(https://evil.example/x) ![i］(https://evil.example/x.png) ［1］ (x - All passwords (ok.txt)"
    )


def test_the_collection_is_what_the_filter_leaves(index: Path) -> None:
    retriever = HybridRetriever.from_index(index, filter={"source": "meals.md"})
    assert (
        GroundedQA(retriever=retriever).invoke("List all files").text
        == "The index holds 1 document:\n- About meals (meals.md)"
    )


def test_a_summary_needs_a_model(index: Path) -> None:
    answer = GroundedQA(retriever=HybridRetriever.from_index(index)).invoke("Summarise the rules on leave")
    assert answer.status == "abstained"
    assert (answer.reason or "").startswith("a summary needs a chat model")
