"""Signals: knowledge of a kind of document, learned when it is indexed, that boosts passages for a question.

A signal learns from a source and its pages when it is indexed; what it learned is kept beside the document. A search
gives each signal the profiles of the documents it may show, and asks it for boosts. Signals of other packages are
registered by the entry point group `mistral_rag.signals`, or passed as objects.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from mistral_rag.extensions import Extension, extensions
from mistral_rag.index import Profile
from mistral_rag.schema import Source

ENTRY_POINTS: Final = "mistral_rag.signals"

_DOMAINS = "mistral_rag.retrieval._domains"
_OWN: Final = (
    Extension(ENTRY_POINTS, "filings", f"{_DOMAINS}.filings.signal:Filings"),
    Extension(ENTRY_POINTS, "document_identity", f"{_DOMAINS}.document_identity.signal:DocumentIdentity"),
)

Pages = npt.NDArray[np.int64]
"""Pages as n x 2: the number of the document, and that of the page in it, from 1."""


@dataclass(frozen=True, slots=True)
class Learned:
    """The profile that a signal learned of one document.

    Attributes:
        profile: plain JSON; it is kept in the index and handed to `SignalIndex.add`.
        label: a name for the document that word search is to find beside its title; empty for none.
    """

    profile: Mapping[str, Any]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A question as a signal reads it.

    Attributes:
        named: numbers of the documents that the question names, by whatever name they have.
        rest: the question without these names; empty where it names none.
        expansion: further words to search for; empty for none.
    """

    named: frozenset[int] = frozenset()
    rest: str = ""
    expansion: str = ""


@dataclass(frozen=True, slots=True)
class Boosts:
    """Additions to the scores of passages; words and vectors give 1 at the most.

    Attributes:
        documents: by the number of the document; may be negative.
        superseded: numbers of documents of which there is a newer version, where the question asks for the newest.
        pages: pages that are boosted, under a name that means the same pages until a document comes or goes.
        page_boost: what each of these pages gains.
    """

    documents: Mapping[int, float] = field(default_factory=dict)
    superseded: frozenset[int] = frozenset()
    pages: Mapping[str, Pages] = field(default_factory=dict)
    page_boost: float = 0.0


class SignalIndex(Protocol):
    """The profiles that a signal has of the documents of one search; they come and go one by one.

    Its methods are never called by two threads at once.
    """

    def add(self, document: int, profile: Mapping[str, Any], /) -> None:
        """Take in the profile of a document. A profile of another form raises ValueError, TypeError or LookupError."""

    def remove(self, document: int, /) -> None:
        """Forget a document; one that was never added is no error."""

    def read(self, question: str, /) -> Query:
        """Names, and words to search for. Called before anything is searched."""
        ...

    def boosts(self, question: str, /, *, expansion: str, covered: float) -> Boosts:
        """Boosts for the question.

        Args:
            question: what is asked.
            expansion: the further words that are searched for.
            covered: the share of the question, 0 to 1, that the words of one passage cover. The more they cover, the
                less a signal should add: such a question was asked of that passage.
        """
        ...


@runtime_checkable
class Signal(Protocol):
    """Knowledge of a kind of document.

    Attributes:
        name: the key under which profiles are kept; it stays for good.
        version: raised when `learn` gives something else; documents are then learned anew by the next build.
    """

    name: str
    version: int

    def learn(self, source: Source, pages: Sequence[str], /) -> Learned | None:
        """Learn from a source and the texts of its pages; None where the document is not of this kind.

        Called once for each document, in the process that parses it.
        """
        ...

    def index(self) -> SignalIndex:
        """A new index without any document."""
        ...


@cache
def registered_signals() -> tuple[Signal, ...]:
    """The signals of this package, then those of entry points by their names.

    Raises:
        ConfigurationError: an entry point can't be loaded or is no signal, or two register the same name.
    """
    found: dict[str, tuple[Signal, Extension]] = {}
    for extension in extensions(ENTRY_POINTS, _OWN).values():
        signal: Signal = extension.load_as(Signal)  # type: ignore[type-abstract]
        _, other = found.setdefault(signal.name, (signal, extension))
        if other is not extension:
            raise other.clash(extension, f"a signal called {signal.name}")
    return tuple(signal for signal, _ in found.values())


def learn(source: Source, pages: Sequence[str], signals: Iterable[Signal] | None = None) -> Profile:
    """Let signals (by default all that are registered) learn of a document, for the row beside it.

    Args:
        source: the document.
        pages: the texts of its pages, in order.
        signals: the signals.
    """
    learned: dict[str, Any] = {}
    label = ""
    for signal in registered_signals() if signals is None else signals:
        found = signal.learn(source, pages)
        learned[signal.name] = {"version": signal.version, "profile": None if found is None else dict(found.profile)}
        label = label or (found.label if found else "")
    return Profile(label, learned)


def check_profile(profile: Profile) -> None:
    """Raise ValueError when a registered signal can't take in its part of a profile that another process made."""
    for signal in registered_signals():
        kept = _kept(profile, signal)
        if kept is None or kept["profile"] is None:
            continue
        try:
            signal.index().add(0, kept["profile"])
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise ValueError(f"the signal {signal.name} can't read what it learned: {error}") from error


def is_current(profile: Profile | None, signals: Iterable[Signal] | None = None) -> bool:
    """True when every signal has learned of the document by its present rules."""
    signals = registered_signals() if signals is None else signals
    return profile is not None and all(_kept(profile, signal) is not None for signal in signals)


def profile_for(signal: Signal, profile: Profile | None) -> Mapping[str, Any] | None:
    """The signal's profile; None for documents of other kinds. Raises LookupError where it never learned of one."""
    kept = None if profile is None else _kept(profile, signal)
    if kept is None:
        raise LookupError(signal.name)
    found: Mapping[str, Any] | None = kept["profile"]
    return found


def _kept(profile: Profile, signal: Signal) -> Mapping[str, Any] | None:
    kept = profile.learned.get(signal.name)
    is_one = isinstance(kept, dict) and kept.get("version") == signal.version and "profile" in kept
    return kept if is_one else None
