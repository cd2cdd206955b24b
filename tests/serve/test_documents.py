"""Documents, their pages and files, and search among them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serve.conftest import LEASE, Serve, build

HOSTILE = "all/<img src=x onerror=alert(1)>.txt"


@pytest.fixture(scope="module")
def client(serve: Serve, plain: Path) -> Iterator[httpx.Client]:
    with serve(plain) as at, at.client() as client:
        yield client


def ids(client: httpx.Client) -> dict[str, str]:
    return {one["path"]: one["document_id"] for one in client.get("/api/documents").json()["documents"]}


def test_documents_are_listed_with_how_they_were_read(client: httpx.Client) -> None:
    listed = client.get("/api/documents").json()
    assert listed["total"] == 4
    lease = listed["documents"][2]
    assert {name: lease[name] for name in ("path", "type", "pages", "state", "size", "reading", "problems")} == {
        "path": "legal/lease.pdf",
        "type": "application/pdf",
        "pages": 2,
        "state": "ok",
        "size": len(LEASE),
        "reading": {"text_layer": 2, "ocr": 0, "markup": 0, "blank": 0, "failed": 0},
        "problems": [],
    }
    assert listed["documents"][1]["reading"]["markup"] == 1


def test_the_list_is_filtered_and_cut(client: httpx.Client) -> None:
    def paths(**query: str | int) -> list[str]:
        return [one["path"] for one in client.get("/api/documents", params=query).json()["documents"]]

    assert paths(type="text/html") == ["all/holidays.html"]
    assert paths(q="LEASE") == ["legal/lease.pdf"]
    assert paths(limit=1, offset=2) == ["legal/lease.pdf"]
    assert paths(state="failed") == []
    assert client.get("/api/documents", params={"state": "gone"}).status_code == 400


def test_a_document_lists_its_pages(client: httpx.Client) -> None:
    found = client.get(f"/api/documents/{ids(client)['legal/lease.pdf']}").json()
    assert [(page["page_index"], page["how"], page["has_picture"]) for page in found["page_list"]] == [
        (1, "text_layer", True),
        (2, "text_layer", True),
    ]


def test_a_page_shows_its_text_and_how_it_was_read(client: httpx.Client) -> None:
    page = client.get(f"/api/documents/{ids(client)['legal/lease.pdf']}/pages/2").json()
    assert page["text"].startswith("The tenant pays a deposit of 12,500 euros")
    assert (page["how"], page["origins"], page["doubts"], page["problems"]) == ("text_layer", ["text-layer"], [], [])
    start, end, kind = page["units"][0]
    assert (page["text"][start:end], kind) == (
        "The tenant pays a deposit of 12,500 euros for the harbour warehouse.",
        "sentence",
    )


def test_a_pdf_is_opened_and_anything_else_is_downloaded(client: httpx.Client) -> None:
    found = ids(client)
    lease = client.get(f"/api/documents/{found['legal/lease.pdf']}/original")
    assert lease.content == LEASE
    assert lease.headers["content-type"] == "application/pdf"
    assert lease.headers["content-disposition"] == 'inline; filename="lease.pdf"'
    page = client.get(f"/api/documents/{found['all/holidays.html']}/original")
    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers["content-disposition"].startswith("attachment;")
    hostile = client.get(f"/api/documents/{found[HOSTILE]}/original")
    assert hostile.headers["content-disposition"] == (
        "attachment; filename*=utf-8''%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E.txt"
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\u202etxt.exe.md", 'attachment; filename="atxt.exe.md"'),
        ('two\nlines "a".md', "attachment; filename*=utf-8''two%20lines%20%22a%22.md"),
        ("b\u200b\u2066.md", 'attachment; filename="b.md"'),
    ],
)
def test_an_original_is_saved_under_a_name_that_reads_as_it_is(
    serve: Serve, tmp_path: Path, name: str, shown: str
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / name).write_text("The gazebo is green.\n")
    build(tmp_path / "docs", tmp_path / "index", rules=None)
    with serve(tmp_path / "index") as at, at.client() as client:
        (identifier,) = ids(client).values()
        assert client.get(f"/api/documents/{identifier}/original").headers["content-disposition"] == shown


def test_a_part_of_an_original_can_be_asked_for(client: httpx.Client) -> None:
    path = f"/api/documents/{ids(client)['legal/lease.pdf']}/original"
    assert client.get(path, headers={"Range": "bytes=0-4"}).content == b"%PDF-"


def test_search_marks_words_and_counts_facets(client: httpx.Client) -> None:
    found = client.get("/api/search", params={"q": "harbour warehouses deposits"}).json()
    assert (found["total"], found["most"]) == (2, 100)
    (year,) = found["facets"]["year"]
    narrowed = client.get("/api/search", params={"q": "harbour warehouses deposits", "year": year["value"]}).json()
    assert narrowed["total"] == year["count"] == 2
    first = found["results"][0]
    assert [first["text"][start:end] for start, end in first["marks"]] == ["deposit", "harbour", "warehouse", "deposit"]
    assert (first["path"], first["page_index"], first["page_kind"]) == ("legal/lease.pdf", 2, "page")
    assert found["facets"]["type"] == [{"value": "application/pdf", "count": 2}]
    assert client.get(f"/api{first['address']}").json()["state"] == "current"


def test_search_is_cut_down_to_types_folders_and_dates(client: httpx.Client) -> None:
    def paths(**query: str) -> set[str]:
        found = client.get("/api/search", params={"q": "harbour holiday offers gazebo", **query})
        assert found.status_code == 200, found.text
        return {one["path"] for one in found.json()["results"]}

    everything = {"all/holidays.html", HOSTILE, "legal/lease.pdf", "sales/pipeline.txt"}
    assert paths() == everything
    assert paths(type="text/html") == {"all/holidays.html"}
    assert paths(source="sales") == {"sales/pipeline.txt"}
    assert paths(source="sal") == set()
    assert paths(date_from="2000") == everything
    assert paths(date_to="2000-01-01") == set()
    assert paths(year="1999") == set()
    assert paths(type="nothing/here") == set()


@pytest.mark.parametrize("query", [{}, {"q": " "}, {"q": "a" * 2001}, {"q": "a", "date_from": "yesterday"}])
def test_a_search_for_nothing_is_refused(client: httpx.Client, query: dict[str, str]) -> None:
    assert client.get("/api/search", params=query).status_code == 400


def test_search_says_what_it_went_by(client: httpx.Client) -> None:
    found = client.get("/api/search", params={"q": "gazebo", "explain": "1"}).json()
    assert found["explanation"]["searched"] == 5
    assert found["results"][0]["explain"]["ranks"]["lexical"] == 1
    assert "explanation" not in client.get("/api/search", params={"q": "gazebo"}).json()


def test_a_document_that_could_not_be_read_says_why(serve: Serve, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "broken.pdf").write_bytes(b"%PDF-1.7\nbroken")
    (docs / "note.txt").write_text("The gazebo is green.\n")
    build(docs, tmp_path / "index", rules=None)
    with serve(tmp_path / "index") as at, at.client() as client:
        found = client.get("/api/documents", params={"state": "failed"}).json()
        (one,) = found["documents"]
        assert (one["path"], one["state"], one["pages"], one["has_original"]) == ("broken.pdf", "failed", 0, False)
        (problem,) = one["problems"]
        assert (problem["page_index"], problem["advice"]) == (
            None,
            "Mend or replace the file; the next build reads it again.",
        )
        assert "PDF" in problem["reason"]
        assert str(tmp_path) not in problem["reason"]
        # what can't be read is neither cited nor drawn
        for path in (f"/api/pages/{one['document_id']}/1.png", f"/api/documents/{one['document_id']}/original"):
            assert client.get(path).status_code == 404
