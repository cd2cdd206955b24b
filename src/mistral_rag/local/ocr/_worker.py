"""The worker that reads pictures: a page of a file a job, the page read or a reason its result."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from mistral_rag.local.ocr._layout import page_of
from mistral_rag.local.ocr._models import Grey
from mistral_rag.local.ocr._reading import PictureReader
from mistral_rag.ocr import OcrPage
from mistral_rag.pdf import PdfFile
from mistral_rag.pictures import ImageFile
from mistral_rag.workers import WireFrame, serve

DPI: Final = 150
"""Resolution at which a page of a PDF is drawn."""


def main() -> None:
    """Answer jobs until standard input ends."""
    serve(_prepare, verb="read")


def _prepare() -> "partial[Iterator[WireFrame]]":
    threads = int(sys.argv[1])
    cv2.setNumThreads(threads)
    return partial(_answer, PictureReader(threads=threads))


def _answer(reader: PictureReader, job: WireFrame) -> Iterator[WireFrame]:
    fields = job.value()
    page = read_page(reader, Path(fields["path"]), fields["number"], pdf=fields["pdf"])
    yield WireFrame(page.model_dump_json().encode())


def read_page(reader: PictureReader, path: Path, number: int, *, pdf: bool) -> OcrPage:
    """Read page `number` (from 1) of a PDF or an image; raises ParseError."""
    picture, size = _pdf_picture(path, number) if pdf else _image_picture(path, number)
    return page_of(reader.read(picture), number, size=size)


def _pdf_picture(path: Path, number: int) -> tuple[Grey, tuple[float, float]]:
    with PdfFile(path) as pdf:
        size = pdf.size(number)
        image = pdf.image(number, dpi=DPI, grey=True)
    return np.frombuffer(image.pixels, dtype=np.uint8).reshape(image.height, image.width), size


def _image_picture(path: Path, number: int) -> tuple[Grey, tuple[float, float]]:
    with ImageFile(path) as image:
        return image.grey(number), image.size(number)


if __name__ == "__main__":
    main()
