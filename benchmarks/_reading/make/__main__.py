"""Make the generated part of the labelled set: each page printed, and its truth beside it.

    python -m benchmarks._reading.make [NAME …]

Needs chromium, soffice and pdflatex, and the fonts that the descriptions name. Names are beginnings; without any, all
are made. The same description gives the same truth, and pages that look the same.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks._reading.make import beside, by_hand, characters, forms, layouts, markup, scripts, tables, typeset
from benchmarks._reading.make.layouts import Scene
from benchmarks._reading.make.printers import browser
from benchmarks._reading.make.sheets import document_html
from benchmarks._reading.truth import SET, Document, PageTruth, save

_PRINTED = (layouts.SCENES, beside.SCENES, forms.SCENES, tables.SCENES, scripts.SCENES, characters.SCENES)


def printed(scene: Scene, out: Path) -> tuple[PageTruth, ...]:
    """Print a scene by a browser."""
    sheets = scene()
    browser(document_html(sheets), out)
    return tuple(sheet.truth(number) for number, sheet in enumerate(sheets, 1))


def described() -> Iterator[tuple[str, str, str]]:
    """Name, kind and program of each document."""
    for scenes in _PRINTED:
        yield from ((name, kind, "chromium") for name, (kind, _) in scenes.items())
    yield from ((name, kind, "by hand") for name, (kind, _) in by_hand.MAKERS.items())
    yield from ((name, kind, "none") for name, (kind, _) in markup.MAKERS.items())
    for name, (kind, _) in typeset.MAKERS.items():
        yield name, kind, "libreoffice" if "office" in name else "latex"


def make(name: str, kind: str, program: str) -> Document:
    """Make one document."""
    out = SET / f"{name}.{'html' if name in markup.MAKERS else 'pdf'}"
    makers = {**by_hand.MAKERS, **markup.MAKERS, **typeset.MAKERS}
    if name in makers:
        pages = makers[name][1](out)
    else:
        pages = printed({own: scene for group in _PRINTED for own, (_, scene) in group.items()}[name], out)
    document = Document(name, kind, out.name, pages, program)
    save(document)
    return document


def main() -> None:
    SET.mkdir(exist_ok=True)
    wanted = tuple(sys.argv[1:])
    for name, kind, program in described():
        if not wanted or name.startswith(wanted):
            document = make(name, kind, program)
            print(f"{name}: {len(document.pages)} pages, {document.path.stat().st_size // 1024} KB", flush=True)


if __name__ == "__main__":
    main()
