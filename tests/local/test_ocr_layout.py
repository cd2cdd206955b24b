"""From words on a picture to a page: order, lines, boxes on the page as it lies."""

import numpy as np
import pytest

pytest.importorskip("rapidocr")

from mistral_rag.local.ocr._layout import page_of
from mistral_rag.local.ocr._reading import PictureReading, PictureWords
from mistral_rag.ocr._result import OcrPage

WIDTH, HEIGHT = 1000, 1400


def reading(
    *lines: tuple[str, float, float], turn: int = 0, height: float = 20, confidence: float = 0.9
) -> PictureReading:
    """Lines given by text, left and top; a character is 10 pixels wide."""
    texts, boxes, numbers = [], [], []
    for number, (line, left, top) in enumerate(lines):
        at = 0
        for word in line.split(" "):
            start = left + 10 * at
            texts.append(word)
            boxes.append((start, top, start + 10 * len(word), top + height))
            numbers.append(number)
            at += len(word) + 1
    found = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    words = PictureWords(texts, found, found, numbers, [0] * len(texts), [confidence] * len(texts))
    return PictureReading(words, WIDTH, HEIGHT, turn)


def page(*lines: tuple[str, float, float], turn: int = 0, size: tuple[float, float] = (500, 700)) -> OcrPage:
    return page_of(reading(*lines, turn=turn), 7, size=size)


LEFT = (
    "The lease begins on the first",
    "day of May and goes on until",
    "it is ended by one of the two",
    "parties with a notice that is",
    "given three months before the",
    "end of a quarter in writing.",
)
RIGHT = (
    "Repairs of up to a hundred",
    "euros are paid by the tenant,",
    "larger ones by the owner, who",
    "has to be told about them as",
    "soon as they are seen, and in",
    "any case within seven days.",
)


def test_lines_come_from_top_to_bottom_and_words_from_left_to_right() -> None:
    made = page(("second line", 100, 150), ("first line", 100, 100))
    assert made.text == "first line\nsecond line"
    assert made.locator.number == 7


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    pairs = zip(LEFT, RIGHT, strict=True)
    lines = [item for at, (a, b) in enumerate(pairs) for item in ((a, 80, 100 + 30 * at), (b, 520, 102 + 30 * at))]
    assert page(*lines).text.split("\n") == [*LEFT, *RIGHT]


def test_cells_of_a_table_stay_on_their_line() -> None:
    rows = [("Rent", 100, 100), ("950.00", 700, 101), ("Heating", 100, 140), ("80.00", 700, 139)]
    made = page(*rows)
    assert made.text == "Rent  950.00\nHeating  80.00"
    assert [block.kind for block in made.blocks] == ["table"]


@pytest.mark.parametrize(
    ("turn", "size", "box"),
    [
        (0, (500, 700), (0.1, 0.2, 0.15, 0.2143)),
        (1, (700, 500), (0.7857, 0.1, 0.8, 0.15)),
        (2, (500, 700), (0.85, 0.7857, 0.9, 0.8)),
        (3, (700, 500), (0.2, 0.85, 0.2143, 0.9)),
    ],
)
def test_boxes_are_those_of_the_page_as_it_lies(
    turn: int, size: tuple[float, float], box: tuple[float, float, float, float]
) -> None:
    made = page(("First", 100, 280), ("Second", 100, 330), turn=turn, size=size)
    first = next(iter(made.words)).box
    assert (first.left, first.top, first.right, first.bottom) == pytest.approx(box, abs=1e-3)
    assert made.text == "First\nSecond"
    assert (made.width, made.height) == size


def test_wide_signs_are_made_narrow_in_latin_lines_only() -> None:
    assert page(("Total：（EUR）", 100, 100), ("合计：１２", 100, 200)).text == "Total:(EUR)\n合计：１２"


def test_confidence_is_the_mean_over_characters() -> None:
    words = reading(("long-word", 100, 100), ("x", 100, 200))
    sure = words.words._replace(confidences=[1.0, 0.5])
    made = page_of(words._replace(words=sure), 1, size=(500, 700))
    assert made.confidence == pytest.approx(0.95)
    assert made.lowest_confidence == 0.5
    assert [round(word.confidence, 3) for word in made.scores] == [1.0, 0.5]


def test_nothing_read_is_an_empty_page() -> None:
    made = page_of(reading(), 1, size=(500, 700))
    assert (made.text, made.confidence, len(made.words), made.blocks) == ("", None, 0, ())
