"""Stored answers are checked again: by `verify_answer`, by `mistral-rag verify`, and by a script."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mistral_rag import GroundedQA, HybridRetriever, IndexReader, cli, locate, verify_answer
from mistral_rag.index import IndexWriter
from mistral_rag.testing import small_document, small_index

FEES = [
    ["The fee for an advisor is 600 euros a day.", "The fee is not refunded.", "Travel costs 60 euros a day."],
    ["Discounts of 5 % are given from 10 days on."],
]
BOARD = [["The chair of the board is paid 90,000 euros."]]


def documents(fees: list[list[str]] = FEES) -> list[Any]:
    return [
        small_document("fees.txt", fees, title="Fees 2024", groups=("*",), language="en"),
        small_document("board.txt", BOARD, title="Board", groups=("board",), language="en"),
    ]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return small_index(tmp_path / "index", documents())


def asked(index: Path, question: str, *groups: str) -> dict[str, Any]:
    retriever = HybridRetriever.from_index(index, k=4, groups=groups or None)
    answer = GroundedQA(retriever=retriever, quotes=1).invoke(question)
    read: dict[str, Any] = json.loads(answer.model_dump_json())
    assert read["status"] == "answered"
    return read


def edited(answer: dict[str, Any], before: str, after: str) -> str:
    text = json.dumps(answer, ensure_ascii=False)
    assert before in text
    return text.replace(before, after)


def test_an_answer_that_holds_is_ok(index: Path) -> None:
    answer = asked(index, "What is the fee for an advisor?")
    check = verify_answer(answer, index)
    assert (check.ok, check.problems) == (True, ())
    assert check.answer.citations[0].quote == "The fee for an advisor is 600 euros a day."
    with IndexReader.open(index) as reader:
        assert verify_answer(json.dumps(answer), reader) == check


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        # the quote and the text were edited alike: the page says 600
        ("600 euros", "900 euros", "[1] it stands nowhere on the page"),
        # so is a quote whose length no longer fits its offsets
        ("is 600 euros a day.", "is 6000 euros a day.", "[1] it stands nowhere on the page"),
        ('"quote": "The fee for an advisor is 600 euros a day."', '"quote": "The fee for an advisor is 60"',
         "[1] its characters stand on the page, but there it cuts a word or number, "
         "or leaves out a sign or unit"),
        ('[1]"', '[1] [2]"', "[2] stands in the text, and there is no such citation"),
        ('[1]"', '[1] The moon is made of cheese."', "no claim, so nobody judged it: The moon is made of cheese."),
    ],
)  # fmt: skip
def test_what_was_edited_is_said(index: Path, before: str, after: str, problem: str) -> None:
    check = verify_answer(edited(asked(index, "What is the fee for an advisor?"), before, after), index)
    assert not check.ok
    assert problem in check.problems


def test_a_text_that_says_more_than_its_quote_loses_its_support(index: Path) -> None:
    answer = asked(index, "What is the fee for an advisor?")
    answer["text"] = answer["text"].replace("600", "900")
    check = verify_answer(answer, index)
    assert [claim.support for claim in check.answer.claims] == ["unchecked", "contradicted"]
    assert check.problems == (
        "contradicted, and said to be supported: “The fee for an advisor is 900 euros a day.” "
        "(€900 stands in nothing it cites; it says '900' where its source says '600')",
    )


def test_did_you_mean_is_the_page_s_text_and_never_verified(index: Path) -> None:
    given = edited(asked(index, "What is the fee for an advisor?"), "600 euros", "900 euros")
    check = verify_answer(given, index).citations[0]
    assert check.nearest == "The fee for an advisor is 600 euros a day."
    assert (check.citation.quote, check.citation.verified) == (None, False)


@pytest.mark.parametrize(
    ("fees", "problem"),
    [
        (
            [["New.", "The fee for an advisor is 600 euros a day."]],
            "[1] the document has changed since it was cited; the quote stands on p. 1 of its new version",
        ),
        (
            [["The fee for an advisor is 700 euros a day."]],
            "[1] the document has changed since it was cited; it stands nowhere on the page",
        ),
    ],
)
def test_a_document_that_changed_is_stale(index: Path, fees: list[list[str]], problem: str) -> None:
    answer = asked(index, "What is the fee for an advisor?")
    with IndexWriter.open(index) as writer:
        source, pages, chunks = documents(fees)[0]
        writer.put(source, pages, chunks)
        writer.commit()
    check = verify_answer(answer, index)
    assert [one.stale for one in check.citations] == [True]
    assert check.problems[0] == problem


def test_forbidden_and_absent_documents_look_the_same(index: Path) -> None:
    answer = asked(index, "What is the chair of the board paid?", "board")
    assert verify_answer(answer, index, groups=["board"]).ok
    forbidden = verify_answer(answer, index, groups=["staff"])
    invented = json.loads(edited(answer, "file:///docs/board.txt", "file:///docs/bored.txt"))
    absent = verify_answer(invented, index, groups=["staff"])
    assert forbidden.problems == absent.problems
    assert forbidden.problems[0] == "[1] the index holds no such document"
    guess = edited(answer, "90,000", "80,000")
    assert verify_answer(guess, index, groups=["staff"]).citations[0].nearest is None
    assert "90,000" in (verify_answer(guess, index, groups=["board"]).citations[0].nearest or "")


def test_cells_and_passages_that_were_made_up_are_not_kept(index: Path) -> None:
    answer = asked(index, "What is the fee for an advisor?")
    answer["citations"][0]["cells"] = [{"value": "9", "column": "Fee", "row": "Advisor"}]
    answer["citations"][0]["chunk_id"] = asked(index, "What is the chair paid?", "board")["citations"][0]["chunk_id"]
    answer["text"] = answer["text"].replace("” [1]", "” (Fee: 9) [1]")
    answer["claims"][1]["end"] += len(" (Fee: 9)")
    check = verify_answer(answer, index)
    assert check.answer.citations[0].cells == ()
    assert check.answer.claims[1].support == "unsupported"


def test_groups_of_a_reader_that_is_open_are_its_own(index: Path) -> None:
    answer = asked(index, "What is the fee for an advisor?")
    with IndexReader.open(index) as reader, pytest.raises(ValueError, match="name the folder to give others"):
        verify_answer(answer, reader, groups=["board"])


@pytest.mark.parametrize("given", ["", "[]", "{}", '{"citations": {}}', '{"citations": [1]}', "nonsense", b"\xff"])
def test_what_is_no_answer_is_a_value_error(index: Path, given: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        verify_answer(given, index)


@pytest.mark.parametrize(
    ("quote", "location", "reason"),
    [
        ("The fee for an advisor is 600 euros a day.", "exact", None),
        ("“the fee for an advisor is  600 euros a day”", "normalised", None),
        ("60", "not_found", "its characters stand on the page, but there it cuts a word or number, or leaves out a "
         "sign or unit"),
        ("The fee is refunded.", "not_found", "it stands nowhere on the page"),
        ("refunded.", "not_found", "its characters stand on the page, but there it leaves out a negation, condition "
         "or exception"),
        ("The fee for an advisor … costs 60 euros a day.", "not_found", "its parts stand on the page, but they do not "
         "belong together"),
        ("euros", "not_found", "its characters stand on the page, but there it cuts a word or number, or leaves out a "
         "sign or unit"),
        ("a day.", "ambiguous", None),
    ],
)  # fmt: skip
def test_a_quote_is_located_on_a_page_or_refused_with_the_reason(quote: str, location: str, reason: str | None) -> None:
    page = small_document("fees.txt", FEES)[1][0]
    found = locate(quote, page)
    assert (found.location, found.reason, found.verified) == (location, reason, location in {"exact", "normalised"})
    assert all(page.text[span.start : span.end] == span.quote for span in found.spans)


def test_the_nearest_text_is_whole_units(index: Path) -> None:
    page = small_document("fees.txt", FEES)[1][0]
    near = locate("The fee is always refunded to an advisor", page).nearest
    assert near is not None
    assert near.quote == "The fee is not refunded."
    near = locate("The fee for an advisor is 600 euros a day. The fee is refunded.", page).nearest
    assert near is not None
    assert near.quote == "The fee for an advisor is 600 euros a day.\nThe fee is not refunded."
    assert locate("nothing of this kind", page).nearest is None


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = cli.main(["verify", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command_says_what_holds(index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "answer.json"
    answer = asked(index, "What is the fee for an advisor?")
    file.write_text(json.dumps(answer), "utf-8")
    code, out, _ = run(capsys, str(file), "--index", str(index))
    assert (code, out) == (
        0,
        "[1] Fees 2024 (fees.txt), p. 1: verified (exact)\n1 of 1 citation verified, 0 problems\n",
    )
    file.write_text(edited(answer, "600", "900"), "utf-8")
    code, out, _ = run(capsys, str(file), "--index", str(index))
    assert code == 1
    assert out.splitlines()[:2] == [
        "[1] Fees 2024 (fees.txt): not verified (not_found): it stands nowhere on the page",
        '    did you mean (not verified): "The fee for an advisor is 600 euros a day."',
    ]
    code, out, _ = run(capsys, str(file), "--index", str(index), "--json")
    row = json.loads(out)["citations"][0]
    assert (code, row["verified"], row["location"], row["stale"]) == (1, False, "not_found", False)


@pytest.mark.parametrize("given", ["{", "[]", "{}", "\x1b[2J", ""])
def test_the_command_refuses_what_is_no_answer(
    index: Path, given: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
    code, out, err = run(capsys, "-", "--index", str(index))
    assert (code, out) == (2, "")
    assert err.startswith("error: - holds no answer as `mistral-rag ask --json` prints it: ")
    assert "\x1b" not in err


def test_an_abstention_has_nothing_to_check(index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"question": "?", "text": "", "status": "abstained", "reason": "nothing"}), "utf-8")
    code, out, err = run(capsys, str(file), "--index", str(index))
    assert (code, out) == (0, "0 of 0 citations verified, 0 problems\n")
    assert err == "the answer cites nothing; its status is abstained\n"
    file.write_text(json.dumps({"question": "?", "text": "Yes, it is.", "status": "answered"}), "utf-8")
    assert run(capsys, str(file), "--index", str(index))[0] == 1


def test_the_nearest_row_is_the_one_with_most_of_the_quote_s_words() -> None:
    rows = ["Email | 3 years | Date of the message", "Chat messages | 1 year | Date of the message", "Files | 6 months"]
    page = small_document("kept.txt", [rows])[1][0]
    near = locate("Chat messages | 2 years | Date of the message", page).nearest
    assert near is not None
    assert near.quote == "Chat messages | 1 year | Date of the message"
