from collections.abc import Callable
from pathlib import Path

from mistral_rag.pdf import PdfFile

Put = Callable[..., str]
WritePdf = Callable[..., Path]

LEFT = [
    "The committee met four times in the",
    "course of the year and looked at the",
    "accounts of every division, which it",
    "found to be in good order and drawn",
    "up with care by those who keep them",
    "and by those who have to check them.",
]
RIGHT = [
    "On the other side of the ledger the",
    "costs of the new building were more",
    "than had been thought, because steel",
    "was dear and the ground was far too",
    "wet to be built upon before the end",
    "of the summer, as everybody knows.",
]


def text_of(path: Path, number: int = 1) -> str:
    with PdfFile(path) as pdf:
        return pdf.sheet(number).text


def test_columns_of_prose_are_read_one_after_the_other(write_pdf: WritePdf, put: Put) -> None:
    lines = zip(LEFT, RIGHT, strict=True)
    page = "".join(
        put(60, 700 - 14 * at, left) + put(320, 700 - 14 * at, right) for at, (left, right) in enumerate(lines)
    )
    title = put(60, 740, "Report of the committee that stands over both of the columns", size=14)
    assert text_of(write_pdf(title + page)).split("\n")[1:] == LEFT + RIGHT
