"""Upload forms: read from the disk in pieces, each time anew, and never more than was announced."""

from pathlib import Path

import pytest

from mistral_rag.api._http.uploads import PIECE, UploadForm, form_fields
from mistral_rag.errors import ConfigurationError


def test_a_large_file_is_read_in_pieces(tmp_path: Path) -> None:
    size = 40 * 1024 * 1024 + 7
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.truncate(size)  # a file with a hole takes no room
    form = UploadForm(large, [("purpose", "ocr")])
    sizes = [len(piece) for piece in form]
    assert max(sizes) == PIECE == 1024 * 1024
    assert sum(sizes) == len(form)
    assert sum(sizes[1:-1]) == size


async def test_it_is_read_anew_each_time(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("once more")
    form = UploadForm(tmp_path / "a.txt")
    assert b"".join(form) == b"".join(form) == b"".join([piece async for piece in form])
    assert b"once more" in b"".join(form)


def test_a_file_that_changes_does_not_break_the_announced_length(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("1234")
    form = UploadForm(file)
    file.write_text("123456")
    assert len(b"".join(form)) == len(form)
    file.write_text("12")
    with pytest.raises(ConfigurationError, match="became shorter"):
        list(form)


def test_fields_are_written_as_the_platform_reads_them() -> None:
    fields = form_fields({"diarize": True, "language": None, "context_bias": ["a", "b"], "temperature": 0.0})
    assert list(fields) == [("diarize", "true"), ("context_bias", "a"), ("context_bias", "b"), ("temperature", "0.0")]


def test_no_name_leaves_its_line() -> None:
    body = b"".join(UploadForm(b"x", name='a"\r\nX: 1\\b.txt'))
    assert b'filename="a%22%0D%0AX: 1_b.txt"' in body
