"""Pages, chunks and sources as rows, and back.

What is read for every hit (texts, places, offsets) lies apart from what only a citation needs (words with their
boxes, blocks, units), which is compressed.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mistral_rag._cached import cached_property
from mistral_rag.index._database.connection import MAX_VALUE_BYTES
from mistral_rag.index._database.rows import Value, check_json_size, plain_json, unreadable
from mistral_rag.schema import Block, Box, Chunk, Locator, Page, Source, Table, TableCell, Unit, WordBoxes

TINY: Final = 256
SMALL: Final = 16_384
LEVEL: Final = 1
"""zlib's level: the higher ones save three bytes in a hundred on filings."""

STORED: Final = 0
"""zlib's level for the texts of pages: to compress them took a sixth of a commit, to save an eighth of the folder."""

EMPTY: Final = zlib.compress(b"", LEVEL)
_JSON: Final = json.JSONEncoder(separators=(",", ":"))


def page_values(page: Page) -> tuple[Value, ...]:
    """The columns of `pages` behind page, source and number."""
    place = page.locator
    return (
        place.kind,
        place.number,
        place.label,
        place.cells,
        float(page.width),
        float(page.height),
        None if page.confidence is None else float(page.confidence),
        _deflated(page.text.encode(), STORED),
    )


def layout_values(page: Page) -> tuple[bytes, bytes]:
    """The columns of `layouts` behind page."""
    blocks = [[b.kind, b.start, b.end, _box(b.box), b.origin] for b in page.blocks]
    units = [[u.start, u.end, u.kind, u.header] for u in page.units]
    words = _shuffled(page.words.data) if page.words.data else b""
    # read by position, so what came later stands behind, and only where there is any of it
    later = [[_table(table) for table in page.tables], page.doubts] if page.tables or page.doubts else []
    return _deflated(_JSON.encode([blocks, units, *later]).encode()), _deflated(words)


def _table(table: Table) -> list[Any]:
    # read by position, so what came later stands behind, and only where there is any of it
    cells = [
        [c.row, c.column, c.row_span, c.column_span, c.runs, c.role, _box(c.box), *([c.scope] if c.scope else [])]
        for c in table.cells
    ]
    later = [table.sheet_rows, table.sheet_columns, table.open_groups]
    while later and not later[-1]:
        later.pop()
    return [table.start, table.end, cells, table.columns, table.scale, table.continued, _box(table.box), *later]


def _deflated(data: bytes, level: int = LEVEL) -> bytes:
    """Compressed; small data with small tables, whose making costs more than the compression of a page."""
    if not data:
        return EMPTY
    if len(data) < TINY:
        level = STORED
    if len(data) > SMALL:
        return zlib.compress(data, level)
    stream = zlib.compressobj(level, zlib.DEFLATED, wbits=13, memLevel=6)
    return stream.compress(data) + stream.flush()


def _box(box: Box | None) -> list[float] | None:
    return None if box is None else [box.left, box.top, box.right, box.bottom]


def _shuffled(data: bytes) -> bytes:
    """First all first bytes of the records, then all second ones: numbers that grow slowly compress better so."""
    size = WordBoxes.RECORD.size
    return b"".join(data[at::size] for at in range(size))


def _unshuffled(data: bytes) -> bytes:
    size = WordBoxes.RECORD.size
    count = len(data) // size
    result = bytearray(len(data))
    for at in range(size):
        result[at::size] = data[at * count : (at + 1) * count]
    return bytes(result)


@dataclass(frozen=True)
class PackedPage:
    """A page as the columns that `page_values` gives, and perhaps those of `layout_values`.

    It is unpacked when it is asked for: a search finds many pages whose texts nobody reads.
    """

    values: tuple[Any, ...]
    layout: tuple[Any, ...] | None = None

    @cached_property
    def locator(self) -> Locator:
        """The page's place in the document."""
        kind, place, label, cells, *_ = self.values
        with unreadable("page"):
            return Locator(kind=kind, number=place, label=label, cells=cells)

    @cached_property
    def page(self) -> Page:
        """The page without words, blocks and units."""
        width, height, confidence, text = self.values[4:]
        with unreadable("page"):
            return Page(locator=self.locator, width=width, height=height, confidence=confidence, text=page_text(text))

    @cached_property
    def whole(self) -> Page:
        """The page with words, blocks and units. Raises LookupError where its layout was not read."""
        if self.layout is None:
            raise LookupError("the layout of this page was not read")
        return full_page(self.values, *self.layout)


