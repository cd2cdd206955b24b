"""Filters of the search indexes."""

from typing import Annotated, Any, Literal

from pydantic import Field

from mistral_rag.testing._rules.bodies import Body

Value = bool | int | float | str


class Equal(Body):
    """A field has a value."""

    type: Literal["equal"]
    field: str
    value: Value


class OneOf(Body):
    """A field has one of several values."""

    type: Literal["in"]
    field: str
    values: list[Value]


class Range(Body):
    """A field lies between bounds."""

    type: Literal["range"]
    field: str
    gt: Value | None = None
    gte: Value | None = None
    lt: Value | None = None
    lte: Value | None = None


class Not(Body):
    """The opposite of a filter."""

    type: Literal["not"]
    match: "Filter"


class Several(Body):
    """All or any of several filters."""

    type: Literal["and", "or"]
    matches: list["Filter"]


Filter = Annotated[Equal | OneOf | Range | Not | Several, Field(discriminator="type")]


def fits(asked: Equal | OneOf | Range | Not | Several, chunk: dict[str, Any]) -> bool:
    """True when the chunk passes the filter; a field that it lacks passes none but "not"."""
    if isinstance(asked, Not):
        return not fits(asked.match, chunk)
    if isinstance(asked, Several):
        return (all if asked.type == "and" else any)(fits(one, chunk) for one in asked.matches)
    value = chunk.get(asked.field)
    if value is None:
        return False
    if isinstance(asked, Equal):
        return bool(value == asked.value)
    if isinstance(asked, OneOf):
        return value in asked.values
    return _between(value, asked)


def _between(value: Any, asked: Range) -> bool:
    return (
        (asked.gt is None or value > asked.gt)
        and (asked.gte is None or value >= asked.gte)
        and (asked.lt is None or value < asked.lt)
        and (asked.lte is None or value <= asked.lte)
    )


Not.model_rebuild()
Several.model_rebuild()
