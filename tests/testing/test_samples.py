"""Values made for a JSON schema fit it."""

from typing import Any

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from mistral_rag.testing._content.samples import sample

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "born": {"type": "string", "format": "date"},
        "age": {"type": "integer", "minimum": 18, "maximum": 99},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2},
        "boss": {"anyOf": [{"$ref": "#/$defs/Boss"}, {"type": "null"}]},
        "kind": {"const": "person"},
        "rate": {"type": "number", "exclusiveMinimum": 0},
        "active": {"type": "boolean"},
        "note": {"type": ["string", "null"], "maxLength": 5},
        "free": {},
    },
    "required": ["name", "born", "age", "tags", "boss", "kind", "rate", "active", "note"],
    "$defs": {"Boss": {"type": "object", "properties": {"of": {"type": "null"}}, "required": ["of"]}},
}


def test_a_schema_with_everything_is_met() -> None:
    made = sample(PERSON, "Bob is 5 and earns 2.5")
    assert made == {
        "name": "Bob is 5 and earns 2.5",
        "born": "2026-01-31",
        "age": 18,
        "tags": ["a", "a"],
        "boss": {"of": None},
        "kind": "person",
        "rate": 2.5,
        "active": True,
        "note": "Bob i",
        "free": "Bob is 5 and earns 2.5",
    }
    Draft7Validator(PERSON).validate(made)


def test_a_schema_that_holds_itself_ends() -> None:
    tree: dict[str, Any] = {"type": "object", "properties": {"child": {"$ref": "#"}}}
    made = sample(tree, "x")
    depth = 0
    while made:
        made, depth = made["child"], depth + 1
    assert 1 < depth < 20


@pytest.mark.parametrize(("text", "number"), [("-3 apples", -3), ("v1.2.3 then 7", 7), ("none", 1), ("x9 8", 8)])
def test_numbers_are_those_that_stand_alone(text: str, number: int) -> None:
    assert sample({"type": "integer"} | ({"minimum": -9} if number < 0 else {}), text) == number
