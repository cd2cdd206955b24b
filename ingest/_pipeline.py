"""A build: compare the folders with the index, parse what is new, embed, commit; resume by doing it again."""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

from ingest._embedding import Embedder, choose_embedder
from ingest._facts import learn_facts
from ingest._groups import Readers, hidden_line, regroup
from ingest._ocr import HOW_TO_READ, PictureReadings, When, With, open_reader, states, with_readings
from ingest._plan import Plan, Reading, make_plan, problem_line
from ingest._report import BuildReport, FileReport, PageRead, Progress
from ingest._sources import Found, resolve_roots
from ingest.parsing._children import parse_files
from ingest.parsing._result import ParsedFile, ParseJob
from mistral_rag.errors import ParseError
from mistral_rag.index import IndexWriter, SourceStatus
from mistral_rag.ocr import PageFailure, PageReader
from mistral_rag.schema import Page, Source

COMMIT_CHUNKS = 1000
COMMIT_SECONDS = 5.0
"""Work is committed when so much of it has gathered; a kill loses no more. Embeddings are kept sooner."""

GROUP_SECONDS = 0.5
"""How long a document waits for others that are embedded with it."""

SAMPLE_FILES = 20
"""Files whose language is looked at before the embedding model of a new index is chosen."""

UNREAD = "0" * 64
"""Stands for the digest of a file that could not be opened."""


T = TypeVar("T")
Result = tuple[ParseJob, ParsedFile | ParseError]
Event = FileReport | PageRead


