"""Uploads and downloads."""

from typing import Any

import httpx
import pytest

LINES = b'{"custom_id": "1", "body": {}}\n{"custom_id": "2", "body": {}}\n'


def upload(client: httpx.Client, content: bytes = LINES, name: str = "a.jsonl", **form: Any) -> httpx.Response:
    return client.post("/files", files={"file": (name, content)}, data={"purpose": "batch", **form})


def test_a_file_goes_up_and_comes_down(client: httpx.Client) -> None:
    content = bytes(range(256)) * 3 + b"\r\n--x--\r\n"
    card = upload(client, content, "scan é.pdf", purpose="ocr", expiry="2", visibility="user").json()
    assert (card["filename"], card["bytes"], card["purpose"]) == ("scan é.pdf", len(content), "ocr")
    assert (card["mimetype"], card["num_lines"], card["visibility"]) == ("application/pdf", None, "user")
    assert card["expires_at"] == card["created_at"] + 7200
    assert client.get(f"/files/{card['id']}").json() == {**card, "deleted": False}
    got = client.get(f"/files/{card['id']}/content")
    assert (got.content, got.headers["content-type"]) == (content, "application/octet-stream")


def test_a_signed_address_needs_no_key(client: httpx.Client) -> None:
    identity = upload(client).json()["id"]
    url = client.get(f"/files/{identity}/url?expiry=1").json()["url"]
    assert client.get(url, headers={"authorization": ""}).content == LINES
    assert client.get(url[:-1], headers={"authorization": ""}).status_code == 404


def test_files_are_listed_by_page_purpose_and_name(direct: httpx.Client) -> None:
    for number in range(5):
        upload(direct, name=f"lines-{number}.jsonl")
    upload(direct, b"%PDF", "scan.pdf", purpose="ocr")
    listed = direct.get("/files?purpose=batch&page_size=2&page=1").json()
    assert (len(listed["data"]), listed["total"], listed["object"]) == (2, 5, "list")
    assert [card["filename"] for card in direct.get("/files?search=scan").json()["data"]] == ["scan.pdf"]


def test_pages_are_numbers(direct: httpx.Client) -> None:
    reply = direct.get("/files?page=one")
    assert (reply.status_code, reply.json()["detail"][0]["loc"]) == (422, ["query", "page"])


def test_a_deleted_file_is_gone(direct: httpx.Client) -> None:
    identity = upload(direct).json()["id"]
    assert direct.delete(f"/files/{identity}").json() == {"id": identity, "object": "file", "deleted": True}
    assert [direct.get(f"/files/{identity}{end}").status_code for end in ("", "/content", "/url")] == [404, 404, 404]


@pytest.mark.parametrize(
    ("form", "content", "status"),
    [
        ({"purpose": "chat"}, LINES, 422),
        ({"expiry": "soon"}, LINES, 422),
        ({"title": "x"}, LINES, 422),
        ({}, b"not json\n", 400),
    ],
)
def test_wrong_uploads_are_refused(direct: httpx.Client, form: dict[str, str], content: bytes, status: int) -> None:
    assert upload(direct, content, **form).status_code == status


def test_an_upload_must_be_a_form_with_a_file(direct: httpx.Client) -> None:
    assert direct.post("/files", json={"file": "x"}).status_code == 422
    assert direct.post("/files", files={"purpose": (None, "ocr")}).status_code == 422
