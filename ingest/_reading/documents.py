"""Files on their way to documents: parsed and cut in workers, their pictures read in between."""

import os
import shutil
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from ingest._picture_queue import MAX_HELD, PictureQueue, Scan
from ingest._planning.budget import Budget
from ingest._planning.plan import FileToRead
from ingest._reading.members import MemberQueue
from ingest._reading.ocr import CachedPageReader, merge_ocr
from ingest._reading.opened import OpenFiles, changed_at, is_settled, sha256_of
from ingest._reading.scans import ScanCount
from ingest._report import PageRead
from ingest.parsing._result import ParsedFile, ParseJob, without_wrong_text
from ingest.parsing._workers.pool import Outcome, ParsingWorkers
from mistral_rag.errors import ParseError
from mistral_rag.text import readable_name

WAIT: Final = 0.25
"""Seconds after which the caller gets its turn, when nothing got ready."""
WAIT_FOR_TWO: Final = 0.02
"""The same where files may come from parsing and from OCR."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was to be read, and what became of it; `parsed` is whole and cut.

    A `provisional` one has only the text that the file itself gives; it comes once more when its pictures were read.
    Members of the file lie in the folder `unpacked`.
    """

    file: FileToRead
    parsed: ParsedFile | ParseError
    provisional: bool = False
    unpacked: Path | None = None


def read_files(
    files: Iterable[FileToRead],
    reader: CachedPageReader | None = None,
    *,
    members: MemberQueue | None = None,
    budget: Budget | None = None,
    workers: int | None = None,
    every_picture: bool = False,
    passwords: Sequence[str] = (),
    scans: ScanCount | None = None,
) -> Generator[PageRead | ReadFile | None, None, None]:
    """Read files in worker processes; yields them as they get ready, in any order, and every page that OCR has read.

    None stands for a moment in which nothing got ready. Each file is opened once, and it is the open file that is
    parsed, read by OCR and compared with its digest; one whose pictures have to wait is opened anew later. Without a
    `reader` the pictures of pages are problems of the file. What the caller puts among the waiting `members` meanwhile
    is read as well, also a file once more. `scans` counts the pages that wait for OCR. Close the generator, and the
    workers are ended.
    Raises IngestError when a worker can't start, and what the reader raises for every page.
    """
    members = members if members is not None else MemberQueue()
    with OpenFiles() as opened, closing(ParsingWorkers(workers=workers)) as parsing:
        if reader is None:
            settings = _JobSettings(every_picture, False, tuple(passwords))
            yield from _Reading(files, opened, parsing, None, members, settings).results()
            return
        with closing(PictureQueue(reader, budget or Budget())) as pictures:
            settings = _JobSettings(every_picture, True, tuple(passwords))
            queued = _Queued(pictures, reader, scans if scans is not None else ScanCount())
            yield from _Reading(files, opened, parsing, queued, members, settings).results()


@dataclass(frozen=True, slots=True)
class _JobSettings:
    """Settings that all jobs have in common."""

    every_picture: bool
    awaits_ocr: bool
    passwords: tuple[str, ...] = field(repr=False)


@dataclass(slots=True)
class _Queued:
    """Files whose pictures are read now, and those that are parsed again when there is room: `later`."""

    pictures: PictureQueue
    reader: CachedPageReader
    scans: ScanCount
    later: deque[FileToRead] = field(default_factory=deque)


