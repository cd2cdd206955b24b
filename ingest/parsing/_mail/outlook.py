"""The parser for messages that Outlook has saved (.msg): properties in a compound file (MS-OXMSG, MS-OXPROPS)."""

import io
import struct
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import olefile

from ingest.parsing._mail.headers import plain_field
from ingest.parsing._mail.pages import Mail, parsed_mail
from ingest.parsing._mail.reader import decoded
from ingest.parsing._mail.rich_text import rich_text
from ingest.parsing._mail.types import MESSAGE
from ingest.parsing._result import Member, Parsed
from mistral_rag.errors import ParseError
from mistral_rag.text import readable_name

MAX_ATTACHMENTS: Final = 10_000
"""Attachments of a message; Exchange allows 1,024."""
MAX_DEPTH: Final = 5
"""Messages inside of messages."""
_PREFIX: Final = "__substg1.0_"
_PROPERTIES: Final = "__properties_version1.0"
_ATTACHMENT: Final = "__attach_version1.0_#"
_TEXT, _BYTES_TEXT, _BINARY, _OBJECT = "001F", "001E", "0102", "000D"
"""Types of properties: UTF-16, a charset of Windows, bytes, a message."""
_SUBJECT, _BODY, _HTML, _RTF = "0037", "1000", "1013", "1009"
_FIELDS: Final = (
    ("subject", _SUBJECT),
    ("to", "0E04"),
    ("cc", "0E03"),
    ("message-id", "1035"),
    ("in-reply-to", "1042"),
)
_SENDER_NAME, _SENDER_ADDRESSES = "0C1A", ("5D01", "5D02", "0C1F")
_SENT, _DELIVERED, _CODE_PAGE, _INTERNET_CODE_PAGE = 0x0039, 0x0E06, 0x3FFD, 0x3FDE
_LONG_NAME, _SHORT_NAME, _DATA, _DISPLAY_NAME = "3707", "3704", "3701", "3001"
_HEAD: Final = {0: 32, 1: 24}
"""Bytes before the properties, by depth (MS-OXMSG 2.4.1); 8 in those of attachments."""
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_BROKEN: Final = (OSError, ValueError, IndexError, KeyError, struct.error, AttributeError, TypeError, OverflowError)
"""Errors over files that are cut off or made up."""


def parse(path: Path) -> Parsed:
    """The parts of a message; its attachments are members.

    Raises:
        ParseError: it is none, or damaged.
    """
    try:
        with olefile.OleFileIO(path) as file:
            if not file.exists(_PROPERTIES):
                raise ParseError("is no message of Outlook")
            message = _Message(file, ())
            mail = message.mail(path)
    except (RecursionError, *_BROKEN) as error:
        raise ParseError(f"is damaged, or no message of Outlook: {error}") from error
    return parsed_mail(mail, readable_name(path.stem))


