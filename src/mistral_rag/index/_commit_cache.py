"""Search indexes that a reader keeps in memory from one search to the next."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from mistral_rag._forks import ForkLock

if TYPE_CHECKING:
    from mistral_rag.index._dense.vector_rows import Fetch


class CommitState(Protocol):
    """Something that was made of one commit."""

    @property
    def sequence(self) -> int:
        """The number of the commit."""


T = TypeVar("T", bound=CommitState)


class CommitCache:
    """The newest state of each kind that follows the commits; shared by the threads of a reader.

    Attributes:
        fetch: gives vectors by their numbers, at any time.
    """

    def __init__(self, fetch: "Fetch") -> None:
        self.fetch = fetch
        self._known: dict[str, Any] = {}
        self._mutexes: dict[str, ForkLock] = {}

    def newest(self, kind: str, sequence: int, make: Callable[[T | None], T]) -> T:
        """The state of this kind (of words, of vectors) as of the commit `sequence` or a newer one.

        `make` brings the last one up to that commit, or makes the first one, while other threads wait for it.
        """
        with self._mutexes.setdefault(kind, ForkLock()):
            last = cast("T | None", self._known.get(kind))
            if last is None or last.sequence < sequence:
                last = self._known[kind] = make(last)
            return last
