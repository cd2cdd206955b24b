"""Schemas of structured output: conversion of every form that LangChain takes into the platform's."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, is_typeddict

from langchain_core.utils.function_calling import convert_to_json_schema
from langchain_core.utils.pydantic import is_basemodel_subclass
from pydantic import BaseModel, TypeAdapter

from mistral_rag.errors import ConfigurationError
from mistral_rag.messages._requests.dialects import cleaned
from mistral_rag.messages._requests.tools import Wire, closed, fit_name

Method = Literal["json_schema", "function_calling", "json_mode"]
METHODS = ("json_schema", "function_calling", "json_mode")


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """A schema with its name; `strict` is that of a response format given by the caller, None without one."""

    name: str
    schema: Wire
    description: str | None = None
    strict: bool | None = None

    def tool(self, strict: bool | None) -> Wire:
        """The schema as a function whose arguments are the output."""
        function: Wire = {"name": self.name, "description": self.description or "", "parameters": self.schema}
        if strict is not None:
            function["strict"] = strict
            function["parameters"] = closed(self.schema) if strict else self.schema
        return {"type": "function", "function": function}

    def response_format(self, strict: bool | None) -> Wire:
        """The schema as a response format.

        `strict` None means strict unless the schema has an object with arbitrary keys, which strict mode can't have.
        """
        strict = strict if strict is not None else self.strict
        strict = not has_open_objects(self.schema) if strict is None else strict
        schema = closed(self.schema) if strict else self.schema
        described = {"description": self.description} if self.description else {}
        return {
            "type": "json_schema",
            "json_schema": {"name": self.name, **described, "schema": schema, "strict": strict},
        }


def output_schema(schema: Any) -> OutputSchema:
    """Convert a schema in any of its forms.

    Pydantic classes of both versions, TypedDicts, dataclasses, JSON schemas, OpenAI functions and tools,
    ``{name, schema}`` and whole response formats.

    Raises:
        ConfigurationError: It is none of these.
    """
    if isinstance(schema, Mapping):
        return _from_mapping(dict(schema))
    if not isinstance(schema, type):
        raise ConfigurationError(f"A schema must be a class or a dict, not {type(schema).__name__}.")
    name = fit_name(schema.__name__)
    described = inspect.cleandoc(schema.__doc__ or "") if "__doc__" in vars(schema) else ""
    return OutputSchema(name, _rooted(cleaned(_schema_of(schema))), described or None)


def is_model(schema: Any) -> bool:
    """True for a Pydantic class of version 1 or 2, of which parsed values become instances."""
    return isinstance(schema, type) and is_basemodel_subclass(schema)


def _schema_of(schema: type) -> Wire:
    if issubclass(schema, BaseModel):
        return schema.model_json_schema()
    if is_basemodel_subclass(schema):
        old: Wire = schema.schema()  # type: ignore[attr-defined]  # Pydantic 1
        return old
    if is_typeddict(schema):
        # LangChain's own conversion: Pydantic's ignores the descriptions in `Annotated`.
        return convert_to_json_schema(schema)
    return TypeAdapter(schema).json_schema()


def _rooted(schema: Wire) -> Wire:
    """The schema of a recursive class with its keys at the root, where Pydantic puts a `$ref` to them."""
    parent, _, name = str(schema.get("$ref") or "").rpartition("/")
    inner = schema.get("$defs", {}).get(name) if parent == "#/$defs" else None
    return {**inner, "$defs": schema["$defs"]} if isinstance(inner, dict) else schema


def _from_mapping(given: Wire) -> OutputSchema:
    match given:
        case {"type": "json_schema", "json_schema": dict(inner)}:
            return _from_mapping(inner)
        case {"type": "function", "function": dict(inner)}:
            return _from_mapping(inner)
        case {"schema": dict(schema), "name": str(name)} | {"parameters": dict(schema), "name": str(name)}:
            strict = given.get("strict")
            return OutputSchema(fit_name(name), cleaned(schema), given.get("description"), strict)
        case {"name": str(name), "description": str(described)} if "properties" not in given:
            return OutputSchema(fit_name(name), {"type": "object", "properties": {}}, described)
    if not ({"type", "properties", "$ref", "anyOf", "oneOf", "allOf", "enum"} & given.keys()):
        raise ConfigurationError("The dict is neither a JSON schema nor a function nor a response format.")
    return OutputSchema(fit_name(str(given.get("title") or "output")), cleaned(given), given.get("description"))


def has_open_objects(schema: Any) -> bool:
    """True when the schema contains an object with arbitrary keys."""
    if isinstance(schema, list):
        return any(has_open_objects(item) for item in schema)
    if not isinstance(schema, dict):
        return False
    if schema.get("type") == "object" and (schema.get("additionalProperties") or "properties" not in schema):
        return True
    return any(has_open_objects(value) for value in schema.values())
