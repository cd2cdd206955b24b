"""A build: compare the folders with the index, parse what is new, embed, commit; resume by doing it again."""

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mistral_rag.store.texts import TEXT_VERSION, embed_text
from mistral_rag.store.writer import IndexWriter, SourceState

from ingest.chunking import CHUNKER_VERSION
from ingest.parsing.children import parse_files
from ingest.parsing.result import ParsedFile, ParseJob
from ingest.report import BuildReport, FileReport, FileStatus, Progress
from ingest.sources import Found, PassedOver, resolve_roots, sha256_of, walk
from mistral_rag.defaults import MatrixEmbeddings, choose_embeddings, load_embeddings
from mistral_rag.errors import IndexMismatchError, ParseError
from mistral_rag.schema import Source
from mistral_rag.store.identity import Identity
from mistral_rag.store.tokens import TOKENS_VERSION

if TYPE_CHECKING:
    import numpy as np

COMMIT_CHUNKS = 1000
"""Chunks that gather before they are committed together: what a kill loses at the most."""

SAMPLE_FILES = 20
"""Files whose language is looked at before the embedding model of a new index is chosen."""

DROP_SHARE = 0.2
"""More than this share of a root's documents is dropped only when asked to."""


UNREAD = "0" * 64
"""Stands for the digest of a file that could not be opened."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that must be read, and what its report will say when that went well."""

    found: Found
    digest: str
    becomes: FileStatus


@dataclass(slots=True)
class Plan:
    """What a build will do: files to read, files to report as they are, documents that are gone."""

    to_read: list[Reading] = field(default_factory=list)
    settled: list[FileReport] = field(default_factory=list)
    failed: list[tuple[Found, str]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


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
    ) -> None:
        self.roots = resolve_roots(paths)
        self.index = Path(index)
        self.embeddings = embeddings
        self.prune = prune
        self.rebuild = rebuild
        self.workers = workers
        self.report = BuildReport()

    def __iter__(self) -> Iterator[Progress]:
        started = time.monotonic()
        try:
            with IndexWriter.open(self.index) as writer:
                if self.rebuild:
                    writer.clear()
                plan = make_plan(self.roots, writer.sources(), prune=self.prune)
                self.report.warnings += plan.warnings
                yield from self._work(writer, plan)
        finally:
            self.report.seconds = round(time.monotonic() - started, 3)

    def _work(self, writer: IndexWriter, plan: Plan) -> Iterator[Progress]:
        total = len(plan.settled) + len(plan.failed) + len(plan.to_read) + len(plan.gone) + len(plan.held_back)
        for file in self._changes(writer, plan):
            self.report.add(file)
            yield Progress(file, len(self.report.files), total, self.report.chunks)

    def _changes(self, writer: IndexWriter, plan: Plan) -> Iterator[FileReport]:
        known = writer.sources()
        yield from plan.settled
        for found, reason in plan.failed:
            # no size fits a file that could not be opened, so that the next build tries again
            writer.fail(_source(found, UNREAD), reason, root=found.root, size=-1, mtime_ns=0)
            yield FileReport(found.name, "failed", reason)
        yield from self._read(writer, plan.to_read)
        for uri in plan.gone:
            writer.remove(uri)
            yield FileReport(known[uri].source.name, "removed")
        for uri in plan.held_back:
            yield FileReport(known[uri].source.name, "held_back", "gone from its folder; drop it with --prune")
        writer.commit()
        writer.refresh_caches()

    def _read(self, writer: IndexWriter, readings: Sequence[Reading]) -> Iterator[FileReport]:
        by_uri = {reading.found.uri: reading for reading in readings}
        jobs = (ParseJob(r.found.path, r.found.uri, r.found.media_type or "") for r in readings)
        parsed = parse_files(jobs, workers=self.workers)
        embedder, early = self._embedder(writer, parsed)
        uncommitted = 0
        for job, result in _chained(early, parsed):
            reading = by_uri[job.uri]
            outcome = _checked(reading, result)
            if isinstance(outcome, ParseError):
                yield self._fail(writer, reading, outcome.reason)
                continue
            yield self._put(writer, reading, outcome, embedder)
            uncommitted += len(outcome.chunks)
            if uncommitted >= COMMIT_CHUNKS:
                writer.commit()
                uncommitted = 0

    def _fail(self, writer: IndexWriter, reading: Reading, reason: str) -> FileReport:
        found = reading.found
        source = _source(found, reading.digest)
        writer.fail(source, reason, root=found.root, size=found.size, mtime_ns=found.mtime_ns)
        return FileReport(found.name, "failed", reason)

    def _put(
        self, writer: IndexWriter, reading: Reading, parsed: ParsedFile, embedder: "Embedder | None"
    ) -> FileReport:
        found = reading.found
        source = _source(found, reading.digest, parsed)
        vectors = embedder.vectors(source, parsed) if embedder else None
        problems = tuple((p.page, p.reason) for p in parsed.problems)
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
        self.report.pages += len(parsed.pages)
        self.report.chunks += len(parsed.chunks)
        self.report.failed_pages += len({page for page, _ in problems if page is not None})
        if embedder:
            self.report.embedded = embedder.fresh
        return FileReport(found.name, reading.becomes, _problem_line(problems), len(parsed.pages))

    def _embedder(
        self, writer: IndexWriter, parsed: Iterator[tuple[ParseJob, ParsedFile | ParseError]]
    ) -> tuple["Embedder | None", list[tuple[ParseJob, ParsedFile | ParseError]]]:
        """The embedder of this index, and the files that had to be parsed to choose it."""
        early: list[tuple[ParseJob, ParsedFile | ParseError]] = []
        identity = writer.identity
        if identity is None:
            if self.embeddings == "auto":
                early = [item for item, _ in zip(parsed, range(SAMPLE_FILES), strict=False)]
                name = choose_embeddings(_languages(early))
            else:
                name = "" if self.embeddings == "none" else self.embeddings
            model = load_embeddings(name)
            writer.set_identity(_identity(name, model))
        else:
            wanted = "" if self.embeddings == "none" else self.embeddings
            if wanted not in {"auto", identity.embedding}:
                raise IndexMismatchError(
                    f"{self.index} was built with {identity.embedding or 'no embedding model'}; this is "
                    f"{wanted or 'none'}. Run: ingest build --rebuild"
                )
            name, model = identity.embedding, load_embeddings(identity.embedding)
        self.report.embedding = name
        return (Embedder(name, model, writer) if model is not None else None), early


