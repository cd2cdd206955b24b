"""Turns down what only the newest SDK sends: the platform's OpenAPI file forbids it."""

from collections.abc import Iterator

from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import Body, Newer, NewerThan, ReferenceChunk
from mistral_rag.testing._rules.refusals import RefusedError

Place = tuple[str | int, ...]


def refuse(body: Body) -> None:
    """Raise 422 for the first such field or value, however deep."""
    if first := next(_found(body, ()), None):
        raise first


def _found(value: object, place: Place) -> Iterator[RefusedError]:
    if isinstance(value, Body):
        for name in (name for name in type(value).model_fields if name in value.model_fields_set):
            inner = getattr(value, name)
            yield from _field(value, name, inner, (*place, name))
            yield from _found(inner, (*place, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _found(item, (*place, index))


def _field(body: Body, name: str, value: object, place: Place) -> Iterator[RefusedError]:
    for mark in type(body).model_fields[name].metadata:
        if isinstance(mark, Newer):
            yield refusals.invalid("extra_forbidden", "Extra inputs are not permitted", loc=place, given=value)
        if isinstance(mark, NewerThan) and value not in mark.allowed:
            expected = " or ".join(repr(one) for one in mark.allowed)
            yield refusals.invalid("literal_error", f"Input should be {expected}", loc=place, given=value)
    if isinstance(body, ReferenceChunk) and name == "reference_ids":
        for index, one in enumerate(body.reference_ids):
            if isinstance(one, str):
                message = "Input should be a valid integer"
                yield refusals.invalid("int_type", message, loc=(*place, index), given=one)
