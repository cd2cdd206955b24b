"""A build: compare the folders with the index, parse what is new, commit, embed; resume by doing it again."""

import time
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from ingest._budget import Budget
from ingest._documents import ReadFile, read_files
from ingest._embedding import begin_embedding, chosen_embedder
from ingest._groups import GroupAssignment, hidden_warning
from ingest._members import MemberQueue
from ingest._moves import can_move, move_file
from ingest._ocr import HOW_TO_READ, CachedPageReader, When, With, open_reader, page_states
from ingest._pending import PendingVectors
from ingest._pictures import PictureCheck
from ingest._plan import BuildPlan, FileToRead, describe_problems, make_plan, plan_redo
from ingest._platform_errors import reason_of
from ingest._prices import price_of_pages, price_of_tokens
from ingest._profiles import learn_missing
from ingest._redo import Redo
from ingest._report import BuildReport, FileReport, PageRead, Progress, VectorsAdded
from ingest._sink import Sink
from ingest._stepping import stepped
from ingest._threads import MailThreads
from ingest._unread import note_unread
from ingest.parsing._mail.pages import HISTORY
from ingest.parsing._result import UNKNOWN_DIGEST, ParsedFile
from ingest.sources._found import SourceFile
from ingest.sources._places import LookSettings, Named, SourcePlaces
from mistral_rag.errors import ParseError
from mistral_rag.index import IndexWriter, SourceStatus
from mistral_rag.ocr import PageReader
from mistral_rag.schema import Source

COMMIT_CHUNKS = 1000
COMMIT_SECONDS = 2.0
"""Work is committed when so much of it has gathered; a kill loses no more. Paid results are kept sooner."""

REFRESH_CHUNKS = 2000
"""Passages after which the word index beside the database is written; then each time that it has doubled.

A reader that opens the index meanwhile has to add no more words by itself than are there already.
"""

Event = FileReport | PageRead | VectorsAdded


