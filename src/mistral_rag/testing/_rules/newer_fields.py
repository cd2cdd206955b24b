"""Refusal of fields and values that the newest SDK sends and the platform's OpenAPI file forbids."""

from collections.abc import Iterator

from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import Body, Newer, NewerThan, ReferenceChunk
from mistral_rag.testing._rules.refusals import RequestRefusedError

Path = tuple[str | int, ...]


def refuse(body: Body) -> None:
    """Check a body at every level.

    Raises:
        RequestRefusedError: 422, for the first such field or value.
    """
    if refusal := next(_refusals(body, ()), None):
        raise refusal


def _refusals(value: object, path: Path) -> Iterator[RequestRefusedError]:
    if isinstance(value, Body):
        for name in (name for name in type(value).model_fields if name in value.model_fields_set):
            inner = getattr(value, name)
            yield from _field(value, name, inner, (*path, name))
            yield from _refusals(inner, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _refusals(item, (*path, index))


def _field(body: Body, name: str, value: object, path: Path) -> Iterator[RequestRefusedError]:
    for mark in type(body).model_fields[name].metadata:
        if isinstance(mark, Newer):
            yield refusals.invalid("extra_forbidden", "Extra inputs are not permitted", loc=path, given=value)
        if isinstance(mark, NewerThan) and value not in mark.allowed:
            expected = " or ".join(repr(one) for one in mark.allowed)
            yield refusals.invalid("literal_error", f"Input should be {expected}", loc=path, given=value)
    if isinstance(body, ReferenceChunk) and name == "reference_ids":
        for index, one in enumerate(body.reference_ids):
            if isinstance(one, str):
                message = "Input should be a valid integer"
                yield refusals.invalid("int_type", message, loc=(*path, index), given=one)
