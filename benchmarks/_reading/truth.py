"""What a page of the labelled set says: regions in reading order, tables with cells, hidden strings.

Each document of the set is a file and `NAME.json` beside it, a `Document` below. In the text of a region a newline
ends a printed line, a hyphen before it is printed; `^{…}` and `_{…}` surround what is set above or below the line.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parents[1]
SET = HERE / "reading_set"
SHARED = HERE.parents[1] / "shared" / "data"
"""Development data that is not in the repository: its pages are left out where there is none."""

Half = Literal["tuning", "held-out", "all"]
Role = Literal["value", "column", "row", "group"]


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the page that is read by itself.

    `ordered` is False for what has no one place in the order: margin notes, sidebars, figures, running heads. `box` is
    (left, top, right, bottom) in fractions of the page, where the text is to be taken from the page's words.
    """

    kind: str
    text: str = ""
    ordered: bool = True
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; its `text` has its printed lines apart by newlines."""

    row: int
    column: int
    text: str
    role: Role = "value"
    row_span: int = 1
    column_span: int = 1


@dataclass(frozen=True, slots=True)
class Expected:
    """A value as a reader names it; `row` are the names of its row, `others` what else stands there or above it.

    The first of the others is the nearest group, empty where there is none.
    """

    value: str
    column: str
    row: tuple[str, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page. `hard` is one without rulings or clear columns. `columns` are given to one that is continued.

    `region` is the index of its region in the page's.
    """

    cells: tuple[Cell, ...]
    region: int = 0
    hard: bool = False
    columns: tuple[str, ...] = ()
    scale: str = ""

    def names(self) -> list[str]:
        """The joined heads of each column."""
        if self.columns:
            return list(self.columns)
        width = max(cell.column + cell.column_span for cell in self.cells)
        heads: list[list[str]] = [[] for _ in range(width)]
        for cell in sorted(self.cells, key=lambda cell: (cell.row, cell.column)):
            if cell.role == "column" and cell.text:
                for at in range(cell.column, cell.column + cell.column_span):
                    heads[at].append(one_line(cell.text))
        return [", ".join(dict.fromkeys(own)) for own in heads]

    def expected(self) -> Iterator[Expected]:
        """Each value that is printed, with its names."""
        names = self.names()
        groups = [""]
        rows: dict[int, list[Cell]] = {}
        for cell in self.cells:
            for at in range(cell.row, cell.row + cell.row_span):
                rows.setdefault(at, []).append(cell)
        for at in sorted(rows):
            own = sorted(rows[at], key=lambda cell: cell.column)
            groups += [one_line(cell.text) for cell in own if cell.role == "group"]
            labels = tuple(one_line(cell.text) for cell in own if cell.role == "row" and cell.text)
            for cell in own:
                if cell.role == "value" and cell.text and cell.row == at:
                    column = ", ".join(dict.fromkeys(filter(None, names[cell.column : cell.column + cell.column_span])))
                    others = (one_line(other.text) for other in own if other is not cell)
                    yield Expected(one_line(cell.text), column, labels, (groups[-1], *others, *groups[:-1]))

    def rows(self) -> list[list[Cell]]:
        """The cells of each row, from left to right."""
        found: dict[int, list[Cell]] = {}
        for cell in self.cells:
            found.setdefault(cell.row, []).append(cell)
        return [sorted(found[at], key=lambda cell: cell.column) for at in sorted(found)]


@dataclass(frozen=True, slots=True)
class PageTruth:
    """One page. `fields` are the labels and values of a form; `doubtful` says that its text layer is not to be used.

    A `partial` truth has some of the page's tables, not all that is on it. `witnessed` are lines that recognisers read
    from the picture.
    """

    regions: tuple[Region, ...] = ()
    tables: tuple[Table, ...] = ()
    hidden: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    doubtful: bool = False
    partial: bool = False
    witnessed: tuple[str, ...] = ()
    number: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A file and the truth of its pages; `file` is a path below `SET`, or below `SHARED` when `shared`."""

    name: str
    kind: str
    file: str
    pages: tuple[PageTruth, ...] = field(default_factory=tuple)
    maker: str = ""
    shared: bool = False
    half: Half = "tuning"

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return (SHARED if self.shared else SET) / self.file


def one_line(text: str) -> str:
    """Text without its line ends."""
    return " ".join(text.split())


def half_of(name: str, kind: str) -> Half:
    """The half that a document is in; a new one goes where its kind has fewer, by the digest of its name when equal."""
    others = [load(path) for path in SET.glob("*.json")]
    if known := [other.half for other in others if other.name == name]:
        return known[0]
    halves = [other.half for other in others if other.kind == kind]
    balance = halves.count("tuning") - halves.count("held-out")
    return "held-out" if balance > 0 or (not balance and sha256(name.encode()).digest()[0] % 2) else "tuning"


def save(document: Document) -> None:
    """Write the truth beside the file: one line a page, without what is as it is by default."""
    document = replace(document, half=half_of(document.name, document.kind))
    data = _bare(asdict(document))
    pages = ",\n".join(json.dumps(page, ensure_ascii=False) for page in data.pop("pages"))
    head = json.dumps(data, ensure_ascii=False)[:-1]
    (SET / f"{document.name}.json").write_text(f'{head}, "pages": [\n{pages}\n]}}\n', "utf-8")


_DEFAULTS = {"row": 0, "column": 0, "row_span": 1, "column_span": 1, "role": "value", "ordered": True, "region": 0}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _bare(one)
            for key, one in value.items()
            if (one not in ((), None, False) and _DEFAULTS.get(key) != one) or (key in ("text", "ordered") and not one)
        }
    return [_bare(one) for one in value] if isinstance(value, list | tuple) else value


def load(path: Path) -> Document:
    """The truth of one document."""
    data = json.loads(path.read_text("utf-8"))
    data["pages"] = tuple(map(_page, data["pages"]))
    return Document(**data)


def _page(data: dict[str, Any]) -> PageTruth:
    return PageTruth(
        regions=tuple(
            Region(**{**region, "box": tuple(region["box"]) if "box" in region else None})
            for region in data.get("regions", ())
        ),
        tables=tuple(
            Table(**{**table, "cells": tuple(Cell(**{"row": 0, "column": 0, **cell}) for cell in table["cells"])})
            for table in data.get("tables", ())
        ),
        hidden=tuple(data.get("hidden", ())),
        fields=tuple((label, value) for label, value in data.get("fields", ())),
        doubtful=data.get("doubtful", False),
        partial=data.get("partial", False),
        number=data["number"],
    )


def documents(half: Half = "all", only: Sequence[str] = ()) -> list[Document]:
    """The documents of a half whose kind or name begins with one of `only`; those whose file is absent are left out."""
    found = [load(path) for path in sorted(SET.rglob("*.json"))]
    return [
        document
        for document in found
        if half in ("all", document.half)
        and (not only or document.kind.startswith(tuple(only)) or document.name.startswith(tuple(only)))
        and document.path.is_file()
    ]
