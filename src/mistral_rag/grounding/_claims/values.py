"""Values of a statement in their places: of the measure, the year and the direction that its sources give them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from types import MappingProxyType
from typing import Final

from mistral_rag.grounding._claims.alignment import Alignment, TextToken, TokenizedText
from mistral_rag.grounding._claims.findings import Compared, Finding
from mistral_rag.grounding._claims.opposites import sides_of
from mistral_rag.grounding._claims.polarity import SAME_SENTENCE
from mistral_rag.text import Number, content_words, numbers, same_number

_MEASURES: Final[Sequence[str]] = (
    "revenue revenues sales turnover umsatz umsätze umsatzerlöse chiffre ventes ingresos ventas",
    "income profit profits earnings gewinn ergebnis überschuss bénéfice résultat beneficio ganancias",
    "loss losses verlust verluste perte pertes pérdida pérdidas",
    "ebitda", "ebit", "eps",
    "cost costs expense expenses spending expenditure expenditures kosten aufwand aufwendungen ausgaben coûts "
    "dépenses frais "
    "costes costos gastos",
    "asset assets vermögen vermögenswerte actif actifs activos",
    "liability liabilities verbindlichkeiten passif pasivos",
    "debt debts borrowings schulden dette dettes deuda deudas",
    "equity eigenkapital capitaux patrimonio",
    "cash liquidity barmittel trésorerie efectivo",
    "inventory inventories vorräte stocks existencias inventario",
    "receivables forderungen créances", "payables",
    "dividend dividends dividende dividenden dividendes dividendo dividendos",
    "tax taxes steuern steuer impôt impôts impuesto impuestos",
    "interest zinsen zins intérêts intereses",
    "depreciation amortization amortisation abschreibungen amortissements amortización",
    "employees staff headcount workforce mitarbeiter beschäftigte angestellte salariés employés empleados trabajadores",
    "customers clients users kunden nutzer utilisateurs usuarios clientes",
    "stores shops branches outlets filialen geschäfte magasins tiendas",
    "shares stock aktien actions acciones",
    "price prices preis preise prix precio precios",
    "salary salaries wages pay gehalt löhne salaires salario salarios",
    "rent miete loyer alquiler", "deposit kaution anzahlung dépôt depósito", "fee fees gebühr gebühren tarifa",
    "premium premiums prämie prämien prime prima",
    "height höhe hauteur altura", "width breite largeur anchura", "length länge longueur longitud",
    "weight gewicht poids peso", "depth tiefe profondeur profundidad", "area fläche superficie superficie",
    "speed geschwindigkeit vitesse velocidad", "temperature temperatur température temperatura",
    "population einwohner habitants habitantes", "age alter âge edad", "volume volumen",
    "capacity kapazität capacité capacidad", "distance entfernung distancia", "duration dauer durée duración",
    "deaths tote todesfälle morts décès muertes", "births geburten naissances nacimientos",
    "points punkte puntos", "goals tore buts goles", "votes stimmen voix votos", "seats sitze sièges escaños asientos",
    "production output produktion producción", "exports exporte exportaciones", "imports importe importaciones",
)  # fmt: skip
"""Things that are measured or counted; the names of one in several languages stand together."""
_HEAD_ROW: Final = 2
"""Years of a row of years."""
MAX_BEHIND: Final = 30
"""Characters within which the year that follows a value is the value's ("5,000 million in 2022")."""
MAX_LABEL: Final = 12
"""Words of a row's label."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a table: the stems of its label, and its numbers with their columns' years where they are known."""

    label: frozenset[str]
    text: str
    numbers: tuple[Number, ...]
    years: tuple[float, ...]


def other_places(compared: Compared) -> Iterator[Finding]:
    """Names or numbers that have changed places with each other."""
    for alignment in compared.alignments[:1]:
        if alignment.coverage < SAME_SENTENCE:
            return
        changes = [(_anchors(c.said, alignment), _anchors(c.there, alignment)) for c in alignment.substitutions]
        for (said, there), (other_said, other_there) in combinations(changes, 2):
            if said & other_there and there & other_said and not (said & there or other_said & other_there):
                first, second = min(said & other_there), min(there & other_said)
                yield Finding("contradicted", f"{first!r} and {second!r} have each other's place")
                return


def _anchors(tokens: Sequence[TextToken], alignment: Alignment) -> set[str]:
    """The names and numbers of a difference that both sides have somewhere."""
    return {t.text for t in tokens if (t.is_number or t.is_capitalised) and t.stem in alignment.shared}


