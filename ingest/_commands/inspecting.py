"""The command that shows how a file is read: inspect."""

from __future__ import annotations

import argparse

from ingest._commands.options import add_pictured
from ingest._commands.passwords import add_passwords, given_passwords
from mistral_rag.terminal import (
    DONE,
    EXIT_CODES,
    UNDONE,
    UsageError,
    counted,
    one_line,
    say,
    say_json,
    text_argument,
    write_output,
)

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest._inspection import InspectedPage, Inspection
    from mistral_rag.overlay import PageView

LISTED_PAGES = 20
"""Pages that a person is shown a line of: a screenful. `--json` has them all."""
MAX_DRAWN = 200
"""Pages in one HTML file: about 30 MB, which browsers still open at once."""
DRAWN_IN_PNG = "regions,order,tables,hidden"
"""Layers of a PNG: units and words over them would hide the print."""
_FORMATS = (".html", ".htm", ".png")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command of this module to the program."""
    sub = commands.add_parser(
        "inspect",
        help="show how a file is read: regions, order, units, tables, hidden text, doubts",
        description="Read one file as a build reads it, and show what was read, over the picture of each page.\n"
        "Nothing is written to an index and nothing is sent. Without --out: a line for each page.",
        epilog=_EXAMPLES + "\n\n" + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sub.add_argument("file", metavar="FILE", help="any file that a build reads")
    sub.add_argument(
        "--page", type=_pages, metavar="N", help="page N, or pages N to M as N-M, counted from 1 (default: all)"
    )
    sub.add_argument(
        "--out",
        metavar="FILE",
        help="an .html file that holds everything (layers can be switched, and pointing at a box says what it is), or "
        "a .png of one page",
    )
    sub.add_argument(
        "--layers",
        type=text_argument,
        metavar="LIST",
        help=f"layers of a PNG, of: regions, order, units, tables, hidden, words (default: {DRAWN_IN_PNG})",
    )
    sub.add_argument(
        "--show-hidden",
        action="store_true",
        help="also the words of hidden text, which may be what somebody blacked out; without it, only where it stands",
    )
    add_pictured(sub)
    sub.add_argument(
        "--ocr-with",
        choices=("local", "mistral"),
        default="local",
        help="what reads them: this machine (local, default), or Mistral OCR, which costs what a build costs",
    )
    add_passwords(sub)
    sub.add_argument("--json", action="store_true", help="print one JSON object, with the pages as they were read")
    sub.set_defaults(command=inspect)


_EXAMPLES = """\
examples:
  ingest inspect report.pdf                              what was read of each page
  ingest inspect report.pdf --page 4 --out page4.png     one page as a picture
  ingest inspect report.pdf --out report.html            all pages, to look at in a browser
  ingest inspect report.pdf --page 4 --json              the page as an index keeps it

An .html file holds the pages themselves: pass it on only to those who may read the document."""


def inspect(arguments: argparse.Namespace) -> int:
    """`ingest inspect`."""
    from pathlib import Path

    path = Path(arguments.file)
    out = _target(arguments)
    _check_file(path)
    passwords = given_passwords(arguments)
    from ingest._inspection import inspect_file, opened_once, views

    with opened_once(path) as opened:
        read = inspect_file(
            opened, numbers=arguments.page, ocr=arguments.ocr, ocr_with=arguments.ocr_with, passwords=passwords
        )
        if out is not None:
            _check_size(read, out)
            drawn = list(views(read, show_hidden=arguments.show_hidden))
            made = _png(drawn, arguments) if out.suffix.lower() == ".png" else _html(read, drawn)
            write_output(out, made, beside=path)
    if arguments.json:
        say_json(_json(read, out))
    elif out is None:
        _summarise(read)
    else:
        say(f"{counted(len(read.pages), 'page')} drawn to {out}")
        for page in read.pages:
            for note in page.notes[:LISTED_PAGES]:
                say(f"{page.page.locator}: {note}")
    return DONE if read.is_whole else UNDONE


def _pages(text: str) -> range:
    first, dash, last = text.partition("-")
    if not first.isdecimal() or not (last.isdecimal() or not dash):
        raise argparse.ArgumentTypeError("must be a page number such as 4, or two such as 4-7")
    pages = range(int(first), int(last or first) + 1)
    if not pages or pages[0] < 1:
        raise argparse.ArgumentTypeError("pages count from 1, and the first comes first")
    return pages


def _target(arguments: argparse.Namespace) -> Path | None:
    if arguments.out is None:
        if arguments.layers:
            raise UsageError("--layers is for a picture. Add --out FILE.png")
        return None
    from pathlib import Path

    out = Path(arguments.out)
    if out.suffix.lower() not in _FORMATS:
        raise UsageError(f"{out.name}: what is drawn is an .html or a .png file; give it one of these endings")
    if arguments.layers and out.suffix.lower() != ".png":
        raise UsageError("--layers is for a PNG; in an .html file they are switched by the boxes at its top")
    return out


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name one file in it")
    if not path.exists():
        raise UsageError(f"{path} does not exist")
    if not path.is_file():
        raise UsageError(f"{path} is no file")


def _check_size(read: Inspection, out: Path) -> None:
    """Raise UsageError where the pages can't be drawn to such a file."""
    if out.suffix.lower() == ".png":
        if not read.has_pictures:
            raise UsageError(f"{read.name} has no printed pages to draw; name an .html file")
        if len(read.pages) != 1:
            raise UsageError(f"a PNG shows one page, and {read.name} has {read.total}. Add --page N")
    elif read.has_pictures and len(read.pages) > MAX_DRAWN:
        raise UsageError(f"{len(read.pages)} pages are too many for one file. Name some: --page 1-{MAX_DRAWN}")


