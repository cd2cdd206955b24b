"""Files on their way to documents: parsed and cut in workers, their pictures read in between."""

import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ingest._ocr import CachedPageReader, merge_ocr
from ingest._opened import OpenFiles, changed_at, is_settled, sha256_of
from ingest._plan import FileToRead
from ingest._report import PageRead
from ingest.parsing._pool import Outcome, ParsingWorkers
from ingest.parsing._result import ParsedFile, ParseJob
from mistral_rag.errors import ParseError
from mistral_rag.ocr import PageFailure
from mistral_rag.schema import Page
from mistral_rag.text import readable_name


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was to be read, and what became of it; `parsed` is whole and cut."""

    file: FileToRead
    parsed: ParsedFile | ParseError


def read_files(
    files: Iterable[FileToRead],
    reader: CachedPageReader | None = None,
    *,
    workers: int | None = None,
    every_picture: bool = False,
) -> Generator[PageRead | ReadFile, None, None]:
    """Read files in worker processes; yields them as they get ready, in any order, and every page that OCR has read.

    Each is opened once, and it is the open file that is parsed, read by OCR and compared with its digest. Without a
    `reader` the pictures of pages are problems of the file. Close the generator, and the workers are ended.
    Raises IngestError when a worker can't start, and what the reader raises for every page.
    """
    by_uri: dict[str, FileToRead] = {}
    refused: list[ReadFile] = []
    with OpenFiles() as opened, closing(ParsingWorkers(workers=workers)) as parsing:
        jobs = _jobs(files, by_uri, opened, refused, every_picture=every_picture, awaits_ocr=reader is not None)
        for job, outcome in parsing.parse(jobs):
            yield from _drained(refused)
            file = by_uri[job.uri]
            if reader is not None and isinstance(outcome, ParsedFile) and outcome.pictures:
                read = yield from _read_pictures(file, job.path, outcome, reader)
                parsing.cut(job, merge_ocr(outcome, read, reader=reader.name, stem=readable_name(job.path.stem)))
            else:
                del by_uri[job.uri]
                parsed = _unless_changed(file, opened.descriptor(job.path), outcome)
                opened.close(job.path)
                yield ReadFile(file, parsed)
        yield from _drained(refused)


def _jobs(
    files: Iterable[FileToRead],
    by_uri: dict[str, FileToRead],
    opened: OpenFiles,
    refused: list[ReadFile],
    *,
    every_picture: bool,
    awaits_ocr: bool,
) -> Iterator[ParseJob]:
    """Jobs for the files that can be opened; the others are refused."""
    for file in files:
        found = file.found
        try:
            path = opened.add(found.open(), found.path.name)
        except OSError as error:
            refused.append(ReadFile(file, ParseError(found.change() or f"can't be read: {error.strerror or error}")))
            continue
        by_uri[found.uri] = file
        yield ParseJob(
            path,
            found.uri,
            found.media_type or "",
            name=found.name,
            digest=file.digest,
            every_picture=every_picture,
            awaits_ocr=awaits_ocr,
        )


def _drained(refused: list[ReadFile]) -> Iterator[ReadFile]:
    while refused:
        yield refused.pop(0)


def _read_pictures(
    file: FileToRead, path: Path, parsed: ParsedFile, reader: CachedPageReader
) -> Generator[PageRead, None, Mapping[int, Page | PageFailure]]:
    read: dict[int, Page | PageFailure] = {}
    for number, outcome in reader.read(file, path, parsed.pictures):
        read[number] = outcome
        yield PageRead(file.found.name, len(read), len(parsed.pictures))
    return read


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