class _Reading:
    """Files on their way through parsing and OCR.

    A file whose pictures can't be read at once is let go of and parsed once more later: that takes milliseconds a page,
    while to hold it would fill the memory, and to wait for it would hold up all others. A reader that computes here
    begins when every other file has been parsed, so that their words are found first.
    """

    def __init__(
        self,
        files: Iterable[FileToRead],
        opened: OpenFiles,
        parsing: ParsingWorkers,
        queued: _Queued | None,
        members: MemberQueue,
        settings: _JobSettings,
    ) -> None:
        self._files = iter(files)
        self._opened, self._parsing, self._queued, self._members = opened, parsing, queued, members
        self._settings = settings
        self._by_path: dict[Path, FileToRead] = {}
        self._refused: list[ReadFile] = []
        self._provisional: set[Path] = set()
        self._again: set[Path] = set()
        self._first_pass = True

    def results(self) -> Iterator[PageRead | ReadFile | None]:
        """All files, as they get ready."""
        while True:
            self._submit()
            while self._refused:
                yield self._refused.pop(0)
            held = self._queued.pictures.held if self._queued else 0
            if not self._parsing.pending and not held:
                return
            if self._queued and held:
                for found in self._queued.pictures.results(0.0 if self._parsing.pending else WAIT):
                    if isinstance(found, Scan):
                        self._merge(found, self._queued.reader)
                        yield None
                    else:
                        self._queued.scans.page()
                        yield found
            if self._parsing.pending:
                try:
                    job, outcome = self._parsing.result(WAIT_FOR_TWO if held else WAIT)
                except TimeoutError:
                    yield None
                else:
                    yield from self._parsed(job, outcome)

    def _submit(self) -> None:
        """Keep the workers busy, first with what was never parsed: members before more files that may have some."""
        while self._members.waiting and self._parsing.has_room:
            self._open(self._members.waiting.popleft())
        while self._first_pass and self._parsing.has_room:
            file = next(self._files, None)
            if file is None:
                self._first_pass = False
            else:
                self._open(file)
        if self._queued is None or self._first_pass:
            return
        if self._queued.reader.own and self._parsing.pending > len(self._again):
            return
        while self._queued.later and len(self._again) + self._queued.pictures.held < MAX_HELD:
            if path := self._open(self._queued.later.popleft()):
                self._again.add(path)

    def _open(self, file: FileToRead) -> Path | None:
        """Give a file to the workers, or refuse it when it can't be opened."""
        found = file.found
        try:
            path = self._opened.add(found.open(), found.path.name)
        except OSError as error:
            reason = found.change() or f"can't be read: {error.strerror or error}"
            self._refused.append(ReadFile(file, ParseError(reason)))
            return None
        self._by_path[path] = file
        self._parsing.submit(
            ParseJob(
                path,
                found.uri,
                found.media_type or "",
                name=found.name,
                digest=file.digest,
                every_picture=self._settings.every_picture,
                awaits_ocr=self._settings.awaits_ocr,
                metadata=dict(found.metadata),
                room=self._members.room(file, self._opened.make_folder()),
                passwords=self._settings.passwords,
                disproved=file.disproved,
            )
        )
        return path

    def _parsed(self, job: ParseJob, outcome: Outcome) -> Iterator[ReadFile]:
        file = self._by_path[job.path]
        queued = self._queued
        again = job.path in self._again
        self._again.discard(job.path)
        if queued is not None and isinstance(outcome, ParsedFile) and outcome.pictures:
            waiting = len(outcome.pictures)
            if not again:
                queued.scans.found(file, waiting)
            if again or (queued.pictures.has_room and not queued.reader.own):
                queued.scans.known(waiting - queued.pictures.add(file, job, outcome))
                return
            pages = without_wrong_text(outcome.pages)
            if any(page.text.strip() for page in pages):
                self._provisional.add(job.path)
                self._parsing.cut(job, replace(outcome, pages=pages, pictures=()))
                return
            self._done(job)
            queued.later.append(file)
            return
        provisional = job.path in self._provisional
        if queued is not None and not provisional:
            queued.scans.through(file)
        if provisional and queued is not None:
            # not before this one is through: it would be put in place of the file that has been read as a whole
            queued.later.append(file)
        parsed = _unless_changed(file, self._opened.descriptor(job.path), outcome)
        kept = not provisional and isinstance(parsed, ParsedFile) and bool(parsed.members)
        self._done(job, keep_members=kept)
        yield ReadFile(file, parsed, provisional, job.room.folder if kept and job.room else None)

    def _done(self, job: ParseJob, *, keep_members: bool = False) -> None:
        if job.room is not None and not keep_members:
            shutil.rmtree(job.room.folder, ignore_errors=True)
        del self._by_path[job.path]
        self._provisional.discard(job.path)
        self._opened.close(job.path)

    def _merge(self, scan: Scan, reader: CachedPageReader) -> None:
        stem = readable_name(scan.job.path.stem)
        self._parsing.cut(scan.job, merge_ocr(scan.parsed, scan.read, reader=reader.name, stem=stem))


def _unless_changed(file: FileToRead, descriptor: int, outcome: Outcome) -> Outcome:
    """The outcome, unless the file is not what the plan saw any more: then its digest would be that of other bytes."""
    if isinstance(outcome, ParseError):
        return outcome
    if change := file.found.change():
        return ParseError(change)
    try:
        changed_ns = changed_at(os.fstat(descriptor))
        unchanged = changed_ns == file.found.changed_ns and is_settled(changed_ns, file.looked_ns)
        if unchanged or sha256_of(descriptor) == file.digest:
            return outcome
    except OSError as error:
        return ParseError(f"can't be read: {error.strerror or error}")
    return ParseError("changed while it was being read; build again")
