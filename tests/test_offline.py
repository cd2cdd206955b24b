"""Nothing leaves this machine unasked, and a key is never seen again where it was put in."""

import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mistral_rag import ChatMistral, MistralEmbeddings
from mistral_rag.errors import ApiError
from mistral_rag.testing import FakeMistral, faults

KEY = "k3y-that-nobody-may-see-again"

GUARD = """
import os, sys

def guard(event, arguments):
    outward = event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"}
    if outward or (event == "socket.connect" and not isinstance(arguments[1], str | bytes)):
        os.write(2, f"{event} {arguments}".encode())
        os._exit(99)

sys.addaudithook(guard)
"""


def run_guarded(code: str, *, cwd: Path | None = None, expect: int = 0, **environment: str) -> str:
    """Run `code` in a process that dies at its first step into a network; returns what it printed."""
    scrubbed = {name: value for name, value in os.environ.items() if not name.startswith("MISTRAL_")}
    done = subprocess.run(
        [sys.executable, "-c", GUARD + code],
        cwd=cwd,
        env=scrubbed | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == expect, done.stderr
    return done.stdout


def test_the_guard_sees_a_connection() -> None:
    run_guarded("import socket; socket.create_connection(('192.0.2.1', 80), 1)", expect=99)
    run_guarded("import socket; socket.socket(socket.AF_INET).connect(('127.0.0.1', 9))", expect=99)


def test_importing_everything_touches_no_network() -> None:
    printed = run_guarded("""
import importlib, pkgutil
import ingest, mistral_rag
names = [found.name for package in (mistral_rag, ingest)
         for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names))
""")
    assert int(printed) > 40


def test_constructors_touch_no_network() -> None:
    run_guarded(
        """
from mistral_rag import ChatMistral, MistralEmbeddings
from mistral_rag.defaults import load_chat_model, load_embeddings
ChatMistral(), MistralEmbeddings()
ChatMistral().bind_tools([]), ChatMistral().with_structured_output({"title": "T", "type": "object", "properties": {}})
load_chat_model(), load_embeddings("mistral-embed")
""",
        MISTRAL_API_KEY=KEY,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small folder of documents."""
    home = tmp_path_factory.mktemp("offline")
    (home / "docs").mkdir()
    (home / "docs" / "leave.md").write_text("# Leave\n\nEmployees have 25 days of leave a year.\n")
    (home / "docs" / "travel.txt").write_text("Trips by train are paid in second class.\n")
    return home


def test_the_whole_way_without_a_key_touches_no_network(folder: Path) -> None:
    run_guarded("from mistral_rag.cli import ingest; sys.exit(ingest(['build', 'docs', '--index', 'i']))", cwd=folder)
    ask = "from mistral_rag.cli import main; sys.exit(main(['ask', 'How many days of leave?', '--index', 'i']))"
    assert "25 days of leave" in run_guarded(ask, cwd=folder)
    run_guarded("from mistral_rag.cli import main; sys.exit(main(['doctor', '--index', 'i']))", cwd=folder)


def test_the_parsing_child_touches_no_network(folder: Path) -> None:
    run_guarded(
        """
from pathlib import Path
from ingest.parsing import media_type_of, parse
for path in sorted(Path("docs").iterdir()):
    parse(path, media_type_of(path))
""",
        cwd=folder,
    )


@pytest.fixture
def platform() -> Iterator[FakeMistral]:
    with FakeMistral(key="another key") as fake:
        yield fake


def chat_with(fake: FakeMistral, **settings: Any) -> ChatMistral:
    return ChatMistral(base_url=fake.base_url, api_key=KEY, max_retries=0, **settings)


CALLS: dict[str, Callable[[FakeMistral], object]] = {
    "invoke": lambda fake: chat_with(fake).invoke("hello"),
    "stream": lambda fake: list(chat_with(fake).stream("hello")),
    "embed": lambda fake: MistralEmbeddings(base_url=fake.base_url, api_key=KEY, max_retries=0).embed_query("hello"),
    "no server": lambda _: ChatMistral(base_url="http://127.0.0.1:9/v1", api_key=KEY, max_retries=0).invoke("hello"),
}
FAULTS = {
    "wrong key": None,
    "rate limit": faults.rate_limit(),
    "server error": faults.server_error(),
    "reset": faults.reset(),
    "bad json": faults.bad_json(),
}


def everything_said(error: BaseException) -> str:
    """The error as a person, a log with local variables, or an error collector would see it."""
    seen = [repr(error), str(error), repr(vars(error))]
    seen += traceback.TracebackException.from_exception(error, capture_locals=True).format()
    return "\n".join(seen)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS)
def test_no_error_or_log_shows_the_key(
    platform: FakeMistral, caplog: pytest.LogCaptureFixture, call: str, fault: str
) -> None:
    caplog.set_level(logging.DEBUG)
    if plan := FAULTS[fault]:
        platform.faults.add(plan)
    with pytest.raises(ApiError) as caught:
        CALLS[call](platform)
    assert KEY not in everything_said(caught.value)
    assert KEY not in caplog.text


def test_no_repr_or_serialisation_shows_the_key() -> None:
    from langchain_core.load import dumps

    chat, embeddings = ChatMistral(api_key=KEY), MistralEmbeddings(api_key=KEY)
    seen = [repr(chat), str(chat), repr(embeddings), str(embeddings), dumps(chat), dumps(embeddings)]
    seen += [str(chat.model_dump()), chat.model_dump_json(), embeddings.model_dump_json(), str(vars(embeddings))]
    seen += [str(chat._identifying_params), str(chat.lc_attributes), repr(chat | (lambda message: message))]
    assert KEY not in "\n".join(seen)


def run_with_key(program: str, *arguments: str, cwd: Path, fake: FakeMistral) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"MISTRAL_API_KEY": KEY, "MISTRAL_BASE_URL": fake.base_url}
    command = [sys.executable, "-c", f"import sys; from mistral_rag.cli import {program}; sys.exit({program}())"]
    return subprocess.run([*command, *arguments], cwd=cwd, env=environment, capture_output=True, text=True)


def test_neither_program_nor_index_shows_the_key(folder: Path) -> None:
    with FakeMistral(key=KEY) as fake:
        build = run_with_key("ingest", "build", "docs", "--index", "paid", "--json", cwd=folder, fake=fake)
        ask = run_with_key("main", "ask", "How many days of leave?", "--index", "paid", "--json", cwd=folder, fake=fake)
        doctor = run_with_key("main", "doctor", "--index", "paid", cwd=folder, fake=fake)
    with FakeMistral(key="another key") as fake:
        refused = run_with_key("main", "ask", "How many days of leave?", "--index", "paid", cwd=folder, fake=fake)
    assert [done.returncode for done in (build, ask, doctor, refused)] == [0, 0, 0, 3], refused.stderr
    for done in (build, ask, doctor, refused):
        assert KEY not in done.stdout + done.stderr
    for file in (folder / "paid").rglob("*"):
        assert KEY.encode() not in (file.read_bytes() if file.is_file() else b"")


def test_no_library_leaves_anything_behind(tmp_path: Path) -> None:
    """onnxruntime writes a device id and an event database within seconds of its import unless it is told not to."""
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import sys, time\n"
        "from mistral_rag.defaults import load_embeddings\n"
        "load_embeddings('local-minilm').embed_query('leave')\n"
        "assert 'onnxruntime' in sys.modules\n"
        "time.sleep(5)"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert [path for path in home.rglob("*") if path.is_file()] == []
