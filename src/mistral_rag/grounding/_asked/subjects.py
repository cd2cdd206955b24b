"""Evidence about the things that a question names, and about others."""

import re
from collections.abc import Sequence
from typing import Final

from mistral_rag.grounding._asked.languages import language_of
from mistral_rag.grounding._asked.other_times import (
    document_texts,
    nearest_time,
    other_months,
    other_times,
    other_years,
)
from mistral_rag.grounding._asked.places import has_rival, is_other_row, is_row_of_values, place_of
from mistral_rag.grounding._asked.things import (
    NAMES_HAVE_CAPITALS,
    TIMES_OF_DAYS,
    Thing,
    codes_like,
    month_name,
    months_of,
    things_in,
)
from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.retrieval._domains.periods import Period, period_of
from mistral_rag.schema import Page

ELSEWHERE: Final = 0.5
"""Of a thing that is named below a unit, or elsewhere on its page: prose says later whom it means, too."""
NAMES_SHARE: Final = 0.5
"""Weight of a question's names, together, against that of a code or a time: terms and titles have capitals, too."""
MIN_NAMES: Final = 2
"""Names that are a person's: the first and the last."""
_FIELD: Final = re.compile(r"(?<!\S)([A-Z][\w-]*(?: [a-z][\w-]*){0,3}):(?=\s)")
_WORD: Final = re.compile(r"[^\W_]+")
_NAME_WORD: Final = re.compile(r"[^\W\d_]\w*")


