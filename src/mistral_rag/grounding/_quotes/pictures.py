"""Citations compared with the pictures of their pages."""

from collections.abc import Callable, Sequence

from mistral_rag.schema import QUOTE_JOINT, Citation, Page, Source
from mistral_rag.witness import PictureWitness, Sighting

PRECISE = frozenset({"word", "line"})

PageOf = Callable[[str, int], tuple[Source, Page] | None]
"""Finds the source and the page at a position (from 1) of it; None where it is not at hand."""


def seen(citation: Citation, page_of: PageOf, witness: PictureWitness) -> Citation:
    """The citation with what the pictures of its pages show."""
    return _looked_at(citation, page_of, witness, None)[0]


def seen_in_answer(
    citations: Sequence[Citation], page_of: PageOf, witness: PictureWitness, *, seconds: float
) -> tuple[Citation, ...]:
    """The citations of an answer with what pictures show, in order, as far as the processor time suffices."""
    found: list[Citation] = []
    left = seconds
    for citation in citations:
        looked_at, spent = _looked_at(citation, page_of, witness, left)
        found.append(looked_at)
        left -= spent
    return tuple(found)


def _looked_at(
    citation: Citation, page_of: PageOf, witness: PictureWitness, seconds: float | None
) -> tuple[Citation, float]:
    """The citation with what was seen, and the processor time that it took."""
    sightings: list[Sighting] = []
    spans = [span for span in citation.spans or () if span.role == "quote"]
    for number in sorted({span.page for span in spans}):
        ours = [span for span in spans if span.page == number]
        found = page_of(citation.uri, number)
        if found is None or any(span.box_precision not in PRECISE for span in ours):
            sightings.append(Sighting("unchecked"))
            break
        left = None if seconds is None else seconds - sum(sighting.seconds for sighting in sightings)
        sightings.append(witness.look(*found, [(span.start, span.end) for span in ours], seconds=left))
    return citation.model_copy(update=_summed(sightings)), sum(sighting.seconds for sighting in sightings)


def _summed(sightings: Sequence[Sighting]) -> dict[str, object]:
    """The worst of what was seen on the pages of a quote, and all that was read."""
    verdicts = [sighting.seen for sighting in sightings]
    worst = next((name for name in ("differs", "unchecked", "unreadable", "agrees") if name in verdicts), "unchecked")
    texts = [sighting.text for sighting in sightings if sighting.text is not None]
    return {"seen": worst, "seen_text": QUOTE_JOINT.join(texts) if texts and worst != "unchecked" else None}
