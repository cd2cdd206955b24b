"""Quotes of several versions of one text: copies once, older ones as such, contradictions from both sides."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mistral_rag.grounding._asked.editions import is_draft
from mistral_rag.grounding._asked.things import identifiers
from mistral_rag.grounding._evidence.runs import UnitRun
from mistral_rag.grounding._support.wanted import WantedValue
from mistral_rag.retrieval._domains.periods import Period, period_of
from mistral_rag.schema import Source
from mistral_rag.text import numbers, words

SAME_STATEMENT: Final = 0.6
"""Share of words, figures aside, that two statements of one fact have in common; sentences of two editions of
`data/handbook` about the same rule share .6 and more, about different rules .3 and less."""
MIN_WORDS: Final = 3
"""Words of a statement that can be compared: "Total 12" and "Total 15" are of two tables."""
_DATES: Final = ("effective", "date", "issued", "published", "valid_from", "modified")
_FIGURE: Final = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A run that is quoted, and the runs of other documents that say the same, letter for letter."""

    run: UnitRun
    copies: tuple[UnitRun, ...] = ()

    @property
    def is_earlier(self) -> bool:
        """True for a text of an older edition."""
        return self.run.unit.passage.older

    @property
    def label(self) -> str:
        """The words in front of a text that may not be in force: "draft", "earlier", each with title and date."""
        source = self.run.unit.passage.source
        kind = "draft" if is_draft(source) else "earlier" if self.is_earlier else ""
        return f"{kind}, {dated(source)}: " if kind else ""


def quoted(runs: Sequence[UnitRun]) -> tuple[Quoted, ...]:
    """Quotes of runs: copies together, editions in force first, older ones only where they say something else.

    Of an older edition beside one in force the best quote is enough: it shows what was otherwise.
    """
    found: list[Quoted] = []
    in_force = any(not run.unit.passage.older for run in runs)
    shown: set[str] = set()
    # an edition in force is quoted for its copies in older ones
    for run in sorted(runs, key=lambda run: run.unit.passage.older):
        same = next((at for at, other in enumerate(found) if _is_copy(run, other.run)), None)
        uri = run.unit.passage.source.uri
        if same is None and not (in_force and run.unit.passage.older and uri in shown):
            found.append(Quoted(run))
            shown.add(uri)
        elif same is None:
            continue
        elif run.unit.passage.older == found[same].run.unit.passage.older:
            found[same] = replace(found[same], copies=(*found[same].copies, run))
    return tuple(found)


def contradiction(quotes: Sequence[Quoted], wanted: WantedValue) -> tuple[Quoted, Quoted] | None:
    """The first quote and another of a document that is in force too, where they state the same with other values."""
    living = [quote for quote in quotes if not quote.is_earlier]
    return next(((living[0], other) for other in living[1:] if _contradict(living[0].run, other.run, wanted)), None)


def dated(source: Source) -> str:
    """The title of a document, with the date that it gives itself."""
    date = next((str(source.metadata[name]) for name in _DATES if source.metadata.get(name)), "")
    return f"{source.title} ({date})" if date else source.title


def _is_copy(run: UnitRun, other: UnitRun) -> bool:
    if run.unit.passage.source.uri == other.unit.passage.source.uri:
        return False
    header, of_other = run.unit.header, other.unit.header
    return _plain(run.text) == _plain(other.text) and _plain(header) == _plain(of_other)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _contradict(run: UnitRun, other: UnitRun, wanted: WantedValue) -> bool:
    if run.unit.passage.source.uri == other.unit.passage.source.uri:
        return False
    if _times(run, wanted) != _times(other, wanted) or _are_of_two_cases(run, other):
        return False
    said, also_said = set(_terms(run)), set(_terms(other))
    if min(len(said), len(also_said)) < MIN_WORDS or wanted.kind in {None, "name"}:
        return False
    values, others = set(_values(run.text)), set(_values(other.text))
    share = len(said & also_said) / len(said | also_said)
    return share >= SAME_STATEMENT and bool(values and others) and values.isdisjoint(others)


def _are_of_two_cases(run: UnitRun, other: UnitRun) -> bool:
    """True for pages that name another invoice, order or ticket each, and none in common."""
    of_run, of_other = (identifiers(one.unit.passage.page.text) for one in (run, other))
    shared = of_run.keys() & of_other.keys()
    return bool(shared) and all(of_run[case].isdisjoint(of_other[case]) for case in shared)


def _terms(run: UnitRun) -> Iterator[str]:
    language = run.unit.passage.source.language or "en"
    return (word for word in words(run.text, language) if not _FIGURE.search(word))


def _values(text: str) -> Iterator[float]:
    return (value for number in numbers(text, named=True) for value in number.values)


def _times(run: UnitRun, wanted: WantedValue) -> Period:
    """The periods that a statement and its document are of: figures of two years do not contradict each other."""
    source = run.unit.passage.source
    said = "" if wanted.kind == "date" else run.text
    return period_of(f"{run.unit.header} {source.title} {source.name} {said}")
