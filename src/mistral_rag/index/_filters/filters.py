"""Metadata filters as conditions of SQLite: exact at any selectivity, and before the search.

A filter is what LangChain's stores take: ``{"year": 2023}``, ``{"year": {"$gte": 2022, "$lt": 2024}}``,
``{"$or": [{"kind": "table"}, {"tags": {"$in": ["a", "b"]}}]}``, ``{"$not": {...}}``. Several fields, or several
operators of one field, must all hold. A field is any metadata of the Document that a hit would be; dots lead into
nested metadata; a list passes when one of its elements does. Values of different kinds are never equal nor in
order; "missing" passes only `$ne`, `$nin`, `$not` and ``{"$exists": False}``. Dates are compared as ISO texts.
"""
# ruff: noqa: S608 (statements are put together from constants of this package; values are parameters)

import json
import math
import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from mistral_rag._forks import ForkLock
from mistral_rag.errors import InvalidFilterError
from mistral_rag.index._database.rows import Value
from mistral_rag.index._filters.filter_fields import (
    CHUNK_FIELDS,
    HEADINGS,
    PAGE_FIELDS,
    SOURCE_FIELDS,
    stored,
)
from mistral_rag.text import normal_forms

if TYPE_CHECKING:
    from mistral_rag.index._commit_rows import Changes
    from mistral_rag.index._dense.vector_rows import Rows

Condition = tuple[str, list[Value]]
MAX_VALUES: Final = 30_000
"""Values of a filter: SQLite takes 32,766 parameters."""

MAX_CACHED_FILTERS: Final = 64
MAX_DEPTH: Final = 50
"""Filters within filters; Python and SQLite would give up at some hundreds."""


class AllowedRows:
    """Rows that pass a filter, which follow the commits; may be shared between threads.

    The same question gets the same array, so that searches can keep what they made of it.
    """

    def __init__(self) -> None:
        self._mutex = ForkLock()
        self._known: OrderedDict[str, tuple[int, Rows]] = OrderedDict()

    def find(
        self,
        connection: sqlite3.Connection,
        sequence: int,
        wanted: Mapping[str, Any] | None,
        changes_since: "Callable[[int], Changes | None]",
        *,
        restricted: bool = False,
    ) -> "Rows | None":
        """As `rows_allowed`, of the commit `sequence` that the connection sees; the array is not to be changed.

        `changes_since` gives the rows that came and went since a commit, or None where rows that stayed have changed.
        """
        try:
            question = json.dumps([wanted or None, restricted], sort_keys=True)
        except RecursionError:
            raise InvalidFilterError("the filter is nested too deeply") from None
        except (TypeError, ValueError):
            return _numbers(rows_allowed(connection, wanted, restricted=restricted))
        with self._mutex:
            before, known = self._known.get(question, (-1, None))
            if before == sequence:
                self._known.move_to_end(question)
                return known
        changes = None if known is None or before > sequence else changes_since(before)
        if known is None or changes is None:
            rows = _numbers(rows_allowed(connection, wanted, restricted=restricted))
        else:
            rows = _followed(known, changes, connection, wanted)
        if rows is not None:
            self._remember(sequence, question, rows)
        return rows

    def _remember(self, sequence: int, question: str, rows: "Rows") -> None:
        with self._mutex:
            if sequence < self._known.get(question, (-1, None))[0]:
                return
            self._known[question] = sequence, rows
            self._known.move_to_end(question)
            if len(self._known) > MAX_CACHED_FILTERS:
                self._known.popitem(last=False)


def _numbers(rows: "array[int] | None") -> "Rows | None":
    import numpy as np

    return None if rows is None else np.frombuffer(rows, dtype=np.int64)


