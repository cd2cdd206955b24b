"""Request bodies of searches in a search index, and their filters."""

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


class KeywordSearch(Body):
    """Chunks with words of the query."""

    type: Literal["keyword"]
    query: str
    top_k: Annotated[int, Field(gt=0)] = 20
    operator: Literal["or", "and"] = "or"
    field: str | None = None
    filter: Filter | None = None


class NeighbourSearch(Body):
    """Chunks whose vectors are near that of the query."""

    type: Literal["nearest_neighbour"]
    query: str | None = None
    query_embedding: list[float] | None = None
    top_k: Annotated[int, Field(gt=0)] = 20
    max_candidates: int | None = None
    field: str | None = None
    filter: Filter | None = None


class FusedSearch(Body):
    """Several searches, fused by reciprocal rank."""

    type: Literal["rrf"]
    retrievers: list[Annotated[KeywordSearch | NeighbourSearch, Field(discriminator="type")]]
    weights: list[float] | None = None
    rank_constant: int = 60
    top_k: Annotated[int, Field(gt=0)] = 20
    filter: Filter | None = None


class IndexSearch(Body):
    """POST …/search."""

    retriever: Annotated[KeywordSearch | NeighbourSearch | FusedSearch, Field(discriminator="type")]


class ChunkReading(Body):
    """POST …/read."""

    source_id: str
    start_offset: int | None = None
    end_offset: int | None = None
    top_k: Annotated[int, Field(gt=0)] = 20
    content_type: str = "content"


class Grep(Body):
    """POST …/grep."""

    source_id: str
    pattern: str
    mode: Literal["phrase", "term"] = "phrase"
    top_k: Annotated[int, Field(gt=0)] = 5
    content_type: str = "content"


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
