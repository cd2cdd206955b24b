"""Whole documents through the stand-in: inputs, parts, uploads, failures, both ways of calling."""

import asyncio
import base64
import hashlib
import importlib
import io
import json
import logging
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from pydantic import BaseModel

from mistral_rag import MistralOCR, OcrResult
from mistral_rag.errors import (
    ApiConnectionError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    NotFoundError,
    ParseError,
    RateLimitError,
    ResponseError,
)
from mistral_rag.ocr._reader import PageFailure, PageReader
from mistral_rag.ocr._requests import pdf_split
from mistral_rag.ocr._requests import plan as planning
from mistral_rag.schema import Page
from mistral_rag.testing import FakeMistral, ScriptedPage
from mistral_rag.testing._server import faults

pymupdf: Any = importlib.import_module("pymupdf")  # its annotations are of no use

MadePdf = Callable[..., Path]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)


def numbers(result: OcrResult) -> list[int]:
    return [page.locator.number for page in result.pages]


def texts(result: OcrResult) -> list[str]:
    return [page.text for page in result.pages]


def sent(fake: FakeMistral) -> list[str]:
    return [f"{request.method} {request.path.removeprefix('/v1/')}" for request in fake.requests]


def asked(fake: FakeMistral) -> list[Any]:
    return [request.json.get("pages") for request in fake.requests if request.path.endswith("/ocr")]


def both_ways(ocr: MistralOCR) -> list[Callable[..., OcrResult]]:
    return [ocr.read, lambda *given, **more: asyncio.run(ocr.aread(*given, **more))]


def in_files(fake: FakeMistral) -> int:
    """Files that were uploaded and not deleted."""
    return sent(fake).count("POST files") - sum(one.startswith("DELETE files/") for one in sent(fake))


# --- what goes in -------------------------------------------------------------------------------------------------


