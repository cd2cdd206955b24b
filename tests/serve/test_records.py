"""Feedback, exports, the audit log, costs, the access log."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from mistral_rag.serve import Tokens
from tests.printed import annotations
from tests.serve.conftest import Serve, Served, asked

LEASE = "When does the lease of the harbour warehouse end?"
QUOTE = "The lease of the harbour warehouse ends on 31 March 2027."


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data") / "server"


@pytest.fixture(scope="module")
def served(serve: Serve, tenants: Path, tokens: Tokens, data: Path) -> Iterator[Served]:
    with serve(tenants, tokens=tokens, audit=True, data=data) as at:
        yield at


@pytest.fixture(scope="module")
def anna(served: Served) -> Iterator[httpx.Client]:
    with served.client("anna") as client:
        yield client


@pytest.fixture(scope="module")
def answer(anna: httpx.Client) -> dict[str, Any]:
    return asked(anna, LEASE)


def lines(client: httpx.Client) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.get("/api/feedback.jsonl").text.splitlines()]


def test_feedback_becomes_a_question_set(served: Served, anna: httpx.Client, answer: dict[str, Any]) -> None:
    body = {"answer_id": answer["id"], "citation_id": "1", "verdict": "right", "note": "checked"}
    assert anna.post("/api/feedback", json=body).status_code == 201
    (entry,) = lines(anna)
    names = ("question", "answerable", "source", "pages", "evidence", "verdict", "citation_id", "note", "by")
    assert {name: entry[name] for name in names} == {
        "question": LEASE,
        "answerable": True,
        "source": "legal/lease.pdf",
        "pages": [1],
        "evidence": QUOTE,
        "verdict": "right",
        "citation_id": "1",
        "note": "checked",
        "by": "anna",
    }
    assert entry["commit"] > 0
    assert entry["citations"][0]["address"] == answer["citations"][0]["address"]
    with served.client("bob") as bob, served.client("root") as root:
        assert lines(bob) == []
        assert lines(root) == [entry]


def test_answers_of_others_are_unknown(served: Served, answer: dict[str, Any]) -> None:
    with served.client("bob") as bob:
        for path, body in (
            ("/api/feedback", {"answer_id": answer["id"], "verdict": "wrong"}),
            ("/api/export", {"answer_ids": [answer["id"]], "format": "markdown"}),
        ):
            forbidden, absent = (bob.post(path, json={**body, **change}) for change in ({}, changed(body)))
            assert (forbidden.status_code, forbidden.json()) == (404, absent.json())


def changed(body: dict[str, Any]) -> dict[str, Any]:
    return {"answer_id": "0" * 32} if "answer_id" in body else {"answer_ids": ["0" * 32]}


def test_a_citation_that_an_answer_has_not_can_not_be_judged(anna: httpx.Client, answer: dict[str, Any]) -> None:
    body = {"answer_id": answer["id"], "citation_id": "99", "verdict": "wrong"}
    assert anna.post("/api/feedback", json=body).status_code == 404


def test_an_export_as_markdown_has_footnotes_and_no_markup_of_documents(anna: httpx.Client) -> None:
    answer = asked(anna, "Is a script or a click a holiday?")
    text = anna.post("/api/export", json={"answer_ids": [answer["id"]], "format": "markdown"}).text
    assert "[^1]" in text
    assert "\\<script\\>alert\\(1\\)\\</script\\>" in text
    assert "\\[click\\]\\(javascript:alert\\(2\\)\\)" in text
    assert "<script>" not in text
    assert "[click](" not in text


def test_an_export_as_pdf_has_the_cited_page_with_highlights(anna: httpx.Client, answer: dict[str, Any]) -> None:
    other = asked(anna, "What deposit does the tenant pay for the harbour warehouse?")
    body = {"answer_ids": [answer["id"], other["id"], answer["id"]], "format": "pdf"}
    response = anna.post("/api/export", json=body)
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"] == 'attachment; filename="cited-pages.pdf"'
    pages = PdfReader(io.BytesIO(response.content)).pages
    assert "31 March 2027" in pages[0].extract_text()
    assert [str(one["/Contents"]) for one in annotations(pages[0])] == [QUOTE]
    assert len(pages) == 2


def test_an_answer_that_cites_no_pdf_makes_none(anna: httpx.Client) -> None:
    answer = asked(anna, "How many days of holiday does every employee have?")
    response = anna.post("/api/export", json={"answer_ids": [answer["id"]], "format": "pdf"})
    assert (response.status_code, response.json()["code"]) == (422, "no_pages")


def test_an_export_as_annotations_finds_the_words_in_three_ways(anna: httpx.Client, answer: dict[str, Any]) -> None:
    found = anna.post("/api/export", json={"answer_ids": [answer["id"]], "format": "annotations"}).json()
    assert (found["@context"], found["type"]) == ("http://www.w3.org/ns/anno.jsonld", "AnnotationCollection")
    item = found["first"]["items"][0]
    (target,) = item["target"]
    assert target["selector"]["value"] == "page=1"
    quote = target["selector"]["refinedBy"]
    assert (quote["type"], quote["exact"]) == ("TextQuoteSelector", QUOTE)
    assert quote["refinedBy"] == {"type": "TextPositionSelector", "start": 0, "end": 57}
    assert target["source"].endswith(f"/api/documents/{answer['citations'][0]['document_id']}/original")
    assert QUOTE in item["body"]["value"]


def test_the_audit_log_says_who_asked_what(anna: httpx.Client, answer: dict[str, Any], data: Path) -> None:
    entries = [json.loads(line) for line in (data / "audit.jsonl").read_text().splitlines()]
    (entry,) = [one for one in entries if one["id"] == answer["id"]]
    assert (entry["principal"], entry["question"], entry["cited"]) == ("anna", LEASE, ["legal/lease.pdf"])
    assert entry["seconds"] > 0
    assert QUOTE not in json.dumps(entry)
    assert (data / "audit.jsonl").stat().st_mode & 0o777 == 0o600
    assert data.stat().st_mode & 0o777 == 0o700


def test_searches_and_what_was_not_answered_are_audited(served: Served, anna: httpx.Client, data: Path) -> None:
    anna.get("/api/search", params={"q": "deposit of the tenant"})
    with anna.stream("POST", "/api/ask", json={"question": "Who leaves before the answer has come?"}) as response:
        next(response.iter_raw())
    asked(anna, "Who comes after?")
    entries = [json.loads(line) for line in (data / "audit.jsonl").read_text().splitlines()]
    (search,) = [one for one in entries if one["event"] == "search"]
    assert (search["principal"], search["question"]) == ("anna", "deposit of the tenant")
    assert search["documents"] == ["legal/lease.pdf"]
    assert "Who leaves before the answer has come?" in [one["question"] for one in entries]


def test_nothing_is_audited_unless_asked_for(serve: Serve, plain: Path) -> None:
    with serve(plain) as at, at.client() as client:
        asked(client, LEASE)
    assert not plain.with_name("index-serve").exists()


def test_costs_are_for_who_operates_the_server(served: Served, anna: httpx.Client) -> None:
    assert anna.get("/api/costs").status_code == 404
    with served.client("root") as root:
        found = root.get("/api/costs", params={"days": 7}).json()
    assert (found["currency"], found["days"], found["total"]["calls"]) == ("USD", [], 0)


def test_costs_are_added_up_by_day(serve: Serve, documents: Path, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from mistral_rag.testing import small_index

    index = small_index(tmp_path / "index", {"a.txt": ["The gazebo is green."]})
    day = datetime.now(UTC).date().isoformat()
    call = {"kind": "chat", "model": "m", "asked": "m", "host": "h", "seconds": 1.0, "cost": 0.25, "input_tokens": 10}
    old = {**call, "time": "2020-01-01T10:00:00Z"}
    entries = [old, {**call, "time": f"{day}T00:00:00Z"}, {**call, "time": f"{day}T00:00:01Z"}]
    (index / "ledger.jsonl").write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    with serve(index) as at, at.client() as client:
        found = client.get("/api/costs", params={"days": 3}).json()
    (row,) = found["days"]
    assert (row["day"], row["calls"], row["cost"], row["input_tokens"]) == (day, 2, 0.5, 20)
    assert found["total"]["cost"] == 0.5


def test_the_access_log_knows_no_questions_and_no_ids(
    anna: httpx.Client, answer: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="mistral_rag.serve.access"):
        asked(anna, LEASE)
        anna.get(f"/api{answer['citations'][0]['address']}")
        anna.get("/api/search", params={"q": "harbour"})
    entries = [json.loads(record.getMessage()) for record in caplog.records if "access" in record.name]
    routes = [(one["principal"], one["method"], one["route"], one["status"]) for one in entries]
    assert routes[-3:] == [
        ("anna", "POST", "/api/ask", 200),
        ("anna", "GET", "/api/cite/{address}", 200),
        ("anna", "GET", "/api/search", 200),
    ]
    assert "harbour" not in caplog.text
