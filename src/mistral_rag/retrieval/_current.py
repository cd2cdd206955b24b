"""The search index of the newest commit, kept from one search to the next."""

import os
from collections.abc import Collection, Mapping, Sequence
from threading import Lock
from typing import Any

from mistral_rag.index import View
from mistral_rag.retrieval._search import SearchIndex
from mistral_rag.retrieval._signals import Signal

Key = tuple[str, str, tuple[str, ...] | None, tuple[int, ...]]


class CurrentIndex:
    """The last `SearchIndex`; it follows the commits, and is made anew for another filter, other groups or signals."""

    def __init__(self) -> None:
        self._last: SearchIndex | None = None
        self._key: Key | None = None
        self._lock = Lock()
        self._process = os.getpid()

    def at(
        self,
        view: View,
        model: str,
        signals: Sequence[Signal],
        *,
        filter: Mapping[str, Any] | None,
        groups: Collection[str] | None,
    ) -> SearchIndex:
        """The search index of `view`, or of a newer commit that another thread asked for, for `groups` and `filter`."""
        if self._process != os.getpid():
            # the lock may have been held by a thread that is not here
            self.__init__()  # type: ignore[misc]
        key = (model, repr(filter), None if groups is None else tuple(groups), tuple(map(id, signals)))
        with self._lock:
            last, self._last = (self._last if key == self._key else None), None
            if last is None or last.sequence < view.sequence:
                allowed = view.allowed(filter, groups)
                last = (
                    last.follow(view, allowed=allowed)
                    if last
                    else SearchIndex.of(view, model, signals, allowed=allowed)
                )
            # kept only when nothing was raised: signals may have taken in half of a commit
            self._last, self._key = last, key
            return last
