"""The parser for mailboxes (mbox, RFC 4155): no pages, but messages that become documents of their own."""

import io
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import IO, Final

from ingest.parsing._mail.types import MESSAGE
from ingest.parsing._result import Member, Parsed
from mistral_rag.errors import ParseError
from mistral_rag.text import readable_name

MAX_MESSAGE: Final = 500_000_000
"""Bytes of a message; a longer one is read up to there. Mail servers take 25 to 150 MB."""
_FROM: Final = b"From "
_ESCAPED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)


def parse(path: Path) -> Parsed:
    """The messages of a mailbox, numbered as they come.

    Raises:
        ParseError: it is no mailbox.
    """
    with path.open("rb") as file:
        if not file.read(len(_FROM)) == _FROM:
            raise ParseError("is no mailbox: it does not begin with a line From")
    return Parsed(readable_name(path.stem), {}, (), members=_messages(path))


def _messages(path: Path) -> Iterator[Member]:
    with path.open("rb") as file:
        for number, (start, end) in enumerate(_ranges(file), 1):
            yield Member(f"message {number}", partial(_message, path, start, end), media_type=MESSAGE)


def _ranges(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Offsets of the messages: each begins behind a line From that follows an empty line."""
    begun: int | None = None
    at, is_blank = 0, True
    # a line may be as long as the file
    while line := file.readline(1 << 16):
        if is_blank and line.startswith(_FROM):
            if begun is not None:
                yield begun, at
            begun = at + len(line)
        at += len(line)
        is_blank = line in (b"\n", b"\r\n")
    if begun is not None:
        yield begun, at


def _message(path: Path, start: int, end: int) -> AbstractContextManager[IO[bytes]]:
    with path.open("rb") as file:
        file.seek(start)
        return io.BytesIO(_ESCAPED.sub(rb"\1", file.read(min(end - start, MAX_MESSAGE))))
