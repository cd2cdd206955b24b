"""Runs of units that are quoted: the best units of the evidence, each with the label or value beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mistral_rag.grounding._asked.subjects import Subjects
from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.grounding._support.fit import Fit

MAX_BEHIND: Final = 2.5
"""Fit by which a quote may stay behind the best: a unit that far holds the answer a twelfth as often, e ** -2.5."""
OLDER_MALUS: Final = 4.0
"""Subtracted from the fit of a quote from an older edition of a document: more than any one feature brings."""
OTHER_SUBJECT: Final = 2.0
"""Subtracted for each code and time that the question names and a unit is not about, and half of it for its names
together: nearly as much as a value brings."""
MAX_COMPARED: Final = 40
"""Units whose meaning is compared with a question in another language: half a second of work."""
HELD_VALUE: Final = 0.1
"""What a value of the wanted kind adds to the cosine of such a unit."""
MAX_LESS_LIKE: Final = 0.15


@dataclass(frozen=True, slots=True)
class UnitRun:
    """A unit that fits a question, with the units beside it that say what it leaves open: `first` to `last`.

    `at` is the unit's index in the evidence.
    """

    unit: EvidenceUnit
    first: int
    last: int
    at: int = 0

    @property
    def text(self) -> str:
        """Text of the run, unchanged."""
        page = self.unit.passage.page
        return page.text[page.units[self.first].start : page.units[self.last].end]


class MatrixEncoder(Protocol):
    """Embeddings that give unit vectors as rows of a matrix."""

    def embed_matrix(self, texts: Sequence[str], /) -> Any:
        """Embed texts: one row a text, in order."""


def best_runs(fit: Fit, subjects: Subjects, evidence: Sequence[EvidenceUnit], quotes: int) -> Iterator[UnitRun]:
    """Choose the best units, each with its value; none that stands in a run before, or is far behind the best."""
    fits = [_fit(fit, subjects, at, unit) for at, unit in enumerate(evidence)]
    least = max(fits, default=0.0) - MAX_BEHIND
    taken: set[tuple[str, int, int]] = set()
    chosen = 0
    for at in sorted(range(len(fits)), key=lambda at: (-fits[at], at)):
        if chosen == quotes:
            return
        unit = evidence[at]
        # an older edition comes last, and is shown where it would be without its malus
        is_behind = fits[at] + OLDER_MALUS * unit.passage.older < least
        if is_behind or (chosen and subjects.is_about_another(at)):
            continue
        run = UnitRun(unit, *fit.run(at), at)
        if chosen and _is_bare_heading(run):
            continue
        places = {(*unit.page_key, index) for index in range(run.first, run.last + 1)}
        if taken.isdisjoint(places):
            taken |= places
            chosen += 1
            yield run


def runs_by_meaning(
    fit: Fit, evidence: Sequence[EvidenceUnit], quotes: int, question: str, embeddings: MatrixEncoder
) -> tuple[UnitRun, ...]:
    """The units likest to a question in another language, those with a value of the wanted kind before others."""
    near = sorted(range(len(evidence)), key=lambda at: (evidence[at].rank, at))[:MAX_COMPARED]
    vectors = embeddings.embed_matrix([question, *(evidence[at].text for at in near)])
    likeness = vectors[1:] @ vectors[0]
    scores = {
        at: float(score) + HELD_VALUE * fit.wanted.is_in(evidence[at].text) - evidence[at].passage.older
        for at, score in zip(near, likeness, strict=True)
    }
    best = sorted(scores, key=lambda at: (-scores[at], at))[:quotes]
    # translations of one statement lie a tenth apart, its neighbours on the page two tenths
    return tuple(
        UnitRun(evidence[at], evidence[at].index, evidence[at].index, at)
        for at in best
        if scores[at] >= scores[best[0]] - MAX_LESS_LIKE
    )


def _is_bare_heading(run: UnitRun) -> bool:
    """True for headings without anything below them: they name what is asked for and do not answer."""
    return all(unit.kind == "heading" for unit in run.unit.passage.page.units[run.first : run.last + 1])


def _fit(fit: Fit, subjects: Subjects, at: int, unit: EvidenceUnit) -> float:
    others = subjects.others(at, is_of_time=fit.is_of_time(at))
    return fit.of(at) - OLDER_MALUS * unit.passage.older - OTHER_SUBJECT * others