def other_measures(compared: Compared) -> Iterator[Finding]:
    """A value of another measure than the statement says."""
    for alignment in compared.alignments[:1]:
        for change in alignment.substitutions if alignment.coverage >= SAME_SENTENCE else ():
            if swapped := _other_measure(change.said, change.there, alignment, compared):
                yield Finding("partial", f"it says {swapped[0]!r} where its source says {swapped[1]!r}")
                return
    yield from _wrong_rows(compared)


def other_years(compared: Compared) -> Iterator[Finding]:
    """A value of a table beside a year that is not its column's."""
    said = numbers(compared.statement)
    years = [number for number in said if number.is_year]
    for number in said:
        held = [(row, at) for row in _rows(compared) if row.years for at in _indices(row, number)]
        if number.is_year or not years or not held:
            continue
        year = min(years, key=lambda y: _distance(y, number))
        value = next(iter(year.values))
        columns = {row.years[at] for row, at in held}
        if value not in columns and any(value in row.years for row, _ in held):
            there = ", ".join(str(int(column)) for column in sorted(columns))
            yield Finding("contradicted", f"{number.text} is the value of {there}, not of {year.text}")
            return
    yield from _other_years_in_prose(compared, [number for number in said if not number.is_year], years)


def _other_years_in_prose(compared: Compared, values: Sequence[Number], years: Sequence[Number]) -> Iterator[Finding]:
    """A value whose sentence has both years and gives it the other one."""
    for number in values if years else ():
        year = min(years, key=lambda y: _distance(y, number))
        theirs = [there for passage in compared.passages for there in _years_beside(passage, number)]
        mine = next(iter(year.values))
        if theirs and all(mine in named and mine != beside for beside, named in theirs):
            yield Finding("contradicted", f"{number.text} is the value of {int(theirs[0][0])}, not of {year.text}")
            return


def _years_beside(passage: TokenizedText, number: Number) -> Iterator[tuple[float, set[float]]]:
    """The year nearest to each place of a value in a sentence that names several, and all the years it names."""
    found = numbers(passage.text)
    years = [other for other in found if other.is_year]
    if len({min(year.values) for year in years}) < _HEAD_ROW or len(found) - len(years) < _HEAD_ROW:
        return
    for other in found:
        if not other.is_year and same_number(number, other):
            beside = min(
                years, key=lambda y: (_distance(y, other) > MAX_BEHIND, y.start < other.start, _distance(y, other))
            )
            yield min(beside.values), {min(year.values) for year in years}


def other_directions(compared: Compared) -> Iterator[Finding]:
    """A rise or fall for which the values, its own or those of a row, go the other way."""
    sides = {side for token in compared.said.tokens for axis, side in sides_of(token.text) if axis == "change"}
    if len(sides) != 1 or any(token.negates for token in compared.said.tokens):
        return
    (side,) = sides
    way = {1: "a rise", -1: "a fall"}
    for first, last in _own_values(compared.statement):
        if first != last and (last > first) != (side > 0) and not is_of_losses(compared.statement):
            yield Finding("contradicted", f"it says {way[side]}, but its values go from {first:g} to {last:g}")
            return
    for row in _rows(compared):
        named = len(row.label & compared.said.stems) == len(row.label) and row.label
        ends = _ends(row, compared.statement) if named else None
        if ends is not None and ends[0] != ends[1] and (ends[1] > ends[0]) != (side > 0) and not is_of_losses(row.text):
            yield Finding("contradicted", f"it says {way[side]}, but the row goes from {ends[0]:g} to {ends[1]:g}")
            return


def _other_measure(
    said: Sequence[TextToken], there: Sequence[TextToken], alignment: Alignment, compared: Compared
) -> tuple[str, str] | None:
    mine = [token for token in said if token.stem and token.stem not in alignment.there.stems and not token.is_number]
    theirs = [t for t in there if t.stem and t.stem not in alignment.statement.stems and not t.is_number]
    if len(mine) != 1 or len(theirs) != 1 or mine[0].is_capitalised != theirs[0].is_capitalised:
        return None
    groups = [_measure_groups().get(token[0].text.lower()) for token in (mine, theirs)]
    elsewhere = mine[0].stem in compared.stems
    if (None not in groups and groups[0] != groups[1]) or (elsewhere and groups != [None, None]):
        return mine[0].text, theirs[0].text
    return None


@cache
def _measure_groups() -> Mapping[str, int]:
    return MappingProxyType({word: at for at, group in enumerate(_MEASURES) for word in group.split()})