def rows_allowed(
    connection: sqlite3.Connection,
    wanted: Mapping[str, Any] | None,
    *,
    restricted: bool = False,
    first_row: int = 0,
) -> "array[int] | None":
    """Rows of the chunks that pass and that the connection shows, ascending, as 64-bit numbers; None when all do.

    `restricted`: the connection does not show all. Rows before `first_row` are left out.

    Raises:
        InvalidFilterError: the filter can't be understood.
    """
    if not wanted and not restricted:
        return None
    sql, parameters = condition(wanted or {})
    if len(parameters) > MAX_VALUES:
        raise InvalidFilterError(f"a filter takes at most {MAX_VALUES} values")
    # with a LIMIT, SQLite reads these rows and no others; without, it goes through all that pass
    chunks = "(SELECT * FROM chunks WHERE row >= ? LIMIT -1)" if first_row else "chunks"
    values = [first_row, *parameters] if first_row else parameters
    found = connection.execute(f"SELECT c.row FROM {chunks} c WHERE {sql} ORDER BY c.row", values)
    return array("q", (row for (row,) in found))


def readable_fields(connection: sqlite3.Connection) -> set[str]:
    """Names that filters may use: fields of every passage, and those of the documents that a connection shows."""
    found = connection.execute("SELECT DISTINCT name FROM facts")
    return {*CHUNK_FIELDS, *PAGE_FIELDS, HEADINGS, *SOURCE_FIELDS, *(str(name) for (name,) in found)}


def _followed(
    known: "Rows", changes: "Changes", connection: sqlite3.Connection, wanted: Mapping[str, Any] | None
) -> "Rows":
    """The rows that passed before, without those that went, and those that came and pass."""
    import numpy as np

    if len(changes.removed):
        known = known[~np.isin(known, changes.removed)]
    if len(changes.added):
        added = _numbers(rows_allowed(connection, wanted, restricted=True, first_row=int(changes.added[0])))
        known = known if added is None else np.concatenate((known, added))
    return known


def condition(wanted: Mapping[str, Any], depth: int = 0) -> Condition:
    """The filter as a condition on a row of `chunks c`, with its parameters."""
    if not isinstance(wanted, Mapping):
        raise InvalidFilterError(f"a filter is an object of fields and conditions, not {wanted!r}")
    if depth > MAX_DEPTH:
        raise InvalidFilterError("a filter is nested too deeply")
    return _joined("AND", [_part(name, value, depth) for name, value in wanted.items()])


def _joined(word: str, conditions: Sequence[Condition]) -> Condition:
    if not conditions:
        return ("1" if word == "AND" else "0"), []
    sql = f" {word} ".join(sql for sql, _ in conditions)
    return f"({sql})", [value for _, parameters in conditions for value in parameters]


def _part(name: str, value: Any, depth: int) -> Condition:
    if not isinstance(name, str):
        raise InvalidFilterError(f"a field's name is a text, not {name!r}")
    if name in {"$and", "$or"}:
        if not isinstance(value, list | tuple):
            raise InvalidFilterError(f"{name} takes a list of filters")
        return _joined(name[1:].upper(), [condition(inner, depth + 1) for inner in value])
    if name == "$not":
        return _negated(condition(value, depth + 1))
    if name.startswith("$"):
        raise InvalidFilterError(f"unknown operator {name}; there are $and, $or, $not")
    if not isinstance(value, Mapping):
        return _compared(name, "$eq", value)
    if not value:
        raise InvalidFilterError(f"the condition of {name!r} is empty")
    return _joined("AND", [_compared(name, operator, operand) for operator, operand in value.items()])


def _negated(positive: Condition) -> Condition:
    sql, parameters = positive
    return f"NOT {sql}", parameters


def _compared(name: str, operator: str, operand: Any) -> Condition:
    if operator == "$ne":
        return _negated(_compared(name, "$eq", operand))
    if operator == "$nin":
        return _negated(_compared(name, "$in", operand))
    if operator == "$exists" and operand is False:
        return _negated(_compared(name, "$exists", True))
    if operator not in TESTS:
        known = ", ".join(sorted([*TESTS, "$ne", "$nin"]))
        raise InvalidFilterError(f"unknown operator {operator!r} for {name!r}; there are {known}")
    try:
        return _of_field(name, TESTS[operator](operand))
    except (TypeError, UnicodeEncodeError) as error:
        raise InvalidFilterError(f"{name!r} {operator}: {error}") from None


