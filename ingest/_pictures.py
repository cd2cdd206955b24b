"""Units of pages compared with the pictures of these pages: at build time a few, on demand as many as are asked for."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final

from mistral_rag.index import UnrestrictedReader
from mistral_rag.schema import Page, Source, Unit, text_digest
from mistral_rag.witness import PictureWitness, Sighting, may_have_pictures

SAMPLED: Final = 500
"""One page in so many is looked at without a reason, chosen by the digest of its text.

Three units take 150 to 300 ms of processor time, .5 ms a page then: under 5 % of 10 ms, which parsing alone takes.
"""
MAX_UNITS: Final = 3
"""Units of a page that a build looks at."""
MAX_DOUBTFUL: Final = 20
"""Pages of a file, with reasons for doubt, that a build looks at."""
MAX_SHOWN: Final = 80
"""Characters of a quote, and of what was read, that a reason shows."""


@dataclass(frozen=True, slots=True)
class UnitSighting:
    """A unit of a page, and what the picture shows in its place."""

    source: Source
    page: Page
    unit: Unit
    sighting: Sighting

    @property
    def quote(self) -> str:
        """The text of the unit."""
        return self.page.text[self.unit.start : self.unit.end]

    def __str__(self) -> str:
        return f"{self.source.name}, {self.page.locator}: {difference(self.quote, self.sighting)}"


def difference(quote: str, sighting: Sighting) -> str:
    """A reason for doubt in words."""
    read = f'"{_short(sighting.text)}"' if sighting.text else "nothing"
    return f'the picture shows {read} where the text says "{_short(quote)}"'


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_SHOWN else f"{line[: MAX_SHOWN - 1]}…"


class PictureCheck:
    """Looks at some pages of the files of a build; a context manager. Without the extra `local` it does nothing."""

    def __init__(self) -> None:
        self._witness = PictureWitness()

    def __enter__(self) -> "PictureCheck":
        return self

    def __exit__(self, *_: object) -> None:
        self._witness.close()

    def checked(self, source: Source, pages: Sequence[Page]) -> tuple[tuple[Page, ...], list[UnitSighting]]:
        """The pages, with what differs among their doubts, and the units that differ."""
        if not self._witness.available or not may_have_pictures(source):
            return tuple(pages), []
        found: list[UnitSighting] = []
        chosen = {page.locator.number for page in to_check(pages)}
        for page in pages:
            if page.locator.number in chosen:
                found += [each for each in look_at(self._witness, source, page, MAX_UNITS) if _differs(each)]
        doubts: dict[int, list[str]] = {}
        for each in found:
            doubts.setdefault(each.page.locator.number, []).append(difference(each.quote, each.sighting))
        return tuple(_doubted(page, doubts.get(page.locator.number, [])) for page in pages), found


def to_check(pages: Sequence[Page]) -> list[Page]:
    """Pages of a file that a build looks at: those with doubts, and a sample of the rest."""
    doubtful = list(islice((page for page in pages if page.doubts), MAX_DOUBTFUL))
    sampled = [page for page in pages if not page.doubts and int(text_digest(page.text)[:8], 16) % SAMPLED == 0]
    return [*doubtful, *sampled]


def _differs(each: UnitSighting) -> bool:
    return each.sighting.seen == "differs"


def _doubted(page: Page, reasons: Sequence[str]) -> Page:
    return page.model_copy(update={"doubts": (*page.doubts, *reasons)}) if reasons else page


def look_at(witness: PictureWitness, source: Source, page: Page, count: int) -> Iterator[UnitSighting]:
    """Look at up to so many units of a page, evenly spread over it; those with digits first, for they say the most."""
    units = sorted(page.units, key=lambda unit: not any(map(str.isdigit, page.text[unit.start : unit.end])))
    numbers = sum(any(map(str.isdigit, page.text[unit.start : unit.end])) for unit in units)
    for at in _spread(numbers or len(units), count):
        unit = units[at]
        yield UnitSighting(source, page, unit, witness.look(source, page, [(unit.start, unit.end)]))


def _spread(length: int, count: int) -> list[int]:
    """Places evenly spread over a sequence, at most `count`."""
    taken = min(length, count)
    return [at * length // taken for at in range(taken)]


def check_index(reader: UnrestrictedReader, *, sample: int) -> Iterator[UnitSighting]:
    """Look at about so many units of an index, evenly spread over its pages that have pictures."""
    with reader.view() as view:
        places = [
            (source, number)
            for source in view.sources()
            if may_have_pictures(source)
            for number, text in enumerate(view.page_texts(source.uri), start=1)
            if text.strip()
        ]
    units = -(-sample // max(len(places), 1))
    with PictureWitness() as witness:
        for at in _spread(len(places), sample):
            source, number = places[at]
            # no view is open while a page is looked at: it would keep writers waiting
            with suppress(LookupError):
                yield from look_at(witness, source, reader.page(source.uri, number), units)
