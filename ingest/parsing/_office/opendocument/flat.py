"""Flat OpenDocument files (ISO/IEC 26300-1, 3.1.2): one XML document in the place of an archive of parts."""

import io
import re
import zipfile
from pathlib import Path
from typing import Final

from ingest.parsing._office.package import MAX_PART
from mistral_rag.errors import ParseError

_MIMETYPE: Final = re.compile(rb"office:mimetype\s*=\s*[\"']([\w./+-]{1,100})[\"']")
_HEAD: Final = 1 << 16
"""Bytes in which the root element ends: it declares about thirty namespaces."""
_PARTS: Final = ("content.xml", "styles.xml", "meta.xml")


def flat_package(path: Path) -> io.BytesIO:
    """The package that has the one document of a flat file as each of the parts that readers look into.

    Raises:
        ParseError: it says of no kind that it is one, or has too many bytes.
    """
    if path.stat().st_size > MAX_PART:
        raise ParseError(f"has more than {MAX_PART:,} bytes of XML; divide it")
    data = path.read_bytes()
    kind = _MIMETYPE.search(data, 0, _HEAD)
    if kind is None:
        raise ParseError("is XML, and no flat OpenDocument file")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("mimetype", kind[1])
        for name in _PARTS:
            archive.writestr(name, data)
    package.seek(0)
    return package
