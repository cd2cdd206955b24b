"""A parsing worker: a file a job, parsed and cut into units and chunks; or one whose pictures were read, to be cut."""

import gc
from collections.abc import Callable, Iterator
from dataclasses import replace

from ingest.chunking import cut
from ingest.parsing import parse
from ingest.parsing._bounds import MAX_TITLE, bounded_metadata, shortened
from ingest.parsing._members import unpack
from ingest.parsing._pictures import picture_pages
from ingest.parsing._result import (
    NEEDS_OCR,
    CutJob,
    PageProblem,
    ParsedFile,
    ParseJob,
    with_disproved,
    without_wrong_text,
)
from ingest.parsing._workers.wire import decode_job, encode_file
from mistral_rag.schema import Source
from mistral_rag.text import detect_language, readable_name
from mistral_rag.workers import WireFrame, serve

PDF_TYPE = "application/pdf"
_GARBAGE_THRESHOLDS = 50_000, 20, 100
"""Objects after which Python looks for garbage in cycles, and how often it looks at older ones: a filing of 100 pages
has a million objects and hardly a cycle. With the default of 700 looking took an eighth of the time."""


def main() -> None:
    """Answer jobs with parsed files or reasons."""
    serve(_prepare, verb="parsed")


def _prepare() -> Callable[[WireFrame], Iterator[WireFrame]]:
    # what is loaded now stays: it need not be looked at again
    gc.freeze()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    return _answer


def _answer(frame: WireFrame) -> Iterator[WireFrame]:
    job = decode_job(frame)
    yield encode_file(parse_file(job) if isinstance(job, ParseJob) else cut_file(job))


def parse_file(job: ParseJob) -> ParsedFile:
    """Parse a file, and cut it unless its pictures are to be read first; raises ParseError."""
    _unlock(job)
    parsed = with_disproved(parse(job.path, job.media_type), job.disproved)
    stated = dict(job.metadata)
    named = shortened(str(stated.pop("title", None) or ""), MAX_TITLE)
    members, unread_members = unpack(parsed.members, job.room)
    file = ParsedFile(
        uri=job.uri,
        media_type=job.media_type,
        title=named or parsed.title or shortened(readable_name(job.path.stem), MAX_TITLE),
        metadata=bounded_metadata({**stated, **parsed.metadata, **stated})[0],
        pages=parsed.pages,
        problems=(*parsed.problems, *unread_members),
        hidden=parsed.hidden,
        notes=parsed.notes,
        attachments=parsed.attachments,
        members=members,
        pictures=picture_pages(job.path, job.media_type, parsed, every=job.every_picture),
    )
    if job.awaits_ocr and file.pictures:
        return file
    waiting = [picture for picture in file.pictures if picture.reason.startswith(NEEDS_OCR)]
    unread = [PageProblem(picture.page, picture.reason) for picture in waiting]
    problems = sorted([*file.problems, *unread], key=lambda problem: problem.page or 0)
    return cut_file(CutJob(job, replace(file, pages=without_wrong_text(file.pages), problems=tuple(problems))))


def _unlock(job: ParseJob) -> None:
    """Put an unprotected copy in the place of a PDF with a password: all that read it later need none."""
    if not job.passwords or job.media_type != PDF_TYPE:
        return
    from mistral_rag.pdf import unlock  # a third of the worker's start, and only for PDFs

    copy = job.path.parent / ".unlocked"
    try:
        if unlock(job.path, job.passwords, copy):
            copy.replace(job.path)
    finally:
        copy.unlink(missing_ok=True)


def cut_file(job: CutJob) -> ParsedFile:
    """Cut the pages of a file, all of which are there, into units and chunks, and learn from them."""
    file = job.file
    pages, chunks = cut(file.pages, uri=file.uri, title=file.title)
    language = detect_language(page.text for page in pages)
    source = Source(
        uri=file.uri,
        digest=job.parsing.digest,
        name=job.parsing.name or readable_name(job.parsing.path.name),
        title=file.title,
        media_type=file.media_type,
        language=language,
        metadata=file.metadata,
    )
    # its regular expressions take 13 ms to compile: a worker is ready without them
    from mistral_rag.retrieval import learn

    profile = learn(source, [page.text for page in pages])
    return replace(file, language=language, pages=pages, chunks=chunks, profile=profile)


if __name__ == "__main__":
    main()
