"""Parsers and embeddings of other packages, as somebody who installs such a package meets them.

Each package is a folder with a module and its `.dist-info`, put on the path of a process of its own.
"""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from mistral_rag import IndexReader

RST = """
import os
import sys
from pathlib import Path

from ingest.parsing import Parsed, Parser
from mistral_rag.errors import ParseError
from mistral_rag.schema import Locator, Page

PARSER = Parser("toy_rst:parse", {".wiki": "text/x-wiki"})


def parse(path: Path) -> Parsed:
    lines = path.read_text("utf-8").splitlines()
    if not lines:
        raise ParseError("no title")
    text = "\\n".join(line for line in lines if set(line) != {"="})
    return Parsed(lines[0], {"child": sys.orig_argv[-1]}, (Page(locator=Locator(kind="section", number=1), text=text),))
"""
EMBEDDINGS = """
from langchain_core.embeddings import Embeddings


class Acme(Embeddings):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[3.0, 4.0] if "train" in text.lower() else [4.0, -3.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def load(name: str) -> Acme:
    return Acme()
"""
SIGNAL = """
class Index:
    def add(self, document, profile):
        self.title = profile["title"]

    def remove(self, document):
        pass

    def read(self, question):
        from mistral_rag.retrieval import Query

        return Query()

    def boosts(self, question, *, expansion, covered):
        from mistral_rag.retrieval import Boosts

        return Boosts(documents={})


class Toy:
    name, version = "toy", 1

    def learn(self, source, pages):
        from mistral_rag.retrieval import Learned

        return Learned({"title": source.title})

    def index(self):
        return Index()
"""
POINT = "[mistral_rag.parsers]\nrst = toy_rst:PARSER\n"
ACME = "[mistral_rag.embeddings]\nacme = toy_acme:load\n"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder to install packages in."""
    return tmp_path / "site"


@pytest.fixture
def run(tmp_path: Path, installed: Path) -> Run:
    """Run a command of the two programs with these packages there; the index is `index`."""

    def command(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        hidden = ("MISTRAL_", "PYTHON")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        start = f"import sys; from mistral_rag.cli import main, ingest; sys.exit({program}(sys.argv[1:]))"
        return subprocess.run(
            [sys.executable, "-c", start, *arguments, "--index", str(tmp_path / "index")],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return command


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "leave.wiki").write_text("Leave\n=====\n\nEveryone has 30 days of leave a year.\n")
    (folder / "travel.md").write_text("# Travel\n\nTrains are booked in second class.\n")
    return folder


def install(site: Path, name: str, entry_points: str, **modules: str) -> None:
    about = site / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(entry_points)
    for module, source in modules.items():
        (site / f"{module}.py").write_text(source)


def built(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[str, str | None]]:
    return {file["source"]: (file["status"], file["reason"]) for file in json.loads(done.stdout)["files"]}


def test_a_registered_parser_reads_its_files_in_the_parsing_child(documents: Path, installed: Path, run: Run) -> None:
    done = run("ingest", "build", str(documents), "--embeddings", "none", "--json")
    assert built(done) == {"leave.wiki": ("skipped", "type .wiki"), "travel.md": ("added", None)}
    install(installed, "toy-rst", POINT, toy_rst=RST)
    done = run("ingest", "build", str(documents), "--embeddings", "none", "--json")
    assert built(done) == {"leave.wiki": ("added", None), "travel.md": ("unchanged", None)}
    [found] = json.loads(run("main", "search", "days of leave", "-k", "1", "--json").stdout)["results"]
    assert found["page_content"] == "Leave\n\nEveryone has 30 days of leave a year."
    assert found["metadata"]["title"] == "Leave"
    assert found["metadata"]["child"] == "ingest.parsing._workers.worker"


def test_what_a_registered_parser_can_not_read_is_a_line_of_the_report(
    documents: Path, installed: Path, run: Run
) -> None:
    install(installed, "toy-rst", POINT, toy_rst=RST)
    (documents / "leave.wiki").write_text("")
    done = run("ingest", "build", str(documents), "--embeddings", "none", "--json")
    assert built(done) == {"leave.wiki": ("failed", "no title"), "travel.md": ("added", None)}


def test_a_parser_that_returns_something_else_is_named_with_its_package(
    documents: Path, installed: Path, run: Run
) -> None:
    install(installed, "toy-rst", POINT, toy_rst=RST + "\ndef parse(path): return 'text'\n")
    done = run("ingest", "build", str(documents), "--embeddings", "none", "--json")
    assert built(done)["leave.wiki"] == (
        "failed",
        "the package toy-rst registers the parser rst as toy_rst:PARSER, whose function toy_rst:parse returned str and "
        "not ingest.parsing.Parsed",
    )


def from_manual(section: str) -> tuple[str, str, str, str]:
    """The package that a section of docs/extending.md shows: its name, entry points, module and source."""
    text = (Path(__file__).parents[1] / "docs/extending.md").read_text("utf-8").partition(f"\n## {section}\n")[2]
    blocks = [token for token in MarkdownIt("commonmark").parse(text) if token.type == "fence"]
    source = next(block.content for block in blocks if block.info == "python")
    project = tomllib.loads(next(block.content for block in blocks if block.info == "toml"))["project"]
    [(group, points)] = project["entry-points"].items()
    [(name, value)] = points.items()
    return project["name"], f"[{group}]\n{name} = {value}\n", value.partition(":")[0], source


def test_the_parser_of_the_manual_works(documents: Path, installed: Path, run: Run) -> None:
    name, points, module, source = from_manual("A parser")
    install(installed, name, points, **{module: source})
    (documents / "empty.wiki").write_text("Empty\n=====\n")
    done = run("ingest", "build", str(documents), "--embeddings", "none", "--json")
    assert built(done) == {
        "empty.wiki": ("failed", "there is no text below the title"),
        "leave.wiki": ("added", None),
        "travel.md": ("added", None),
    }
    [found] = json.loads(run("main", "search", "leave", "-k", "1", "--json").stdout)["results"]
    assert found["page_content"] == "Leave\n\nEveryone has 30 days of leave a year."
    assert found["metadata"]["format"] == "wiki"


def test_the_embeddings_of_the_manual_work(documents: Path, installed: Path, run: Run) -> None:
    name, points, module, source = from_manual("Embeddings")
    install(installed, name, points, **{module: source})
    report = json.loads(run("ingest", "build", str(documents), "--embeddings", "acme-words", "--json").stdout)
    assert (report["embedding"], report["embedded"]) == ("acme-words", 1)
    assert run("main", "search", "by train").stdout.startswith("1. travel.md, ")


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import nowhere", "can't be loaded (ModuleNotFoundError: No module named 'nowhere')"),
        ("raise SystemExit(0)", "can't be loaded (SystemExit: 0)"),
        ("1 / 0", "can't be loaded (ZeroDivisionError: division by zero)"),
        ("", "can't be loaded (AttributeError: module 'toy_rst' has no attribute 'PARSER')"),
        ("PARSER = 1", "is no ingest.parsing.Parser"),
        (
            RST.replace('".wiki"', '"RST"'),
            "can't be loaded (ValueError: a suffix begins with a dot and is in lower case, not 'RST')",
        ),
        (
            RST.replace("toy_rst:parse", "parse"),
            "can't be loaded (ValueError: function is \"module:name\", not 'parse')",
        ),
    ],
)
def test_a_broken_parser_is_one_sentence(documents: Path, installed: Path, run: Run, source: str, fault: str) -> None:
    install(installed, "toy-rst", POINT, toy_rst=source)
    done = run("ingest", "build", str(documents), "--embeddings", "none")
    assert done.stderr == f"error: the package toy-rst registers the parser rst as toy_rst:PARSER, which {fault}\n"
    assert done.returncode == 2


@pytest.mark.parametrize(
    "value", ["toy_rst:Toy.PARSER", "toy_rst:PARSER [docs]", "toy_rst : PARSER", "toy_rst:PARSER[a,b]"]
)
def test_an_entry_point_may_be_whatever_the_specification_allows(
    documents: Path, installed: Path, run: Run, value: str
) -> None:
    source = f"{RST}\n\nclass Toy:\n    PARSER = PARSER\n"
    install(installed, "toy-rst", f"[mistral_rag.parsers]\nrst = {value}\n", toy_rst=source)
    done = run("ingest", "build", str(documents), "--embeddings", "none", "--json")
    assert built(done) == {"leave.wiki": ("added", None), "travel.md": ("added", None)}


@pytest.mark.parametrize("value", ["toy-rst:PARSER", "toy_rst:", ":PARSER"])
def test_an_entry_point_that_names_no_object_is_one_sentence(
    documents: Path, installed: Path, run: Run, value: str
) -> None:
    install(installed, "toy-rst", f"[mistral_rag.parsers]\nrst = {value}\n", toy_rst=RST)
    done = run("ingest", "build", str(documents), "--embeddings", "none")
    assert done.stderr == (
        f"error: the package toy-rst registers the parser rst as {value}, which is not of the form module:object\n"
    )
    assert done.returncode == 2


def test_a_parser_whose_function_is_missing_costs_its_files_only(documents: Path, installed: Path, run: Run) -> None:
    install(installed, "toy-rst", POINT, toy_rst=RST.replace("toy_rst:parse", "toy_rst:gone"))
    done = run("ingest", "build", str(documents), "--embeddings", "none", "--json")
    assert built(done) == {
        "leave.wiki": (
            "failed",
            "the package toy-rst registers the parser rst as toy_rst:gone, which can't be loaded (AttributeError: "
            "module 'toy_rst' has no attribute 'gone')",
        ),
        "travel.md": ("added", None),
    }


@pytest.mark.parametrize(
    ("entry", "source", "sentence"),
    [
        ("rst = other:PARSER", RST, "the packages other and toy-rst both register the parser rst"),
        ("rest = other:PARSER", RST, "the packages other and toy-rst both register a parser for text/x-wiki"),
        (
            "rest = other:PARSER",
            RST.replace("text/x-wiki", "text/prs.fallenstein.wiki"),
            "the packages other and toy-rst both register a parser for .wiki files",
        ),
        ("pdf = other:PARSER", RST, "the packages mistral-rag and other both register the parser pdf"),
    ],
)
def test_two_parsers_for_the_same_files_are_one_sentence(
    documents: Path, installed: Path, run: Run, entry: str, source: str, sentence: str
) -> None:
    install(installed, "toy-rst", POINT, toy_rst=RST)
    install(installed, "other", f"[mistral_rag.parsers]\n{entry}\n", other=source)
    done = run("ingest", "build", str(documents), "--embeddings", "none")
    assert done.stderr == f"error: {sentence}; uninstall one of them\n"
    assert done.returncode == 2


def test_registered_embeddings_build_an_index_and_search_it(documents: Path, installed: Path, run: Run) -> None:
    install(installed, "toy-acme", ACME, toy_acme=EMBEDDINGS)
    (documents / "leave.md").write_text("# Leave\n\nEveryone has 30 days of leave a year.\n")
    report = json.loads(run("ingest", "build", str(documents), "--embeddings", "acme-small@2", "--json").stdout)
    assert (report["embedding"], report["embedded"]) == ("acme-small@2", 2)
    found = json.loads(run("main", "search", "training", "--json", "--explain").stdout)["results"]
    assert [(hit["metadata"]["title"], hit["ranks"]["dense"]) for hit in found[:1]] == [("Travel", 1)]
    doctor = json.loads(run("main", "doctor", "--json").stdout)["checks"]
    assert {"name": "index models", "ok": True, "detail": "acme-small@2"} in doctor
    assert {"name": "extensions", "ok": True, "detail": "embedding acme (toy-acme)"} in doctor


def test_an_index_of_embeddings_that_are_gone_says_so(documents: Path, installed: Path, run: Run) -> None:
    install(installed, "toy-acme", ACME, toy_acme=EMBEDDINGS)
    run("ingest", "build", str(documents), "--embeddings", "acme-small")
    (installed / "toy_acme-1.0.dist-info/entry_points.txt").unlink()
    done = run("main", "search", "second class")
    assert done.stderr == (
        "error: no embedding model acme-small is installed (there are those of: codestral, local, mistral); "
        "install a package that registers it, or pass it as `embeddings=` in Python\n"
    )
    assert done.returncode == 2


def test_broken_embeddings_are_one_sentence(documents: Path, installed: Path, run: Run) -> None:
    install(installed, "toy-acme", ACME, toy_acme="def load(name): return name")
    done = run("ingest", "build", str(documents), "--embeddings", "acme")
    assert done.stderr == (
        "error: the package toy-acme registers the embedding acme as toy_acme:load, which returned str for acme and "
        "not LangChain's Embeddings\n"
    )


def test_a_registered_signal_learns_in_a_build(documents: Path, installed: Path, run: Run, tmp_path: Path) -> None:
    install(installed, "toy-signal", "[mistral_rag.signals]\ntoy = toy_signal:Toy\n", toy_signal=SIGNAL)
    assert run("ingest", "build", str(documents), "--embeddings", "none").returncode == 0
    with IndexReader.open(tmp_path / "index") as reader, reader.view() as view:
        [profile] = [found for _, found in view.profiles_by_uri()]
    assert profile is not None
    assert profile.learned["toy"] == {"version": 1, "profile": {"title": "Travel"}}
    assert run("main", "search", "second class").stdout.startswith("1. travel.md, ")


@pytest.mark.parametrize(
    ("entry", "source", "sentence"),
    [
        (
            "toy = toy_signal:Index",
            SIGNAL,
            "the package toy-signal registers the signal toy as toy_signal:Index, which is no "
            "mistral_rag.retrieval.Signal",
        ),
        (
            "toy = toy_signal:Toy",
            SIGNAL.replace("    name, version", "    def __init__(self): 1 / 0\n\n    name, version"),
            "the package toy-signal registers the signal toy as toy_signal:Toy, which can't be made "
            "(ZeroDivisionError: division by zero)",
        ),
        (
            "filings = toy_signal:Toy",
            SIGNAL,
            "the packages mistral-rag and toy-signal both register the signal filings; uninstall one of them",
        ),
        (
            "toy = toy_signal:Toy",
            SIGNAL.replace('"toy", 1', '"filings", 1'),
            "the packages mistral-rag and toy-signal both register a signal called filings; uninstall one of them",
        ),
    ],
)
def test_a_broken_signal_is_one_sentence(
    documents: Path, installed: Path, run: Run, entry: str, source: str, sentence: str
) -> None:
    run("ingest", "build", str(documents), "--embeddings", "none")
    install(installed, "toy-signal", f"[mistral_rag.signals]\n{entry}\n", toy_signal=source)
    done = run("main", "search", "second class")
    assert done.stderr == f"error: {sentence}\n"
    assert done.returncode == 2


def test_doctor_finds_broken_extensions(installed: Path, run: Run) -> None:
    install(installed, "toy-rst", POINT, toy_rst="import nowhere")
    checks = json.loads(run("main", "doctor", "--json").stdout)["checks"]
    [check] = [check for check in checks if check["name"] == "extensions"]
    assert check["ok"] is False
    assert check["detail"].startswith("the package toy-rst registers the parser rst as toy_rst:PARSER, which")


ELSEWHERE = "from ingest.parsing import Parser\nPARSER = Parser('nowhere.at_all:parse', {'.wiki': 'text/x-wiki'})"
FOR_PDF = "from ingest.parsing import Parser\nPARSER = Parser('toy:parse', {'.pdf': 'application/pdf'})"


@pytest.mark.parametrize(
    ("group", "point", "module", "fault"),
    [
        (
            "parsers",
            "rst = toy:PARSER",
            "PARSER = 5",
            "the parser rst as toy:PARSER, which is no ingest.parsing.Parser",
        ),
        ("parsers", "rst = toy:GONE", "", "the parser rst as toy:GONE, which can't be loaded"),
        ("parsers", "rst = toy", "", "the parser rst as toy, which is no ingest.parsing.Parser"),
        ("parsers", "rst = toy:PARSER", ELSEWHERE, "whose function nowhere.at_all:parse is in no module that is"),
        ("parsers", "pdf2 = toy:PARSER", FOR_PDF, "both register a parser for application/pdf"),
        ("embeddings", "acme = toy:MODEL", "MODEL = 'x'", "the embedding acme as toy:MODEL, which is no function"),
        ("signals", "toy = toy:SIGNAL", "class SIGNAL: pass", "which is no mistral_rag.retrieval.Signal"),
        ("parser", "rst = toy:PARSER", "PARSER = 5", "in the group mistral_rag.parser, which is no extension point"),
        (
            "parsers",
            "x = toy:X",
            "raise SystemExit('\\x1b]0;y\\x07')",
            "loaded (SystemExit: \ufffd]0;y\ufffd)",
        ),
    ],
)
def test_doctor_says_what_an_extension_is_not(
    installed: Path, run: Run, group: str, point: str, module: str, fault: str
) -> None:
    install(installed, "toy", f"[mistral_rag.{group}]\n{point}\n", toy=module)
    done = run("main", "doctor")
    [line] = [line for line in done.stdout.splitlines() if line[5:].startswith("extensions")]
    assert line.startswith("FAIL")
    assert fault in line
    assert (done.returncode, done.stderr) == (1, "")


NOISE = """
import ctypes
import os
import subprocess
import sys

