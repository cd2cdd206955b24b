"""Two tenants' documents in one index, and servers for it on loopback."""

import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest import Build
from mistral_rag.serve import ServeSettings, Tokens
from mistral_rag.serve._running import listening, make_server
from tests.printed import line, pdf

TOKENS = {"anna": "anna-0123456789abcdef", "bob": "bob-0123456789abcdefg", "root": "root-0123456789abcdef"}
"""Tokens by name: anna is of staff and legal, bob of sales, root of all and operates the server."""
ENTRIES: list[dict[str, Any]] = [
    {"name": "anna", "groups": ["staff", "legal"], "write": True},
    {"name": "bob", "groups": ["sales"]},
    {"name": "root", "groups": ["staff", "legal", "sales"], "write": True, "operate": True},
]
RULES = """
[[rules]]
path = "legal/**"
groups = ["legal"]
[[rules]]
path = "sales/**"
groups = ["sales"]
[[rules]]
path = "all/**"
groups = ["staff", "sales"]
metadata = { date = "2024-04-01" }
"""
LEASE = pdf(
    line(60, 700, "The lease of the harbour warehouse ends on 31 March 2027."),
    line(60, 700, "The tenant pays a deposit of 12,500 euros for the harbour warehouse.")
    + line(60, 600, "The deposit is returned within six weeks."),
)
FILES = {
    "legal/lease.pdf": LEASE,
    "sales/pipeline.txt": b"The pipeline of the northern region holds 41 offers.\n\nThe largest offer is for Tromso.\n",
    "all/holidays.html": (
        b"<html><body><h1>Holidays</h1><p>Every employee has 28 days of holiday a year.</p>"
        b"<p>&lt;script&gt;alert(1)&lt;/script&gt; [click](javascript:alert(2)) is no holiday.</p></body></html>"
    ),
    "all/<img src=x onerror=alert(1)>.txt": b"The name of this file is hostile, and its content names a gazebo.\n",
}


@dataclass(frozen=True, slots=True)
class Served:
    """A server at work: its URL, and the folder of its index."""

    url: str
    index: Path

    def client(self, name: str | None = None, **headers: str) -> httpx.Client:
        """A client that signs in as somebody."""
        signed = {} if name is None else {"Authorization": f"Bearer {TOKENS[name]}"}
        return httpx.Client(base_url=self.url, headers={**signed, **headers}, timeout=30)

    def raw(self, sent: bytes) -> bytes:
        """The first bytes that the server answers to bytes; empty when it closes the connection."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(sent)
            return connection.recv(65536)


Serve = Callable[..., AbstractContextManager[Served]]


@contextmanager
def serving(index: Path, **settings: Any) -> Iterator[Served]:
    """A server in a thread of this process, ready to answer."""
    made = ServeSettings(index=index, port=0, **settings)
    server = make_server(made)
    with listening(made) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        served = Served(f"http://127.0.0.1:{listener.getsockname()[1]}", index)
        try:
            while httpx.get(f"{served.url}/readyz").status_code != 200:
                time.sleep(0.02)
            yield served
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Starts a server for an index."""
    return serving


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of both tenants."""
    folder = tmp_path_factory.mktemp("company") / "documents"
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def build(documents: Path, index: Path, *, rules: str | None = RULES) -> None:
    """Build an index without a model."""
    from ingest import LookSettings

    look = None
    if rules is not None:
        (index.parent / "rules.toml").write_text(rules)
        look = LookSettings(rules=index.parent / "rules.toml")
    for _ in Build(documents, index, embeddings="none", workers=1, look=look, prune=True):
        pass


@pytest.fixture(scope="session")
def tenants(documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of both tenants' documents."""
    index = tmp_path_factory.mktemp("tenants") / "index"
    build(documents, index)
    return index


@pytest.fixture(scope="session")
def plain(documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the same documents without groups."""
    index = tmp_path_factory.mktemp("plain") / "index"
    build(documents, index, rules=None)
    return index


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    """The tokens of both tenants, read from a file."""
    path = tmp_path_factory.mktemp("tokens") / "tokens.json"
    entries = [{**one, "sha256": hashlib.sha256(TOKENS[str(one["name"])].encode()).hexdigest()} for one in ENTRIES]
    path.write_text(json.dumps({"tokens": entries}))
    return Tokens.read(path)


def events_of(response: httpx.Response) -> list[tuple[str, Any]]:
    """Kinds and data of a stream of events."""
    blocks = [block.split("\n") for block in response.text.split("\n\n") if block and not block.startswith(":")]
    return [(kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for kind, data in blocks]


def asked(client: httpx.Client, question: str, **body: Any) -> dict[str, Any]:
    """The data of the answer to a question."""
    response = client.post("/api/ask", json={"question": question, **body})
    assert response.status_code == 200, response.text
    (answer,) = [data for kind, data in events_of(response) if kind == "answer"]
    found: dict[str, Any] = answer
    return found
