"""Files that go to the platform for the time of a reading, as multipart forms."""

import secrets
from collections.abc import Mapping

from mistral_rag.api._errors import ResponseError, request_id
from mistral_rag.api._responses import ApiResponse

PATH = "files"
FIELDS = {"purpose": "ocr", "expiry": "1"}
"""The platform deletes the file after an hour, should we not come to it."""


def form(name: str, content: bytes, media_type: str, fields: Mapping[str, str] | None = None) -> tuple[str, bytes]:
    """A multipart form with one file: its media type with boundary, and its bytes."""
    boundary = secrets.token_hex(16)
    written = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in (FIELDS if fields is None else fields).items()
    ]
    quoted = name.translate({ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A", ord("\\"): "_"})
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    )
    start = ("".join(written) + head).encode("utf-8", "replace")
    return f"multipart/form-data; boundary={boundary}", b"".join((start, content, f"\r\n--{boundary}--\r\n".encode()))


def uploaded_id(reply: ApiResponse) -> str:
    """The id under which the platform keeps the file."""
    found = reply.data.get("id")
    if not isinstance(found, str) or not found:
        raise ResponseError(
            "The platform's reply to an upload names no file.", request_id=request_id(reply.headers), body=reply.data
        )
    return found
