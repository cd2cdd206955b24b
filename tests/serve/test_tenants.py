"""Documents that a tenant may not read are absent: in lists, counts, searches, answers, pictures and addresses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mistral_rag.serve import Principal, Tokens
from tests.serve.conftest import RULES, Serve, Served, asked, build

LEASE = "When does the lease of the harbour warehouse end?"
ABSENT = {"code": "not_found", "message": "there is no such thing here, or you may not read it", "advice": ""}


@pytest.fixture(scope="module")
def served(serve: Serve, tenants: Path, tokens: Tokens) -> Iterator[Served]:
    with serve(tenants, tokens=tokens) as at:
        yield at


@pytest.fixture
def anna(served: Served) -> Iterator[httpx.Client]:
    with served.client("anna") as client:
        yield client


@pytest.fixture
def bob(served: Served) -> Iterator[httpx.Client]:
    with served.client("bob") as client:
        yield client


def paths(client: httpx.Client) -> list[str]:
    return [one["path"] for one in client.get("/api/documents").json()["documents"]]


def lease_of(client: httpx.Client) -> dict[str, Any]:
    (found,) = [one for one in client.get("/api/documents").json()["documents"] if one["path"] == "legal/lease.pdf"]
    assert isinstance(found, dict)
    return found


def test_each_tenant_lists_and_counts_its_own(anna: httpx.Client, bob: httpx.Client) -> None:
    hostile = "all/<img src=x onerror=alert(1)>.txt"
    assert paths(anna) == [hostile, "all/holidays.html", "legal/lease.pdf"]
    assert paths(bob) == [hostile, "all/holidays.html", "sales/pipeline.txt"]
    assert anna.get("/api/documents").json()["total"] == 3
    assert anna.get("/api/settings").json()["documents"] == 3
    absent = anna.get("/api/documents", params={"q": "pipeline"}).json()
    assert absent == {"total": 0, "types": ["application/pdf", "text/html", "text/plain"], "documents": []}
    assert bob.get("/api/documents").json()["types"] == ["text/html", "text/plain"]
    assert bob.get("/api/documents", params={"type": "application/pdf"}).json()["total"] == 0


def test_who_is_alone_with_the_server_learns_that_documents_are_for_groups(
    serve: Serve, tenants: Path, anna: httpx.Client
) -> None:
    with serve(tenants) as at, at.client() as owner:
        assert owner.get("/api/settings").json()["documents"] == 0
        assert owner.get("/api/settings").json()["hidden_documents"] == 4
    with serve(tenants, owner=Principal("owner", ("staff", "legal"))) as at, at.client() as owner:
        assert owner.get("/api/settings").json()["documents"] == 3
        assert owner.get("/api/settings").json()["hidden_documents"] == 1
    assert anna.get("/api/settings").json()["hidden_documents"] == 0


def test_names_of_groups_that_a_reader_is_not_in_are_not_told(anna: httpx.Client, bob: httpx.Client) -> None:
    def groups(client: httpx.Client) -> dict[str, list[str]]:
        return {one["path"]: one["groups"] for one in client.get("/api/documents").json()["documents"]}

    assert groups(anna)["all/holidays.html"] == ["staff"]
    assert groups(bob)["all/holidays.html"] == ["sales"]
    found = bob.get("/api/search", params={"q": "holiday"}).json()["facets"]["group"]
    assert found == [{"value": "sales", "count": 1}]
    assert bob.get("/api/search", params={"q": "holiday", "group": "staff"}).json()["total"] == 0


def test_search_and_facets_are_of_what_may_be_read(anna: httpx.Client, bob: httpx.Client) -> None:
    query = {"q": "harbour warehouse deposit offers"}
    ours, theirs = (client.get("/api/search", params=query).json() for client in (anna, bob))
    assert {one["path"] for one in ours["results"]} == {"legal/lease.pdf"}
    assert {one["path"] for one in theirs["results"]} == {"sales/pipeline.txt"}
    assert theirs["facets"]["source"] == [{"value": "sales/pipeline.txt", "count": 1}]
    assert theirs["facets"]["type"] == [{"value": "text/plain", "count": 1}]


def test_an_answer_quotes_nothing_of_others(anna: httpx.Client, bob: httpx.Client) -> None:
    assert "31 March 2027" in asked(anna, LEASE)["answer"]["text"]
    answer = asked(bob, LEASE)
    assert "2027" not in str(answer)
    assert "legal" not in str(answer)


def requests_of(one: dict[str, Any], address: str) -> list[str]:
    document = one["document_id"]
    return [
        f"/api/documents/{document}",
        f"/api/documents/{document}/pages/1",
        f"/api/documents/{document}/pages/99",
        f"/api/documents/{document}/original",
        f"/api/pages/{document}/1.png",
        f"/api/pages/{document}/2.png?width=320",
        f"/api{address}",
        f"/api{address}?page=2",
    ]


def same(response: httpx.Response) -> tuple[int, Any, dict[str, str]]:
    headers = {name: value for name, value in response.headers.items() if name != "date"}
    return response.status_code, response.json(), headers


def test_forbidden_and_absent_are_the_same(anna: httpx.Client, bob: httpx.Client) -> None:
    one, address = lease_of(anna), asked(anna, LEASE)["citations"][0]["address"]
    absent = same(bob.get("/api/documents/00000000000000000000"))
    assert absent[:2] == (404, ABSENT)
    for path in requests_of(one, address):
        assert anna.get(path).status_code == (404 if "/99" in path else 200), path
        assert same(bob.get(path)) == absent, path
        assert same(bob.get(path.replace(one["document_id"], "0" * 20))) == absent, path


@pytest.mark.parametrize(
    "number", ["0", "00", "999", "9999999999", "9" * 30, "9" * 5000, "-1", "1e3", "٣", "1.0", "1%0a"]
)
def test_a_page_number_that_no_document_has_is_absent(anna: httpx.Client, number: str) -> None:
    document = lease_of(anna)["document_id"]
    for path in (f"/api/documents/{document}/pages/{number}", f"/api/pages/{document}/{number}.png"):
        response = anna.get(path)
        assert (response.status_code, response.json()) == (404, ABSENT)


def test_a_question_about_documents_of_others_is_as_one_about_none(anna: httpx.Client, bob: httpx.Client) -> None:
    document = lease_of(anna)["document_id"]
    forbidden, absent = (
        same(bob.post("/api/ask", json={"question": LEASE, "documents": [one]})) for one in (document, "0" * 20)
    )
    assert forbidden == absent
    assert forbidden[:2] == (404, ABSENT)


@pytest.mark.parametrize("change", ["moved", "deleted"])
def test_an_answer_is_exported_while_its_documents_may_be_read(
    serve: Serve, tokens: Tokens, tmp_path: Path, change: str
) -> None:
    """A document that comes to another group and one that is deleted are the same to those who read it before."""
    for name, text in {
        "legal/quokka.txt": "The quokka costs 4,711 euros.\n",
        "all/note.txt": "The bilby weighs 12 kilograms.\n",
    }.items():
        (tmp_path / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "docs" / name).write_text(text)
    build(tmp_path / "docs", tmp_path / "index")
    with serve(tmp_path / "index", tokens=tokens) as at, at.client("anna") as anna:
        answers = [
            asked(anna, question) for question in ("What does the quokka cost?", "How much does the bilby weigh?")
        ]
        assert "4,711" in answers[0]["answer"]["text"]
        if change == "deleted":
            (tmp_path / "docs" / "legal" / "quokka.txt").unlink()
        build(tmp_path / "docs", tmp_path / "index", rules=RULES.replace('["legal"]', '["sales"]'))
        body = {"answer_ids": [one["id"] for one in answers]}
        text = anna.post("/api/export", json={**body, "format": "markdown"}).text
        assert "4,711" not in text
        assert "no longer here, or you may no longer read them" in text
        assert "The bilby weighs 12 kilograms." in text
        annotations = anna.post("/api/export", json={**body, "format": "annotations"}).json()
        assert (annotations["total"], "4,711" in str(annotations)) == (1, False)


def test_raw_scores_are_not_told_to_tokens(bob: httpx.Client) -> None:
    found = bob.get("/api/search", params={"q": "northern region offers", "explain": "1"}).json()
    assert found["results"][0]["score"] == 1.0
    assert found["results"][0]["explain"] == {"parts": {}, "ranks": {}}


@pytest.mark.parametrize(
    "path",
    [
        "/api/documents",
        "/api/search?q=a",
        "/api/cite/abc",
        "/api/pages/a/1.png",
        "/api/documents/a/original",
        "/metrics",
    ],
)
def test_without_a_token_everything_asks_for_one(served: Served, path: str) -> None:
    with served.client() as nobody, served.client(None, Authorization="Bearer anna-0123456789abcdeX") as wrong:
        for client in (nobody, wrong):
            response = client.get(path)
            assert response.status_code == 401
            assert response.json()["code"] == "sign_in"
            assert response.headers["www-authenticate"] == "Bearer"


def test_the_page_learns_that_it_needs_a_token_and_nothing_else(served: Served) -> None:
    with served.client() as nobody:
        found = nobody.get("/api/settings").json()
    assert (found["needs_token"], found["signed_in"]) == (True, False)
    assert (found["documents"], found["model"], found["allow_upload"]) == (None, None, False)


def test_metrics_are_for_who_operates_the_server(served: Served, anna: httpx.Client) -> None:
    with served.client("root") as root:
        text = root.get("/metrics").text
    assert "# TYPE mistral_rag_requests_total counter" in text
    assert 'le="+Inf"' in text
    assert anna.get("/metrics").json() == ABSENT
