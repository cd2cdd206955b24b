"""Files that have been read, on their way into the index: written, counted, reported, committed in time."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ingest._pictures import PictureCheck
from ingest._planning.groups import GroupAssignment
from ingest._planning.plan import FileToRead
from ingest._planning.problems import describe_problems, is_locked
from ingest._reading.documents import ReadFile
from ingest._reading.members import MemberQueue
from ingest._reading.ocr import HOW_TO_READ, page_states
from ingest._reading.threads import MailThreads
from ingest._report import BuildReport, FileReport
from ingest._sink import Sink
from ingest.parsing._mail.pages import HISTORY
from ingest.parsing._result import UNKNOWN_DIGEST, ParsedFile
from ingest.sources._found import SourceFile
from mistral_rag.errors import ParseError
from mistral_rag.index import IndexWriter, SourceStatus
from mistral_rag.schema import Page, Source

COMMIT_CHUNKS: Final = 1000
COMMIT_SECONDS: Final = 2.0
"""Work is committed when so much of it has gathered; a kill loses no more. Paid results are kept sooner."""
REFRESH_CHUNKS: Final = 2000
"""Passages after which the word index beside the database is written; then each time that it has doubled.

A reader that opens the index meanwhile has to add no more words by itself than are there already.
"""
HOW_TO_UNLOCK: Final = "files are locked by a password: name a file of passwords with --password-file"


@dataclass(slots=True)
class CommitTimer:
    """The times at which work is committed: the first document at once, later ones in groups."""

    writer: IndexWriter
    _uncommitted: int = 0
    _committed: float = 0.0
    _unrefreshed: int = 0
    _refreshed: int = 0

    def add(self, chunks: int) -> None:
        """Count work that was done, and commit where there is enough: a commit waits for the disk."""
        self._uncommitted += chunks
        if self._uncommitted < COMMIT_CHUNKS and time.monotonic() - self._committed <= COMMIT_SECONDS:
            return
        self.writer.commit()
        self._unrefreshed += self._uncommitted
        self._uncommitted, self._committed = 0, time.monotonic()
        if self._unrefreshed >= max(REFRESH_CHUNKS, self._refreshed):
            self.writer.refresh_caches()
            self._refreshed, self._unrefreshed = self._refreshed + self._unrefreshed, 0


@dataclass(slots=True)
class Intake:
    """Takes files into the index of a build, and counts them in its report.

    `has_passwords`, `reads_pictures` and `has_reader` say what the build was given, so that it can say what it lacks.
    `waiting` passages have been put, and `discovered` files found inside of others.
    """

    writer: IndexWriter
    report: BuildReport
    members: MemberQueue
    threads: MailThreads
    groups: GroupAssignment
    pictures: PictureCheck
    sink: Sink | None
    has_passwords: bool
    reads_pictures: bool
    has_reader: bool
    timer: CommitTimer
    waiting: int = 0
    discovered: int = 0

    def take(self, item: ReadFile) -> FileReport | None:
        """Put a file into the index; None for one that is there only until it has been read as a whole."""
        parsed = item.parsed if item.provisional else self._readable(item)
        if isinstance(parsed, ParseError):
            return None if item.provisional else self.fail(item.file, parsed.reason)
        source = self.source(item.file.found, item.file.digest, parsed)
        parsed, again = self._checked(source, self.threads.without_repeated(source, parsed), item)
        report = self._put(item.file, source, parsed, provisional=item.provisional or again)
        self.timer.add(len(parsed.chunks))
        return report

    def take_members(self, item: ReadFile) -> Iterator[FileReport]:
        """Have the files inside of one read, drop those that are gone, and note when all are in the index."""
        parsed = item.parsed
        if isinstance(parsed, ParsedFile):
            members = self.members.take(item.file, parsed, item.unpacked) if item.unpacked else []
            self.discovered += len(members)
            for uri in self.members.gone(item.file, members):
                name = self.members.name_of(uri)
                self.note_whole(uri)
                self.writer.remove(uri)
                yield FileReport(name, "removed")
            for member in members:
                if member.status == "unchanged":
                    yield from self._unchanged(member.found)
        for whole in self.members.through(item.file):
            self.writer.note_look(whole.found.uri, size=whole.found.size, mtime_ns=whole.noted_ns)

    def _unchanged(self, found: SourceFile) -> Iterator[FileReport]:
        groups = self.groups.of(found.uri, found.groups)
        if regrouped := self.members.have_other_groups(found.uri, groups):
            self.writer.set_groups(found.uri, groups)
        yield from self.members.reports(found.uri, "regrouped" if regrouped else "unchanged")

    def fail(self, file: FileToRead, reason: str) -> FileReport:
        """Note that a file can't be read."""
        found = file.found
        if is_locked(reason) and not self.has_passwords:
            self._advise(HOW_TO_UNLOCK)
        self.note_whole(found.uri)
        if found.change():
            # whatever the file holds by then, the next build is to try again
            self.fail_unread(found, reason)
        else:
            source = self.source(found, file.digest)
            self.writer.fail(source, reason, root=found.root, size=found.size, mtime_ns=file.noted_ns)
        return FileReport(found.name, "failed", reason)

    def fail_unread(self, found: SourceFile, reason: str) -> None:
        """Note that a file can't be read, so that the next build tries again."""
        source = self.source(found, UNKNOWN_DIGEST)
        self.writer.fail(source, reason, root=found.root, size=SourceStatus.READ_AGAIN)

    def leave_out_repeated(self) -> None:
        """Search no more what messages repeat of others that have come since."""
        for uri in self.threads.late():
            self.note([uri])
            self.writer.leave_out_pages(uri, HISTORY)
            self.to_sink(uri)

    def note(self, uris: Iterable[str]) -> None:
        """Note what a sink holds of documents that are going to change."""
        if self.sink is not None:
            self.sink.note(self.writer, uris)

    def note_whole(self, uri: str) -> None:
        """Note a document and those inside of it, which go with it."""
        self.note([*(state.source.uri for state in self.members.inside(uri)), uri])

    def to_sink(self, uri: str) -> None:
        """Give a sink what has become of a document."""
        if self.sink is not None:
            self.sink.update(self.writer, uri)

    def source(self, found: SourceFile, digest: str, parsed: ParsedFile | None = None) -> Source:
        """The document that a file is."""
        return Source(
            uri=found.uri,
            digest=digest,
            name=found.name,
            title=parsed.title if parsed else Path(found.name).stem,
            media_type=found.media_type or "",
            language=parsed.language if parsed else "",
            modified=datetime.fromtimestamp((found.modified_ns or found.mtime_ns) // 10**9, tz=UTC),
            groups=self.groups.of(found.uri, found.groups),
            metadata=parsed.metadata if parsed else {},
            parent=found.parent,
            member=found.member,
        )

    def _advise(self, warning: str) -> None:
        if warning not in self.report.warnings:
            self.report.warnings.append(warning)

    def _readable(self, item: ReadFile) -> ParsedFile | ParseError:
        """The file, unless nothing of it could be read."""
        parsed = item.parsed
        if isinstance(parsed, ParseError):
            return parsed
        if parsed.pictures and self.reads_pictures:
            self._advise(HOW_TO_READ)
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

    def _checked(self, source: Source, parsed: ParsedFile, item: ReadFile) -> tuple[ParsedFile, bool]:
        """The file, with what pictures show otherwise among its doubts, and whether it is going to be read once more.

        That is for pages whose text layer they disprove, which OCR is to read.
        """
        checked = self.pictures.checked(source, parsed.pages)
        if item.file.disproved:
            checked = checked._replace(disproved={})
        for differing in checked.differing:
            # the doubts of a disproved page say it once
            if differing.page.locator.number not in checked.disproved:
                self._advise(str(differing))
        again = bool(checked.disproved) and self.has_reader and not item.provisional
        if again:
            self.members.waiting.append(replace(item.file, disproved=checked.disproved))
        return checked.without_disproved(parsed), again

    def _put(self, file: FileToRead, source: Source, parsed: ParsedFile, *, provisional: bool) -> FileReport | None:
        found, problems = file.found, _problems(parsed)
        self.note([found.uri])
        self.writer.put(
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
        self.to_sink(found.uri)
        self.waiting += len(parsed.chunks)
        self._count(parsed)
        return FileReport(
            found.name,
            file.status,
            describe_problems(problems),
            len(parsed.pages),
            hidden=parsed.hidden,
            doubts=_doubts(parsed.pages),
            notes=parsed.notes,
            attachments=parsed.attachments,
        )


def _problems(parsed: ParsedFile) -> tuple[tuple[int | None, str], ...]:
    return tuple((problem.page, problem.reason) for problem in parsed.problems)


def _doubts(pages: Sequence[Page]) -> dict[int, str]:
    """Reasons to doubt the text of pages, by page number."""
    return {page.locator.number: "; ".join(page.doubts) for page in pages if page.doubts}
