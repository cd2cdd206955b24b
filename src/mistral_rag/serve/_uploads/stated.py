"""Metadata and groups that come with a document, checked before anything of it is kept."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from mistral_rag.serve._http.responses import bad_request

Stated = Mapping[str, JsonValue]
"""Metadata by name: texts, numbers, lists of texts."""
_WHOLE = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_FINITE = Annotated[float, Field(allow_inf_nan=False)]
"""Rules are TOML, and results JSON, which has no infinity."""
_METADATA: Final[TypeAdapter[Any]] = TypeAdapter(
    Annotated[dict[str, str | bool | _WHOLE | _FINITE | list[str]], Field(max_length=50)]
)
_NAMES: Final = TypeAdapter(Annotated[list[str], Field(max_length=100)])


def checked_metadata(given: Any) -> Stated:
    """The metadata of a document. Raises RequestError (400) for anything else."""
    found: Stated = _checked(_METADATA, given)
    return found


def checked_names(given: Any) -> list[str]:
    """Names of groups. Raises RequestError (400) for anything else."""
    found: list[str] = _checked(_NAMES, given)
    return found


def _checked(adapter: TypeAdapter[Any], given: Any) -> Any:
    try:
        return adapter.validate_python(given, strict=True)
    except ValidationError:
        raise bad_request("metadata are texts, numbers and lists of texts by name; groups is a list of names") from None
