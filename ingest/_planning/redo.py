"""Documents that are read anew although nothing has changed, and which of their pages by OCR."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.parsing._result import NEEDS_OCR, PicturePage
from mistral_rag.errors import ConfigurationError
from mistral_rag.index import SourceStatus, members_prefix
from mistral_rag.terminal import counted


@dataclass(frozen=True, slots=True)
class Redo:
    """The documents (uris), and the pages that OCR reads anew; None: all that it reads."""

    uris: frozenset[str]
    pages: frozenset[int] | None = None

    def require_pages(self, known: Mapping[str, SourceStatus]) -> None:
        """Raise ConfigurationError when a document that is named has no such page: nothing is read then."""
        for uri in sorted(self.uris if self.pages else ()):
            state = known.get(uri)
            missing = sorted(page for page in self.pages or () if state is not None and page > state.pages)
            if state is None or not missing:
                continue
            name = state.source.name
            if not state.pages:
                raise ConfigurationError(f"{name} has no pages in the index; read it anew without naming a page")
            raise ConfigurationError(f"{name} has {counted(state.pages, 'page')}, and no page {missing[0]}")

    def names(self, uri: str) -> bool:
        """True for a document that is named, and for one inside of it."""
        return uri in self.uris or any(uri.startswith(members_prefix(named)) for named in self.uris)

    def is_anew(self, page: int) -> bool:
        """True when what OCR has read of a page before is not wanted."""
        return self.pages is None or page in self.pages

    def wanted(self, pictures: Sequence[PicturePage]) -> tuple[PicturePage, ...]:
        """The pictures to be read: those that pages need, and those of the pages named."""
        return tuple(one for one in pictures if self.is_anew(one.page) or one.reason.startswith(NEEDS_OCR))
