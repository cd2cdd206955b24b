"""Page images, and the share of ink on them."""

import ctypes
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

_DARK = 200
"""Grey values below this count as ink; lighter ones are paper, tints and the edges of letters. As in `pictures`."""
_INK_DPI = 36
"""Enough to measure ink: an A4 page has 125,000 pixels."""
_MAX_PIXELS = 50_000_000
"""150 MB in colour; an A0 poster at 150 dpi has 35 million. The largest
page a PDF may have (14,400 points a side) would have 900 million."""
_MAX_INK_PIXELS = 4_000_000
"""Bounds the time for posters: 4 MB in grey."""
_WHITE = 0xFFFFFFFF
"""Opaque white as PDFium's ARGB."""


PixelBox = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; the last two are outside."""


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page drawn as a reader sees it.

    `pixels` are rows from the top, one byte a channel; `channels` is 1 (grey) or 3 (red, green, blue).
    """

    width: int
    height: int
    channels: int
    pixels: bytes

    def png(self) -> bytes:
        """Encode the image as a PNG file."""
        stride = self.width * self.channels
        rows = b"".join(b"\0" + self.pixels[at : at + stride] for at in range(0, len(self.pixels), stride))
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2 if self.channels == 3 else 0, 0, 0, 0)
        chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        )


def render(
    page: Any, *, dpi: float, grey: bool = False, max_pixels: int = _MAX_PIXELS, window: PixelBox | None = None
) -> PageImage:
    """Draw a loaded page; the resolution is lowered where the image would have more than `max_pixels`.

    A `window` is the part to draw, in pixels of the whole image as `image_size` gives it.
    """
    whole = image_size(page, dpi=dpi, max_pixels=max_pixels)
    left, top, right, bottom = window or (0, 0, *whole)
    width, height = right - left, bottom - top
    kind = pdfium.FPDFBitmap_Gray if grey else pdfium.FPDFBitmap_BGR
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, kind, None, 0)
    if not bitmap:
        raise MemoryError(f"a picture of {width} x {height} pixels")
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, _WHITE)
        # PDFium aborts the process when it reverses the bytes of grey pixels
        flags = pdfium.FPDF_ANNOT | (0 if grey else pdfium.FPDF_REVERSE_BYTE_ORDER)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, -left, -top, *whole, 0, flags)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        raw = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    channels = 1 if grey else 3
    used = width * channels
    pixels = raw if used == stride else b"".join(raw[at : at + used] for at in range(0, len(raw), stride))
    return PageImage(width, height, channels, pixels)


def image_size(page: Any, *, dpi: float, max_pixels: int) -> tuple[int, int]:
    """Width and height in pixels of a loaded page drawn by `render`."""
    inches = pdfium.FPDF_GetPageWidthF(page) / 72, pdfium.FPDF_GetPageHeightF(page) / 72
    scale = min(dpi, (max_pixels / max(inches[0] * inches[1], 1e-9)) ** 0.5)
    width, height = (max(1, min(round(side * scale), max_pixels)) for side in inches)
    return width, height


def ink_of(page: Any) -> float:
    """Share of dark pixels of a loaded page, 0 to 1."""
    pixels = render(page, dpi=_INK_DPI, grey=True, max_pixels=_MAX_INK_PIXELS).pixels
    dark = pixels.translate(None, bytes(range(_DARK, 256)))
    return len(dark) / max(len(pixels), 1)