class Embedder:
    """Embeds chunks, and never the same text twice: vectors are kept in the index by content."""

    def __init__(self, name: str, model: MatrixEmbeddings, writer: IndexWriter) -> None:
        self.name = name
        self.model = model
        self.writer = writer
        self.fresh = 0

    def vectors(self, source: Source, parsed: ParsedFile) -> "np.ndarray":
        """One float32 row a chunk."""
        import numpy as np

        texts = [embed_text(chunk, source, parsed.pages[chunk.page - 1]) for chunk in parsed.chunks]
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        rows = self.writer.cached_embeddings(self.name, keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in rows}
        if missing:
            matrix = self.model.embed_matrix(list(missing.values()))
            self.writer.keep_embeddings(self.name, list(missing), matrix)
            rows.update(zip(missing, matrix, strict=True))
            self.fresh += len(missing)
        if not keys:
            return np.empty((0, 0), dtype=np.float32)
        return np.stack([rows[key] for key in keys]).astype(np.float32, copy=False)


def make_plan(roots: Sequence[Path], known: dict[str, SourceState], *, prune: bool) -> Plan:
    """Compare what stands below `roots` with the documents the index knows."""
    plan = Plan()
    present: dict[str, Found] = {}
    for item in walk(roots):
        if isinstance(item, PassedOver):
            plan.settled.append(FileReport(item.name, "skipped", item.reason))
        elif item.media_type is None:
            plan.settled.append(FileReport(item.name, "skipped", f"type {item.path.suffix.lower() or 'unknown'}"))
        else:
            present[item.uri] = item
    for found in present.values():
        _compare(found, known.get(found.uri), plan)
    _plan_gone(roots, known, present, plan, prune=prune)
    return plan


