"""`mistral-rag show`: the cited page is drawn with the quote on it, or it is said why not."""

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

from mistral_rag import cli as program
from tests.printed import annotations, line, pdf

OFFICES = {
    "north": {},
    "east": {"Rotate": "90"},
    "south": {"Rotate": "180", "CropBox": "[40 400 560 760]"},
}
FILLER = line(
    60, 500, "Receipts are kept for ten years, and each of them names the day, the place and the purpose of the trip."
)
"""With fewer than 100 characters a page would be read by OCR."""
HANDBOOK = "# Leave\n\nEveryone has 30 days of paid leave a year. <b>Unused</b> days expire.\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents in `documents`, an index of them in `index`."""
    root = tmp_path_factory.mktemp("show")
    (root / "documents").mkdir()
    for name, attributes in OFFICES.items():
        words = f"The travel budget of the {name} office is 4200 euros."
        content = line(60, 700, words) + line(60, 600, "Trains are booked in second class.") + FILLER
        (root / "documents" / f"{name}.pdf").write_bytes(pdf(content, attributes=attributes))
    (root / "documents" / "handbook.md").write_text(HANDBOOK)
    build = ["build", str(root / "documents"), "--index", str(root / "index"), "--embeddings", "none", "--ocr", "never"]
    assert program.ingest(build) == 0
    return root


