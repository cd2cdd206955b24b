"""The plan of a build: the documents below its roots compared with those that the index knows."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest._groups import differ
from ingest._report import FileReport, FileStatus
from ingest._sources import SkippedPath, SourceFile, sha256_of, walk
from ingest.parsing._result import NEEDS_OCR
from mistral_rag.index import SourceStatus

_BEFORE_REASON = re.compile(r"(?:^|; )(?:pages? [\d, ]+: )?")
"""Page numbers before each reason in what `describe_problems` writes."""

MAX_DROP_SHARE = 0.2
"""Share of a root's documents above which they are dropped only when asked to: a drive may not be mounted."""


@dataclass(frozen=True, slots=True)
class FileToRead:
    """A file that must be read, and the status that its report will give when that went well."""

    found: SourceFile
    digest: str
    status: FileStatus


@dataclass(slots=True)
class BuildPlan:
    """The steps of a build: files to read, files to report as they are, documents that are gone.

    `groups` are those that documents are to have (None: those they have), `regrouped` documents that have others.
    """

    groups: tuple[str, ...] | None = None
    to_read: list[FileToRead] = field(default_factory=list)
    settled: list[FileReport] = field(default_factory=list)
    failed: list[tuple[SourceFile, str]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)
    regrouped: list[tuple[SourceFile, SourceStatus]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failed_pages: int = 0


def make_plan(
    roots: Sequence[Path],
    known: dict[str, SourceStatus],
    *,
    prune: bool,
    reader: str = "",
    groups: tuple[str, ...] | None = None,
) -> BuildPlan:
    """Compare what stands below `roots` with the documents the index knows.

    Files with pages that nobody could read are read again when there is a `reader` of pictures (its name) now.
    `groups` are those that documents are to have; None: those they have.
    """
    plan = BuildPlan(groups)
    present: dict[str, SourceFile] = {}
    for item in walk(roots):
        if isinstance(item, SkippedPath):
            plan.settled.append(FileReport(item.name, "skipped", item.reason))
        elif item.media_type is None:
            plan.settled.append(FileReport(item.name, "skipped", f"type {item.path.suffix.lower() or 'unknown'}"))
        else:
            present[item.uri] = item
    for found in present.values():
        state = SourceStatus.find(known, found.uri)
        if state is not None and state.status == "removed" and found.path in roots:
            state = None
        _compare(found, state, plan, reader)
    _plan_gone(roots, known, present, plan, prune=prune)
    return plan


def _compare(found: SourceFile, state: SourceStatus | None, plan: BuildPlan, reader: str) -> None:
    again = state is not None and _to_be_read_again(state, reader)
    same = state is not None and (state.size, state.mtime_ns) == (found.size, found.mtime_ns)
    if state is not None and (state.status == "removed" or (same and not again)):
        _leave(found, state, plan)
        return
    try:
        digest = sha256_of(found.path)
    except OSError as error:
        plan.failed.append((found, f"can't be read: {error.strerror or error}"))
        return
    if state is not None and not again and state.source.digest == digest:
        _leave(found, state, plan)
    else:
        plan.to_read.append(FileToRead(found, digest, "added" if state is None else "changed"))


def _to_be_read_again(state: SourceStatus, reader: str) -> bool:
    return state.must_be_read_again or any(may_be_read_now(reason, reader) for reason in _reasons(state))


def may_be_read_now(reason: str, reader: str) -> bool:
    """True when a page that failed for this reason is worth another try with the reader of this name (empty: none).

    What this machine could not read it won't be able to read the next time either; the platform may.
    """
    if not reader or not reason.startswith(NEEDS_OCR):
        return False
    return not (reader.startswith("local-") and reader in reason)


def _reasons(state: SourceStatus) -> Iterable[str]:
    """The reasons why pages of a source could not be read; a source that failed as a whole has them in one line."""
    if state.status == "failed":
        return _BEFORE_REASON.split(state.reason or "")
    return (reason for _, reason in state.problems)


def _leave(found: SourceFile, state: SourceStatus, plan: BuildPlan) -> None:
    """Report a file that is as the index knows it; what was wrong with it still is."""
    plan.failed_pages += failed_pages(state.problems)
    if state.status == "failed":
        plan.settled.append(FileReport(found.name, "failed", state.reason))
    elif state.status == "removed":
        plan.settled.append(FileReport(found.name, "skipped", "taken out; name the file itself to read it again"))
    elif differ(state, plan.groups):
        plan.regrouped.append((found, state))
    else:
        plan.settled.append(FileReport(found.name, "unchanged", describe_problems(state.problems), state.pages))


def _plan_gone(
    roots: Sequence[Path],
    known: dict[str, SourceStatus],
    present: dict[str, SourceFile],
    plan: BuildPlan,
    *,
    prune: bool,
) -> None:
    digests = {file.digest: position for position, file in enumerate(plan.to_read)}
    for root in roots:
        live = (uri for uri, state in known.items() if state.status != "removed")
        below = [uri for uri in live if _is_below(uri, root.as_uri()) and uri not in plan.gone]
        gone = [uri for uri in below if uri not in present]
        moved = [uri for uri in gone if known[uri].source.digest in digests]
        for uri in moved:
            position = digests[known[uri].source.digest]
            plan.to_read[position] = replace(plan.to_read[position], status="moved")
        dropped = [uri for uri in gone if uri not in moved]
        plan.gone += moved
        empty = not any(_is_below(uri, root.as_uri()) for uri in present)
        if empty:
            plan.warnings.append(f"{root.name} holds no document that can be read")
        if dropped and (empty or (len(dropped) > MAX_DROP_SHARE * len(below) and not prune)):
            plan.held_back += dropped
        else:
            plan.gone += dropped


def _is_below(uri: str, root: str) -> bool:
    return uri == root or uri.startswith(root.rstrip("/") + "/")


def failed_pages(problems: Iterable[tuple[int | None, str]]) -> int:
    """The number of pages that have a problem of their own."""
    return len({page for page, _ in problems if page is not None})


def describe_problems(problems: Iterable[tuple[int | None, str]]) -> str | None:
    """Describe all problems in one line, pages with the same reason together; None without any."""
    by_reason: dict[str, list[str]] = {}
    for page, reason in problems:
        by_reason.setdefault(reason, []).append("" if page is None else str(page))
    described = []
    for reason, pages in by_reason.items():
        numbers = [page for page in pages if page]
        where = f"{'page' if len(numbers) == 1 else 'pages'} {', '.join(numbers)}: " if numbers else ""
        described.append(where + reason)
    return "; ".join(described) or None
