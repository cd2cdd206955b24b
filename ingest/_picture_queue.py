"""Files whose pages are being read from their pictures, by threads, while others are parsed and embedded."""

import queue
import threading
from collections.abc import Iterator
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from typing import Final

from ingest._planning.budget import Budget
from ingest._planning.plan import FileToRead
from ingest._reading.ocr import CachedPageReader
from ingest._report import PageRead
from ingest.parsing._result import ParsedFile, ParseJob
from mistral_rag.ocr import PageFailure
from mistral_rag.schema import Page
from mistral_rag.usage import index_ledger, labelled, recording

MAX_HELD: Final = 4
"""Files that are read or wait to be: parsed files are held in memory, and each may have thousands of pages."""


@dataclass(slots=True)
class Scan:
    """A parsed file with pictures; `read` are the pages that are through, `missing` the keys of those that are not."""

    file: FileToRead
    job: ParseJob
    parsed: ParsedFile
    read: dict[int, Page | PageFailure] = field(default_factory=dict)
    missing: dict[int, bytes] = field(default_factory=dict)

    @property
    def progress(self) -> PageRead:
        """The pages that are through."""
        return PageRead(self.file.found.name, len(self.read), len(self.parsed.pictures))


Outcome = Page | PageFailure | Exception | None
"""A page, or why there is none; an error of the reader that concerns all; None at the end of a file."""


class PictureQueue:
    """Reads the pictures of up to `MAX_HELD` files at a time; `close` ends it and keeps what has come.

    The platform's OCR is asked for as many files at once; any other reader takes one after another.

    Attributes:
        held: files that were added and are not through.
    """

    def __init__(self, reader: CachedPageReader, budget: Budget) -> None:
        self.held = 0
        self._reader, self._budget = reader, budget
        self._waiting: queue.SimpleQueue[Scan | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[tuple[Scan, Outcome]] = queue.SimpleQueue()
        self._closed = threading.Event()
        count = MAX_HELD if reader.name.startswith("mistral-") else 1
        self._ledger = index_ledger(reader.writer.folder)
        # each in a copy of the context, so that the caller's own ledgers are told, too
        self._threads = [
            threading.Thread(target=copy_context().run, args=(self._work,), daemon=True) for _ in range(count)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def has_room(self) -> bool:
        """True when another file may be added."""
        return self.held < MAX_HELD

    def add(self, file: FileToRead, job: ParseJob, parsed: ParsedFile) -> int:
        """Add a file, and tell how many of its pages are read now.

        Pages that were read before are not read again, and those beyond the price limit not at all.
        """
        parsed = replace(parsed, pictures=self._reader.wanted(parsed.pictures))
        scan = Scan(file, job, parsed)
        scan.read |= self._reader.kept(file, parsed.pictures)
        keys = {picture.page: bytes.fromhex(picture.key) for picture in parsed.pictures}
        scan.missing = {page: key for page, key in keys.items() if page not in scan.read}
        if not self._budget.takes_pages(self._reader.name, len(scan.missing)):
            scan.read |= {page: PageFailure(page, self._budget.reason) for page in scan.missing}
            scan.missing.clear()
        self.held += 1
        if scan.missing:
            self._waiting.put(scan)
        else:
            self._outcomes.put((scan, None))
        return len(scan.missing)

    def results(self, seconds: float) -> Iterator[PageRead | Scan]:
        """Pages that have been read, and files that are through; waits for the first one, so many seconds at most.

        Raises what the reader raises for every page.
        """
        if not self.held:
            return
        try:
            found = self._outcomes.get(timeout=seconds)
            while True:
                yield from self._taken(*found)
                found = self._outcomes.get_nowait()
        except queue.Empty:
            return

    def _taken(self, scan: Scan, outcome: Outcome) -> Iterator[PageRead | Scan]:
        if outcome is None:
            self.held -= 1
            yield scan
        elif isinstance(outcome, Exception):
            raise outcome
        elif isinstance(outcome, PageFailure):
            scan.read[outcome.number] = outcome
            yield scan.progress
        elif (number := outcome.locator.number) in scan.missing:
            scan.read[number] = self._reader.keep(scan.file, scan.missing[number], outcome)
            yield scan.progress

    def close(self) -> None:
        """End the threads when they are through with what they are reading, and keep it."""
        self._closed.set()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        while not self._outcomes.empty():
            scan, outcome = self._outcomes.get()
            if isinstance(outcome, Page) and outcome.locator.number in scan.missing:
                self._reader.keep(scan.file, scan.missing[outcome.locator.number], outcome)

    def _work(self) -> None:
        while (scan := self._waiting.get()) is not None and not self._closed.is_set():
            try:
                with recording(self._ledger), labelled(document=scan.file.found.name):
                    self._read(scan)
            except Exception as error:  # noqa: BLE001  the edge of a thread
                self._outcomes.put((scan, error))

    def _read(self, scan: Scan) -> None:
        with closing(self._reader.outcomes(scan.job.path, list(scan.missing))) as outcomes:
            for outcome in outcomes:
                self._outcomes.put((scan, outcome))
                if self._closed.is_set():
                    return
        self._outcomes.put((scan, None))
