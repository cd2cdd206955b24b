"""A calibration fitted to questions that are put to an index."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from mistral_rag.errors import ConfigurationError
from mistral_rag.grounding._asked.answerability import DEFAULTS, Calibration, Signs, scale_of
from mistral_rag.grounding._asked.calibration import CurvePoint, curve, fitted, point_at
from mistral_rag.grounding._asked.subjects import Subjects
from mistral_rag.grounding._evidence.evidence import gather
from mistral_rag.grounding._evidence.extractive import signs_of
from mistral_rag.grounding._evidence.runs import best_runs
from mistral_rag.grounding._support.fit import Fit
from mistral_rag.retrieval import Passage
from mistral_rag.retrievers import HybridRetriever

BUDGET: Final = 24_000
"""Characters of evidence, as an answer has."""
PASSAGES: Final = 8
DEEPER: Final = 3
"""Times as many passages are retrieved, so that enough are left without those of a question's own document."""
QUOTES: Final = 5

Case = tuple[Signs, bool]


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A fitted calibration, and what it does: its curve over all questions, and its point on halves held back.

    `before` is the point of the shipped calibration, `fitted` that of calibrations fitted to the other half each.
    """

    calibration: Calibration
    scale: str
    curve: list[CurvePoint]
    before: CurvePoint
    fitted: CurvePoint
    counts: Mapping[str, int]


def calibrated(index: Path, questions: Sequence[Mapping[str, Any]], *, lost: float) -> Calibrated:
    """Fit when to abstain to questions (`question`, `answerable`, `source` of the answer) that are put to an index.

    Raises ConfigurationError for too few questions of a kind.
    """
    retriever = HybridRetriever.from_index(index, k=DEEPER * PASSAGES)
    scale = scale_of(retriever.embeddings)
    start = DEFAULTS[scale]
    halves: tuple[list[Case], list[Case]] = ([], [])
    for question in questions:
        # by the document, so that no half knows one of the other
        key = str(question.get("source") or question["question"])
        halves[crc32(key.encode()) % 2].extend(cases_of(retriever, question))
    every = [*halves[0], *halves[1]]
    try:
        found = fitted(every, start=start, lost=lost)
    except ValueError as error:
        raise ConfigurationError(
            f'{error}. Add questions that the documents do not answer ("answerable": false), or name the "source" of '
            "those that they do"
        ) from error
    return Calibrated(
        found,
        scale,
        curve(found, every),
        point_at(start, every),
        _held_back(halves, start, lost) or point_at(found, every),
        {"answerable": sum(label for _, label in every), "unanswerable": sum(not label for _, label in every)},
    )


def _held_back(halves: tuple[list[Case], list[Case]], start: Calibration, lost: float) -> CurvePoint | None:
    """The point of each half by the fit of the other, together; None where a half is too small to be fitted to."""
    try:
        points = [point_at(fitted(one, start=start, lost=lost), other) for one, other in (halves, halves[::-1])]
    except ValueError:
        return None
    first, second = points
    return CurvePoint(
        (first.threshold + second.threshold) / 2,
        (first.lost + second.lost) / 2,
        (first.abstained + second.abstained) / 2,
    )


def cases_of(retriever: HybridRetriever, question: Mapping[str, Any]) -> Iterator[Case]:
    """The signs of a question as it is, and of an answerable one without the document that answers it."""
    text = question["question"]
    found = [passage for passage in retriever.retrieve(text).passages() if passage.page.text.strip()]
    answerable, source = question["answerable"], question.get("source")
    if found and (not answerable or source is None or _holds(found[:PASSAGES], source)):
        yield signs_for(text, found[:PASSAGES], retriever.embeddings), answerable
    others = [passage for passage in found if passage.source.name != source][:PASSAGES]
    if answerable and source is not None and others:
        yield signs_for(text, others, retriever.embeddings), False


def _holds(passages: Sequence[Passage], source: str) -> bool:
    """False for a question whose document was not found: there abstaining is right, and nothing is learned."""
    return any(passage.source.name == source for passage in passages)


def signs_for(question: str, passages: Sequence[Passage], embeddings: object) -> Signs:
    """The signs that these passages answer a question; what rules decide is no sign, and weighs as all against it."""
    evidence = gather(passages, budget=BUDGET)
    fit, subjects = Fit(question, evidence), Subjects(question, evidence)
    return signs_of(fit, subjects, tuple(best_runs(fit, subjects, evidence, QUOTES)), question, embeddings)
