"""Rows cut straight from the pages of a damaged database, without the trees that lead to them.

SQLite gives up a whole subtree for one bad page. A row of ours says itself whether it is whole: its digest covers its
columns and the name of its table. So every leaf is read for itself, and what is not what was written drops out.
Free pages hold nothing: what is deleted is overwritten with zeros. The format of pages and records is that of
https://www.sqlite.org/fileformat2.html.
"""

import heapq
import os
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, NamedTuple, Self

from mistral_rag.index._database.connection import MAX_VALUE_BYTES
from mistral_rag.index._database.format import COLUMNS, PAGE_SIZE
from mistral_rag.index._database.rows import DIGEST_SIZE, Value, row_digest
from mistral_rag.index._folder.layout import DATABASE, LOG
from mistral_rag.index._folder.regular_file import data_ranges, open_regular
from mistral_rag.index._recovery.log_frames import log_frames

FIRST_PAGE: Final = 100
"""Bytes of the file's header in front of what is on its first page."""

TABLE_LEAF, INDEX_LEAF, INDEX_INNER = 0x0D, 0x0A, 0x02
REALS: Final[Mapping[str, tuple[int, ...]]] = {"pages": (7, 8, 9)}
"""Columns of a fractional type: SQLite stores whole numbers in them as integers."""

BY_WIDTH: Final[Mapping[int, tuple[str, ...]]] = {
    width: tuple(table for table, columns in COLUMNS.items() if len(columns) + 1 == width)
    for width in {len(columns) + 1 for columns in COLUMNS.values()}
}
MAX_COLUMNS: Final = 32
"""More values no record of ours has, however many its head announces."""

OVERFLOW_READS: Final = 8
"""Records may overflow to so many times the size of the files; forged ones could all lead to the same pages."""

