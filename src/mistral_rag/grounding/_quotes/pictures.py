"""Citations compared with the pictures of their pages."""

from collections.abc import Callable, Sequence

from mistral_rag.schema import QUOTE_JOINT, Citation, Page, Source
from mistral_rag.witness import PictureWitness, Sighting

SECONDS_PER_CHARACTER = 0.0006
"""Processor time that reading takes: `python -m benchmarks.seen`."""
PRECISE = frozenset({"word", "line"})

PageOf = Callable[[str, int], tuple[Source, Page] | None]
"""Finds the source and the page at a position (from 1) of it; None where it is not at hand."""


def seen(citation: Citation, page_of: PageOf, witness: PictureWitness) -> Citation:
    """The citation with what the pictures of its pages show."""
    sightings: list[Sighting] = []
    spans = [span for span in citation.spans or () if span.role == "quote"]
    for number in sorted({span.page for span in spans}):
        ours = [span for span in spans if span.page == number]
        found = page_of(citation.uri, number)
        if found is None or any(span.box_precision not in PRECISE for span in ours):
            sightings.append(Sighting("unchecked"))
        else:
            sightings.append(witness.look(*found, [(span.start, span.end) for span in ours]))
    return citation.model_copy(update=_summed(sightings))


def seen_in_answer(
    citations: Sequence[Citation], page_of: PageOf, witness: PictureWitness, *, seconds: float
) -> tuple[Citation, ...]:
    """The citations of an answer, in order, with what pictures show, as far as the time suffices for whole quotes.

    The time is that which quotes of their length take, and not measured: the same answer is checked in the same way
    each time.
    """
    found: list[Citation] = []
    left = round(seconds / SECONDS_PER_CHARACTER)
    for citation in citations:
        length = sum(len(span.quote) for span in citation.spans or () if span.role == "quote")
        looked_at = seen(citation, page_of, witness) if length <= left else citation
        left -= 0 if looked_at.seen == "unchecked" else length
        found.append(looked_at)
    return tuple(found)


def _summed(sightings: Sequence[Sighting]) -> dict[str, object]:
    """The worst of what was seen on the pages of a quote, and all that was read."""
    verdicts = [sighting.seen for sighting in sightings]
    worst = next((name for name in ("differs", "unchecked", "unreadable", "agrees") if name in verdicts), "unchecked")
    texts = [sighting.text for sighting in sightings if sighting.text is not None]
    return {"seen": worst, "seen_text": QUOTE_JOINT.join(texts) if texts and worst != "unchecked" else None}
