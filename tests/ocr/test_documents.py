import base64
import io
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mistral_rag.errors import ConfigurationError, ParseError, SourceNotFoundError
from mistral_rag.ocr._requests.documents import SUFFIXES, LocalDocument, RemoteDocument, document

ID = "0c9b5c0e-6a8a-4c57-9f6e-0d6a4f0e7a11"


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def drawn(format: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 100), "white").save(out, format)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (b"%PDF-1.7 ...", ".pdf"),
        (b"junk before it\n%PDF-1.4", ".pdf"),
        (b"\x89PNG\r\n\x1a\n...", ".png"),
        (b"\xff\xd8\xff\xe0", ".jpg"),
        (b"GIF89a", ".gif"),
        (b"RIFF\0\0\0\0WEBP", ".webp"),
        (b"II*\0", ".tif"),
        (drawn("BMP"), ".bmp"),
        (drawn("TIFF"), ".tif"),
        (b"\0\0\0\x20ftypavif", ".avif"),
        (b"\0\0\0\x20ftypheic", ".heic"),
        (b"{\\rtf1 a}", ".rtf"),
        (zipped(word__document="x"), ".docx"),
        (zipped(ppt__presentation="x"), ".pptx"),
        (zipped(xl__workbook="x"), ".xlsx"),
        (zipped(mimetype="application/epub+zip"), ".epub"),
        (zipped(mimetype=SUFFIXES[".odt"]), ".odt"),
    ],
)
def test_a_file_is_known_by_what_it_holds(content: bytes, suffix: str) -> None:
    found = document(content, name="misnamed.bin")
    assert isinstance(found, LocalDocument)
    assert (found.media_type, found.size, found.read()) == (SUFFIXES[suffix], len(content), content)


def test_plain_text_is_known_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b")
    found = document(tmp_path / "a.csv")
    assert isinstance(found, LocalDocument)
    assert (found.name, found.media_type, found.locator_kind) == ("a.csv", "text/csv", "page")
    assert found.digest == "1eb7c54d52831bbfe8942af0b1c56b7409523a59ed6ca99c1174fef7eb32c1b5"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", b"", "a.pdf is empty"),
        ("a.pdf", b"plain text", "a.pdf is no PDF, or it is damaged at its beginning"),
        ("a.docx", b"PK\x03\x04 broken", "a.docx is no DOCX, or it is damaged at its beginning"),
        ("a.zip", zipped(readme="x"), "a.zip is of no kind that can be read"),
        ("a.csv", b"\0\1\2", "a.csv is no CSV"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc is of an old office format; save it as docx"),
        ("a", b"\0\1", "a is of no kind that can be read: avif, bmp, csv, docx"),
    ],
)
def test_what_can_not_be_read_is_said_before_it_is_sent(name: str, content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ParseError) as caught:
        document(tmp_path / name)
    assert caught.value.reason.startswith(reason)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pdf", tmp_path, str(tmp_path / "none.pdf"), "nul\0.pdf"):
        with pytest.raises(SourceNotFoundError):
            document(path)


@pytest.mark.parametrize(
    ("source", "chunk"),
    [
        ("https://x.y/a.pdf", {"type": "document_url", "document_url": "https://x.y/a.pdf"}),
        ("https://x.y/a.docx?q=.png", {"type": "document_url", "document_url": "https://x.y/a.docx?q=.png"}),
        ("https://x.y/a%20b.PNG", {"type": "image_url", "image_url": "https://x.y/a%20b.PNG"}),
        (uuid.UUID(ID), {"type": "file", "file_id": ID}),
        (ID, {"type": "file", "file_id": ID}),
        ({"file_id": ID}, {"type": "file", "file_id": ID}),
        (
            {"type": "image_url", "image_url": {"url": "https://x.y/a"}},
            {"type": "image_url", "image_url": "https://x.y/a"},
        ),
        (
            {"document_url": "https://x.y/a", "document_name": "a"},
            {"type": "document_url", "document_url": "https://x.y/a", "document_name": "a"},
        ),
    ],
)
def test_addresses_and_files_at_the_platform_are_named(source: Any, chunk: dict[str, str]) -> None:
    found = document(source)
    assert isinstance(found, RemoteDocument)
    assert found.chunk == chunk


def test_a_data_url_is_bytes() -> None:
    encoded = base64.b64encode(b"%PDF-1.7").decode()
    found = document(f"data:application/pdf;base64,{encoded}")
    assert isinstance(found, LocalDocument)
    assert (found.media_type, found.data) == ("application/pdf", b"%PDF-1.7")


@pytest.mark.parametrize(
    "source",
    [
        None,
        5,
        ["a.pdf"],
        "ftp://x.y/a",
        "file:///etc/passwd",
        "s3://bucket/key",
        {},
        {"type": "base64_document", "base64": "x"},
        {"file_id": "x"},
        {"document_url": ""},
        {"document_url": "https://x.y", "extra": 1},
    ],
)
def test_what_names_no_document_is_a_wrong_setting(source: Any) -> None:
    with pytest.raises(ConfigurationError):
        document(source)


@pytest.mark.parametrize(
    "url", ["data:application/pdf;base64,***", "data:application/pdf;base64,JVBER", "data:image/png;base64,"]
)
def test_a_data_url_that_holds_nothing_is_said(url: str) -> None:
    with pytest.raises(ParseError):
        document(url)