def _compare(found: Found, state: SourceState | None, plan: Plan) -> None:
    if state is not None and (state.size, state.mtime_ns) == (found.size, found.mtime_ns):
        plan.settled.append(_as_before(found, state))
        return
    try:
        digest = sha256_of(found.path)
    except OSError as error:
        plan.failed.append((found, f"can't be read: {error.strerror or error}"))
        return
    if state is not None and state.source.digest == digest:
        plan.settled.append(_as_before(found, state))
    else:
        plan.to_read.append(Reading(found, digest, "added" if state is None else "changed"))


def _as_before(found: Found, state: SourceState) -> FileReport:
    if state.status == "failed":
        return FileReport(found.name, "failed", state.reason)
    return FileReport(found.name, "unchanged", _problem_line(state.problems), state.pages)


def _plan_gone(
    roots: Sequence[Path], known: dict[str, SourceState], present: dict[str, Found], plan: Plan, *, prune: bool
) -> None:
    digests = {reading.digest: number for number, reading in enumerate(plan.to_read)}
    for root in roots:
        below = [uri for uri in known if _is_below(uri, root.as_uri()) and uri not in plan.gone]
        gone = [uri for uri in below if uri not in present]
        moved = [uri for uri in gone if known[uri].source.digest in digests]
        for uri in moved:
            reading = plan.to_read[digests[known[uri].source.digest]]
            plan.to_read[digests[known[uri].source.digest]] = Reading(reading.found, reading.digest, "moved")
        dropped = [uri for uri in gone if uri not in moved]
        plan.gone += moved
        empty = not any(_is_below(uri, root.as_uri()) for uri in present)
        if empty:
            plan.warnings.append(f"{root.name} holds no document that can be read")
        if dropped and (empty or (len(dropped) > DROP_SHARE * len(below) and not prune)):
            plan.held_back += dropped
        else:
            plan.gone += dropped


def _is_below(uri: str, root: str) -> bool:
    return uri == root or uri.startswith(root.rstrip("/") + "/")


def _checked(reading: Reading, result: ParsedFile | ParseError) -> ParsedFile | ParseError:
    if isinstance(result, ParseError):
        return result
    try:
        facts = reading.found.path.stat()
    except OSError:
        return ParseError("went away while it was being read")
    if (facts.st_size, facts.st_mtime_ns) != (reading.found.size, reading.found.mtime_ns):
        return ParseError("changed while it was being read; build again")
    return result


def _source(found: Found, digest: str, parsed: ParsedFile | None = None) -> Source:
    return Source(
        uri=found.uri,
        digest=digest,
        name=found.name,
        title=parsed.title if parsed else Path(found.name).stem,
        media_type=found.media_type or "",
        language=parsed.language if parsed else "",
        modified=datetime.fromtimestamp(found.mtime_ns // 10**9, tz=UTC),
        metadata=parsed.metadata if parsed else {},
    )


def _problem_line(problems: Iterable[tuple[int | None, str]]) -> str | None:
    by_reason: dict[str, list[str]] = {}
    for page, reason in problems:
        by_reason.setdefault(reason, []).append("" if page is None else str(page))
    lines = []
    for reason, pages in by_reason.items():
        numbers = [page for page in pages if page]
        where = f"{'page' if len(numbers) == 1 else 'pages'} {', '.join(numbers)}: " if numbers else ""
        lines.append(where + reason)
    return "; ".join(lines) or None


def _languages(parsed: Iterable[tuple[ParseJob, ParsedFile | ParseError]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for _, result in parsed:
        if isinstance(result, ParsedFile):
            counted[result.language] += sum(len(page.text) for page in result.pages)
    return counted


def _identity(name: str, model: MatrixEmbeddings | None) -> Identity:
    dimension = model.embed_matrix(["dimension"]).shape[1] if model is not None else 0
    return Identity(
        embedding=name,
        dimension=dimension,
        metric="cosine",
        normalised=True,
        chunker=CHUNKER_VERSION,
        tokenizer=TOKENS_VERSION,
        text=TEXT_VERSION,
    )


def _chained(
    early: list[tuple[ParseJob, ParsedFile | ParseError]], rest: Iterator[tuple[ParseJob, ParsedFile | ParseError]]
) -> Iterator[tuple[ParseJob, ParsedFile | ParseError]]:
    while early:
        yield early.pop(0)
    yield from rest
