"""What a command does not need, it does not load."""

import subprocess
import sys

import pytest

HEAVY = (
    "numpy",
    "pydantic",
    "langchain_core",
    "faiss",
    "httpx",
    "onnxruntime",
    "pypdfium2",
    "rich",
    "sqlite3",
    "asyncio",
)

MODULES = """
import sys
try:
    {statement}
except SystemExit as end:
    assert end.code in (0, None), end.code
print(*sorted(sys.modules), file=sys.stderr)
"""


def loaded_by(statement: str) -> set[str]:
    """The modules that are loaded after `statement`, in a process of its own."""
    code = MODULES.format(statement=statement)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import mistral_rag",
        "import mistral_rag.errors",
        "import mistral_rag.cli; mistral_rag.cli.main(['--help'])",
        "import mistral_rag.cli; mistral_rag.cli.main(['--version'])",
        "import mistral_rag.cli; mistral_rag.cli.main(['ask', '--help'])",
        "import mistral_rag.cli; mistral_rag.cli.ingest(['--help'])",
        "import mistral_rag.cli; mistral_rag.cli.ingest(['build', '--help'])",
        "import mistral_rag.cli; mistral_rag.cli.ingest(['repair', '--help'])",
        "import mistral_rag.cli; mistral_rag.cli.ingest(['inspect', '--help'])",
        "import mistral_rag.cli; mistral_rag.cli.main(['show', '--help'])",
        "import mistral_rag.cli; mistral_rag.cli.main(['serve', '--help'])",
    ],
)
def test_help_loads_nothing_heavy(statement: str) -> None:
    assert loaded_by(statement) & set(HEAVY) == set()


@pytest.mark.parametrize("program", ["main", "ingest"])
def test_help_does_not_look_up_what_is_installed(program: str) -> None:
    # importing it costs as much as all the rest of `--help`
    assert "importlib.metadata" not in loaded_by(f"import mistral_rag.cli; mistral_rag.cli.{program}(['--help'])")


def test_the_types_load_neither_arrays_nor_langchain() -> None:
    assert loaded_by("import mistral_rag.schema") & {"numpy", "langchain_core", "faiss", "httpx"} == set()


def test_a_chat_model_loads_no_document_tools() -> None:
    loaded = loaded_by("from mistral_rag import ChatMistral")
    assert loaded & {"faiss", "onnxruntime", "pypdfium2", "pypdf", "sqlite3"} == set()


def test_a_server_listens_before_it_loads_what_searches_and_draws() -> None:
    heavy = {"numpy", "langchain_core", "faiss", "httpx", "onnxruntime", "pypdfium2", "PIL"}
    assert loaded_by("from mistral_rag.serve import ServeSettings, create_app, run") & heavy == set()
