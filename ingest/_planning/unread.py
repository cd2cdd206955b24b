"""Files that no build reads: noted in the index by why, so that `ingest status` can name them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mistral_rag.index import IndexWriter

NAME: Final = "unread"
"""The name under which the index keeps them."""
MAX_NAMES: Final = 20
"""Names that are kept for each reason; there may be a million files of one kind."""

Unread = Mapping[str, Mapping[str, Sequence[str]]]
"""Names of files by reason, by the uri of the root that they lie below."""


def note_unread(writer: IndexWriter, unread: Unread) -> None:
    """Keep what was not read below the roots of this build; what is noted of other roots stays."""
    with writer.view() as view:
        known: dict[str, Any] = view.extra(NAME) or {}  # noqa: S610 (no Django here)
    noted = dict(known)
    for root, reasons in unread.items():
        noted[root] = {
            reason: {"count": len(names), "names": list(names[:MAX_NAMES])} for reason, names in reasons.items()
        }
    noted = {root: reasons for root, reasons in noted.items() if reasons}
    if noted != known:
        writer.set_extra(NAME, noted or None)


def unread_files(unread: Unread) -> list[dict[str, Any]]:
    """Reason, count and first names of files that are not read, the most frequent reason first."""
    by_reason: dict[str, list[str]] = {}
    for reasons in unread.values():
        for reason, names in reasons.items():
            by_reason.setdefault(reason, []).extend(names)
    found = [{"reason": reason, "count": len(names), "names": names[:MAX_NAMES]} for reason, names in by_reason.items()]
    return sorted(found, key=lambda one: (-len(by_reason[str(one["reason"])]), str(one["reason"])))