def test_a_pdf_is_read_page_by_page(fake: FakeMistral, ocr: MistralOCR, checkout: Path) -> None:
    path = checkout / "data" / "2022 Q3 AAPL.pdf"
    result = ocr.read(path)
    assert (numbers(result), result.failures, result.media_type) == ([*range(1, 29)], (), "application/pdf")
    assert (result.source, result.digest) == (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    assert (result.model, result.usage.pages_processed) == ("mistral-ocr-latest", 28)
    page = result.page(4)
    assert "CONDENSED CONSOLIDATED STATEMENTS OF OPERATIONS" in page.text
    assert (page.width, page.height, page.confidence) == (612.0, 792.0, 0.99)
    assert all(page.text[word.start : word.end].split() for word in page.scores)
    assert OcrResult.model_validate_json(result.model_dump_json()) == result
    with pytest.raises(KeyError):
        result.page(29)
    [request] = fake.requests
    assert request.json["document"]["document_name"] == path.name
    assert request.json["document"]["document_url"].startswith("data:application/pdf;base64,JVBERi0")
    assert "pages" not in request.json


def test_paths_bytes_addresses_and_file_ids_are_the_same_document(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf
) -> None:
    path = made_pdf("one", "two")
    fake.documents["https://example.com/a.pdf"] = path.read_bytes()
    form = {"purpose": "ocr"}, {"file": ("a.pdf", path.read_bytes())}
    with httpx.Client(base_url=fake.base_url, headers={"authorization": f"Bearer {fake.key}"}) as client:
        stored = client.post("/files", data=form[0], files=form[1]).json()["id"]
    data_url = f"data:application/pdf;base64,{base64.b64encode(path.read_bytes()).decode()}"
    sources: list[Any] = [str(path), path, path.read_bytes(), data_url, "https://example.com/a.pdf"]
    sources += [uuid.UUID(stored), stored, {"type": "file", "file_id": stored}]
    assert [texts(ocr.read(source)) for source in sources] == [["one", "two"]] * 8
    assert [texts(ocr.read(source, pages=[2])) for source in sources] == [["two"]] * 8
    assert in_files(fake) == 1


def test_a_picture_is_sent_as_one(fake: FakeMistral, ocr: MistralOCR, tmp_path: Path) -> None:
    fake.script_pages(ScriptedPage("# A sign\n\n![img-0.jpeg](img-0.jpeg)", images={"img-0.jpeg": b"\xff\xd8"}))
    result = ocr.read(PNG, name="sign.png", include_image_base64=True)
    assert (texts(result), result.source) == (["A sign"], "sign.png")
    assert result.pages[0].images[0].content == b"\xff\xd8"
    assert fake.requests[0].json["document"]["image_url"].startswith("data:image/png;base64,iVBOR")
    with pytest.raises(ConfigurationError, match=r"sign\.png has 1 page; page 2 was asked for"):
        ocr.read(PNG, name="sign.png", pages=[2])


def test_office_files_are_read(ocr: MistralOCR, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,count\nscrew,5\n")
    assert texts(ocr.read(tmp_path / "a.csv")) == ["name,count\nscrew,5"]


@pytest.mark.parametrize(
    ("options", "limit"), [({}, 0), ({"include_image_base64": True}, None), ({"image_limit": 0}, 0)]
)
def test_a_docx_with_pictures_is_asked_for_as_the_platform_wants_it(
    fake: FakeMistral, ocr: MistralOCR, options: dict[str, Any], limit: int | None
) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("word/document.xml", "<w:p>Words</w:p>")
        archive.writestr("word/media/image1.png", b"x")
    for way in both_ways(ocr):
        assert texts(way(content.getvalue(), **options)) == ["Words"]
        assert fake.requests[-1].json.get("image_limit") == limit


def test_pages_of_what_nobody_counted_are_left_to_the_platform(
    fake: FakeMistral, ocr: MistralOCR, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("a,b")
    for way in both_ways(ocr):
        fake.script_pages(ScriptedPage("one"), ScriptedPage("two"), ScriptedPage("three"))
        result = way(tmp_path / "a.csv", pages=[3])
        assert (texts(result), numbers(result)) == (["three"], [3])
    assert asked(fake) == [[2], [2]]


def test_pages_are_counted_from_one_and_come_in_order(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    path = made_pdf("one", "two", "three")
    assert texts(ocr.read(path, pages=[3, 1, 3])) == ["one", "three"]
    assert texts(ocr.read(path, pages="2-3")) == ["two", "three"]
    assert asked(fake) == [[0, 2], [1, 2]]
    assert ocr.read(path, pages=[]).pages == ()
    with pytest.raises(ConfigurationError, match=r"made\.pdf has 3 pages; page 4 was asked for"):
        ocr.read(path, pages=[4])
    assert len(fake.requests) == 2


def test_labels_printed_on_pages_are_kept(ocr: MistralOCR, tmp_path: Path) -> None:
    made = pymupdf.open()
    made.new_page()
    made.new_page()
    made.set_page_labels([{"startpage": 0, "style": "r", "firstpagenum": 3}])
    made.save(tmp_path / "labelled.pdf")
    assert [page.locator.label for page in ocr.read(tmp_path / "labelled.pdf").pages] == ["iii", "iv"]


def test_a_file_that_can_not_be_read_is_never_sent(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    for source in (b"", b"plain text", made_pdf("one", password="secret")):
        with pytest.raises(ParseError):
            ocr.read(source)
    assert not fake.requests


def test_what_can_not_be_cut_is_left_to_the_platform(ocr: MistralOCR) -> None:
    with pytest.raises(BadRequestError, match="Failed to fetch document"):
        ocr.read(b"%PDF-1.7 broken", name="broken.pdf")


# --- parts and uploads --------------------------------------------------------------------------------------------


def test_many_pages_are_read_in_several_requests(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    result = ocr.read(made_pdf("one", "two", "three", "four", "five"), pages_per_request=2)
    assert texts(result) == ["one", "two", "three", "four", "five"]
    assert sorted(asked(fake)) == [[0, 1], [2, 3], [4]]
    assert result.usage.pages_processed == 5


def test_no_more_requests_at_once_than_allowed(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    fake.latency = 0.05
    path = made_pdf(*"abcdefgh")
    ocr.read(path, pages_per_request=1, max_concurrent_requests=3)
    asyncio.run(ocr.aread(path, pages_per_request=1, max_concurrent_requests=3))
    assert 2 <= fake.most_at_once <= 3


def test_a_thousand_pages_and_more_are_cut_and_numbered_as_if_they_were_not(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf
) -> None:
    path = made_pdf(*(f"page {number}" for number in range(1, 1004)))
    result = ocr.read(path, pages_per_request=1000)
    assert texts(result) == [f"page {number}" for number in range(1, 1004)]
    assert numbers(result) == [*range(1, 1004)]
    assert len(asked(fake)) == 2
    assert texts(ocr.read(path, pages=[1, 1002])) == ["page 1", "page 1002"]


def test_a_file_too_large_for_one_request_is_cut(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made_pdf("one", "two", "three", "four", weight=200_000)
    for module in (pdf_split, planning):
        monkeypatch.setattr(module, "MAX_BYTES", path.stat().st_size - 1)
    assert texts(ocr.read(path)) == ["one", "two", "three", "four"]
    sizes = [
        len(base64.b64decode(request.json["document"]["document_url"].partition(",")[2])) for request in fake.requests
    ]
    assert max(sizes) < path.stat().st_size
    with pytest.raises(ConfigurationError, match="too large for one request, which a document annotation needs"):
        ocr.read(path, document_annotation={"type": "object", "properties": {}})


def test_what_is_too_large_and_can_not_be_cut_is_an_error(ocr: MistralOCR, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MAX_BYTES", 10)
    with pytest.raises(ParseError, match=r"document\.png has 0 MB; the platform takes 0"):
        ocr.read(PNG)


def test_a_large_file_is_uploaded_once_and_deleted(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    path = made_pdf("one", "two", "three", name='a "b"\n.pdf')
    assert texts(ocr.read(path, upload_above=0, pages_per_request=2)) == ["one", "two", "three"]
    assert [one.split("/")[0] for one in sent(fake)] == ["POST files", "POST ocr", "POST ocr", "DELETE files"]
    upload = fake.requests[0]
    assert b'name="purpose"\r\n\r\nocr' in upload.body
    assert b'name="expiry"\r\n\r\n1\r\n' in upload.body
    assert path.read_bytes() in upload.body
    assert {request.json["document"]["type"] for request in fake.requests[1:3]} == {"file"}


@pytest.mark.parametrize(
    "fault", [faults.rate_limit(), faults.bad_json(), faults.error(401, {"detail": "Unauthorized"})]
)
def test_an_upload_is_deleted_when_the_reading_fails(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf, fault: faults.Fault
) -> None:
    fake.faults.add(fault, path="/ocr")
    with pytest.raises(Exception, match=r"."):
        ocr.read(made_pdf("one"), upload_above=0)
    fake.faults.add(fault, path="/ocr")
    with pytest.raises(Exception, match=r"."):
        asyncio.run(ocr.aread(made_pdf("one"), upload_above=0))
    assert (sent(fake).count("POST files"), in_files(fake)) == (2, 0)


async def test_a_reading_that_is_cancelled_deletes_its_upload(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf
) -> None:
    loop, reached = asyncio.get_running_loop(), asyncio.Event()

    def slow(_request: Any, answer: Any) -> Any:
        loop.call_soon_threadsafe(reached.set)
        return replace(answer(), delay=0.2)

    fake.faults.add(slow, path="/ocr")
    reading = asyncio.create_task(ocr.aread(made_pdf("one"), upload_above=0))
    await reached.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (sent(fake).count("POST files"), in_files(fake)) == (1, 0)


def test_an_upload_that_can_not_be_deleted_is_logged(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf, caplog: pytest.LogCaptureFixture
) -> None:
    fake.faults.add(faults.server_error(), skip=2)
    with caplog.at_level(logging.WARNING):
        assert texts(ocr.read(made_pdf("one"), upload_above=0)) == ["one"]
    assert "could not be deleted" in caplog.text
    assert "expires within the hour" in caplog.text


def test_a_few_pages_of_a_large_file_are_cut_out_for_their_request(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf
) -> None:
    path = made_pdf("one", "two", "three", weight=200_000)
    assert texts(ocr.read(path, pages=[2], upload_above=50_000)) == ["two"]
    assert (sent(fake), asked(fake)) == (["POST ocr"], [None])


def test_what_the_platform_finds_too_large_is_halved(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    path = made_pdf("one", "two", "three", "four")
    for fault in (
        faults.error(413, {"message": "too large"}),
        faults.error(400, {"message": "Document is too large."}),
    ):
        fake.faults.add(fault, path="/ocr", times=2)
        assert texts(ocr.read(path)) == ["one", "two", "three", "four"]
        fake.faults.add(fault, path="/ocr", times=2)
        assert texts(asyncio.run(ocr.aread(path))) == ["one", "two", "three", "four"]


def test_a_page_too_large_for_a_request_is_uploaded(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    too_large = faults.error(413, {"message": "too large"})
    fake.faults.add(too_large, path="/ocr")
    assert texts(ocr.read(made_pdf("one"))) == ["one"]
    assert [one.split("/")[0] for one in sent(fake)] == ["POST ocr", "POST files", "POST ocr", "DELETE files"]
    fake.faults.add(too_large, path="/ocr", times=2)
    with pytest.raises(Exception, match="too large"):
        ocr.read(made_pdf("one"))


# --- failures -----------------------------------------------------------------------------------------------------


def test_a_failed_part_is_asked_again_alone(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    fake.faults.add(faults.rate_limit(retry_after=0), path="/ocr", skip=1)
    path = made_pdf("one", "two", "three")
    result = ocr.read(path, pages_per_request=1, max_concurrent_requests=1, max_retries=1)
    assert texts(result) == ["one", "two", "three"]
    assert asked(fake) == [[0], [1], [1], [2]]


def test_pages_that_fail_are_named_and_the_others_are_kept(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf
) -> None:
    path = made_pdf("one", "two", "three", "four")
    one_by_one: dict[str, Any] = {"pages_per_request": 1, "max_concurrent_requests": 1}
    for way in both_ways(ocr):
        fake.faults.add(faults.rate_limit(), path="/ocr", skip=1, times=2)
        with pytest.raises(
            RateLimitError, match=r"Rate limit exceeded\. Not read: pages 2-3; see `partial`\."
        ) as caught:
            way(path, **one_by_one)
        partial = caught.value.partial
        assert texts(partial) == ["one", "four"]
        assert [failure.number for failure in partial.failures] == [2, 3]
        assert "Rate limit exceeded" in partial.failures[0].reason


def test_an_error_of_all_requests_ends_the_reading(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    path = made_pdf(*"abcdefgh")
    for way in both_ways(MistralOCR(base_url=fake.base_url, api_key="wrong", max_retries=0)):
        with pytest.raises(AuthenticationError):
            way(path, pages_per_request=1, max_concurrent_requests=1)
    assert len(fake.requests) == 2
    fake.faults.add(faults.reset(), skip=2, times=None)
    with pytest.raises(ApiConnectionError) as caught:
        ocr.read(path, pages_per_request=1, max_concurrent_requests=1)
    assert texts(caught.value.partial) == ["a", "b"]


def test_a_key_is_needed_before_anything_is_sent(fake: FakeMistral, made_pdf: MadePdf) -> None:
    with pytest.raises(AuthenticationError, match="MISTRAL_API_KEY"):
        MistralOCR(base_url=fake.base_url).read(made_pdf("one"))
    assert not fake.requests


def test_a_file_the_platform_does_not_know_is_an_error(ocr: MistralOCR) -> None:
    with pytest.raises(NotFoundError):
        ocr.read(uuid.uuid4())
    with pytest.raises(BadRequestError, match="Failed to fetch document"):
        ocr.read("https://example.com/none.pdf")


def left_out(pages: list[Any]) -> list[Any]:
    return pages[:2]


def twice(pages: list[Any]) -> list[Any]:
    return [*pages, *pages]


def two_different(pages: list[Any]) -> list[Any]:
    return [*pages, {**pages[1], "markdown": "another"}]


def shifted(pages: list[Any]) -> list[Any]:
    return [{**page, "index": page["index"] + 1} for page in pages]


def textless(pages: list[Any]) -> list[Any]:
    return [{**page, "markdown": None} if page["index"] == 1 else page for page in pages]


@pytest.mark.parametrize(
    ("change", "read", "reason"),
    [
        (left_out, ["one", "two"], "the platform's reply leaves this page out"),
        (two_different, ["one", "three"], "the platform's reply holds two different pages of this number"),
        (textless, ["one", "three"], "the reply holds no text for this page"),
        (shifted, [], "The platform's reply holds pages that were not asked for, such as index 3."),
        (lambda _: ["x", None], [], "The platform's reply holds pages that were not asked for, such as index None."),
        (lambda _: None, [], "The platform's reply holds no pages."),
        (lambda _: [], [], "The platform's reply holds no pages."),
    ],
)
def test_a_reply_that_is_not_whole_is_never_taken_for_whole(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf, change: Any, read: list[str], reason: str
) -> None:
    path = made_pdf("one", "two", "three")
    for way in both_ways(ocr):
        fake.faults.add(faults.changed_pages(change))
        with pytest.raises(ResponseError) as caught:
            way(path)
        assert texts(caught.value.partial) == read
        assert {failure.reason for failure in caught.value.partial.failures} == {reason}
        assert len(read) + len(caught.value.partial.failures) == 3


@pytest.mark.parametrize("change", [twice, lambda pages: pages[::-1]])
def test_a_reply_in_another_order_or_doubled_is_whole(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf, change: Any
) -> None:
    fake.faults.add(faults.changed_pages(change))
    assert texts(ocr.read(made_pdf("one", "two", "three"))) == ["one", "two", "three"]


def test_gaps_are_seen_where_nobody_counted_the_pages(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    fake.documents["https://example.com/a.pdf"] = made_pdf("one", "two", "three").read_bytes()
    fake.faults.add(faults.changed_pages(lambda pages: [pages[0], pages[2]]))
    with pytest.raises(ResponseError) as caught:
        ocr.read("https://example.com/a.pdf")
    assert numbers(caught.value.partial) == [1, 3]
    assert caught.value.partial.failures[0].number == 2


# --- page by page -------------------------------------------------------------------------------------------------


def test_pages_come_as_they_are_read_and_failures_among_them(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf
) -> None:
    path = made_pdf("one", "two", "three")
    one_by_one: dict[str, Any] = {"pages_per_request": 1, "max_concurrent_requests": 1}
    fake.faults.add(faults.rate_limit(), path="/ocr", skip=1)
    found = [page if isinstance(page, PageFailure) else page.text for page in ocr.iter_pages(path, **one_by_one)]
    assert [found[0], found[2]] == ["one", "three"]
    assert isinstance(found[1], PageFailure)
    assert found[1].number == 2


async def test_coroutines_get_the_same_pages(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    path = made_pdf("one", "two", "three")
    pages = [page async for page in ocr.aiter_pages(path, pages_per_request=1, upload_above=0)]
    assert pages == list(ocr.iter_pages(path, pages_per_request=1))
    assert in_files(fake) == 0
    assert (await ocr.aread(path)).pages == tuple(pages)


def test_closing_the_iterator_stops_the_sending(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    pages = ocr.iter_pages(made_pdf(*"abcdefgh"), pages_per_request=1, max_concurrent_requests=1, upload_above=0)
    assert not fake.requests
    first = next(iter(pages))
    assert isinstance(first, Page)
    pages.close()
    assert [one.split("/")[0] for one in sent(fake)] == ["POST files", "POST ocr", "DELETE files"]


async def test_a_coroutine_that_stops_asking_stops_the_sending(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf
) -> None:
    pages = ocr.aiter_pages(made_pdf(*"abcdefgh"), pages_per_request=1, max_concurrent_requests=1, upload_above=0)
    assert isinstance(await anext(aiter(pages)), Page)
    await pages.aclose()
    assert in_files(fake) == 0
    assert sent(fake).count("POST ocr") <= 2


def test_a_page_reader_sends_only_the_pages_asked_for(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    reader: PageReader = ocr.page_reader()
    found = list(reader.read(made_pdf("one", "two", "three"), [3, 1]))
    assert [(page.locator.number, page.text) for page in found if isinstance(page, Page)] == [(1, "one"), (3, "three")]
    assert {type(page) for page in found} == {Page}
    assert asked(fake) == [None]
    assert reader.name == ocr.page_reader().name
    assert list(reader.read(made_pdf("one"), [])) == []


def test_a_page_reader_reads_pictures(ocr: MistralOCR, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    [page] = ocr.page_reader().read(tmp_path / "a.png", [1])
    assert isinstance(page, Page)
    assert page.locator.number == 1


def test_a_page_reader_gives_failures_and_raises_what_concerns_all(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf
) -> None:
    fake.faults.add(faults.rate_limit(), path="/ocr")
    path = made_pdf("one", "two")
    assert [type(page) for page in ocr.page_reader().read(path, [1, 2])] == [PageFailure, PageFailure]
    wrong = MistralOCR(base_url=fake.base_url, api_key="wrong", max_retries=0).page_reader()
    with pytest.raises(AuthenticationError):
        list(wrong.read(path, [1]))


# --- what comes out -----------------------------------------------------------------------------------------------


class Invoice(BaseModel):
    title: str


class Picture(BaseModel):
    title: str


def test_annotations_come_as_instances(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    page = ScriptedPage("Invoice 12\n\n![img-0.jpeg](img-0.jpeg)", images={"img-0.jpeg": b"\xff\xd8"})
    fake.script_pages(page)
    result = ocr.read(made_pdf("x"), document_annotation=Invoice, bbox_annotation=Picture)
    assert isinstance(result.annotation, Invoice)
    assert result.annotation.title.startswith("Invoice 12")
    assert isinstance(result.pages[0].images[0].annotation, Picture)
    fake.script_pages(page)
    schema = Invoice.model_json_schema()
    assert ocr.read(made_pdf("x"), document_annotation=schema).annotation["title"].startswith("Invoice 12")


@pytest.mark.parametrize("given", ['{"title": 5}', "{", None])
def test_a_document_annotation_that_does_not_fit_is_an_error_with_the_pages(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf, given: str | None
) -> None:
    def annotated(request: Any, answer: Any) -> Any:
        response = answer()
        body = json.dumps({**json.loads(response.body), "document_annotation": given}).encode()
        return replace(response, body=body)

    fake.faults.add(annotated, path="/ocr")
    with pytest.raises(ResponseError, match="document annotation can't be used") as caught:
        ocr.read(made_pdf("one"), document_annotation=Invoice)
    assert texts(caught.value.partial) == ["one"]


def test_an_annotated_document_is_one_request(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    ocr.read(made_pdf("one", "two", "three"), document_annotation=Invoice, pages_per_request=1)
    assert asked(fake) == [None]


@pytest.mark.parametrize("table_format", ["html", "markdown", None])
def test_tables_read_the_same_in_every_format(
    fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf, table_format: Literal["html", "markdown"] | None
) -> None:
    fake.script_pages(
        ScriptedPage("Before\n\n| Item | Price |\n| --- | --- |\n| A & B | 5 |\n\nAfter", doubts={"5": 0.5})
    )
    [page] = ocr.read(made_pdf("x"), table_format=table_format).pages
    assert page.text == "Before\n\nItem | Price\nA & B | 5\n\nAfter"
    [table] = page.tables
    assert (table.header, table.rows) == ((("Item", "Price"),), (("A & B", "5"),))
    assert [block.kind for block in page.blocks] == ["text", "table", "table", "text"]
    assert all(block.box is not None for block in page.blocks)
    assert [page.text[word.start : word.end] for word in page.scores if word.confidence < 0.9] == ["5"]


def test_doubtful_pages_are_flagged(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    fake.script_pages(ScriptedPage("sure"), ScriptedPage("not so sure", confidence=0.6, doubts={"so": 0.3}))
    result = ocr.read(made_pdf("a", "b"))
    [page] = result.doubtful
    assert (page.text, page.confidence, page.lowest_confidence) == ("not so sure", 0.6, 0.3)
    assert page.scores.lowest(4, 6) == pytest.approx(0.3, abs=1e-4)


def test_the_text_layer_is_compared(fake: FakeMistral, ocr: MistralOCR, made_pdf: MadePdf) -> None:
    path = made_pdf("Total 17.50 EUR hidden", "seen", "")
    pages = [ScriptedPage("Total 11.50 EUR"), ScriptedPage("seen"), ScriptedPage("in a picture")]
    for source in (path, path.read_bytes()):
        fake.script_pages(*pages)
        first, second, third = ocr.read(source, compare_text_layer=True).pages
        assert first.layer is not None
        assert [word.text for word in first.layer.only_in_layer] == ["17.50", "hidden"]
        assert [(word.text, word.start) for word in first.layer.only_read] == [("11.50", 6)]
        assert all(word.box is not None and word.box.top < 0.2 for word in first.layer.only_in_layer)
        assert second.layer is not None
        assert second.layer.agreement == 1.0
        assert third.layer is None
    fake.script_pages(*pages)
    assert asyncio.run(ocr.aread(path, compare_text_layer=True)).pages == (first, second, third)


def test_a_text_layer_that_can_not_be_read_is_a_problem_of_the_page(
    ocr: MistralOCR, made_pdf: MadePdf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr("mistral_rag.ocr._text_layer.reader.MODULE", "mistral_rag.ocr.none")
    [page] = ocr.read(made_pdf("one"), compare_text_layer=True).pages
    assert (page.text, page.layer, page.problems) == ("one", None, ("the text layer can't be read",))


def test_nothing_shows_the_key(ocr: MistralOCR, fake: FakeMistral) -> None:
    assert fake.key not in repr(ocr) + str(ocr) + repr(ocr.page_reader())
