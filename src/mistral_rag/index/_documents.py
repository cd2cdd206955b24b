"""Documents that come without pages: each is its own source with one page, and comes back as it was given."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from langchain_core.documents import Document

from mistral_rag.index._filters.filter_fields import BARE_TYPE
from mistral_rag.schema import Chunk, Locator, Page, Source, Unit, clean_text, text_digest

BARE_LABEL: Final = "text without a file"
"""The page label in citations: name and title of such a text are what somebody gave it."""


MAX_NAME: Final = 500
"""Characters of a name or title: both stand in every citation."""

LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
"""ISO 639 codes; words are searched by language, so other texts would each be a language of its own."""


FROM_ZERO: Final = frozenset({"total_pages", "producer", "creator", "creationdate", "moddate"})
"""Keys beside `page` that tell LangChain's PDF loaders, which count from 0: PyPDF, PyMuPDF, PDFium, PDFPlumber."""
MAX_NUMBER: Final = 10**9
"""Pages that a document may have; a larger number is no page."""
MAX_LABEL: Final = 40
"""Characters of a page's label: it stands in every citation."""


@dataclass(frozen=True, slots=True)
class StatedPage:
    """The page that somebody wrote beside a text: its number from 1, and the label printed on it.

    `number` is None where only a label is stated. `certain` is False where it may be counted from 0 or from 1; then
    it is as it was written.
    """

    number: int | None
    label: str
    certain: bool = True

    def __str__(self) -> str:
        if self.number is None:
            return f"p. {self.label}"
        if not self.certain:
            return f"p. {self.number} or {self.number + 1}"
        plain = self.label in {"", str(self.number)}
        return f"p. {self.number}" if plain else f"p. {self.label} (page {self.number})"


def stated_page(metadata: Mapping[str, Any]) -> StatedPage | None:
    """The page that the metadata names; None where they name none.

    `page_number` and `loc.pageNumber` count from 1. `page` counts from 0 when it is 0, when `page_label` is one more,
    or when the keys of a loader that counts so stand beside it; from 1 when it is `total_pages` or its own label.
    """
    label = _label(metadata.get("page_label"))
    location = metadata.get("loc")
    inner = location.get("pageNumber") if isinstance(location, Mapping) else metadata.get("loc.pageNumber")
    for given in (metadata.get("page_number"), inner):
        if (number := _number(given)) is not None:
            return StatedPage(max(number, 1), label)
    page = metadata.get("page")
    if (number := _number(page)) is None:
        label = label or (_label(page) if isinstance(page, str) else "")
        return StatedPage(None, label) if label else None
    base = _base(number, label, metadata)
    return StatedPage(number, label, certain=False) if base is None else StatedPage(number + 1 - base, label)


def _base(number: int, label: str, metadata: Mapping[str, Any]) -> int | None:
    """The number of the first page, 0 or 1; None where it can't be told."""
    if number == 0 or label == str(number + 1):
        return 0
    if label == str(number) or number == _number(metadata.get("total_pages")):
        return 1
    return 0 if FROM_ZERO & metadata.keys() else None


def _number(value: Any) -> int | None:
    """A count of pages; some stores give back floats or texts for the whole numbers they were given."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        value = int(value)
    return value if isinstance(value, int) and 0 <= value <= MAX_NUMBER else None


def _label(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return " ".join(clean_text(str(value)).split())[:MAX_LABEL]


def stated_locator(metadata: Mapping[str, Any]) -> Locator:
    """The locator of a text without a file: the page that its metadata state, said to be no more than that."""
    stated = stated_page(metadata)
    if stated is None:
        return Locator(kind="part", number=1, label=BARE_LABEL)
    return Locator(kind="part", number=stated.number or 1, label=f"{stated}, {BARE_LABEL}")


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
    page = Page(locator=stated_locator(meta), text=text, units=units)
    chunk = Chunk(id=str(document.id), uri=uri, page=1, first_unit=0, last_unit=0, start=0, end=len(text), text=text)
    return source, page, chunk