WHOLE_NUMBERS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Bytes of an integer by its type in a record."""


class PageRecord(NamedTuple):
    """One record of a page: `key` is its row number in a table, None in an index."""

    key: int | None
    values: list[Value]


class DatabasePages:
    """The pages of a database as of the last commit in its log. Use as a context manager.

    Args:
        folder: the index folder.
        lenient: take what stands in the log behind a damaged place, which SQLite drops.
    """

    def __init__(self, folder: Path, *, lenient: bool = False) -> None:
        self._log: BinaryIO | None = None
        self._file = _opened(folder / DATABASE)
        self.size = _page_size(self._file)
        self._frames: dict[int, int] = {}
        length = os.fstat(self._file.fileno()).st_size if self._file else 0
        self.count = -(-length // self.size)
        self._log = _opened(folder / LOG)
        self._overflow = self._overflow_budget = OVERFLOW_READS * sum(map(_data_size, (self._file, self._log)))
        if self._log:
            self._lay_over(self._log, lenient)

    def _lay_over(self, log: BinaryIO, lenient: bool) -> None:
        waiting: dict[int, int] = {}
        for number, total, place in log_frames(log, self.size, lenient=lenient):
            waiting[number] = place
            if total:
                self._frames |= waiting
                waiting = {}
                self.count = max(self.count, total) if lenient else total

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._file, self._log):
            if file:
                file.close()

    def page(self, number: int) -> bytes:
        """A page by its number (from 1); shorter or empty where the file ends."""
        if number in self._frames and self._log:
            self._log.seek(self._frames[number])
            return self._log.read(self.size)
        if not self._file or not 1 <= number <= self.count:
            return b""
        self._file.seek((number - 1) * self.size)
        return self._file.read(self.size)

    def records(self) -> Iterator[PageRecord]:
        """Every record that can be read, in the order of the pages."""
        self._overflow = self._overflow_budget
        later = (number for number in sorted(self._frames) if number <= self.count)
        for number in heapq.merge(self._in_file(), later):
            yield from self._on(number)

    def _in_file(self) -> Iterator[int]:
        """The numbers of the pages that the log does not replace, ascending; a hole of a sparse file holds none."""
        last = 0
        for start, end in data_ranges(self._file.fileno()) if self._file else ():
            numbers = range(max(last, start // self.size) + 1, min(-(-end // self.size), self.count) + 1)
            yield from (number for number in numbers if number not in self._frames)
            last = max(last, numbers.stop - 1)

    def definitions(self) -> set[str]:
        """Definitions of tables and indexes in SQLite's list on the first page."""
        return {
            sql
            for _, values in self._on(1)
            if len(values) == 5 and values[0] in {"table", "index"} and isinstance(sql := values[4], str)
        }

    def _on(self, number: int) -> Iterator[PageRecord]:
        page = self.page(number)
        head = FIRST_PAGE if number == 1 else 0
        if len(page) < head + 8 or page[head] not in {TABLE_LEAF, INDEX_LEAF, INDEX_INNER}:
            return
        kind = page[head]
        cells = int.from_bytes(page[head + 3 : head + 5], "big")
        first = head + (12 if kind == INDEX_INNER else 8)
        for at in range(first, min(first + 2 * cells, len(page) - 1), 2):
            try:
                yield self._record(page, int.from_bytes(page[at : at + 2], "big"), kind)
            except (ValueError, IndexError, struct.error):
                continue

    def _record(self, page: bytes, at: int, kind: int) -> PageRecord:
        if kind == INDEX_INNER:
            at += 4
        size, at = _varint(page, at)
        key: int | None = None
        if kind == TABLE_LEAF:
            key, at = _varint(page, at)
        return PageRecord(key, _values(self._payload(page, at, size, table=kind == TABLE_LEAF)))

    def _payload(self, page: bytes, at: int, size: int, *, table: bool) -> bytes:
        """A record's bytes: those on its page and those on the pages it overflows to."""
        if size > MAX_VALUE_BYTES:
            raise ValueError("too large")
        local = _local_size(size, self.size, table=table)
        parts, room = [page[at : at + local]], self.size - 4
        following = int.from_bytes(page[at + local : at + local + 4], "big")
        for _ in range(-(-(size - local) // room)):
            page = self.page(following)
            self._overflow -= len(page)
            if len(page) < 4 or self._overflow < 0:
                raise ValueError("cut off")
            following = int.from_bytes(page[:4], "big")
            parts.append(page[4:])
        data = b"".join(parts)[:size]
        if len(data) < size:
            raise ValueError("cut off")
        return data


def _opened(path: Path) -> BinaryIO | None:
    try:
        return open_regular(path, max_bytes=sys.maxsize)
    except FileNotFoundError:
        return None


def _data_size(file: BinaryIO | None) -> int:
    """Bytes of a file that are not in holes."""
    return sum(end - start for start, end in data_ranges(file.fileno())) if file else 0


def _page_size(file: BinaryIO | None) -> int:
    size = int.from_bytes(file.read(18)[16:18], "big") if file else 0
    return size if 512 <= size <= 1 << 15 and size & (size - 1) == 0 else PAGE_SIZE


def _local_size(size: int, page: int, *, table: bool) -> int:
    """The bytes of a record that lie on its own page."""
    most = page - 35 if table else (page - 12) * 64 // 255 - 23
    if size <= most:
        return size
    least = (page - 12) * 32 // 255 - 23
    wanted = least + (size - least) % (page - 4)
    return wanted if wanted <= most else least


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    value = value << 8 | data[at + 8]
    return value - (1 << 64) if value >> 63 else value, at + 9


def _values(data: bytes) -> list[Value]:
    end, at = _varint(data, 0)
    kinds = []
    while at < end:
        kind, at = _varint(data, at)
        kinds.append(kind)
        if len(kinds) > MAX_COLUMNS:
            raise ValueError("too many columns")
    values = []
    for kind in kinds:
        value, at = _value(data, at, kind)
        values.append(value)
    return values


def _value(data: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, at
    if kind in {8, 9}:
        return kind - 8, at
    if kind == 7:
        return struct.unpack(">d", data[at : at + 8])[0], at + 8
    length = WHOLE_NUMBERS.get(kind, (kind - 12) // 2 if kind >= 12 else -1)
    part = data[at : at + length]
    if len(part) != length:
        raise ValueError("cut off")
    if kind < 12:
        return int.from_bytes(part, "big", signed=True), at + length
    return part.decode() if kind % 2 else part, at + length


def whole_row(record: PageRecord) -> tuple[str, list[Value]] | None:
    """The table and columns of a record whose digest says that it is what was written; else None."""
    *values, digest = record.values or [None]
    if not isinstance(digest, bytes) or len(digest) != DIGEST_SIZE:
        return None
    for table in BY_WIDTH.get(len(record.values), ()):
        columns = _columns(table, record.key, values)
        if row_digest(table, columns) == digest:
            return table, columns
    return None


def _columns(table: str, key: int | None, values: Sequence[Value]) -> list[Value]:
    columns = list(values)
    if key is not None and columns[0] is None:
        columns[0] = key
    for place in REALS.get(table, ()):
        value = columns[place]
        if isinstance(value, int):
            columns[place] = float(value)
    return columns
