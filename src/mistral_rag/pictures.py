"""Image files as pages: how many, how large, what is on them.

Pillow has been attacked before: open files of strangers in child processes only.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from mistral_rag.errors import ParseError

__all__ = ["ImageFile", "ink_of"]

Grey = npt.NDArray[np.uint8]

MOST_PIXELS: Final = 200_000_000
"""An image with more than this is not opened: it would take a gigabyte of memory."""
MOST_PAGES: Final = 2000
USUAL_DPI: Final = 150.0
SENSIBLE_DPI: Final = (40.0, 2400.0)
DARK: Final = 200
FORMATS: Final = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")


class ImageFile:
    """An open image file, a context manager; each frame of a TIFF, GIF or WebP is a page.

    Raises ParseError when it can't be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        with _one_line_of_trouble():
            self._image = Image.open(self.path, formats=FORMATS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._image.close()

    def __len__(self) -> int:
        """How many pages there are; a moving picture has one."""
        if self._image.format != "TIFF":
            return 1
        with _one_line_of_trouble():
            return min(int(getattr(self._image, "n_frames", 1)), MOST_PAGES)

    def size(self, number: int) -> tuple[float, float]:
        """Width and height of page `number` (from 1) in points, by the resolution the file gives, else 150 dpi."""
        image = self._page(number)
        across, up = (_dpi(value) for value in image.info.get("dpi", (USUAL_DPI, USUAL_DPI)))
        width, height = image.width * 72 / across, image.height * 72 / up
        return (height, width) if _stands(image) else (width, height)

    def grey(self, number: int) -> Grey:
        """The pixels of page `number` (from 1), upright as the camera says, on white: rows of 0 (black) to 255."""
        with _one_line_of_trouble():
            image = ImageOps.exif_transpose(self._page(number))
            if image.mode.startswith("I"):
                return _stretched(np.asarray(image, dtype=np.float64))
            if image.has_transparency_data:
                image = image.convert("RGBA")
                image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
            return np.asarray(image.convert("L"), dtype=np.uint8)

    def _page(self, number: int) -> Image.Image:
        with _one_line_of_trouble():
            self._image.seek(number - 1)
        width, height = self._image.size
        if width * height > MOST_PIXELS:
            raise ParseError(f"the image is too large: {width} x {height} pixels")
        return self._image


def ink_of(pixels: Grey) -> float:
    """The share of dark pixels."""
    return float((pixels < DARK).mean()) if pixels.size else 0.0


def _dpi(value: float) -> float:
    return float(value) if SENSIBLE_DPI[0] <= value <= SENSIBLE_DPI[1] else USUAL_DPI


def _stands(image: Image.Image) -> bool:
    """Whether the camera was held on its side."""
    return int(image.getexif().get(0x0112, 1)) >= 5


def _stretched(values: npt.NDArray[np.float64]) -> Grey:
    """Pixels of more than eight bits, from the darkest to the brightest."""
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) * (255 / max(high - low, 1.0)), dtype=np.uint8)


@contextmanager
def _one_line_of_trouble() -> Iterator[None]:
    """Whatever Pillow raises over a broken or hostile file becomes a ParseError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnidentifiedImageError:
        raise ParseError("the image can't be read: it is damaged, or none at all") from None
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, Image.DecompressionBombError) as error:
        raise ParseError(f"the image can't be read: {str(error)[:200] or type(error).__name__}") from error