def _measures_of(text: str) -> dict[int, str]:
    """The measures that a text names, each with its word."""
    held = _measure_groups()
    return {held[word.lower()]: word for word in re.findall(r"[^\W\d_]+", text) if word.lower() in held}


def _wrong_rows(compared: Compared) -> Iterator[Finding]:
    """Values whose every row has another label than the statement names."""
    rows = _rows(compared)
    claimed = _measures_of(compared.statement)
    for number in numbers(compared.statement):
        held = [row for row in rows if not number.is_year and any(True for _ in _indices(row, number))]
        if not held or len(held) < sum(_holds(passage, number) for passage in compared.passages):
            continue  # it also stands in a sentence
        best = max(held, key=lambda row: len(row.label & compared.said.stems))
        theirs = _measures_of(best.text)
        others = [row for row in rows if row not in held and row.label and row.label <= compared.said.stems]
        nearer = any(len(row.label) > len(best.label & compared.said.stems) for row in others)
        foreign = claimed and theirs and not claimed.keys() & theirs.keys()
        if not best.label <= compared.said.stems and (nearer or foreign):
            label = " ".join(best.text.split())
            yield Finding("partial", f"{number.text} is the value of {label[:60]!r}")
            return


def _holds(passage: TokenizedText, number: Number) -> bool:
    return any(same_number(number, other) for other in numbers(passage.text))


def _rows(compared: Compared) -> list[_Row]:
    """The rows of the sources; the years of their columns come from the nearest row of years of the same source."""
    found: list[_Row] = []
    for source in compared.sources:
        lines = [line for line in source.split("\n") if line.strip()]
        heads = [years for line in lines if len(years := _years(line)) >= _HEAD_ROW]
        for line in lines:
            label = re.split(r"[\d$€£(]|\.{3}", line, maxsplit=1)[0]
            values = tuple(number for number in numbers(line) if not number.is_year)
            if (
                not values
                or not label.strip()
                or len(label.split()) > MAX_LABEL
                or re.search(r"[a-zà-ÿ]{3}\.\s*$", line)
            ):
                continue
            years = next((years for years in heads if len(years) == len(values)), [])
            found.append(_Row(frozenset(content_words(label, compared.language)), label, values, tuple(years)))
    return found


def _years(line: str) -> list[float]:
    """The years of a line that holds hardly anything else."""
    found = numbers(line)
    years = [next(iter(number.values)) for number in found if number.is_year]
    alone = len(years) == len(found) or (len(years) >= len(found) - 2 and len(line.split()) <= MAX_LABEL)
    return years if alone else []


def _indices(row: _Row, number: Number) -> Iterator[int]:
    return (at for at, other in enumerate(row.numbers) if same_number(number, other))


def _distance(year: Number, number: Number) -> int:
    return number.start - year.end if year.start < number.start else year.start - number.end


FROM_TO: Final = re.compile(
    r"\b(?:from|von|de|desde|da)\s(?P<first>[^,;]{1,50}?)\s(?:to|auf|à|a|hasta)\s(?P<last>[^,;]{1,40})", re.IGNORECASE
)


def _own_values(statement: str) -> Iterator[tuple[float, float]]:
    """The values of "from … to …", in that order."""
    for found in FROM_TO.finditer(statement):
        first = [n for n in numbers(found["first"]) if not n.is_year and n.values]
        last = [n for n in numbers(found["last"]) if not n.is_year and n.values]
        if first and last:
            yield value_of(first[0], last[0]), value_of(last[0], first[0])


def value_of(number: Number, other: Number) -> float:
    sign = -1 if number.minus or number.bracketed else 1
    return float(min(number.values) * sign * 10 ** (number.power or other.power))


def _ends(row: _Row, statement: str) -> tuple[float, float] | None:
    """The values of the year before and of the year that a statement is about: the latest one that it names."""
    if len(row.years) < _HEAD_ROW:
        return None
    by_year = {year: value_of(number, number) for year, number in zip(row.years, row.numbers, strict=True)}
    named = sorted({value for n in numbers(statement) if n.is_year for value in n.values if value in by_year})
    ordered = sorted(by_year)
    last = named[-1] if named else ordered[-1]
    before = named[0] if len(named) > 1 else max((year for year in ordered if year < last), default=None)
    return (by_year[before], by_year[last]) if before is not None else None


def is_of_losses(text: str) -> bool:
    """True where a fall of the number may be called a rise: of losses and negative values."""
    return (
        re.search(r"\b(?:loss|losses|deficit|verlust|perte|pérdida|negative)\b|[(−-]\s?[$€£]?\d", text, re.IGNORECASE)
        is not None
    )
