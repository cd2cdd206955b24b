"""Signs for keeping an index in step with its documents: when something changed, and which files are whole."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from ingest.sources._found import SourceFile
from mistral_rag.errors import MissingExtraError

QUIET_SECONDS: Final = 1.0
"""Time in which size and time stamp of a file stay as they are before it is read: who copies over a slow network writes
every few hundred milliseconds."""
OLD_SECONDS: Final = 10.0
"""A file that was changed longer ago is read at the first look."""
LOOK_SECONDS: Final = 300.0
"""Time after which there is a look without a sign: file systems of other machines may give none."""
ELSEWHERE_SECONDS: Final = 60.0
"""The same for URLs and stores, which give none at all."""
POLL_SECONDS: Final = 0.5
"""Time after which the watcher says that nothing has happened."""


class QuietFiles:
    """Tells files that are whole from those that may still be written to, from look to look.

    `clock` gives the time in nanoseconds since 1970, as file systems do.
    """

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[int, int, int]] = {}

    def is_settled(self, found: SourceFile) -> bool:
        """True for a file that has not changed for a while, by its time stamp or since an earlier look.

        What was fetched from elsewhere is a whole copy.
        """
        now = self._clock()
        if not found.uri.startswith("file:") or found.changed_ns < now - OLD_SECONDS * 1e9:
            self._seen.pop(found.uri, None)
            return True
        size, changed, since = self._seen.get(found.uri, (-1, -1, now))
        if (size, changed) != (found.size, found.changed_ns):
            self._seen[found.uri] = (found.size, found.changed_ns, now)
            return False
        return now - since >= QUIET_SECONDS * 1e9


def signs_of_change(paths: Sequence[Path], index: Path, *, seconds: float) -> Iterator[None]:
    """A value whenever something below the paths has changed, or so many seconds have passed without.

    The first one comes as soon as the paths are watched; what changes while nobody asks is kept. Changes of the index
    itself, which may lie below the paths, are none.

    Raises:
        MissingExtraError: watchfiles is not installed.
    """
    own = index.resolve()

    def is_document(_: object, path: str) -> bool:
        changed = Path(path)
        return own != changed and own not in changed.parents

    if not paths:
        yield
        while True:
            time.sleep(seconds)
            yield
    try:
        from watchfiles import watch
    except ImportError as error:
        raise MissingExtraError("ingest watch", "watch") from error
    looked = 0.0
    for changes in watch(
        *paths,
        watch_filter=is_document,
        debounce=int(QUIET_SECONDS * 1000),
        rust_timeout=int(POLL_SECONDS * 1000),
        yield_on_timeout=True,
    ):
        if changes or time.monotonic() - looked > seconds:
            looked = time.monotonic()
            yield
