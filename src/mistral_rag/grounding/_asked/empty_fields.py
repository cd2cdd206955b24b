"""Fields and cells that a question asks for, and that are there but empty."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from mistral_rag.grounding._asked.head_nouns import ValueKind
from mistral_rag.grounding._evidence.evidence import EvidenceUnit, defused
from mistral_rag.grounding._support.synonyms import Synonyms
from mistral_rag.grounding._support.wanted import WantedValue
from mistral_rag.schema import Table
from mistral_rag.text import STOP_WORDS, words

MIN_NAMED: Final = 0.5
"""Share of the words of a column's name that the question has: "Last Audit" for "last audited"."""
MAX_SHOWN: Final = 160
"""Characters of the text that is shown as the nearest."""
_NO_VALUE: Final = re.compile(r"n\s?/\s?a\.?|n\.a\.|k\.\s?a\.|t\.?b\.?[ad]\.?|s/o|n\.?n\.?b\.?", re.IGNORECASE)
"""Ways to print that there is no value; a dash may be a zero, and is quoted."""
MAX_VALUE: Final = 80
"""Characters of a value that stands below the line of its label; a longer text is a sentence of its own."""
_BLANK: Final = re.compile(r"(?P<label>[^\n:|_]{2,60}?)[ \t]*:[ \t]*(?:_{3,}|\.{5,}|…{2,}|\[\s+\])")
"""A label with a line to write on."""
_LABEL: Final = re.compile(r"(?P<label>[^\n:|]{2,60}?)[ \t]*[:|][ \t|]*$")
_FILLED: Final = re.compile(r"^(?P<label>[^\n:|]{2,60}?)[ \t]*[:|][ \t|]*[^\s|_.…]")
_ASIDE: Final = re.compile(r"\([^()]*\)")
"""What a label says in brackets: "(if any)", the plural of "Number(s)"."""
_OF_KINDS: Final[Mapping[ValueKind, frozenset[str]]] = {
    "date": frozenset(["date", "day", "datum", "jour", "fecha"]),
    "code": frozenset(["number", "no", "nr", "id", "code", "nummer", "numéro", "número"]),
    "name": frozenset(["name", "nom", "nombre", "naam", "by", "von", "par", "por", "door"]),
    "money": frozenset(["amount", "betrag", "montant", "importe", "bedrag"]),
}
"""Words of labels that say of which kind the value is, as the question does: "when" for "Date admitted"."""

_ARTICLES: Final = frozenset(
    "of the a an for de des du le la les l der die das des el los las del di il van het do da".split()  # noqa: SIM905
)
"""Small words that labels have and questions leave out, or the other way round."""


@dataclass(frozen=True, slots=True)
class EmptyField:
    """A field without a value, by its printed name, and the text it stands in."""

    name: str
    text: str

    def __str__(self) -> str:
        """The reason that there is no answer."""
        text = defused(self.text)
        shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN].rstrip()}…"
        return f"the field “{defused(self.name)}” is empty; nearest: “{shown}”"


def empty_field(question: str, units: Sequence[EvidenceUnit], evidence: Sequence[EvidenceUnit]) -> EmptyField | None:
    """The empty field that a question asks for, where `units` answer it best; None where its value may be there.

    A cell counts as asked for when the question names its column better than any other, and its row at least as well as
    the other rows; a field of a form when the question has all words of its label.
    """
    first = units[0]
    asked = _AskedField(question, _language(first))
    if found := _empty_cell(asked, _row_asked_for(asked.words, first, evidence)):
        return found
    page = [unit for unit in evidence if unit.page_key == first.page_key]
    # the blank form of another document says nothing of this one
    quoted = [unit for unit in units if unit.passage.source.uri == first.passage.source.uri]
    empty = next(filter(None, (_blank(asked, unit) for unit in (*quoted, *page))), None)
    # it may be empty in one form of the page and filled in another
    return empty if empty and not any(_is_filled(empty.name, unit) for unit in page) else None


def _row_asked_for(asked: Collection[str], unit: EvidenceUnit, evidence: Sequence[EvidenceUnit]) -> EvidenceUnit:
    """The row of a unit's table that has most words of the question: a row with a value draws, though it is another."""
    table = _table(unit)
    if table is None:
        return unit
    rows = [unit, *(other for other in evidence if other.page_key == unit.page_key and _table(other) == table)]
    return max(rows, key=lambda row: len(set(words(row.text, _language(row))).intersection(asked)))


def _empty_cell(asked: "_AskedField", unit: EvidenceUnit) -> EmptyField | None:
    """The empty cell of a row below the name of the column that is asked for."""
    table = _table(unit)
    own = set(words(unit.text, _language(unit)))
    if table is None or not own.intersection(asked.words):
        return None
    said = asked.words - own
    names = [set(words(name, _language(unit))) for name in table.columns]
    meant = [terms | (asked.meant_by(terms) & said) for terms in names]
    column = _asked_column(said, names)
    if column is None:
        column = _asked_column(said, [terms & said or terms for terms in meant])
    if column is None or any(_has_value(value) for value in _values(table, column, unit)):
        return None
    return EmptyField(_own_part(table.columns, column), unit.text)