def _png(drawn: Sequence[PageView], arguments: argparse.Namespace) -> bytes:
    from dataclasses import replace

    from mistral_rag.overlay import LAYERS, png, reading_legend

    wanted = (arguments.layers or DRAWN_IN_PNG).replace(" ", "").split(",")
    if unknown := [name for name in wanted if name not in LAYERS]:
        raise UsageError(f"no layer is called {unknown[0]}; there are: {', '.join(LAYERS)}")
    view = drawn[0]
    if view.raster is None:
        raise UsageError(f"the page can't be drawn: {'; '.join(view.notes)}")
    layers = tuple(layer for layer in view.layers if layer.name in wanted)
    return png([replace(view, layers=layers)], legend=reading_legend(layers))


def _html(read: Inspection, drawn: Sequence[PageView]) -> bytes:
    from mistral_rag.overlay import Section, html_page, read_text, reading_legend, tables

    sections = [
        Section(
            heading=str(view.page.locator),
            view=view,
            beside=read_text(view.page, prefix=f"s{number}-") + tables(view.page),
        )
        for number, view in enumerate(drawn, 1)
    ]
    layers = [layer for view in drawn for layer in view.layers]
    facts = [f"{read.title}: {read.media_type}", _total(read), *read.problems]
    return html_page(f"How {read.name} is read", sections, facts=facts, legend=reading_legend(layers)).encode()


def _summarise(read: Inspection) -> None:
    say(f"{read.name}: {read.media_type}, {read.title}")
    say(_total(read))
    for problem in read.problems:
        say(f"problem: {problem}")
    for one in read.pages[:LISTED_PAGES]:
        say(f"{one.page.locator}: {_counts(one)}")
        for note in one.notes:
            say(f"   {note}")
    if len(read.pages) > LISTED_PAGES:
        say(f"… and {len(read.pages) - LISTED_PAGES} more; --json lists them all, --page N shows one")


def _total(read: Inspection) -> str:
    pages = [one.page for one in read.pages]
    hidden = read.hidden + sum(one.hidden for one in read.pages)
    shown = "" if len(pages) == read.total else f", {len(pages)} of them shown"
    return (
        f"{counted(read.total, 'page')}{shown}: {counted(sum(len(page.blocks) for page in pages), 'block')}, "
        f"{counted(sum(len(page.units) for page in pages), 'unit')}, "
        f"{counted(sum(len(page.tables) for page in pages), 'table')}, "
        f"{counted(hidden, 'hidden character')}, {counted(sum(len(page.doubts) for page in pages), 'doubt')}"
    )


def _counts(one: InspectedPage) -> str:
    return ", ".join(_parts(one))


def _parts(one: InspectedPage) -> Iterator[str]:
    from collections import Counter

    page = one.page
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(block.kind for block in page.blocks).items())
    yield counted(len(page.blocks), "block") + (f" ({kinds})" if kinds else "")
    yield counted(len(page.units), "unit")
    origins = {block.origin for block in page.blocks if block.origin.endswith("ocr")}
    if origins:
        yield f"read by {', '.join(sorted(origins))}"
    for at, table in enumerate(page.tables, 1):
        names = " | ".join(name for name in table.columns if name)
        yield f"table {at} of {counted(len(table.cells), 'cell')}" + (f" under {one_line(names)}" if names else "")
    if one.hidden:
        yield f"{counted(one.hidden, 'hidden character')} left out"


def _json(read: Inspection, out: Path | None) -> dict[str, object]:
    return {
        "source": read.name,
        "media_type": read.media_type,
        "title": read.title,
        "total_pages": read.total,
        "out": None if out is None else str(out),
        "pages": [one.page.model_dump(mode="json") for one in read.pages],
        "hidden": {str(number): count for number, count in _hidden(read)},
        "problems": [{"page": None, "reason": reason} for reason in read.problems]
        + [{"page": one.page.locator.number, "reason": reason} for one in read.pages for reason in one.problems],
    }


def _hidden(read: Inspection) -> Iterator[tuple[int, int]]:
    if read.hidden:
        yield 0, read.hidden
    yield from ((one.page.locator.number, one.hidden) for one in read.pages if one.hidden)
