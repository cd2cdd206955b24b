"""A parsing child: reads jobs from standard input, answers on standard output, until its parent is gone."""

import importlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import IO

from ingest.chunking import cut
from ingest.parsing import PARSERS
from ingest.parsing._pictures import pictures_of
from ingest.parsing._result import Parsed, ParsedFile, ParseJob
from ingest.parsing._wire import encode, encode_failure, read_frame, write_frame
from mistral_rag.errors import ParseError
from mistral_rag.schema import clean_text
from mistral_rag.text import detect_language

READY = b'{"ready": true}'
_LONGEST_REASON = 300


def main() -> None:
    """Answer jobs with parsed files or reasons."""
    jobs = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # what a parser prints must not end up between the frames
    os.dup2(2, 1)
    threading.Thread(target=_leave_with_parent, args=(os.getppid(),), daemon=True).start()
    write_frame(answers, READY)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    try:
        _serve(jobs, answers)
    except BrokenPipeError:
        os._exit(0)


def _serve(jobs: IO[bytes], answers: IO[bytes]) -> None:
    while (frame := read_frame(jobs)) is not None:
        fields = json.loads(frame[0])
        job = ParseJob(Path(fields["path"]), fields["uri"], fields["media_type"], fields["every_picture"])
        try:
            content, raw = encode(parse_job(job))
        except ParseError as error:
            content, raw = _failure(error.reason), b""
        except Exception as error:  # noqa: BLE001  the edge of the process: whatever goes wrong is one line of the report
            content, raw = _failure(f"can't be parsed: {type(error).__name__}: {error}"), b""
        write_frame(answers, content, raw)


def parse_job(job: ParseJob) -> ParsedFile:
    """Parse a file and cut it into units and chunks, in this process; raises ParseError."""
    module, _, function = PARSERS[job.media_type].partition(":")
    parsed: Parsed = getattr(importlib.import_module(module), function)(job.path)
    title = " ".join(clean_text(parsed.title).split()) or job.path.stem
    pages, chunks = cut(parsed.pages, uri=job.uri, title=title)
    return ParsedFile(
        uri=job.uri,
        media_type=job.media_type,
        title=title,
        language=detect_language(page.text for page in pages),
        metadata=parsed.metadata,
        pages=pages,
        chunks=chunks,
        problems=parsed.problems,
        pictures=pictures_of(job.path, job.media_type, parsed, every=job.every_picture),
    )


def _failure(reason: str) -> bytes:
    line = " ".join(clean_text(reason).split())
    return encode_failure(line[:_LONGEST_REASON])


def _leave_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
    sys.exit(0)
