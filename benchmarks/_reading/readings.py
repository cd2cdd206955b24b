"""What a reader makes of a page, and our own reader."""

import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.chunking import cut, units
from ingest.parsing import media_type_of, parse
from mistral_rag.schema import Locator, Page, clean_text

Value = tuple[str, str, str]
"""A value, the names of its column, the names of its row."""


@dataclass(frozen=True, slots=True)
class Quotable:
    """A run of text that can be quoted, the values in it by cell, and the row that is said to name its columns."""

    text: str
    values: tuple[Value, ...] = ()
    header: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One page as it was read."""

    text: str
    units: tuple[Quotable, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileReading:
    """The pages of a file by number, and the CPU seconds that they cost."""

    pages: dict[int, Reading]
    seconds: float


def ours(path: Path) -> FileReading:
    """The way of a build: parse and cut."""
    started = time.process_time()
    parsed = parse(path, media_type_of(path) or "application/pdf")
    pages, _ = cut(parsed.pages, uri=path.absolute().as_uri(), title=parsed.title)
    seconds = time.process_time() - started
    unread = {problem.page: problem.reason for problem in parsed.unread}
    found = {}
    for page in pages:
        number = page.locator.number
        reasons = (unread[number],) if number in unread else ()
        found[number] = Reading(page.text, tuple(_quotables(page)), (*page.doubts, *reasons))
    return FileReading(found, seconds)


def _quotables(page: Page) -> list[Quotable]:
    texts = [page.text[unit.start : unit.end] for unit in page.units]
    return [
        Quotable(
            text,
            tuple((value.value, value.column, value.row) for value in page.cell_values(unit.start, unit.end)),
            texts[unit.header] if unit.header is not None else "",
        )
        for text, unit in zip(texts, page.units, strict=True)
    ]


def of_text(text: str) -> Reading:
    """The text of another reader, cut into units as our own is; tables of Markdown are taken as cells."""
    rows, prose = _markdown(text)
    plain = clean_text(prose)
    page = Page(locator=Locator(kind="page", number=1), text=plain)
    found = [Quotable(plain[unit.start : unit.end]) for unit in units(page)]
    if rows:
        return Reading("\n".join([plain, *(row.text for row in rows)]), (*found, *rows))
    page = page.model_copy(update={"units": units(page)})
    return Reading(plain, tuple(_quotables(page)))


def _markdown(text: str) -> tuple[list[Quotable], str]:
    """Rows of Markdown tables, and the text around them without its marks."""
    rows: list[Quotable] = []
    rest: list[str] = []
    heads: list[str] = []
    for line in re.sub(r"\*\*|</su[bp]>", "", re.sub(r"<br>|<su[bp]>", " ", text)).split("\n"):
        if not line.startswith("|"):
            heads = []
            rest.append(line.lstrip("#").lstrip())
            continue
        cells = [cell.strip() for cell in line[1:].rstrip().removesuffix("|").split("|")]
        if not "".join(cells).strip("-: "):
            continue
        if not heads:
            heads = cells
        named = zip(cells[1:], heads[1:], strict=False)
        values = tuple((cell, head, cells[0]) for cell, head in named if cell) if heads is not cells else ()
        rows.append(Quotable(" ".join(filter(None, cells)), values))
    return rows, "\n".join(rest)


def poppler(path: Path) -> FileReading:
    """`pdftotext -layout`."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    run = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    texts = run.stdout.decode("utf-8", "replace").split("\f")
    return FileReading({number: of_text(text) for number, text in enumerate(texts, 1)}, seconds)


def of_peer(answer: dict[str, object]) -> FileReading:
    """What `_peers.py` gave for one file."""
    texts = answer["pages"]
    assert isinstance(texts, Sequence)
    return FileReading(
        {number: of_text(str(text)) for number, text in enumerate(texts, 1)}, float(str(answer["seconds"]))
    )
