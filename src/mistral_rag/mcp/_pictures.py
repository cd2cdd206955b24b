"""Pictures of pages for models that can look at them."""

from typing import Final

from mistral_rag.overlay import NotDrawnError, PagePictures, PageView, is_printed, png, unchanged_copy
from mistral_rag.schema import Page, Source

PICTURE_DPI: Final = 100
"""Pixels an inch: small print can be read, and a page stays below the 1,568 pixels that models scale pictures to."""


def page_picture(source: Source, page: Page) -> bytes:
    """The picture of a page as a PNG file.

    Raises:
        NotDrawnError: the document has no printed pages, or its file is not what was read.
        ParseError: the page can't be drawn.
    """
    if not is_printed(source):
        raise NotDrawnError(f"{source.name} has no printed pages; its text is all there is")
    try:
        with unchanged_copy(source) as copy, PagePictures(copy, source.media_type, dpi=PICTURE_DPI) as pictures:
            return png([PageView(page, (), pictures.page(page.locator.number).raster)])
    except NotDrawnError:
        # its message names the path, which is no business of a model
        raise NotDrawnError(f"{source.name} is no longer the file that was read: there is no picture") from None
