"""Files become pages: the parser of each media type, and the worker processes that they run in."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

PARSERS: Mapping[str, str] = MappingProxyType(
    {
        "application/pdf": "ingest.parsing._pdf:parse",
        **{
            f"image/{kind}": "ingest.parsing._image:parse"
            for kind in ("bmp", "gif", "jp2", "jpeg", "png", "tiff", "webp")
        },
        "text/html": "ingest.parsing._html:parse",
        "text/markdown": "ingest.parsing._markdown:parse",
        "text/plain": "ingest.parsing._text:parse",
    }
)
"""Media type -> "module:function"; the function takes a path and returns a `Parsed`."""

_BY_SUFFIX = {
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".htm": "text/html",
    ".html": "text/html",
    ".jp2": "image/jp2",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".text": "text/plain",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".xhtml": "text/html",
}
_HTML_STARTS = (b"<!doctype html", b"<html")


def media_type_of(path: Path) -> str | None:
    """The media type a file is parsed as, by its first bytes and its extension; None when no parser reads it.

    A file that starts as a PDF is one whatever its name. A file that can't be opened goes by its name.
    """
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError:
        head = b""
    by_suffix = _BY_SUFFIX.get(path.suffix.lower())
    if head.lstrip(b"\xef\xbb\xbf\x00\t\n\r ").startswith(b"%PDF-"):
        return "application/pdf"
    if by_suffix is None and not path.suffix and head.lstrip().lower().startswith(_HTML_STARTS):
        return "text/html"
    return by_suffix
