"""Files that unpack to more than there is room for: a line each, and an end."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from ingest import Build, BuildReport
from ingest.parsing import parse
from mistral_rag.errors import ParseError


def build(folder: Path) -> BuildReport:
    work = Build([folder], folder.with_name("index"), embeddings="none", workers=1, ocr="never")
    for _ in work:
        pass
    return work.report


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    return tmp_path / "documents"


def test_a_member_that_grows_without_end(folder: Path) -> None:
    (folder / "zeros.zip").write_bytes(zipped("zeros.txt", b"0" * 150_000_000))
    (line,) = build(folder).files
    assert line.status == "failed"
    assert line.reason == "not read: zeros.txt: unpacks to more than is read of one file; divide it"


def test_archives_within_archives_end_at_a_depth(folder: Path) -> None:
    content = zipped("leaf.txt", b"The leaf is green.\n")
    for depth in range(8, 0, -1):
        content = zipped(f"{depth}.zip", content)
    (folder / "nested.zip").write_bytes(content)
    report = build(folder)
    assert len(report.files) == 6
    assert report.files[-1].source == "nested.zip > 1.zip > 2.zip > 3.zip > 4.zip > 5.zip"
    assert report.files[-1].reason == "its files are not read: there are 10,000 before, or it is inside of 5 files"


def test_a_tar_that_claims_more_than_it_has(folder: Path) -> None:
    entry = tarfile.TarInfo("large.txt")
    entry.size = 1 << 40
    (folder / "claims.tar").write_bytes(entry.tobuf() + b"x" * 1024)
    (line,) = build(folder).files
    assert line.reason == "is damaged, or large.txt is larger than can be read"


def test_a_mail_with_ten_thousand_attachments(tmp_path: Path) -> None:
    part = b'--B\nContent-Type: text/plain\nContent-Disposition: attachment; filename="a.txt"\n\nx\n'
    content = b"Subject: Many\nContent-Type: multipart/mixed; boundary=B\n\n" + part * 10_001 + b"--B--\n"
    path = tmp_path / "many.eml"
    path.write_bytes(content)
    assert sum(1 for _ in parse(path, "message/rfc822").members) == 10_001


def test_what_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "no.zip"
    path.write_bytes(b"no archive at all")
    with pytest.raises(ParseError, match="is no archive, or damaged"):
        parse(path, "application/zip")
