"""Does the evidence back a statement? Flags with reasons, not a certificate."""

from collections.abc import Sequence
from dataclasses import dataclass

from mistral_rag.grounding.words import content_words, coverage
from mistral_rag.schema import Support


@dataclass(frozen=True, slots=True)
class Judgement:
    """How far sources back a statement, and why."""

    support: Support
    numbers_ok: bool | None = None
    reasons: tuple[str, ...] = ()


def judge(statement: str, sources: Sequence[str], language: str = "en") -> Judgement:
    """Whether `sources` (what the statement cites, with titles and headers) back it, by words and numbers."""
    if not sources:
        return Judgement("unsupported", None, ("cites nothing",))
    share = coverage(content_words(statement, language), content_words(" ".join(sources), language), lambda _: 1.0)
    if share >= 0.5:
        return Judgement("supported")
    return Judgement("unsupported", None, (f"{share:.0%} of its words stand in what it cites",))
