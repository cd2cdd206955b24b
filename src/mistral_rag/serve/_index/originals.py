"""Private copies of the files that documents were read from, checked against their digests; and pictures of pages."""

import io
import os
import threading
from collections import OrderedDict
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mistral_rag.overlay import NotDrawnError, file_of, unchanged_copy
from mistral_rag.schema import Page, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mistral_rag.overlay import DrawingWorker, Layer

WIDTHS: Final = (320, 640, 960, 1280, 1600, 2000)
"""Widths of pictures in pixels: a wish is met by the next larger one, so that few are drawn and kept of a page."""
MAX_COPIES: Final = 2 << 30
"""Bytes of private copies; the ones that were not used for longest go first."""
MAX_PICTURES: Final = 64 << 20
"""Bytes of pictures that are kept in memory: some hundred pages."""
DEFAULT_POINTS: Final = 612.0
"""Width of a page whose own is not known: that of letter paper."""

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Copy:
    path: Path
    stamp: _Stamp
    size: int
    owner: ExitStack


class OriginalCopies:
    """Copies of originals by digest, as long as their files are what they were; for one thread at a time."""

    def __init__(self) -> None:
        self._copies: OrderedDict[str, _Copy] = OrderedDict()

    def of(self, source: Source) -> Path:
        """The copy of a source's file, made anew where the file was written to.

        Raises:
            NotDrawnError: the file is gone or has changed.
        """
        stamp = _stamp_of(source)
        known = self._copies.get(source.digest)
        if known is not None and known.stamp == stamp:
            self._copies.move_to_end(source.digest)
            return known.path
        owner = ExitStack()
        path = owner.enter_context(unchanged_copy(source))
        if known is not None:
            known.owner.close()
        self._copies[source.digest] = _Copy(path, stamp, path.stat().st_size, owner)
        self._copies.move_to_end(source.digest)
        while len(self._copies) > 1 and sum(copy.size for copy in self._copies.values()) > MAX_COPIES:
            self._copies.popitem(last=False)[1].owner.close()
        return path

    def is_current(self, source: Source) -> bool:
        """True when there is a copy, and the file has not been written to since; any thread may ask."""
        known = self._copies.get(source.digest)
        try:
            return known is not None and known.stamp == _stamp_of(source)
        except NotDrawnError:
            return False

    def close(self) -> None:
        """Delete all copies."""
        while self._copies:
            self._copies.popitem()[1].owner.close()


class PageImages:
    """Pictures of pages as PNG files, drawn one at a time in a child process and kept by digest and width."""

    def __init__(self) -> None:
        self._copies = OriginalCopies()
        self._drawing, self._keeping = threading.Lock(), threading.Lock()
        self._kept: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()
        self._size = 0

    @cached_property
    def _worker(self) -> "DrawingWorker":
        from mistral_rag.overlay import DrawingWorker

        return DrawingWorker()

    def png(self, source: Source, page: Page, number: int, width: int) -> bytes:
        """The picture of page `number` (from 1), at least `width` pixels wide up to the largest of `WIDTHS`.

        Raises:
            NotDrawnError: the original is not what was indexed.
            ParseError: the page can't be drawn.
        """
        key = source.digest, number, fitting(width)
        # without waiting for a page that takes long to draw
        if self._copies.is_current(source) and (kept := self._found(key)) is not None:
            return kept
        with self._drawing:
            original = self._copies.of(source)
            picture = self._found(key) or self._drawn(original, source, page, key)
            self._keep(key, picture)
            return picture

    def _found(self, key: tuple[str, int, int]) -> bytes | None:
        with self._keeping:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def original(self, source: Source) -> Path:
        """A private copy of a source's file. Raises NotDrawnError where it is not what was indexed."""
        with self._drawing:
            return self._copies.of(source)

    def highlighted(self, files: "Sequence[tuple[Source, Sequence[tuple[int, Sequence[Layer]]]]]") -> bytes:
        """Pages of PDF files as one PDF with highlights.

        Raises:
            NotDrawnError: an original is not what was indexed.
            ParseError: pages can't be cut out of one.
        """
        with self._drawing:
            return self._worker.highlighted([(self._copies.of(source), pages) for source, pages in files])

    def _drawn(self, original: Path, source: Source, page: Page, key: tuple[str, int, int]) -> bytes:
        from PIL import Image

        dpi = 72.0 * key[2] / (page.width or DEFAULT_POINTS)
        raster = self._worker.page(original, source.media_type, key[1], dpi=dpi).raster
        image = Image.frombytes("RGB", (raster.width, raster.height), raster.pixels)
        if image.width > key[2]:
            image = image.resize((key[2], max(1, round(image.height * key[2] / image.width))))
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()

    def _keep(self, key: tuple[str, int, int], picture: bytes) -> None:
        with self._keeping:
            self._size += len(picture) - len(self._kept.pop(key, b""))
            self._kept[key] = picture
            while self._size > MAX_PICTURES and len(self._kept) > 1:
                self._size -= len(self._kept.popitem(last=False)[1])

    def close(self) -> None:
        """End the child process and delete what was copied."""
        self._worker.close()
        self._copies.close()


def fitting(width: int) -> int:
    """The width that a wish is met by."""
    return next((one for one in WIDTHS if one >= width), WIDTHS[-1])


def _stamp_of(source: Source) -> _Stamp:
    """Numbers that change when a file is written to. Raises NotDrawnError where there is no file."""
    path = file_of(source)
    try:
        found = None if path is None else os.stat(path)  # noqa: PTH116 (a path of bytes that are no text)
    except OSError:
        found = None
    if found is None:
        raise NotDrawnError("the original is not on this machine any more")
    return found.st_size, found.st_mtime_ns, found.st_ino
