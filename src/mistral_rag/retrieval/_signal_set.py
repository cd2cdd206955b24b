"""The signals of one search, each with the profiles of the documents that the search may show."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mistral_rag._forks import ForkLock
from mistral_rag.errors import ConfigurationError, IndexDamagedError
from mistral_rag.index import Profile, View
from mistral_rag.retrieval._signals import Boosts, Pages, Query, Signal, SignalIndex, profile_for


@dataclass(frozen=True, slots=True)
class Boosted:
    """The boosts of all signals together; pages by signal and name, each with what its pages gain."""

    documents: Mapping[int, float]
    superseded: frozenset[int]
    pages: Mapping[str, tuple[Pages, float]] = field(default_factory=dict)


class SignalsMovedError(Exception):
    """The signals have followed a newer commit than the one that is searched; search the newer one."""


class SignalSet:
    """Signals with their profiles; threads may share them, one of which reads at a time.

    Raises ConfigurationError, with the signal's name, for whatever a signal fails with: signals may be a stranger's.
    """

    def __init__(self, signals: Iterable[Signal]) -> None:
        self._signals: list[tuple[Signal, SignalIndex]] = []
        names: set[object] = set()
        for signal in signals:
            if isinstance(signal, type) or not isinstance(signal, Signal):
                raise ConfigurationError(f"{signal!r} is no signal: give an object with name, version, learn and index")
            if signal.name in names:
                raise ConfigurationError(f"two signals have the name {signal.name!r}")
            names.add(signal.name)
            with _named(signal):
                self._signals.append((signal, signal.index()))
        self._uris: dict[int, str] = {}
        self._sequence = -1
        self._lock = ForkLock()

    def change(self, view: View, removed: Iterable[int], added: Iterable[int]) -> None:
        """Forget documents (by their numbers) and take in others, with what was learned of them when they came.

        Documents of which a signal never learned (an index of an older release) are learned now, and not kept.
        """
        added = list(added)
        sources, profiles = view.numbered_sources(added), view.profiles(added)
        with self._lock:
            for number in removed:
                self._uris.pop(number, None)
                for signal, index in self._signals:
                    with _named(signal):
                        index.remove(number)
            for number in added:
                self._uris[number] = sources[number].uri
                self._add(view, number, profiles.get(number))
            self._sequence = view.sequence

    def _add(self, view: View, number: int, profile: Profile | None) -> None:
        for signal, index in self._signals:
            known = self._profile(view, number, profile, signal)
            if known is None:
                continue
            try:
                index.add(number, known)
            except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
                raise IndexDamagedError(
                    f"the profile of {self._uris[number]} can't be read by the signal {signal.name}: {str(error)[:200]}"
                ) from error

    @staticmethod
    def _profile(view: View, number: int, profile: Profile | None, signal: Signal) -> Mapping[str, Any] | None:
        try:
            return profile_for(signal, profile)
        except LookupError:
            source = view.numbered_sources([number])[number]
        with _named(signal):
            learned = signal.learn(source, list(view.page_texts(source.uri)))
            return None if learned is None else learned.profile

    def read(self, question: str, sequence: int) -> Query:
        """The question as all signals read it. Raises SignalsMovedError when they are not at the commit `sequence`."""
        read = []
        with self._lock:
            self._require(sequence)
            for signal, index in self._signals:
                with _named(signal):
                    query = index.read(question)
                    read.append((frozenset(query.named), str(query.rest), str(query.expansion)))
        return Query(
            named=frozenset().union(*(named for named, _, _ in read)),
            rest=next((rest for _, rest, _ in read if rest), ""),
            expansion=" ".join(expansion for _, _, expansion in read if expansion),
        )

    def boosts(self, question: str, sequence: int, *, expansion: str, covered: float) -> Boosted:
        """The boosts of all signals; those of one document are added. Raises as `read`."""
        found: list[tuple[str, Boosts]] = []
        with self._lock:
            self._require(sequence)
            for signal, index in self._signals:
                with _named(signal):
                    boosts = index.boosts(question, expansion=expansion, covered=covered)
                    _check(boosts)
                    found.append((signal.name, boosts))
        return Boosted(
            documents=_summed([boosts for _, boosts in found]),
            superseded=frozenset().union(*(boosts.superseded for _, boosts in found)),
            pages={
                f"{name}:{pages}": (array, boosts.page_boost)
                for name, boosts in found
                for pages, array in boosts.pages.items()
                if boosts.page_boost
            },
        )

    def _require(self, sequence: int) -> None:
        if self._sequence != sequence:
            raise SignalsMovedError

    def uris(self, numbers: Iterable[int]) -> list[str]:
        """The uris of documents, sorted; those that are gone are left out."""
        # another thread may take a document out meanwhile
        return sorted(uri for number in numbers if (uri := self._uris.get(number)) is not None)


@contextmanager
def _named(signal: Signal) -> Iterator[None]:
    """Name the signal in whatever its code raises."""
    try:
        yield
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error)[:200]}"
        raise ConfigurationError(f"the signal {signal.name} failed with {reason}") from error


def _check(boosts: Boosts) -> None:
    """Raise ValueError unless all numbers are finite and pages are n x 2: NaN would make passages vanish silently."""
    if not all(map(math.isfinite, (boosts.page_boost, *boosts.documents.values()))):
        raise ValueError("boosts must be finite")
    if any(array.ndim != 2 or array.shape[1] != 2 or array.dtype != np.int64 for array in boosts.pages.values()):
        raise ValueError("pages must be int64 of shape n x 2")


def _summed(boosts: Sequence[Boosts]) -> Mapping[int, float]:
    with_any = [boost.documents for boost in boosts if boost.documents]
    if len(with_any) <= 1:
        return with_any[0] if with_any else {}
    documents = dict(with_any[0])
    for more in with_any[1:]:
        for number, boost in more.items():
            documents[number] = documents.get(number, 0.0) + boost
    return documents