def _asked_column(asked: Collection[str], held: Sequence[Set[str]]) -> int | None:
    """The one column whose name has most words of the question; words that most columns share say nothing."""
    counts = Counter(word for terms in held for word in terms)
    own = [{word for word in terms if counts[word] * 2 <= max(len(held), 2)} for terms in held]
    shares = [len(terms & set(asked)) for terms in own]
    best = max(shares, default=0)
    if best == 0 or shares.count(best) > 1:
        return None
    column = shares.index(best)
    return column if best >= MIN_NAMED * len(own[column]) else None


def _own_part(names: Sequence[str], column: int) -> str:
    """The parts of a column's name that most others do not share: "Fine" of "Felony, Fine, Misd."."""
    counts = Counter(part for name in names for part in set(name.split(", ")))
    own = [part for part in names[column].split(", ") if counts[part] * 2 <= len(names)]
    return ", ".join(own) or names[column]


def _values(table: Table, column: int, unit: EvidenceUnit) -> Iterator[str]:
    """Texts of the cells below a column in the rows of a unit."""
    page = unit.passage.page
    start, end = page.units[unit.index].start, page.units[unit.index].end
    rows = {cell.row for cell in table.cells if cell.runs and start <= cell.runs[0][0] < end}
    for cell in table.cells:
        covers = cell.column <= column < cell.column + cell.column_span
        if covers and rows.intersection(range(cell.row, cell.row + cell.row_span)):
            yield cell.text(page.text)


def _has_value(text: str) -> bool:
    return bool(text) and _NO_VALUE.fullmatch(text) is None


class _AskedField:
    """The field that a question asks for, held against the labels of forms."""

    def __init__(self, question: str, language: str) -> None:
        self.words = frozenset(words(question, language))
        self._language = language
        self._said = frozenset(question.casefold().split())
        self._wanted = WantedValue(question)
        self._synonyms = Synonyms(question, self.words, language)

    def is_label(self, label: str) -> bool:
        """True when a question has all words of a label, or others of their meaning, but for those in brackets.

        Stop words are some, too: "Ordered through" is not "ordered".
        """
        label = _ASIDE.sub("", _last_label(label)).rstrip()
        if label.endswith((",", ";")):  # the lines of a caption: "MARY MAJOR,  :"
            return False
        of_kind = _OF_KINDS.get(self._wanted.kind, ()) if self._wanted.kind else ()
        said = [word for word in label.casefold().split() if word not in of_kind]
        terms = words(" ".join(said), self._language)
        others = STOP_WORDS.get(self._language, frozenset()) - _ARTICLES - self._said
        return bool(terms) and all(map(self._means, terms)) and others.isdisjoint(said)

    def _means(self, term: str) -> bool:
        return term in self.words or bool(self._synonyms.of([term]))

    def meant_by(self, terms: Collection[str]) -> set[str]:
        """Words of the question that terms mean: "deliver" by "shipment"."""
        return self._synonyms.of(terms)

    def is_value(self, text: str) -> bool:
        """True for a short text that may be the value of a label above it."""
        kind = self._wanted.kind
        is_short = 0 < len(text) <= MAX_VALUE and _LABEL.fullmatch(text) is None and _FILLED.match(text) is None
        return is_short and (kind is None or self._wanted.is_in(text))


def _blank(asked: _AskedField, unit: EvidenceUnit) -> EmptyField | None:
    """The field of a form with a line to write on, or without a value above the next field."""
    below = _below(unit).strip()
    for found in _BLANK.finditer(unit.text):
        at_end = not unit.text[found.end() :].strip()
        if asked.is_label(found["label"]) and not (at_end and asked.is_value(below)):
            return EmptyField(_last_label(found["label"]), found[0].strip())
    label = _LABEL.fullmatch(unit.text.strip())
    is_empty = _FILLED.match(below) or _LABEL.fullmatch(below) or _ends_fields(unit)
    if label and asked.is_label(label["label"]) and is_empty:
        return EmptyField(_last_label(label["label"]), unit.text)
    return None


def _ends_fields(unit: EvidenceUnit) -> bool:
    """True for the last of several fields, above a table, a heading or nothing: no value of a label.

    A label that stands above a table alone is the name of its rows: "Current assets:".
    """
    page = unit.passage.page
    before = [page.text[one.start : one.end] for one in page.units[: unit.index][-1:]]
    after = page.units[unit.index + 1 : unit.index + 2]
    is_last = not after or after[0].kind in {"row", "heading"}
    return is_last and unit.kind != "row" and any(map(_FILLED.match, before))


def _is_filled(name: str, unit: EvidenceUnit) -> bool:
    found = _FILLED.match(unit.text.strip())
    return found is not None and found["label"].strip().casefold() == name.casefold()


def _last_label(text: str) -> str:
    """The label behind a sentence: "Signed" of "I have read it. Signed"."""
    return re.split(r"[.;!?]\s|\s{2,}", text)[-1].strip()


def _below(unit: EvidenceUnit) -> str:
    page = unit.passage.page
    after = page.units[unit.index + 1 : unit.index + 2]
    return page.text[after[0].start : after[0].end] if after else ""


def _table(unit: EvidenceUnit) -> Table | None:
    """The table with names of columns that a unit is a row of."""
    page = unit.passage.page
    if unit.kind != "row":
        return None
    start, end = page.units[unit.index].start, page.units[unit.index].end
    return next((table for table in page.tables if table.columns and table.start < end and start < table.end), None)


def _language(unit: EvidenceUnit) -> str:
    return unit.passage.source.language or "en"
