"""`mistral-rag chat`: a conversation by lines, and pages drawn where the terminal can."""

import base64
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mistral_rag import cli as program
from tests.printed import line, pdf

LEAVE = {2021: "Everyone had 25 days of paid leave in 2021.", 2024: "Everyone had 30 days of paid leave in 2024."}
MORE = "Leave is asked for two weeks ahead, in writing, and no later than the fifteenth of the month before it begins."


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("chat")
    (root / "documents").mkdir()
    for year, words in LEAVE.items():
        (root / "documents" / f"leave-{year}.pdf").write_bytes(pdf(line(60, 700, words) + line(60, 600, MORE)))
    (root / "documents" / "trains.md").write_text("# Trains\n\nTrains are booked in second class.\n")
    build = ["build", str(root / "documents"), "--index", str(root / "index"), "--embeddings", "none", "--ocr", "never"]
    assert program.ingest(build) == 0
    return root / "index"


@dataclass
class Talk:
    """What a conversation printed."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture
def chat(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """A conversation of lines that are piped in."""

    def chat(*lines: str, json: bool = False) -> Talk:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))
        capsys.readouterr()
        code = program.main(["chat", "--index", str(index), *(["--json"] if json else [])])
        return Talk(code, *capsys.readouterr())

    return chat


def width(png: bytes) -> int:
    with Image.open(io.BytesIO(png)) as picture:
        return picture.width


def test_a_follow_up_is_understood_from_the_question_before(chat: Any) -> None:
    done = chat("How many days of paid leave were there in 2024?", "And in 2021?", json=True)
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["citations"][0]["quote"] == LEAVE[2024]
    assert second["citations"][0]["quote"] == LEAVE[2021]
    assert second["question"] == "And in 2021?"
    assert "days of paid leave" in second["standalone_question"]
    assert done.code == 0


def test_a_new_conversation_knows_nothing_of_the_old_one(chat: Any) -> None:
    lines = ["How many days of paid leave were there in 2024?", "/new", "And in 2021?"]
    done = chat(*lines, json=True)
    assert json.loads(done.stdout.splitlines()[1])["status"] == "abstained"


def test_a_page_is_drawn_to_a_file_where_the_terminal_draws_none(chat: Any, tmp_path: Path) -> None:
    done = chat("How many days of paid leave were there in 2024?", "/show 1", "/show 1 page.pdf")
    assert "this terminal draws no pictures; the page is in citation-1.png" in done.stderr
    assert width(tmp_path.joinpath("citation-1.png").read_bytes()) > 1000
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def test_a_drawn_page_takes_the_place_of_no_file_of_somebody_else(chat: Any, tmp_path: Path) -> None:
    (tmp_path / "citation-1.png").write_text("mine")
    done = chat("How many days of paid leave were there in 2024?", "/show 1", "/show 1")
    assert done.stderr.count("the page is in citation-1-2.png") == 2
    assert (tmp_path / "citation-1.png").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["citation-1-2.png", "citation-1.png"]


def test_what_a_follow_up_was_understood_as_is_said(chat: Any) -> None:
    done = chat("How many days of paid leave were there in 2024?", "And in 2021?")
    assert "understood as: How many days of paid leave were there in 2021?" in done.stderr
    assert done.stderr.count("understood as") == 1


def test_a_source_without_pages_is_shown_as_its_text(chat: Any, tmp_path: Path) -> None:
    chat("In which class are trains booked?", "/show")
    assert 'title="quote">Trains are booked in second class.</span>' in (tmp_path / "citation-1.html").read_text()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/show 7", "error: the answer has no citation [7]; it has [1]"),
        ("/show 1 page.doc", "error: page.doc: what is drawn is a .png, .pdf or .html file"),
        ("/sauces", "there is no command /sauces"),
    ],
)
def test_a_slip_does_not_end_the_conversation(chat: Any, typed: str, said: str) -> None:
    question = "In which class are trains booked?"
    done = chat(question, typed, "/sources")
    assert said in done.stderr
    assert done.stdout.count('[1] trains.md, section 1: "Trains are booked in second class."') == 2
    assert done.code == 0


def test_sources_before_any_answer_are_refused(chat: Any) -> None:
    assert "error: there is no answer with citations yet" in chat("/sources").stderr


def on_a_terminal(index: Path, cwd: Path, typed: str, **settings: str) -> str:
    """What a person's terminal gets, when these lines are typed."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "mistral_rag.cli", "chat", "--index", str(index)]
    environment = {k: v for k, v in os.environ.items() if k not in {"TMUX", "TERM_PROGRAM", "KITTY_WINDOW_ID"}}
    process = subprocess.Popen(
        command, cwd=cwd, stdin=slave, stdout=slave, stderr=slave, env={**environment, **settings}
    )
    os.close(slave)
    shown, waiting, end = b"", typed.encode().splitlines(keepends=True), time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([master], [], [], 1)[0]:
            continue
        try:
            shown += os.read(master, 1 << 16)
        except OSError:  # the program has left its terminal
            break
        if waiting and shown.rstrip(b" ").endswith(b"?") and shown.endswith(b"? "):
            os.write(master, waiting.pop(0))
            shown += b"\n"
    process.wait(10)
    os.close(master)
    return shown.decode(errors="replace")


ASK_AND_SHOW = "How many days of paid leave were there in 2024?\n/show 1\n/quit\n"


@pytest.mark.parametrize(
    ("settings", "pattern"),
    [
        ({"TERM": "xterm-kitty"}, r"\x1b_G(?:a=T,f=100,)?m=[01];([A-Za-z0-9+/=]+)\x1b\\"),
        ({"TERM": "xterm", "TERM_PROGRAM": "iTerm.app"}, r"\x1b\]1337;File=[^:]*:([A-Za-z0-9+/=]+)\x07"),
    ],
)
def test_terminals_that_can_draw_get_the_marked_page(
    index: Path, tmp_path: Path, settings: dict[str, str], pattern: str
) -> None:
    shown = on_a_terminal(index, tmp_path, ASK_AND_SHOW, **settings)
    data = base64.b64decode("".join(re.findall(pattern, shown)))
    assert width(data) > 1000
    assert not list(tmp_path.iterdir())


def test_a_sixel_terminal_gets_a_picture_of_a_page(index: Path, tmp_path: Path) -> None:
    shown = on_a_terminal(index, tmp_path, ASK_AND_SHOW, TERM="foot")
    picture = shown[shown.index("\x1bPq") : shown.index("\x1b\\", shown.index("\x1bPq"))]
    assert set(re.sub(r"#\d+(;\d+){0,4}|!\d+", "", picture.removeprefix("\x1bPq"))) <= {chr(n) for n in range(36, 127)}
    assert picture.count("-") > 150  # bands of six rows


def test_a_document_can_send_the_terminal_nothing(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "a.md").write_text("# Rates\n\nThe rate is 7 percent.\x1b]0;owned\x07\x1b[2J\n")
    folder = tmp_path / "index"
    assert program.ingest(["build", str(documents), "--index", str(folder), "--embeddings", "none"]) == 0
    shown = on_a_terminal(folder, tmp_path, "What is the rate?\n/quit\n", TERM="xterm-kitty")
    assert "The rate is 7 percent." in shown
    assert "\x1b]0;" not in shown
    assert "\x1b[2J" not in shown
