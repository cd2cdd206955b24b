"""A page as it is printed, before its lines are classified."""

from typing import NamedTuple

from mistral_rag.pdf._geometry import Rectangle
from mistral_rag.pdf._regions import RegionKind
from mistral_rag.pdf._tables.rulings import Rulings
from mistral_rag.schema import WordBoxes

SPARSE = 100
"""The ink of a page with fewer visible characters than this is measured: its text may be in a picture."""


class PrintedLine(NamedTuple):
    """A printed line: its offsets in the page's text, its box in fractions of the page, and its typography.

    `height` is in points, `cells` counts the cells that wide gaps separate, `upright` is False for turned text.
    Lines of one region have its number in `region`: a sentence never goes from one region beside another into it.
    """

    start: int
    end: int
    box: Rectangle
    height: float
    bold: bool
    cells: int
    upright: bool
    region: int = 0
    kind: RegionKind = "body"


class Sheet(NamedTuple):
    """A page as PDFium gives it, before its lines are classified.

    `width` and `height` are in points. `visible` counts characters that are no white space, `garbage` is the share of
    them without a meaning, `ink` the share of dark pixels (0 where there are `SPARSE` visible characters or more: it is
    not measured there). `hidden` counts the characters that nobody sees; they are not in `text`. `unjudged` are
    characters of fonts whose shapes say nothing of their map, `undrawn` those of a layer over a scan. `comments` are
    the words of notes, which are not on the page, and `files` counts the annotations that hold a file.
    `rulings` are looked for where lines have cells. `bold` are the starts and ends of bold words in lines of which a
    part is bold. `fields` are the first line of each label with its value below it, and the line behind.
    """

    number: int
    width: float
    height: float
    text: str
    words: WordBoxes
    lines: tuple[PrintedLine, ...]
    visible: int
    garbage: float
    ink: float
    hidden: int = 0
    rulings: Rulings = Rulings()
    unjudged: int = 0
    undrawn: int = 0
    comments: tuple[str, ...] = ()
    files: int = 0
    bold: tuple[tuple[int, int], ...] = ()
    fields: tuple[tuple[int, int], ...] = ()

    @property
    def notes(self) -> int:
        """The number of notes whose words are not on the page."""
        return len(self.comments)
