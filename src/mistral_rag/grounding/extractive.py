"""Answers without a model: the units of the retrieved passages that fit the question best, quoted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mistral_rag.grounding.citations import cite
from mistral_rag.grounding.evidence import EvidenceUnit, defused
from mistral_rag.grounding.retrieved import Retrieved
from mistral_rag.grounding.words import Weigh, asked_words, content_words, coverage, rarity
from mistral_rag.schema import Answer, Citation, Claim

LEAD = "Passages from the documents that fit the question best (quoted, no model was asked):"
MIN_COVERAGE = 0.35
"""Below this share of the question's content words (by weight) an extract says that it has no answer."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The chosen units, best first, and how much of the question they cover; `reason` when there is none."""

    units: tuple[EvidenceUnit, ...]
    coverage: float
    reason: str | None = None


def extract(question: str, evidence: Sequence[EvidenceUnit], *, quotes: int = 5, weigh: Weigh | None = None) -> Extract:
    """The best units, at most `quotes`, or the reason why there is no answer."""
    if not evidence:
        return Extract((), 0.0, "nothing was found for this question")
    asked = asked_words(question)
    held = [content_words(f"{unit.text} {unit.header}") for unit in evidence]
    weight = weigh or rarity(held)
    scores = [coverage(asked, text, weight) for text in held]
    order = sorted(range(len(evidence)), key=lambda i: (-scores[i], evidence[i].rank, i))
    best = order[:quotes]
    covered = coverage(asked, _union(held[i] for i in best), weight)
    if covered < MIN_COVERAGE:
        return Extract((), covered, f"the best passages hold too few of the question's words ({covered:.0%})")
    return Extract(tuple(evidence[i] for i in best if scores[i] > 0), covered)


def _union(texts: Iterable[Iterable[str]]) -> set[str]:
    return {word for text in texts for word in text}


def compose(units: Sequence[EvidenceUnit]) -> tuple[str, tuple[Citation, ...], tuple[Claim, ...]]:
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


def extractive_answer(retrieved: Retrieved, *, quotes: int = 5) -> Answer:
    """The answer that quotes the best units of what was retrieved, or says why there is none."""
    found = extract(retrieved.question, retrieved.evidence, quotes=quotes)
    if found.reason is not None:
        return retrieved.answer(text="", status="abstained", reason=found.reason)
    text, citations, claims = compose(found.units)
    return retrieved.answer(text=text, status="answered", citations=citations, claims=claims)
