"""Marks over the picture of a page: what they surround, how they look, what they say."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from mistral_rag.schema import Box, Page

BLUE: Final = "#0072B2"
VERMILION: Final = "#D55E00"
GREEN: Final = "#009E73"
PURPLE: Final = "#CC79A7"
ORANGE: Final = "#E69F00"
SKY: Final = "#56B4E9"
GREY: Final = "#666666"
"""Colours that people with any kind of colour vision tell apart (Okabe and Ito, Color Universal Design, 2008)."""

Place = Literal["above", "beside", "before"]
"""Places of a label: above the box, beside its upper right corner, or before its upper left one, in the margin."""


@dataclass(frozen=True, slots=True)
class MarkStyle:
    """Look of a mark: a colour "#RRGGBB", the opacity of the area, the width of the outline in points of a letter page.

    `pad` is the room around the box, in the same points. A `hatched` area has diagonal lines, so that it is told apart
    without its colour.
    """

    color: str
    fill: float = 0.0
    width: float = 0.0
    pad: float = 0.0
    dashed: bool = False
    hatched: bool = False


class LegendEntry(NamedTuple):
    """Meaning of a style, in words."""

    style: MarkStyle
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Boxes of one thing on a page, at least one.

    `label` stands at the first of them, `title` is shown for whoever points at one, and `name` is what the text beside
    the picture refers to it by.
    """

    boxes: tuple[Box, ...]
    style: MarkStyle
    title: str = ""
    label: str = ""
    place: Place = "above"
    name: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """Marks that are switched together.

    `name` is one word of small letters. A line goes through the labels of a `route`, from mark to mark. `shown` is
    whether it is on at first.
    """

    name: str
    title: str
    marks: tuple[Mark, ...]
    route: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Raster:
    """Picture of a page: rows from the top, three bytes a pixel (red, green, blue)."""

    width: int
    height: int
    pixels: bytes


@dataclass(frozen=True, slots=True)
class PageView:
    """A page with its layers; `raster` is None where it has no picture. `notes` are said of the page as a whole."""

    page: Page
    layers: tuple[Layer, ...]
    raster: Raster | None = None
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points; those of the picture in pixels where the page has none."""
        if self.page.width and self.page.height:
            return self.page.width, self.page.height
        return (float(self.raster.width), float(self.raster.height)) if self.raster else (0.0, 0.0)


def is_light(color: str) -> bool:
    """True when black letters on a colour are easier to read than white ones (relative luminance of WCAG 2.2)."""
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    # at 0.18 the contrasts with black and with white are the same
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18
