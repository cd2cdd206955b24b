"""Files that a PDF carries: those of the document, as in a portfolio, and those that hang on a page."""

import ctypes
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pypdfium2.raw as pdfium

from mistral_rag.pdf._annotations.printed import annotations_of, attachments_of, text_from

MAX_FILE: Final = 500_000_000
"""Bytes of a file that is taken out; it is held in memory."""


class AttachedFile(NamedTuple):
    """A file with its name and bytes; None when it can't be taken out."""

    name: str
    data: bytes | None


def attached_files(document: Any) -> Iterator[AttachedFile]:
    """The files of an open document, one after the other; each is taken out when it is asked for."""
    for at in range(attachments_of(document)):
        yield _taken_out(pdfium.FPDFDoc_GetAttachment(document, at))
    for number in range(max(int(pdfium.FPDF_GetPageCount(document)), 0)):
        page = pdfium.FPDF_LoadPage(document, number)
        if not page:
            continue
        try:
            for annotation, kind in annotations_of(page):
                if kind == pdfium.FPDF_ANNOT_FILEATTACHMENT:
                    yield _taken_out(pdfium.FPDFAnnot_GetFileAttachment(annotation))
        finally:
            pdfium.FPDF_ClosePage(page)


def _taken_out(attachment: Any) -> AttachedFile:
    if not attachment:
        return AttachedFile("", None)
    name = text_from(pdfium.FPDFAttachment_GetName, attachment)
    size = ctypes.c_ulong()
    if not pdfium.FPDFAttachment_GetFile(attachment, None, 0, size) or size.value > MAX_FILE:
        return AttachedFile(name, None)
    buffer = ctypes.create_string_buffer(size.value)
    taken = pdfium.FPDFAttachment_GetFile(attachment, buffer, size.value, size)
    return AttachedFile(name, buffer.raw[: size.value] if taken else None)
