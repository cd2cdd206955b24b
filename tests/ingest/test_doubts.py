"""A file whose charset is not sure is reported, and its pages say so."""

from pathlib import Path

import pytest

from ingest import Build
from ingest.parsing import parse

DOUBT = "2 characters could not be read as utf-8"


@pytest.mark.parametrize(
    ("name", "media_type", "text"),
    [("a.txt", "text/plain", "{}"), ("a.md", "text/markdown", "# Gruß\n\n{}"), ("a.html", "text/html", "<p>{}</p>")],
)
def test_a_doubt_stands_on_the_page_and_in_the_report(tmp_path: Path, name: str, media_type: str, text: str) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    words = "Grüße aus Köln, schöne Tage dort und überall. " * 3
    (folder / name).write_bytes(text.replace("{}", words).encode() + b"\xff\xfe")
    parsed = parse(folder / name, media_type)
    assert [page.doubts for page in parsed.pages] == [(DOUBT,)]
    build = Build([folder], tmp_path / "index", embeddings="none")
    list(build)
    assert [(file.status, file.reason) for file in build.report.files] == [("added", DOUBT)]
    assert not build.report.undone
