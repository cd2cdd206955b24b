"""Fields of a source that filters compare: its metadata, flat, by the names a LangChain Document shows."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from mistral_rag.index._database.rows import Value, plain_json

if TYPE_CHECKING:
    from mistral_rag.schema import Source

BARE_TYPE: Final = "application/x-langchain-document"
"""Media type of a source that a Document without pages became: its Document shows nothing but its own metadata."""


def is_bare(source: "Source") -> bool:
    """True for a text that was added without pages."""
    return source.media_type == BARE_TYPE


SOURCE_FIELDS: Final = {"source": "name", "uri": "uri", "title": "title", "digest": "digest", "language": "language"}
"""Metadata fields of a Document that come from its source, and the source's names for them."""

CHUNK_FIELDS: Final = {
    "page": "number",
    "start_index": "start",
    "first_unit": "first_unit",
    "last_unit": "last_unit",
    "kind": "kind",
}
PAGE_FIELDS: Final = {"page_number": "place", "page_label": "label", "locator": "kind"}
HEADINGS: Final = "headings"
RESERVED: Final = frozenset({*SOURCE_FIELDS, *CHUNK_FIELDS, *PAGE_FIELDS, HEADINGS})

NOTHING: Final = b"\x00"
FALSE: Final = b"\x01"
TRUE: Final = b"\x02"
EMPTY: Final = b"\x03"
MAX_DEPTH: Final = 50
"""Levels of metadata that are flattened; what lies deeper is one empty value."""


MAX_INT = 1 << 1023
"""Larger integers than this are no floats: they compare as if they were this."""


def stored(value: Any) -> Value:
    """A plain value as SQLite compares it: true is not 1, and null is a value."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return TRUE if value else FALSE
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        return float(max(-MAX_INT, min(value, MAX_INT)))
    if isinstance(value, int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} can't be compared")


def filter_fields_of(record: str) -> set[tuple[str, Value]]:
    """Names and values of a source's record; a list gives each of its elements, an object dotted names."""
    source: Mapping[str, Any] = plain_json(record)
    metadata: Mapping[str, Any] = source["metadata"]
    if source["media_type"] == BARE_TYPE:
        return set(_flat("", metadata, 0))
    own = {name: value for name, value in metadata.items() if name not in RESERVED}
    return {*_flat("", own, 0), *((name, source[field]) for name, field in SOURCE_FIELDS.items())}


def _flat(name: str, value: Any, depth: int) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Mapping | list) and (not value or depth > MAX_DEPTH):
        if depth:
            yield name, EMPTY
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else key, inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(name, inner, depth + 1)
    else:
        yield name, stored(value)
