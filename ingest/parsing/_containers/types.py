"""Media types of archives by suffix, and by what they begin with."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ZIP: Final = "application/zip"
TAR: Final = "application/x-tar"
GZIP: Final = "application/gzip"
BZIP2: Final = "application/x-bzip2"
XZ: Final = "application/x-xz"
ARCHIVE_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".zip": ZIP,
        ".tar": TAR,
        ".gz": GZIP,
        ".tgz": GZIP,
        ".bz2": BZIP2,
        ".tbz2": BZIP2,
        ".xz": XZ,
        ".txz": XZ,
    }
)
PACKED: Final = frozenset({GZIP, BZIP2, XZ})
"""Types of a stream that may be a tar archive, or one file."""
_STARTS: Final[Mapping[bytes, str]] = MappingProxyType(
    {b"PK\x03\x04": ZIP, b"PK\x05\x06": ZIP, b"\x1f\x8b": GZIP, b"BZh": BZIP2, b"\xfd7zXZ\x00": XZ}
)
_TAR_MARK: Final = slice(257, 262)
"""Place of the mark of a tar archive (POSIX.1-1988, ustar)."""


def archive_type(head: bytes) -> str | None:
    """The type of an archive by its first bytes; None for anything else."""
    if head[_TAR_MARK] == b"ustar":
        return TAR
    return next((kind for begin, kind in _STARTS.items() if head.startswith(begin)), None)