class Build:
    """One run of `ingest build`: iterate to work, stop iterating to stop; then read `report`.

    Args:
        paths: files and folders.
        index: the index folder; made when it is missing or empty.
        embeddings: the name of an embedding model, "none" for lexical search only, or "auto": the index's
            own, and for a new index what `mistral_rag.defaults` chooses by key and language.
        prune: drop documents that are gone even when they are more than a fifth of a root.
        rebuild: forget what the index holds and read everything again; a way to other models.
        workers: parsing processes; by default one a core.
        ocr: "auto" reads the pictures of pages whose text layer is not enough, "always" those of every page that is
            read, "never" none: then such pages fail.
        ocr_with: "mistral", "local", or "auto": the platform with a key, this machine without one. Or a reader of
            your own.
        groups: the groups that may read the documents, "*" is everyone; None: those they have already, and none for
            new ones. See `Source`.

    Iterating raises the errors of the store and the platform; a file that can't be read is a line of the report.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        index: str | Path,
        *,
        embeddings: str = "auto",
        prune: bool = False,
        rebuild: bool = False,
        workers: int | None = None,
        ocr: When = "auto",
        ocr_with: With | PageReader = "auto",
        groups: Sequence[str] | None = None,
    ) -> None:
        if isinstance(groups, str):
            raise ValueError("groups are a collection of names, not one text")
        self.roots = resolve_roots(paths)
        self.index = Path(index)
        self.embeddings = embeddings
        self.prune = prune
        self.rebuild = rebuild
        self.workers = workers
        self.ocr = ocr
        self.ocr_with = ocr_with
        self.groups = None if groups is None else tuple(groups)
        self.report = BuildReport()
        self._uncommitted, self._committed = 0, time.monotonic()

    def __iter__(self) -> Iterator[Progress]:
        started = time.monotonic()
        try:
            with (
                open_reader(self.ocr, self.ocr_with) as reader,
                IndexWriter.open(self.index) as writer,
            ):
                self._readings = PictureReadings(reader, writer) if reader else None
                known = writer.sources()
                self._readers = Readers(self.groups, known)
                if self.rebuild:
                    writer.clear()
                    known = writer.sources()
                name = reader.name if reader else ""
                plan = make_plan(self.roots, known, prune=self.prune, reader=name, groups=self.groups)
                self.report.warnings += plan.warnings
                self.report.embedding = writer.identity.embedding if writer.identity else ""
                yield from self._work(writer, plan, known)
        finally:
            self.report.seconds = round(time.monotonic() - started, 3)

    def _work(self, writer: IndexWriter, plan: Plan, known: Mapping[str, SourceStatus]) -> Iterator[Progress]:
        reported = len(plan.settled) + len(plan.regrouped) + len(plan.held_back)
        total = reported + len(plan.failed) + len(plan.to_read) + len(plan.gone)
        for event in self._changes(writer, plan, known):
            if isinstance(event, FileReport):
                self.report.add(event)
            yield Progress(event, len(self.report.files), total, self.report.chunks)

    def _changes(self, writer: IndexWriter, plan: Plan, known: Mapping[str, SourceStatus]) -> Iterator[Event]:
        self.report.failed_pages += plan.failed_pages
        yield from plan.settled
        for found, reason in plan.failed:
            # no size fits a file that could not be opened, so that the next build tries again
            writer.fail(self._source(found, UNREAD), reason, root=found.root, size=-1, mtime_ns=0)
            yield FileReport(found.name, "failed", reason)
        for found, state in plan.regrouped:
            regroup(writer, state, self._readers.of(found.uri, state.source.digest))
            self._commit_in_time(writer, state.chunks)
            yield FileReport(found.name, "regrouped", problem_line(state.problems), state.pages)
        yield from self._read(writer, plan.to_read)
        for uri in plan.gone:
            writer.remove(uri)
            yield FileReport(known[uri].source.name, "removed")
        for uri in plan.held_back:
            yield FileReport(known[uri].source.name, "held_back", "gone from its folder; drop it with --prune")
        learn_facts(writer)
        writer.commit()
        writer.refresh_caches()
        if hidden := hidden_line(writer):
            self.report.warnings.append(hidden)

    def _read(self, writer: IndexWriter, readings: Sequence[Reading]) -> Iterator[Event]:
        by_uri = {reading.found.uri: reading for reading in readings}
        every = self.ocr == "always"
        jobs = (ParseJob(r.found.path, r.found.uri, r.found.media_type or "", every) for r in readings)
        if not readings and self.embeddings == "auto":
            return
        # closed at once when something is raised, not when the error is forgotten: children would live on meanwhile
        with closing(parse_files(jobs, workers=self.workers)) as parsed:
            yield from self._take_in(writer, by_uri, parsed)

    def _take_in(
        self, writer: IndexWriter, by_uri: Mapping[str, Reading], parsed: Iterator[Result]
    ) -> Generator[Event, None, None]:
        """Embed what was parsed and put it into the index."""
        early = [] if self.embeddings != "auto" or writer.identity else list(islice(parsed, SAMPLE_FILES))
        for at, (job, result) in enumerate(early):
            # which language a scan is in is known when it has been read
            if isinstance(result, ParsedFile) and result.pictures:
                early[at] = job, (yield from self._read_pictures(by_uri[job.uri], result))
        embedder = choose_embedder(self.embeddings, (result for _, result in early), writer)
        self.report.embedding = embedder.name
        group: list[tuple[Reading, ParsedFile]] = []
        begun = time.monotonic()
        for job, result in chain(_drained(early), parsed):
            reading = by_uri[job.uri]
            if isinstance(result, ParsedFile) and result.pictures:
                result = yield from self._read_pictures(reading, result)
            outcome = _checked(reading, result)
            if isinstance(outcome, ParseError):
                yield self._fail(writer, reading, outcome.reason)
                continue
            if not outcome.chunks and outcome.problems:
                self._count(outcome)
                yield self._fail(writer, reading, problem_line(_problems(outcome)) or "")
                continue
            begun = begun if group else time.monotonic()
            group.append((reading, outcome))
            if _chunks(group) >= embedder.group or time.monotonic() - begun > GROUP_SECONDS:
                yield from self._store(writer, group, embedder)
        yield from self._store(writer, group, embedder)

    def _read_pictures(self, reading: Reading, parsed: ParsedFile) -> Generator[Event, None, ParsedFile]:
        """The file with the pictures of its pages read."""
        found: dict[int, Page | PageFailure] = {}
        name = ""
        if self._readings is not None:
            name = self._readings.reader.name
            for number, outcome in self._readings.read(reading, parsed.pictures):
                found[number] = outcome
                yield PageRead(reading.found.name, len(found), len(parsed.pictures))
            self.report.ocr_fresh = self._readings.fresh
        elif self.ocr != "never" and HOW_TO_READ not in self.report.warnings:
            self.report.warnings.append(HOW_TO_READ)
        return with_readings(parsed, found, reader=name, stem=reading.found.path.stem)

    def _count(self, parsed: ParsedFile) -> None:
        ended = states(parsed)
        self.report.pages += len(ended)
        self.report.text_pages += ended.count("text")
        self.report.ocr_pages += ended.count("ocr")
        self.report.blank_pages += ended.count("blank")
        self.report.failed_pages += ended.count("failed")
        self.report.chunks += len(parsed.chunks)

    def _fail(self, writer: IndexWriter, reading: Reading, reason: str) -> FileReport:
        found = reading.found
        if found.change():
            # no size fits, so that the next build tries again, whatever the file holds then
            writer.fail(self._source(found, UNREAD), reason, root=found.root, size=-1, mtime_ns=0)
        else:
            source = self._source(found, reading.digest)
            writer.fail(source, reason, root=found.root, size=found.size, mtime_ns=found.mtime_ns)
        return FileReport(found.name, "failed", reason)

    def _store(
        self, writer: IndexWriter, group: list[tuple[Reading, ParsedFile]], embedder: Embedder
    ) -> Iterator[FileReport]:
        """Put the documents that have gathered into the index and commit when it is time; empties the group."""
        if len(group) > 1:
            embedder.prepare((self._source(reading.found, reading.digest, parsed), parsed) for reading, parsed in group)
        for reading, parsed in _drained(group):
            yield self._put(writer, reading, parsed, embedder)
            self._commit_in_time(writer, len(parsed.chunks))

    def _commit_in_time(self, writer: IndexWriter, chunks: int) -> None:
        self._uncommitted += chunks
        if self._uncommitted >= COMMIT_CHUNKS or time.monotonic() - self._committed > COMMIT_SECONDS:
            writer.commit()
            self._uncommitted, self._committed = 0, time.monotonic()

    def _put(self, writer: IndexWriter, reading: Reading, parsed: ParsedFile, embedder: Embedder) -> FileReport:
        found = reading.found
        source = self._source(found, reading.digest, parsed)
        vectors = embedder.vectors(source, parsed)
        problems = _problems(parsed)
        writer.put(
            source,
            parsed.pages,
            parsed.chunks,
            vectors,
            root=found.root,
            size=found.size,
            mtime_ns=found.mtime_ns,
            problems=problems,
        )
        self._count(parsed)
        self.report.embedded = embedder.fresh
        return FileReport(found.name, reading.becomes, problem_line(problems), len(parsed.pages))

    def _source(self, found: Found, digest: str, parsed: ParsedFile | None = None) -> Source:
        return Source(
            uri=found.uri,
            digest=digest,
            name=found.name,
            title=parsed.title if parsed else Path(found.name).stem,
            media_type=found.media_type or "",
            language=parsed.language if parsed else "",
            modified=datetime.fromtimestamp(found.mtime_ns // 10**9, tz=UTC),
            groups=self._readers.of(found.uri, digest),
            metadata=parsed.metadata if parsed else {},
        )


def _checked(reading: Reading, result: ParsedFile | ParseError) -> ParsedFile | ParseError:
    if isinstance(result, ParseError):
        return result
    change = reading.found.change()
    return ParseError(change) if change else result


def _problems(parsed: ParsedFile) -> tuple[tuple[int | None, str], ...]:
    return tuple((problem.page, problem.reason) for problem in parsed.problems)


def _chunks(group: Sequence[tuple[Reading, ParsedFile]]) -> int:
    return sum(len(parsed.chunks) for _, parsed in group)


def _drained(items: list[T]) -> Iterator[T]:
    """The items, each let go of when it is handed over: a parsed file can be large."""
    while items:
        yield items.pop(0)
