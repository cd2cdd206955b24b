"""The parser for image files: pages without text, each to be read from its picture."""

from pathlib import Path

from ingest.parsing._pages.titles import title_of
from ingest.parsing._pdf import MIN_INK
from ingest.parsing._result import NEEDS_OCR, PageProblem, Parsed
from mistral_rag.errors import ParseError
from mistral_rag.pictures import ImageFile, ink_of
from mistral_rag.schema import Locator, Page
from mistral_rag.text import readable_name


def parse(path: Path) -> Parsed:
    """The pages of an image file; raises ParseError when it is none."""
    pages: list[Page] = []
    problems: list[PageProblem] = []
    unread: list[PageProblem] = []
    with ImageFile(path) as image:
        for number in range(1, len(image) + 1):
            width = height = 0.0
            try:
                width, height = image.size(number)
                if _holds_something(image, number):
                    unread.append(PageProblem(number, f"{NEEDS_OCR}: a picture"))
            except ParseError as error:
                problems.append(PageProblem(number, error.reason))
            pages.append(Page(locator=Locator(kind="page", number=number), text="", width=width, height=height))
    return Parsed(title_of("", "", readable_name(path.stem)), {}, tuple(pages), tuple(problems), tuple(unread))


def _holds_something(image: ImageFile, number: int) -> bool:
    """True when a page is neither white nor, but for as little, of one colour."""
    pixels = image.grey(number)
    return ink_of(pixels) > MIN_INK and float(pixels.std()) > 1.0
