"""Lines of text read from their pictures, without detection."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mistral_rag.local.ocr._models import Recogniser
from mistral_rag.pictures import Grey


class ReadLine(NamedTuple):
    """The text of a line's picture, and the mean confidence of its characters, 0 to 1."""

    text: str
    confidence: float


class LineReader:
    """The recogniser of PP-OCRv6 in this process: .3 s to load, 20 to 150 ms a line by its length, 200 MB."""

    def __init__(self, *, threads: int = 1) -> None:
        self._recogniser = Recogniser(threads=threads)

    def read(self, pictures: Sequence[Grey]) -> list[ReadLine]:
        """Read pictures of single lines, in their order."""
        lines = self._recogniser.read(pictures)
        return [ReadLine(line.text, float(np.mean(line.confidences or [0.0]))) for line in lines]
