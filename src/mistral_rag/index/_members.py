"""Uris of files inside of other files: attachments of a mail, members of an archive.

They stand below the uri of their container, so that what becomes of it becomes of them.
"""

from typing import Final
from urllib.parse import quote

_FIRST: Final = "#"
"""Between a file and its member: a fragment, which the uri of a file never has."""
_NEXT: Final = "!/"
"""Between a member and a member of that, as in the uris of Java archives."""


def member_uri(container: str, member: str) -> str:
    """The uri of a file by that of its container and its path inside of it."""
    return f"{members_prefix(container)}{quote(member, safe='/', errors='surrogatepass')}"


def members_prefix(container: str) -> str:
    """The beginning that the uris of all members of a file have, also of those inside of members."""
    return container + (_NEXT if _FIRST in container else _FIRST)


def outermost_uri(uri: str) -> str:
    """The uri of the file on disk that a member is in, however deep; a file's own."""
    return uri.partition(_FIRST)[0]
