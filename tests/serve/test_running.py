"""The server as it starts, goes on and stops, and the command line."""

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from mistral_rag.cli import main
from mistral_rag.serve import Tokens, _running
from mistral_rag.testing import small_index
from tests.serve.conftest import TOKENS, Serve, asked, build, events_of

QUESTION = "What colour is the gazebo?"
GREEN = {"a.txt": ["The colour of the gazebo is green."]}
RED = {"a.txt": ["The colour of the gazebo is red."], "b.txt": ["The kiosk is closed."]}


def paths(client: httpx.Client) -> list[str]:
    return [one["path"] for one in client.get("/api/documents").json()["documents"]]


def test_new_commits_are_followed(serve: Serve, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("The colour of the gazebo is green.\n")
    build(docs, tmp_path / "index", rules=None)
    with serve(tmp_path / "index") as at, at.client() as client:
        card = asked(client, QUESTION)["citations"][0]
        assert card["quote"] == "The colour of the gazebo is green."
        (docs / "a.txt").write_text("The colour of the gazebo is blue.\n")
        (docs / "b.txt").write_text("The kiosk is closed.\n")
        build(docs, tmp_path / "index", rules=None)
        assert paths(client) == ["a.txt", "b.txt"]
        assert asked(client, QUESTION)["citations"][0]["quote"] == "The colour of the gazebo is blue."
        stale = client.get(f"/api{card['address']}").json()
        assert (stale["state"], stale["boxes"], stale["citation"]["title"]) == ("stale", [], "a")
        assert stale["text"] == "The colour of the gazebo is blue."


def test_an_index_that_is_replaced_or_gone_is_noticed(serve: Serve, tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", GREEN)
    other = small_index(tmp_path / "other", RED)
    with serve(index) as at, at.client() as client:
        assert "green" in asked(client, QUESTION)["answer"]["text"]
        index.rename(tmp_path / "old")
        gone = client.get("/api/documents")
        assert (gone.status_code, gone.json()["code"]) == (503, "index_unavailable")
        assert str(tmp_path) not in gone.text
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        other.rename(index)
        assert paths(client) == ["a.txt", "b.txt"]
        assert "red" in asked(client, QUESTION)["answer"]["text"]
        assert client.get("/readyz").status_code == 200


def test_a_damaged_index_is_an_error_of_the_server(serve: Serve, tokens: Tokens, tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", GREEN)
    with serve(index, tokens=tokens) as at, at.client("bob") as bob:
        database = index / "index.db"
        database.write_bytes(database.read_bytes()[:4096] + b"\xff" * (database.stat().st_size - 4096))
        # bob's are the first pages that are read after the damage
        found = bob.get("/api/documents")
        assert (found.status_code, found.json()["code"]) == (503, "index_unavailable")
        assert str(tmp_path) not in found.text
        asked_now = bob.post("/api/ask", json={"question": QUESTION})
        assert (asked_now.status_code, asked_now.json()["code"]) == (503, "index_unavailable")
        assert bob.get("/healthz").status_code == 200


class Waiting:
    """Pieces of an answer, of which the second comes when it is let go."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __iter__(self) -> Iterator[AIMessage]:
        yield AIMessage("The colour of the gazebo ")
        self.begun.set()
        self.go_on.wait(20)
        yield AIMessage("is green [1].")


class SlowModel(GenericFakeChatModel):
    """A model whose answer waits in the middle."""

    def _stream(self, *_: Any, **__: Any) -> Iterator[Any]:
        from langchain_core.messages import AIMessageChunk
        from langchain_core.outputs import ChatGenerationChunk

        for piece in self.messages:
            assert isinstance(piece, AIMessage)
            yield ChatGenerationChunk(message=AIMessageChunk(content=str(piece.content)))


def test_a_stream_that_a_shutdown_ends_says_so(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_running, "FINISH_SECONDS", 0.05)
    index, pieces = small_index(tmp_path / "index", GREEN), Waiting()
    monkeypatch.setattr("mistral_rag.serve._app._first_search", lambda server: None)
    found: list[httpx.Response] = []
    with serve(index, model=SlowModel(messages=iter(pieces))) as at:

        def ask() -> None:
            with at.client() as client:
                found.append(client.post("/api/ask", json={"question": QUESTION}))

        asking = threading.Thread(target=ask)
        asking.start()
        assert pieces.begun.wait(20)
        threading.Timer(0.5, pieces.go_on.set).start()
    asking.join(20)
    kind, data = events_of(found[0])[-1]
    assert (kind, data["code"]) == ("error", "stopping")


def test_a_head_that_does_not_come_ends_the_connection(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_running, "HEAD_SECONDS", 0.2)
    with serve(small_index(tmp_path / "index", GREEN)) as at:
        assert at.raw(b"GET / HTTP/1.1\r\nHost: local") == b""
        assert at.raw(b"") == b""
        # a whole request, and then half of one
        whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        host, _, port = at.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(whole)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            connection.sendall(b"GET /healthz HTTP/1.1\r\n")
            while connection.recv(4096):
                pass


def test_a_body_that_does_not_come_is_given_up(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mistral_rag.serve._http.requests.BODY_SECONDS", 0.2)
    with serve(small_index(tmp_path / "index", GREEN)) as at:
        head = (
            b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
        )
        assert at.raw(head + b'{"question": ').startswith(b"HTTP/1.1 408 ")


def test_a_reader_that_does_not_read_is_given_up(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_running, "SEND_SECONDS", 0.3, raising=False)
    with serve(small_index(tmp_path / "index", GREEN)) as at, at.client() as client:
        host, _, port = at.url.removeprefix("http://").partition(":")
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(20)
            connection.connect((host, int(port)))
            # more than any buffer of the system takes
            asked_for = b"GET /static/main.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
            with pytest.raises((ConnectionError, TimeoutError)) as raised:  # noqa: PT012 (any of many sends)
                for _ in range(100_000):
                    connection.sendall(asked_for * 100)
            assert not isinstance(raised.value, TimeoutError)
        assert client.get("/healthz").status_code == 200


def test_clients_that_leave_their_streams_leave_no_task_behind(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(small_index(tmp_path / "index", GREEN)) as at, at.client() as client:
        host, _, port = at.url.removeprefix("http://").partition(":")
        body = b'{"question": "What colour is the gazebo?"}'
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
        for _ in range(8):
            with socket.create_connection((host, int(port)), timeout=20) as connection:
                connection.sendall(f"POST /api/ask HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n\r\n".encode() + body)
                connection.recv(10)
        while not {"mistral_rag_streams_open 0", "mistral_rag_requests_open 1"} <= {
            *client.get("/metrics").text.split("\n")
        }:
            pass
        gc.collect()
    assert "Task was destroyed" not in caplog.text


def test_a_client_that_leaves_before_its_body_is_whole_is_no_fault_of_the_server(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(small_index(tmp_path / "index", GREEN)) as at, at.client() as client:
        host, _, port = at.url.removeprefix("http://").partition(":")
        for path in ("/api/ask", "/v1/chat/completions"):
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
            with socket.create_connection((host, int(port)), timeout=20) as connection:
                connection.sendall(f"{head}\r\n{{".encode())
        while 'status="499"} 1' not in (text := client.get("/metrics").text) or "requests_open 1" not in text:
            assert 'status="500"' not in text
    assert "ClientDisconnect" not in caplog.text


def test_the_command_serves_until_it_is_terminated(tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", GREEN)
    environment = {**os.environ, "MISTRAL_RAG_TOKEN": TOKENS["anna"]}
    command = [sys.executable, "-m", "mistral_rag.cli", "serve", "--index", str(index), "--port", "0", "--access-log"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        url = said.partition(" at ")[2].partition(" ")[0]
        assert said.startswith("serving index at http://127.0.0.1:")
        with httpx.Client(base_url=url, timeout=30) as client:
            assert client.get("/api/documents").status_code == 401
            client.headers["Authorization"] = f"Bearer {TOKENS['anna']}"
            assert "green" in asked(client, QUESTION)["answer"]["text"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
        assert process.stderr is not None
        log = process.stderr.read()
    assert '"route": "/api/ask", "status": 200' in log
    assert "Traceback" not in log
    assert "gazebo" not in log


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--host", "0.0.0.0"], "name who may ask with --token or --tokens FILE"),  # noqa: S104 (refused)
        (["--token", "short"], "at least 16"),
        (["--tokens", "nowhere.json"], "can't be read"),
        (["--model", "mistral-large-latest"], "needs a key"),
        (["--host", "203.0.113.9", "--token", TOKENS["anna"]], "can't be listened on"),
    ],
)
def test_a_server_that_can_not_start_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    index = small_index(tmp_path / "index", GREEN)
    assert main(["serve", "--index", str(index), *options]) == 2
    assert says in capsys.readouterr().err


def test_without_an_index_nothing_is_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--index", str(tmp_path / "none")]) == 2
    assert "there is no index" in capsys.readouterr().err


def test_a_missing_extra_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import util

    index = small_index(tmp_path / "index", GREEN)
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    assert main(["serve", "--index", str(index)]) == 2
    assert 'pip install "mistral-rag[serve]"' in capsys.readouterr().err


def test_a_port_in_use_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = small_index(tmp_path / "index", GREEN)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["serve", "--index", str(index), "--port", str(taken.getsockname()[1])]) == 2
    assert "choose another --port" in capsys.readouterr().err


def test_the_api_describes_itself(serve: Serve, tmp_path: Path) -> None:
    with serve(small_index(tmp_path / "index", GREEN)) as at, at.client() as client:
        found = client.get("/api/openapi.json").json()
    assert found["openapi"] == "3.1.0"
    assert found["paths"]["/api/ask"]["post"]["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/AskBody"
    }
    assert found["components"]["schemas"]["AskBody"]["properties"]["question"]["maxLength"] == 8000
    assert {"Answer", "Citation", "Claim", "Error"} <= found["components"]["schemas"].keys()
    assert found["paths"]["/api/pages/{id}/{number}.png"]["get"]["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}},
        {"name": "width", "in": "query", "schema": {"type": "integer"}},
    ]
    assert sorted(found["paths"]) == [
        "/api/ask",
        "/api/cite/{address}",
        "/api/costs",
        "/api/documents",
        "/api/documents/{id}",
        "/api/documents/{id}/original",
        "/api/documents/{id}/pages/{number}",
        "/api/export",
        "/api/feedback",
        "/api/feedback.jsonl",
        "/api/jobs/{id}",
        "/api/pages/{id}/{number}.png",
        "/api/search",
        "/api/settings",
    ]
