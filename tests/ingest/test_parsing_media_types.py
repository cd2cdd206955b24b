from pathlib import Path

import pytest

from ingest.parsing import media_type_of, parsers


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("report.pdf", b"%PDF-1.7", "application/pdf"),
        ("report.PDF", b"nothing like it", "application/pdf"),
        ("report.txt", b"\n%PDF-1.4 in disguise", "application/pdf"),
        ("notes.md", b"# Notes", "text/markdown"),
        ("notes.markdown", b"", "text/markdown"),
        ("page.htm", b"<p>", "text/html"),
        ("page", b" <!DOCTYPE html><p>", "text/html"),
        ("letter.txt", b"Dear Sir", "text/plain"),
        ("photo.jpg", b"\xff\xd8", "image/jpeg"),
        ("Makefile", b"all:", "text/plain"),
        ("photo.heic", b"", "image/heic"),
        ("IMG_0001", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        ("photo", b"\0\0\0\x1cftypavif\0\0\0\0avif", "image/avif"),
        ("film", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", None),
        ("program", b"\x7fELF\x02", None),
        ("IMG_0001.CR2", b"II*\x00\x10\0\0\0CR\x02\0", None),
        ("DSC_0002.NEF", b"MM\x00*\0\0\0\x08", None),
        ("L1000003.dng", b"II*\x00\x08\0\0\0", None),
        ("slide.svs", b"II*\x00\x08\0\0\0", None),
        ("scan", b"II*\x00\x08\0\0\0", "image/tiff"),
        ("scan of 2024.05.01", b"MM\x00*\0\0\0\x08", "image/tiff"),
        ("scan.pdf", b"II*\x00\x08\0\0\0", "image/tiff"),
        ("scan.txt", b"II*\x00\x08\0\0\0", "image/tiff"),
        ("photo.jfif", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("meeting.vtt", b"WEBVTT", "text/vtt"),
        ("film.srt", b"1", "application/x-subrip"),
        ("manual.adoc", b"= Manual", "text/asciidoc"),
        ("notes.org", b"* Notes", "text/org"),
        ("plan.ics", b"BEGIN:VCALENDAR", "text/calendar"),
        ("news.rss", b"<?xml version='1.0'?><rss/>", "application/xml"),
        ("schema.xsd", b"\xef\xbb\xbf<?xml version='1.0'?>", "application/xml"),
        ("saved.page", b"<!DOCTYPE html><p>", "text/html"),
        ("logo.svg", b"<?xml version='1.0'?><svg/>", None),
        ("system.log.1", b"started", "text/plain"),
        ("Notes of 2024.05.01", b"We met.", "text/plain"),
        ("Minutes, Dr. Berg", b"We met.", "text/plain"),
        ("data.2024", b"\x00\x01", None),
        ("model.weights", b"text of an unknown type", None),
        ("id_rsa", b"-----BEGIN OPENSSH PRIVATE KEY-----", None),
        ("signed", b"-----BEGIN PGP SIGNED MESSAGE-----", "text/plain"),
    ],
)
def test_a_file_is_what_it_starts_with_or_is_called(
    tmp_path: Path, name: str, content: bytes, media_type: str | None
) -> None:
    (tmp_path / name).write_bytes(content)
    assert media_type_of(tmp_path / name) == media_type
    assert media_type is None or media_type in parsers()


def test_a_missing_file_goes_by_its_name(tmp_path: Path) -> None:
    assert media_type_of(tmp_path / "gone.html") == "text/html"
