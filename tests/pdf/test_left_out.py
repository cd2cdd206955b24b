"""What a page holds and its text leaves out, with the place where it stands."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mistral_rag.pdf import PdfFile

Put = Callable[..., str]
WritePdf = Callable[..., Path]


def found(path: Path) -> list[tuple[str, list[float]]]:
    """Texts with their boxes in hundredths of the page."""
    with PdfFile(path) as pdf:
        return [(run.text, [round(side, 2) for side in run.box]) for run in pdf.left_out(1)]


def test_invisible_words_are_told_with_their_place(write_pdf: WritePdf, put: Put) -> None:
    path = write_pdf(put(60, 700, "The sum is 485 euros.") + "q 3 Tr " + put(60, 600, "The sum is 1 euro.") + "Q")
    assert found(path) == [("The sum is 1 euro.", [0.1, 0.24, 0.24, 0.25])]


def test_a_page_without_hidden_text_leaves_nothing_out(write_pdf: WritePdf, put: Put) -> None:
    assert found(write_pdf(put(60, 700, "The sum is 485 euros."))) == []


def test_words_under_a_bar_are_told_and_those_beside_it_not(write_pdf: WritePdf, put: Put) -> None:
    bar = "0 g 95 598 40 12 re f"
    path = write_pdf(put(60, 700, "Signed in Berlin.") + put(60, 600, "Name: ") + put(97, 600, "Anna") + bar)
    assert found(path) == [("Anna", [0.16, 0.24, 0.2, 0.25])]


def test_two_hidden_lines_are_two_runs(write_pdf: WritePdf, put: Put) -> None:
    path = write_pdf(put(60, 700, "Seen.") + "1 g " + put(60, 600, "First line") + put(60, 560, "Second line"))
    assert [text for text, _ in found(path)] == ["First line", "Second line"]


def test_hidden_words_over_other_words_are_told(write_pdf: WritePdf, put: Put) -> None:
    path = write_pdf(put(60, 700, "The sum is 485 euros.") + "q 3 Tr " + put(60, 700, "1 2 3 YXZ") + "Q")
    assert "YXZ" in " ".join(text for text, _ in found(path))


def test_text_beside_the_page_has_no_area(write_pdf: WritePdf, put: Put) -> None:
    path = write_pdf(put(60, 700, "Inside of the page.") + put(60, 100, "Outside of it."), CropBox="[0 400 600 800]")
    ((text, box),) = found(path)
    assert (text, box[1], box[3]) == ("Outside of it.", 1.0, 1.0)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_line_of_a_turned_page_is_one_run(write_pdf: WritePdf, put: Put, rotation: int) -> None:
    path = write_pdf(put(60, 700, "Seen.") + "q 3 Tr " + put(60, 600, "Nobody sees this") + "Q", Rotate=rotation)
    ((text, box),) = found(path)
    place = {90: [0.75, 0.1, 0.76, 0.23], 180: [0.77, 0.75, 0.9, 0.76], 270: [0.24, 0.77, 0.25, 0.9]}
    assert (text, box) == ("Nobody sees this", place[rotation])


def test_a_letter_that_is_read_as_the_box_it_draws_is_not_left_out(write_pdf: WritePdf, put: Put) -> None:
    ticked = put(60, 720, "x", font="F4") + put(80, 720, "Yes") + "59 698 9 9 re S\n" + put(61, 700, "x", size=8)
    path = write_pdf(ticked + put(80, 700, "No") + "q 3 Tr " + put(60, 600, "Nobody sees this") + "Q")
    assert [text for text, _ in found(path)] == ["Nobody sees this"]
