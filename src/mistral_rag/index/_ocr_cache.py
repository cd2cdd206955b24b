"""Pages that OCR has read, kept by what was on them: they are paid for once, with money or with time."""
# ruff: noqa: S608 (statements are put together from constants of this package; values are parameters)

import sqlite3
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._database.connection import MAX_VALUE_BYTES
from mistral_rag.index._database.format import COLUMNS
from mistral_rag.index._database.rows import RowWriter, check_json_size, in_batches, row_digest, unreadable
from mistral_rag.index._folder.commands import verify_command
from mistral_rag.schema import Page

LEVEL: Final = 6
UNUSED: Final = "file NOT IN (SELECT json_extract(record, '$.digest') FROM sources WHERE status != 'removed')"
"""Condition of rows that belong to no file that the index knows any more."""


def cached_pages_of(
    connection: sqlite3.Connection, reader: str, keys: Sequence[bytes], *, folder: Path
) -> dict[bytes, Page]:
    """The kept pages among these keys of the index in `folder`; locators are those of the file each was read from."""
    names = ", ".join(f'"{name}"' for name in (*COLUMNS["readings"], "digest"))
    found: dict[bytes, Page] = {}
    for placeholders, batch in in_batches(keys):
        query = f"SELECT {names} FROM readings WHERE reader = ? AND key IN ({placeholders})"
        for *values, digest in connection.execute(query, (reader, *batch)):
            if row_digest("readings", values) != digest:
                raise IndexDamagedError(
                    f"{folder}: a row of readings is not what was written. {verify_command(folder)}"
                )
            found[values[1]] = unpacked_page(values[3])
    return found


def keep_page(rows: RowWriter, reader: str, key: bytes, file: str, page: Page) -> None:
    """Keep a page by reader and key until no file with the digest `file` is known any more."""
    rows.delete("readings", "reader = ? AND key = ? AND file = ?", (reader, key, file))
    rows.insert("readings", [(reader, key, file, zlib.compress(page.model_dump_json().encode(), LEVEL))])


def unpacked_page(data: bytes) -> Page:
    """A page as it is kept. Raises IndexDamagedError where it is none."""
    with unreadable("page"):
        stream = zlib.decompressobj()
        return Page.model_validate_json(check_json_size(stream.decompress(data, MAX_VALUE_BYTES)))
