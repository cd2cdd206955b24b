"""Files on their way to documents: parsed and cut in workers, their pictures read in between."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from ingest._ocr import CachedPageReader, merge_ocr
from ingest._plan import FileToRead
from ingest._report import PageRead
from ingest.parsing._pool import Outcome, ParsingWorkers
from ingest.parsing._result import ParsedFile, ParseJob
from mistral_rag.errors import ParseError
from mistral_rag.ocr import PageFailure
from mistral_rag.schema import Page


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

    Without a `reader` the pictures of pages are problems of the file. Close the generator, and the workers are ended.
    Raises IngestError when a worker can't start, and what the reader raises for every page.
    """
    by_uri: dict[str, FileToRead] = {}
    jobs = _jobs(files, by_uri, every_picture=every_picture, awaits_ocr=reader is not None)
    with closing(ParsingWorkers(workers=workers)) as parsing:
        for job, outcome in parsing.parse(jobs):
            file = by_uri[job.uri]
            if reader is not None and isinstance(outcome, ParsedFile) and outcome.pictures:
                read = yield from _read_pictures(file, outcome, reader)
                parsing.cut(job, merge_ocr(outcome, read, reader=reader.name, stem=job.path.stem))
            else:
                del by_uri[job.uri]
                yield ReadFile(file, _unless_changed(file, outcome))


def _jobs(
    files: Iterable[FileToRead], by_uri: dict[str, FileToRead], *, every_picture: bool, awaits_ocr: bool
) -> Iterator[ParseJob]:
    for file in files:
        found = file.found
        by_uri[found.uri] = file
        yield ParseJob(
            found.path,
            found.uri,
            found.media_type or "",
            name=found.name,
            digest=file.digest,
            every_picture=every_picture,
            awaits_ocr=awaits_ocr,
        )


def _read_pictures(
    file: FileToRead, parsed: ParsedFile, reader: CachedPageReader
) -> Generator[PageRead, None, Mapping[int, Page | PageFailure]]:
    read: dict[int, Page | PageFailure] = {}
    for number, outcome in reader.read(file, parsed.pictures):
        read[number] = outcome
        yield PageRead(file.found.name, len(read), len(parsed.pictures))
    return read


def _unless_changed(file: FileToRead, outcome: Outcome) -> Outcome:
    """The outcome, unless the file is not what the plan saw any more: then its digest would be that of other bytes."""
    if isinstance(outcome, ParseError):
        return outcome
    change = file.found.change()
    return ParseError(change) if change else outcome
