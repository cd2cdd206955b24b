"""What README and docs show is what happens: sessions, snippets, links, the JSON schema, the list of errors.

How a code block is checked goes by its language: `console` sessions are run and their output compared (a line
"…" stands for any lines; times in seconds and scores are not compared), `python` is run and printed output compared
with the `text` block that follows directly, `toml` is installed by tests/test_extensions.py, `sh` may name only
scripts that exist and commands known here.
`python platform` runs against a stand-in for the platform. With `--refresh-docs` what is shown is replaced by what
was printed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
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
SESSION = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(r"^(```python(?: platform)?\n)(.*?)^```\n(?:(\n```text\n)(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
pytestmark = pytest.mark.timeout(600)  # the index is built for real, which takes a slow machine long
KNOWN = {"cd", "export", "find", "git", "ingest", "mistral-rag", "pip", "python", "python3"}


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
    lines = [re.escape(line) for line in shown.splitlines()]
    text = "\n".join(".*" if line == re.escape("…") else line for line in lines)
    text = re.sub(r"(?<![0-9])[0-9]\\\.[0-9]{3}(?![0-9])", r"[0-9]\\.[0-9]{3}", text)
    return re.sub(r"[0-9]+(\\\.[0-9]+)?\\ s\b", r"[0-9.]+\\ s", text)


def fitting(shown: str, printed: str) -> str:
    """What a document should show where this was printed: what it shows, if that fits."""
    lines = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
    return shown if re.fullmatch(pattern(shown), lines, re.DOTALL) else f"{lines}\n"


def session_again(session: str, shop: Workshop) -> str:
    """A session with the output that its commands have now."""
    parts = []
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        parts.append(f"$ {command}\n{fitting(shown, shop.run(command))}")
    return "".join(parts)


def snippet_again(snippet: re.Match[str], shop: Workshop, platform: dict[str, str]) -> str:
    """A snippet with what it prints now in the text block behind it."""
    fence, code, between, shown = snippet.groups(default="")
    (shop.folder / "snippet.py").write_text(code, "utf-8")
    shop.said.pop("python snippet.py", None)
    printed = shop.run("python snippet.py", **(platform if "platform" in fence else {}))
    return f"{fence}{code}```\n{between}{fitting(shown, printed)}" + ("```\n" if between else "")


@pytest.mark.parametrize("path", having("console", "python", "python platform"), ids=named)
def test_what_is_shown_is_what_is_printed(path: Path, workshop: Workshop, request: pytest.FixtureRequest) -> None:
    shown = path.read_text("utf-8")
    text = SESSION.sub(lambda session: session_again(session[0], workshop), shown)
    with FakeMistral() as fake:
        platform = {"MISTRAL_API_KEY": fake.key, "MISTRAL_BASE_URL": fake.base_url}
        text = SNIPPET.sub(lambda snippet: snippet_again(snippet, workshop, platform), text)
    if request.config.getoption("--refresh-docs"):
        path.write_text(text, "utf-8")
    else:
        assert text == shown


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
    known = {"console", "json", "python", "python platform", "sh", "text", "toml"}
    assert {fence.info for fence in fences(path)} <= known
    for fence in fences(path):
        if fence.info == "json":
            json.loads(fence.content)


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    links = [child for token in tokens(path) for child in token.children or () if child.type == "link_open"]
    for link in links:
        target = str(link.attrs["href"]).split("#")[0]
        if target and not re.match(r"[a-z]+:", target):
            assert (path.parent / target).exists(), target


def anchors(path: Path) -> set[str]:
    """The fragments by which GitHub links to the headings of a page."""
    parts = tokens(path)
    titles = [after.content for token, after in pairwise(parts) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_to_headings_lead_to_one(path: Path) -> None:
    links = [child for token in tokens(path) for child in token.children or () if child.type == "link_open"]
    for link in links:
        target, _, fragment = str(link.attrs["href"]).partition("#")
        if fragment and not re.match(r"[a-z]+:", target):
            page = path.parent / target if target else path
            assert fragment in anchors(page), link.attrs["href"]


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
    package = "ask calibrate chat costs doctor mcp models search serve show verify"
    indexing = "build compact export import inspect plan purge redo remove repair snapshot status verify watch"
    known = ["mistral-rag", *(f"mistral-rag {name}" for name in package.split())]
    known += ["ingest", *(f"ingest {name}" for name in indexing.split())]
    assert sorted(commands) == sorted(known)


def test_the_demo_asks_questions_whose_answers_are_known() -> None:
    rows = map(json.loads, (CHECKOUT / "data/questions.jsonl").read_text("utf-8").splitlines())
    answerable = {row["question"]: row["answerable"] for row in rows}
    asked = re.findall(r'^ask "(.*)"$', (CHECKOUT / "scripts/demo").read_text("utf-8"), re.MULTILINE)
    assert [answerable[question] for question in asked] == [True, True, True, True, False]
