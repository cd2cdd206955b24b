"""Documents that come without pages: each is its own source with one page, and comes back as it was given."""

import re
from typing import Final

from langchain_core.documents import Document

from mistral_rag.index._filters.filter_fields import BARE_TYPE
from mistral_rag.schema import Chunk, Locator, Page, Source, Unit, text_digest

BARE_LABEL: Final = "text without a file"
"""The page label in citations: name and title of such a text are what somebody gave it."""


MAX_NAME: Final = 500
"""Characters of a name or title: both stand in every citation."""

LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
"""ISO 639 codes; words are searched by language, so other texts would each be a language of its own."""


def _named(value: object) -> str:
    name = str(value)
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


def bare_source(document: Document, groups: tuple[str, ...] = ()) -> tuple[Source, Page, Chunk]:
    """A Document with an id and clean text as a source of `groups`, its one page of one unit, and its one chunk."""
    text, meta = document.page_content, document.metadata
    uri, language = f"document:{document.id}", meta.get("language")
    source = Source(
        uri=uri,
        digest=text_digest(text),
        name=_named(meta.get("source") or document.id),
        title=_named(meta.get("title") or meta.get("source") or document.id),
        media_type=BARE_TYPE,
        language=language if isinstance(language, str) and LANGUAGE.fullmatch(language) else "",
        groups=groups,
        metadata=meta,
    )
    units = (Unit(start=0, end=len(text)),) if text else ()
    page = Page(locator=Locator(kind="part", number=1, label=BARE_LABEL), text=text, units=units)
    chunk = Chunk(id=str(document.id), uri=uri, page=1, first_unit=0, last_unit=0, start=0, end=len(text), text=text)
    return source, page, chunk
