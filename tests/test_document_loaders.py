"""OCR as LangChain's loader and parser."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from langchain_core.document_loaders import BaseBlobParser, BaseLoader
from langchain_core.documents.base import Blob

from mistral_rag import Chunk, MistralOCR, MistralOCRLoader, MistralOCRParser
from mistral_rag.errors import ConfigurationError, ParseError, SourceNotFoundError
from mistral_rag.testing import FakeMistral, ScriptedPage, faults

pymupdf: Any = importlib.import_module("pymupdf")  # its annotations are of no use


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = pymupdf.open()
    for text in ("one", "two", "three"):
        made.new_page().insert_text((72, 72), text)
    made.set_page_labels([{"startpage": 0, "style": "r"}])
    made.save(tmp_path / "report 2023.pdf")
    return tmp_path / "report 2023.pdf"


def test_each_page_is_a_document_with_the_usual_metadata(ocr: MistralOCR, path: Path) -> None:
    documents = MistralOCRLoader(path, ocr=ocr).load()
    assert [document.page_content for document in documents] == ["one", "two", "three"]
    meta = documents[1].metadata
    assert len(meta.pop("digest")) == 64
    assert meta == {
        "source": str(path),
        "uri": path.as_uri(),
        "title": "report 2023",
        "page_number": 2,
        "page_label": "ii",
        "locator": "page",
        "page": 2,
        "start_index": 0,
        "origin": "mistral-ocr",
        "confidence": 0.99,
        "doubtful": False,
    }
    assert len({document.id for document in documents}) == 3
    assert [document.id for document in MistralOCRLoader(path, ocr=ocr).load()] == [
        document.id for document in documents
    ]
    assert Chunk.from_document(documents[1]).text == "two"


def test_a_source_is_shown_as_it_was_named(ocr: MistralOCR, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    [document] = MistralOCRLoader(path.name, ocr=ocr, pages=1).load()
    assert (document.metadata["source"], document.metadata["uri"]) == (path.name, path.as_uri())
    [document] = MistralOCRLoader(path.read_bytes(), ocr=ocr, pages=1).load()
    assert document.metadata["source"] == "document.pdf"
    assert document.metadata["uri"] == f"sha256:{document.metadata['digest']}"


def test_the_loader_is_langchains(ocr: MistralOCR) -> None:
    assert isinstance(MistralOCRLoader("a.pdf", ocr=ocr), BaseLoader)
    assert isinstance(MistralOCRParser(ocr=ocr), BaseBlobParser)


def test_nothing_is_read_before_it_is_asked_for(fake: FakeMistral, ocr: MistralOCR, path: Path) -> None:
    loader = MistralOCRLoader([path, path.parent / "none.pdf"], ocr=ocr, pages_per_request=1, max_concurrent_requests=1)
    pages = loader.lazy_load()
    assert not fake.requests
    assert next(pages).page_content == "one"
    assert len(fake.requests) == 1
    with pytest.raises(SourceNotFoundError):
        list(pages)


async def test_coroutines_load_the_same(ocr: MistralOCR, path: Path) -> None:
    loader = MistralOCRLoader([path, str(path)], ocr=ocr, pages="2-3")
    documents = [document async for document in loader.alazy_load()]
    assert documents == loader.load()
    assert [document.page_content for document in documents] == ["two", "three"] * 2


def test_options_make_a_reader_or_change_the_one_given(
    fake: FakeMistral, ocr: MistralOCR, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
    monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
    assert len(MistralOCRLoader(str(path), table_format="markdown", pages=1).load()) == 1
    assert len(MistralOCRLoader(str(path), ocr=ocr, table_format=None).load()) == 3
    assert [request.json.get("table_format") for request in fake.requests] == ["markdown", None]
    with pytest.raises(ConfigurationError):
        MistralOCRLoader(path, ocr=ocr, tables="html")  # type: ignore[call-arg]


LOST = r"^report 2023\.pdf: page 2: the platform's reply leaves this page out$"


def without_the_second(pages: list[Any]) -> list[Any]:
    return [pages[0], pages[2]]


def test_a_page_that_fails_is_named_after_the_others(fake: FakeMistral, ocr: MistralOCR, path: Path) -> None:
    fake.faults.add(faults.changed_pages(without_the_second))
    pages = MistralOCRLoader(path, ocr=ocr).lazy_load()
    assert [next(pages).page_content, next(pages).page_content] == ["one", "three"]
    with pytest.raises(ParseError, match=LOST):
        next(pages)


async def test_coroutines_name_it_too(fake: FakeMistral, ocr: MistralOCR, path: Path) -> None:
    fake.faults.add(faults.changed_pages(without_the_second))
    pages = aiter(MistralOCRLoader(path, ocr=ocr).alazy_load())
    assert [(await anext(pages)).page_content, (await anext(pages)).page_content] == ["one", "three"]
    with pytest.raises(ParseError, match=LOST):
        await anext(pages)


def test_addresses_are_sources_too(fake: FakeMistral, ocr: MistralOCR, path: Path) -> None:
    fake.documents["https://example.com/a.pdf"] = path.read_bytes()
    [document, *_] = MistralOCRLoader("https://example.com/a.pdf", ocr=ocr).load()
    assert (document.metadata["source"], document.metadata["digest"]) == ("https://example.com/a.pdf", "")


def test_blobs_are_parsed(fake: FakeMistral, ocr: MistralOCR, path: Path) -> None:
    parser = MistralOCRParser(ocr=ocr, pages=[1])
    [from_path] = parser.lazy_parse(Blob.from_path(path, metadata={"team": "sales", "page": "not ours"}))
    assert (from_path.page_content, from_path.metadata["team"], from_path.metadata["page"]) == ("one", "sales", 1)
    [from_data] = parser.lazy_parse(Blob.from_data(path.read_bytes(), path="mail/report.pdf"))
    assert (from_data.metadata["source"], from_data.metadata["title"]) == ("report.pdf", "report")
    fake.script_pages(ScriptedPage("a scan"))
    assert [page.page_content for page in parser.parse(Blob.from_data(path.read_bytes()))] == ["a scan"]
