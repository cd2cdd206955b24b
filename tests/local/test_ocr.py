"""OCR on this machine: real networks on small pictures drawn here."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from mistral_rag.errors import MissingExtraError
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._result import OcrPage

pytest.importorskip("rapidocr")

from mistral_rag.local.ocr import Limits, LocalOCR
from mistral_rag.workers import WireFrame, Worker

LINES = ("Invoice 2024-117", "Total due: 1,480.50 euros")


def picture(*, turned: int = 0) -> Image.Image:
    """Two lines, the second in the lower half; `turned` degrees counter-clockwise."""
    image = Image.new("L", (640, 320), 255)
    draw = ImageDraw.Draw(image)
    for line, top in zip(LINES, (40, 200), strict=True):
        draw.text((30, top), line, fill=0, font=ImageFont.load_default(36))
    return image.rotate(turned, expand=True)


@pytest.fixture(scope="module")
def reader() -> Iterator[LocalOCR]:
    with LocalOCR(threads=1) as reader:
        yield reader


def read(reader: LocalOCR, path: Path) -> OcrPage:
    [page] = reader.read(path, [1])
    assert isinstance(page, OcrPage), page
    return page


def test_a_picture_becomes_a_page(reader: LocalOCR, tmp_path: Path) -> None:
    picture().save(tmp_path / "bill.png", dpi=(100, 100))
    page = read(reader, tmp_path / "bill.png")
    assert page.text == "Invoice 2024-117\nTotal due: 1,480.50 euros"
    assert [round(side, 1) for side in (page.width, page.height)] == [460.8, 230.4]
    assert [page.text[word.start : word.end] for word in page.words] == page.text.split()
    assert {block.origin for block in page.blocks} == {"local-ocr"}
    assert page.confidence is not None
    assert page.confidence > 0.9
    assert page.lowest_confidence == pytest.approx(min(word.confidence for word in page.scores), abs=1e-4)
    assert not page.doubtful


@pytest.mark.parametrize(("turned", "light"), [(0, False), (90, False), (180, False), (270, False), (0, True)])
def test_boxes_are_where_the_ink_is_however_the_page_lies(
    reader: LocalOCR, tmp_path: Path, turned: int, light: bool
) -> None:
    image = picture(turned=turned)
    ink = np.array(image) < 128
    (ImageOps.invert(image) if light else image).save(tmp_path / "bill.png")
    page = read(reader, tmp_path / "bill.png")
    assert page.text.split("\n") == list(LINES)
    whole = int(ink.sum())
    for word in page.words:
        sides = word.box.left, word.box.top, word.box.right, word.box.bottom
        left, top, right, bottom = (round(side * size) for side, size in zip(sides, image.size * 2, strict=True))
        assert ink[top:bottom, left:right].any(), page.text[word.start : word.end]
        ink[top:bottom, left:right] = False
    assert int(ink.sum()) < whole / 100


def test_pages_of_a_pdf_are_numbered_as_in_the_file(reader: LocalOCR, tmp_path: Path) -> None:
    white = Image.new("L", (640, 320), 255)
    picture().save(tmp_path / "bills.pdf", save_all=True, append_images=[white, picture()], resolution=100)
    third, fourth = reader.read(tmp_path / "bills.pdf", [4, 3])
    assert isinstance(third, OcrPage)
    assert (third.locator.number, third.text.split("\n")) == (3, list(LINES))
    assert fourth == PageFailure(4, "the page is damaged and can't be read")


def test_an_empty_picture_has_no_text_and_no_confidence(reader: LocalOCR, tmp_path: Path) -> None:
    Image.new("L", (640, 320), 255).save(tmp_path / "white.png")
    page = read(reader, tmp_path / "white.png")
    assert (page.text, page.confidence, page.blocks) == ("", None, ())


def test_what_is_no_picture_is_a_failure(reader: LocalOCR, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n and nothing more")
    [failure] = reader.read(tmp_path / "x.png", [1])
    assert isinstance(failure, PageFailure)
    assert failure.reason.startswith("the image can't be read")


def test_a_page_that_takes_too_much_memory_is_a_failure_and_not_the_end(tmp_path: Path) -> None:
    picture().save(tmp_path / "bill.png")
    with LocalOCR(threads=1, limits=Limits(memory=50 << 20)) as reader:
        [failure] = reader.read(tmp_path / "bill.png", [1])
    assert failure == PageFailure(1, "reading took more than 0.0488 GiB of memory and was stopped")


def test_a_missing_extra_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mistral_rag.local.ocr.PACKAGES", ("no_such_package",))
    with pytest.raises(MissingExtraError, match=r'pip install "mistral-rag\[local\]"'):
        LocalOCR()


def test_the_name_is_the_same_in_every_process_and_tells_the_model() -> None:
    assert LocalOCR(threads=1).name == LocalOCR(threads=2).name == "local-ocr/pp-ocrv6-small/2"


def test_an_interrupted_page_is_not_taken_for_the_next_one(
    reader: LocalOCR, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture().save(tmp_path / "bill.png")
    Image.new("L", (640, 320), 255).save(tmp_path / "white.png")

    def interrupted(self: Worker) -> WireFrame | None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "_next_result", interrupted)
        with pytest.raises(KeyboardInterrupt):
            read(reader, tmp_path / "bill.png")
    assert read(reader, tmp_path / "white.png").text == ""
