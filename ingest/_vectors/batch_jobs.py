"""Records of the batch jobs that embed the passages of an index: what a killed build has ordered, the next one takes.

The same texts are the same batch. So the end of what was ordered is noted in the index before anything is sent:
passages that come later do not make it another one.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mistral_rag import errors
from mistral_rag.index import IndexWriter

FOLDER: Final = "batches"
"""Folder of the records within that of the index."""
NAME: Final = "batch"
"""The name under which the index keeps the end of what was ordered."""
RECORDS: Final = ".json"
"""Ending of the names of records; other files there hold texts or vectors, and are of one moment."""
KEPT_AFTER: Final = (
    errors.ApiConnectionError,
    errors.ApiTimeoutError,
    errors.AuthenticationError,
    errors.RateLimitError,
    errors.ServerError,
)
"""Errors after which a batch may still go on at the platform; after others it is over, and has to be another one."""


class BatchJobs:
    """The batches of one model for one index."""

    def __init__(self, writer: IndexWriter, model: str) -> None:
        self._writer, self._model = writer, model

    @property
    def folder(self) -> Path:
        """The folder of the records; made when there is none, for this user alone."""
        folder = self._writer.folder / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def cut(self, rows: Sequence[int]) -> list[int]:
        """The first of the waiting rows, up to the end of a batch that was ordered; all where none was."""
        with self._writer.view() as view:
            noted = view.extra(NAME) or {}  # noqa: S610 (no Django here)
        end = noted.get("end") if noted.get("model") == self._model else None
        ordered = [row for row in rows if row <= end] if isinstance(end, int) else []
        return ordered or list(rows)

    def begin(self, end: int) -> None:
        """Note the last row of a batch before it is sent."""
        self._writer.set_extra(NAME, {"model": self._model, "end": end})
        self._writer.commit()

    def end(self) -> None:
        """Forget a batch whose vectors are in the index, or that failed."""
        self._writer.set_extra(NAME, None)
        self._writer.commit()
        shutil.rmtree(self._writer.folder / FOLDER, ignore_errors=True)


def is_under_way(writer: IndexWriter) -> bool:
    """True when a batch was ordered whose vectors have not been taken."""
    with writer.view() as view:
        return view.extra(NAME) is not None  # noqa: S610 (no Django here)


def drop_texts(folder: Path) -> None:
    """Delete the texts and vectors that a killed build may have left beside the records of an index."""
    for file in (folder / FOLDER).glob("*"):
        if file.suffix != RECORDS:
            file.unlink(missing_ok=True)