class Build:
    """One run of `ingest build`: iterate to work, stop iterating to stop; then read `report`.

    Args:
        sources: files and folders, URLs, folders of stores (`s3://…`), LangChain Documents or loaders.
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
        max_cost: US dollars that the platform may cost; what would exceed them is left to the next build.
        retry_failed: read files that failed once more, also where they have not changed.
        redo: documents that are read anew, and none else.
        look: which files are looked at, and how.
        sink: a vector store that gets the passages, too, and loses those that are gone.

    Words come first: each document is committed as it is read and found by its words from then on; vectors follow. A
    build that is broken off loses neither, and the next one goes on with the vectors that are missing.

    Iterating raises the errors of the store; a file that can't be read is a line of the report. An error of the
    platform is raised at the end: what needs no platform is done before, what it would have read or embedded is left
    to the next build.
    """

    def __init__(
        self,
        sources: Named | Iterable[Named],
        index: str | Path,
        *,
        embeddings: str | Embeddings = "auto",
        prune: bool = False,
        rebuild: bool = False,
        workers: int | None = None,
        ocr: When = "auto",
        ocr_with: With | PageReader = "auto",
        groups: Sequence[str] | None = None,
        max_cost: float | None = None,
        retry_failed: bool = False,
        redo: Redo | None = None,
        look: LookSettings | None = None,
        sink: VectorStore | None = None,
    ) -> None:
        if isinstance(groups, str):
            raise ValueError("groups are a collection of names, not one text")
        self.places = SourcePlaces(sources, look)
        self.roots = self.places.paths
        self.index = Path(index)
        self.embeddings = embeddings
        self.prune = prune
        self.rebuild = rebuild
        self.workers = workers
        self.ocr = ocr
        self.ocr_with = ocr_with
        self.groups = None if groups is None else tuple(groups)
        self.retry_failed = retry_failed
        self.redo = redo
        self.report = BuildReport()
        self._budget = Budget(max_cost)
        self._uncommitted, self._committed = 0, 0.0
        self._unrefreshed, self._refreshed = 0, 0
        self._read_bytes, self._total_bytes, self._waiting = 0, 0, 0
        self._total = 0
        self._members, self._threads = MemberQueue(), MailThreads({})
        self._reader: CachedPageReader | None = None
        self._vectors: PendingVectors | None = None
        self._sink = None if sink is None else Sink(sink)
        self.unsettled = 0
        self._pictures = PictureCheck(thorough=redo is not None)

    def __aiter__(self) -> AsyncIterator[Progress]:
        return stepped(iter(self))

    def __iter__(self) -> Generator[Progress, None, None]:
        started = time.monotonic()
        try:
            with (
                self.places,
                self._pictures,
                open_reader(self.ocr, self.ocr_with) as reader,
                IndexWriter.open(self.index) as writer,
            ):
                self._reader = CachedPageReader(reader, writer, self.redo) if reader else None
                known = writer.sources()
                before = known
                if self.rebuild:
                    self._note(writer, known)
                    writer.clear()
                    known = writer.sources()
                name = reader.name if reader else ""
                plan = self._planned(known, name)
                self.unsettled = plan.unsettled
                self._threads = MailThreads(known)
                self._members = MemberQueue(known, name, self.redo.names if self.redo else None)
                self._groups = GroupAssignment(self.groups, before, plan.moved)
                self.report.warnings += plan.warnings
                self.report.embedding = writer.identity.embedding if writer.identity else ""
                try:
                    yield from self._work(writer, plan, known)
                except (KeyboardInterrupt, SystemExit, GeneratorExit):
                    # every document that was put is whole
                    writer.commit()
                    raise
                finally:
                    self._count_costs()
            if error := self._platform_error():
                raise error
        finally:
            self.report.seconds = round(time.monotonic() - started, 3)

    def _planned(self, known: dict[str, SourceStatus], reader: str) -> BuildPlan:
        if self.redo is not None:
            return plan_redo(self.places, known, self.redo.uris)
        return make_plan(
            self.places, known, prune=self.prune, reader=reader, groups=self.groups, retry_failed=self.retry_failed
        )

    def _platform_error(self) -> Exception | None:
        """The first error of the platform in this build."""
        embedder = self._vectors.embedder if self._vectors else None
        users = (self._reader, embedder)
        return next((user.platform.first for user in users if user is not None and user.platform.first), None)

    def _count_costs(self) -> None:
        report = self.report
        pages = price_of_pages(self._reader.name, self._reader.fresh) if self._reader else 0.0
        tokens: float | None = 0.0
        if self._vectors is not None:
            embedder = self._vectors.embedder
            report.embedding, report.embedded, report.tokens = embedder.name, embedder.fresh, embedder.tokens
            tokens = price_of_tokens(embedder.name, embedder.tokens)
        report.cost = None if tokens is None else round(pages + tokens, 6)

    def _work(self, writer: IndexWriter, plan: BuildPlan, known: Mapping[str, SourceStatus]) -> Iterator[Progress]:
        gone = set(plan.gone) - set(plan.moved.values())
        reported = len(plan.settled) + len(plan.regrouped) + len(plan.held_back)
        self._total = reported + len(plan.failed) + len(plan.to_read) + len(gone)
        self._total_bytes = sum(file.found.size for file in plan.to_read)
        for event in self._changes(writer, plan, known):
            if isinstance(event, FileReport):
                self.report.add(event)
            yield Progress(
                event,
                len(self.report.files),
                max(self._total, len(self.report.files)),
                self.report.chunks,
                pages=self.report.pages,
                vectors=self._vectors.added if self._vectors else 0,
                pending=max(self._waiting - (self._vectors.added if self._vectors else 0), 0),
                read_bytes=self._read_bytes,
                total_bytes=self._total_bytes,
            )

    def _changes(self, writer: IndexWriter, plan: BuildPlan, known: Mapping[str, SourceStatus]) -> Iterator[Event]:
        self.report.failed_pages += plan.failed_pages
        yield from plan.settled
        for found, reason in plan.failed:
            self._note_whole(writer, found.uri)
            writer.fail(self._source(found, UNKNOWN_DIGEST), reason, root=found.root, size=SourceStatus.READ_AGAIN)
            yield FileReport(found.name, "failed", reason)
        for found, stamp in plan.looked_at:
            writer.note_look(found.uri, size=found.size, mtime_ns=stamp)
        for found, state in plan.regrouped:
            writer.set_groups(found.uri, self._groups.of(found.uri, found.groups))
            self._commit_in_time(writer, 1)
            yield FileReport(found.name, "regrouped", describe_problems(state.problems), state.pages)
        if self.redo is None:
            note_unread(writer, plan.unread)
        yield from self._add(writer, plan, known)
        if self._sink is not None:
            self._sink.finish(writer)
        writer.commit()
        writer.refresh_caches()
        if hidden := hidden_warning(writer):
            self.report.warnings.append(hidden)

    def _add(self, writer: IndexWriter, plan: BuildPlan, known: Mapping[str, SourceStatus]) -> Iterator[Event]:
        """Words first: read the files, drop what is gone; vectors follow, or come meanwhile where they cost no time."""
        waiting = _waiting(writer)
        asked = plan.to_read or self.embeddings != "auto" or waiting
        embedder = begin_embedding(self.embeddings, writer) if asked else None
        self._waiting = waiting
        with ExitStack() as stack:
            if embedder is not None:
                self._vectors = stack.enter_context(PendingVectors(embedder, writer, self._budget))
            files: list[FileToRead] = []
            for file in plan.to_read:
                if (report := self._moved(writer, file, plan, known)) is None:
                    files.append(file)
                else:
                    yield report
            yield from self._read(writer, files)
            yield from self._drop(writer, plan, known)
            for uri in self._threads.late():
                self._note(writer, [uri])
                writer.leave_out_pages(uri, HISTORY)
                self._to_sink(writer, uri)
            learn_missing(writer)
            writer.commit()
            if writer.undecided and _waiting(writer):
                self._vectors = stack.enter_context(PendingVectors(chosen_embedder(writer), writer, self._budget))
            if self._vectors is not None:
                yield from self._embed(writer, self._vectors)

    def _embed(self, writer: IndexWriter, vectors: PendingVectors) -> Iterator[Event]:
        """Embed what is left, once the words can be searched."""
        # the model may have been chosen just now
        writer.commit()
        if vectors.left:
            writer.refresh_caches()
            yield from vectors.finish()
            self.report.pending = vectors.left
        if self.report.pending:
            error = vectors.embedder.platform.first
            why = reason_of(error) if error else self._budget.reason
            passages = "1 passage has" if self.report.pending == 1 else f"{self.report.pending} passages have"
            self.report.warnings.append(f"{passages} no vector yet, and are found by their words: {why}")
        elif self._budget.spent:
            self.report.warnings.append(self._budget.reason)

    def _moved(
        self, writer: IndexWriter, file: FileToRead, plan: BuildPlan, known: Mapping[str, SourceStatus]
    ) -> FileReport | None:
        """Report a file that was moved, with all that the index holds of it; None for one that has to be read."""
        old = known.get(plan.moved.get(file.found.uri, ""))
        if old is None or not can_move(file, old):
            return None
        self._note_whole(writer, old.source.uri)
        named = self._source(file.found, file.digest)
        kept = {name: getattr(old.source, name) for name in ("title", "language", "metadata")}
        if not old.chunks:
            # of an archive, by its name
            kept["title"] = named.title
        for uri in move_file(writer, file, old, named.model_copy(update=kept), self._members.inside(old.source.uri)):
            self._to_sink(writer, uri)
        self._commit_in_time(writer, old.chunks)
        self._read_bytes += file.found.size
        problems = describe_problems(old.problems)
        return FileReport(file.found.name, "moved", problems, old.pages, was=old.source.name)

    def _drop(self, writer: IndexWriter, plan: BuildPlan, known: Mapping[str, SourceStatus]) -> Iterator[Event]:
        moved = set(plan.moved.values())
        for uri in plan.gone:
            self._note_whole(writer, uri)
            writer.remove(uri)
            if uri not in moved:
                yield FileReport(known[uri].source.name, "removed")
        for uri in plan.held_back:
            yield FileReport(known[uri].source.name, "held_back", "gone from its folder; drop it with --prune")

    def _read(self, writer: IndexWriter, files: Sequence[FileToRead]) -> Iterator[Event]:
        """Read files and put them into the index as they get ready."""
        if not files:
            return
        reading = read_files(
            files,
            self._reader,
            members=self._members,
            budget=self._budget,
            workers=self.workers,
            every_picture=self.ocr == "always",
        )
        # closed at once when something is raised, not when the error is forgotten: workers would live on meanwhile
        with closing(reading) as read:
            for item in read:
                if isinstance(item, PageRead):
                    yield self._page_read(item)
                elif item is not None and (report := self._taken_in(writer, item)):
                    self._read_bytes += 0 if item.file.found.member else item.file.found.size
                    yield report
                    yield from self._take_members(writer, item)
                if self._vectors is not None:
                    yield from self._vectors.advance()

    def _taken_in(self, writer: IndexWriter, item: ReadFile) -> FileReport | None:
        """Put a file into the index; None for one that is there only until it has been read as a whole."""
        parsed = item.parsed if item.provisional else self._readable(item)
        if isinstance(parsed, ParseError):
            return None if item.provisional else self._fail(writer, item.file, parsed.reason)
        source = self._source(item.file.found, item.file.digest, parsed)
        parsed, again = self._checked(source, self._threads.without_repeated(source, parsed), item)
        report = self._put(writer, item.file, source, parsed, provisional=item.provisional or again)
        self._commit_in_time(writer, len(parsed.chunks))
        return report

    def _take_members(self, writer: IndexWriter, item: ReadFile) -> Iterator[FileReport]:
        """Have the files inside of one read, drop those that are gone, and note when all are in the index."""
        parsed = item.parsed
        if isinstance(parsed, ParsedFile):
            members = self._members.take(item.file, parsed, item.unpacked) if item.unpacked else []
            self._total += len(members)
            for uri in self._members.gone(item.file, members):
                name = self._members.name_of(uri)
                self._note_whole(writer, uri)
                writer.remove(uri)
                yield FileReport(name, "removed")
            for member in members:
                if member.status == "unchanged":
                    groups = self._groups.of(member.found.uri, member.found.groups)
                    if regrouped := self._members.have_other_groups(member.found.uri, groups):
                        writer.set_groups(member.found.uri, groups)
                    yield from self._members.reports(member.found.uri, "regrouped" if regrouped else "unchanged")
        for whole in self._members.through(item.file):
            writer.note_look(whole.found.uri, size=whole.found.size, mtime_ns=whole.noted_ns)

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
        if parsed.chunks or parsed.members or not parsed.problems:
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

    def _note(self, writer: IndexWriter, uris: Iterable[str]) -> None:
        if self._sink is not None:
            self._sink.note(writer, uris)

    def _note_whole(self, writer: IndexWriter, uri: str) -> None:
        """Note a document and those inside of it, which go with it."""
        self._note(writer, [*(state.source.uri for state in self._members.inside(uri)), uri])

    def _to_sink(self, writer: IndexWriter, uri: str) -> None:
        if self._sink is not None:
            self._sink.update(writer, uri)

    def _fail(self, writer: IndexWriter, file: FileToRead, reason: str) -> FileReport:
        found = file.found
        self._note_whole(writer, found.uri)
        if found.change():
            # whatever the file holds by then, the next build is to try again
            writer.fail(self._source(found, UNKNOWN_DIGEST), reason, root=found.root, size=SourceStatus.READ_AGAIN)
        else:
            source = self._source(found, file.digest)
            writer.fail(source, reason, root=found.root, size=found.size, mtime_ns=file.noted_ns)
        return FileReport(found.name, "failed", reason)

    def _checked(self, source: Source, parsed: ParsedFile, item: ReadFile) -> tuple[ParsedFile, bool]:
        """The file, with what pictures show otherwise among its doubts, and whether it is going to be read once more.

        That is for pages whose text layer they disprove, which OCR is to read.
        """
        checked = self._pictures.checked(source, parsed.pages)
        if item.file.disproved:
            checked = checked._replace(disproved={})
        # the doubts of a disproved page say it once
        lines = [str(each) for each in checked.differing if each.page.locator.number not in checked.disproved]
        self.report.warnings += [line for line in lines if line not in self.report.warnings]
        again = bool(checked.disproved) and self._reader is not None and not item.provisional
        if again:
            self._members.waiting.append(replace(item.file, disproved=checked.disproved))
        return checked.without_disproved(parsed), again

    def _commit_in_time(self, writer: IndexWriter, chunks: int) -> None:
        """Commit the first document at once, and later ones in groups: a commit waits for the disk."""
        self._uncommitted += chunks
        if self._uncommitted >= COMMIT_CHUNKS or time.monotonic() - self._committed > COMMIT_SECONDS:
            writer.commit()
            self._unrefreshed += self._uncommitted
            self._uncommitted, self._committed = 0, time.monotonic()
            if self._unrefreshed >= max(REFRESH_CHUNKS, self._refreshed):
                writer.refresh_caches()
                self._refreshed, self._unrefreshed = self._refreshed + self._unrefreshed, 0

    def _put(
        self, writer: IndexWriter, file: FileToRead, source: Source, parsed: ParsedFile, *, provisional: bool
    ) -> FileReport | None:
        found, problems = file.found, _problems(parsed)
        self._note(writer, [found.uri])
        writer.put(
            source,
            parsed.pages,
            parsed.chunks,
            root=found.root,
            # until all of its members are there, too
            size=SourceStatus.READ_AGAIN if provisional or parsed.members else found.size,
            mtime_ns=file.noted_ns,
            problems=problems,
            profile=parsed.profile,
            pending=True,
        )
        if provisional:
            return None
        self._to_sink(writer, found.uri)
        self._waiting += len(parsed.chunks)
        self._count(parsed)
        return FileReport(
            found.name,
            file.status,
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
            modified=datetime.fromtimestamp((found.modified_ns or found.mtime_ns) // 10**9, tz=UTC),
            groups=self._groups.of(found.uri, found.groups),
            metadata=parsed.metadata if parsed else {},
            parent=found.parent,
            member=found.member,
        )


def _problems(parsed: ParsedFile) -> tuple[tuple[int | None, str], ...]:
    return tuple((problem.page, problem.reason) for problem in parsed.problems)


def _doubts(parsed: ParsedFile) -> dict[int, str]:
    """Reasons to doubt the text of pages, by page number."""
    return {page.locator.number: "; ".join(page.doubts) for page in parsed.pages if page.doubts}


def _waiting(writer: IndexWriter) -> int:
    """The number of passages whose vectors are still to come, also where no model has been chosen for them yet."""
    with writer.view() as view:
        return view.count() if view.undecided else len(view.pending())