class Subjects:
    """The things that a question names, and the evidence that is about them."""

    def __init__(self, question: str, evidence: Sequence[EvidenceUnit]) -> None:
        asked = language_of(question)
        others = any(unit.passage.source.language not in {"", asked or "en"} for unit in evidence)
        # names stay the same in a document of another language, where that of the question surely gives them capitals
        told = asked in NAMES_HAVE_CAPITALS - {""} or not others
        # a sheet's name and the headings above are of what is below them
        pages = {unit.page_key: f"{unit.passage.page.text}\n{place_of(unit)}" for unit in evidence}
        self.things = things_in(question, asked if told else "xx", texts=pages.values())
        self._question = question
        self._evidence = evidence
        self._documents = {unit.passage.source.uri: _document_text(unit) for unit in evidence}
        self._pages = {unit.page_key: unit.passage.page for unit in evidence}
        self._on_page = {(thing, key): thing.is_in(text) for thing in self.things for key, text in pages.items()}
        self._mentions: dict[tuple[Thing, tuple[str, int]], list[int]] = {}

    @property
    def missing(self) -> tuple[Thing, ...]:
        """Things that no evidence mentions: no page of it, no title and no name of its documents."""
        return tuple(thing for thing in self.things if not self._is_known(thing))

    def _is_known(self, thing: Thing) -> bool:
        if thing.kind == "quarter":
            return self._is_quarter_known(thing)
        return any(thing.is_in(text) for text in self._documents.values()) or any(
            self._on_page[thing, key] for key in self._pages
        )

    def _is_quarter_known(self, thing: Thing) -> bool:
        """False only where documents call themselves by another quarter, and no page names this one."""
        quarters = [Thing("quarter", str(number), str(number)) for number in range(1, 5)]
        named = {other.letters for other in quarters for text in self._documents.values() if other.is_in(text)}
        return not named or thing.letters in named or any(self._on_page[thing, key] for key in self._pages)

    @property
    def decisive(self) -> tuple[Thing, ...]:
        """Missing things without which nothing can be an answer: a code, a quarter, or all years that are named."""
        missing = self.missing
        years = [thing for thing in self.things if thing.kind == "year"]
        no_year = set(years) <= set(missing)
        alone = tuple(t for t in missing if t.kind in {"code", "quarter"} or (t.kind == "year" and no_year))
        return alone or (tuple(years) if self._apart else ()) or self._months_apart

    @property
    def _months_apart(self) -> tuple[Thing, ...]:
        """Months that no row of a table has for what the question names, where its other rows have other months."""
        months = [thing for thing in self.things if thing.kind in {"month", "day"}]
        rows = [at for at, unit in enumerate(self._evidence) if months and self._is_asked_of(unit)]
        if not rows or not all(_months(self._evidence[at]) for at in rows):
            return ()
        return tuple(thing for thing in months if not any(self.about(at, thing) for at in rows))

    def _is_asked_of(self, unit: EvidenceUnit) -> bool:
        """True for a row below the names of its columns with a cell that the question names: "Oslo", "GBP"."""
        if unit.kind != "row" or not unit.header:
            return False
        texts = {text.strip() for text in unit.text.split("|")} - {""}
        # the time of a row is no key of it
        texts = {text for text in texts if period_of(text) == Period()}
        return any(re.search(rf"(?<!\w){re.escape(text)}(?!\w)", self._question) for text in texts)

    @property
    def _apart(self) -> tuple[Thing, ...]:
        """Names of documents that are of none of the years asked for: "Apex" in 2022, where 2022 is another's."""
        years = [thing for thing in self.things if thing.kind == "year"]
        if not years:
            return ()
        titled = [
            (thing, self._holding(thing)) for thing in self.things if thing.kind == "name" and self._titles(thing)
        ]
        return tuple(name for name, uris in titled if not any(self._holds(uri, year) for uri in uris for year in years))

    def _holding(self, thing: Thing) -> list[str]:
        return [uri for uri in self._documents if self._holds(uri, thing)]

    def _titles(self, name: Thing) -> list[str]:
        """Addresses of the documents whose title or file has a name."""
        return [uri for uri, text in self._documents.items() if name.is_in(text)]

    def _holds(self, uri: str, thing: Thing) -> bool:
        """True where a document names a thing in its title, its file's name or what was found of it."""
        pages = (key for key in self._pages if key[0] == uri)
        return thing.is_in(self._documents[uri]) or any(self._on_page[thing, key] for key in pages)

    @property
    def unnamed(self) -> tuple[Thing, ...]:
        """Names that nothing found mentions."""
        return tuple(thing for thing in self.missing if thing.kind == "name")

    @property
    def share_unnamed(self) -> float:
        """Share of the names in the question that nothing found mentions: "Ann Lee" is no name of Ann Ray."""
        runs = self._name_runs
        missing = set(self.unnamed)
        return sum(not missing.isdisjoint(run) for run in runs) / len(runs) if runs else 0.0

    @property
    def _name_runs(self) -> list[list[Thing]]:
        """Names of the question, those together that follow each other."""
        names = {thing.text: thing for thing in self.things if thing.kind == "name"}
        runs: list[list[Thing]] = [[]]
        end = 0
        for found in _NAME_WORD.finditer(self._question):
            if (name := names.get(found[0])) is None:
                continue
            if self._question[end : found.start()].strip(" -."):
                runs.append([])
            runs[-1].append(name)
            end = found.end()
        return [run for run in runs if run]

    @property
    def fields_of_others(self) -> str:
        """The reason why fields that are asked of a person are missing: only sections of others have them."""
        names = [thing for thing in self.things if thing.kind == "name"]
        person = re.search(r"\s+".join(re.escape(name.text) for name in names), self._question)
        own = [unit for unit in self._evidence if any(_holds_all(names, one) for one in unit.passage.chunk.headings)]
        if len(names) < MIN_NAMES or person is None or not own:
            return ""
        asked = set(_WORD.findall(self._question.casefold()))
        every = {field for unit in self._evidence for field in _fields(unit.text)}
        fields = {field for field in every if set(_WORD.findall(field)) <= asked}
        # on a page of sections by person, what stands below a name may be the next one's
        pages = {unit.page_key for unit in own}
        elsewhere = [at for at, unit in enumerate(self._evidence) if unit.page_key not in pages]
        theirs = [*own, *(self._evidence[at] for at in elsewhere if self._is_of(at, names))]
        held = {field for unit in theirs for field in _fields(unit.text)}
        return f"nothing that was found gives the {min(fields)} of {person[0]}" if fields and not fields & held else ""

    def _is_of(self, at: int, names: Sequence[Thing]) -> bool:
        return all(self.about(at, name) == 1 for name in names)

    def others(self, at: int, *, is_of_time: bool = False) -> float:
        """Things that a unit is not about: codes and times each, names as their share.

        With `is_of_time`, by its columns, it is about the year and the quarter.
        """
        names = [1 - self.about(at, thing) for thing in self.things if thing.kind == "name"]
        told = {"name", "year", "quarter"} if is_of_time else {"name"}
        rest = [1 - self.about(at, thing) for thing in self.things if thing.kind not in told]
        return sum(rest) + (NAMES_SHARE * sum(names) / len(names) if names else 0.0)

    def is_about_another(self, at: int) -> bool:
        """True for a unit that is not about a code of the question, or about none of its names."""
        codes = [thing for thing in self.things if thing.kind == "code"]
        names = [thing for thing in self.things if thing.kind == "name"]
        other_code = any(self.about(at, thing) == 0 for thing in codes)
        return other_code or (bool(names) and all(self.about(at, thing) == 0 for thing in names))

    def share_about(self, at: int) -> float:
        """Share of the things in the question that a unit is about; 1 where it names none."""
        # the year of a month is among them already
        things = [thing for thing in self.things if thing.kind not in TIMES_OF_DAYS]
        return sum(self.about(at, thing) for thing in things) / len(things) if things else 1.0

    def others_asked(self, at: int, text: str) -> tuple[Thing, ...]:
        """Names and times of the question that a unit, or its document, is not about, but other documents or units."""
        return self._names_of_others(at) or self._other_times(at, text)

    def _names_of_others(self, at: int) -> tuple[Thing, ...]:
        """The names of the question where a unit's document has none of them, and others have each."""
        names = tuple(thing for thing in self.things if thing.kind == "name")
        uri = self._evidence[at].passage.source.uri
        return names if not any(self._holds(uri, name) or not self._is_known(name) for name in names) else ()

    def _other_times(self, at: int, text: str) -> tuple[Thing, ...]:
        """Times of the question that a unit's text, or its document, is not of, but of others of their kind."""
        of_document = other_times(self.things, self._evidence, at) or other_years(self.things, self._evidence, at)
        return of_document or other_months(self.things, text)

    def absence(self, missing: Sequence[Thing], *, of: int = 0, text: str = "") -> str:
        """The reason that these things are missing, with the nearest others, of times in the document of unit `of`.

        `text` is that of the unit, where it is of other times itself.
        """
        named = ", ".join(map(str, missing))
        nearest = ", ".join(filter(None, (self.nearest(thing, of) for thing in missing)))
        # what other documents mention is missing for the one that is named, or in the one that fits best
        elsewhere = not set(missing) <= set(self.missing)
        if elsewhere and set(missing) == set(other_months(self.things, text)):
            return f"what fits best is of another time than {named}"
        titles = ", ".join(map(str, self._apart)) if elsewhere else ""
        apart = f" for {titles}" if titles else ""
        is_of_best = elsewhere and not titles and all(thing.kind in {"year", "name"} for thing in missing)
        where = "the document that fits best does not mention" if is_of_best else "nothing that was found mentions"
        reason = f"{where} {named}{apart}"
        return f"{reason}; nearest, about another: {nearest}" if nearest else reason

    def nearest(self, thing: Thing, of: int = 0) -> str:
        """Another thing of its kind that the evidence is about, where there is one: "RE-2025-0417"."""
        if thing.kind == "code":
            return next((code for unit in self._evidence for code in codes_like(thing, unit.text)), "")
        if thing.kind == "year":
            return self._nearest_year(int(thing.letters), of)
        if thing.kind in TIMES_OF_DAYS:
            row = self._nearest_month(thing.letters) if thing.kind == "month" else ""
            return row or nearest_time(thing, document_texts(self._evidence, of))
        return ""

    def _nearest_month(self, month: str) -> str:
        months = {other for unit in self._evidence if self._is_asked_of(unit) for other in _months(unit)}
        nearest = min(months, key=lambda other: (abs(_ordinal(other) - _ordinal(month)), other), default="")
        return month_name(nearest) if nearest else ""

    def _nearest_year(self, year: int, of: int) -> str:
        """The year next to this one of the documents that a name of the question titles, else of a page's columns."""
        titled = {text for name in self._apart for uri, text in self._documents.items() if uri in self._titles(name)}
        key = self._evidence[of].page_key
        columns = {unit.header for unit in self._evidence if unit.page_key == key and unit.kind == "row"}
        years = {other for text in titled or columns for other in period_of(text).years}
        return str(min(years, key=lambda other: (abs(other - year), -other))) if years else ""

    def about(self, at: int, thing: Thing) -> float:
        """1 where a unit is about a thing, `ELSEWHERE` where its page only mentions it, 0 where it is about another.

        A unit is about what is named in it, in its columns' names, headings, its page's head, its document's title
        or name, or in what stands above it, up to the next label or heading of the same form.
        """
        unit = self._evidence[at]
        page = unit.passage.page
        if thing.is_in(f"{unit.text} {unit.header}"):
            return 1.0
        if self._on_page[thing, unit.page_key]:
            return self._by_place(unit, thing, page)
        return float(thing.is_in(self._documents[unit.passage.source.uri]) or thing.is_in(place_of(unit)))

    def _by_place(self, unit: EvidenceUnit, thing: Thing, page: Page) -> float:
        if thing.is_in(self._documents[unit.passage.source.uri]):
            return 1.0
        naming = self._naming(thing, unit)
        above = [index for index in naming if index < unit.index and not is_other_row(page, index, unit.index)]
        if above:
            return 0.0 if has_rival(page, above[-1], unit.index, thing) else 1.0
        if thing.is_in(place_of(unit)):
            return 1.0
        # a row is not about what another row names, unless that may be the one with the columns' names, or a field
        texts = [page.text[page.units[index].start : page.units[index].end] for index in naming]
        by_rows = unit.kind == "row" and all(page.units[index].kind == "row" for index in naming)
        by_rows = by_rows and (bool(unit.header) or all(is_row_of_values(text) for text in texts))
        return 0.0 if by_rows else ELSEWHERE

    def _naming(self, thing: Thing, unit: EvidenceUnit) -> list[int]:
        """Indices of the units of a page that name a thing."""
        key = (thing, unit.page_key)
        if key not in self._mentions:
            page = unit.passage.page
            self._mentions[key] = [
                index for index, one in enumerate(page.units) if thing.is_in(page.text[one.start : one.end])
            ]
        return self._mentions[key]


def _months(unit: EvidenceUnit) -> frozenset[str]:
    return months_of(f"{unit.header} {unit.text}")


def _holds_all(names: Sequence[Thing], text: str) -> bool:
    return all(name.is_in(text) for name in names)


def _fields(text: str) -> set[str]:
    """Labels of a form's values, also of several in one unit: "Phone" of "Phone: 4711 Leave days: 30"."""
    return {found.casefold() for found in _FIELD.findall(text)}


def _ordinal(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:])


def _document_text(unit: EvidenceUnit) -> str:
    source = unit.passage.source
    return f"{source.title} {source.name.replace('_', ' ')} {source.name}"
