"""The worker that reads a PDF's text layer: a path and page numbers a job, a page each result, in their order.

PDFium is not thread-safe and files may be hostile, so it never runs in the process that asks.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from mistral_rag.errors import ParseError
from mistral_rag.pdf import PdfFile
from mistral_rag.workers import WireFrame, limit_address_space, serve

ADDRESS_SPACE: Final = 2 << 30
"""Bytes; the same bound as the parent's, which looks only now and then."""


def main() -> None:
    """Answer jobs until standard input ends."""
    serve(_prepare, verb="read")


def _prepare() -> Callable[[WireFrame], Iterator[WireFrame]]:
    limit_address_space(ADDRESS_SPACE)
    return _answer


def _answer(job: WireFrame) -> Iterator[WireFrame]:
    """The text of each page, with its packed word boxes as raw bytes; no text for a page that can't be read."""
    fields = job.value()
    with PdfFile(Path(fields["path"])) as pdf:
        for number in fields["numbers"]:
            try:
                sheet = pdf.sheet(number)
            except ParseError:
                yield WireFrame.of({"number": number, "text": None})
            else:
                yield WireFrame.of({"number": number, "text": sheet.text}, sheet.words.data)


if __name__ == "__main__":
    main()
