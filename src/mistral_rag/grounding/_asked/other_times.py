"""Evidence of another day, month or weekday than a question names."""

from collections.abc import Sequence

from mistral_rag.grounding._asked.things import TIMES_OF_DAYS, Thing
from mistral_rag.grounding._asked.times import (
    months_alone_in,
    nearest_date,
    nearest_weekday,
    speaks_of_days,
    speaks_of_weekdays,
)
from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.retrieval._domains.periods import period_of


def other_times(things: Sequence[Thing], evidence: Sequence[EvidenceUnit], at: int) -> tuple[Thing, ...]:
    """Days, months and weekdays that the document of a unit does not hold, though it holds others of the kind.

    A document without any holds for all times: "Lunch is at noon" for each Monday, too.
    """
    asked = [thing for thing in things if thing.kind in TIMES_OF_DAYS]
    texts = document_texts(evidence, at) if asked else ()
    return tuple(
        thing for thing in asked if not any(map(thing.is_in, texts)) and any(_speaks_of(thing, text) for text in texts)
    )


def other_years(things: Sequence[Thing], evidence: Sequence[EvidenceUnit], at: int) -> tuple[Thing, ...]:
    """Years of a question that the document of a unit does not hold, though rows on its page have columns of others.

    One of the years that are asked for suffices: "from 2020 to 2021".
    """
    asked = tuple(thing for thing in things if thing.kind == "year")
    page = [unit for unit in evidence if unit.page_key == evidence[at].page_key] if asked else []
    if not any(period_of(unit.header).years for unit in page if unit.kind == "row"):
        return ()
    texts = document_texts(evidence, at)
    return asked if not any(thing.is_in(text) for thing in asked for text in texts) else ()


def other_months(things: Sequence[Thing], text: str) -> tuple[Thing, ...]:
    """Months of a question that a sentence is not of, but of others: "In January 412 hours were worked"."""
    asked = tuple(thing for thing in things if thing.kind == "month")
    if not asked or not any(True for _ in months_alone_in(text)):
        return ()
    return asked if not any(thing.is_in(text) for thing in asked) else ()


def nearest_time(thing: Thing, texts: Sequence[str]) -> str:
    """The time of the kind that the texts hold next to this one; empty for none."""
    return nearest_weekday(texts) if thing.kind == "weekday" else nearest_date(texts, thing.letters)


def document_texts(evidence: Sequence[EvidenceUnit], at: int) -> tuple[str, ...]:
    """Texts found of the document of a unit: its title, its name, the headings and texts of its pages."""
    source = evidence[at].passage.source
    own = [unit.passage for unit in evidence if unit.passage.source.uri == source.uri]
    pages = dict.fromkeys(passage.page.text for passage in own)
    headings = dict.fromkeys(heading for passage in own for heading in passage.chunk.headings)
    return (source.title, source.name, *headings, *pages)


def _speaks_of(thing: Thing, text: str) -> bool:
    return speaks_of_weekdays(text) if thing.kind == "weekday" else speaks_of_days(text)
