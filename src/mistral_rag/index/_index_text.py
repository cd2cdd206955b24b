"""The texts that are embedded and searched by words; neither is the text that is quoted."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # an identity names the version, and must not load the types
    from mistral_rag.schema import Chunk, Page, Source

TEXT_VERSION: Final = "1"
"""Changes whenever the same chunk gives another text below: vectors and word statistics then no longer fit."""

PAGE_HEAD: Final = 160
"""Characters of a page's beginning that are searched with each of its chunks."""


def embed_text(chunk: "Chunk", source: "Source", page: "Page") -> str:
    """Title, heading path, table header and chunk, a line each."""
    return "\n".join(
        part for part in (source.title, " > ".join(chunk.headings), table_header(chunk, page), chunk.text) if part
    )


def table_header(chunk: "Chunk", page: "Page") -> str:
    """The rows that name the columns of the chunk's rows and stand outside of it."""
    rows = page.units[chunk.first_unit : chunk.last_unit + 1]
    headers = sorted({row.header for row in rows if row.header is not None})
    outside = [page.units[number] for number in headers if not chunk.first_unit <= number <= chunk.last_unit]
    return "\n".join(page.text[unit.start : unit.end] for unit in outside)


def page_head(text: str) -> str:
    """The beginning of a page that `lexical_text` takes."""
    return text[:PAGE_HEAD]


def lexical_text(*, title: str, page_head: str, text: str) -> str:
    """Title twice, head of the page, chunk."""
    return "\n".join((title, title, page_head, text))
