"""Questions, answers as events, and the addresses of what they cite."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.serve.conftest import Serve, Served, asked, events_of

LEASE = "When does the lease of the harbour warehouse end?"
QUOTE = "The lease of the harbour warehouse ends on 31 March 2027."


@pytest.fixture(scope="module")
def client(serve: Serve, plain: Path) -> Iterator[httpx.Client]:
    with serve(plain) as at, at.client() as client:
        yield client


@pytest.fixture(scope="module")
def answer(client: httpx.Client) -> dict[str, Any]:
    return asked(client, LEASE)


def test_an_answer_comes_as_events_of_the_chain(client: httpx.Client) -> None:
    response = client.post("/api/ask", json={"question": LEASE})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    events = events_of(response)
    kinds = [kind for kind, _ in events]
    assert kinds[:3] == ["search", "evidence", "text"]
    assert kinds[-2:] == ["answer", "done"]
    assert set(kinds[3:-2]) == {"claim"}
    assert events[0][1] == {"question": LEASE}
    assert "".join(data["text"] for kind, data in events if kind == "text") == events[-2][1]["answer"]["text"]


def test_an_answer_has_cards_and_no_path_of_the_disk(answer: dict[str, Any], plain: Path) -> None:
    card = answer["citations"][0]
    assert {name: card[name] for name in ("citation_id", "path", "page_index", "quote", "verified", "has_picture")} == {
        "citation_id": "1",
        "path": "legal/lease.pdf",
        "page_index": 1,
        "quote": QUOTE,
        "verified": True,
        "has_picture": True,
    }
    assert card["address"].startswith("/cite/")
    assert answer["answer"]["citations"][0]["uri"] == f"document:{card['document_id']}"
    assert answer["answer"]["citations"][0]["url"] == card["address"]
    assert str(plain.parent.parent) not in str(answer)
    assert "file:" not in str(answer)


def test_the_closest_passages_come_with_an_abstention(client: httpx.Client) -> None:
    answer = asked(client, "How many employees work in the harbour warehouse in Lisbon?")
    assert answer["answer"]["status"] == "abstained"
    assert answer["citations"] == []
    assert "legal/lease.pdf" in [one["path"] for one in answer["passages"]]
    assert client.get(f"/api{answer['passages'][0]['address']}").json()["state"] == "current"


def test_a_follow_up_is_answered_from_the_conversation(client: httpx.Client) -> None:
    history = [
        {"role": "user", "content": "What deposit does the tenant pay for the harbour warehouse?"},
        {"role": "assistant", "content": "12,500 euros."},
    ]
    answer = asked(client, "And when is it returned?", history=history)
    assert "deposit" in answer["answer"]["standalone_question"]
    assert answer["citations"][0]["path"] == "legal/lease.pdf"


def test_only_chosen_documents_are_asked(client: httpx.Client) -> None:
    (holidays,) = client.get("/api/documents", params={"q": "holidays"}).json()["documents"]
    answer = asked(client, LEASE, documents=[holidays["document_id"]])
    assert {one["path"] for one in answer["passages"]} <= {"all/holidays.html"}
    assert "2027" not in answer["answer"]["text"]


def test_a_citation_has_the_boxes_of_its_words(client: httpx.Client, answer: dict[str, Any]) -> None:
    found = client.get(f"/api{answer['citations'][0]['address']}").json()
    assert found["state"] == "current"
    assert found["citation"]["quote"] == QUOTE
    assert found["text"][slice(*found["span"])] == QUOTE
    ((left, top, right, bottom),) = found["boxes"]
    # printed at x = 60, with the baseline 100 points below the upper edge of 600 x 800
    assert left == pytest.approx(60 / 600, abs=0.005)
    assert top < 100 / 800 < bottom + 0.005
    assert bottom - top < 0.02
    assert right < 0.6
    assert found["page"] == {
        "document_id": found["citation"]["document_id"],
        "page_index": 1,
        "label": "",
        "page_kind": "page",
        "place": "p. 1",
        "width": 600.0,
        "height": 800.0,
        "has_picture": True,
    }
    assert (found["pages"], found["previous"], found["next"], found["quoted_pages"]) == (2, None, 2, [1])


def test_other_pages_of_a_cited_document_have_no_marks(client: httpx.Client, answer: dict[str, Any]) -> None:
    found = client.get(f"/api{answer['citations'][0]['address']}", params={"page": 2}).json()
    assert (found["boxes"], found["span"], found["page"]["page_index"]) == ([], None, 2)
    assert "12,500 euros" in found["text"]
    assert client.get(f"/api{answer['citations'][0]['address']}", params={"page": 3}).status_code == 404


def test_a_source_without_pages_is_cited_by_its_text(client: httpx.Client) -> None:
    card = asked(client, "How many days of holiday does every employee have?")["citations"][0]
    found = client.get(f"/api{card['address']}").json()
    assert found["text"][slice(*found["span"])] == "Every employee has 28 days of holiday a year."
    assert (found["boxes"], found["page"]["has_picture"], card["page_kind"]) == ([], False, "section")
    assert "<script>alert(1)</script>" in found["text"]  # as text, in JSON


def forged(*parts: object) -> str:
    import base64
    import json

    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("runs", [(1, 0, 54), (1, 5, 57), (1, 0, 9_999), (1, 45, 57, 1, 0, 10), (1, 57, 58)])
def test_an_address_of_what_was_never_quoted_is_none(
    client: httpx.Client, answer: dict[str, Any], runs: tuple[int, ...]
) -> None:
    """A forged address that cuts a number or a word, or turns the order, must not make a citation of it."""
    from mistral_rag.serve._index.addresses import CitationAddress

    true = CitationAddress.read(answer["citations"][0]["address"].removeprefix("/cite/"))
    assert true is not None
    assert forged(1, true.document, true.digest, 1, 0, 57) == forged(1, true.document, true.digest, *true.spans[0])
    assert client.get(f"/api/cite/{forged(1, true.document, true.digest, *runs)}").status_code == 404


@pytest.mark.parametrize(
    "address",
    ["", "x", "%00", "WzFd", "a" * 5_000, forged(), forged(1), forged(1, "a" * 20, "b" * 16, 1, 0, True), "[[[["],
)
def test_addresses_that_are_none_are_absent(client: httpx.Client, address: str) -> None:
    assert client.get(f"/api/cite/{address}").status_code == 404


def test_a_picture_is_as_wide_as_asked_and_kept_by_its_tag(client: httpx.Client, answer: dict[str, Any]) -> None:
    path = f"/api/pages/{answer['citations'][0]['document_id']}/1.png"
    response = client.get(path, params={"width": 600})
    assert response.headers["content-type"] == "image/png"
    picture = Image.open(io.BytesIO(response.content)).convert("L")
    assert picture.size == (640, 853)
    # the sentence is printed in the band around its baseline, and nothing is below it
    darkest, _ = picture.crop((64, 96, 300, 110)).getextrema()
    assert isinstance(darkest, float | int)
    assert darkest < 100
    assert picture.crop((0, 300, 640, 853)).getextrema() == (255, 255)
    again = client.get(path, params={"width": 600}, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, params={"width": 1200}).headers["etag"] != response.headers["etag"]


def test_a_page_without_a_picture_has_none(client: httpx.Client) -> None:
    (holidays,) = client.get("/api/documents", params={"q": "holidays"}).json()["documents"]
    assert client.get(f"/api/pages/{holidays['document_id']}/1.png").status_code == 404


def test_a_blank_question_is_refused(client: httpx.Client) -> None:
    response = client.post("/api/ask", json={"question": " \n "})
    assert (response.status_code, response.json()["advice"]) == (400, "Write one.")


def test_who_leaves_a_stream_leaves_the_server_at_work(served_alone: Served) -> None:
    with served_alone.client() as client:
        for _ in range(8):
            with client.stream("POST", "/api/ask", json={"question": LEASE}) as response:
                next(response.iter_raw())
        assert QUOTE in asked(client, LEASE)["answer"]["text"]


@pytest.fixture(scope="module")
def served_alone(serve: Serve, plain: Path) -> Iterator[Served]:
    with serve(plain) as at:
        yield at


def test_a_quote_is_found_on_its_page_when_others_are_put_in_before(serve: Serve, tmp_path: Path) -> None:
    from mistral_rag.testing import small_document, small_index

    pages = ["The gazebo is green.", "The lease of the kiosk ends in June. Nobody has renewed it."]
    index = small_index(tmp_path / "index", [small_document("a.txt", pages)])
    with serve(index) as at, at.client() as client:
        address = asked(client, "When does the lease of the kiosk end?")["citations"][0]["address"]
        assert client.get(f"/api{address}").json()["page"]["page_index"] == 2
        small_index(index, [small_document("a.txt", ["A new first page.", *pages])])
        moved = client.get(f"/api{address}").json()
        assert (moved["state"], moved["page"]["page_index"]) == ("current", 3)
        assert moved["text"][slice(*moved["span"])] == pages[1]
        changed = pages[1].replace("Nobody has", "Somebody has")
        small_index(index, [small_document("a.txt", ["A new first page.", pages[0], changed])])
        stale = client.get(f"/api{address}").json()
        assert (stale["state"], stale["page"]["page_index"], stale["boxes"]) == ("stale", 2, [])


def test_a_file_that_has_changed_is_not_shown_as_what_was_read(serve: Serve, tmp_path: Path) -> None:
    from tests.serve.conftest import LEASE as FILE
    from tests.serve.conftest import build

    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "lease.pdf").write_bytes(FILE)
    build(docs, tmp_path / "index", rules=None)
    with serve(tmp_path / "index") as at, at.client() as client:
        (one,) = client.get("/api/documents").json()["documents"]
        picture = f"/api/pages/{one['document_id']}/1.png"
        assert client.get(picture).status_code == 200
        (docs / "lease.pdf").write_bytes(FILE.replace(b"2027", b"2028"))
        for path in (picture, f"/api/documents/{one['document_id']}/original"):
            response = client.get(path)
            assert (response.status_code, response.json()["code"]) == (409, "stale")
        (docs / "lease.pdf").unlink()
        assert client.get(picture).status_code == 404
        assert client.get(f"/api/documents/{one['document_id']}").json()["has_original"] is False
