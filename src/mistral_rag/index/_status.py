"""Counts and failures that `ingest status` shows. Loads nothing heavy: it is asked often."""

import os
import sqlite3
from pathlib import Path
from typing import Any, Final

from mistral_rag.index._database.rows import plain_json, unreadable

PAGES: Final = """
SELECT coalesce(sum(f.page IS NOT NULL), 0), coalesce(sum(f.page IS NULL AND p.confidence IS NOT NULL), 0),
 coalesce(sum(f.page IS NULL AND p.confidence IS NULL AND length(p.text) = 8), 0)
FROM pages p LEFT JOIN (
 SELECT DISTINCT s.source AS source, json_extract(j.value, '$[0]') AS page FROM sources s, json_each(s.problems) j
) f ON f.source = p.source AND f.page = p.number"""
"""The numbers of pages that could not be read, were read by OCR (they have a confidence), and are empty: zlib makes 8
bytes of nothing, and of anything else more."""

HIDDEN: Final = """
SELECT count(*) FROM sources WHERE status = 'ok' AND EXISTS (SELECT 1 FROM groups)
 AND source NOT IN (SELECT source FROM groups)"""
"""The number of hidden documents: they name no group, and others do."""


def status_of(connection: sqlite3.Connection, size: int | None) -> dict[str, Any]:
    """Counts, models and failures of what a connection shows, by the names of the command line; `size` in bytes."""
    counts = dict.fromkeys(("ok", "failed", "removed"), 0)
    counts |= dict(connection.execute("SELECT status, count(*) FROM sources GROUP BY status"))
    pages, chunks = connection.execute(
        "SELECT coalesce(sum(pages), 0), coalesce(sum(chunks), 0) FROM sources"
    ).fetchone()
    unread, by_ocr, blank = connection.execute(PAGES).fetchone()
    hidden = connection.execute(HIDDEN).fetchone()[0]
    failed = connection.execute("SELECT record, reason FROM sources WHERE status = 'failed' ORDER BY uri").fetchall()
    settings = dict(connection.execute("SELECT name, value FROM settings WHERE name IN ('identity', 'generation')"))
    with unreadable("row"):
        identity = plain_json(settings.get("identity", "{}"))
        failures = [{"source": plain_json(record)["name"], "reason": reason} for record, reason in failed]
        generation = int(settings.get("generation", 1))
        models = {"embedding": identity.get("embedding", ""), "dimension": identity.get("dimension", 0)}
    return {
        "documents": counts["ok"],
        "pages": pages,
        "text_pages": pages - unread - by_ocr - blank,
        "ocr_pages": by_ocr,
        "blank_pages": blank,
        "failed_pages": unread,
        "chunks": chunks,
        "hidden": hidden,
        "failed": counts["failed"],
        "removed": counts["removed"],
        "generation": generation,
        "models": models,
        "size_bytes": size,
        "cost": 0.0,
        "failures": failures,
    }


def size_of(folder: Path) -> int:
    """Bytes of all files below the folder; links are not followed."""
    return sum((Path(parent) / name).lstat().st_size for parent, _, names in os.walk(folder) for name in names)
