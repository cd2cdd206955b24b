"""Answers without a model: quotes of the units that fit the question best."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard

from mistral_rag.grounding._evidence.evidence import EvidenceUnit, defused
from mistral_rag.grounding._evidence.retrieved import Retrieved
from mistral_rag.grounding._quotes.citations import cite
from mistral_rag.grounding._support.fit import Fit
from mistral_rag.grounding._support.mentions import not_mentioned
from mistral_rag.retrieval._questions import without_instructions
from mistral_rag.schema import Answer, Citation, Claim

LEAD = "Passages from the documents that fit the question best (quoted, no model was asked):"
MIN_COVERAGE = 0.35
"""Coverage of the question that an answer needs (`python -m benchmarks.grounding` gives the error rates)."""
MIN_WITH_COSINE = 0.41
"""The same for the sum of coverage and of the best cosines of the question with a quote and with its surroundings."""
WORDS_SHARE = 0.4
"""Weight of coverage in that sum."""
NO_VALUE = 0.15
"""Subtracted when no quote holds a value of the kind that is asked for."""
UNKNOWN_NAME = 0.2
"""Subtracted when the question names something that no passage mentions."""
KNOWN_SCALE = "local-minilm@"
"""Embedding model for whose cosines `MIN_WITH_COSINE` was set; others have other scales (ADR 34)."""
MAX_BEHIND = 2.5
"""Fit by which a quote may stay behind the best: a unit that far holds the answer a twelfth as often, e ** -2.5."""
OLDER_MALUS = 4.0
"""Subtracted from the fit of a quote from an older edition of a document: more than any one feature brings."""
MAX_BELOW = 3
"""Units below a label in which its value is looked for."""
MAX_LABEL = 200
"""Characters of a label that stands below or above its value; longer texts are statements of their own."""


class MatrixEncoder(Protocol):
    """Embeddings that give unit vectors as rows of a matrix."""

    def embed_matrix(self, texts: Sequence[str], /) -> Any:
        """Embed texts: one row a text, in order."""


@dataclass(frozen=True, slots=True)
class UnitRun:
    """A unit that fits a question, with the units beside it that say what it leaves open: `first` to `last`."""

    unit: EvidenceUnit
    first: int
    last: int

    @property
    def text(self) -> str:
        """Text of the run, unchanged."""
        page = self.unit.passage.page
        return page.text[page.units[self.first].start : page.units[self.last].end]


@dataclass(frozen=True, slots=True)
class Extract:
    """The chosen runs of units, best first, and their coverage of the question (0 to 1); `reason` without an answer."""

    runs: tuple[UnitRun, ...]
    coverage: float
    reason: str | None = None


def extractive_answer(retrieved: Retrieved, *, quotes: int = 5, embeddings: object = None) -> Answer:
    """Answer with quotes of the best retrieved units, or abstain with the reason."""
    found = extract(retrieved.question, retrieved.evidence, quotes=quotes, embeddings=embeddings)
    if found.reason is not None:
        return retrieved.answer(text="", status="abstained", reason=found.reason)
    text, citations, claims = composed(found.runs)
    return retrieved.answer(text=text, status="answered", citations=citations, claims=claims)


def extract(question: str, evidence: Sequence[EvidenceUnit], *, quotes: int = 5, embeddings: object = None) -> Extract:
    """Choose the best units, at most `quotes` and from as many pages as possible, or say why there is no answer.

    Embeddings count only when their cosines have a known scale: those of the embedded English model.
    """
    if not evidence:
        return Extract((), 0.0, "nothing was found for this question")
    fit = Fit(question, evidence)
    chosen = tuple(_chosen(fit, evidence, quotes))
    covered, needed = fit.coverage, MIN_COVERAGE
    if _has_known_scale(embeddings):
        likeness = _likeness(question, chosen, embeddings)
        covered, needed = WORDS_SHARE * covered + (1 - WORDS_SHARE) * likeness, MIN_WITH_COSINE
    if fit.wanted.kind is not None and not any(fit.wanted.is_in(run.text) for run in chosen):
        covered -= NO_VALUE
    unknown = not_mentioned(question, evidence)
    covered = max(covered - UNKNOWN_NAME * bool(unknown), 0.0)
    if covered >= needed:
        return Extract(chosen, covered)
    reason = f"what was found covers too little of the question ({covered:.0%}, {needed:.0%} is needed)"
    return Extract((), covered, f"{reason}; it does not mention {', '.join(unknown)}" if unknown else reason)


def _likeness(question: str, chosen: Sequence[UnitRun], embeddings: MatrixEncoder) -> float:
    """Mean of the best cosine of the question with a quote, and with a quote and its neighbours."""
    texts = [*(run.text for run in chosen), *(_with_neighbours(run.unit) for run in chosen)]
    vectors = embeddings.embed_matrix([without_instructions(question), *texts])
    cosines = vectors[1:] @ vectors[0]
    return float(cosines[: len(chosen)].max() + cosines[len(chosen) :].max()) / 2


def _with_neighbours(unit: EvidenceUnit) -> str:
    page = unit.passage.page
    first, last = max(unit.index - 1, 0), min(unit.index + 1, len(page.units) - 1)
    return page.text[page.units[first].start : page.units[last].end]


def _has_known_scale(embeddings: object) -> TypeGuard[MatrixEncoder]:
    return str(getattr(embeddings, "model", "")).startswith(KNOWN_SCALE) and hasattr(embeddings, "embed_matrix")


def _chosen(fit: Fit, evidence: Sequence[EvidenceUnit], quotes: int) -> Iterator[UnitRun]:
    """Choose the best units, each with its value; none that stands in a run before, or is far behind the best."""
    fits = [fit.of(at) - OLDER_MALUS * unit.passage.older for at, unit in enumerate(evidence)]
    least = max(fits, default=0.0) - MAX_BEHIND
    taken: set[tuple[str, int, int]] = set()
    chosen = 0
    for at in sorted(range(len(fits)), key=lambda at: (-fits[at], at)):
        if chosen == quotes or fits[at] < least:
            return
        unit = evidence[at]
        run = _completed(fit, at, unit)
        places = {(*unit.page_key, index) for index in range(run.first, run.last + 1)}
        if taken.isdisjoint(places):
            taken |= places
            chosen += 1
            yield run


def _completed(fit: Fit, at: int, unit: EvidenceUnit) -> UnitRun:
    """The smallest run of units with a label and its value: words of the question, and a value of the wanted kind."""
    page, index = unit.passage.page, unit.index
    if unit.kind == "row":
        # a row has its label and the names of its columns; what stands above and below it are other rows
        return UnitRun(unit, index, index)
    texts = ["" if other.kind == "row" else page.text[other.start : other.end] for other in page.units]
    if (value := _value_beside(fit, texts, index)) is not None:
        labels = {other for other in (index, value - 1, value + 1) if _is_label(texts, other)} - {value} or {index}
        label = max(labels, key=lambda other: (fit.share(texts[other]), -abs(other - value)))
        # a value that says itself what it is needs no label
        if index == value and fit.share(texts[label]) <= fit.share(texts[value]):
            label = value
        return UnitRun(unit, min(label, value), max(label, value))
    announces = unit.kind == "heading" or unit.text.rstrip().endswith((":", "?")) or fit.says_nothing_new(at)
    follows = announces and index + 1 < len(texts) and bool(texts[index + 1])
    return UnitRun(unit, index, index + follows)


def _value_beside(fit: Fit, texts: Sequence[str], index: int) -> int | None:
    """Index of the unit with the wanted value: this one, else the next below a label, else right above it."""
    below = range(index + 1, min(index + 1 + MAX_BELOW, len(texts)))
    near = (*below, index - 1) if len(texts[index]) <= MAX_LABEL and fit.wanted.kind is not None else ()
    return next((other for other in (index, *near) if other >= 0 and fit.wanted.is_in(texts[other])), None)


def _is_label(texts: Sequence[str], index: int) -> bool:
    """True for a short text that is no sentence."""
    return 0 <= index < len(texts) and 0 < len(texts[index]) <= MAX_LABEL and texts[index].rstrip()[-1:] not in ".!"


def composed(runs: Sequence[UnitRun]) -> tuple[str, tuple[Citation, ...], tuple[Claim, ...]]:
    """Compose the answer: its text, a line of introduction and then one quote a line, its citations and its claims."""
    text = LEAD
    citations: list[Citation] = []
    claims = [Claim(start=0, end=len(LEAD), kind="connective")]
    for marker, run in enumerate(runs, start=1):
        quote = _shown(run)
        start = len(text) + len("\n- ")
        end = start + len(quote)
        text = f"{text}\n- {quote} [{marker}]"
        units = range(run.first, run.last + 1)
        citations.append(cite(run.unit.passage, units, marker=str(marker), start=start, end=end))
        claims.append(Claim(start=start, end=end, support="supported", citations=(str(marker),), reasons=("quoted",)))
    return text, tuple(citations), tuple(claims)


def _shown(run: UnitRun) -> str:
    quote = f"“{defused(run.text)}”"
    if values := run.unit.named_values:
        return f"{quote} ({defused(values)})"
    return f"{quote} (columns: {defused(run.unit.header)})" if run.unit.header else quote
