"""Checks of the catalogue's file that its schema cannot say."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from pydantic import ValidationError

from mistral_rag.catalogue._entries import CatalogueFile, ModelEntry

SCHEMA: Final = "models.schema.json"
SERVED: Final = frozenset({"current", "preview", "labs"})


def schema() -> str:
    """The JSON schema of the file, as it is written beside it."""
    return json.dumps(CatalogueFile.model_json_schema(by_alias=True), indent=2, sort_keys=True) + "\n"


def problems(data: Any) -> list[str]:
    """One line a mistake; empty when the file is right."""
    try:
        read = CatalogueFile.model_validate_json(json.dumps(data))
    except ValidationError as error:
        return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    counted = Counter(name for model in read.models for name in model.names)
    twice = [f"{name}: the name of {count} entries" for name, count in counted.items() if count > 1]
    undated = [] if read.checked else ["checked: the day of the look-up is missing"]
    known = {model.id: model for model in read.models}
    return undated + twice + [f"{model.id}: {told}" for model in read.models for told in _of_model(model, known)]


def _of_model(model: ModelEntry, known: dict[str, ModelEntry]) -> Iterator[str]:
    if model.replacement is not None and known.get(model.replacement, model).state in {"retired", "redirected"}:
        yield f"its replacement {model.replacement} is retired itself"
    if model.replacement is not None and model.replacement not in known:
        yield f"its replacement {model.replacement} has no entry"
    if model.state in {"retired", "redirected", "deprecated"} and model.replacement is None:
        yield "it goes out of service and has no replacement"
    if model.state in SERVED and not model.prices:
        yield "it is served and has no price"
    if any(earlier.since >= later.since for earlier, later in pairwise(model.prices)):
        yield "its prices are not in the order of their days"
    if model.efforts and not model.reasons:
        yield "it takes efforts and does not reason"
    if model.kind == "embedding" and not model.dimensions:
        yield "it embeds and has no dimensions"
    if any(name not in ModelEntry.model_fields for name in model.unconfirmed):
        yield "unconfirmed names no field"
    if any("given by the user" in source for source in (model.source, *(price.source for price in model.prices))):
        yield "a source is missing"