print('{"files": "printed"}')
sys.stdout.write("written")
os.write(1, b"by descriptor")
ctypes.CDLL(None).puts(b"by C")
subprocess.run([sys.executable, "-c", "print('by a child')"], check=True)
"""
NOISY_SIGNAL = SIGNAL.replace("        self.title", '        print("while adding")\n        self.title').replace(
    "        from mistral_rag.retrieval import Learned",
    '        print("while learning")\n        from mistral_rag.retrieval import Learned',
)
NOISY_ACME = EMBEDDINGS.replace("        return [[3.0", '        print("while embedding")\n        return [[3.0')


def test_what_other_packages_print_stays_out_of_json(documents: Path, installed: Path, run: Run) -> None:
    points = f"{POINT}{ACME}[mistral_rag.signals]\ntoy = toy_signal:Toy\n"
    noisy = {"toy_rst": NOISE + RST, "toy_acme": NOISE + NOISY_ACME, "toy_signal": NOISE + NOISY_SIGNAL}
    install(installed, "toy-all", points, **noisy)
    done = run("ingest", "build", str(documents), "--embeddings", "acme", "--json")
    assert built(done) == {"leave.wiki": ("added", None), "travel.md": ("added", None)}
    for said in ("printed", "written", "by descriptor", "by a child", "while embedding"):
        assert said in done.stderr
    found = json.loads(run("main", "search", "train", "--json").stdout)["results"]
    assert found[0]["metadata"]["source"] == "travel.md"
    for command in (
        ("ingest", "status"),
        ("ingest", "plan", str(documents)),
        ("main", "doctor"),
        ("main", "ask", "leave?"),
    ):
        assert isinstance(json.loads(run(command[0], *command[1:], "--json").stdout), dict)


def test_what_other_packages_print_comes_before_no_answer(documents: Path, installed: Path, run: Run) -> None:
    install(installed, "toy-rst", POINT, toy_rst=NOISE + RST)
    done = run("ingest", "build", str(documents), "--embeddings", "none")
    assert done.stdout.startswith("2 added; 2 pages, 2 chunks, 0 embedded")
    assert run("ingest", "export", "-").stdout.startswith('{"')
