"""Values of a JSON schema, with numbers and strings from a text."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

NUMBER = re.compile(r"(?<![\w.])-?(?:0|[1-9]\d*)(?:\.\d+)?(?![\w])")
FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "email": "someone@example.com",
    "uri": "https://example.com/",
}
MAX_DEPTH = 12
"""Levels of a value: where recursive schemas end."""


def sample(schema: dict[str, Any], text: str) -> Any:
    """A value of the schema: the numbers of the text in order for numbers, the text itself for strings."""
    numbers = iter([json.loads(number) for number in NUMBER.findall(text)])
    return _Sampler(schema, numbers, text).value(schema, 0)


@dataclass(frozen=True, slots=True)
class _Sampler:
    root: dict[str, Any]
    numbers: Iterator[Any]
    text: str

    def value(self, schema: Any, depth: int) -> Any:
        if not isinstance(schema, dict) or depth > MAX_DEPTH:
            return None
        if "$ref" in schema:
            return self.value(self._resolved(schema["$ref"]), depth + 1)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        for key in ("anyOf", "oneOf", "allOf"):
            if schema.get(key):
                return self.value(schema[key][0], depth + 1)
        return self._typed(schema, depth)

    def _resolved(self, reference: str) -> Any:
        target: Any = self.root
        for step in reference.removeprefix("#").strip("/").split("/"):
            target = target.get(step, {}) if step and isinstance(target, dict) else target
        return target

    def _typed(self, schema: dict[str, Any], depth: int) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        match kind[0] if isinstance(kind, list) else kind:
            case "object":
                return {name: self.value(inner, depth + 1) for name, inner in schema.get("properties", {}).items()}
            case "array":
                return [self.value(schema.get("items", {}), depth + 1) for _ in range(schema.get("minItems", 1))]
            case "integer":
                return int(self._number(schema))
            case "number":
                return self._number(schema)
            case "boolean":
                return True
            case "null":
                return None
        return self._string(schema)

    def _number(self, schema: dict[str, Any]) -> Any:
        lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        highest = schema.get("maximum", schema.get("exclusiveMaximum", float("inf")))
        return min(max(next(self.numbers, lowest), lowest), highest)

    def _string(self, schema: dict[str, Any]) -> str:
        text = FORMATS.get(schema.get("format", ""), self.text)
        return text.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]