@pytest.fixture
def asked(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Ask, and give the file of the answer, whose first citation is of the document that was asked for."""

    def ask(question: str, source: str) -> Path:
        capsys.readouterr()
        filter_ = json.dumps({"source": source})
        assert program.main(["ask", question, "--index", str(folder / "index"), "--filter", filter_, "--json"]) == 0
        answer = tmp_path / "answer.json"
        answer.write_text(capsys.readouterr().out)
        return answer

    return ask


def show(folder: Path, *arguments: str | Path) -> int:
    return program.main(["show", *map(str, arguments), "--index", str(folder / "index")])


def budget(name: str) -> tuple[str, str]:
    return f"What is the travel budget of the {name} office?", f"{name}.pdf"


@pytest.mark.parametrize(
    ("name", "place", "size"),
    # the middle of the quote's first letters at two pixels a point: 60 and 703 points from the lower left
    [("north", (123, 195), (1200, 1600)), ("east", (1405, 123), (1600, 1200)), ("south", (997, 606), (1040, 720))],
)
def test_the_png_has_the_quote_marked_at_its_words(
    folder: Path, asked: Any, tmp_path: Path, name: str, place: tuple[int, int], size: tuple[int, int]
) -> None:
    assert show(folder, asked(*budget(name)), "--out", tmp_path / "quote.png", "--marker", "1") == 0
    image = Image.open(tmp_path / "quote.png").convert("RGB")
    assert image.width == size[0]
    assert image.height > size[1]
    around = image.crop((place[0] - 6, place[1] - 6, place[0] + 6, place[1] + 6))
    assert (246, 219, 158) in {color for _, color in around.getcolors() or ()}
    # the other sentence, 100 points below on the unturned page, has no mark
    colors = {color for _, color in image.getcolors(1 << 20) or ()}
    assert (230, 159, 0) in colors


@pytest.mark.parametrize("name", OFFICES)
def test_the_pdf_has_a_highlight_on_the_quote(folder: Path, asked: Any, tmp_path: Path, name: str) -> None:
    assert show(folder, asked(*budget(name)), "--marker", "1", "--out", tmp_path / "quote.pdf") == 0
    (page,) = PdfReader(tmp_path / "quote.pdf").pages
    (note,) = annotations(page)
    points = [round(float(value)) for value in note["/QuadPoints"]]
    assert note["/Subtype"] == "/Highlight"
    assert note["/Contents"] == f"The travel budget of the {name} office is 4200 euros."
    assert (min(points[::2]), min(points[1::2]), max(points[1::2])) == (60, 698, 709)


def test_the_html_file_holds_picture_quote_and_verdicts(folder: Path, asked: Any, tmp_path: Path) -> None:
    answer = asked(*budget("north"))
    assert show(folder, answer, "--out", tmp_path / "quote.html") == 0
    source = (tmp_path / "quote.html").read_text()
    assert '<blockquote dir="auto">The travel budget of the north office is 4200 euros.</blockquote>' in source
    assert "<dt>verified</dt><dd>yes (exact)</dd>" in source
    seen = json.loads(answer.read_text())["citations"][0]["seen"]
    assert f"<dt>seen</dt><dd>{seen}: " in source
    assert "<dt>source</dt><dd>north.pdf</dd>" in source
    assert '<image href="data:image/png;base64,' in source
    mark = re.search(r'<rect class="area" x="([\d.]+)" y="([\d.]+)" [^>]*fill="#E69F00"', source)
    assert mark is not None
    # one point of room around the words
    assert [round(float(side)) for side in mark.groups()] == [59, 90]


def test_a_document_without_pages_is_shown_as_text(folder: Path, asked: Any, tmp_path: Path) -> None:
    answer = asked("How many days of paid leave are there?", "handbook.md")
    assert show(folder, answer, "--out", tmp_path / "quote.html", "--marker", "1") == 0
    source = (tmp_path / "quote.html").read_text()
    assert '<span class="quote" title="quote">Everyone has 30 days of paid leave a year.</span>' in source


def test_a_document_without_pages_has_no_picture(
    folder: Path, asked: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = asked("How many days of paid leave are there?", "handbook.md")
    assert show(folder, answer, "--marker", "1", "--out", tmp_path / "quote.png") == 2
    assert capsys.readouterr().err == "error: handbook.md has no printed pages to draw; name an .html file\n"
    assert not (tmp_path / "quote.png").exists()


def test_the_answer_may_come_from_standard_input(
    folder: Path, asked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = asked(*budget("north"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(answer.read_bytes())))
    assert show(folder, "-", "--out", tmp_path / "quote.html", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["out"] == str(tmp_path / "quote.html")
    assert said["citations"][0] == {
        "marker": "1",
        "source": "north.pdf",
        "page": 1,
        "location": "exact",
        "verified": True,
        "seen": json.loads(answer.read_text())["citations"][0]["seen"],
        "problem": None,
    }


def test_one_citation_may_be_given_alone(folder: Path, asked: Any, tmp_path: Path) -> None:
    citation = json.loads(asked(*budget("north")).read_text())["citations"][0]
    (tmp_path / "one.json").write_text(json.dumps(citation))
    assert show(folder, "--citation", tmp_path / "one.json", "--out", tmp_path / "quote.pdf") == 0
    assert len(PdfReader(tmp_path / "quote.pdf").pages) == 1


def test_what_differs_from_the_picture_is_not_shown_as_verified(folder: Path, asked: Any, tmp_path: Path) -> None:
    citation = json.loads(asked(*budget("north")).read_text())["citations"][0]
    citation |= {"seen": "differs", "seen_text": "The travel budget is 42 euros.", "verified": False}
    (tmp_path / "one.json").write_text(json.dumps(citation))
    assert show(folder, "--citation", tmp_path / "one.json", "--out", tmp_path / "quote.html") == 0
    source = (tmp_path / "quote.html").read_text()
    assert "<dt>verified</dt><dd>no (exact)</dd>" in source
    assert "<dt>read there</dt><dd>The travel budget is 42 euros.</dd>" in source


def test_a_quote_that_nobody_finds_is_not_drawn(
    folder: Path, asked: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    citation = json.loads(asked(*budget("north")).read_text())["citations"][0]
    forged = "The travel budget of the north office is 9999 euros."
    citation |= {"quote": forged, "spans": [citation["spans"][0] | {"quote": forged, "end": len(forged)}]}
    (tmp_path / "one.json").write_text(json.dumps(citation))
    capsys.readouterr()
    assert show(folder, "--citation", tmp_path / "one.json", "--out", tmp_path / "quote.png") == 1
    assert "not_found: the document does not hold this quote" in capsys.readouterr().err
    assert not (tmp_path / "quote.png").exists()


@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_a_file_that_has_changed_is_stale_and_not_drawn(
    folder: Path, asked: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    answer = asked(*budget("north"))
    original = folder / "documents" / "north.pdf"
    kept = original.read_bytes()
    original.write_bytes(kept + b"\n% a remark\n")
    try:
        assert show(folder, answer, "--marker", "1", "--out", tmp_path / f"quote.{ending}") == 1
    finally:
        original.write_bytes(kept)
    assert "stale: the file has changed since it was indexed" in capsys.readouterr().err
    assert not (tmp_path / f"quote.{ending}").exists()


def test_of_a_changed_file_html_shows_no_page(folder: Path, asked: Any, tmp_path: Path) -> None:
    answer = asked(*budget("north"))
    original = folder / "documents" / "north.pdf"
    kept = original.read_bytes()
    original.write_bytes(kept + b"\n% a remark\n")
    try:
        assert show(folder, answer, "--marker", "1", "--out", tmp_path / "quote.html") == 1
    finally:
        original.write_bytes(kept)
    source = (tmp_path / "quote.html").read_text()
    assert "nothing is drawn: stale: the file has changed since it was indexed" in source
    assert "<image" not in source


def test_a_citation_of_an_older_edition_is_stale(
    folder: Path, asked: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    citation = json.loads(asked(*budget("north")).read_text())["citations"][0] | {"digest": "0" * 64}
    (tmp_path / "one.json").write_text(json.dumps(citation))
    capsys.readouterr()
    assert show(folder, "--citation", tmp_path / "one.json", "--out", tmp_path / "quote.png") == 1
    assert "stale: the document has changed since it was cited" in capsys.readouterr().err


def test_an_original_that_is_gone_is_said(
    folder: Path, asked: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = asked(*budget("north"))
    original = folder / "documents" / "north.pdf"
    original.rename(folder / "away.pdf")
    try:
        assert show(folder, answer, "--marker", "1", "--out", tmp_path / "quote.png") == 1
    finally:
        (folder / "away.pdf").rename(original)
    assert f"the original is gone: {original}" in capsys.readouterr().err


def test_an_index_that_is_not_there_is_exit_2(
    folder: Path, asked: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = asked(*budget("north"))
    assert program.main(["show", str(answer), "--index", str(tmp_path / "no"), "--out", str(tmp_path / "q.html")]) == 2
    assert capsys.readouterr().err.startswith(f"error: there is no index at {tmp_path / 'no'}.")


def test_who_may_not_read_a_document_is_not_shown_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "board.pdf").write_bytes(pdf(line(60, 700, "The board meets on 4 May 2026.") + FILLER))
    index = str(tmp_path / "index")
    build = ["build", str(tmp_path / "documents"), "--index", index, "--embeddings", "none", "--group", "board"]
    assert program.ingest([*build, "--ocr", "never"]) == 0
    capsys.readouterr()
    assert program.main(["ask", "When does the board meet?", "--index", index, "--group", "board", "--json"]) == 0
    (tmp_path / "answer.json").write_text(capsys.readouterr().out)
    command = ["show", str(tmp_path / "answer.json"), "--index", index, "--out", str(tmp_path / "quote.html")]
    assert program.main([*command, "--group", "board"]) == 0
    assert "<image" in (tmp_path / "quote.html").read_text()
    capsys.readouterr()
    assert program.main([*command, "--group", "staff"]) == 1
    assert "the index holds no such document" in capsys.readouterr().err
    assert "<image" not in (tmp_path / "quote.html").read_text()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not json", "Invalid JSON"),
        ('{"error": "no key", "exit_code": 2}', "question: Field required"),
        ('{"question": "Why?", "text": "", "status": "answered"}', "cites nothing: there is no page to show"),
    ],
)
def test_what_is_no_answer_is_exit_2(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    (tmp_path / "answer.json").write_text(text)
    assert show(folder, tmp_path / "answer.json", "--out", tmp_path / "quote.html") == 2
    err = capsys.readouterr().err
    assert reason in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--marker", "7", "--out", "x.html"], "the answer has no citation [7]; it has [1]"),
        (["--out", "x.docx"], "x.docx: what is drawn is a .png, .pdf or .html file; give it one of these endings"),
    ],
)
def test_what_can_not_be_drawn_is_exit_2(
    folder: Path, asked: Any, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    answer = asked(*budget("north"))
    assert show(folder, answer, *arguments) == 2
    assert reason in capsys.readouterr().err


def test_markup_in_a_document_stays_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "documents").mkdir()
    words = "The <img src=x onerror=alert(1)> budget of <script>x</script> is 4200 euros."
    (tmp_path / "documents" / "evil.pdf").write_bytes(pdf(line(60, 700, words) + FILLER))
    index = str(tmp_path / "index")
    assert program.ingest(["build", str(tmp_path / "documents"), "--index", index, "--embeddings", "none"]) == 0
    capsys.readouterr()
    assert program.main(["ask", "What is the budget?", "--index", index, "--json"]) == 0
    (tmp_path / "answer.json").write_text(capsys.readouterr().out)
    command = ["show", str(tmp_path / "answer.json"), "--index", index, "--out", str(tmp_path / "quote.html")]
    assert program.main(command) == 0
    source = (tmp_path / "quote.html").read_text()
    assert "&lt;script&gt;x&lt;/script&gt;" in source
    assert "<script" not in source
    assert "<img" not in source