class _Message:
    """A message in an open file, below the storages `place`."""

    def __init__(self, file: Any, place: tuple[str, ...]) -> None:
        self._file = file
        self._place = place
        self._numbers = self._fixed()

    def mail(self, path: Path) -> Mail:
        """The message; `path` leads to the file from which members are read later."""
        fields = {name: plain_field(self._text(tag)) for name, tag in _FIELDS}
        fields["from"] = self._sender()
        fields["date"] = self._date()
        plain = self._text(_BODY).replace("\r\n", "\n").replace("\r", "\n")
        html = self._html()
        if not plain.strip() and not html.strip():
            plain = self._rich_text()
        return Mail({name: value for name, value in fields.items() if value}, plain, html, list(self._members(path)))

    def _sender(self) -> str:
        name = plain_field(self._text(_SENDER_NAME))
        addresses = (plain_field(self._text(tag)) for tag in _SENDER_ADDRESSES)
        # an address of Exchange says nothing to a reader
        address = next((each for each in addresses if "@" in each), "")
        return f"{name} <{address}>" if name and address and name != address else name or address

    def _date(self) -> str:
        ticks = self._numbers.get(_SENT) or self._numbers.get(_DELIVERED)
        if not ticks:
            return ""
        try:
            return (_EPOCH + timedelta(microseconds=ticks // 10)).strftime("%a, %d %b %Y %H:%M:%S +0000")
        except OverflowError:
            return ""

    def _html(self) -> str:
        data = self._bytes(_HTML, _BINARY)
        return _decoded(data, self._numbers.get(_INTERNET_CODE_PAGE, 0)) if data else self._text(_HTML)

    def _rich_text(self) -> str:
        data = self._bytes(_RTF, _BINARY)
        return rich_text(data) if data else ""

    def _members(self, path: Path) -> Iterator[Member]:
        depth = len(self._place)
        storages = sorted(
            {
                entry[depth]
                for entry in self._file.listdir(streams=True, storages=False)
                if _is_below(entry, self._place)
            }
        )
        attachments = [name for name in storages if name.startswith(_ATTACHMENT)]
        for number, storage in enumerate(attachments[:MAX_ATTACHMENTS], 1):
            place = (*self._place, storage)
            inside = _Message.__new__(_Message)
            inside._file, inside._place, inside._numbers = self._file, place, self._numbers
            name = inside._text(_LONG_NAME) or inside._text(_SHORT_NAME) or inside._text(_DISPLAY_NAME)
            name = plain_field(name).replace("/", "_").replace("\\", "_")
            if self._file.exists("/".join((*place, f"{_PREFIX}{_DATA}{_OBJECT}"))):
                inner = (*place, f"{_PREFIX}{_DATA}{_OBJECT}")
                yield Member(name or f"message {number}", partial(_message_stream, path, inner), media_type=MESSAGE)
            elif self._file.exists("/".join((*place, f"{_PREFIX}{_DATA}{_BINARY}"))):
                yield Member(
                    name or f"attachment {number}", partial(_stream, path, (*place, f"{_PREFIX}{_DATA}{_BINARY}"))
                )
            else:
                yield Member(name or f"attachment {number}", unread="is only a link, or an object of another program")

    def _text(self, tag: str) -> str:
        if data := self._bytes(tag, _TEXT):
            return data.decode("utf-16-le", "replace").rstrip("\0")
        data = self._bytes(tag, _BYTES_TEXT)
        return _decoded(data, self._numbers.get(_CODE_PAGE) or self._numbers.get(_INTERNET_CODE_PAGE, 0)).rstrip("\0")

    def _bytes(self, tag: str, kind: str) -> bytes:
        name = "/".join((*self._place, f"{_PREFIX}{tag}{kind}"))
        if not self._file.exists(name):
            return b""
        data: bytes = self._file.openstream(name).read()
        return data

    def _fixed(self) -> dict[int, int]:
        """Properties that are numbers or times, by their tags."""
        name = "/".join((*self._place, _PROPERTIES))
        data = self._file.openstream(name).read() if self._file.exists(name) else b""
        head = _HEAD[min(len(self._place), 1)]
        found = {}
        for at in range(head, len(data) - 15, 16):
            kind, tag = struct.unpack_from("<HH", data, at)
            if kind in (0x0003, 0x0040):
                found[tag] = struct.unpack_from("<Q" if kind == 0x0040 else "<L", data, at + 8)[0]
        return found


def _is_below(entry: list[str], place: tuple[str, ...]) -> bool:
    return len(entry) > len(place) and tuple(entry[: len(place)]) == place


def _decoded(data: bytes, code_page: int) -> str:
    name = {65001: "utf-8", 20127: "ascii", 28591: "cp1252", 1200: "utf-16-le"}.get(code_page, f"cp{code_page}")
    return decoded(data, name)


def _stream(path: Path, place: tuple[str, ...]) -> AbstractContextManager[IO[bytes]]:
    with olefile.OleFileIO(path) as file:
        return io.BytesIO(file.openstream("/".join(place)).read())


def _message_stream(path: Path, place: tuple[str, ...]) -> AbstractContextManager[IO[bytes]]:
    """A message inside of another one, written as it would be sent: it has no bytes of its own."""
    if len(place) > 2 * MAX_DEPTH:
        raise ParseError("has messages inside of each other deeper than can be read")
    with olefile.OleFileIO(path) as file:
        mail = _Message(file, place).mail(path)
    written = EmailMessage()
    for name, value in mail.fields.items():
        # fields of a message may hold what no grammar allows
        written._headers.append((name.title(), value))  # type: ignore[attr-defined]
    written.set_content(mail.plain)
    if mail.html:
        written.add_alternative(mail.html, subtype="html")
    for member in mail.members:
        if member.open is not None:
            with member.open() as stream:
                kind = ("message", "rfc822") if member.media_type == MESSAGE else ("application", "octet-stream")
                written.add_attachment(stream.read(), maintype="application", subtype=kind[1], filename=member.name)
    return io.BytesIO(written.as_bytes())
