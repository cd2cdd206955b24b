"""The report of a build, file by file: the values that the progress bar, `--json` and the exit code are made of."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ingest._planning.unread import unread_files
from mistral_rag.terminal import counted

_LISTED_PAGES = 5
"""Pages of a file that a line of the report names."""
FileStatus = Literal["added", "changed", "unchanged", "moved", "regrouped", "removed", "held_back", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class FileReport:
    """The outcome of one file. `reason` says why it failed or was skipped, or which of its pages failed.

    `hidden` counts the characters that nobody sees and that were left out, by page number; 0 is the whole file.
    `was` is the name it had before, of one that was moved. `doubts` are the reasons why the text of a page may not be,
    or was not, what is printed, by page number. `notes` and `attachments` count what the file carries beside its pages
    and what was not read.
    """

    source: str
    status: FileStatus
    reason: str | None = None
    pages: int = 0
    hidden: Mapping[int, int] = field(default_factory=dict)
    doubts: Mapping[int, str] = field(default_factory=dict)
    notes: int = 0
    attachments: int = 0
    was: str = ""

    @property
    def remark(self) -> str:
        """The words that a progress bar adds to the name."""
        return ""

    @property
    def hidden_text(self) -> str:
        """The hidden characters in words, empty where there are none."""
        pages = ", ".join(f"p. {page}" for page in list(self.hidden)[:_LISTED_PAGES] if page)
        more = " and others" if len(self.hidden) > _LISTED_PAGES else ""
        where = f" on {pages}{more}" if pages else ""
        return f"{counted(sum(self.hidden.values()), 'hidden character')}{where} left out" if self.hidden else ""

    @property
    def doubts_text(self) -> str:
        """The doubts in words, empty where there are none."""
        pages = [f"p. {page}: {doubt}" for page, doubt in list(self.doubts.items())[:_LISTED_PAGES]]
        return "; ".join(pages) + (" and others" if len(self.doubts) > _LISTED_PAGES else "")

    @property
    def unread_parts(self) -> str:
        """Notes and attachments in words, empty where there are none."""
        counts = ((self.notes, "note"), (self.attachments, "attachment"))
        parts = [counted(count, name) for count, name in counts if count]
        return f"{', '.join(parts)} not read" if parts else ""


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page's picture was read by OCR; `done` of `total` such pages of a file."""

    source: str
    done: int
    total: int

    @property
    def remark(self) -> str:
        """The words that a progress bar adds to the name."""
        return f"  page {self.done} of {self.total} by OCR"


@dataclass(frozen=True, slots=True)
class VectorsAdded:
    """Passages that were in the index already have got their vectors, `done` since the build began."""

    done: int
    source: str = ""

    @property
    def remark(self) -> str:
        """The words that a progress bar adds to the name."""
        return ""


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a build at work; yielded after every file, every page that OCR read, and every batch of vectors.

    `done` of `total` files are through; the `chunks` of this build are found by their words. `pages` were read.
    `vectors` have been added, and `pending` passages wait for theirs. `read_bytes` of `total_bytes` of the files to
    read are through. `scanned` pages were read by OCR and `scans` wait for it, in files of `scan_bytes`.
    """

    event: FileReport | PageRead | VectorsAdded
    done: int
    total: int
    chunks: int
    pages: int = 0
    vectors: int = 0
    pending: int = 0
    read_bytes: int = 0
    total_bytes: int = 0
    scanned: int = 0
    scans: int = 0
    scan_bytes: int = 0


@dataclass(slots=True)
class BuildReport:
    """The whole run.

    Each of the `pages` that were read ended in one way: with the text the file gives (`text_pages`), with text that
    OCR read (`ocr_pages`), with nothing on it (`blank_pages`), or unread (`failed_pages`, which also counts those of
    files that have not changed since). `ocr_fresh` pages were read by OCR now and `embedded` texts embedded now; the
    others were kept from earlier runs. `pending` passages have no vector yet: words find them, and the next build goes
    on. `tokens` were embedded, as the platform counts them. `hidden_characters` are those that nobody sees on the pages
    that were read; `notes` and `attachments` are parts of files that were not read.

    `cost` is in US dollars, 0 for local models and None where the price is unknown.
    """

    files: list[FileReport] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    pages: int = 0
    text_pages: int = 0
    ocr_pages: int = 0
    blank_pages: int = 0
    failed_pages: int = 0
    hidden_characters: int = 0
    notes: int = 0
    attachments: int = 0
    ocr_fresh: int = 0
    chunks: int = 0
    embedded: int = 0
    pending: int = 0
    tokens: int = 0
    embedding: str = ""
    cost: float | None = 0.0
    seconds: float = 0.0

    def add(self, file: FileReport) -> None:
        """Count one file."""
        self.files.append(file)

    def count(self, status: FileStatus) -> int:
        """The number of files that ended in `status`."""
        return sum(file.status == status for file in self.files)

    @property
    def undone(self) -> bool:
        """True when something that should be in the index is not, or something that is gone still is."""
        return bool(
            self.count("failed") or self.count("held_back") or self.failed_pages or self.pending or self.nothing_read
        )

    @property
    def nothing_read(self) -> bool:
        """True when there were files, and each was skipped."""
        return bool(self.files) and self.count("skipped") == len(self.files)

    def skipped_types(self) -> Counter[str]:
        """Skipped files, counted by why."""
        return Counter(file.reason or "" for file in self.files if file.status == "skipped")

    def unread(self) -> list[dict[str, Any]]:
        """Reason, count and first names of the files that were skipped."""
        names: dict[str, list[str]] = {}
        for file in self.files:
            if file.status == "skipped":
                names.setdefault(file.reason or "", []).append(file.source)
        return unread_files({"": names})

    def to_json(self) -> dict[str, Any]:
        """The report by the names of the documented JSON form."""
        names: tuple[FileStatus, ...] = (
            "added", "changed", "unchanged", "moved", "regrouped", "removed", "held_back", "failed", "skipped",
        )  # fmt: skip
        own = asdict(self)
        files = own.pop("files")
        return {**{name: self.count(name) for name in names}, **own, "files": files}
