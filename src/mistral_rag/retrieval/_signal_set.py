"""The signals of one search, each with the profiles of the documents that the search may show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index import Profile, View
from mistral_rag.retrieval._signals import Boosts, Pages, Query, Signal, profile_for


@dataclass(frozen=True, slots=True)
class Boosted:
    """The boosts of all signals together; pages by signal and name, each with what its pages gain."""

    documents: Mapping[int, float]
    superseded: frozenset[int]
    pages: Mapping[str, tuple[Pages, float]] = field(default_factory=dict)


class SignalSet:
    """Signals with their profiles; threads may share them, one of which reads at a time."""

    def __init__(self, signals: Iterable[Signal]) -> None:
        self._signals = [(signal, signal.index()) for signal in signals]
        self._uris: dict[int, str] = {}
        self._lock = Lock()

    def change(self, view: View, removed: Iterable[int], added: Iterable[int]) -> None:
        """Forget documents (by their numbers) and take in others, with what was learned of them when they came.

        Documents of which a signal never learned (an index of an older release) are learned now, and not kept.
        """
        added = list(added)
        sources, profiles = view.numbered_sources(added), view.profiles(added)
        with self._lock:
            for number in removed:
                self._uris.pop(number, None)
                for _, index in self._signals:
                    index.remove(number)
            for number in added:
                self._uris[number] = sources[number].uri
                self._add(view, number, profiles.get(number))

    def _add(self, view: View, number: int, profile: Profile | None) -> None:
        for signal, index in self._signals:
            try:
                known = profile_for(signal, profile)
            except LookupError:
                source = view.numbered_sources([number])[number]
                learned = signal.learn(source, list(view.page_texts(source.uri)))
                known = None if learned is None else learned.profile
            if known is None:
                continue
            try:
                index.add(number, known)
            except (ValueError, TypeError, LookupError, AttributeError) as error:
                raise IndexDamagedError(f"a profile of the index can't be read: {str(error)[:200]}") from error

    def read(self, question: str) -> Query:
        """The question as all signals read it."""
        with self._lock:
            read = [index.read(question) for _, index in self._signals]
        return Query(
            named=frozenset().union(*(query.named for query in read)),
            rest=next((query.rest for query in read if query.rest), ""),
            expansion=" ".join(query.expansion for query in read if query.expansion),
        )

    def boosts(self, question: str, *, expansion: str, covered: float) -> Boosted:
        """The boosts of all signals; those of one document are added."""
        with self._lock:
            found = [
                (signal.name, index.boosts(question, expansion=expansion, covered=covered))
                for signal, index in self._signals
            ]
        boosts = [boost for _, boost in found]
        return Boosted(
            documents=_summed(boosts),
            superseded=frozenset().union(*(boost.superseded for boost in boosts)),
            pages={
                f"{name}:{pages}": (array, boost.page_boost)
                for name, boost in found
                for pages, array in boost.pages.items()
                if boost.page_boost
            },
        )

    def uris(self, numbers: Iterable[int]) -> list[str]:
        """The uris of documents, sorted; those that are gone are left out."""
        return sorted(self._uris[number] for number in numbers if number in self._uris)


def _summed(boosts: Sequence[Boosts]) -> Mapping[int, float]:
    with_any = [boost.documents for boost in boosts if boost.documents]
    if len(with_any) <= 1:
        return with_any[0] if with_any else {}
    documents = dict(with_any[0])
    for more in with_any[1:]:
        for number, boost in more.items():
            documents[number] = documents.get(number, 0.0) + boost
    return documents
