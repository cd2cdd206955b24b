"""A build: compare the folders with the index, parse what is new, embed, commit; resume by doing it again."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TypeVar

from langchain_core.embeddings import Embeddings

from ingest._documents import ReadFile, read_files
from ingest._embedding import Embedded, Embedder, choose_embedder
from ingest._groups import GroupAssignment, hidden_warning
from ingest._ocr import HOW_TO_READ, CachedPageReader, When, With, open_reader, page_states
from ingest._pictures import PictureCheck
from ingest._plan import BuildPlan, FileToRead, describe_problems, make_plan
from ingest._profiles import learn_missing
from ingest._report import BuildReport, FileReport, PageRead, Progress
from ingest._sources import SourceFile, resolve_roots
from ingest.parsing._result import UNKNOWN_DIGEST, ParsedFile
from mistral_rag.errors import ParseError
from mistral_rag.index import IndexWriter, SourceStatus
from mistral_rag.ocr import PageReader
from mistral_rag.schema import Source

COMMIT_CHUNKS = 1000
COMMIT_SECONDS = 5.0
"""Work is committed when so much of it has gathered; a kill loses no more. Embeddings are kept sooner."""

GROUP_SECONDS = 0.5
"""Time that a document waits for others to share its requests; a slow one must not hold up those before it."""

SAMPLE_FILES = 20
"""Files whose language is looked at before the embedding model of a new index is chosen."""
SAMPLE_CHUNKS = 2000
"""Chunks after which no further file is looked at: all of them are held in memory until the model is chosen."""

Event = FileReport | PageRead
Document = tuple[FileToRead, ParsedFile]
T = TypeVar("T")


class Build:
    """One run of `ingest build`: iterate to work, stop iterating to stop; then read `report`.

    Args:
        paths: files and folders.
        index: the index folder; made when it is missing or empty.
        embeddings: an embedding model or the name of one, "none" for lexical search only, or "auto": the index's
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

    Iterating raises the errors of the store; a file that can't be read is a line of the report. An error of the
    platform is raised at the end: what needs no platform is done before, what it would have read or embedded is left
    to the next build, and documents without vectors are found by their words until then.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        index: str | Path,
        *,
        embeddings: str | Embeddings = "auto",
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
        self._reader: CachedPageReader | None = None
        self._embedder: Embedder | None = None
        self._pictures = PictureCheck()

    def __iter__(self) -> Iterator[Progress]:
        started = time.monotonic()
        try:
            with (
                self._pictures,
                open_reader(self.ocr, self.ocr_with) as reader,
                IndexWriter.open(self.index) as writer,
            ):
                self._reader = CachedPageReader(reader, writer) if reader else None
                known = writer.sources()
                before = known
                if self.rebuild:
                    writer.clear()
                    known = writer.sources()
                name = reader.name if reader else ""
                plan = make_plan(self.roots, known, prune=self.prune, reader=name, groups=self.groups)
                self._groups = GroupAssignment(self.groups, before, plan.moved)
                self.report.warnings += plan.warnings
                self.report.embedding = writer.identity.embedding if writer.identity else ""
                yield from self._work(writer, plan, known)
            if error := self._platform_error():
                raise error
        finally:
            self.report.seconds = round(time.monotonic() - started, 3)

    def _platform_error(self) -> Exception | None:
        """The first error of the platform in this build."""
        users = (self._reader, self._embedder)
        return next((user.platform.first for user in users if user is not None and user.platform.first), None)

    def _work(self, writer: IndexWriter, plan: BuildPlan, known: Mapping[str, SourceStatus]) -> Iterator[Progress]:
        reported = len(plan.settled) + len(plan.regrouped) + len(plan.held_back)
        total = reported + len(plan.failed) + len(plan.to_read) + len(plan.gone)
        for event in self._changes(writer, plan, known):
            if isinstance(event, FileReport):
                self.report.add(event)
            yield Progress(event, len(self.report.files), total, self.report.chunks)

    def _changes(self, writer: IndexWriter, plan: BuildPlan, known: Mapping[str, SourceStatus]) -> Iterator[Event]:
        self.report.failed_pages += plan.failed_pages
        yield from plan.settled
        for found, reason in plan.failed:
            writer.fail(self._source(found, UNKNOWN_DIGEST), reason, root=found.root, size=SourceStatus.READ_AGAIN)
            yield FileReport(found.name, "failed", reason)
        for found, stamp in plan.looked_at:
            writer.note_look(found.uri, size=found.size, mtime_ns=stamp)
        for found, state in plan.regrouped:
            writer.set_groups(found.uri, self._groups.of(found.uri))
            self._commit_in_time(writer, 1)
            yield FileReport(found.name, "regrouped", describe_problems(state.problems), state.pages)
        yield from self._read(writer, plan.to_read)
        for uri in plan.gone:
            writer.remove(uri)
            yield FileReport(known[uri].source.name, "removed")
        for uri in plan.held_back:
            yield FileReport(known[uri].source.name, "held_back", "gone from its folder; drop it with --prune")
        learn_missing(writer)
        writer.commit()
        writer.refresh_caches()
        if hidden := hidden_warning(writer):
            self.report.warnings.append(hidden)

    def _read(self, writer: IndexWriter, files: Sequence[FileToRead]) -> Iterator[Event]:
        if not files and self.embeddings == "auto":
            return
        every = self.ocr == "always"
        # closed at once when something is raised, not when the error is forgotten: workers would live on meanwhile
        with closing(read_files(files, self._reader, workers=self.workers, every_picture=every)) as read:
            yield from self._take_in(writer, read)

    def _take_in(self, writer: IndexWriter, read: Iterator[PageRead | ReadFile]) -> Iterator[Event]:
        """Embed what was read and put it into the index."""
        sample: list[ReadFile] = []
        if self.embeddings == "auto" and writer.identity is None:
            yield from self._sample(read, sample)
        embedder = choose_embedder(self.embeddings, (file.parsed for file in sample), writer)
        self._embedder = embedder
        self.report.embedding = embedder.name
        group: list[Document] = []
        begun = time.monotonic()
        gathered = _drained(sample)
        for item in chain(gathered, read):
            if isinstance(item, PageRead):
                yield self._page_read(item)
                continue
            if isinstance(parsed := self._readable(item), ParseError):
                yield self._fail(writer, item.file, parsed.reason)
                continue
            begun = begun if group else time.monotonic()
            group.append((item.file, parsed))
            if _chunks(group) >= embedder.group or time.monotonic() - begun > GROUP_SECONDS:
                yield from self._store(writer, group, embedder)
        yield from self._store(writer, group, embedder)

    def _sample(self, read: Iterator[PageRead | ReadFile], sample: list[ReadFile]) -> Iterator[PageRead]:
        """Gather the first files; scans when they have been read, for before nobody knows their language."""
        held = 0
        for item in read:
            if isinstance(item, PageRead):
                yield self._page_read(item)
                continue
            sample.append(item)
            held += len(item.parsed.chunks) if isinstance(item.parsed, ParsedFile) else 0
            if len(sample) == SAMPLE_FILES or held >= SAMPLE_CHUNKS:
                return

    def _page_read(self, page: PageRead) -> PageRead:
        if self._reader is not None:
            self.report.ocr_fresh = self._reader.fresh
        return page

    def _readable(self, item: ReadFile) -> ParsedFile | ParseError:
        """The file, unless nothing of it could be read."""
        parsed = item.parsed
        if isinstance(parsed, ParseError):
            return parsed
        if parsed.pictures and self.ocr != "never" and HOW_TO_READ not in self.report.warnings:
            self.report.warnings.append(HOW_TO_READ)
        if parsed.chunks or not parsed.problems:
            return parsed
        self._count(parsed)
        return ParseError(describe_problems(_problems(parsed)) or "")

    def _count(self, parsed: ParsedFile) -> None:
        ended = page_states(parsed)
        self.report.pages += len(ended)
        self.report.text_pages += ended.count("text")
        self.report.ocr_pages += ended.count("ocr")
        self.report.blank_pages += ended.count("blank")
        self.report.failed_pages += ended.count("failed")
        self.report.chunks += len(parsed.chunks)
        self.report.hidden_characters += sum(parsed.hidden.values())
        self.report.notes += parsed.notes
        self.report.attachments += parsed.attachments

    def _fail(self, writer: IndexWriter, file: FileToRead, reason: str) -> FileReport:
        found = file.found
        if found.change():
            # whatever the file holds by then, the next build is to try again
            writer.fail(self._source(found, UNKNOWN_DIGEST), reason, root=found.root, size=SourceStatus.READ_AGAIN)
        else:
            source = self._source(found, file.digest)
            writer.fail(source, reason, root=found.root, size=found.size, mtime_ns=file.noted_ns)
        return FileReport(found.name, "failed", reason)

    def _store(self, writer: IndexWriter, group: list[Document], embedder: Embedder) -> Iterator[FileReport]:
        """Put the documents that have gathered into the index and commit when it is time; empties the group."""
        if not group:
            return
        documents = [self._checked(self._source(file.found, file.digest, parsed), parsed) for file, parsed in group]
        vectors = embedder.embed(documents)
        self.report.embedded = embedder.fresh
        files = [file for file, _ in group]
        group.clear()
        for file, (source, parsed), embedded in zip(files, _drained(documents), _drained(vectors), strict=True):
            yield self._put(writer, file, source, parsed, embedded)
            self._commit_in_time(writer, len(parsed.chunks))

    def _checked(self, source: Source, parsed: ParsedFile) -> tuple[Source, ParsedFile]:
        """The document, with what the pictures of some of its pages show otherwise among the doubts of these pages."""
        pages, differing = self._pictures.checked(source, parsed.pages)
        self.report.warnings += [str(each) for each in differing]
        return source, replace(parsed, pages=pages) if differing else parsed

    def _commit_in_time(self, writer: IndexWriter, chunks: int) -> None:
        self._uncommitted += chunks
        if self._uncommitted >= COMMIT_CHUNKS or time.monotonic() - self._committed > COMMIT_SECONDS:
            writer.commit()
            self._uncommitted, self._committed = 0, time.monotonic()

    def _put(
        self, writer: IndexWriter, file: FileToRead, source: Source, parsed: ParsedFile, embedded: Embedded
    ) -> FileReport:
        found, problems = file.found, _problems(parsed)
        if embedded.fault:
            problems = ((None, embedded.fault), *problems)
        writer.put(
            source,
            parsed.pages,
            parsed.chunks,
            embedded.matrix,
            root=found.root,
            size=SourceStatus.READ_AGAIN if embedded.fault else found.size,
            mtime_ns=file.noted_ns,
            problems=problems,
            profile=parsed.profile,
        )
        self._count(parsed)
        status = "failed" if embedded.fault else file.status
        return FileReport(
            found.name,
            status,
            describe_problems(problems),
            len(parsed.pages),
            hidden=parsed.hidden,
            doubts=_doubts(parsed),
            notes=parsed.notes,
            attachments=parsed.attachments,
        )

    def _source(self, found: SourceFile, digest: str, parsed: ParsedFile | None = None) -> Source:
        return Source(
            uri=found.uri,
            digest=digest,
            name=found.name,
            title=parsed.title if parsed else Path(found.name).stem,
            media_type=found.media_type or "",
            language=parsed.language if parsed else "",
            modified=datetime.fromtimestamp(found.mtime_ns // 10**9, tz=UTC),
            groups=self._groups.of(found.uri),
            metadata=parsed.metadata if parsed else {},
        )


def _problems(parsed: ParsedFile) -> tuple[tuple[int | None, str], ...]:
    return tuple((problem.page, problem.reason) for problem in parsed.problems)


def _doubts(parsed: ParsedFile) -> dict[int, str]:
    """Reasons to doubt the text of pages, by page number."""
    return {page.locator.number: "; ".join(page.doubts) for page in parsed.pages if page.doubts}


def _chunks(group: Sequence[Document]) -> int:
    return sum(len(parsed.chunks) for _, parsed in group)


def _drained(items: list[T]) -> Iterator[T]:
    """The items, each let go of when it is handed over: a parsed file can be large."""
    while items:
        yield items.pop(0)
