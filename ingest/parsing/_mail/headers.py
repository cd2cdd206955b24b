"""Header fields of a mail as people read them, whatever is wrong with them."""

import re
from datetime import UTC
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Final

from pydantic import JsonValue

from mistral_rag.schema import clean_text
from mistral_rag.text import drop_invisible

MAX_FIELD: Final = 2_000
"""Characters of a field; a list of 10,000 recipients says no more than its beginning."""
_FOLDS: Final = re.compile(r"\s+")
_IDENTITY: Final = re.compile(r"<[^<>\s]+>")


def field(message: Message, name: str) -> str:
    """A field of a message on one line; empty when it has none."""
    written = next((value for key, value in message.raw_items() if key.lower() == name.lower()), None)
    return plain_field(str(written)) if written is not None else ""


def plain_field(written: str) -> str:
    """A field as it is written, decoded, on one line."""
    written = written[: 4 * MAX_FIELD]
    try:
        # not by the rules of addresses, which fail on many fields that programs have written
        parts = [
            part if isinstance(part, str) else _decoded(part, charset)
            for part, charset in decode_header(_bytes_as_text(written))
        ]
        text = "".join(parts)
    except (ValueError, LookupError):
        text = written
    return _FOLDS.sub(" ", drop_invisible(clean_text(text))).strip()[:MAX_FIELD]


def _bytes_as_text(written: str) -> str:
    """A field whose bytes were kept as surrogates, read as UTF-8 where it is that, else as Latin-1."""
    data = written.encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _decoded(part: bytes, charset: str | None) -> str:
    try:
        return part.decode(charset or "ascii", "replace" if charset else "strict")
    except (LookupError, UnicodeDecodeError):
        return part.decode("utf-8", "replace")


def metadata_of(fields: dict[str, str]) -> dict[str, JsonValue]:
    """The fields that tell who wrote what to whom and when, by the names that filters know."""
    found: dict[str, JsonValue] = {name: fields[name] for name in ("from", "to", "cc", "subject") if fields.get(name)}
    if date := iso_date(fields.get("date", "")):
        found["date"] = date
    identities = {"message_id": fields.get("message-id", ""), "in_reply_to": fields.get("in-reply-to", "")}
    for name, value in identities.items():
        if match := _IDENTITY.search(value):
            found[name] = match[0]
    return found


def iso_date(written: str) -> str:
    """The time of a Date field in UTC, as ISO 8601; empty where it can't be read."""
    try:
        time = parsedate_to_datetime(written)
        zoned = time if time.tzinfo else time.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
