"""The process that reads pictures: a job a line on standard input, a page or a reason a line on standard output.

It opens files of strangers, so it runs with an empty environment and is watched; see `mistral_rag.local.ocr._child`.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import IO, Final

import cv2
import numpy as np

from mistral_rag.errors import ParseError
from mistral_rag.local.ocr._layout import page_of
from mistral_rag.local.ocr._models import Grey
from mistral_rag.local.ocr._reading import PictureReader
from mistral_rag.ocr._result import OcrPage
from mistral_rag.pdf._document import PdfFile
from mistral_rag.pictures import ImageFile

DPI: Final = 150
LONGEST_REASON: Final = 300


def main() -> None:
    """Answer jobs until standard input ends."""
    jobs = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # what a library prints must not end up between the answers
    os.dup2(2, 1)
    threading.Thread(target=_leave_with_parent, args=(os.getppid(),), daemon=True).start()
    threads = int(sys.argv[1])
    cv2.setNumThreads(threads)
    reader = PictureReader(threads=threads)
    _say(answers, {"ready": True})
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    for job in jobs:
        fields = json.loads(job)
        try:
            page = read_page(reader, Path(fields["path"]), fields["number"], pdf=fields["pdf"])
        except ParseError as error:
            _say(answers, {"error": error.reason})
        except Exception as error:  # noqa: BLE001  the edge of the process: whatever goes wrong is the page's reason
            _say(answers, {"error": f"can't be read: {type(error).__name__}: {error}"[:LONGEST_REASON]})
        else:
            answers.write(page.model_dump_json() + "\n")
            answers.flush()


def read_page(reader: PictureReader, path: Path, number: int, *, pdf: bool) -> OcrPage:
    """Page `number` (from 1) of a PDF or an image, read; raises ParseError."""
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


def _say(answers: IO[str], fields: dict[str, object]) -> None:
    answers.write(json.dumps(fields) + "\n")
    answers.flush()


def _leave_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
