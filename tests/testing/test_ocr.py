"""OCR: pages from a PDF's text or from a script, in every form the request can ask for."""

import base64
import io
import json
import struct
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfWriter

from mistral_rag.testing import FakeMistral, ScriptedPage

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480) + b"rest"
PAGE = ScriptedPage(
    "# Report\n\nNet sales rose, see https://example.com/a.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n![f](img-0.jpeg)",
    header="ACME 10-K",
    footer="12",
    images={"img-0.jpeg": b"\xff\xd8"},
)
SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}


def document(content: bytes, kind: str = "application/pdf") -> dict[str, Any]:
    url = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    name = "image_url" if kind.startswith("image/") else "document_url"
    return {"type": name, name: url}


def blank_pdf(pages: int) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=612, height=792)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def read(client: httpx.Client, wanted: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
    body = {"model": "mistral-ocr-latest", "document": wanted or document(blank_pdf(3)), **more}
    return client.post("/ocr", json=body)


def scripted(fake: FakeMistral, client: httpx.Client, **more: Any) -> Any:
    fake.script_pages(PAGE)
    return read(client, **more).json()["pages"][0]


def test_a_pdf_gives_its_text_and_sizes(client: httpx.Client, checkout: Path) -> None:
    [path, *_] = sorted((checkout / "data").rglob("*.pdf"))
    content = path.read_bytes()
    body = read(client, document(content), pages=[1, 0]).json()
    assert [page["index"] for page in body["pages"]] == [0, 1]
    assert "UNITED STATES" in body["pages"][0]["markdown"].upper()
    assert body["pages"][0]["dimensions"]["dpi"] == 200
    assert body["usage_info"] == {"pages_processed": 2, "doc_size_bytes": len(content)}
    assert body["document_annotation"] is None


def test_a_scripted_page_is_read_as_it_stands(fake: FakeMistral, direct: httpx.Client) -> None:
    page = scripted(fake, direct)
    assert page["markdown"] == f"ACME 10-K\n\n{PAGE.markdown}\n\n12"
    assert (page["header"], page["footer"], page["tables"], page["blocks"]) == (None, None, [], None)
    assert page["hyperlinks"] == ["https://example.com/a."]
    assert page["images"][0]["image_base64"] is None


def test_header_and_footer_leave_the_text_when_asked_for(fake: FakeMistral, direct: httpx.Client) -> None:
    page = scripted(fake, direct, extract_header=True, extract_footer=True)
    assert (page["header"], page["footer"], page["markdown"]) == ("ACME 10-K", "12", PAGE.markdown)


def test_tables_leave_the_text_when_a_format_is_asked_for(fake: FakeMistral, direct: httpx.Client) -> None:
    page = scripted(fake, direct, table_format="html", include_blocks=True)
    assert "[tbl-0.html](tbl-0.html)" in page["markdown"]
    html = "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"
    assert page["tables"] == [{"id": "tbl-0.html", "content": html, "format": "html"}]
    assert [block["content"] for block in page["blocks"] if block["type"] == "table"] == [html]


def test_blocks_are_in_order_down_the_page(fake: FakeMistral, direct: httpx.Client) -> None:
    blocks = scripted(fake, direct, include_blocks=True)["blocks"]
    assert [block["type"] for block in blocks] == ["header", "title", "text", "table", "image", "footer"]
    edges = [(block["top_left_y"], block["bottom_right_y"]) for block in blocks]
    assert edges[0][0] == 0
    assert edges[-1][1] == 2200
    assert [low for _, low in edges[:-1]] == [top for top, _ in edges[1:]]


def test_images_come_with_bytes_and_annotations_when_asked_for(fake: FakeMistral, direct: httpx.Client) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "note", "schema": SCHEMA}}
    [image] = scripted(fake, direct, include_image_base64=True, bbox_annotation_format=wanted)["images"]
    assert image["image_base64"] == "data:image/jpeg;base64,/9g="
    assert json.loads(image["image_annotation"])["title"].startswith("# Report")


def test_a_document_is_annotated_by_its_schema(direct: httpx.Client) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "note", "schema": SCHEMA}}
    body = read(direct, document_annotation_format=wanted, document_annotation_prompt="Title?").json()
    assert json.loads(body["document_annotation"]) == {"title": "  "}


def test_confidence_by_page_or_word(fake: FakeMistral, direct: httpx.Client) -> None:
    whole = scripted(fake, direct, confidence_scores_granularity="page")["confidence_scores"]
    assert whole == {"average_page_confidence_score": 0.99, "minimum_page_confidence_score": 0.99}
    page = scripted(fake, direct, confidence_scores_granularity="word")
    words = page["confidence_scores"]["word_confidence_scores"]
    assert all(page["markdown"].startswith(word["text"], word["start_index"]) for word in words)


