"""Search indexes that a reader keeps in memory from one search to the next."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from mistral_rag._forks import ForkLock

if TYPE_CHECKING:
    from mistral_rag.index._dense.vector_rows import Fetch

MAX_STATES: Final = 2
"""States kept of each kind: while a writer commits, searches that began before it still need the one before."""

T = TypeVar("T")


class CommitCache:
    """States of each kind, made of single commits; shared by the threads of a reader.

    Attributes:
        fetch: gives vectors by their numbers, at any time.
    """

    def __init__(self, fetch: "Fetch") -> None:
        self.fetch = fetch
        self._known: dict[str, dict[int, Any]] = {}
        self._mutexes: dict[str, ForkLock] = {}

    def at(self, kind: str, sequence: int, make: Callable[[T | None], T]) -> T:
        """The state of this kind (of words, of vectors) as of the commit `sequence`.

        `make` brings the state of an earlier commit up to that one, or makes the first one, while other threads wait
        for it.
        """
        with self._mutexes.setdefault(kind, ForkLock()):
            known = cast("dict[int, T]", self._known.setdefault(kind, {}))
            if sequence not in known:
                earlier = max((number for number in known if number < sequence), default=None)
                known[sequence] = made = make(None if earlier is None else known[earlier])
                while len(known) > MAX_STATES:
                    del known[min(known)]
                return made
            return known[sequence]
