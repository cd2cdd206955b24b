"""A build: compare the folders with the index, parse what is new, commit, embed; resume by doing it again."""

import time
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from ingest._pictures import PictureCheck
from ingest._planning.budget import Budget
from ingest._planning.groups import GroupAssignment, hidden_warning
from ingest._planning.moves import can_move, move_file
from ingest._planning.plan import BuildPlan, FileToRead, make_plan, plan_redo, soonest_first
from ingest._planning.prices import price_of_pages, price_of_tokens
from ingest._planning.problems import describe_problems
from ingest._planning.redo import Redo
from ingest._planning.unread import note_unread
from ingest._platform_errors import reason_of
from ingest._profiles import learn_missing
from ingest._reading.documents import read_files
from ingest._reading.intake import CommitTimer, Intake
from ingest._reading.members import MemberQueue
from ingest._reading.ocr import CachedPageReader, When, With, open_reader
from ingest._reading.scans import ScanCount
from ingest._reading.threads import MailThreads
from ingest._report import BuildReport, FileReport, PageRead, Progress, VectorsAdded
from ingest._sink import Sink
from ingest._stepping import stepped
from ingest._vectors.batch_jobs import is_under_way
from ingest._vectors.embedding import Embedder, begin_embedding, chosen_embedder
from ingest._vectors.pending import PendingVectors
from ingest.sources._places import LookSettings, Named, SourcePlaces
from mistral_rag.index import IndexWriter, SourceStatus
from mistral_rag.ocr import PageReader
from mistral_rag.workers import available_cores

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
        batch: have passages embedded by batch jobs, for half the price, within a day. Only models of the platform can.
        passwords: passwords of PDF files; each is tried on each file that needs one. They are kept nowhere.

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
        batch: bool = False,
        passwords: Sequence[str] = (),
    ) -> None:
        if isinstance(groups, str) or isinstance(passwords, str):
            raise ValueError("groups and passwords are collections of texts, not one text")
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
        self.batch = batch
        self._passwords = tuple(passwords)
        self.report = BuildReport()
        self._budget = Budget(max_cost, batch=batch)
        self._read_bytes, self._total_bytes, self._total = 0, 0, 0
        self._scans = ScanCount()
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
                    if self._sink is not None:
                        self._sink.note(writer, known)
                    writer.clear()
                    known = writer.sources()
                name = reader.name if reader else ""
                plan = self._planned(known, name)
                self.unsettled = plan.unsettled
                self._intake = Intake(
                    writer,
                    self.report,
                    MemberQueue(known, name, self.redo.names if self.redo else None),
                    MailThreads(known),
                    GroupAssignment(self.groups, before, plan.moved),
                    self._pictures,
                    self._sink,
                    has_passwords=bool(self._passwords),
                    reads_pictures=self.ocr != "never",
                    has_reader=reader is not None,
                    timer=CommitTimer(writer),
                )
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
            self.redo.require_pages(known)
            return plan_redo(self.places, known, self.redo.uris)
        return make_plan(
            self.places,
            known,
            prune=self.prune,
            reader=reader,
            groups=self.groups,
            retry_failed=self.retry_failed,
            has_passwords=bool(self._passwords),
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
            tokens = price_of_tokens(embedder.name, embedder.tokens, batch=self.batch and embedder.can_be_put_off)
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
                max(self._total + self._intake.discovered, len(self.report.files)),
                self.report.chunks,
                pages=self.report.pages,
                vectors=self._vectors.added if self._vectors else 0,
                pending=self._pending,
                read_bytes=self._read_bytes,
                total_bytes=self._total_bytes,
                scanned=self._scans.read,
                scans=self._scans.left,
                scan_bytes=self._scans.size,
            )

    @property
    def _pending(self) -> int:
        """Passages that wait for a vector; none does in an index without a model."""
        if self._vectors is None:
            return self._intake.waiting
        return max(self._intake.waiting - self._vectors.added, 0) if self._vectors.embedder.model else 0

    def _changes(self, writer: IndexWriter, plan: BuildPlan, known: Mapping[str, SourceStatus]) -> Iterator[Event]:
        intake = self._intake
        self.report.failed_pages += plan.failed_pages
        yield from plan.settled
        for found, reason in plan.failed:
            intake.note_whole(found.uri)
            intake.fail_unread(found, reason)
            yield FileReport(found.name, "failed", reason)
        for found, stamp in plan.looked_at:
            writer.note_look(found.uri, size=found.size, mtime_ns=stamp)
        for found, state in plan.regrouped:
            writer.set_groups(found.uri, intake.groups.of(found.uri, found.groups))
            intake.timer.add(1)
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
        self._intake.waiting = waiting
        with ExitStack() as stack:
            if embedder is not None:
                self._vectors = stack.enter_context(self._pending_vectors(embedder, writer))
            files: list[FileToRead] = []
            for file in plan.to_read:
                if (report := self._moved(writer, file, plan, known)) is None:
                    files.append(file)
                else:
                    yield report
            yield from self._read(soonest_first(files, self.workers or available_cores()))
            yield from self._drop(writer, plan, known)
            self._intake.leave_out_repeated()
            learn_missing(writer)
            writer.commit()
            if writer.undecided and _waiting(writer):
                self._vectors = stack.enter_context(self._pending_vectors(chosen_embedder(writer), writer))
            if self._vectors is not None:
                yield from self._embed(writer, self._vectors)

    def _pending_vectors(self, embedder: Embedder, writer: IndexWriter) -> PendingVectors:
        if self.batch and embedder.model is not None and not embedder.can_be_put_off:
            self.report.warnings.append(f"{embedder.name} can't be asked by batch jobs, and is asked at once")
        if not self.batch and is_under_way(writer):
            self.report.warnings.append("a batch of vectors was ordered before; --batch takes what it has made")
        return PendingVectors(embedder, writer, self._budget, put_off=self.batch)

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
        intake = self._intake
        intake.note_whole(old.source.uri)
        named = intake.source(file.found, file.digest)
        kept = {name: getattr(old.source, name) for name in ("title", "language", "metadata")}
        if not old.chunks:
            # of an archive, by its name
            kept["title"] = named.title
        for uri in move_file(writer, file, old, named.model_copy(update=kept), intake.members.inside(old.source.uri)):
            intake.to_sink(uri)
        intake.timer.add(old.chunks)
        self._read_bytes += file.found.size
        problems = describe_problems(old.problems)
        return FileReport(file.found.name, "moved", problems, old.pages, was=old.source.name)

    def _drop(self, writer: IndexWriter, plan: BuildPlan, known: Mapping[str, SourceStatus]) -> Iterator[Event]:
        moved = set(plan.moved.values())
        for uri in plan.gone:
            self._intake.note_whole(uri)
            writer.remove(uri)
            if uri not in moved:
                yield FileReport(known[uri].source.name, "removed")
        for uri in plan.held_back:
            yield FileReport(known[uri].source.name, "held_back", "gone from its folder; drop it with --prune")

    def _read(self, files: Sequence[FileToRead]) -> Iterator[Event]:
        """Read files and put them into the index as they get ready."""
        if not files:
            return
        reading = read_files(
            files,
            self._reader,
            members=self._intake.members,
            budget=self._budget,
            workers=self.workers,
            every_picture=self.ocr == "always",
            passwords=self._passwords,
            scans=self._scans,
        )
        # closed at once when something is raised, not when the error is forgotten: workers would live on meanwhile
        with closing(reading) as read:
            for item in read:
                if isinstance(item, PageRead):
                    yield self._page_read(item)
                elif item is not None and (report := self._intake.take(item)):
                    self._read_bytes += 0 if item.file.found.member else item.file.found.size
                    yield report
                    yield from self._intake.take_members(item)
                if self._vectors is not None:
                    yield from self._vectors.advance()

    def _page_read(self, page: PageRead) -> PageRead:
        if self._reader is not None:
            self.report.ocr_fresh = self._reader.fresh
        return page


def _waiting(writer: IndexWriter) -> int:
    """The number of passages whose vectors are still to come, also where no model has been chosen for them yet."""
    with writer.view() as view:
        return view.count() if view.undecided else len(view.pending())
