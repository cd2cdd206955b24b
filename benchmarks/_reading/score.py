"""What is right and wrong in the reading of one page."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import median

from benchmarks._reading.characters import letters, lines, normal, words, wrong
from benchmarks._reading.readings import Quotable, Reading, Value
from benchmarks._reading.truth import Expected, PageTruth, Table


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that was read wrong."""

    measure: str
    expected: str
    got: str


@dataclass(slots=True)
class Score:
    """Counts of one measure after another: (wrong or right, of all)."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    def add(self, measure: str, count: float, of: float) -> None:
        """Count `count` of `of`."""
        self.counts[measure] += count  # type: ignore[assignment]
        self.counts[f"{measure}/all"] += of  # type: ignore[assignment]

    def fail(self, measure: str, expected: object, got: object) -> None:
        """Keep a failure to be shown."""
        self.failures.append(Failure(measure, str(expected), str(got)))


def score(truth: PageTruth, reading: Reading, kind: str) -> Score:
    """All measures of one page."""
    found = Score()
    if truth.regions and not truth.partial:
        mixing(truth, reading, found)
        order(truth, reading, found)
        if not any(region.box for region in truth.regions):
            characters(truth, reading, found, scripts=kind == "scripts")
    for line in truth.witnessed:
        bad = wrong(line, normal(reading.text))
        found.add("witnessed", bad, len(line))
        if bad:
            found.fail("witnessed", line, f"{bad} wrong: {_near(line, reading)}")
    for table in truth.tables:
        cells(table, truth, reading, found)
    heads(truth, reading, found)
    hidden(truth, reading, found)
    fields(truth, reading, found)
    return found


def mixing(truth: PageTruth, reading: Reading, found: Score) -> None:
    """Units that hold words of two regions."""
    known = [set(words(region.text)) for region in truth.regions]
    joined = ["".join(words(region.text)) for region in truth.regions]
    for unit in reading.units:
        own = set(words(unit.text))
        home = max(range(len(known)), key=lambda at: len(own & known[at]))
        strange = {word for word in own - known[home] if any(word in region for region in known)}
        # small capitals are one word to some readers and two to others
        strange -= {word for word in strange if len(word) > 3 and word in joined[home]}
        found.add("mixed", bool(strange), 1)
        if strange:
            found.fail("mixed", f"none of {sorted(strange)[:6]} in one unit with its other words", unit.text)


def order(truth: PageTruth, reading: Reading, found: Score) -> None:
    """Pairs of regions that stand in the right order."""
    read = words(reading.text)
    own = [set(words(region.text)) for region in truth.regions]
    shared = Counter(word for region in own for word in region)
    at: list[float | None] = []
    for region, known in zip(truth.regions, own, strict=True):
        unique = {word for word in known if shared[word] == 1}
        places = [place for place, word in enumerate(read) if word in unique]
        at.append(median(places) if places and region.ordered else None)
    for first, second in combinations(range(len(at)), 2):
        before, after = at[first], at[second]
        if before is not None and after is not None:
            found.add("order", before < after, 1)
            if before >= after and second == first + 1:
                found.fail("order", truth.regions[first].text[:60], f"first: {truth.regions[second].text[:60]}")


def characters(truth: PageTruth, reading: Reading, found: Score, *, scripts: bool) -> None:
    """Characters wrong in the lines of the page, and those that no region has."""
    text = normal(reading.text)
    total = 0
    for line in _lines(truth):
        bad = wrong(line, text)
        total += len(line)
        found.add("characters", bad, len(line))
        if scripts:
            found.add("scripts", not bad, 1)
        if bad:
            found.fail("characters", line, f"{bad} wrong: {_near(line, reading)}")
    surplus = len(text.replace(" ", "")) - sum(len(normal(region.text).replace(" ", "")) for region in truth.regions)
    # marks of the truth's own notation, and names of rows that a reader repeats, are no surplus
    if surplus > total / 50 + 5:
        found.add("characters", surplus, 0)
        found.fail("characters", f"{total} characters", f"{surplus} more than are printed")


def _lines(truth: PageTruth) -> Iterator[str]:
    """Printed lines; rows of tables as lines where no cell has several."""
    tables = {table.region: table for table in truth.tables}
    for at, region in enumerate(truth.regions):
        table = tables.get(at)
        if table and any("\n" in cell.text or cell.row_span > 1 for cell in table.cells):
            yield from (line for cell in table.cells for line in lines(cell.text))
        else:
            yield from lines(region.text)


def _near(line: str, reading: Reading) -> str:
    """The unit that has most of the words of a line."""
    own = set(words(line))
    return max((unit.text for unit in reading.units), key=lambda text: len(own & set(words(text))), default="")[:160]


# --- tables -------------------------------------------------------------------------------------------------------


def cells(table: Table, truth: PageTruth, reading: Reading, found: Score) -> None:
    """Values with the names of their column and row."""
    measure = "cells, hard" if table.hard else "cells"
    given = [value for unit in reading.units for value in unit.values]
    by_rows = set() if given else set(_rows_right(table, reading.units))
    for expected in table.expected():
        match = next((value for value in given if right(expected, value)), None)
        if match:
            given.remove(match)
        ok = match is not None or expected in by_rows
        found.add(measure, ok, 1)
        if not ok:
            wanted = f"{expected.column}: {expected.value} (row {', '.join(expected.row)})"
            found.fail(measure, wanted, _got(expected, reading))


def right(expected: Expected, value: Value) -> bool:
    """True when a value is the expected one under its own heads and in its own row.

    Reading a column of words as names of the row is no fault, nor is the group above it.
    """
    text, column, row = value
    if letters(text) != letters(expected.value) or letters(column) != letters(expected.column):
        return False
    own = set(words(row))
    first = set(words(expected.row[0])) if expected.row else set()
    return first <= own <= set(words(" ".join((*expected.row, *expected.others))))


def _rows_right(table: Table, units: Sequence[Quotable]) -> Iterator[Expected]:
    """Values of rows that can only be read rightly: all cells filled, under a row of as many names."""
    names = table.names()
    wanted = letters("".join(names))
    texts = {letters(unit.text) for unit in units if unit.header and letters(unit.header) == wanted}
    expected = list(table.expected())
    for row in table.rows():
        full = len(row) == len(names) and all(cell.text for cell in row)
        if full and letters("".join(cell.text for cell in row)) in texts:
            labels = tuple(" ".join(cell.text.split()) for cell in row if cell.role == "row")
            yield from (one for one in expected if one.row == labels)


def _got(expected: Expected, reading: Reading) -> str:
    """What was read instead."""
    own = set(words(" ".join(expected.row)))
    near = [
        f"{column}: {text} (row {row})"
        for unit in reading.units
        for text, column, row in unit.values
        if letters(text) == letters(expected.value) and (not own or own & set(words(row)))
    ]
    if near:
        return near[0]
    value = letters(expected.value)
    holding = [unit for unit in reading.units if value in letters(unit.text) and own <= set(words(unit.text))]
    return next((f"{unit.text!r} under {unit.header!r}" for unit in holding), "nothing")


def heads(truth: PageTruth, reading: Reading, found: Score) -> None:
    """Rows whose columns are named by words that are no heads of their table."""
    known = [set(words(region.text)) for region in truth.regions]
    names = {table.region: set(words(" ".join((*table.names(), table.scale)))) for table in truth.tables}
    for unit in reading.units:
        given = set(words(" ".join((unit.header, *(column for _, column, _ in unit.values)))))
        if not given:
            continue
        own = set(words(unit.text))
        home = max(range(len(known)), key=lambda at: len(own & known[at]), default=-1)
        if truth.partial and len(own & known[home]) < len(own) / 2:
            continue
        if home not in names and truth.regions[home].kind == "table":
            continue  # its cells are not labelled
        strange = given - names.get(home, set())
        found.add("heads", bool(strange), 1)
        if strange:
            found.fail("heads", f"heads of {unit.text[:60]!r}", f"{sorted(strange)[:6]}")


# --- hidden text and forms ----------------------------------------------------------------------------------------


def hidden(truth: PageTruth, reading: Reading, found: Score) -> None:
    """Hidden strings of which a word that stands nowhere else can be quoted."""
    seen = {word for region in truth.regions for word in words(region.text)}
    quoted = {word for unit in reading.units for word in words(unit.text)}
    for secret in truth.hidden:
        shown = (set(words(secret)) - seen) & quoted
        found.add("hidden", bool(shown), 1)
        if shown:
            found.fail("hidden", "nothing", f"{sorted(shown)} of {secret!r}")


def fields(truth: PageTruth, reading: Reading, found: Score) -> None:
    """Values of forms that follow their labels."""
    text = letters(reading.text)
    labels = [letters(label) for label, _ in truth.fields]
    for label, value in truth.fields:
        start = text.find(letters(label))
        rest = text[start + len(letters(label)) :] if start >= 0 else ""
        place = rest.find(letters(value))
        ok = place >= 0 and not any(other in rest[:place] for other in labels)
        found.add("fields", ok, 1)
        if not ok:
            found.fail("fields", f"{label}: {value}", _near(label, reading))
