"""The ledger beside the database: lines of JSON about paid calls, which name documents."""

import json
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from mistral_rag.index._folder.regular_file import IrregularFileError, delete, open_regular, replace_file

LEDGER: Final = "ledger.jsonl"
MAX_BYTES: Final = 1 << 30
"""A gigabyte is some three million calls; what is larger is no ledger of ours, and is deleted unread."""


def forget_documents(folder: Path, kept: Collection[str]) -> None:
    """Take the names of all documents but `kept` out of the ledger, and what is no line of it; the sums stay."""
    path = folder / LEDGER
    try:
        with open_regular(path, max_bytes=MAX_BYTES) as file:
            replace_file(path, list(_lines(file, kept)))
    except FileNotFoundError:
        return
    except IrregularFileError:
        delete(path)


def _lines(lines: Iterator[bytes], kept: Collection[str]) -> Iterator[bytes]:
    for line in lines:
        with suppress(ValueError, RecursionError):
            entry = json.loads(line)
            if not isinstance(entry, dict):
                continue
            labels = entry.get("labels")
            # the digest of a question could be matched with questions that somebody guesses
            named = labels if isinstance(labels, dict) else {}
            left = {name: value for name, value in named.items() if name == "document" and value in kept}
            yield json.dumps({**entry, "labels": left}).encode() + b"\n"
