"""The parser for messages as they are sent (RFC 5322, MIME), by the standard library.

By its older rules: the newer ones read each field as its grammar says, and fail on what programs have written.
"""

import email.parser
import email.policy
import io
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from email.message import Message
from functools import partial
from mimetypes import guess_extension
from pathlib import Path
from typing import IO, Final

from ingest.parsing._mail.headers import field, plain_field
from ingest.parsing._mail.pages import Mail, parsed_mail
from ingest.parsing._mail.types import MESSAGE
from ingest.parsing._result import Member, Parsed
from mistral_rag.errors import ParseError
from mistral_rag.text import decode_text, readable_name

MAX_PARTS: Final = 100_000
"""Parts of a message; beyond them nothing is looked at."""
MIN_PICTURE: Final = 10_000
"""Bytes of a picture within the text that is read: smaller ones are icons, and lines below a signature."""
FIELDS: Final = ("from", "to", "cc", "date", "subject", "message-id", "in-reply-to")
_SEALS: Final = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
"""Types of parts that prove who wrote a message, and say nothing."""
_ENCRYPTED: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"})
_UNSAFE: Final = re.compile(r"[/\\\x00-\x1f]+")
_BROKEN: Final = (ValueError, LookupError, TypeError, AttributeError, AssertionError)
"""Errors of the standard library over messages that break the rules."""


def parse(path: Path) -> Parsed:
    """The parts of a message; its attachments are members.

    Raises:
        ParseError: it is none, or has parts inside of each other deeper than can be read.
    """
    with path.open("rb") as file:
        try:
            message = email.parser.BytesParser(policy=email.policy.compat32).parse(file)
            return parsed_mail(_MailReading(message).mail(), readable_name(path.stem))
        except RecursionError as error:
            raise ParseError("has parts inside of each other deeper than can be read") from error


class _MailReading:
    """Looks at each part of a message: the first texts are its own, the rest are members."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._plain: list[str] = []
        self._html: list[str] = []
        self._members: list[Member] = []
        self._problems: list[str] = []
        self._shown = ""

    def mail(self) -> Mail:
        """The message; raises ParseError for a file without a field or a text."""
        fields = {name: field(self._message, name) for name in FIELDS}
        parts = list(_parts(self._message))
        for part in parts:
            if not self._is_own_text(part):
                continue
            (self._html if part.get_content_subtype() == "html" else self._plain).append(_text(part))
        self._shown = "".join(self._html)
        for part in parts:
            if not self._is_own_text(part):
                self._add(part)
        says = any(map(str.isalnum, "".join((*self._plain, *self._html))))
        if not any(fields.values()) and not says and not self._members:
            raise ParseError("is no message, or an empty one")
        return Mail(
            {name: value for name, value in fields.items() if value},
            "\n\n".join(self._plain),
            "\n".join(self._html),
            self._members,
            tuple(self._problems),
        )

    def _is_own_text(self, part: Message) -> bool:
        is_text = part.get_content_type() in {"text/plain", "text/html", "text/enriched", "message/delivery-status"}
        return is_text and _disposition(part) != "attachment" and not _file_name(part)

    def _add(self, part: Message) -> None:
        kind = part.get_content_type()
        if kind in _SEALS:
            return
        if kind in _ENCRYPTED:
            self._problems.append("is encrypted; save it as text")
            return
        name = _UNSAFE.sub("_", _file_name(part)).strip()
        if kind == MESSAGE:
            inner = part.get_payload()
            first = inner[0] if isinstance(inner, list) and inner else None
            if isinstance(first, Message):
                title = _UNSAFE.sub("_", field(first, "subject"))[:80] or "message"
                self._members.append(Member(name or title, partial(_message_stream, first), media_type=MESSAGE))
            return
        name = name or f"attachment {len(self._members) + 1}{guess_extension(kind) or ''}"
        if self._is_ornament(part):
            return
        self._members.append(Member(name, partial(_stream, part)))

    def _is_ornament(self, part: Message) -> bool:
        """True for a small picture that the text of the message shows."""
        identity = str(part.get("Content-ID") or "").strip().strip("<>")
        shown = bool(identity) and f"cid:{identity}" in self._shown
        return shown and part.get_content_maintype() == "image" and len(_payload(part)) < MIN_PICTURE


def _parts(message: Message) -> Iterator[Message]:
    """The parts of a message that hold something, in order; messages inside of it are parts."""
    waiting = [message]
    count = 0
    while waiting and count < MAX_PARTS:
        part = waiting.pop()
        count += 1
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting += [each for each in reversed(inner) if isinstance(each, Message)]
        else:
            yield part


def _disposition(part: Message) -> str:
    try:
        return str(part.get_content_disposition() or "")
    except _BROKEN:
        return ""


def _file_name(part: Message) -> str:
    try:
        return plain_field(part.get_filename() or "")
    except _BROKEN:
        return ""


def _payload(part: Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except _BROKEN:
        data = None
    if isinstance(data, bytes):
        return data
    inner = part.get_payload()
    return inner.encode("utf-8", "surrogateescape") if isinstance(inner, str) else b""


def _text(part: Message) -> str:
    if part.get_content_type() == "message/delivery-status":
        inner = part.get_payload()
        return "\n".join(str(each) for each in inner) if isinstance(inner, list) else ""
    try:
        charset = part.get_content_charset()
    except _BROKEN:
        charset = None
    text = decoded(_payload(part), charset or "")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    is_flowed = str(part.get_param("format", "") or "").lower() == "flowed"
    return _unflowed(text, glued=str(part.get_param("delsp", "") or "").lower() == "yes") if is_flowed else text


def decoded(data: bytes, charset: str) -> str:
    """The text of a part, by its declared charset where it fits, else by its letters."""
    try:
        # what programs call Latin-1 is mostly what Windows makes of it
        return data.decode("cp1252" if charset.lower() in {"iso-8859-1", "latin-1"} else charset)
    except (LookupError, UnicodeError):
        pass
    try:
        return decode_text(data).text
    except ParseError:
        return data.decode("utf-8", "replace")


def _unflowed(text: str, *, glued: bool) -> str:
    """Paragraphs whose lines were divided for sending (RFC 3676): a line that ends in a blank goes on in the next."""
    lines: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        body = line[depth:].removeprefix(" ")
        marks = ">" * depth + (" " if depth else "")
        if goes_on and lines and lines[-1].startswith(marks) and body != "-- ":
            lines[-1] += body
        else:
            lines.append(marks + body)
        goes_on = body.endswith(" ") and body != "-- "
        if goes_on and glued:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _stream(part: Message) -> AbstractContextManager[IO[bytes]]:
    return io.BytesIO(_payload(part))


def _message_stream(message: Message) -> AbstractContextManager[IO[bytes]]:
    try:
        return io.BytesIO(message.as_bytes())
    except _BROKEN as error:
        raise ParseError(f"is damaged: {error}") from error
