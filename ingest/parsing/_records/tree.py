"""Trees of named values as pages: fields in lines, records of one kind as tables, each below its path."""

from collections.abc import Mapping, Sequence
from typing import Final

from ingest.parsing._office.clean import one_line
from ingest.parsing._pages.builder import PageBuilder
from ingest.parsing._texts.outline import split_text
from mistral_rag.schema import Locator, Page
from mistral_rag.text import TableGrid

Value = str | Mapping[str, "Value"] | Sequence["Value"]
"""A text as it is written, fields by name, or a list."""
MAX_PAGE: Final = 6_000
"""Characters of a page, six chunks: its label is the path that all of it has in common."""
MAX_COLUMNS: Final = 30
"""Fields of records that are shown as a table; more are shown one below the other."""
MAX_ROWS: Final = 100
"""Records of a table before its heads stand again."""
MAX_DEPTH: Final = 200
"""Values within values; deeper ones are left out."""
MAX_LINE: Final = 200
"""Characters of a value that stands in a line with its name; a longer one is a paragraph of its own."""

Path = tuple[str, ...]


class TreePages:
    """Makes pages of a tree; `separator` is what parts the steps of a path when it is written."""

    def __init__(self, separator: str = "") -> None:
        self._separator = separator
        self._builder = PageBuilder()
        self._paths: list[Path] = []
        self._heading: Path = ()
        self.pages: list[Page] = []
        self.cut = 0

    def add(self, value: Value, path: Path) -> None:
        """Add a value and all below it."""
        if len(path) > MAX_DEPTH:
            self.cut += 1
        elif isinstance(value, str):
            self._lines([("", value)], path)
        elif isinstance(value, Mapping):
            self._fields(value, path)
        else:
            self._items(value, path)

    def finish(self) -> tuple[Page, ...]:
        """The pages, the last one ended."""
        self._end_page()
        return tuple(self.pages)

    def _fields(self, fields: Mapping[str, Value], path: Path) -> None:
        plain = [(name, value) for name, value in fields.items() if isinstance(value, str)]
        lists = [
            (n, v) for n, v in fields.items() if not isinstance(v, str | Mapping) and all(isinstance(i, str) for i in v)
        ]
        listed = [(name, ", ".join(map(str, value))) for name, value in lists]
        if plain or listed:
            self._lines([*plain, *listed], path)
        done = {name for name, _ in listed}
        for name, value in fields.items():
            if not isinstance(value, str) and name not in done:
                self.add(value, (*path, self._step(name)))

    def _items(self, items: Sequence[Value], path: Path) -> None:
        if items and all(isinstance(item, str) for item in items):
            self._lines([("", str(item)) for item in items], path)
        elif columns := _columns(items):
            for first in range(0, len(items), MAX_ROWS):
                self._table(items[first : first + MAX_ROWS], columns, path, first)
        else:
            for at, item in enumerate(items):
                self.add(item, (*path[:-1], f"{path[-1] if path else ''}[{at}]"))

    def _table(self, items: Sequence[Value], columns: Sequence[str], path: Path, first: int) -> None:
        grid = TableGrid()
        for name in columns:
            grid.add(one_line(name), is_head=True)
        grid.end_row(in_head=True)
        size = 0
        for item in items:
            for name in columns:
                value = item.get(name, "") if isinstance(item, Mapping) else ""
                text = one_line(value if isinstance(value, str) else "")
                size += len(text)
                grid.add(text)
            grid.end_row()
        own = (*path[:-1], f"{path[-1] if path else ''}[{first}:{first + len(items)}]")
        self._begin(own, size)
        self._builder.table(grid)

    def _lines(self, fields: Sequence[tuple[str, str]], path: Path) -> None:
        self._begin(path, sum(len(name) + len(value) + 3 for name, value in fields))
        for name, value in fields:
            named = f"{name}: {value}" if name else value
            if len(named) <= MAX_LINE and "\n" not in named:
                self._builder.block("list", named)
                continue
            for part in split_text(named, MAX_PAGE):
                self._begin(path, len(part))
                self._builder.block("text", part)

    def _begin(self, path: Path, size: int) -> None:
        """Begin a block at a path: on another page when this one is full, below the path's name when that is new."""
        if self._builder.length and self._builder.length + size > MAX_PAGE:
            self._end_page()
        if path != self._heading and len(path) > 1:
            self._builder.heading(1, self._written(path))
        self._heading = path
        self._paths.append(path)

    def _end_page(self) -> None:
        if self._builder.length:
            locator = Locator(kind="section", number=len(self.pages) + 1, label=self._written(_common(self._paths)))
            self.pages.append(self._builder.page(locator))
        self._builder, self._paths, self._heading = PageBuilder(), [], ()

    def _step(self, name: str) -> str:
        return f"{self._separator}{one_line(name)}"

    @staticmethod
    def _written(path: Path) -> str:
        return "".join(path)


def _columns(items: Sequence[Value]) -> list[str]:
    """The names of the fields of records that hold nothing but texts; none when some hold more, or have too many."""
    names: dict[str, None] = {}
    for item in items:
        if not isinstance(item, Mapping) or not all(isinstance(value, str) for value in item.values()):
            return []
        names |= dict.fromkeys(item)
        if len(names) > MAX_COLUMNS:
            return []
    return list(names)


def _common(paths: Sequence[Path]) -> Path:
    first, last = min(paths), max(paths)
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return first[:shared]
