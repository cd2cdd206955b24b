"""The ledger beside the database: what a purge takes out of it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from mistral_rag.index import IndexWriter
from mistral_rag.schema import Source
from mistral_rag.usage import index_ledger

Put = Callable[..., Source]


def lines(folder: Path, *labels: dict[str, str]) -> None:
    rows = [{"time": "2026-11-30T10:00:00+00:00", "cost": 0.5, "labels": named} for named in labels]
    index_ledger(folder).path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "no line\n")


def test_a_purge_takes_names_of_removed_documents_and_questions_out(writer: IndexWriter, put: Put) -> None:
    source = put(writer, "kept.txt", "A sentence.")
    writer.commit()
    lines(writer.folder, {"document": source.name}, {"document": "secret.txt"}, {"question": "abc"})
    writer.purge()
    left = [json.loads(line) for line in index_ledger(writer.folder).path.read_text().splitlines()]
    assert [row["labels"] for row in left] == [{"document": source.name}, {}, {}]
    assert [row["cost"] for row in left] == [0.5, 0.5, 0.5]


def test_a_link_in_its_place_is_not_followed(writer: IndexWriter, put: Put, tmp_path: Path) -> None:
    put(writer, "kept.txt", "A sentence.")
    outside = tmp_path / "outside.txt"
    outside.write_text("untouched")
    ledger = index_ledger(writer.folder).path
    ledger.symlink_to(outside)
    writer.purge()
    assert outside.read_text() == "untouched"
    assert not os.path.lexists(ledger)
