"""JSON schemas of other dialects in the one that the platform takes: draft 4 and 3, OpenAPI, Gemini, Python's names.

The platform compiles tools and output schemas into grammars, and answers 400 to a keyword of another draft.
"""

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]

DROPPED: Final = frozenset({"discriminator", "example", "$schema", "$id"})
"""Keywords that do not restrict values, and that strict validators refuse."""
OF_NAMED: Final = frozenset({"properties", "$defs", "definitions", "patternProperties", "dependentSchemas"})
"""Keywords whose value maps names to schemas; the names may be those of keywords."""
OF_DATA: Final = frozenset({"default", "const", "enum", "examples"})
TYPES: Final = {
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "str": "string",
    "text": "string",
    "bool": "boolean",
    "dict": "object",
    "map": "object",
    "list": "array",
    "tuple": "array",
    "none": "null",
}
KNOWN_TYPES: Final = frozenset({"integer", "number", "string", "boolean", "object", "array", "null"})
BOUNDS: Final = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def cleaned(schema: Any) -> Any:
    """The schema in the platform's dialect; a property may have the name of any keyword.

    Boolean exclusive bounds (draft 4) become numbers, `required: true` in a property (draft 3) moves to the object,
    `nullable` (OpenAPI) becomes the type "null", names of types are JSON schema's, and "any" is no type.
    """
    if isinstance(schema, list):
        return [cleaned(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in DROPPED or not isinstance(value, str | dict)}
    kept = _with_required(_with_types(_with_bounds(kept)))
    return {key: _value(key, value) for key, value in kept.items()}


def _value(key: str, value: Any) -> Any:
    if key in OF_DATA:
        return value
    if key in OF_NAMED and isinstance(value, dict):
        return {name: cleaned(inner) for name, inner in value.items()}
    return cleaned(value)


def _with_bounds(schema: Schema) -> Schema:
    for exclusive, inclusive in BOUNDS.items():
        if isinstance(marked := schema.get(exclusive), bool):
            schema = {key: value for key, value in schema.items() if key != exclusive}
            if marked and inclusive in schema:
                schema[exclusive] = schema.pop(inclusive)
    return schema


def _with_types(schema: Schema) -> Schema:
    given = schema.get("type")
    if not isinstance(given, str | list):
        return schema
    names = [_type(name) for name in (given if isinstance(given, list) else [given])]
    rest = {key: value for key, value in schema.items() if key != "nullable"}
    if schema.get("nullable") is True and "null" not in names:
        names.append("null")
        if isinstance(rest.get("enum"), list) and None not in rest["enum"]:
            rest["enum"] = [*rest["enum"], None]
    if any(name not in KNOWN_TYPES for name in names):  # "any", and names of no dialect
        return {key: value for key, value in rest.items() if key != "type"}
    return {**rest, "type": names if isinstance(given, list) or len(names) > 1 else names[0]}


def _type(name: Any) -> str:
    return TYPES.get(str(name).lower(), str(name).lower())


def _with_required(schema: Schema) -> Schema:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return _without_flag(schema)
    named = [name for name, inner in properties.items() if isinstance(inner, Mapping) and inner.get("required") is True]
    listed = schema.get("required") if isinstance(schema.get("required"), list) else []
    required = list(dict.fromkeys([*(listed or []), *named]))
    return {**_without_flag(schema), **({"required": required} if named else {})}


def _without_flag(schema: Schema) -> Schema:
    """The schema without a `required` that is no list; its object has read it."""
    if isinstance(schema.get("required"), bool):
        return {key: value for key, value in schema.items() if key != "required"}
    return schema
