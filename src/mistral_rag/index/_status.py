"""Counts and failures that `ingest status` shows. Loads nothing heavy: it is asked often."""

import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from mistral_rag.index._database.connection import MAX_VALUE_BYTES
from mistral_rag.index._database.identity import Identity
from mistral_rag.index._database.rows import plain_json, unreadable
from mistral_rag.index._gate import GROUPED

PAGES: Final = """
SELECT coalesce(sum(f.page IS NOT NULL), 0), coalesce(sum(f.page IS NULL AND p.confidence IS NOT NULL), 0),
 coalesce(sum(f.page IS NULL AND p.confidence IS NULL AND length(p.text) = 8), 0)
FROM pages p LEFT JOIN (
 SELECT DISTINCT s.source AS source, json_extract(j.value, '$[0]') AS page FROM sources s, json_each(s.problems) j
) f ON f.source = p.source AND f.page = p.number"""
"""The numbers of pages that could not be read, were read by OCR (they have a confidence), and are empty: zlib makes 8
bytes of nothing, and of anything else more."""

KEPT: Final = "'identity', 'generation', 'undecided', 'extra:unread'"
"""Names of the settings that a status tells of."""

HIDDEN: Final = f"""
SELECT count(*) FROM sources WHERE status = 'ok' AND {GROUPED}
 AND source NOT IN (SELECT source FROM groups)"""  # noqa: S608 (of constants)
"""The number of hidden documents: they name no group, and others do."""


DOUBTFUL: Final = """
SELECT s.record, p.number, l.runs FROM pages p JOIN sources s ON s.source = p.source JOIN layouts l ON l.page = p.page
WHERE s.status = 'ok' AND (p.confidence IS NOT NULL OR length(p.text) = 8) AND length(l.runs) > 30
ORDER BY s.uri, p.number LIMIT 5000"""
"""Layouts of pages that were read by OCR or have no text, among them those whose own text is wrong. Looking into one
takes .05 ms, so it is left at so many."""


def vectors_for(embedded: int, chunks: int) -> str:
    """Say how far an index is whose vectors are still coming; a share below one is never shown as 100 %."""
    return (
        f"vectors for {100 * embedded // max(chunks, 1)} %; the others are found by their words until a build is done"
    )


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
    settings = dict(connection.execute(f"SELECT name, value FROM settings WHERE name IN ({KEPT})"))  # noqa: S608
    identity = Identity.from_json(settings["identity"]) if "identity" in settings else Identity("", 0)
    with unreadable("row"):
        failures = [
            {"source": _text(plain_json(record)["name"]), "reason": _text(reason or "")} for record, reason in failed
        ]
        doubtful = list(_doubtful(connection))
        # names of files tell what a reader in some groups may not know
        skipped = [] if size is None else _unread(settings.get("extra:unread"))
        generation = int(settings.get("generation", 1))
        if not all(isinstance(count, int) for count in (pages, chunks, unread, by_ocr, blank)):
            raise TypeError("its pages can't be counted")
    return {
        "documents": counts["ok"],
        "pages": pages,
        "text_pages": pages - unread - by_ocr - blank,
        "ocr_pages": by_ocr,
        "blank_pages": blank,
        "failed_pages": unread,
        "chunks": chunks,
        "pending": _pending(connection, settings, identity),
        "hidden": hidden,
        "failed": counts["failed"],
        "removed": counts["removed"],
        "generation": generation,
        "models": {"embedding": identity.embedding, "dimension": identity.dimension},
        "size_bytes": size,
        "cost": 0.0,
        "failures": failures,
        "unread": skipped,
        "doubtful": doubtful,
    }


def _unread(value: str | None) -> list[dict[str, Any]]:
    """Files that builds did not read: reason, count and the first names, the most frequent reason first."""
    found: dict[str, dict[str, Any]] = {}
    for reasons in (plain_json(value) if value else {}).values():
        for reason, files in reasons.items():
            one = found.setdefault(_text(reason), {"reason": reason, "count": 0, "names": []})
            one["count"] += int(files["count"])
            one["names"] += [_text(name) for name in files["names"]]
    return sorted(found.values(), key=lambda one: (-one["count"], one["reason"]))


def _pending(connection: sqlite3.Connection, settings: Mapping[str, Any], identity: Identity) -> int:
    """The number of chunks whose vectors are still to come."""
    if not identity.dimension and "undecided" not in settings:
        return 0
    return int(connection.execute("SELECT count(*) - count(vector) FROM chunks").fetchone()[0])


def _doubtful(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """Pages whose own text is not what is printed, with the reason."""
    for record, number, runs in connection.execute(DOUBTFUL):
        # blocks, units, tables, doubts; the last two only where there are any
        layout = plain_json(zlib.decompressobj().decompress(runs, MAX_VALUE_BYTES))
        if doubts := "; ".join(map(_text, layout[3] if len(layout) > 3 else [])):
            yield {"source": _text(plain_json(record)["name"]), "page": number, "reason": doubts}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("it holds something else than text")
    return value


def size_of(folder: Path) -> int:
    """Bytes of all files below the folder; links are not followed, and a file that goes meanwhile counts nothing."""
    return sum(_size(Path(parent) / name) for parent, _, names in os.walk(folder) for name in names)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0
