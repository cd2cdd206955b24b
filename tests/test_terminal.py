"""Nothing that is foreign steers the terminal, whatever its encoding, and no line looks like another program's."""

import argparse
import ast
import io
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from mistral_rag import cli as program
from mistral_rag import terminal
from mistral_rag.errors import ParseError
from mistral_rag.terminal import one_line, printable
from mistral_rag.testing import FakeMistral, small_document, small_index

CHECKOUT = Path(__file__).parents[1]
HARMFUL = (
    "\x00\x07\x08\x1b\x7f\x80\x85\x9b\x9d\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff\ufff9\ufffa\ufffb\ufffe\udcff\U000e0001\U000e0041\U000e007f"
)
FORGED = "note.txt\nerror: all is lost\r\u2028failed: other.pdf: stolen\x85warning: x\x1b]0;owned\x07\x1b[2J\u202egnp"
FORGED_LINE = "note.txt error: all is lost failed: other.pdf: stolen warning: x\ufffd]0;owned\ufffd\ufffd[2J\ufffdgnp"


@pytest.mark.parametrize("character", HARMFUL, ids=ascii)
def test_what_steers_a_terminal_is_replaced(character: str) -> None:
    assert printable(f"a{character}b") == "a\ufffdb"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc\r\nd", "a\nb\tc\nd"),
        ("می‌خواهم", "می‌خواهم"),
        ("क्‍ष", "क्‍ष"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("❤️", "❤️"),
        ("pass\u200cword", "pass\ufffdword"),
        ("pass\u200d\u200dword", "pass\ufffd\ufffdword"),
        ("👍\u200d", "👍\ufffd"),
        ("م\u200c\u200c\u200c", "م\u200c\ufffd\ufffd"),
        (" \ufe0f", " \ufffd"),
        ("a\ufe00\ufe01", "a\ufe00\ufffd"),
        ("葛\U000e0100", "葛\U000e0100"),
        ("a\U000e0100", "a\ufffd"),
        ("Reise\u00adkosten", "Reisekosten"),
    ],
)
def test_spelling_stays_and_what_nobody_sees_does_not(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_line_stays_one_line() -> None:
    assert one_line(FORGED) == FORGED_LINE
    assert len(one_line("".join(map(chr, range(0x3000)))).splitlines()) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp1252"])
def test_json_is_harmless_and_means_the_same(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", out)
    value = {"text": f"é “क्‍ष” 👩‍👩‍👧 {HARMFUL}{FORGED}"}
    terminal.say_json(value)
    line = out.buffer.getvalue().decode(encoding)
    assert json.loads(line) == value
    assert line == printable(line)
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize(
    ("encoding", "line"),
    [("utf-8", "é “x” \ufffd\n"), ("ascii", "? ?x? ?\n"), ("latin-1", "é ?x? ?\n"), ("cp1252", "é “x” ?\n")],
)
def test_what_an_encoding_has_not_is_replaced(encoding: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    monkeypatch.setattr(sys, "stdout", out)
    terminal.say("é “x” \x1b")
    assert out.buffer.getvalue().decode(encoding) == line


def run_command(command: Callable[[argparse.Namespace], int], **arguments: object) -> int:
    return terminal.run(command, argparse.Namespace(**arguments))


def fails_with(error: BaseException) -> Callable[[argparse.Namespace], int]:
    def command(arguments: argparse.Namespace) -> int:
        raise error

    return command


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(fails_with(ParseError(FORGED))) == 2
    assert capsys.readouterr().err == f"error: {FORGED_LINE}\n"
    assert run_command(fails_with(ParseError(FORGED)), json=True) == 2
    assert json.loads(capsys.readouterr().out) == {"error": " ".join(FORGED.split()), "exit_code": 2}


def test_a_traceback_is_clean_and_looks_like_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(fails_with(KeyError(FORGED)), json=False) == 1
    assert run_command(fails_with(RuntimeError(FORGED))) == 1
    lines = capsys.readouterr().err.split("\n")
    assert [line for line in lines if line and not line.startswith("  ")] == [
        f"error: unexpected KeyError: {KeyError(FORGED)}".replace("\u2028", "\\u2028"),
        f"error: unexpected RuntimeError: {FORGED_LINE}",
    ]
    assert "  Traceback (most recent call last):" in lines
    assert all(line == one_line(line) for line in lines)


def test_what_libraries_warn_of_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    def command(arguments: argparse.Namespace) -> int:
        logging.lastResort.emit(logging.makeLogRecord({"msg": "\x1b]0;owned\x07 \u202e"}))  # type: ignore[union-attr]
        sys.stderr.writelines(["\x1b[2J", "\x9b2J"])
        return 0

    assert run_command(command) == 0
    err = capsys.readouterr().err
    assert "\ufffd]0;owned\ufffd \ufffd" in err
    assert err.endswith("\ufffd[2J\ufffd2J")
    assert err == printable(err)


def test_what_was_typed_is_shown_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.ingest(["build", "x", "--x\nerror:\x1b[2J\u2028all\u202e"])
    assert (
        capsys.readouterr().err.splitlines()[-1]
        == "ingest: error: unrecognized arguments: --x error:\ufffd[2J all\ufffd"
    )
    with pytest.raises(SystemExit):
        program.main([FORGED])
    err = capsys.readouterr().err
    assert err == printable(err)
    assert [line for line in err.splitlines() if line.startswith(("error", "failed", "warning"))] == []


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder of files whose names and texts try to steer the terminal; one of them can't be read."""
    root = tmp_path / "documents"
    root.mkdir()
    (root / "rule\n1 failed\x1b[2J\u202e.txt").write_text(
        f"# Rule {HARMFUL[:-4]}\n\nPasswords have twelve letters.\x1b[2J"
    )
    (root / "broken\rok: all is well\u2028.pdf").write_bytes(b"%PDF-1.7\x1b]0;owned\x07")
    (root / "odd\x9b2J\U000e0041.xyz").write_bytes(b"")
    return root


COMMANDS: dict[str, tuple[str, ...]] = {
    "rebuild": ("ingest", "build", "documents", "--rebuild", "--embeddings", "none"),
    "status": ("ingest", "status"),
    "plan": ("ingest", "plan", "documents", "--embeddings", "none"),
    "verify": ("ingest", "verify"),
    "remove": ("ingest", "remove", "rule\n1 failed\x1b[2J\u202e.txt"),
    "remove unknown": ("ingest", "remove", FORGED),
    "ask": ("mistral-rag", "ask", "How many letters do passwords have?"),
    "search": ("mistral-rag", "search", "passwords", "--explain"),
    "doctor": ("mistral-rag", "doctor"),
}


def test_no_command_prints_what_hostile_files_hold(
    hostile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MISTRAL_RAG_INDEX", str(tmp_path / "index"))
    assert program.ingest(["build", "documents", "--embeddings", "none"]) == 1
    report = capsys.readouterr().out.splitlines()
    assert [line.partition(";")[0] for line in report[:1]] == ["1 added, 1 failed"]
    ours = ("skipped 1: ", "failed: broken ok: all is well .pdf: ", "no parser takes these types: ")
    assert [line for line in report[1:] if not line.startswith(ours)] == []
    for run, *arguments in COMMANDS.values():
        for more in ([], ["--json"]):
            {"ingest": program.ingest, "mistral-rag": program.main}[run]([*arguments, *more])
            shown = capsys.readouterr()
            for text in shown:
                assert text == printable(text), arguments
            for line in shown.out.splitlines() if more else ():
                json.loads(line)


def started(
    *command: str, cwd: Path, stdout: int = subprocess.PIPE, environment: Mapping[str, str] = MappingProxyType({})
) -> "subprocess.CompletedProcess[bytes]":
    """A program in a process of its own, whose environment names an encoding."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env=os.environ | {"MISTRAL_RAG_INDEX": "index"} | dict(environment),
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


NARROW = {
    "C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "cp1252": {"PYTHONIOENCODING": "cp1252:strict"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("narrow")
    (home / "documents").mkdir()
    (home / "documents" / "Café.md").write_text("# Café\n\nThe café asks 5 € for a cup of tea – 日本.\n", "utf-8")
    assert (
        program.ingest(["build", str(home / "documents"), "--index", str(home / "index"), "--embeddings", "none"]) == 0
    )
    return home


@pytest.mark.parametrize("name", NARROW)
def test_a_narrow_terminal_gets_replaced_characters(folder: Path, name: str) -> None:
    ask = ("mistral_rag.cli", "ask", "What does the café ask for a cup of tea?")
    people = started(*ask, cwd=folder, environment=NARROW[name])
    assert (people.returncode, people.stderr) == (0, b"")
    assert b"[1] Caf" in people.stdout
    programs = started(*ask, "--json", cwd=folder, environment=NARROW[name])
    answer = json.loads(programs.stdout.decode("ascii"))
    assert answer["question"] == "What does the café ask for a cup of tea?"
    assert answer["citations"][0]["quote"] == "The café asks 5 € for a cup of tea – 日本."


def test_an_argument_that_is_no_utf_8_is_a_question(folder: Path) -> None:
    ask: list[str | bytes] = [sys.executable, "-m", "mistral_rag.cli", "search", b"Caf\xe9 \xff", "--index", "index"]
    done = subprocess.run(ask, cwd=folder, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"nothing found\n")
    missing: list[str | bytes] = [sys.executable, "-m", "ingest", "status", "--index", b"ind\xff"]
    done = subprocess.run(missing, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("error: there is no index at ")


@pytest.mark.parametrize("arguments", [("ask", "café"), ("search", "café", "--json"), ("doctor",), ("--help",)])
def test_a_reader_that_leaves_is_a_quiet_end(folder: Path, arguments: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = started("mistral_rag.cli", *arguments, cwd=folder, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0 if arguments == ("--help",) else 1, b"")


def test_no_standard_output_is_a_quiet_end(folder: Path) -> None:
    close = [sys.executable, "-c", "import os, sys; os.close(1); os.execv(sys.executable, sys.argv[1:])"]
    command = [sys.executable, "-m", "mistral_rag.cli", "search", "café", "--index", "index"]
    done = subprocess.run([*close, *command], cwd=folder, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_is_one_sentence(folder: Path) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = started("mistral_rag.cli", "search", "café", cwd=folder, stdout=full.fileno())
    assert done.returncode == 1
    assert done.stderr == b"error: the output can't be written: No space left on device\n"


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "\u200b", "\x00\u202e"])
@pytest.mark.parametrize("command", ["ask", "search"])
def test_an_empty_question_is_one_sentence(command: str, question: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([command, question, "--index", "nowhere"]) == 2
    assert capsys.readouterr().err == "error: the question is empty. Write one, in quotes\n"


def test_a_misspelt_field_of_a_filter_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, index = tmp_path / "documents", str(tmp_path / "index")
    root.mkdir()
    (root / "open.md").write_text("# Open\n\nTrains leave at eight.\n")
    assert program.ingest(["build", str(root), "--index", index, "--embeddings", "none"]) == 0
    capsys.readouterr()
    fields = (
        "digest, first_unit, headings, kind, language, last_unit, locator, page, page_label, page_number, source, "
        "start_index, title, uri"
    )
    for wanted, name in (
        ('{"sorce": "x"}', "sorce"),
        ('{"$or": [{"source": "x"}, {"$not": {"yaer": {"$gte": 2021}}}]}', "yaer"),
        ('{"source": "x", "grupo\\n": 1}', "grupo "),
        ('{"kind": "x", "sourcE": {"$exists": false}}', "sourcE"),
    ):
        assert program.main(["search", "trains", "--index", index, "--filter", wanted]) == 2
        assert (
            capsys.readouterr().err
            == f"error: no document has a field {name.strip()} to filter by; there are: {fields}\n"
        )
    assert program.main(["search", "trains", "--index", index, "--filter", '{"$or": 5}']) == 2
    assert capsys.readouterr().err == "error: $or takes a list of filters\n"
    deep = '{"$not":' * 100_000 + "{}" + "}" * 100_000
    with pytest.raises(SystemExit, match="2"):
        program.main(["search", "trains", "--index", index, "--filter", deep])


def test_fields_of_documents_the_asker_may_not_read_are_not_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, pages, chunks = small_document("board.txt", ["Trains leave."], groups=("board",))
    secret = source.model_copy(update={"metadata": {"merger": "Oak"}})
    folder = small_index(tmp_path / "i", [(secret, pages, chunks), small_document("o.txt", ["Trains."], groups=("*",))])
    search = ["search", "trains", "--index", str(folder), "--filter", '{"merger": "Oak"}']
    assert program.main([*search, "--group", "board"]) == 0
    capsys.readouterr()
    for group in ([], ["--group", "staff"]):
        assert program.main([*search, *group]) == 2
        assert capsys.readouterr().err.startswith(
            "error: no document has a field merger to filter by; there are: digest, "
        )
    wrong = ["search", "trains", "--index", str(folder), "--filter", '{"mergr": "Oak"}']
    assert program.main(wrong) == 2
    assert "merger" not in capsys.readouterr().err


class Screen(io.StringIO):
    """A terminal in memory."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("variable", ["", "NO_COLOR"])
def test_on_a_terminal_an_answer_ends_with_what_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    folder = small_index(tmp_path / "i", [small_document("trains.txt", ["Trains leave at eight."])])
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    if variable:
        monkeypatch.setenv(variable, "1")
    ask = ["ask", "When do trains leave?", "--index", str(folder)]
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    assert program.main(ask) == 0
    line = screen.getvalue()
    expected = r"\d+\.\d s \(\d+\.\d s search\), no model"
    assert re.fullmatch(f"{expected}\n" if variable else f"\x1b\\[90m{expected}\x1b\\[0m\n", line)
    screen.truncate(0)
    assert program.main([*ask, "--json"]) == 0
    assert "no model" not in screen.getvalue()


def test_tokens_are_counted_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = small_index(tmp_path / "i", [small_document("trains.txt", ["Trains leave at eight."])])
    with FakeMistral() as fake:
        monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
        monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
        screen = Screen()
        monkeypatch.setattr("sys.stderr", screen)
        assert program.main(["ask", "When do trains leave?", "--index", str(folder)]) == 0
    assert re.search(r"search\), [\d,]+ tokens in, \d+ tokens out, \$0\.\d{4}, mistral-small", screen.getvalue())


def test_in_a_log_nothing_is_said_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = small_index(tmp_path / "i", [small_document("trains.txt", ["Trains leave at eight."])])
    assert program.main(["ask", "When do trains leave?", "--index", str(folder)]) == 0
    assert capsys.readouterr().err == ""


def test_the_progress_bar_shows_clean_names(hostile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    (hostile / "[bold]x:smile:\x1b]0;owned.txt").write_text("Trains leave at eight.")
    assert program.ingest(["build", str(hostile), "--index", str(tmp_path / "i"), "--embeddings", "none"]) == 1
    shown = screen.getvalue()
    assert "\x1b[?25l" in shown
    for steering in ("\x1b]", "\x07", "\x1b[2J\u202e", "\u202e", "\x9b", "\u2028", "\U000e0041"):
        assert steering not in shown


def test_our_loggers_write_clean_lines(caplog: pytest.LogCaptureFixture) -> None:
    from mistral_rag._logger import logger_of

    logger_of("mistral_rag.test").warning("%d files of %s", 2, FORGED)
    assert caplog.messages == [f"2 files of {FORGED_LINE}"]


def test_every_logger_of_ours_is_clean() -> None:
    found = [path.name for path in CHECKOUT.glob("src/mistral_rag/**/*.py") if "getLogger" in path.read_text("utf-8")]
    # the other two look after loggers of libraries
    assert sorted(found) == ["_keys.py", "_logger.py", "_pypdf.py"]


PRINTS = {"print", "breakpoint", "input"}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
MAY_PRINT = {
    "src/mistral_rag/terminal/_output.py",
    "src/mistral_rag/terminal/_streams.py",
    "src/mistral_rag/index/_folder/filesystem_probe.py",  # a child's answer to its parent
}


def prints(path: Path) -> list[str]:
    """Calls and names that print past the terminal."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PRINTS:
            found.append(f"line {node.lineno}: {node.func.id}")
        if isinstance(node, ast.Attribute) and node.attr in STREAMS and ast.unparse(node.value) == "sys":
            found.append(f"line {node.lineno}: sys.{node.attr}")
        if isinstance(node, ast.ImportFrom) and {(node.module, alias.name) for alias in node.names} & {
            (module, name) for module in ("sys", "click") for name in (*STREAMS, "echo", "secho")
        }:
            found.append(f"line {node.lineno}: from {node.module}")
    return found


def test_only_the_terminal_prints() -> None:
    paths = sorted([*CHECKOUT.glob("src/mistral_rag/**/*.py"), *CHECKOUT.glob("ingest/**/*.py")])
    product = [path for path in paths if "testing" not in path.parts]
    found = {str(path.relative_to(CHECKOUT)) for path in product if prints(path)}
    assert found == MAY_PRINT
