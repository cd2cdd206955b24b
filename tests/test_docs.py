"""What README and docs show is what happens: sessions, snippets, links, the JSON schema, the list of errors.

How a code block is checked goes by its language: `console` sessions are run and their output compared (a line
"…" stands for any lines, times in seconds are not compared), `python` is run and printed output compared with the
`text` block that follows directly, `sh` may name only scripts that exist and commands known here. `python platform`
runs against a stand-in for the platform.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mistral_rag import errors
from mistral_rag.schema import json_schema
from mistral_rag.testing import FakeMistral

CHECKOUT = Path(__file__).parents[1]
DOCUMENTS = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md"), *CHECKOUT.glob("data/**/README.md")])
BUILD = "ingest build data --index demo-index"
KNOWN = {"cd", "export", "git", "ingest", "mistral-rag", "pip", "python", "python3"}


def tokens(path: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(path.read_text("utf-8"))


def fences(path: Path) -> list[Token]:
    return [token for token in tokens(path) if token.type == "fence"]


def having(*languages: str) -> list[Path]:
    return [path for path in DOCUMENTS if any(fence.info in languages for fence in fences(path))]


def named(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


@dataclass
class Workshop:
    """A folder with a copy of data/, where commands are run, each once."""

    folder: Path
    said: dict[str, str] = field(default_factory=dict)

    def run(self, command: str, **environment: str) -> str:
        """What the command prints; from memory when it ran before."""
        if command not in self.said:
            programs = Path(sys.executable).parent
            settings = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100", "PYTHON_COLORS": "0"}
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=self.folder,
                env=os.environ | settings | environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode in {0, 4}, f"{command}\n{done.stdout}{done.stderr}"
            self.said[command] = done.stdout
        return self.said[command]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(CHECKOUT / "data", folder / "data")
    shop = Workshop(folder)
    shop.run(BUILD)
    return shop


def pattern(shown: str) -> str:
    """A regular expression for what may be printed where this is shown."""
    lines = [re.escape(line.rstrip()) for line in shown.strip("\n").splitlines()]
    text = "\n".join(".*" if line == re.escape("…") else line for line in lines)
    return re.sub(r"[0-9]+(\\\.[0-9]+)?\\ s\b", r"[0-9.]+\\ s", text)


def stripped(printed: str) -> str:
    return "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())


def assert_shows(printed: str, shown: str) -> None:
    if not re.fullmatch(pattern(shown), stripped(printed), re.DOTALL):
        assert stripped(printed) == shown.strip("\n")


def exchanges(session: str) -> Iterator[tuple[str, str]]:
    """Each command of a session with the output shown for it."""
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = f"{command}\n{more}"
        yield command, output


@pytest.mark.parametrize("path", having("console"), ids=named)
def test_sessions_print_what_is_shown(path: Path, workshop: Workshop) -> None:
    for fence in fences(path):
        if fence.info == "console":
            for command, shown in exchanges(fence.content):
                assert_shows(workshop.run(command), shown)


@pytest.mark.parametrize("path", having("python", "python platform"), ids=named)
def test_snippets_print_what_is_shown(path: Path, workshop: Workshop) -> None:
    with FakeMistral() as fake:
        for block, after in pairwise([*fences(path), Token("fence", "", 0)]):
            if not block.info.startswith("python"):
                continue
            (workshop.folder / "snippet.py").write_text(block.content, "utf-8")
            platform = {"MISTRAL_API_KEY": fake.key, "MISTRAL_BASE_URL": fake.base_url}
            settings = platform if block.info == "python platform" else {}
            workshop.said.pop("python snippet.py", None)
            printed = workshop.run("python snippet.py", **settings)
            follows = after.map is not None and block.map is not None and after.map[0] <= block.map[1] + 3
            assert_shows(printed, after.content if after.info == "text" and follows else "")


@pytest.mark.parametrize("path", having("sh"), ids=named)
def test_shell_lines_name_what_exists(path: Path) -> None:
    for fence in fences(path):
        for line in fence.content.splitlines() if fence.info == "sh" else ():
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0].startswith("scripts/"):
                assert os.access(CHECKOUT / words[0], os.X_OK), line
            else:
                assert words[0].split("/")[-1] in KNOWN | {"pytest"}, line


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_block_has_a_language_that_is_checked(path: Path) -> None:
    known = {"console", "python", "python platform", "sh", "text"}
    assert {fence.info for fence in fences(path)} <= known


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    links = [child for token in tokens(path) for child in token.children or () if child.type == "link_open"]
    for link in links:
        target = str(link.attrs["href"]).split("#")[0]
        if target and not re.match(r"[a-z]+:", target):
            assert (path.parent / target).exists(), target


def test_the_second_sentence_says_whose_project_this_is() -> None:
    text = " ".join((CHECKOUT / "README.md").read_text("utf-8").splitlines()[1:4])
    second = re.split(r"(?<=\.) ", text.strip())[1]
    assert "independent project" in second
    assert "Mistral AI" in second


def test_the_published_schema_is_that_of_the_types() -> None:
    published = json.loads((CHECKOUT / "docs/reference/schema.json").read_text("utf-8"))
    assert published == json_schema(), "run scripts/export-schema"


def test_every_error_has_its_line_in_the_reference() -> None:
    text = (CHECKOUT / "docs/reference/errors.md").read_text("utf-8")
    assert [name for name in errors.__all__ if f"`{name}`" not in text] == []


def test_every_command_has_its_help_in_the_reference() -> None:
    text = (CHECKOUT / "docs/reference/cli.md").read_text("utf-8")
    commands = re.findall(r"^\$ ((?:ingest|mistral-rag).*) --help$", text, re.MULTILINE)
    known = ["mistral-rag", "mistral-rag ask", "mistral-rag search", "mistral-rag doctor"]
    known += ["ingest", "ingest build", "ingest status", "ingest verify"]
    assert sorted(commands) == sorted(known)


def test_the_demo_asks_questions_whose_answers_are_known() -> None:
    rows = map(json.loads, (CHECKOUT / "data/questions.jsonl").read_text("utf-8").splitlines())
    answerable = {row["question"]: row["answerable"] for row in rows}
    asked = re.findall(r'^ask "(.*)"$', (CHECKOUT / "scripts/demo").read_text("utf-8"), re.MULTILINE)
    assert [answerable[question] for question in asked] == [True, True, True, False]
