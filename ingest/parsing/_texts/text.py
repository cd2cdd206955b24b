"""The parser for plain text: one page for each form feed, or for each 20,000 characters."""

from pathlib import Path

from ingest.parsing._pages.titles import may_be_title
from ingest.parsing._result import Parsed, with_doubt
from ingest.parsing._texts.code import code_runs
from ingest.parsing._texts.outline import split_text
from mistral_rag.pdf import apart
from mistral_rag.schema import Block, Locator, LocatorKind, Page, clean_text
from mistral_rag.text import drop_invisible, read_text, readable_name

MAX_TITLE = 120
"""Characters of a first line that may be a title: longer ones are paragraphs."""


def parse(path: Path) -> Parsed:
    """The file's pages; its title is its first line when that reads like one, else the file's name."""
    source = read_text(path)
    printed = drop_invisible(source.text).rstrip("\f\n ").split("\f")
    kind: LocatorKind = "page" if len(printed) > 1 else "section"
    texts = printed if len(printed) > 1 else list(split_text(clean_text(printed[0])))
    pages = tuple(_page(Locator(kind=kind, number=number), text) for number, text in enumerate(texts, 1))
    written = pages if any(page.text.strip() for page in pages) else ()
    return with_doubt(Parsed(_title(pages[0].text) or readable_name(path.stem), {}, written), source.doubt)


def _page(locator: Locator, text: str) -> Page:
    plain = clean_text(text).strip("\n")
    if not any(code_runs(plain)):
        plain = apart(plain)
    blocks = tuple(Block(start=start, end=end, kind="code") for start, end in code_runs(plain))
    return Page(locator=locator, text=plain, blocks=blocks)


def _title(text: str) -> str:
    """The first line, when it is short, no sentence, and stands alone."""
    first, _, rest = text.strip().partition("\n")
    alone = not rest.strip() or rest.startswith("\n") or set(rest.partition("\n")[0].strip()) in ({"="}, {"-"})
    first = first.strip()
    is_title = alone and len(first) <= MAX_TITLE and not first.endswith((".", ",", ";", ":")) and may_be_title(first)
    return first if is_title else ""
