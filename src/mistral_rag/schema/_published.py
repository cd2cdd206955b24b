"""The JSON schema of the types that leave the process."""

from collections.abc import Sequence
from typing import Any

from mistral_rag.schema._answers import Answer, Claim
from mistral_rag.schema._base import Model
from mistral_rag.schema._chunks import Chunk
from mistral_rag.schema._citations import Citation
from mistral_rag.schema._pages import Page, Source

EXPORTED: Sequence[type[Model]] = (Source, Page, Chunk, Citation, Claim, Answer)
"""The types whose JSON schemas are published in docs/reference/schema.json."""


def json_schema() -> dict[str, Any]:
    """One JSON schema (2020-12) for all published types, under `$defs`."""
    from pydantic.json_schema import models_json_schema

    _, schema = models_json_schema([(model, "serialization") for model in EXPORTED], title="mistral-rag types")
    return schema
