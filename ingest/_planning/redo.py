"""Documents that are read anew although nothing has changed, and which of their pages by OCR."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.parsing._result import NEEDS_OCR, PicturePage
from mistral_rag.index import members_prefix


@dataclass(frozen=True, slots=True)
class Redo:
    """The documents (uris), and the pages that OCR reads anew; None: all that it reads."""

    uris: frozenset[str]
    pages: frozenset[int] | None = None

    def names(self, uri: str) -> bool:
        """True for a document that is named, and for one inside of it."""
        return uri in self.uris or any(uri.startswith(members_prefix(named)) for named in self.uris)

    def is_anew(self, page: int) -> bool:
        """True when what OCR has read of a page before is not wanted."""
        return self.pages is None or page in self.pages

    def wanted(self, pictures: Sequence[PicturePage]) -> tuple[PicturePage, ...]:
        """The pictures to be read: those that pages need, and those of the pages named."""
        return tuple(one for one in pictures if self.is_anew(one.page) or one.reason.startswith(NEEDS_OCR))