def test_words_of_tables_and_doubtful_words_have_scores_of_their_own(fake: FakeMistral, direct: httpx.Client) -> None:
    fake.script_pages(ScriptedPage("sure\n\n| a | b c |\n| --- | --- |", doubts={"b": 0.25}))
    [page] = read(direct, confidence_scores_granularity="word", table_format="html").json()["pages"]
    [table] = page["tables"]
    scores = table["word_confidence_scores"]
    assert [(score["text"], score["confidence"]) for score in scores] == [("a", 0.99), ("b", 0.25), ("c", 0.99)]
    assert all(table["content"].startswith(score["text"], score["start_index"]) for score in scores)
    assert page["confidence_scores"]["minimum_page_confidence_score"] == 0.25


def test_a_document_annotation_looks_at_eight_pictures(fake: FakeMistral, direct: httpx.Client) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "note", "schema": SCHEMA}}
    for limit, status in ((None, 400), (8, 200)):
        fake.script_pages(ScriptedPage("x", images={f"img-{number}.jpeg": b"" for number in range(9)}))
        assert read(direct, document_annotation_format=wanted, image_limit=limit).status_code == status


def test_office_files_are_read(direct: httpx.Client) -> None:
    [page] = read(direct, document(b"a,b", "text/csv")).json()["pages"]
    assert page["markdown"] == "a,b"
    form = {"file": ("a.csv", b"c,d")}
    stored = direct.post("/files", files=form, data={"purpose": "ocr"}).json()["id"]
    assert read(direct, {"type": "file", "file_id": stored}).json()["pages"][0]["markdown"] == "c,d"


def test_pages_are_counted_from_zero(direct: httpx.Client) -> None:
    asked: list[Any] = ["0-1", "2", "0, 2", [1], []]
    chosen = [[page["index"] for page in read(direct, pages=pages).json()["pages"]] for pages in asked]
    assert chosen == [[0, 1], [2], [0, 2], [1], []]


@pytest.mark.parametrize(
    ("pages", "status"), [([3], 400), ("0-3", 400), ([-1], 400), ("1;2", 422), (["1"], 422), ("a", 422)]
)
def test_wrong_pages_are_refused(direct: httpx.Client, pages: Any, status: int) -> None:
    assert read(direct, pages=pages).status_code == status


def test_an_image_is_a_page_that_holds_it(direct: httpx.Client) -> None:
    [page] = read(direct, document(PNG, "image/png"), include_blocks=True).json()["pages"]
    assert page["dimensions"] == {"dpi": 200, "width": 640, "height": 480}
    assert (page["markdown"], page["blocks"][0]["image_id"]) == ("![img-0.jpeg](img-0.jpeg)", "img-0.jpeg")


def test_uploads_and_known_addresses_are_read(fake: FakeMistral, direct: httpx.Client) -> None:
    form = {"file": ("a.pdf", blank_pdf(2))}
    uploaded = direct.post("/files", files=form, data={"purpose": "ocr"}).json()["id"]
    signed = direct.get(f"/files/{uploaded}/url").json()["url"]
    fake.documents["https://example.com/a.pdf"] = blank_pdf(4)
    sources = [
        {"type": "file", "file_id": uploaded},
        {"type": "document_url", "document_url": signed},
        {"type": "document_url", "document_url": "https://example.com/a.pdf", "document_name": "a.pdf"},
    ]
    assert [len(read(direct, one).json()["pages"]) for one in sources] == [2, 2, 4]


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "document_url", "document_url": "https://example.com/unknown.pdf"},
        {"type": "document_url", "document_url": "data:application/pdf;base64,***"},
        {"type": "document_url", "document_url": "file:///etc/passwd"},
        {"type": "image_url", "image_url": "data:application/pdf;base64,JVBERi0="},
        {"type": "document_url", "document_url": document(PNG, "image/png")["image_url"]},
        {"type": "document_url", "document_url": document(PNG)["document_url"]},
        document(b"plain text"),
        document(b"%PDF-1.7 broken"),
    ],
)
def test_what_can_not_be_fetched_is_said(direct: httpx.Client, wanted: dict[str, Any]) -> None:
    reply = read(direct, wanted)
    assert (reply.status_code, reply.json()["message"]) == (400, "Failed to fetch document")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"document": {"type": "base64_document", "base64": "x"}}, 422),
        ({"table_format": "csv"}, 422),
        ({"confidence_scores_granularity": "block"}, 422),
        ({"document_annotation_prompt": "x"}, 422),
        ({"bbox_annotation_format": {"type": "json_object"}}, 422),
        ({"model": "mistral-small-latest"}, 400),
        ({"model": None}, 200),
    ],
)
def test_wrong_requests_are_refused(direct: httpx.Client, change: dict[str, Any], status: int) -> None:
    body = {"model": "mistral-ocr-latest", "document": document(blank_pdf(1)), **change}
    assert direct.post("/ocr", json=body).status_code == status


def test_a_thousand_pages_are_the_limit(direct: httpx.Client) -> None:
    assert read(direct, document(blank_pdf(1001))).json()["message"] == "Document has 1001 pages. Max is 1000"
