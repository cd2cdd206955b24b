"""Filters against a plain reference over the metadata that Documents show."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mistral_rag.errors import InvalidFilterError
from mistral_rag.index import IndexReader, IndexWriter, UnrestrictedReader
from mistral_rag.schema import Source

Put = Callable[..., Source]

METADATA: Sequence[dict[str, Any]] = (
    {},
    {"year": 2022, "tags": ["a", "b"], "price": 1.5, "final": True, "note": None},
    {"year": 2023, "tags": [], "price": -0.0, "final": False, "nested": {"deep": {"er": 1}, "year": 2022}},
    {"year": "2023", "tags": ["b", ["c", {"year": 5}]], "price": 2**70, "when": "2024-05-06"},
    {"year": 2023.0, "tags": "b", "price": -(2**63), "when": "2024-06", "final": 1, "note": ""},
    {"year": None, "price": 1e300, "when": "", "empty": {}, "note": "\x00\ud7ff\uffff\U0010ffff"},
    {"kind": "mine", "page": "shadowed", "title": "shadowed", "final": "true", "note": "\ud7ff\ue000"},
)
FIELDS = ("year", "tags", "price", "final", "note", "nested.deep.er", "nested.year", "tags.year", "when", "empty")
OWN_FIELDS = (
    "source",
    "uri",
    "title",
    "page",
    "page_number",
    "page_label",
    "kind",
    "headings",
    "start_index",
    "digest",
)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("filters") / "index"


@pytest.fixture
def shown(documents: Path, put: Put) -> Mapping[int, Mapping[str, Any]]:
    """The metadata of every row as its Document shows it; the index is built once."""
    if not documents.exists():
        with IndexWriter.open(documents) as writer:
            for number, metadata in enumerate(METADATA):
                put(writer, f"{number}.txt", f"first {number}", f"second {number}", metadata=metadata)
            writer.commit()
    with UnrestrictedReader.open(documents) as reader, reader.view() as view:
        return {stored.row: stored.to_document().metadata for stored in view.chunks(range(1, 100))}


def values(metadata: Mapping[str, Any], path: str) -> list[Any]:
    """All plain values at a dotted path; an empty list or object is there without a value."""
    found: list[Any] = []

    def walk(value: Any, name: str) -> None:
        if isinstance(value, dict) and (value or name):
            if not value and name == path:
                found.append(...)
            for key, inner in value.items():
                walk(inner, f"{name}.{key}" if name else key)
        elif isinstance(value, list):
            if not value and name == path:
                found.append(...)
            for inner in value:
                walk(inner, name)
        elif name == path:
            found.append(value)

    walk(dict(metadata), "")
    return found


def kind(value: Any) -> str:
    if isinstance(value, bool) or value is None or value is ...:
        return str(value)
    return "number" if isinstance(value, int | float) else "text"


def same(value: Any, operand: Any) -> bool:
    if kind(value) != kind(operand):
        return False
    return float(value) == float(operand) if kind(value) == "number" and big(value, operand) else bool(value == operand)


def big(*numbers: float) -> bool:
    """Integers beyond 64 bits are compared as floats."""
    return any(isinstance(number, int) and not -(2**63) <= number < 2**63 for number in numbers)


TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": same,
    "$in": lambda value, operand: any(same(value, one) for one in operand),
    "$gt": lambda value, operand: kind(value) == kind(operand) and value > operand,
    "$gte": lambda value, operand: kind(value) == kind(operand) and value >= operand,
    "$lt": lambda value, operand: kind(value) == kind(operand) and value < operand,
    "$lte": lambda value, operand: kind(value) == kind(operand) and value <= operand,
    "$prefix": lambda value, operand: kind(value) == "text" and value.startswith(operand),
    "$exists": lambda value, operand: True,
}


def passes(metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(part(metadata, name, operand) for name, operand in wanted.items())


def part(metadata: Mapping[str, Any], name: str, operand: Any) -> bool:
    if name == "$and":
        return all(passes(metadata, inner) for inner in operand)
    if name == "$or":
        return any(passes(metadata, inner) for inner in operand)
    if name == "$not":
        return not passes(metadata, operand)
    if not isinstance(operand, Mapping):
        operand = {"$eq": operand}
    return all(holds(values(metadata, name), operator, one) for operator, one in operand.items())


def holds(found: list[Any], operator: str, operand: Any) -> bool:
    if operator in {"$ne", "$nin"}:
        return not holds(found, {"$ne": "$eq", "$nin": "$in"}[operator], operand)
    if operator == "$exists":
        return bool(found) is operand
    return any(TESTS[operator](value, operand) for value in found)


TEXTS = st.one_of(
    st.sampled_from(["", "a", "b", "c", "2023", "2024-05", "2024-05-06", "F-1", "Part I", "true", "shadowed", "text"]),
    st.text(max_size=3).filter(lambda text: not any("\ud800" <= sign <= "\udfff" for sign in text)),
)
NUMBERS = st.one_of(
    st.sampled_from([0, 1, 2, 5, 1.5, 2022, 2023, 2023.0, -(2**63), 2**63, 2**70, 1e300]),
    st.integers(-10, 10),
    st.floats(allow_nan=False, allow_infinity=False),
)
PLAIN = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())
OPERATORS = st.one_of(
    st.tuples(st.sampled_from(["$eq", "$ne"]), PLAIN),
    st.tuples(st.sampled_from(["$in", "$nin"]), st.lists(PLAIN, max_size=3)),
    st.tuples(st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), st.one_of(TEXTS, NUMBERS)),
    st.tuples(st.just("$prefix"), TEXTS),
    st.tuples(st.just("$exists"), st.booleans()),
)
FIELD = st.sampled_from([*FIELDS, *OWN_FIELDS, "missing"])
LEAVES = st.dictionaries(
    FIELD, st.one_of(PLAIN, st.lists(OPERATORS, min_size=1, max_size=2).map(dict)), min_size=0, max_size=2
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"$and": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"$or": parts}),
        inner.map(lambda one: {"$not": one}),
    ),
    max_leaves=5,
)


@given(wanted=FILTERS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_filters_agree_with_plain_python(
    documents: Path, shown: Mapping[int, Mapping[str, Any]], wanted: dict[str, Any]
) -> None:
    with UnrestrictedReader.open(documents) as reader, reader.view() as view:
        rows = view.allowed(wanted)
    found = sorted(shown) if rows is None else rows.tolist()
    assert found == [row for row, metadata in sorted(shown.items()) if passes(metadata, wanted)]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"year": 2023}, [2, 4]),
        ({"year": {"$gte": 2022, "$lt": 2023}}, [1]),
        ({"tags": "b"}, [1, 3, 4]),
        ({"nested.deep.er": 1}, [2]),
        ({"final": True}, [1]),
        ({"final": {"$in": [1, False]}}, [2, 4]),
        ({"note": None}, [1]),
        ({"year": {"$ne": 2023}}, [0, 1, 3, 5, 6]),
        ({"when": {"$prefix": "2024-0"}}, [3, 4]),
        ({"when": {"$gt": "2024-05-31"}}, [4]),
        ({"tags": {"$exists": False}}, [0, 5, 6]),
        ({"$or": [{"year": 2022}, {"title": "6.txt"}]}, [1, 6]),
        ({"title": "shadowed"}, []),
        ({"kind": "text", "page_label": "F-2", "headings": "Item 2", "year": 2022}, [1]),
        ({"page": {"$gt": 2}}, []),
    ],
)
def test_filters_do_what_they_say(
    documents: Path, shown: Mapping[int, Mapping[str, Any]], wanted: dict[str, Any], names: list[int]
) -> None:
    with UnrestrictedReader.open(documents) as reader, reader.view() as view:
        rows = view.allowed(wanted)
        assert rows is not None
        assert list(dict.fromkeys(int(shown[row]["source"][0]) for row in rows.tolist())) == names


@pytest.mark.parametrize(
    "wanted",
    [
        {"$nor": []},
        {"$and": {"a": 1}},
        {"$not": [1]},
        {"a": {"$regex": "x"}},
        {"a": {}},
        {"a": [1]},
        {"a": {"$in": "text"}},
        {"a": {"$gt": None}},
        {"a": {"$gt": True}},
        {"a": {"$exists": 1}},
        {"a": {"$prefix": 1}},
        {"a": math.nan},
        {"a": math.inf},
        {"a": "\ud800"},
        {"\ud800": 1},
        {1: 1},
        {"a": {"$in": list(range(40_000))}},
        {"a": object()},
    ],
)
def test_what_is_no_filter_is_an_error_that_says_so(documents: Path, shown: object, wanted: dict[str, Any]) -> None:
    with UnrestrictedReader.open(documents) as reader, reader.view() as view, pytest.raises(InvalidFilterError):
        view.allowed(wanted)


def test_a_filter_nested_without_end_is_an_error(documents: Path, shown: object) -> None:
    wanted: dict[str, Any] = {"a": 1}
    for _ in range(200):
        wanted = {"$not": wanted}
    with (
        UnrestrictedReader.open(documents) as reader,
        reader.view() as view,
        pytest.raises(InvalidFilterError, match="deep"),
    ):
        view.allowed(wanted)


def test_groups_are_names_and_not_one_text(folder: Path, writer: IndexWriter, put: Put) -> None:
    put(writer, "a.txt", "text", groups=("s",))
    writer.commit()
    with pytest.raises(InvalidFilterError, match="not one text"):
        IndexReader.open(folder, groups="staff")


def test_integers_beyond_floats_are_compared_as_the_largest() -> None:
    from mistral_rag.index._filters.filter_fields import stored

    assert (stored(10**400), stored(-(10**400)), stored(2**64)) == (2.0**1023, -(2.0**1023), 2.0**64)


def test_the_fields_of_an_index_are_those_of_documents_the_asker_may_read(tmp_path: Path, put: Put) -> None:
    with IndexWriter.open(tmp_path / "i") as writer:
        put(writer, "open.txt", "a", metadata={"year": 2022, "author": {"name": "Kim"}}, groups=("*",))
        put(writer, "board.txt", "b", metadata={"merger": "Oak", "year": 2023}, groups=("board",))
        put(writer, "hidden.txt", "c", metadata={"nobody": 1})
        writer.commit()
    with IndexReader.open(tmp_path / "i") as reader, reader.view() as view:
        own = view.fields()
        assert {"source", "title", "page_number", "headings", "kind", "year", "author.name"} <= own
        assert own & {"merger", "nobody", "author"} == set()
    with IndexReader.open(tmp_path / "i", groups=["board"]) as reader, reader.view() as view:
        assert view.fields() - own == {"merger"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rows_of_a_later_commit_are_those_that_a_new_reader_finds(
    folder: Path, writer: IndexWriter, put: Put, seed: int
) -> None:
    drawn = Random(seed)  # noqa: S311 (a sample, no secret)
    writer.commit()
    questions: list[tuple[dict[str, Any] | None, list[str]]] = [
        (None, []),
        (None, ["a"]),
        (None, ["b", "c"]),
        ({"year": {"$gte": 2022}}, ["a"]),
        ({"year": {"$ne": 2022}}, []),
        ({"page_number": 1}, ["a"]),
        ({"$not": {"title": "3"}}, ["b"]),
    ]
    readers = [IndexReader.open(folder, groups=groups) for groups in (*{tuple(names) for _, names in questions},)]
    with ExitStack() as stack:
        for reader in readers:
            stack.enter_context(reader)
        for step in range(40):
            for _ in range(drawn.randint(1, 3)):
                uri, groups = f"{drawn.randrange(6)}.txt", drawn.choice([(), (), ("a",), ("b",), ("*",), ("a", "c")])
                known = next((one for one in writer.sources() if one.endswith(uri)), None)
                kind = drawn.random()
                if known and kind < 0.3:
                    writer.remove(known)
                elif known and kind < 0.4:
                    writer.set_groups(known, groups)
                else:
                    put(writer, uri, "first", "second", metadata={"year": 2020 + drawn.randrange(5)}, groups=groups)
            writer.commit()
            asked = [question for question in questions if step % 3 == 0 or drawn.random() < 0.7]
            for wanted, names in asked:
                [reader] = [each for each in readers if each.groups == tuple(names)]
                with IndexReader.open(folder, groups=names) as new, reader.view() as view, new.view() as fresh:
                    found, expected = view.allowed(wanted), fresh.allowed(wanted)
                    assert (found is None) == (expected is None)
                    assert expected is None or (found is not None and found.tolist() == expected.tolist())
