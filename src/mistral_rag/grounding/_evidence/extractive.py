"""Answers without a model: quotes of the units that fit the question best."""

from collections.abc import Sequence
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
UNKNOWN_NAME = 0.2
"""Subtracted when the question names something that no passage mentions."""
KNOWN_SCALE = "local-minilm@"
"""Embedding model for whose cosines `MIN_WITH_COSINE` was set; others have other scales (ADR 34)."""
WEAK = 0.55
"""Share of the best quote's fit that a quote needs."""
RANK_MALUS = 0.05
OLDER_MALUS = 0.5
"""Subtracted from the fit of a quote from an older edition of a document."""


class MatrixEncoder(Protocol):
    """Embeddings that give unit vectors as rows of a matrix."""

    def embed_matrix(self, texts: Sequence[str], /) -> Any:
        """Embed texts: one row a text, in order."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The chosen units, best first, and their coverage of the question (0 to 1); `reason` when there are none."""

    units: tuple[EvidenceUnit, ...]
    coverage: float
    reason: str | None = None


def extractive_answer(retrieved: Retrieved, *, quotes: int = 5, embeddings: object = None) -> Answer:
    """Answer with quotes of the best retrieved units, or abstain with the reason."""
    found = extract(retrieved.question, retrieved.evidence, quotes=quotes, embeddings=embeddings)
    if found.reason is not None:
        return retrieved.answer(text="", status="abstained", reason=found.reason)
    text, citations, claims = composed(found.units)
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
    unknown = not_mentioned(question, evidence)
    covered = max(covered - UNKNOWN_NAME * bool(unknown), 0.0)
    if covered >= needed:
        return Extract(chosen, covered)
    reason = f"what was found covers too little of the question ({covered:.0%}, {needed:.0%} is needed)"
    return Extract((), covered, f"{reason}; it does not mention {', '.join(unknown)}" if unknown else reason)


def _likeness(question: str, chosen: Sequence[EvidenceUnit], embeddings: MatrixEncoder) -> float:
    """Mean of the best cosine of the question with a quote, and with a quote and its neighbours."""
    texts = [*(unit.text for unit in chosen), *map(_with_neighbours, chosen)]
    vectors = embeddings.embed_matrix([without_instructions(question), *texts])
    cosines = vectors[1:] @ vectors[0]
    return float(cosines[: len(chosen)].max() + cosines[len(chosen) :].max()) / 2


def _with_neighbours(unit: EvidenceUnit) -> str:
    page = unit.passage.page
    first, last = max(unit.index - 1, 0), min(unit.index + 1, len(page.units) - 1)
    return page.text[page.units[first].start : page.units[last].end]


def _has_known_scale(embeddings: object) -> TypeGuard[MatrixEncoder]:
    return str(getattr(embeddings, "model", "")).startswith(KNOWN_SCALE) and hasattr(embeddings, "embed_matrix")


def _chosen(fit: Fit, evidence: Sequence[EvidenceUnit], quotes: int) -> list[EvidenceUnit]:
    """Choose the best unit of each page, then the next best of any page, in the order of their fit; no weak ones."""
    fits = {unit.number: fit.of(at) for at, unit in enumerate(evidence)}
    malus = {unit.number: RANK_MALUS * unit.rank + OLDER_MALUS * unit.passage.older for unit in evidence}
    order = sorted(evidence, key=lambda unit: (malus[unit.number] - fits[unit.number], unit.number))
    first: dict[tuple[str, int], EvidenceUnit] = {}
    for unit in order:
        first.setdefault(unit.page_key, unit)
    of_pages = list(first.values())[:quotes]
    picked = [*of_pages, *(unit for unit in order if unit not in of_pages)][:quotes]
    strong = [unit for unit in picked if fits[unit.number] >= WEAK * max(fits.values())]
    return sorted(strong, key=order.index)


def composed(units: Sequence[EvidenceUnit]) -> tuple[str, tuple[Citation, ...], tuple[Claim, ...]]:
    """Compose the answer: its text, a line of introduction and then one quote a line, its citations and its claims."""
    text = LEAD
    citations: list[Citation] = []
    claims = [Claim(start=0, end=len(LEAD), kind="connective")]
    for marker, unit in enumerate(units, start=1):
        quote = _shown(unit)
        start = len(text) + len("\n- ")
        end = start + len(quote)
        text = f"{text}\n- {quote} [{marker}]"
        citations.append(cite(unit.passage, [unit.index], marker=str(marker), start=start, end=end))
        claims.append(Claim(start=start, end=end, support="supported", citations=(str(marker),), reasons=("quoted",)))
    return text, tuple(citations), tuple(claims)


def _shown(unit: EvidenceUnit) -> str:
    quote = f"“{defused(unit.text)}”"
    if values := unit.named_values:
        return f"{quote} ({defused(values)})"
    return f"{quote} (columns: {defused(unit.header)})" if unit.header else quote
