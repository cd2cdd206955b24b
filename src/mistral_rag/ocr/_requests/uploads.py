"""Uploads of documents that are too large for a request: the multipart form, and the id in the reply."""

import secrets
from collections.abc import Mapping

from mistral_rag.api._errors import ResponseError, request_id
from mistral_rag.api._responses import ApiResponse

PATH = "files"
FIELDS = {"purpose": "ocr", "expiry": "1"}
"""`expiry` is in hours: the platform deletes the file should our own deletion fail."""


def multipart_form(
    name: str, content: bytes, media_type: str, fields: Mapping[str, str] | None = None
) -> tuple[str, bytes]:
    """Encode one file and the fields (`FIELDS` by default) as a form; returns its content type, and its bytes."""
    boundary = secrets.token_hex(16)
    encoded = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in (FIELDS if fields is None else fields).items()
    ]
    quoted = name.translate({ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A", ord("\\"): "_"})
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    )
    start = ("".join(encoded) + head).encode("utf-8", "replace")
    return f"multipart/form-data; boundary={boundary}", b"".join((start, content, f"\r\n--{boundary}--\r\n".encode()))


def uploaded_id(reply: ApiResponse) -> str:
    """Id of the uploaded file; raises ResponseError when the reply has none."""
    file_id = reply.data.get("id")
    if not isinstance(file_id, str) or not file_id:
        raise ResponseError(
            "The platform's reply to an upload names no file.", request_id=request_id(reply.headers), body=reply.data
        )
    return file_id
