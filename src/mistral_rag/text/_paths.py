"""Paths of the files that uris name."""

import os
from urllib.parse import unquote_to_bytes, urlsplit


def local_path(uri: str) -> str | None:
    """The path of the file on this machine that a `file:` uri names, with any bytes; None where it names none.

    A uri that names a host is none: Windows would reach out for it over the network.
    """
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        return None
    path = os.fsdecode(unquote_to_bytes(parts.path))
    if path.startswith("//") or "\0" in path:
        return None
    return path.removeprefix("/") if os.name == "nt" else path