def full_page(values: Sequence[Any], runs: bytes, words: bytes) -> Page:
    """A page of the columns that `page_values` and `layout_values` give."""
    light = PackedPage(tuple(values)).page
    with unreadable("page"):
        blocks, units, tables, doubts = _with_defaults(plain_json(_inflated(runs)))
        return Page(
            **{name: getattr(light, name) for name in ("locator", "width", "height", "confidence", "text")},
            words=WordBoxes(_unshuffled(_inflated(words))),
            blocks=tuple(_block(*block) for block in blocks),
            units=tuple(Unit(start=start, end=end, kind=kind, header=header) for start, end, kind, header in units),
            tables=tuple(_stored_table(*table) for table in tables),
            doubts=tuple(doubts),
        )


def _with_defaults(layout: list[Any]) -> list[Any]:
    """The lists of a layout; older indexes have no tables and doubts."""
    return [*layout, [], []] if len(layout) == 2 else layout


def _stored_table(
    start: int,
    end: int,
    cells: list[Any],
    columns: list[str],
    scale: str,
    continued: Any,
    box: list[float] | None,
    sheet_rows: Sequence[int] = (),
    sheet_columns: Sequence[int] = (),
    open_groups: Sequence[Sequence[Any]] = (),
) -> Table:
    return Table(
        start=start,
        end=end,
        cells=tuple(_stored_cell(*cell) for cell in cells),
        columns=tuple(columns),
        scale=scale,
        continued=continued,
        box=_stored_box(box),
        sheet_rows=tuple(sheet_rows),
        sheet_columns=tuple(sheet_columns),
        open_groups=tuple((name, rows) for name, rows in open_groups),
    )


def _stored_cell(
    row: int,
    column: int,
    row_span: int,
    column_span: int,
    runs: list[Any],
    role: Any,
    box: list[float] | None,
    scope: int = 0,
) -> TableCell:
    return TableCell(
        row=row,
        column=column,
        row_span=row_span,
        column_span=column_span,
        runs=tuple((start, end) for start, end in runs),
        role=role,
        box=_stored_box(box),
        scope=scope,
    )


def _block(kind: Any, start: int, end: int, box: list[float] | None, origin: Any) -> Block:
    return Block(kind=kind, start=start, end=end, box=_stored_box(box), origin=origin)


def _stored_box(sides: list[float] | None) -> Box | None:
    return None if sides is None else Box(left=sides[0], top=sides[1], right=sides[2], bottom=sides[3])


def page_text(data: bytes) -> str:
    """The text of a page as it lies in `pages.text`."""
    with unreadable("page"):
        return _inflated(data).decode()


def _inflated(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    result = stream.decompress(data, MAX_VALUE_BYTES)
    if not stream.eof:
        raise ValueError("compressed data is cut off or too long")
    return result


def chunk_values(chunk: Chunk) -> tuple[Value, ...]:
    """The columns of `chunks` from number on."""
    headings = json.dumps(chunk.headings, ensure_ascii=False) if chunk.headings else "[]"
    return (
        chunk.page,
        chunk.first_unit,
        chunk.last_unit,
        chunk.start,
        chunk.end,
        chunk.kind,
        headings,
        chunk.text,
    )


def stored_chunk(identifier: str, uri: str, values: Sequence[Any]) -> Chunk:
    """The chunk of the columns that `chunk_values` gives."""
    number, first, last, start, end, kind, headings, text = values
    with unreadable("chunk"):
        return Chunk(
            id=identifier,
            uri=uri,
            page=number,
            first_unit=first,
            last_unit=last,
            start=start,
            end=end,
            kind=kind,
            headings=tuple(plain_json(headings)),
            text=text,
        )


def stored_source(record: str) -> Source:
    """The source of a record."""
    with unreadable("source"):
        return Source.model_validate_json(check_json_size(record))
