"""Units of pages compared with the pictures of these pages: at build time a few, on demand as many as are asked for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, NamedTuple

from ingest.parsing._result import WRONG_TEXT, PageProblem, ParsedFile, with_wrong_text, without_text
from mistral_rag.index import UnrestrictedReader
from mistral_rag.schema import Page, Source, Unit, text_digest
from mistral_rag.witness import PictureWitness, Sighting, may_have_pictures

SAMPLED: Final = 300
"""One page in so many is looked at without a reason, chosen by the digest of its text.

Three units take 100 to 200 ms of processor time, .5 ms a page then: 5 % of 10 ms, which parsing alone takes.
"""
MAX_UNITS: Final = 3
"""Units of a page that a build looks at."""
MAX_DOUBTFUL: Final = 20
"""Pages of a file, with reasons for doubt, that a build looks at; and of a file of which one page is disproved."""
MIN_DIFFERING: Final = 2
"""Units of a page that differ from which on more of it are looked at: one may be a fault of the recogniser."""
MAX_SURE: Final = 9
"""Units looked at before a page is disproved."""
MIN_SHARE: Final = 0.5
"""Share of the units looked at that differ on a page that is disproved, and of pages looked at in such a file.

Of right units one in a hundred differs, of a font with a wrong map or a layer of another page nearly all.
"""
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


class Checked(NamedTuple):
    """The pages of a file after a check: `differing` units are among their doubts.

    `disproved` are pages whose text layer is not what is printed, with the reason by number.
    """

    pages: tuple[Page, ...]
    differing: Sequence[UnitSighting] = ()
    disproved: Mapping[int, str] = {}

    def without_disproved(self, parsed: ParsedFile) -> ParsedFile:
        """The file with these pages; those disproved are problems, and have no text that could be found or quoted."""
        # what OCR has read in another one's place has the reason among its doubts, and keeps its text
        pages = [
            without_text(page) if page.locator.number in self.disproved else page
            for page in with_wrong_text(self.pages, self.disproved)
        ]
        chunks = (chunk for chunk in parsed.chunks if pages[chunk.page - 1].locator.number not in self.disproved)
        problems = [*parsed.problems, *(PageProblem(*each) for each in self.disproved.items())]
        return replace(
            parsed,
            pages=tuple(pages),
            chunks=tuple(chunks) if self.disproved else parsed.chunks,
            problems=tuple(sorted(problems, key=lambda problem: problem.page or 0)),
        )


class PictureCheck:
    """Looks at some pages of the files of a build; a context manager. Without the extra `local` it does nothing.

    A `thorough` one looks at `MAX_DOUBTFUL` pages of each file, however good they seem: somebody had a reason to ask.
    """

    def __init__(self, *, thorough: bool = False) -> None:
        self._witness = PictureWitness()
        self._thorough = thorough

    def __enter__(self) -> "PictureCheck":
        return self

    def __exit__(self, *_: object) -> None:
        self._witness.close()

    def checked(self, source: Source, pages: Sequence[Page]) -> Checked:
        """Look at the pages with doubts and a sample of the rest.

        When the text layer of one is disproved, pages from all of the file are looked at, and when most of these are
        disproved, so are the others: they share its fonts, or its layer.
        """
        if not self._witness.available or not may_have_pictures(source):
            return Checked(tuple(pages))
        found: list[UnitSighting] = []
        looked_at: dict[int, bool] = {}

        def look(chosen: Iterable[Page]) -> None:
            for page in chosen:
                sightings = list(self._look(source, page))
                found.extend(each for each in sightings if _differs(each))
                looked_at[page.locator.number] = _is_layer(page) and _is_disproved(sightings)

        look(to_check(pages))
        if self._thorough or any(looked_at.values()):
            others = [page for page in pages if _is_layer(page) and page.locator.number not in looked_at]
            look(others[at] for at in _spread(len(others), MAX_DOUBTFUL))
        disproved = _reasons(found, looked_at)
        if sum(looked_at.values()) > max(MIN_SHARE * len(looked_at), 1):
            disproved |= {
                page.locator.number: f"{WRONG_TEXT}: the pictures of other pages do"
                for page in pages
                if _is_layer(page) and page.locator.number not in looked_at
            }
        return Checked(tuple(_with_doubts(pages, found, disproved)), found, disproved)

    def _look(self, source: Source, page: Page) -> Iterator[UnitSighting]:
        sightings = list(look_at(self._witness, source, page, MAX_UNITS))
        yield from sightings
        if sum(map(_differs, sightings)) >= MIN_DIFFERING and _is_layer(page):
            seen = {each.unit for each in sightings}
            more = look_at(self._witness, source, page, MAX_SURE)
            yield from (each for each in more if each.unit not in seen)


def to_check(pages: Sequence[Page]) -> list[Page]:
    """Pages of a file that a build looks at: those with doubts, and a sample of the rest."""
    doubtful = list(islice((page for page in pages if page.doubts), MAX_DOUBTFUL))
    sampled = [page for page in pages if not page.doubts and int(text_digest(page.text)[:8], 16) % SAMPLED == 0]
    return [*doubtful, *sampled]


def _differs(each: UnitSighting) -> bool:
    return each.sighting.seen == "differs"


def _is_layer(page: Page) -> bool:
    """True for a page with the text of its text layer."""
    return bool(page.text.strip()) and all(block.origin == "text-layer" for block in page.blocks)


def _is_disproved(sightings: Sequence[UnitSighting]) -> bool:
    verdicts = Counter(each.sighting.seen for each in sightings)
    return verdicts["differs"] >= max(MIN_DIFFERING, MIN_SHARE * (verdicts["differs"] + verdicts["agrees"]))


def _reasons(found: Sequence[UnitSighting], looked_at: Mapping[int, bool]) -> dict[int, str]:
    """Pages that are disproved, with the first of what differs."""
    reasons: dict[int, str] = {}
    for each in found:
        if looked_at[number := each.page.locator.number]:
            reasons.setdefault(number, f"{WRONG_TEXT}: {difference(each.quote, each.sighting)}")
    return reasons


def _with_doubts(pages: Sequence[Page], found: Sequence[UnitSighting], disproved: Mapping[int, str]) -> Iterator[Page]:
    """The pages with what differs among their doubts, but for those disproved, which get one reason for all."""
    for page in pages:
        ours = [each for each in found if each.page.locator.number == page.locator.number]
        differing = (
            () if page.locator.number in disproved else tuple(difference(each.quote, each.sighting) for each in ours)
        )
        yield page.model_copy(update={"doubts": (*page.doubts, *differing)}) if differing else page


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
