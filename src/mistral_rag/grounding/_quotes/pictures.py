"""Citations compared with the pictures of their pages."""

import time
from collections.abc import Callable, Sequence

from mistral_rag.schema import Citation, Page, Source
from mistral_rag.witness import PictureWitness, Sighting, has_picture

QUOTE_SECONDS = 0.06
"""Time that a quote of an answer may take at least; what is left of the answer's is shared among its quotes."""
PRECISE = frozenset({"word", "line"})

PageOf = Callable[[str, int], tuple[Source, Page] | None]
"""Finds the source and the page at a position (from 1) of it; None where it is not at hand."""


def seen(citation: Citation, page_of: PageOf, witness: PictureWitness, *, seconds: float | None = None) -> Citation:
    """The citation with what the pictures of its pages show; within `seconds`, None for no limit."""
    sightings: list[Sighting] = []
    deadline = None if seconds is None else time.monotonic() + seconds
    spans = [span for span in citation.spans or () if span.role == "quote"]
    for number in sorted({span.page for span in spans}):
        ours = [span for span in spans if span.page == number]
        found = page_of(citation.uri, number)
        if found is None or not has_picture(*found) or any(span.box_precision not in PRECISE for span in ours):
            return citation.model_copy(update={"seen": "unchecked", "seen_text": None})
        left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
        sightings.append(witness.look(*found, [(span.start, span.end) for span in ours], seconds=left))
    return citation.model_copy(update=_summed(sightings))


def seen_in_answer(
    citations: Sequence[Citation], page_of: PageOf, witness: PictureWitness, *, seconds: float
) -> tuple[Citation, ...]:
    """The citations of an answer, in order, with what pictures show, as far as the time for all of them suffices."""
    deadline = time.monotonic() + seconds
    found: list[Citation] = []
    for at, citation in enumerate(citations):
        left = deadline - time.monotonic()
        share = max(left / (len(citations) - at), QUOTE_SECONDS) if left > 0 else 0.0
        found.append(seen(citation, page_of, witness, seconds=share))
    return tuple(found)


def _summed(sightings: Sequence[Sighting]) -> dict[str, object]:
    """The worst of what was seen on the pages of a quote, and all that was read."""
    verdicts = [sighting.seen for sighting in sightings]
    worst = next((name for name in ("differs", "unchecked", "unreadable", "agrees") if name in verdicts), "unchecked")
    texts = [sighting.text for sighting in sightings if sighting.text is not None]
    return {"seen": worst, "seen_text": " … ".join(texts) if texts and worst != "unchecked" else None}
