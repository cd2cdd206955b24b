"""PDF files that are protected by a password, opened with it and written anew without protection."""

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

import pypdfium2.raw as pdfium

from mistral_rag.errors import ParseError

LOCKED: Final = "the PDF is encrypted and needs a password"
"""Reason of a PDF that no password was given for."""
_CHARSETS: Final = ("utf-8", "latin-1")
"""Bytes of a password: those of PDF 2.0, and those of the standard before it (ISO 32000-1, 7.6.3)."""


def unlock(path: Path, passwords: Sequence[str], copy: Path) -> bool:
    """Write a copy without protection of a PDF that one of the passwords opens.

    False where the file opens without one, or is no PDF; nothing is written then.

    Raises:
        ParseError: none of the passwords opens it.
        OSError: the copy can't be written.
    """
    if _opens(path, None) or pdfium.FPDF_GetLastError() != pdfium.FPDF_ERR_PASSWORD:
        return False
    for password in passwords:
        for charset in _CHARSETS:
            if _saved(path, password.encode(charset, "replace"), copy):
                return True
    given = "the password that was given does not open it"
    if len(passwords) > 1:
        given = f"none of the {len(passwords)} passwords that were given opens it"
    raise ParseError(f"{LOCKED}: {given}" if passwords else LOCKED)


def _opens(path: Path, password: bytes | None) -> bool:
    document = pdfium.FPDF_LoadDocument(os.fsencode(path), password)
    if document:
        pdfium.FPDF_CloseDocument(document)
    return bool(document)


def _saved(path: Path, password: bytes, copy: Path) -> bool:
    document = pdfium.FPDF_LoadDocument(os.fsencode(path), password)
    if not document:
        return False
    try:
        # for this user alone
        with open(copy, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            if not _written(document, file):
                raise OSError("PDFium could not write the copy")
    finally:
        pdfium.FPDF_CloseDocument(document)
    return True


def _written(document: Any, file: IO[bytes]) -> bool:
    """Write the document; False where PDFium gives up."""

    def write(_: Any, data: Any, size: int) -> int:
        return int(file.write(ctypes.string_at(data, size)) == size)

    target = pdfium.FPDF_FILEWRITE(version=1)
    target.WriteBlock = type(target.WriteBlock)(write)
    return bool(pdfium.FPDF_SaveAsCopy(document, target, pdfium.FPDF_REMOVE_SECURITY))
