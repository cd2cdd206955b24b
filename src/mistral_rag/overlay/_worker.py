"""The worker that opens files to show them: pictures of pages, text that was left out, highlighted pages of a PDF.

PDFium is not thread-safe and files may be hostile, so none is opened in the process that asks.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from mistral_rag.pdf import PdfFile
from mistral_rag.pictures import ImageFile
from mistral_rag.workers import WireFrame, limit_address_space, serve

ADDRESS_SPACE: Final = 3 << 30
"""Bytes; the parent looks at the memory only now and then."""
MAX_PIXELS: Final = 6_000_000
"""18 MB in colour: a letter page at 200 dpi has 3.7 million, a poster is made smaller."""
MAX_LEFT_OUT: Final = 2000
"""Runs of text that are told of one page."""


def main() -> None:
    """Answer jobs until standard input ends."""
    serve(_prepare, verb="drawn")


def _prepare() -> Callable[[WireFrame], Iterator[WireFrame]]:
    limit_address_space(ADDRESS_SPACE)
    return _answer


def _answer(job: WireFrame) -> Iterator[WireFrame]:
    fields = job.value()
    if "highlights" in fields:
        yield WireFrame.of({}, _highlighted(fields["highlights"]))
        return
    path = _path(fields["path"])
    if fields["image"]:
        yield _image(path, fields["number"])
    else:
        yield _page(path, fields["number"], fields["dpi"])


def _page(path: Path, number: int, dpi: float) -> WireFrame:
    with PdfFile(path) as pdf:
        width, height = pdf.size(number)
        fitting = (MAX_PIXELS / max(width * height, 1.0)) ** 0.5 * 72
        image = pdf.image(number, dpi=min(dpi, fitting))
        hidden = [(run.text, *run.box) for run in pdf.left_out(number)[:MAX_LEFT_OUT]]
    return WireFrame.of({"width": image.width, "height": image.height, "hidden": hidden}, image.pixels)


def _image(path: Path, number: int) -> WireFrame:
    with ImageFile(path) as image:
        pixels = image.color(number, max_pixels=MAX_PIXELS)
    height, width, _ = pixels.shape
    return WireFrame.of({"width": width, "height": height, "hidden": []}, pixels.tobytes())


def _path(hexadecimal: str) -> Path:
    return Path(os.fsdecode(bytes.fromhex(hexadecimal)))


def _highlighted(files: list[dict[str, Any]]) -> bytes:
    from mistral_rag.overlay._highlights import Highlight, highlighted

    def marks(page: dict[str, Any]) -> list[Highlight]:
        return [
            Highlight(tuple(map(tuple, mark["boxes"])), tuple(mark["color"]), mark["text"]) for mark in page["marks"]
        ]

    return highlighted(
        (_path(file["path"]), [(page["number"], marks(page)) for page in file["pages"]]) for file in files
    )


if __name__ == "__main__":
    main()
