"""Documents that are uploaded, replaced and deleted: by whom, for whom, and what is refused."""

import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mistral_rag.serve import Tokens
from mistral_rag.serve._http.responses import RequestError
from tests.serve.conftest import TOKENS, Serve, Served, asked, build, events_of

MARK = {"X-Requested-With": "mistral-rag"}
QUESTION = "How many valves does the pump have?"


@pytest.fixture(scope="module")
def served(serve: Serve, tokens: Tokens, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("uploads")
    (folder / "docs" / "all").mkdir(parents=True)
    (folder / "docs" / "all" / "note.txt").write_text("The gazebo is green.\n")
    build(folder / "docs", folder / "index")
    with serve(folder / "index", tokens=tokens, allow_upload=True) as at:
        yield at


@pytest.fixture
def anna(served: Served) -> Iterator[httpx.Client]:
    with served.client("anna") as client:
        yield client


@pytest.fixture
def bob(served: Served) -> Iterator[httpx.Client]:
    with served.client("bob") as client:
        yield client


def form(name: str, content: bytes, **fields: Any) -> dict[str, Any]:
    return {
        "files": {"file": (name, content)},
        "data": {field: json.dumps(value) for field, value in fields.items()},
        "headers": MARK,
    }


def uploaded(served: Served) -> list[str]:
    """Names in the folder of uploads."""
    return sorted(path.name for path in served.index.with_name("index-serve").joinpath("uploads").iterdir())


def end_of(client: httpx.Client, started: httpx.Response) -> tuple[str, Any]:
    """The last event of a job."""
    assert started.status_code == 202, started.text
    events = events_of(client.get(f"/api/jobs/{started.json()['job']}", timeout=120))
    assert {kind for kind, _ in events[:-1]} <= {"progress"}
    return events[-1]


def test_a_document_is_uploaded_found_replaced_and_deleted(
    served: Served, anna: httpx.Client, bob: httpx.Client
) -> None:
    text = b"The pump has 14 valves.\n"
    started = anna.post(
        "/api/documents", **form("../../pump.txt", text, metadata={"date": "2025-02-03"}, groups=["legal"])
    )
    kind, done = end_of(anna, started)
    assert (kind, done["status"], done["report"]["pages"]) == ("done", "added", 1)
    document = done["document_id"]
    assert bob.get(f"/api/jobs/{started.json()['job']}").status_code == 404

    shown = anna.get(f"/api/documents/{document}").json()
    assert (shown["path"], shown["groups"]) == ("pump.txt", ["legal"])
    (found,) = anna.get("/api/search", params={"q": "pump valves"}).json()["results"]
    assert found["date"] == "2025-02-03"
    citation = asked(anna, QUESTION)["citations"][0]
    assert citation["quote"] == "The pump has 14 valves."
    assert bob.get(f"/api/documents/{document}").status_code == 404
    assert bob.get("/api/search", params={"q": "pump valves"}).json()["total"] == 0

    replaced = anna.put(f"/api/documents/{document}", **form("other.txt", b"The pump has 15 valves.\n"))
    assert end_of(anna, replaced)[1]["status"] == "changed"
    assert anna.get(f"/api{citation['address']}").json()["state"] == "stale"
    assert asked(anna, QUESTION)["citations"][0]["quote"] == "The pump has 15 valves."

    kind, done = end_of(anna, anna.delete(f"/api/documents/{document}"))
    assert (kind, done["status"]) == ("done", "removed")
    assert anna.get(f"/api/documents/{document}").status_code == 404
    assert anna.get(f"/api{citation['address']}").status_code == 404
    assert list((served.index.with_name("index-serve") / "uploads").iterdir()) == []


def test_what_a_killed_server_left_goes_with_the_next_upload(served: Served, anna: httpx.Client) -> None:
    folder = served.index.with_name("index-serve") / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    left, coming = folder / ".coming-left", folder / ".coming-now"
    left.touch()
    os.utime(left, (time.time() - 100_000, time.time() - 100_000))
    coming.touch()
    started = anna.post("/api/documents", **form("kiosk.txt", b"The kiosk is blue.\n"))
    document = end_of(anna, started)[1]["document_id"]
    assert [path.name for path in folder.glob(".coming-*")] == [".coming-now"]
    coming.unlink()
    end_of(anna, anna.delete(f"/api/documents/{document}"))


def test_text_comes_as_json_and_is_hostile(anna: httpx.Client) -> None:
    body = {"name": "a‮txt.exe", "text": "The kiosk opens at <b>nine</b>.", "metadata": {'k"]\n': "]]\nx = 1"}}
    kind, done = end_of(anna, anna.post("/api/documents", json=body))
    assert kind == "done"
    shown = anna.get(f"/api/documents/{done['document_id']}").json()
    assert (shown["path"], sorted(shown["groups"])) == ("atxt.exe.txt", ["legal", "staff"])
    assert asked(anna, "When does the kiosk open?")["citations"][0]["quote"] == "The kiosk opens at <b>nine</b>."


def packed(**files: bytes) -> bytes:
    """A zip file."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.txt", content)
    return data.getvalue()


MAIL = (
    b"From: a@example.com\r\nTo: b@example.com\r\nSubject: The ferry\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: text/plain\r\n\r\nIt has 3 decks.\r\n"
    b"--q\r\nContent-Type: text/plain; name=b.txt\r\nContent-Disposition: attachment; filename=b.txt\r\n\r\n"
    b"The ferry has 9 cabins.\r\n--q--\r\n"
)


@pytest.mark.parametrize(
    ("name", "content", "paths"),
    [
        (
            "two.zip",
            packed(a=b"The tug has 2 masts.", b=b"The tug is red."),
            ["two.zip", "two.zip > a.txt", "two.zip > b.txt"],
        ),
        ("ferry.eml", MAIL, ["ferry.eml", "ferry.eml > b.txt"]),
    ],
)
def test_a_file_that_holds_files_is_one_document_with_its_parts(
    anna: httpx.Client, bob: httpx.Client, name: str, content: bytes, paths: list[str]
) -> None:
    kind, done = end_of(anna, anna.post("/api/documents", **form(name, content, groups=["legal"])))
    assert (kind, done["status"]) == ("done", "added")
    assert anna.get(f"/api/documents/{done['document_id']}").json()["path"] == name
    listed = anna.get("/api/documents", params={"q": name}).json()["documents"]
    assert [(one["path"], one["groups"]) for one in listed] == [(path, ["legal"]) for path in paths]
    assert bob.get("/api/documents", params={"q": name}).json()["total"] == 0


def test_an_upload_that_can_not_be_read_now_leaves_nothing(
    served: Served, anna: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = uploaded(served)
    monkeypatch.setattr("mistral_rag.serve._uploads.jobs.PROGRAM", (sys.executable, "-c", ""))
    kind, said = end_of(anna, anna.post("/api/documents", json={"name": "a", "text": "a"}))
    assert (kind, said["code"]) == ("error", "not_done")
    monkeypatch.setattr("mistral_rag.serve._uploads.jobs.IndexJobs.check_room", full)
    response = anna.post("/api/documents", json={"name": "a", "text": "a"})
    assert (response.status_code, response.json()["code"]) == (503, "busy")
    assert uploaded(served) == before


def test_a_replacement_that_can_not_be_read_now_keeps_the_document(
    served: Served, anna: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, done = end_of(anna, anna.post("/api/documents", json={"name": "buoy", "text": "The buoy is yellow."}))
    before = uploaded(served)
    monkeypatch.setattr("mistral_rag.serve._uploads.jobs.PROGRAM", (sys.executable, "-c", ""))
    replaced = anna.put(f"/api/documents/{done['document_id']}", json={"name": "buoy", "text": "The buoy is blue."})
    assert end_of(anna, replaced)[1]["code"] == "not_done"
    assert uploaded(served) == before
    assert anna.get(f"/api/documents/{done['document_id']}").status_code == 200


def full(jobs: object) -> None:
    """Says that too many jobs wait."""
    raise RequestError(503, "busy", "too many uploads wait")


def test_who_may_not_write_is_refused(bob: httpx.Client, anna: httpx.Client) -> None:
    (note,) = bob.get("/api/documents").json()["documents"][:1]
    for response in (
        bob.post("/api/documents", **form("a.txt", b"a")),
        bob.put(f"/api/documents/{note['document_id']}", **form("a.txt", b"a")),
        bob.delete(f"/api/documents/{note['document_id']}"),
    ):
        assert (response.status_code, response.json()["code"]) == (403, "no_uploads")


def test_a_document_from_elsewhere_is_not_replaced(anna: httpx.Client) -> None:
    (note,) = [one for one in anna.get("/api/documents").json()["documents"] if one["path"] == "all/note.txt"]
    response = anna.put(f"/api/documents/{note['document_id']}", **form("a.txt", b"a"))
    assert (response.status_code, response.json()["code"]) == (409, "not_uploaded")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"groups": ["sales"]}, "groups are at least one of your own"),
        ({"groups": []}, "groups are at least one of your own"),
        ({"groups": "legal"}, "groups is a list of names"),
        ({"metadata": {"a": {"b": 1}}}, "metadata are texts"),
        ({"metadata": ["a"]}, "metadata are texts"),
        ({"metadata": {"a": float("inf")}}, "metadata are texts"),
        ({"metadata": {"a": float("nan")}}, "metadata are texts"),
    ],
)
def test_groups_and_metadata_are_checked(served: Served, anna: httpx.Client, fields: dict[str, Any], says: str) -> None:
    before = uploaded(served)
    body = json.dumps({"name": "a", "text": "a", **fields})
    for response in (
        anna.post("/api/documents", **form("a.txt", b"a", **fields)),
        anna.post("/api/documents", content=body, headers={"Content-Type": "application/json"}),
    ):
        assert response.status_code == 400
    assert uploaded(served) == before
    response = anna.post("/api/documents", **form("a.txt", b"a", **fields))
    assert says in response.json()["message"]


def test_a_form_of_another_site_is_refused(anna: httpx.Client) -> None:
    response = anna.post("/api/documents", files={"file": ("a.txt", b"a")})
    assert (response.status_code, response.json()["code"]) == (403, "other_site")
    plain = anna.post("/api/documents", content=b'{"name": "a", "text": "b"}', headers={"Content-Type": "text/plain"})
    assert plain.status_code == 415


def test_what_is_too_large_is_refused_before_it_comes(served: Served) -> None:
    head = (
        "POST /api/documents HTTP/1.1\r\nHost: localhost\r\nX-Requested-With: mistral-rag\r\n"
        f"Authorization: Bearer {TOKENS['anna']}\r\nContent-Length: 2147483648\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    assert served.raw(head.encode()).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "body", [b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\na\r\n--x--"]
)
def test_a_broken_form_is_an_error_of_the_request(anna: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x", **MARK}
    response = anna.post("/api/documents", content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


def test_a_server_without_uploads_takes_none(serve: Serve, served: Served, tokens: Tokens) -> None:
    with serve(served.index, tokens=tokens) as closed, closed.client("anna") as anna:
        assert anna.post("/api/documents", **form("a.txt", b"a")).status_code == 403
        assert anna.get("/api/settings").json()["allow_upload"] is False
