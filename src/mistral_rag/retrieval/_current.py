"""The search index of the newest commit, kept from one search to the next."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from mistral_rag._forks import ForkLock
from mistral_rag.index import IndexReader, View
from mistral_rag.retrieval._search import SearchIndex
from mistral_rag.retrieval._signals import Signal


@dataclass(frozen=True, slots=True)
class SearchScope:
    """Filter and signals of a search; for others, and for another reader, the index is made anew."""

    signals: tuple[Signal, ...]
    filter: Mapping[str, Any] | None

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for scopes that show the same."""
        return repr(self.filter), tuple(map(id, self.signals))


MAX_SCOPES: Final = 2
"""Search indexes in memory: that of a retriever's own filter, and of the last other one that a call gave."""


class CurrentIndex:
    """The last `SearchIndex` of each of a few scopes, which follow the commits."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[object, ...], SearchIndex] = OrderedDict()
        self._lock = ForkLock()

    @contextmanager
    def opened(
        self,
        reader: IndexReader,
        scope: SearchScope,
        model_of: Callable[[View], str],
        *,
        exclusive: bool = False,
    ) -> Iterator[tuple[View, SearchIndex]]:
        """A view and the search index of the very commit that it shows.

        Both are taken under one lock: an index that another thread has brought to a newer commit holds rows that an
        older view does not, and lacks some that it does. `exclusive` keeps the lock until the block ends.
        """
        self._lock.acquire()
        held = True
        try:
            with reader.view() as view:
                index = self._at(reader, view, scope, model_of(view))
                if not exclusive:
                    self._lock.release()
                    held = False
                yield view, index
        finally:
            if held:
                self._lock.release()

    def _at(self, reader: IndexReader, view: View, scope: SearchScope, model: str) -> SearchIndex:
        key = (reader, model, *scope.key)
        last = self._last.pop(key, None)
        if last is None or last.sequence < view.sequence:
            allowed = view.allowed(scope.filter)
            if last is None or not last.can_follow(view, allowed):
                last = SearchIndex.of(view, model, scope.signals, allowed=allowed)
            else:
                last = last.follow(view, allowed=allowed)
        # kept only when nothing was raised: signals may have taken in half of a commit
        self._last[key] = last
        while len(self._last) > MAX_SCOPES:
            self._last.popitem(last=False)
        return last
