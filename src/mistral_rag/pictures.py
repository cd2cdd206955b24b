"""Image files as pages: their number, their size and their pixels.

Pillow's decoders have had security holes: open untrusted files in child processes only.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from mistral_rag.errors import MissingExtraError, ParseError

__all__ = ["ImageFile", "ink_of"]

Grey = npt.NDArray[np.uint8]
"""Pixels (height, width)."""
Color = npt.NDArray[np.uint8]
"""Pixels (height, width, 3)."""

MAX_PIXELS: Final = 200_000_000
"""An image with more is refused: in colour with transparency it would take a gigabyte of memory."""
MAX_PAGES: Final = 2000
"""Frames of a TIFF; a small hostile file may claim any number, and each is decoded."""
DEFAULT_DPI: Final = 150.0
"""Assumed where the file gives no plausible resolution; pages of PDF files are rendered for OCR at the same."""
PLAUSIBLE_DPI: Final = (40.0, 2400.0)
"""Values outside are placeholders: files without a resolution give 0 or 1."""
DARK: Final = 200
"""Grey values below this count as ink; lighter ones are paper, tints and the edges of letters. As in `pdf`."""
FORMATS: Final = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
HEIF: Final = re.compile(rb"....ftyp(?:hei[cfmsx]|hev[cmsx]|mi[af]1|msf1)", re.DOTALL)
"""Beginning of a HEIF file (ISO 23008-12, 10.2), which cameras of phones write; an AVIF one may begin so, too."""


class ImageFile:
    """An open image file, a context manager; each frame of a TIFF is a page, other files have one page.

    Raises ParseError when it can't be read.
    """

    def __init__(self, file: Path | bytes) -> None:
        self.file = file

    def __enter__(self) -> Self:
        with _parse_errors():
            file = io.BytesIO(self.file) if isinstance(self.file, bytes) else self.file
            self._image = Image.open(file, formats=(*FORMATS, *_heif_of(self.file)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._image.close()

    def __len__(self) -> int:
        """Count the pages, at most `MAX_PAGES`; an animation has one."""
        if self._image.format != "TIFF":
            return 1
        with _parse_errors():
            return min(int(getattr(self._image, "n_frames", 1)), MAX_PAGES)

    def size(self, number: int) -> tuple[float, float]:
        """Width and height of page `number` (from 1) in points, by the resolution the file gives, else 150 dpi."""
        image = self._page(number)
        across, up = (_dpi(value) for value in image.info.get("dpi", (DEFAULT_DPI, DEFAULT_DPI)))
        width, height = image.width * 72 / across, image.height * 72 / up
        with _parse_errors():
            # the data of a PNG picture may stand behind its pixels: it is read to its end for them
            return (height, width) if _is_sideways(image) else (width, height)

    def grey(self, number: int) -> Grey:
        """Decode page `number` (from 1): rows of 0 (black) to 255, turned upright by its EXIF data, on white."""
        with _parse_errors():
            return np.asarray(self._upright(number).convert("L"), dtype=np.uint8)

    def color(self, number: int, *, max_pixels: int) -> Color:
        """Decode page `number` (from 1) as `grey` does, in red, green and blue; made smaller to have `max_pixels`."""
        with _parse_errors():
            image = self._upright(number).convert("RGB")
            scale = (max_pixels / (image.width * image.height)) ** 0.5
            if scale < 1:
                image = image.resize((max(int(image.width * scale), 1), max(int(image.height * scale), 1)))
            return np.asarray(image, dtype=np.uint8)

    def _upright(self, number: int) -> Image.Image:
        image = ImageOps.exif_transpose(self._page(number))
        if image.mode.startswith("I"):
            return Image.fromarray(_stretched(np.asarray(image, dtype=np.float64)))
        if image.has_transparency_data:
            image = image.convert("RGBA")
            return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        return image

    def _page(self, number: int) -> Image.Image:
        with _parse_errors():
            self._image.seek(number - 1)
        width, height = self._image.size
        if width * height > MAX_PIXELS:
            raise ParseError(f"the image is too large: {width} x {height} pixels")
        return self._image


def _heif_of(file: Path | bytes) -> tuple[str, ...]:
    """The name of the format of a HEIF file, whose decoder is registered with Pillow; nothing for other files."""
    if isinstance(file, bytes):
        head = file[:12]
    else:
        with file.open("rb") as opened:
            head = opened.read(12)
    if not HEIF.match(head):
        return ()
    try:
        import pillow_heif
    except ImportError:
        raise ParseError(str(MissingExtraError("a HEIF picture", "heif"))) from None
    pillow_heif.register_heif_opener(thumbnails=False)
    return ("HEIF",)


def ink_of(pixels: Grey) -> float:
    """Share of dark pixels, 0 to 1."""
    return float((pixels < DARK).mean()) if pixels.size else 0.0


def _dpi(value: float) -> float:
    return float(value) if PLAUSIBLE_DPI[0] <= value <= PLAUSIBLE_DPI[1] else DEFAULT_DPI


def _is_sideways(image: Image.Image) -> bool:
    """True when the EXIF orientation swaps width and height: the values 5 to 8."""
    return int(image.getexif().get(0x0112, 1)) >= 5


def _stretched(values: npt.NDArray[np.float64]) -> Grey:
    """Scale pixels of more than eight bits to 0 to 255, from the darkest to the brightest."""
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) * (255 / max(high - low, 1.0)), dtype=np.uint8)


@contextmanager
def _parse_errors() -> Iterator[None]:
    """Turn the errors that Pillow raises on broken or hostile files into a ParseError of one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnidentifiedImageError:
        raise ParseError("the image can't be read: it is damaged, or none at all") from None
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, Image.DecompressionBombError) as error:
        raise ParseError(f"the image can't be read: {str(error)[:200] or type(error).__name__}") from error
