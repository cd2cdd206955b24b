"""Paths of files that uris name."""

import os
import sys
from pathlib import Path

import pytest

from mistral_rag.text import local_path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="paths of Unix")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("file:///srv/plan.txt", "/srv/plan.txt"),
        ("file:///srv/caf%C3%A9%20%231.txt", "/srv/café #1.txt"),
        ("file:///srv/caf%E9.txt", os.fsdecode(b"/srv/caf\xe9.txt")),
        ("file:///srv/%FF%FE/%80.pdf", os.fsdecode(b"/srv/\xff\xfe/\x80.pdf")),
        ("file:///srv/100%25.txt", "/srv/100%.txt"),
        ("file://localhost/srv/plan.txt", "/srv/plan.txt"),
    ],
)
def test_a_uri_leads_to_its_file_whatever_its_bytes(uri: str, expected: str) -> None:
    assert local_path(uri) == expected


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com/plan.txt",
        "document:wiki",
        "s3://bucket/plan.txt",
        "file://host/share/a.txt",
        "file:////host/a",
        "file:///srv/a%00b",
        "",
    ],
)
def test_what_is_no_file_of_this_machine_has_no_path(uri: str) -> None:
    assert local_path(uri) is None


@pytest.mark.parametrize("name", [b"caf\xe9.txt", b"a b#c?d%.txt", "Übersicht.md".encode(), b"\xff\xfe"])
def test_the_uri_of_a_path_leads_back_to_it(name: bytes) -> None:
    path = Path("/srv") / os.fsdecode(name)
    assert local_path(path.as_uri()) == str(path)
