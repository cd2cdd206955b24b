"""Reasons why files and pages were not read, in words, and what they say about another try."""

import re
from collections.abc import Iterable, Sequence

from ingest.parsing._result import LOCKED, NEEDS_OCR
from mistral_rag.index import SourceStatus

MAX_NAMED_PAGES = 10
"""Pages that a line of the report names for one reason."""
MAX_NAMED_REASONS = 5
"""Reasons that a line of the report names; each has at most 300 characters."""

_BEFORE_REASON = re.compile(r"(?:^|; )(?:pages? [\d, ]+(?: and \d+ more)?: )?")
"""Page numbers before each reason in what `describe_problems` writes."""


def is_locked(reason: str | None) -> bool:
    """True for the reason of a file that could not be read without a password."""
    return reason is not None and reason.startswith(LOCKED)


def may_be_read_now(reason: str, reader: str) -> bool:
    """True when a page that failed for this reason is worth another try with the reader of this name (empty: none).

    What this machine could not read it won't be able to read the next time either; the platform may.
    """
    if not reader or not reason.startswith(NEEDS_OCR):
        return False
    return not (reader.startswith("local-") and reader in reason)


def reasons_of(state: SourceStatus) -> Iterable[str]:
    """The reasons why pages of a source could not be read; a source that failed as a whole has them in one line."""
    if state.status == "failed":
        return _BEFORE_REASON.split(state.reason or "")
    return (reason for _, reason in state.problems)


def failed_pages(problems: Iterable[tuple[int | None, str]]) -> int:
    """The number of pages that have a problem of their own."""
    return len({page for page, _ in problems if page is not None})


def describe_problems(problems: Iterable[tuple[int | None, str]]) -> str | None:
    """Describe the problems in one line, pages with the same reason together; None without any.

    The first reasons and pages are named and the others counted: a file may have a problem on each of 20,000 pages.
    """
    by_reason: dict[str, list[int]] = {}
    for page, reason in problems:
        pages = by_reason.setdefault(reason, [])
        if page is not None:
            pages.append(page)
    described = [_named_pages(pages) + reason for reason, pages in list(by_reason.items())[:MAX_NAMED_REASONS]]
    if more := len(by_reason) - len(described):
        described.append(f"and {more} more")
    return "; ".join(described) or None


def _named_pages(pages: Sequence[int]) -> str:
    if not pages:
        return ""
    named = ", ".join(map(str, pages[:MAX_NAMED_PAGES]))
    more = f" and {len(pages) - MAX_NAMED_PAGES} more" if len(pages) > MAX_NAMED_PAGES else ""
    return f"{'page' if len(pages) == 1 else 'pages'} {named}{more}: "
