"""Media types of mail by suffix, and by its first lines."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MESSAGE: Final = "message/rfc822"
MAILBOX: Final = "application/mbox"
OUTLOOK: Final = "application/vnd.ms-outlook"
MESSAGE_TYPES: Final[Mapping[str, str]] = MappingProxyType({".eml": MESSAGE, ".mht": MESSAGE, ".mhtml": MESSAGE})
MIN_FIELDS: Final = 3
"""Known fields at the beginning of a message: two may stand above any text, such as a memo."""

_FIELD: Final = re.compile(rb"([A-Za-z][A-Za-z0-9-]*):[ \t]?[^\r\n]*\r?\n(?:[ \t]+[^\r\n]*\r?\n)*")
_KNOWN: Final = frozenset(
    b"received return-path delivered-to message-id from to cc date subject reply-to mime-version content-type "
    b"dkim-signature x-mailer x-original-to in-reply-to references user-agent sender envelope-to".split()
)
_FROM_LINE: Final = re.compile(rb"From \S[^\r\n]*\d{4}[^\r\n]*\r?\n(?=[A-Za-z-]+:|>From )")


def mail_type(head: bytes) -> str | None:
    """The type of a message or mailbox by its first bytes; None for anything else."""
    if _FROM_LINE.match(head):
        return MAILBOX
    at, known = 0, set()
    while found := _FIELD.match(head, at):
        known.add(found[1].lower())
        at = found.end()
    return MESSAGE if len(known & _KNOWN) >= MIN_FIELDS else None
