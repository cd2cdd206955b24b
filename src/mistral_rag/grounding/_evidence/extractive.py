"""Answers without a model: the units of the retrieved passages that fit the question best, quoted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard

from mistral_rag.grounding._evidence.evidence import EvidenceUnit, defused
from mistral_rag.grounding._evidence.retrieved import Retrieved
from mistral_rag.grounding._quotes.citations import cite
from mistral_rag.grounding._support.fit import Fit
from mistral_rag.grounding._support.mentions import not_mentioned
from mistral_rag.retrieval._questions import asked
from mistral_rag.schema import Answer, Citation, Claim

LEAD = "Passages from the documents that fit the question best (quoted, no model was asked):"
MIN_COVERAGE = 0.35
"""How far a question must be covered for an answer (`python -m benchmarks.grounding` shows what that costs)."""
MIN_WITH_COSINE = 0.41
"""The same for the sum of coverage and of the best cosines of the question with a quote and with its surroundings."""
WORDS_SHARE = 0.4
"""What coverage counts in that sum."""
UNKNOWN_NAME = 0.2
"""What it costs when the question names something that nothing found mentions."""
KNOWN_SCALE = "local-minilm@"
"""The embedding model whose cosines the second threshold was set for."""
WEAK = 0.55
"""A quote must fit at least this share of what the best one fits."""
RANK_MALUS = 0.05
OLDER_MALUS = 0.5
"""What a quote from an older edition of a document loses against others."""


class MatrixEmbeddings(Protocol):
    """Embeddings that give rows of length 1."""

    def embed_matrix(self, texts: Sequence[str], /) -> Any:
        """One row a text, in order."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The chosen units, best first, and how well they cover the question (0 to 1); `reason` when there are none."""

    units: tuple[EvidenceUnit, ...]
    coverage: float
    reason: str | None = None


def extractive_answer(retrieved: Retrieved, *, quotes: int = 5, embeddings: object = None) -> Answer:
    """The answer that quotes the best units of what was retrieved, or says why there is none."""
    found = extract(retrieved.question, retrieved.evidence, quotes=quotes, embeddings=embeddings)
    if found.reason is not None:
        return retrieved.answer(text="", status="abstained", reason=found.reason)
    text, citations, claims = composed(found.units)
    return retrieved.answer(text=text, status="answered", citations=citations, claims=claims)


def extract(question: str, evidence: Sequence[EvidenceUnit], *, quotes: int = 5, embeddings: object = None) -> Extract:
    """The best units, at most `quotes` and from as many pages as there are, or the reason why there is no answer.

    Embeddings whose cosines have a known scale (the embedded English model) help to tell whether there is one.
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


def _likeness(question: str, chosen: Sequence[EvidenceUnit], embeddings: MatrixEmbeddings) -> float:
    """The mean of the best cosines of the question with a quote, and with one and the units beside it."""
    texts = [*(unit.text for unit in chosen), *map(_with_neighbours, chosen)]
    vectors = embeddings.embed_matrix([asked(question), *texts])
    cosines = vectors[1:] @ vectors[0]
    return float(cosines[: len(chosen)].max() + cosines[len(chosen) :].max()) / 2


def _with_neighbours(unit: EvidenceUnit) -> str:
    page = unit.passage.page
    first, last = max(unit.index - 1, 0), min(unit.index + 1, len(page.units) - 1)
    return page.text[page.units[first].start : page.units[last].end]


def _has_known_scale(embeddings: object) -> TypeGuard[MatrixEmbeddings]:
    return str(getattr(embeddings, "model", "")).startswith(KNOWN_SCALE) and hasattr(embeddings, "embed_matrix")


def _chosen(fit: Fit, evidence: Sequence[EvidenceUnit], quotes: int) -> list[EvidenceUnit]:
    """The best unit of each page, then the next best of any, in the order of their fit; none that is weak."""
    fits = {unit.number: fit.of(at) for at, unit in enumerate(evidence)}
    malus = {unit.number: RANK_MALUS * unit.rank + OLDER_MALUS * unit.passage.older for unit in evidence}
    order = sorted(evidence, key=lambda unit: (malus[unit.number] - fits[unit.number], unit.number))
    first: dict[tuple[str, int], EvidenceUnit] = {}
    for unit in order:
        first.setdefault(unit.place, unit)
    of_pages = list(first.values())[:quotes]
    picked = [*of_pages, *(unit for unit in order if unit not in of_pages)][:quotes]
    strong = [unit for unit in picked if fits[unit.number] >= WEAK * max(fits.values())]
    return sorted(strong, key=order.index)


def composed(units: Sequence[EvidenceUnit]) -> tuple[str, tuple[Citation, ...], tuple[Claim, ...]]:
    """The answer's text, one quote a line behind a line that says so, with its citations and claims."""
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
    return f"{quote} (columns: {defused(unit.header)})" if unit.header else quote