def _of_field(name: str, test: Condition) -> Condition:
    """A test of `value` as a condition on a chunk: in its source's facts, and among its own columns.

    It looks into whole tables: the chunk itself is one that the connection shows.
    """
    sql, parameters = test
    name.encode()
    parts = [(f"c.source IN (SELECT source FROM main.facts WHERE name = ? AND {sql})", [name, *parameters])]
    own = None
    if name in CHUNK_FIELDS:
        own = f"c.row IN (SELECT row FROM (SELECT row, +{CHUNK_FIELDS[name]} AS value FROM main.chunks) WHERE {sql})"
    elif name in PAGE_FIELDS:
        own = f"c.page IN (SELECT page FROM (SELECT page, +{PAGE_FIELDS[name]} AS value FROM main.pages) WHERE {sql})"
    elif name == HEADINGS:
        own = f"EXISTS (SELECT 1 FROM json_each(c.headings) WHERE {sql})"
    if own is not None:
        parts.append((f"(c.source NOT IN (SELECT source FROM main.sources WHERE bare) AND {own})", parameters))
    return _joined("OR", parts)


def _plain(value: Any) -> Value:
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError(f"{value} can't be compared")
    if isinstance(value, str):
        value.encode()
    return stored(value)


def _forms(operand: Any) -> list[Value]:
    """A value as SQLite compares it; a text in all normal forms, since "Ü" is one sign or two."""
    plain = _plain(operand)
    return list(normal_forms(plain)) if isinstance(plain, str) else [plain]


def _equal(operand: Any) -> Condition:
    forms = _forms(operand)
    return ("value = ?" if len(forms) == 1 else f"value IN ({', '.join('?' * len(forms))})"), forms


def _among(operand: Any) -> Condition:
    if not isinstance(operand, list | tuple | set | frozenset):
        raise TypeError("takes a list of values")
    forms = [form for value in operand for form in _forms(value)]
    return f"value IN ({', '.join('?' * len(forms))})", forms


def _ordered(sign: str) -> Callable[[Any], Condition]:
    def test(operand: Any) -> Condition:
        if isinstance(operand, bool) or not isinstance(operand, int | float | str | date):
            raise TypeError("takes a number, a text or a date")
        # SQLite puts all numbers before all texts, and those before blobs: the second bound keeps to one kind
        other = "value < ''" if isinstance(operand, int | float) else "value < x''" if sign[0] == ">" else "value >= ''"
        return f"(value {sign} ? AND {other})", [_plain(operand)]

    return test


def _prefixed(operand: Any) -> Condition:
    if not isinstance(operand, str):
        raise TypeError("takes a text")
    operand.encode()
    return _joined("OR", [_begun_with(form) for form in normal_forms(operand)])


def _begun_with(prefix: str) -> Condition:
    end = _successor(prefix)
    if end is None:
        return "(value >= ? AND value < x'')", [prefix]
    return "(value >= ? AND value < ?)", [prefix, end]


def _successor(text: str) -> str | None:
    """The smallest text greater than all that begin with `text`; None when there is none."""
    while text:
        code = ord(text[-1])
        if code < 0x10FFFF:
            # surrogates are no characters
            return text[:-1] + chr(0xE000 if code == 0xD7FF else code + 1)
        text = text[:-1]
    return None


def _exists(operand: Any) -> Condition:
    if operand is not True:
        raise TypeError("takes true or false")
    return "1", []


TESTS: Final[Mapping[str, Callable[[Any], Condition]]] = {
    "$eq": _equal,
    "$in": _among,
    "$gt": _ordered(">"),
    "$gte": _ordered(">="),
    "$lt": _ordered("<"),
    "$lte": _ordered("<="),
    "$prefix": _prefixed,
    "$exists": _exists,
}
